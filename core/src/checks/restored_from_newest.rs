use crate::check::prelude::*;
use crate::facts::InstanceKind;
use crate::model::SourceType;
use crate::operator::Versions;

declare_check! {
    /// A restore took the newest file, and not the one that its status names.
    ///
    /// ## What it looks at
    /// Restores of one database into a standalone by the name of a backup, made by an operator before 1.19; what their status
    /// names as the source; and the runs of the backup since.
    ///
    /// ## Why it matters
    /// The Job takes the last file by name that begins with the name of the database and a dash, at the moment at which it
    /// runs. When a run ended in between, that is another file than the one in `status.resolvedSource`; and `sales-…` takes
    /// `sales-eu-…` too.
    ///
    /// ## How to mend it
    /// Look into the log of the Job, or into the database, for which state it has. For an exact file use `type: storage` with
    /// `backupPath`. Fixed in operator 1.19 for backups that recorded their files.
    RestoredFromNewest {
        code: "NB8113", name: "restored-from-newest", severity: Info,
        looks: [AtRestores], needs: [], explains: [], since: "0.2",
    }
}

/// The operators whose Jobs take the newest file by name.
const TAKES_NEWEST: Versions = Versions::range("1.8-1.18");

impl Check for RestoredFromNewest {
    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let spec = restore.spec();
        let is_one = spec.source_type() == Some(SourceType::Backup) && !spec.all_databases().is_true();
        let instance = cluster.instance(&restore.namespace, &restore.instance());
        let is_standalone = instance.is_some_and(|instance| instance.kind == InstanceKind::Standalone);
        let is_old = cluster.operator.is_some_and(|operator| operator.is_in(TAKES_NEWEST));
        let began = matches!(&*restore.phase, "Running" | "Completed");
        if !(is_one && is_standalone && is_old && began) {
            return;
        }
        let source = restore.object.at("status.resolvedSource");
        let field = |key: &str| source.and_then(|source| source.get(key)?.as_str());
        let pinned: Option<jiff::Timestamp> = field("backupCreatedAt").and_then(|time| time.parse().ok());
        let backup = spec
            .backup_ref()
            .text()
            .and_then(|name| cluster.backup(&restore.namespace, name));
        let (Some(pinned), Some(backup)) = (pinned, backup) else {
            return;
        };
        let until = restore.ended().unwrap_or(cluster.now);
        let newer = backup
            .runs
            .iter()
            .find(|run| run.is_good() && run.ended.is_some_and(|ended| ended > pinned && ended < until));
        let Some(newer) = newer else { return };
        let message = "its Job took the newest file of the backup, which is not the one that its status names";
        let diagnosis = report.say(restore.reference(), message);
        diagnosis
            .probable()
            .help("for an exact file use `type: storage` with `backupPath`; fixed in operator 1.19")
            .all_evidence(
                field("artifactFilename")
                    .map(|file| Evidence::field(restore.reference(), "status.resolvedSource.artifactFilename", file)),
            )
            .evidence(Evidence::fact(
                backup.reference(),
                format!("run {} ended well after that one and before the restore did", newer.id),
            ));
    }
}
