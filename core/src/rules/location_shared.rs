//! NB7010.

use crate::declare_rule;
use crate::inventory::{BackupFacts, Coverage, Inventory, LocationFacts, ScopeFacts};
use crate::model::{Backup, StoreType};
use crate::quoted::quoted;
use crate::report::Report;
use crate::rule::{Need, Rule, RuleMeta};
use crate::subject::Subject;

declare_rule! {
    /// Two backups that write to one place make one chain of artifacts that belong to neither.
    ///
    /// ## What it checks
    /// The other backups of the namespace, by volume claim, or by bucket and path, and by the directory below: that of
    /// `chainFromBackup`, or else of the backup's own name. Backups of one chain share it on purpose; they must be of one
    /// instance and of the same databases. A backup in the mode `replication-source` needs bucket and path for its chain
    /// alone.
    ///
    /// ## Why it matters
    /// A restore takes the newest artifact that it finds, and a differential backup continues the newest chain: the wrong
    /// one, when two write there. The operator refuses a chain of different databases when it comes to run it, and never
    /// refuses one on volumes of different names.
    ///
    /// ## Bad
    /// ```yaml
    /// metadata: {name: sales}
    /// spec: {database: sales, chainFromBackup: hr, storage: {type: pvc, pvc: {name: neo4j-backups}}}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// metadata: {name: sales}
    /// spec: {database: sales, storage: {type: pvc, pvc: {name: neo4j-backups}}}
    /// ```
    LocationShared {
        code: "NB7010", name: "location-shared", severity: Warning,
        kinds: [Neo4jBackup],
        reads: [
            "spec.storage", "spec.chainFromBackup", "spec.mode", "spec.instanceRef", "spec.database", "spec.allDatabases",
            "spec.shardedDatabase", "spec.target",
        ],
        needs: [Backups], doors: All, fix: None, policy: NotExpressible("it compares objects"), since: "0.1",
    }
}

impl Rule for LocationShared {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Report) {
        let backup = Backup::of(subject.object);
        let own = subject.backup_facts();
        let Some(store) = own.storage.store else { return };
        let is_source = backup.spec.field("mode").text() == Some("replication-source");
        let root = root(subject.name(), own);
        let block = backup.storage().block;
        for (name, other) in inventory
            .backups(subject.namespace())
            .filter(|(name, _)| *name != subject.name())
        {
            let same_root = self::root(name, other) == root;
            let what = if store == StoreType::Pvc {
                "volume claim"
            } else {
                "bucket and path"
            };
            if same_root && own.storage.same_place(&other.storage) && is_other_target(own, other) {
                report
                    .at_block(
                        &block,
                        format!(
                            "backup {name} writes to the same directory {root} and is of another instance or database",
                            name = quoted(name),
                            root = quoted(root)
                        ),
                    )
                    .help("remove `chainFromBackup` from one of them, or give it another path");
            } else if is_source && !same_root && is_source_place(&own.storage, &other.storage) {
                report
                    .at_block(&block, format!("backup {name} writes to the same {what}, and the operator refuses that beside `mode: replication-source`", name = quoted(name)))
                    .help("give one of them another path");
            }
        }
        if let Coverage::Partial(why) = inventory.coverage(Need::Backups) {
            report.skip(
                Need::Backups,
                format!("other backups may write to the same place: {why}"),
            );
        }
    }
}

/// The directory of a backup's chain.
fn root<'f>(name: &'f str, facts: &'f BackupFacts) -> &'f str {
    facts.chain_from.as_deref().unwrap_or(name)
}

fn is_other_target(own: &BackupFacts, other: &BackupFacts) -> bool {
    let known = own.scope != ScopeFacts::Unclear && other.scope != ScopeFacts::Unclear;
    let other_instance = own.instance.is_some() && other.instance.is_some() && own.instance != other.instance;
    other_instance || (known && own.scope != other.scope)
}

/// How the operator compares the places of a replication source: by type, bucket and path, and not by volume claim.
fn is_source_place(own: &LocationFacts, other: &LocationFacts) -> bool {
    own.store == other.store && own.bucket == other.bucket && own.path == other.path
}
