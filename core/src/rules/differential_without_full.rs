//! NB2007.

use crate::operator::Versions;
use crate::rule::prelude::*;

declare_rule! {
    /// A differential backup needs a full one in its directory, and nothing puts one there.
    ///
    /// ## What it checks
    /// `backupType: DIFF` without `chainFromBackup`, unless another known backup, not differential itself, continues this
    /// one's chain and so writes into its directory. An update is only warned of, because a full backup may be there from
    /// before, and not even that when a run has succeeded.
    ///
    /// ## Why it matters
    /// Each backup has a directory of its own. Without a full backup in it every run fails with `Differential backups
    /// require that a full backup …`; two of the operator's own examples were like this.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   schedule: "0 * * * *"
    ///   options: {backupType: DIFF}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   schedule: "0 * * * *"
    ///   chainFromBackup: weekly-full
    ///   options: {backupType: DIFF}
    /// ```
    DifferentialWithoutFull {
        code: "NB2007", name: "differential-without-full", severity: Error,
        kinds: [Neo4jBackup], reads: [
            "spec.options.backupType", "spec.chainFromBackup", "spec.shardedDatabase", "status.history",
        ],
        needs: [Backups], doors: All, fix: Unsafe, cel: NotExpressible("another backup may write the full one"),
        since: "0.1",
        changes: [
            REFUSES_SHARDED, "a differential backup of a sharded database is refused as such (NB1017)";
        ],
    }
}

impl Rule for DifferentialWithoutFull {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let Some(backup) = subject.backup() else { return };
        let field = backup.backup_type();
        if field.text() != Some("DIFF") || backup.chain_from().is_set() || has_succeeded(subject, inventory) {
            return;
        }
        // No chain helps there, and another rule says so.
        let is_sharded = backup.spec.field("shardedDatabase").text().is_some();
        if is_sharded && subject.operator.is_in(REFUSES_SHARDED) {
            return;
        }
        let mut successors = inventory.successors(subject.namespace(), subject.name());
        if successors.any(|(name, facts)| name != subject.name() && facts.backup_type.as_deref() != Some("DIFF")) {
            return;
        }
        let is_new = !matches!(subject.door, Door::Update(_)) && subject.era >= Era::V1_8;
        let help = if subject.era >= Era::V1_11 {
            "set `chainFromBackup` to the backup that writes the full one, or use `AUTO`"
        } else {
            "use `AUTO`, which takes a full backup where there is none"
        };
        report
            .at(
                &field,
                "each run needs a full backup in this backup's own directory, and nothing writes one there",
            )
            .replace(FixKind::Unsafe, "AUTO")
            .help(help)
            .severity(if is_new { Severity::Error } else { Severity::Warning });
    }
}

/// The operators that take no differential backups of sharded databases at all.
const REFUSES_SHARDED: Versions = Versions::range("1.19+");

/// Whether a run has succeeded: as the object says, or as its own version in a cluster does, which a file does not repeat.
fn has_succeeded(subject: &Subject<'_>, inventory: &Inventory) -> bool {
    let stored = inventory.backup(subject.namespace(), subject.name()).found();
    if stored.is_some_and(|facts| facts.succeeded == Some(true)) {
        return true;
    }
    let runs = subject
        .object
        .at("status.history")
        .and_then(Node::as_list)
        .unwrap_or_default();
    runs.iter()
        .any(|run| run.get("status").and_then(Node::as_str) == Some("Succeeded"))
}
