//! NB8009.

use crate::facts::InstanceKind;
use crate::rule::prelude::*;
use crate::subject::restored;

declare_rule! {
    /// A standalone is only restored while it is stopped, unless the operator can restore it online.
    ///
    /// ## What it checks
    /// `spec.stopCluster: true` on a restore whose instance is known to be a `Neo4jEnterpriseStandalone`. The field is
    /// called like that for standalones too. For operators before 1.8, which restored clusters by a Job as well, an
    /// absent `stopCluster` is warned of whatever the instance is. From 1.19 on it is needed only where a Job has to do the
    /// restore: with `type: storage` or `type: pitr`; with a point in time out of a volume, of all databases, or on Neo4j
    /// 5.26; and out of a bucket that the server cannot read, because there is neither a credentials Secret nor an identity
    /// in `podServiceAccountAnnotations` of the standalone. A run that recorded no artifact also needs the Job, which only
    /// the cluster shows.
    ///
    /// ## Why it matters
    /// The Job needs the data volume for itself. While a server pod is there, the operator ends the restore in phase
    /// `Failed`: "cannot run against a live cluster", or from 1.19 on "cannot run against a running standalone".
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
        kinds: [Neo4jRestore], reads: RESTORED + ONLINE + ["spec.stopCluster"],
        needs: [Instance, Backups], doors: All, fix: Unsafe,
        cel: NotExpressible("it needs to know whether the instance is a standalone"), since: "0.1",
        operators: [
            "0.1-1.7": Warning, "clusters and standalones are restored by a Job, which needs them stopped";
            "1.8-1.18": Error, "a standalone is restored by a Job, and only while it is stopped";
            "1.19+": Error, "a standalone is restored online where that is possible, and else only while it is stopped";
        ],
        explains: ["NB8101"],
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
        let Lookup::Found(standalone) = lookup else { return };
        if standalone.kind != InstanceKind::Standalone {
            return;
        }
        let reason = restored::offline_reason(subject, &restore, standalone, inventory);
        if reason.is_none() && restored::is_online(subject) {
            if restored::reminds_of_older(subject) {
                report
                    .missing(
                        &field,
                        format!(
                            "operators up to 1.18 restore {name}, a standalone, only while it is stopped",
                            name = quoted(name)
                        ),
                    )
                    .help("use `stopCluster: true` there")
                    .severity(Severity::Info);
            }
            return;
        }
        let because = reason
            .filter(|_| restored::is_online(subject))
            .map(|reason| format!(": {reason}"))
            .unwrap_or_default();
        let message = format!(
            "{name} is a standalone, which the operator restores only while it is stopped{because}",
            name = quoted(name)
        );
        let title = "use `stopCluster: true`";
        let finding = if field.is_set() {
            report.at(&field, message)
        } else {
            report.missing(&field, message)
        };
        if reason.is_none() && restored::may_be_online(subject) {
            finding.severity(Severity::Warning);
        }
        // It takes the database down, so that it is nothing to be done in passing.
        finding
            .help(title)
            .fix(Fix::set(FixKind::Unsafe, title, field.path(), true));
    }
}
