//! NB2008.

use crate::operator::Versions;
use crate::rule::prelude::*;

declare_rule! {
    /// A backup reaches only instances of its own namespace.
    ///
    /// ## What it checks
    /// `target.namespace`, which operators up to 1.13 have, is the namespace of the backup. Where the file does not say in
    /// which namespace the backup will be, it is a warning.
    ///
    /// ## Why it matters
    /// The operator looks for the instance in the namespace of the backup, whatever is said here: its Job, its ServiceAccount and its Secrets are in
    /// its own namespace.
    ///
    /// ## Bad
    /// ```yaml
    /// metadata: {name: nightly, namespace: backups}
    /// spec: {target: {kind: Database, name: orders, clusterRef: prod, namespace: neo4j}}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// metadata: {name: nightly, namespace: neo4j}
    /// spec: {target: {kind: Database, name: orders, clusterRef: prod}}
    /// ```
    TargetInOtherNamespace {
        code: "NB2008", name: "target-in-other-namespace", severity: Error,
        kinds: [Neo4jBackup], reads: BACKED_UP, needs: [], doors: All, fix: None,
        cel: NotExpressible("some versions refuse databases elsewhere and no clusters"), since: "0.1",
        operators: [
            "0.1-1.11.1": Warning, "the target is looked for in the namespace of the backup, and not found";
            "1.11.2-1.13": Error, "the operator refuses such a backup: up to 1.12 where the target is a database";
        ],
        changes: [
            REFUSES_EVERY_KIND, "targets that are no database are refused as well";
        ],
    }
}

/// The operators that look at the namespace of a cluster, too.
const REFUSES_EVERY_KIND: Versions = Versions::range("1.13");

impl Rule for TargetInOtherNamespace {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let Some(target) = subject.backup().and_then(|backup| backup.legacy_target()) else {
            return;
        };
        let field = target.field("namespace");
        let Some(named) = field.text().filter(|named| *named != subject.namespace()) else {
            return;
        };
        let is_database = matches!(target.field("kind").text(), Some("Database" | "ShardedDatabase"));
        let is_refused = is_database || subject.operator.is_in(REFUSES_EVERY_KIND);
        // Without a namespace of its own, the object goes wherever somebody applies it.
        let is_sure = subject.field("metadata.namespace").is_set();
        let text = if is_sure {
            let own = quoted(subject.namespace());
            format!(
                "the backup is in namespace {own}, and the operator looks for no target in {}",
                quoted(named)
            )
        } else {
            format!(
                "the operator looks for the target in the backup's own namespace, which may not be {}",
                quoted(named)
            )
        };
        report
            .at(&field, text)
            .help("put the backup into the namespace of the instance, and remove this field")
            .severity(if is_refused && is_sure {
                Severity::Error
            } else {
                Severity::Warning
            });
    }
}
