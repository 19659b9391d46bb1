//! Runs the checks, and the manifest rules on the live objects.

use std::collections::BTreeSet;

use crate::check::{Affects, Cause, Check, CheckMeta, Diagnosis, Evidence, Looks, Report, fold};
use crate::checks::{OperatorBlinded, RunFailureInLog};
use crate::document::Node;
use crate::engine;
use crate::facts;
use crate::finding::Finding;
use crate::live::Cluster;
use crate::model::ObjectRef;
use crate::registry;
use crate::rule::RuleMeta;
use crate::rules::{ClaimNotFound, FieldDropped};
use crate::settings::Settings;
use crate::snapshot::{LogTail, Resource};
use crate::subject::{Context, Door, Subject};

/// How an examination goes.
#[derive(Clone, Copy)]
pub struct Options<'o> {
    /// What the administrator decides.
    pub settings: &'o Settings,
    /// The only object that is of interest.
    pub target: Option<&'o Target>,
    /// Whether a check or rule runs, by its code and name.
    pub selects: &'o dyn Fn(&str, &str) -> bool,
}

/// The only object that somebody asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What it is.
    pub looks: Looks,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// What an examination found, and what it could not look at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Examination {
    /// What is wrong, causes first.
    pub causes: Vec<Cause>,
    /// What could not be checked.
    pub skipped: Vec<Skipped>,
    /// How many checks and rules were applied to some object.
    pub applied: usize,
    /// How many of them found nothing.
    pub passed: usize,
}

/// A check that could not be made, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// The code of the check or rule.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The namespace in which it was not made; `None` for all of them.
    pub namespace: Option<String>,
    /// What is not known.
    pub what: String,
    /// Why.
    pub cause: facts::Cause,
}

impl Target {
    /// The kind of the object.
    pub fn kind(&self) -> &'static str {
        match self.looks {
            Looks::AtBackups => "Neo4jBackup",
            Looks::AtRestores => "Neo4jRestore",
            Looks::AtPlainCronJobs => "CronJob",
            Looks::AtInstances | Looks::AtCluster => "",
        }
    }

    /// Whether it is this object.
    pub fn is(&self, looks: Looks, namespace: &str, name: &str) -> bool {
        self.looks == looks && self.namespace == namespace && self.name == name
    }
}

impl Options<'_> {
    /// Whether an object is looked at. What harms the one that is asked about may be found with an object of any other type;
    /// of its own type, only it is of interest.
    pub(crate) fn looks_at(&self, looks: Looks, namespace: &str, name: &str) -> bool {
        self.target
            .is_none_or(|target| target.looks != looks || target.is(looks, namespace, name))
    }
}

/// Examines a cluster.
pub fn examine(cluster: &Cluster<'_>, options: &Options<'_>) -> Examination {
    let mut examination = Examination::default();
    let mut found = Vec::new();
    for check in registry::checks() {
        let meta = check.meta();
        if !(options.selects)(meta.code, meta.name) {
            continue;
        }
        let mut report = Report::new(meta);
        let applied = apply(*check, cluster, options, &mut report, &mut examination.skipped);
        count(&mut examination, applied, report.is_empty());
        found.extend(report.finish());
    }
    judge_manifests(cluster, options, &mut examination, &mut found);
    examination.causes = fold(found);
    if let Some(target) = options.target {
        let is_asked = |cause: &Cause| {
            let all = cause.all();
            all.iter()
                .any(|diagnosis| diagnosis.concerns(target.kind(), &target.namespace, &target.name))
        };
        examination.causes.retain(is_asked);
    }
    examination.skipped.extend(unread(cluster, options));
    examination.skipped.sort();
    examination.skipped.dedup();
    examination
}

fn count(examination: &mut Examination, applied: bool, found_nothing: bool) {
    examination.applied += usize::from(applied);
    examination.passed += usize::from(applied && found_nothing);
}

/// Applies a check to everything that it looks at. False when there is nothing.
fn apply(
    check: &dyn Check,
    cluster: &Cluster<'_>,
    options: &Options<'_>,
    report: &mut Report,
    skipped: &mut Vec<Skipped>,
) -> bool {
    let meta = check.meta();
    for looks in meta.looks {
        // Objects that could not be listed are not looked at, whatever else is known.
        for (resource, gap) in cluster.snapshot.gaps() {
            if subjects(*looks).contains(&resource) {
                skipped.push(Skipped {
                    code: meta.code,
                    name: meta.name,
                    namespace: gap.namespace.clone(),
                    what: resource.plural().to_owned(),
                    cause: gap.cause.clone(),
                });
            }
        }
    }
    let mut applied = false;
    let mut may_look = |namespace: Option<&str>| {
        let missing = missing(meta, cluster, namespace);
        let may_look = missing.is_empty();
        skipped.extend(missing);
        applied |= may_look;
        may_look
    };
    let wanted = |looks: Looks, namespace: &str, name: &str| options.looks_at(looks, namespace, name);
    for looks in meta.looks {
        match looks {
            Looks::AtCluster => {
                if may_look(None) || check.finds_in_parts() {
                    report.set(meta, None);
                    check.check_cluster(cluster, report);
                }
            }
            Looks::AtBackups => {
                for backup in &cluster.backups {
                    if wanted(*looks, &backup.namespace, &backup.name) && may_look(Some(&backup.namespace)) {
                        report.set(meta, Some(backup.reference()));
                        check.check_backup(backup, cluster, report);
                    }
                }
            }
            Looks::AtRestores => {
                for restore in &cluster.restores {
                    if wanted(*looks, &restore.namespace, &restore.name) && may_look(Some(&restore.namespace)) {
                        report.set(meta, Some(restore.reference()));
                        check.check_restore(restore, cluster, report);
                    }
                }
            }
            Looks::AtInstances => {
                for instance in &cluster.instances {
                    if may_look(Some(&instance.namespace)) {
                        report.set(meta, Some(instance.reference()));
                        check.check_instance(instance, cluster, report);
                    }
                }
            }
            Looks::AtPlainCronJobs => {
                for cron_job in &cluster.plain_cron_jobs {
                    let of = &cron_job.cron_job;
                    if wanted(*looks, &of.namespace, &of.name) && may_look(Some(&of.namespace)) {
                        report.set(meta, Some(cron_job.reference()));
                        check.check_plain_cron_job(cron_job, cluster, report);
                    }
                }
            }
        }
    }
    applied
}

/// The resources of the objects that are looked at.
fn subjects(looks: Looks) -> &'static [Resource] {
    match looks {
        Looks::AtCluster => &[],
        Looks::AtBackups => &[Resource::Backups],
        Looks::AtRestores => &[Resource::Restores],
        Looks::AtInstances => &[Resource::Clusters, Resource::Standalones],
        Looks::AtPlainCronJobs => &[Resource::CronJobs],
    }
}

/// What a check cannot do without and is not known.
pub(crate) fn missing(meta: &'static CheckMeta, cluster: &Cluster<'_>, namespace: Option<&str>) -> Vec<Skipped> {
    let needs = meta.needs.iter();
    needs
        .filter_map(|resource| {
            let namespace = namespace.filter(|_| resource.is_namespaced());
            let cause = cluster.snapshot.gap(*resource, namespace)?;
            Some(Skipped {
                code: meta.code,
                name: meta.name,
                namespace: namespace.map(str::to_owned),
                what: resource.plural().to_owned(),
                cause,
            })
        })
        .collect()
}

/// What could not be read that was asked for because something was wrong already: logs, and objects of other namespaces.
fn unread<'c>(cluster: &'c Cluster<'_>, options: &'c Options<'_>) -> impl Iterator<Item = Skipped> + 'c {
    let skipped = |meta: &CheckMeta, namespace: Option<&str>, what: String, cause: &facts::Cause| Skipped {
        code: meta.code,
        name: meta.name,
        namespace: namespace.map(str::to_owned),
        what,
        cause: cause.clone(),
    };
    let logs = cluster.snapshot.logs().filter_map(move |(of, tail)| match tail {
        LogTail::Missing(cause) => Some(skipped(
            &RunFailureInLog::META,
            Some(&of.namespace),
            "pods/log".to_owned(),
            cause,
        )),
        LogTail::Read(_) => None,
    });
    let elsewhere = cluster.snapshot.gaps_elsewhere().map(move |(resource, cause)| {
        let what = format!("{} of other namespaces", resource.plural());
        skipped(&OperatorBlinded::META, None, what, cause)
    });
    logs.chain(elsewhere)
        .filter(|skipped| (options.selects)(skipped.code, skipped.name))
}

/// Applies the manifest rules to the objects of the operator's kinds that are still to do something.
fn judge_manifests(
    cluster: &Cluster<'_>,
    options: &Options<'_>,
    examination: &mut Examination,
    found: &mut Vec<Diagnosis>,
) {
    let is_selected = |rule: &&RuleMeta| (options.selects)(rule.code, rule.name);
    let selected: Vec<&RuleMeta> = registry::all()
        .iter()
        .map(|rule| rule.meta())
        .filter(is_selected)
        .collect();
    let is_selected: BTreeSet<&str> = selected.iter().map(|rule| rule.code).collect();
    let mut kinds = BTreeSet::new();
    let mut hit = BTreeSet::new();
    let context = context(cluster, options);
    for (looks, object) in manifests(cluster, options) {
        let Some(reference) = ObjectRef::of(object) else {
            continue;
        };
        let Some(subject) = Subject::of(object, Door::Create, &context) else {
            continue;
        };
        let judgement = engine::judge(&subject, &cluster.inventory);
        kinds.insert(subject.kind);
        for finding in judgement.findings {
            if finding.code == FieldDropped::META.code {
                // By the schema that is served the check of the same matter tells more surely what was dropped.
                continue;
            }
            // The check of claims knows more of those of backups than whether they are there.
            let is_checked = looks == Looks::AtBackups && finding.code == ClaimNotFound::META.code;
            let is_wanted = !is_checked && is_selected.contains(finding.code) && finding.suppressed.is_none();
            if is_wanted && !finding.audit_only {
                hit.insert(finding.code);
                found.push(of_finding(finding, &reference));
            }
        }
    }
    let applies = |rule: &&&RuleMeta| rule.kinds.iter().any(|kind| kinds.contains(kind));
    let applied: BTreeSet<&str> = selected.iter().filter(applies).map(|rule| rule.code).collect();
    examination.applied += applied.len();
    examination.passed += applied.difference(&hit).count();
}

/// What the rules may know beside an object.
pub(crate) fn context<'c>(cluster: &'c Cluster<'_>, options: &'c Options<'_>) -> Context<'c> {
    Context {
        settings: options.settings,
        now: cluster.now,
        operator: cluster.operator,
        served: Some(&cluster.served).filter(|served| !served.is_empty()),
        namespace: "",
    }
}

/// The objects that the manifest rules judge: those that are still to do something.
pub(crate) fn manifests<'c, 's>(
    cluster: &'c Cluster<'s>,
    options: &'c Options<'_>,
) -> impl Iterator<Item = (Looks, &'c Node<'s>)> {
    let backups = cluster
        .backups
        .iter()
        .filter(|backup| backup.phase != "Completed" && backup.deleted.is_none())
        .filter(|backup| options.looks_at(Looks::AtBackups, &backup.namespace, &backup.name))
        .map(|backup| (Looks::AtBackups, &backup.object));
    let restores = cluster
        .restores
        .iter()
        .filter(|restore| restore.phase != "Completed" && restore.deleted.is_none())
        .filter(|restore| options.looks_at(Looks::AtRestores, &restore.namespace, &restore.name))
        .map(|restore| (Looks::AtRestores, &restore.object));
    backups.chain(restores)
}

/// What a manifest rule says of a live object.
fn of_finding(finding: Finding, reference: &ObjectRef) -> Diagnosis {
    let mut evidence = Vec::new();
    if let Some(value) = &finding.value {
        evidence.push(Evidence::field(reference.clone(), &finding.path.to_string(), value));
    }
    for fact in &finding.evidence {
        let of = fact.object.clone().unwrap_or_else(|| reference.clone());
        evidence.push(Evidence::fact(of, fact.text.as_str()));
    }
    let meta = registry::rule(finding.code);
    Diagnosis {
        code: finding.code,
        name: finding.name,
        severity: finding.severity,
        is_probable: false,
        message: finding.message,
        help: finding.help,
        commands: Vec::new(),
        object: reference.clone(),
        field: finding.path,
        subject: Some(reference.clone()),
        affects: Affects::Subject,
        evidence,
        explains: meta.map_or(&[], |meta| meta.explains),
        class: None,
    }
}
