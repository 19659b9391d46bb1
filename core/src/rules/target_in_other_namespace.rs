//! NB2008.

use crate::rule::prelude::*;

declare_rule! {
    /// A backup reaches only instances of its own namespace.
    ///
    /// ## What it checks
    /// `target.namespace`, which operators up to 1.13 have, is the namespace of the backup. Up to 1.12 that is an error for
    /// databases only; an instance of another namespace is looked for and not found. Where the file does not say in which
    /// namespace the backup will be, it is a warning.
    ///
    /// ## Why it matters
    /// Operators from 1.8 on mark the backup `Invalid` and never run it: its Job, its ServiceAccount and its Secrets are in
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
        cel: NotExpressible("policies read v1beta1 as operator 1.14, which has no target"), since: "0.1",
    }
}

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
        let is_refused = match subject.era {
            Era::V1_8 => is_database,
            Era::V1_13 => true,
            _ => false,
        };
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
