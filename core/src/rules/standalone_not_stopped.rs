//! NB8009.

use crate::rule::prelude::*;
use crate::subject::restored;

declare_rule! {
    /// A standalone is only restored while it is stopped.
    ///
    /// ## What it checks
    /// `spec.stopCluster: true` on a restore whose instance is known to be a `Neo4jEnterpriseStandalone`. The field is
    /// called like that for standalones too. For operators before 1.8, which restored clusters by a Job as well, an
    /// absent `stopCluster` is warned of whatever the instance is.
    ///
    /// ## Why it matters
    /// The Job needs the data volume for itself. While a server pod is there, the operator ends the restore in phase
    /// `Failed`: "cannot run against a live cluster".
    ///
    /// ## Bad
    /// ```yaml
    /// kind: Neo4jRestore
    /// spec:
    ///   instanceRef: a-standalone
    ///   database: orders
    ///   source: {type: backup, backupRef: daily}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// kind: Neo4jRestore
    /// spec:
    ///   instanceRef: a-standalone
    ///   database: orders
    ///   stopCluster: true
    ///   source: {type: backup, backupRef: daily}
    /// ```
    StandaloneNotStopped {
        code: "NB8009", name: "standalone-not-stopped", severity: Error,
        kinds: [Neo4jRestore], reads: RESTORED + ["spec.stopCluster"], needs: [Instance], doors: All, fix: Unsafe,
        cel: NotExpressible("it needs to know whether the instance is a standalone"), since: "0.1",
    }
}

impl Rule for StandaloneNotStopped {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let Some(restore) = subject.restore() else { return };
        let field = restore.spec.field("stopCluster");
        if field.is_true() {
            return;
        }
        let Some((name, lookup)) = restored::instance(subject, &restore, inventory) else {
            return;
        };
        if !restored::by_engine(subject) {
            report
                .missing(
                    &field,
                    format!("{name} would be restored while it runs", name = quoted(name)),
                )
                .help("use `stopCluster: true`")
                .severity(Severity::Warning);
            return;
        }
        if let Lookup::Unknown(why) = &lookup {
            report.skip(
                Need::Instance,
                format!(
                    "whether {name} is a standalone, which must be stopped",
                    name = quoted(name)
                ),
                why,
            );
        }
        if restored::is_standalone(&lookup) {
            let message = format!(
                "{name} is a standalone, which the operator restores only while it is stopped",
                name = quoted(name)
            );
            let title = "use `stopCluster: true`";
            let finding = if field.is_set() {
                report.at(&field, message)
            } else {
                report.missing(&field, message)
            };
            // It takes the database down, so that it is nothing to be done in passing.
            finding
                .help(title)
                .fix(Fix::set(FixKind::Unsafe, title, field.path(), true));
        }
    }
}
