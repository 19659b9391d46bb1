//! NB3014.

use crate::model::{Account, ObjectRef};
use crate::rule::prelude::*;
use crate::subject::location::{annotations_at, locations};

declare_rule! {
    /// The `ServiceAccount` of the Jobs has another identity, which the operator replaces once this is applied.
    ///
    /// ## What it checks
    /// The annotations in `cloud.identity.autoCreate.annotations` against those that `neo4j-backup-sa` (for a restore:
    /// `neo4j-restore-sa`) has: in the cluster with `lint --live`, or in a manifest among the files. An object in the cluster
    /// whose own identity is there may change it. That other objects want another one is NB3004.
    ///
    /// ## Why it matters
    /// All Jobs of a namespace share the account. Somebody has given it this identity: a person, a chart, or a tool that
    /// writes it again. The operator writes the other one over it; from then on every backup of the namespace that declares
    /// none runs as that, and loses what only the old one may reach.
    ///
    /// ## Bad
    /// ```yaml
    /// kind: ServiceAccount
    /// metadata:
    ///   name: neo4j-backup-sa
    ///   annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::210987654321:role/sales-backup"}
    /// ---
    /// kind: Neo4jBackup
    /// spec:
    ///   storage:
    ///     cloud:
    ///       identity:
    ///         autoCreate:
    ///           annotations: {eks.amazonaws.com/role-arn: "arn:aws:iam::210987654321:role/hr-backup"}
    /// ```
    ///
    /// ## Good
    /// The identity that the account has, or another namespace.
    AccountIdentityReplaced {
        code: "NB3014", name: "account-identity-replaced", severity: Warning,
        kinds: JOBS, reads: JOB_CLOUDS, needs: [Accounts], doors: Files, fix: None,
        cel: NotExpressible("it looks at another object"), since: "0.2",
    }
}

impl Rule for AccountIdentityReplaced {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        // The first operator copied no annotations.
        if subject.era == Era::V0_1 {
            return;
        }
        let (namespace, name) = (subject.namespace(), subject.name());
        let (account, others) = match subject.kind {
            Kind::Neo4jBackup => (Account::Backup, "backups"),
            _ => (Account::Restore, "restores"),
        };
        let asked = locations(subject)
            .filter(|location| location.reads_cloud)
            .flat_map(|location| {
                annotations_at(location.storage.cloud.annotations(), location.cloud_severity()).collect::<Vec<_>>()
            });
        for annotation in asked {
            let key = annotation.key;
            let facts = match inventory.account(namespace, account) {
                Lookup::Found(facts) => facts,
                Lookup::Absent => return,
                // Few files hold accounts, and lint would say so of every identity.
                Lookup::Unknown(why) if why.is_not_asked() => return,
                Lookup::Unknown(why) => {
                    let what = format!("which identity {} has", account.name());
                    return report.skip(Need::Accounts, what, why);
                }
            };
            let there = facts.annotations.get(key).filter(|there| *there != annotation.value);
            let Some(there) = there else { continue };
            let is_own = inventory.stored_identity(subject.kind, namespace, name, key) == Some(there.as_str());
            let wanted_by_other = match subject.kind {
                Kind::Neo4jBackup => inventory.other_backup_identity(namespace, name, key, annotation.value),
                _ => inventory.other_restore_identity(namespace, name, key, annotation.value),
            };
            if is_own || wanted_by_other.is_some() {
                continue;
            }
            report
                .at_path(
                    annotation.path(),
                    format!(
                        "`{}` has {}, which the operator replaces: all {others} of the namespace then run as this one",
                        account.name(),
                        quoted(there)
                    ),
                )
                .help("declare the identity that the account has, or move this to another namespace")
                .value(annotation.value)
                .evidence_of(
                    ObjectRef {
                        api_version: "v1".to_owned(),
                        kind: "ServiceAccount".to_owned(),
                        namespace: namespace.to_owned(),
                        name: account.name().to_owned(),
                    },
                    Path::dotted("metadata.annotations").key(key),
                    format!("{} has {}", account.name(), quoted(there)),
                );
        }
    }
}
