//! NB2001.

use crate::rule::prelude::*;

declare_rule! {
    /// The instance, or the sharded database, that the object names is not there.
    ///
    /// ## What it checks
    /// The cluster or standalone of `instanceRef` (or `target`, `clusterRef`, `targetCluster` of older operators) and the
    /// `Neo4jShardedDatabase` of `shardedDatabase` exist in the same namespace. Only where that can be known: files alone
    /// say nothing of what a cluster has.
    ///
    /// ## Why it matters
    /// A backup waits in phase `Waiting` and a restore in `Pending` until the instance appears, without an event. It is a
    /// warning because manifests are often applied together, in any order.
    ///
    /// ## Bad
    /// ```yaml
    /// spec: {instanceRef: prdo}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec: {instanceRef: prod}
    /// ```
    InstanceNotFound {
        code: "NB2001", name: "instance-not-found", severity: Warning,
        kinds: JOBS, reads: RESTORED + ["spec.target", "spec.shardedDatabase"], needs: [Instance, ShardedDatabases],
        doors: All, fix: None, cel: NotExpressible("it looks at another object"), since: "0.1",
    }
}

impl Rule for InstanceNotFound {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let named = subject
            .backup()
            .map(|backup| backup.instance())
            .or_else(|| subject.restore().map(|restore| restore.instance()));
        if let Some((field, name)) = named.and_then(|field| Some((field, field.text()?))) {
            instance(subject, &field, name, inventory, report);
        }
        let sharded = subject.field("spec.shardedDatabase");
        let name = sharded.text().filter(|_| subject.backup().is_some());
        if let Some(name) = name {
            match inventory.sharded_database(subject.namespace(), name) {
                Lookup::Found(_) => {}
                Lookup::Absent => not_found(&sharded, "Neo4jShardedDatabase", name, subject.namespace(), report),
                Lookup::Unknown(why) => report.skip(
                    Need::ShardedDatabases,
                    format!("whether the sharded database {} exists", quoted(name)),
                    why,
                ),
            }
        }
    }
}

fn instance(subject: &Subject<'_>, field: &Field<'_>, name: &str, inventory: &Inventory, report: &mut Collector) {
    match inventory.instance(subject.namespace(), name) {
        Lookup::Found(_) => {}
        Lookup::Absent => not_found(field, "cluster or standalone", name, subject.namespace(), report),
        Lookup::Unknown(why) => {
            report.skip(
                Need::Instance,
                format!("whether the instance {} exists", quoted(name)),
                why,
            );
        }
    }
}

fn not_found(field: &Field<'_>, what: &str, name: &str, namespace: &str, report: &mut Collector) {
    let name = quoted(name);
    report
        .at(
            field,
            format!(
                "there is no {what} {name} in namespace {namespace}, and the operator waits for it",
                namespace = quoted(namespace)
            ),
        )
        .help("correct the name, or create it")
        .reason(Reason::NotFound);
}
