//! NB3004.

use crate::facts::Coverage;
use crate::rule::prelude::*;
use crate::subject::location::{annotations_at, locations};

declare_rule! {
    /// All Jobs of a namespace share one `ServiceAccount`, so it can carry only one identity of a cloud.
    ///
    /// ## What it checks
    /// No other backup (for a restore: no other restore) of the namespace wants another value for the same annotation.
    ///
    /// ## Why it matters
    /// Backups run as `neo4j-backup-sa` and restores as `neo4j-restore-sa`, whatever `identity.serviceAccount` says. Each
    /// object writes its annotations there, the last one wins, and the operator was seen to rewrite the account every 30
    /// seconds for ever. A run gets the identity that happens to be there when its pod starts.
    ///
    /// ## Bad
    /// Two backups of one namespace with the annotations
    /// ```yaml
    /// eks.amazonaws.com/role-arn: arn:aws:iam::210987654321:role/sales-backup
    /// eks.amazonaws.com/role-arn: arn:aws:iam::210987654321:role/hr-backup
    /// ```
    ///
    /// ## Good
    /// One role for all backups of the namespace, or a namespace for each:
    /// ```yaml
    /// eks.amazonaws.com/role-arn: arn:aws:iam::210987654321:role/neo4j-backup
    /// ```
    IdentityConflict {
        code: "NB3004", name: "identity-conflict", severity: Warning,
        kinds: JOBS, reads: JOB_CLOUDS, needs: [Backups, Restores], doors: All, fix: None,
        cel: NotExpressible("it compares objects"), since: "0.1",
    }
}

impl Rule for IdentityConflict {
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        // The first operator copied no annotations.
        if subject.era == Era::V0_1 {
            return;
        }
        let namespace = subject.namespace();
        let (need, kind, account) = match subject.kind {
            Kind::Neo4jBackup => (Need::Backups, "backup", "neo4j-backup-sa"),
            _ => (Need::Restores, "restore", "neo4j-restore-sa"),
        };
        let mut asked = false;
        for location in locations(subject).filter(|location| location.reads_cloud) {
            for annotation in annotations_at(location.storage.cloud.annotations(), location.cloud_severity()) {
                asked = true;
                let (name, key, value) = (subject.name(), annotation.key, annotation.value);
                let other = match subject.kind {
                    Kind::Neo4jBackup => inventory.other_backup_identity(namespace, name, key, value),
                    _ => inventory.other_restore_identity(namespace, name, key, value),
                };
                let Some((name, wanted)) = other else { continue };
                let stands = Path::dotted("spec.storage.cloud.identity.autoCreate.annotations").key(key);
                let finding = report
                    .at_path(
                        annotation.path(),
                        format!(
                            "{kind} {name} wants {} on the shared `{account}`",
                            quoted(wanted),
                            name = quoted(name)
                        ),
                    )
                    .help("give both the same identity, or move one to another namespace")
                    .value(annotation.value);
                if subject.kind == Kind::Neo4jBackup {
                    finding.evidence_of(
                        subject.other(Kind::Neo4jBackup, name),
                        stands,
                        format!("{name} wants {}", quoted(wanted), name = quoted(name)),
                    );
                } else {
                    finding.evidence_of(
                        subject.other(Kind::Neo4jRestore, name),
                        Path::dotted("spec.source.storage"),
                        format!("{name} wants {}", quoted(wanted), name = quoted(name)),
                    );
                }
            }
        }
        if let (true, Coverage::Partial(why)) = (asked, inventory.coverage_in(need, namespace)) {
            report.skip(
                need,
                format!(
                    "other {kind}s of namespace {namespace} may want another identity",
                    namespace = quoted(namespace)
                ),
                why,
            );
        }
    }
}
