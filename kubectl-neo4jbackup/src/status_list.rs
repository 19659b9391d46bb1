//! The result of `status` as the object that every format is made from: `StatusList` of `report.neo4jbackup.github.io/v1`.
//! Its JSON Schema is `docs/schemas/StatusList.json`.

use std::collections::{BTreeMap, BTreeSet};

use neo4jbackup_core::check::Looks;
use neo4jbackup_core::live::{Backup, Cluster, Health, Mark, MarkKind, PlainCronJob, Pod, Run, State};
use neo4jbackup_core::model::{self, Scope};
use neo4jbackup_core::quoted::printable;
use neo4jbackup_core::snapshot::{LogTail, Resource};
use serde::Serialize;

use crate::Exit;
use crate::about::About;
use crate::chosen::Chosen;
use crate::look::Source;

/// The state of a backup that was there at the last look, and is not any more; only `--watch` says it.
const GONE: &str = "Gone";

/// How every backup does.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatusList {
    /// What was looked at, when, and whether that was all.
    #[serde(flatten)]
    pub(crate) about: About,
    /// How many need attention.
    pub(crate) attention: usize,
    /// What could not be read, and why, each in a sentence.
    pub(crate) not_read: Vec<String>,
    /// The backups, by namespace and name.
    pub(crate) items: Vec<Item>,
}

/// How a backup does.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    /// `Neo4jBackup` or `CronJob`.
    pub(crate) kind: &'static str,
    /// Its namespace.
    pub(crate) namespace: String,
    /// Its name.
    pub(crate) name: String,
    /// What is backed up; null when nothing says it.
    pub(crate) scope: Option<String>,
    /// How it does, in a word.
    pub(crate) state: &'static str,
    /// How many of its newest runs failed or stored nothing, one after the other.
    pub(crate) failures_in_a_row: usize,
    /// Whether somebody should look at it.
    pub(crate) needs_attention: bool,
    /// When a run last ended well and stored something, RFC 3339 in UTC; null when none is known.
    pub(crate) last_good: Option<String>,
    /// How many seconds ago that was.
    pub(crate) last_good_age_seconds: Option<i64>,
    /// How old the last good run may be; null when nothing is expected.
    pub(crate) rpo: Option<Rpo>,
    /// When the next run is due, RFC 3339 in UTC; null when none is.
    pub(crate) next_run: Option<String>,
    /// How many seconds a good run takes: the median; null without any.
    pub(crate) typical_seconds: Option<i64>,
    /// The last fourteen runs, and those that should have been, the newest last.
    pub(crate) runs: Vec<RunItem>,
    /// Where it writes; null when nothing says it.
    pub(crate) storage: Option<String>,
    /// The backup whose chain it continues; null for none.
    pub(crate) chain_root: Option<String>,
    /// The Job of its newest run; null when that is gone.
    pub(crate) job: Option<String>,
}

/// How old the last good run may be.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rpo {
    /// The bound.
    pub(crate) bound_seconds: i64,
    /// Whether it is kept.
    pub(crate) met: bool,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunItem {
    /// When it was due, or else when it began; null when nothing tells.
    pub(crate) time: Option<String>,
    /// `good`, `failed`, `missed`, `running` or `unknown`.
    pub(crate) outcome: &'static str,
    /// When it began, RFC 3339 in UTC; null for one that did not, or of which nothing is left.
    pub(crate) started: Option<String>,
    /// How many seconds it took; null when it has not ended or nothing tells.
    pub(crate) duration_seconds: Option<i64>,
    /// How many bytes it stored; null where the operator does not note it.
    pub(crate) size_bytes: Option<u64>,
}

impl StatusList {
    /// How the backups do that were chosen. `bound` is how many seconds old a last good run may be; by the schedule unless
    /// given.
    pub(crate) fn new(cluster: &Cluster<'_>, source: Source, bound: Option<i64>, chosen: &Chosen) -> Self {
        let backups = cluster.backups.iter();
        let backups = backups
            .filter(|backup| chosen.has(Looks::AtBackups, &backup.namespace, &backup.name))
            .map(|backup| Item::of_backup(backup, bound, cluster));
        let cron_jobs = cluster.plain_cron_jobs.iter();
        let cron_jobs = cron_jobs
            .filter(|of| chosen.has(Looks::AtPlainCronJobs, &of.cron_job.namespace, &of.cron_job.name))
            .map(|of| Item::of_plain_cron_job(of, bound, cluster));
        let mut items: Vec<Item> = backups.chain(cron_jobs).collect();
        items.sort_by(|one, other| one.key().cmp(&other.key()));
        let mut not_read = not_read(cluster, &[Resource::Backups, Resource::CronJobs, Resource::Jobs]);
        not_read.extend(logs_not_read(cluster));
        Self {
            about: About::new(
                "StatusList",
                cluster,
                source,
                not_read.is_empty() && items.iter().all(|item| item.state != word(State::Unknown)),
            ),
            attention: items.iter().filter(|item| item.needs_attention).count(),
            not_read,
            items,
        }
    }

    /// What of it is not as it was: the backups that are new, those that have changed, and those that are gone. How long ago
    /// something was is no change.
    pub(crate) fn changes(&self, before: &Self) -> Self {
        let old: BTreeMap<_, &Item> = before.items.iter().map(|item| (item.key(), item)).collect();
        let new: BTreeSet<_> = self.items.iter().map(Item::key).collect();
        let changed = self.items.iter().filter(|item| {
            let old = old.get(&item.key());
            old.is_none_or(|old| !old.is_as(item))
        });
        let gone = before.items.iter().filter(|item| !new.contains(&item.key()));
        let mut items: Vec<Item> = changed.cloned().chain(gone.map(Item::gone)).collect();
        items.sort_by(|one, other| one.key().cmp(&other.key()));
        Self {
            about: self.about.clone(),
            attention: items.iter().filter(|item| item.needs_attention).count(),
            not_read: self.not_read.clone(),
            items,
        }
    }

    /// The same with what was there before, where not everything could be read: nobody knows that it is gone.
    pub(crate) fn laid_over(mut self, before: &Self) -> Self {
        if self.not_read.is_empty() {
            return self;
        }
        let new: BTreeSet<_> = self.items.iter().map(Item::key).collect();
        let unseen = before.items.iter().filter(|item| !new.contains(&item.key()));
        let unseen: Vec<Item> = unseen.cloned().collect();
        self.items.extend(unseen);
        self.items.sort_by(|one, other| one.key().cmp(&other.key()));
        self.attention = self.items.iter().filter(|item| item.needs_attention).count();
        self
    }

    /// Whether there are backups of several namespaces.
    pub(crate) fn spans_namespaces(&self) -> bool {
        self.items.windows(2).any(|pair| pair[0].namespace != pair[1].namespace)
    }

    /// What the shell is told.
    pub(crate) fn exit(&self) -> Exit {
        match (self.attention, self.about.complete) {
            (1.., _) => Exit::NotGood,
            (0, false) => Exit::Incomplete,
            (0, true) => Exit::Good,
        }
    }
}

impl Item {
    /// Where it stands in a list, and what tells it from all others.
    fn key(&self) -> (&str, &str, &str) {
        (&self.namespace, &self.name, self.kind)
    }

    /// Whether it does as the other, whatever the time.
    fn is_as(&self, other: &Self) -> bool {
        let timeless = |item: &Self| Self {
            last_good_age_seconds: None,
            ..item.clone()
        };
        timeless(self) == timeless(other)
    }

    /// What is said of one that is not there any more.
    fn gone(&self) -> Self {
        Self {
            state: GONE,
            failures_in_a_row: 0,
            needs_attention: false,
            rpo: None,
            next_run: None,
            ..self.clone()
        }
    }

    fn of_backup(backup: &Backup<'_>, bound: Option<i64>, cluster: &Cluster<'_>) -> Self {
        let health = Health::of_backup(backup, bound, cluster.now);
        let spec = backup.spec();
        Self {
            scope: scope(&spec),
            storage: storage(&spec),
            chain_root: spec.chain_from().text().map(str::to_owned),
            ..Self::new(
                "Neo4jBackup",
                (&backup.namespace, &backup.name),
                &health,
                &backup.runs,
                cluster,
            )
        }
    }

    fn of_plain_cron_job(of: &PlainCronJob<'_>, bound: Option<i64>, cluster: &Cluster<'_>) -> Self {
        let health = Health::of_plain_cron_job(of, bound, cluster.now);
        let name = (&*of.cron_job.namespace, &*of.cron_job.name);
        Self::new("CronJob", name, &health, &of.runs, cluster)
    }

    fn new(
        kind: &'static str,
        (namespace, name): (&str, &str),
        health: &Health,
        runs: &[Run<'_>],
        cluster: &Cluster<'_>,
    ) -> Self {
        let newest = runs.first();
        Self {
            kind,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            scope: None,
            state: word(health.state),
            failures_in_a_row: health.failures,
            needs_attention: health.needs_attention(),
            last_good: health.last_good.map(|time| time.to_string()),
            last_good_age_seconds: health.last_good.map(|time| cluster.now.as_second() - time.as_second()),
            rpo: health.objective.map(|objective| Rpo {
                bound_seconds: objective.bound,
                met: objective.is_met,
            }),
            next_run: health.next.map(|time| time.to_string()),
            typical_seconds: health.typical,
            runs: health.line.iter().map(|mark| RunItem::new(mark, runs)).collect(),
            storage: None,
            chain_root: None,
            job: newest
                .and_then(|run| run.job.as_deref())
                .map(|job| job.name.to_string()),
        }
    }
}

impl RunItem {
    fn new(mark: &Mark, runs: &[Run<'_>]) -> Self {
        let run = mark.run.and_then(|position| runs.get(position));
        Self {
            time: mark.time.map(|time| time.to_string()),
            outcome: match mark.kind {
                MarkKind::Good => "good",
                MarkKind::Failed => "failed",
                MarkKind::Missed => "missed",
                MarkKind::Running => "running",
                MarkKind::Unknown => "unknown",
            },
            started: run.and_then(|run| run.started).map(|time| time.to_string()),
            duration_seconds: run.filter(|run| run.has_ended()).and_then(Run::seconds),
            size_bytes: run.and_then(|run| run.bytes),
        }
    }
}

/// A state without its number.
fn word(state: State) -> &'static str {
    match state {
        State::Healthy => "Healthy",
        State::Failing(_) => "Failing",
        State::Overdue => "Overdue",
        State::Running => "Running",
        State::Stuck => "Stuck",
        State::Suspended => "Suspended",
        State::Waiting => "Waiting",
        State::Silent => "Silent",
        State::Completed => "Completed",
        State::Failed => "Failed",
        State::Invalid => "Invalid",
        State::Deleting => "Deleting",
        State::Unknown => "Unknown",
    }
}

/// `neo4j`, `neo4j diff`, `all`.
fn scope(spec: &model::Backup<'_>) -> Option<String> {
    let mut scope = match spec.scope() {
        Scope::Database(name) | Scope::Sharded(name) => name.to_owned(),
        Scope::AllDatabases => "all".to_owned(),
        Scope::Missing | Scope::Several => return None,
    };
    if spec.backup_type().text() == Some("DIFF") {
        scope += " diff";
    }
    Some(scope)
}

/// `s3://bucket/path`, `pvc/claim`.
fn storage(spec: &model::Backup<'_>) -> Option<String> {
    let storage = spec.storage();
    let kind = storage.store()?.as_str();
    let place = match storage.bucket().text() {
        Some(bucket) => format!("{kind}://{bucket}"),
        None => format!("{kind}/{}", storage.pvc_name().text()?),
    };
    Some(match storage.path().text() {
        Some(path) => format!("{place}/{}", path.trim_start_matches('/')),
        None => place,
    })
}

/// What is missing of that which an answer rests on.
pub(crate) fn not_read(cluster: &Cluster<'_>, resources: &[Resource]) -> Vec<String> {
    let snapshot = cluster.snapshot;
    let namespaces: Vec<Option<&str>> = match &snapshot.namespaces {
        None => vec![None],
        Some(namespaces) => namespaces.iter().map(|namespace| Some(namespace.as_str())).collect(),
    };
    let mut reasons = BTreeSet::new();
    for &resource in resources {
        for namespace in &namespaces {
            if let Some(cause) = snapshot.gap(resource, *namespace) {
                reasons.insert(printable(format!("{}: {cause}", resource.plural())).into_owned());
            }
        }
    }
    reasons.into_iter().collect()
}

/// What could not be read, and without which nobody knows whether the newest run of a `CronJob` without the operator made a
/// backup: its pods and their logs.
fn logs_not_read(cluster: &Cluster<'_>) -> Vec<String> {
    let mut reasons = BTreeSet::new();
    let mut unasked = 0;
    for cron_job in &cluster.plain_cron_jobs {
        let Some(job) = cron_job.newest_good_job() else {
            continue;
        };
        if let Some(cause) = cluster.snapshot.gap(Resource::Pods, Some(&job.namespace)) {
            reasons.insert(printable(format!("pods: {cause}")).into_owned());
        }
        let logs = cluster.snapshot.logs();
        let of_job = logs.filter(|(of, _)| {
            let is_of = |pod: &Pod<'_>| *of.namespace == *pod.namespace && *of.pod == *pod.name;
            job.pods.iter().any(is_of)
        });
        let of_job: Vec<_> = of_job.collect();
        unasked += usize::from(of_job.is_empty() && !job.pods.is_empty());
        for (of, tail) in of_job {
            if let LogTail::Missing(cause) = tail {
                let text = format!("log of container {} of pod {}: {cause}", of.container, of.pod);
                reasons.insert(printable(text).into_owned());
            }
        }
    }
    if unasked > 0 {
        reasons.insert(format!(
            "logs of the newest good runs of {unasked} CronJobs without the operator: so many are not read at once; ask for one \
             namespace by -n, or for one backup"
        ));
    }
    reasons.into_iter().collect()
}
