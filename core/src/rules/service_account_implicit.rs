//! NB3011.

use crate::rule::prelude::*;
use crate::subject::location::{implied_account, locations};

declare_rule! {
    /// An identity block says which `ServiceAccount` the cloud has to trust.
    ///
    /// ## What it checks
    /// A block `cloud.identity` has a `serviceAccount`. Where it has none, the name that the operator uses is filled in:
    /// `neo4j-backup-sa` for backups, `neo4j-restore-sa` for restores (from 1.8 on), and `<cluster>-cloud-identity` for
    /// the backup pod of a cluster whose block has an `autoCreate` (operators before 1.8).
    ///
    /// ## Why it matters
    /// The trust policy of the role names the account: `system:serviceaccount:<namespace>:neo4j-backup-sa`. Nothing in
    /// the manifest says so, and the account of the operator or of the database is the usual wrong guess. It is a remark:
    /// the operator runs its Jobs as that account whether the field is there or not, so filling it in changes nothing that
    /// runs. An operator that says of the field that it has no effect is right, and the rule can be switched off
    /// (`rules: {NB3011: off}`) where its event is in the way.
    ///
    /// ## Bad
    /// ```yaml
    /// identity:
    ///   provider: aws
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// identity:
    ///   provider: aws
    ///   serviceAccount: neo4j-backup-sa
    /// ```
    ServiceAccountImplicit {
        code: "NB3011", name: "service-account-implicit", severity: Info,
        kinds: [Neo4jBackup, Neo4jRestore, Neo4jEnterpriseCluster], reads: JOB_CLOUDS + ["spec.backups"], needs: [],
        doors: All, fix: Default, cel: NotExpressible("which account it is depends on the version of the operator"),
        since: "0.2",
        operators: [
            "0.1-1.17": Info, "the field may name the account or not, and nothing that runs changes";
            "1.18+": Nothing, "the field brings a Warning event at each reconcile, which says that it has no effect";
        ],
    }
}

impl Rule for ServiceAccountImplicit {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        for location in locations(subject) {
            let cloud = location.storage.cloud;
            if cloud.identity().node().is_none_or(|node| node.as_map().is_none()) {
                continue;
            }
            let Some(account) = implied_account(subject, &location, false) else {
                continue;
            };
            let runs = match subject.kind {
                Kind::Neo4jEnterpriseCluster => "the backup pod runs",
                _ => "the Jobs run",
            };
            let field = cloud.service_account();
            let shown = quoted(&account);
            report
                .missing(&field, format!("{runs} as {shown}, which the identity does not say"))
                .fill_in(&account)
                .severity(Severity::Info);
        }
    }
}
