//! NB2004.

use crate::facts::{BackupFacts, ScopeFacts};
use crate::rule::prelude::*;

declare_rule! {
    /// A backup can only continue the chain of a backup that writes the same databases to the same place.
    ///
    /// ## What it checks
    /// `chainFromBackup` names another backup, which exists, continues no chain itself, and has the same instance, scope and
    /// location.
    ///
    /// ## Why it matters
    /// A chained backup writes into the directory of its parent. The operator refuses a parent of another instance, scope,
    /// bucket or path, and waits for one that is missing. It does not notice a parent that is chained itself, or that is on
    /// another volume: then the directory is empty, and each differential backup fails.
    ///
    /// ## Bad
    /// ```yaml
    /// metadata: {name: hourly}
    /// spec: {chainFromBackup: hourly}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// metadata: {name: hourly}
    /// spec: {chainFromBackup: weekly-full}
    /// ```
    ChainBroken {
        code: "NB2004", name: "chain-broken", severity: Error,
        kinds: [Neo4jBackup], reads: CHAIN + ["spec.options.backupType"], needs: [Backups], doors: All, fix: None,
        cel: NotExpressible("it looks at another object"), since: "0.1",
        explains: ["NB1101"],
    }
}

impl Rule for ChainBroken {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let Some(backup) = subject.backup().filter(|_| subject.era >= Era::V1_11) else {
            return;
        };
        let field = backup.chain_from();
        let Some(parent) = field.text() else { return };
        if parent == subject.name() {
            report
                .at(&field, "a backup cannot continue its own chain")
                .help("name the full backup, or remove it");
            return;
        }
        match inventory.backup(subject.namespace(), parent) {
            Lookup::Found(facts) => compare(subject.backup_facts(), &field, parent, facts, report),
            Lookup::Absent => {
                report
                    .at(
                        &field,
                        format!(
                            "there is no Neo4jBackup {} in namespace {}, and the operator waits for it",
                            quoted(parent),
                            quoted(subject.namespace())
                        ),
                    )
                    .help("correct the name, or create it")
                    .reason(Reason::NotFound)
                    .severity(Severity::Warning);
            }
            Lookup::Unknown(why) => {
                report.skip(
                    Need::Backups,
                    format!("whether the chain of {} fits", quoted(parent)),
                    why,
                );
            }
        }
    }
}

/// Holds the backup against the one that it continues.
fn compare(own: &BackupFacts, field: &Field<'_>, parent: &str, facts: &BackupFacts, report: &mut Collector) {
    let name = quoted(parent);
    // Without the parent's artifacts, only a full backup can be taken; a differential one fails.
    let lost = if own.backup_type.as_deref() == Some("DIFF") {
        Severity::Error
    } else {
        Severity::Warning
    };
    if let Some(grandparent) = &facts.chain_from {
        let text = format!(
            "{name} writes into the directory of {}, so its own directory is empty",
            quoted(grandparent)
        );
        report
            .at(field, text)
            .help(format!("use {}", quoted(grandparent)))
            .severity(lost);
    }
    if let Some(difference) = refused(own, facts) {
        let text = format!("{name} has another {difference}, and the operator refuses such a chain");
        report
            .at(field, text)
            .help("make the two agree, or remove `chainFromBackup`");
    } else if own.storage.store == Some(StoreType::Pvc) && own.storage.pvc != facts.storage.pvc {
        let text = format!(
            "{name} writes to the volume claim {}, and this backup to another",
            quoted(&facts.storage.pvc)
        );
        report
            .at(field, text)
            .help("use the same `storage.pvc.name`")
            .severity(lost);
    }
}

/// What the operator compares, and how: texts as they are written.
fn refused(own: &BackupFacts, parent: &BackupFacts) -> Option<&'static str> {
    let unclear = own.scope == ScopeFacts::Unclear || parent.scope == ScopeFacts::Unclear;
    let (mine, theirs) = (&own.storage, &parent.storage);
    if own.instance != parent.instance {
        Some("instance")
    } else if own.scope != parent.scope && !unclear {
        Some("scope")
    } else if mine.store != theirs.store {
        Some("storage.type")
    } else if mine.bucket != theirs.bucket {
        Some("storage.bucket")
    } else {
        (mine.path != theirs.path).then_some("storage.path")
    }
}
