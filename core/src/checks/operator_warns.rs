use crate::check::prelude::*;

declare_check! {
    /// The operator warns of something that it does all the same.
    ///
    /// ## What it looks at
    /// The newest warning of each kind that the operator has noted as an event of a backup or restore in the last day, of those
    /// that stop nothing: fields without effect, databases that are left out, a validation that does not take place,
    /// differential backups that cannot seed a sharded database.
    ///
    /// ## Why it matters
    /// The phase is good in spite of it. Events are gone after an hour or a day, and with them the only sign.
    ///
    /// ## How to mend it
    /// As the event says. What is only a field without effect can be taken out of the manifest.
    OperatorWarns {
        code: "NB1103", name: "operator-warns", severity: Warning,
        looks: [AtBackups, AtRestores], needs: [Events], explains: [], since: "0.2",
    }
}

/// For so many seconds an event counts.
const LATELY: i64 = 24 * 3600;

/// A kind of warning: the reason of the event, how bad it is, what it comes to, and what to do.
struct Warned(&'static str, Severity, &'static str, &'static str);

const WARNINGS: [Warned; 7] = [
    Warned(
        "BackupShardedDifferential",
        Severity::Warning,
        "a run wrote differential backups of shards to a volume, from which no sharded database can be seeded",
        "set `spec.options.backupType: FULL` and run it again",
    ),
    Warned(
        "BackupShardedDatabasesExcluded",
        Severity::Warning,
        "sharded databases are left out of it",
        "give each sharded database a backup of its own with `spec.shardedDatabase`",
    ),
    Warned(
        "RestoreShardedDatabasesNotCovered",
        Severity::Warning,
        "sharded databases are not restored by it",
        "restore each with its Neo4jShardedDatabase",
    ),
    Warned(
        "RestoreFromChainParent",
        Severity::Warning,
        "the artifact was taken from the backup whose chain this one extends",
        "look whether the state that was restored is the one that you meant",
    ),
    Warned(
        "BackupValidateUnsupported",
        Severity::Warning,
        "its artifacts are not validated, whatever `spec.options.validate` says",
        "take the option out, and prove the backup by a restore",
    ),
    Warned(
        "BackupRetentionCaveat",
        Severity::Warning,
        "pruning may delete a full backup and leave differentials that restore nothing",
        "write FULL backups where retention applies",
    ),
    Warned(
        "ValidationWarning",
        Severity::Info,
        "a field of it has no effect",
        "take the field out, or do what the event says",
    ),
];

impl Check for OperatorWarns {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        if backup.deleted.is_none() {
            say(&backup.reference(), &backup.events, cluster, report);
        }
    }

    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        if restore.deleted.is_none() {
            say(&restore.reference(), &restore.events, cluster, report);
        }
    }
}

fn say(object: &ObjectRef, events: &[Event<'_>], cluster: &Cluster<'_>, report: &mut Report) {
    for Warned(reason, severity, what, help) in &WARNINGS {
        let newest = events.iter().rev().find(|event| event.reason == *reason);
        let lately = |event: &&Event<'_>| {
            let age = event.last.map(|last| cluster.now.as_second() - last.as_second());
            age.is_none_or(|age| age < LATELY)
        };
        if let Some(event) = newest.filter(lately) {
            report
                .say(object.clone(), *what)
                .severity(*severity)
                .evidence(Evidence::event(object.clone(), event))
                .help(*help);
        }
    }
}
