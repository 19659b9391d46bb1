//! NB8013.

use crate::facts::InstanceKind;
use crate::rule::prelude::*;
use crate::subject::restored;

declare_rule! {
    /// An option that this kind of restore or backup ignores does nothing, and nobody says so.
    ///
    /// ## What it checks
    /// On a known cluster, from operator 1.8 on: `stopCluster`, `additionalArgs`, `tempPath`, `tempStorage`,
    /// `resources` and the hooks of a restore. From 1.19 on hooks run there, and `tempStorage` and `resources` count where
    /// the backup is on a volume; and a standalone that is restored online ignores `stopCluster`, `additionalArgs` and
    /// `tempPath`. With `source.type: pitr`: a `backupRef` beside it,
    /// `options.additionalArgs`, and `pitr.logStorage`. Everywhere: `tempStorage` beside `tempPath`, which wins.
    ///
    /// ## Why it matters
    /// Clusters are restored by Cypher, without a Job that could take resources, arguments or hooks. Transaction logs
    /// are never replayed: whoever keeps them in `logStorage` relies on something that does not exist. A volume for
    /// `tempStorage` is made, paid for, mounted, and not used when `tempPath` is set.
    ///
    /// ## Bad
    /// ```yaml
    /// kind: Neo4jRestore
    /// spec:
    ///   instanceRef: a-cluster
    ///   stopCluster: true
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// kind: Neo4jRestore
    /// spec:
    ///   instanceRef: a-cluster
    /// ```
    OptionIgnored {
        code: "NB8013", name: "option-ignored", severity: Warning,
        kinds: JOBS, reads: RESTORED + ["spec.options", "spec.stopCluster", "spec.source", "spec.allDatabases"],
        needs: [Instance, Backups],
        doors: All, fix: None, cel: Expressible, since: "0.1",
        changes: [
            restored::ONLINE, "hooks run on clusters, `tempStorage` and `resources` count where a chain on a volume is merged, and a standalone that is restored online ignores what belongs to a Job";
        ],
    }
}

/// Options of `neo4j-admin`, which no restore without a Job has.
const OF_THE_COMMAND: [&str; 2] = ["additionalArgs", "tempPath"];

/// Options of the pod that does the work: from 1.19 on also of one that merges a chain on a volume.
const OF_THE_POD: [&str; 2] = ["tempStorage", "resources"];

/// The hooks, which run without a Job from 1.19 on.
const HOOKS: [&str; 2] = ["preRestore", "postRestore"];

impl Rule for OptionIgnored {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let on_cluster = subject.restore().is_some_and(|restore| {
            if restore.source_type() == Some(SourceType::Pitr) {
                by_pitr(&restore, report);
            }
            by_online_standalone(subject, &restore, inventory, report);
            restored::by_engine(subject) && by_cluster(subject, &restore, inventory, report)
        });
        let temp_path = subject.field("spec.options.tempPath");
        let temp_storage = subject.field("spec.options.tempStorage");
        if !on_cluster && temp_path.text().is_some() && temp_storage.is_set() {
            let job = if subject.kind == Kind::Neo4jBackup {
                "backup"
            } else {
                "restore"
            };
            report
                .at(
                    &temp_storage,
                    format!("the {job} Job uses tempPath, and the volume of tempStorage is mounted for nothing"),
                )
                .help("remove one of the two");
        }
    }
}

fn by_pitr(restore: &Restore<'_>, report: &mut Collector) {
    let arguments = restore.options.field("additionalArgs");
    if !arguments.items().is_empty() {
        report
            .at(&arguments, "`type: pitr` ignores additionalArgs")
            .help("use `type: backup` with pointInTime, or remove them");
    }
    let reference = restore.backup_ref();
    if reference.text().is_some() && restore.base_backup().is_set() {
        report
            .at(
                &reference,
                "`type: pitr` ignores source.backupRef and reads pitr.baseBackup",
            )
            .help("remove the field");
    }
    let logs = restore.pitr.field("logStorage");
    if logs.is_set() {
        report
            .at(
                &logs,
                "logStorage is never read: the operator replays no transaction logs, only the artifacts of the backup",
            )
            .help("take differential backups often enough, and remove the field");
    }
}

/// Says what a cluster ignores. Whether the instance is a cluster.
fn by_cluster<'a>(subject: &Subject<'a>, restore: &Restore<'a>, inventory: &Inventory, report: &mut Collector) -> bool {
    let stop = restore.spec.field("stopCluster");
    let merges = restored::may_be_online(subject)
        && restored::store_of_source(subject, restore, inventory).is_none_or(|store| store == StoreType::Pvc);
    let of_the_pod = OF_THE_POD.into_iter().filter(|_| !merges);
    let hooks = HOOKS.into_iter().filter(|_| !restored::may_be_online(subject));
    let options = OF_THE_COMMAND
        .into_iter()
        .chain(of_the_pod)
        .chain(hooks)
        .map(|leaf| restore.options.field(leaf))
        .filter(is_used);
    let ignored: Vec<Field<'_>> = Some(stop).filter(Field::is_true).into_iter().chain(options).collect();
    let Some((name, lookup)) = restored::instance(subject, restore, inventory) else {
        return false;
    };
    if let Lookup::Unknown(why) = &lookup
        && !ignored.is_empty()
    {
        report.skip(
            Need::Instance,
            format!(
                "whether {name} is a cluster, which ignores some options",
                name = quoted(name)
            ),
            why,
        );
    }
    let is_cluster = restored::is_cluster(&lookup);
    for field in ignored.iter().filter(|_| is_cluster) {
        let path = field.path();
        let option = path.last_key().unwrap_or_default();
        report
            .at(
                field,
                format!(
                    "{name} is a cluster, which is restored without a Job and ignores {option}",
                    name = quoted(name)
                ),
            )
            .help("remove the field");
    }
    is_cluster
}

/// Says what a standalone ignores that is restored online, as far as what is known goes.
fn by_online_standalone<'a>(
    subject: &Subject<'a>,
    restore: &Restore<'a>,
    inventory: &Inventory,
    report: &mut Collector,
) {
    let Some((name, Lookup::Found(standalone))) = restored::instance(subject, restore, inventory) else {
        return;
    };
    let is_known = restored::store_of_source(subject, restore, inventory).is_some();
    if !restored::is_online(subject)
        || standalone.kind != InstanceKind::Standalone
        || !is_known
        || restored::offline_reason(subject, restore, standalone, inventory).is_some()
    {
        return;
    }
    let name = quoted(name);
    for field in OF_THE_COMMAND
        .into_iter()
        .map(|leaf| restore.options.field(leaf))
        .filter(is_used)
    {
        let path = field.path();
        let option = path.last_key().unwrap_or_default();
        report
            .at(
                &field,
                format!("{name} is a standalone, which is restored online, without a Job, and then ignores {option}"),
            )
            .help("remove the field");
    }
    // Needed where a run recorded no artifact, and where the operator is an older one.
    let stop = restore.spec.field("stopCluster");
    if stop.is_true() && !subject.operator.is_assumed() {
        report
            .at(
                &stop,
                format!("{name} is a standalone, which is restored online if the run recorded its artifact, and then not stopped"),
            )
            .help("remove the field, or keep it for runs without a recorded artifact")
            .severity(Severity::Info);
    }
}

/// Whether an option says anything: an empty list or text does not.
fn is_used(field: &Field<'_>) -> bool {
    field.text().is_some() || !field.items().is_empty() || field.entries().next().is_some()
}
