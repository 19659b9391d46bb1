//! NB3008.

use crate::rule::prelude::*;
use crate::subject::location::{annotations_at, locations};

declare_rule! {
    /// An identity annotation of one cloud gives no access to another.
    ///
    /// ## What it checks
    /// The keys below `identity.autoCreate.annotations` that belong to a cloud (`eks.amazonaws.com/`, `iam.gke.io/`,
    /// `azure.workload.identity/`) belong to the one that the block is about. Where the right annotation is there too, the
    /// other one is only a warning.
    ///
    /// ## Why it matters
    /// The operator copies whatever it finds to the `ServiceAccount` of the Jobs. The pod then starts without any
    /// credentials for the store, and says so only in its log.
    ///
    /// ## Bad
    /// ```yaml
    /// provider: gcp
    /// identity:
    ///   provider: gcp
    ///   autoCreate:
    ///     annotations:
    ///       eks.amazonaws.com/role-arn: arn:aws:iam::210987654321:role/neo4j-backup
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// provider: gcp
    /// identity:
    ///   provider: gcp
    ///   autoCreate:
    ///     annotations:
    ///       iam.gke.io/gcp-service-account: neo4j-backup@acme-prod.iam.gserviceaccount.com
    /// ```
    AnnotationOfOtherProvider {
        code: "NB3008", name: "annotation-of-other-provider", severity: Error,
        kinds: LOCATED,
        reads: STORES + CLOUDS + INSTANCE_CLOUDS + ["spec.source.type", "spec.backups.defaultStorage.type"], needs: [],
        doors: All, fix: Safe, cel: Expressible, since: "0.1",
    }
}

impl Rule for AnnotationOfOtherProvider {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        for location in locations(subject) {
            let Some(provider) = location.provider() else { continue };
            let right_key = provider.identity_annotation();
            let block = || annotations_at(location.storage.cloud.annotations(), location.cloud_severity());
            let has_right = block().any(|annotation| annotation.key == right_key);
            for annotation in block() {
                let Some(other) = annotation.provider().filter(|other| *other != provider) else {
                    continue;
                };
                let message = format!(
                    "{} is an annotation of `{other}`, but the location is in `{provider}`",
                    quoted(annotation.key)
                );
                let finding = report.at_path(annotation.path(), message);
                finding.value(annotation.value);
                if has_right {
                    finding.help("remove it").severity(Severity::Warning);
                    continue;
                }
                finding
                    .help(format!("use the annotation `{right_key}`"))
                    .severity(annotation.severity);
                // Then the key alone is wrong.
                if provider.has_identity(annotation.value) {
                    let title = format!("use the annotation `{right_key}`");
                    finding.fix(Fix::rename(FixKind::Safe, title, annotation.path(), right_key));
                }
            }
        }
    }
}
