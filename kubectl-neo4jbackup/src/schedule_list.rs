//! The result of `schedule` as the object that every format is made from: `ScheduleList` of
//! `report.neo4jbackup.github.io/v1`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use neo4jbackup_core::check::Looks;
use neo4jbackup_core::facts::BackupFacts;
use neo4jbackup_core::live::{
    Backup, ClockChange, Cluster, Health, Lane, MarkKind, PlainCronJob, Plan, Reason, Series, clock_changes, meeting,
};
use neo4jbackup_core::operator::Versions;
use neo4jbackup_core::quoted::{Name, printable};
use neo4jbackup_core::snapshot::Resource;
use neo4jbackup_core::values::cron::Schedule;
use serde::Serialize;

use crate::Exit;
use crate::about::About;
use crate::age::span;
use crate::chosen::Chosen;
use crate::look::Source;
use crate::status_list::not_read;
use crate::zone::Zone;

/// So many seconds ahead runs are compared: a week, in which every usual schedule comes round.
const HORIZON: i64 = 7 * 86_400;

/// Of very many backups of one instance so many are compared with each.
const MOST_SIBLINGS: usize = 64;

/// The operators that begin the runs of an instance whatever else goes on there.
const HOLDS_NONE_APART: Versions = Versions::range("1.0+");

/// When every backup runs.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScheduleList {
    /// What was looked at, when, and whether that was all.
    #[serde(flatten)]
    pub(crate) about: About,
    /// The zone of the local times.
    pub(crate) local_zone: String,
    /// Who names that zone: `$TZ` or `this machine`; null when nobody does.
    pub(crate) local_zone_said_by: Option<&'static str>,
    /// Whether nothing keeps two backups of one instance from running at the same time; null when the operator is not known.
    pub(crate) runs_side_by_side: Option<bool>,
    /// What could not be read, and why, each in a sentence.
    pub(crate) not_read: Vec<String>,
    /// The backups with a schedule, by namespace and name.
    pub(crate) items: Vec<Item>,
}

/// When a backup runs.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    /// `Neo4jBackup` or `CronJob`.
    pub(crate) kind: &'static str,
    /// Its namespace.
    pub(crate) namespace: String,
    /// Its name.
    pub(crate) name: String,
    /// The instance that is backed up; null when nothing says it.
    pub(crate) instance: Option<String>,
    /// The schedule as written.
    pub(crate) schedule: String,
    /// The zone that it is read in.
    pub(crate) time_zone: String,
    /// What it means; null when it is no schedule.
    pub(crate) words: Option<String>,
    /// Why it is no schedule; null when it is one.
    pub(crate) error: Option<String>,
    /// Whether it is held.
    pub(crate) suspended: bool,
    /// The next runs.
    pub(crate) next: Vec<Next>,
    /// How many seconds a good run takes: the median; null without any.
    pub(crate) typical_seconds: Option<i64>,
    /// With which backups of the same instance its runs will go on at the same time, the first meeting first.
    pub(crate) overlaps: Vec<Overlap>,
    /// Those of the last fourteen runs that did not take place, the newest last.
    pub(crate) missed: Vec<Missed>,
    /// What changes of the clock within a year do to it.
    pub(crate) clock_changes: Vec<Change>,
}

/// A run to come.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Next {
    /// When, RFC 3339 in UTC.
    pub(crate) utc: String,
    /// When by the clock of the reader, RFC 3339 with its offset.
    pub(crate) local: String,
    /// The same as people write it, with the abbreviation of the zone. Not part of the object.
    #[serde(skip)]
    pub(crate) local_short: String,
    /// Whether the clock of the reader shows this time twice.
    pub(crate) local_is_ambiguous: bool,
}

/// Runs of two backups that will go on at the same time.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Overlap {
    /// The other backup, in the same namespace.
    pub(crate) name: String,
    /// Since when, RFC 3339 in UTC.
    pub(crate) from: String,
    /// For how many seconds.
    pub(crate) seconds: i64,
    /// How often within seven days.
    pub(crate) times: usize,
    /// Whether both durations were measured; where one was not, only the beginnings meet.
    pub(crate) measured: bool,
}

/// A run that did not take place.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Missed {
    /// When it was due, RFC 3339 in UTC.
    pub(crate) time: String,
    /// Why it did not take place; null when nothing tells.
    pub(crate) reason: Option<String>,
}

/// What a change of the clock does.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Change {
    /// `shifted`, `absent` or `twice`.
    pub(crate) kind: &'static str,
    /// The first run that is shifted, RFC 3339 in UTC; or the time of the clock that is skipped or comes twice.
    pub(crate) time: String,
    /// The same in a sentence.
    pub(crate) text: String,
}

/// What a list is made with.
struct Making<'m, 's> {
    cluster: &'m Cluster<'s>,
    zone: &'m Zone,
    count: usize,
    lanes: BTreeMap<(&'m str, &'m str), (Lane, bool)>,
}

impl ScheduleList {
    /// When those backups run that were chosen, with the next `count` runs of each.
    pub(crate) fn new(cluster: &Cluster<'_>, source: Source, chosen: &Chosen, zone: &Zone, count: usize) -> Self {
        let making = Making {
            cluster,
            zone,
            count,
            lanes: lanes(cluster),
        };
        let backups = cluster.backups.iter();
        let backups = backups
            .filter(|of| chosen.has(Looks::AtBackups, &of.namespace, &of.name) && of.deleted.is_none())
            .filter_map(|of| making.of_backup(of));
        let cron_jobs = cluster.plain_cron_jobs.iter();
        let cron_jobs = cron_jobs
            .filter(|of| chosen.has(Looks::AtPlainCronJobs, &of.cron_job.namespace, &of.cron_job.name))
            .map(|of| making.of_plain_cron_job(of));
        let mut items: Vec<Item> = backups.chain(cron_jobs).collect();
        items.sort_by(|one, other| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
        // Events tell why a run did not take place.
        let resources = [Resource::Backups, Resource::CronJobs, Resource::Jobs, Resource::Events];
        let not_read = not_read(cluster, &resources);
        Self {
            about: About::new("ScheduleList", cluster, source, not_read.is_empty()),
            local_zone: zone.name.clone(),
            local_zone_said_by: zone.said_by,
            runs_side_by_side: cluster.operator.map(|operator| operator.can_be_in(HOLDS_NONE_APART)),
            not_read,
            items,
        }
    }

    /// Whether there are backups of several namespaces.
    pub(crate) fn spans_namespaces(&self) -> bool {
        self.items.windows(2).any(|pair| pair[0].namespace != pair[1].namespace)
    }

    /// What the shell is told.
    pub(crate) fn exit(&self) -> Exit {
        match (self.items.iter().any(|item| item.error.is_some()), self.about.complete) {
            (true, _) => Exit::NotGood,
            (false, false) => Exit::Incomplete,
            (false, true) => Exit::Good,
        }
    }
}

/// The runs of the next week of every backup, and whether it is known how long they take.
fn lanes<'m>(cluster: &'m Cluster<'_>) -> BTreeMap<(&'m str, &'m str), (Lane, bool)> {
    let end = Timestamp::from_second(cluster.now.as_second().saturating_add(HORIZON)).unwrap_or(Timestamp::MAX);
    let lanes = cluster.backups.iter().filter(|backup| backup.deleted.is_none());
    let lanes = lanes.filter_map(|backup| {
        let plan = backup.plan.as_ref()?;
        let typical = backup.series().typical_seconds();
        let lane = Lane {
            starts: plan.runs(cluster.now).take_while(|run| *run <= end).collect(),
            seconds: typical.unwrap_or_default(),
        };
        Some(((&*backup.namespace, &*backup.name), (lane, typical.is_some())))
    });
    lanes.collect()
}

impl Making<'_, '_> {
    /// When a backup runs, or `None` for one without a schedule.
    fn of_backup(&self, backup: &Backup<'_>) -> Option<Item> {
        let plan = backup.plan.as_ref()?;
        let health = Health::of_backup(backup, None, self.cluster.now);
        Some(Item {
            instance: backup.spec().instance().text().map(str::to_owned),
            overlaps: self.overlaps(backup),
            ..self.item("Neo4jBackup", plan, &backup.series(), &health)
        })
    }

    fn of_plain_cron_job(&self, of: &PlainCronJob<'_>) -> Item {
        let health = Health::of_plain_cron_job(of, None, self.cluster.now);
        self.item("CronJob", &of.plan, &of.series(), &health)
    }

    fn item(&self, kind: &'static str, plan: &Plan, series: &Series<'_, '_>, health: &Health) -> Item {
        let missed = health.line.iter().filter(|mark| mark.kind == MarkKind::Missed);
        let next = plan.runs(self.cluster.now).take(self.count);
        let changes = clock_changes(plan, &self.zone.clock, self.cluster.now);
        Item {
            kind,
            namespace: series.object.namespace.clone(),
            name: series.object.name.clone(),
            instance: None,
            schedule: plan.text.clone(),
            time_zone: plan.zone.iana_name().unwrap_or("UTC").to_owned(),
            words: plan.schedule.as_ref().ok().map(Schedule::words),
            error: plan
                .schedule
                .as_ref()
                .err()
                .map(|error| format!("the schedule {error}")),
            suspended: plan.is_suspended,
            next: next.map(|run| self.next(run)).collect(),
            typical_seconds: health.typical,
            overlaps: Vec::new(),
            missed: missed
                .filter_map(|mark| {
                    Some(Missed {
                        time: mark.time?.to_string(),
                        reason: series.reason(mark, self.cluster.snapshot).map(reason),
                    })
                })
                .collect(),
            clock_changes: changes.iter().map(|change| self.change(change, plan)).collect(),
        }
    }

    fn next(&self, run: Timestamp) -> Next {
        let local = run.to_zoned(self.zone.clock.clone());
        Next {
            utc: run.to_string(),
            local: local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            local_short: local.strftime("%m-%d %H:%M %Z").to_string(),
            local_is_ambiguous: self.zone.clock.to_ambiguous_timestamp(local.datetime()).is_ambiguous(),
        }
    }

    /// With which backups of its instance the runs of a backup will go on at the same time.
    fn overlaps(&self, backup: &Backup<'_>) -> Vec<Overlap> {
        let facts = BackupFacts::of(&backup.object);
        let Some((own, is_measured)) = self.lanes.get(&(&*backup.namespace, &*backup.name)) else {
            return Vec::new();
        };
        let inventory = &self.cluster.inventory;
        let siblings = inventory.running_beside(&backup.namespace, &backup.name, &facts, MOST_SIBLINGS);
        let mut met: Vec<(Timestamp, Overlap)> = Vec::new();
        for name in siblings.named {
            let Some((other, other_is_measured)) = self.lanes.get(&(&*backup.namespace, name)) else {
                continue;
            };
            let Some(meeting) = meeting(own, other) else { continue };
            let overlap = Overlap {
                name: name.to_owned(),
                from: meeting.from.to_string(),
                seconds: meeting.until.as_second() - meeting.from.as_second(),
                times: meeting.count,
                measured: *is_measured && *other_is_measured,
            };
            met.push((meeting.from, overlap));
        }
        met.sort_by_key(|(from, _)| *from);
        met.into_iter().map(|(_, overlap)| overlap).collect()
    }

    fn change(&self, change: &ClockChange, plan: &Plan) -> Change {
        let zone = &self.zone.name;
        let own = plan.zone.iana_name().unwrap_or("UTC");
        match change {
            ClockChange::Shifts { from, seconds } => {
                let local = from.to_zoned(self.zone.clock.clone());
                let direction = if *seconds < 0 { "earlier" } else { "later" };
                let by = match seconds.unsigned_abs() {
                    3_600 => "an hour".to_owned(),
                    _ => span(seconds.abs()),
                };
                Change {
                    kind: "shifted",
                    time: from.to_string(),
                    text: format!(
                        "runs {by} {direction} by the clock of {zone} from {} on, because it is scheduled in {own}",
                        local.strftime("%Y-%m-%d (%H:%M %Z)"),
                    ),
                }
            }
            ClockChange::Absent { time } => Change {
                kind: "absent",
                time: time.to_string(),
                text: format!(
                    "has no run for {}: {own} has no such time",
                    time.strftime("%Y-%m-%d %H:%M")
                ),
            },
            ClockChange::Twice { time, runs } => Change {
                kind: "twice",
                time: time.to_string(),
                text: format!(
                    "has {} for {}: {own} has that time twice",
                    if *runs == 1 {
                        "one run".to_owned()
                    } else {
                        format!("{runs} runs")
                    },
                    time.strftime("%Y-%m-%d %H:%M")
                ),
            },
        }
    }
}

fn reason(reason: Reason<'_, '_>) -> String {
    match reason {
        Reason::Behind(run) if run.id.is_empty() => "an earlier run still went on".to_owned(),
        Reason::Behind(run) => format!("run {} still went on", Name(&run.id)),
        Reason::Noted(event) if event.message.is_empty() => Name(&event.reason).to_string(),
        Reason::Noted(event) => printable(format!("{}: {}", event.reason, event.message)).into_owned(),
        Reason::NoCronJob => "there is no CronJob".to_owned(),
    }
}
