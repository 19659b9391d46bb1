//! NB3006.

use crate::rule::prelude::*;
use crate::subject::location::annotations;
use crate::values::identity::{GOOGLE_SERVICE_ACCOUNT, google};

declare_rule! {
    /// A Google service account that cannot exist is copied to the `ServiceAccount` all the same.
    ///
    /// ## What it checks
    /// `iam.gke.io/gcp-service-account` is `<name>@<project>.iam.gserviceaccount.com`; name and project have 6 to 30
    /// lower-case letters, digits and hyphens, a letter first. The default accounts of Compute Engine and App Engine are
    /// a warning.
    ///
    /// ## Why it matters
    /// The operator copies the annotation unchanged, and GKE looks at it only when the pod asks for a token. A default
    /// account works, but usually may do far more than a backup should.
    ///
    /// ## Bad
    /// ```yaml
    /// iam.gke.io/gcp-service-account: neo4j-backup@PROJECT.iam.gserviceaccount.com
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// iam.gke.io/gcp-service-account: neo4j-backup@acme-prod.iam.gserviceaccount.com
    /// ```
    GoogleServiceAccountMalformed {
        code: "NB3006", name: "google-service-account-malformed", severity: Error,
        kinds: LOCATED, reads: ANNOTATIONS + ["spec.source.type"], needs: [], doors: All, fix: Safe, cel: Expressible,
        since: "0.1",
    }
}

impl Rule for GoogleServiceAccountMalformed {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        for annotation in annotations(subject).filter(|annotation| annotation.key == GOOGLE_SERVICE_ACCOUNT) {
            let value = annotation.value;
            match google::parse_service_account(value) {
                Err(error) => {
                    let message = format!("the Google service account {} is malformed: {error}", quoted(value));
                    let finding = report.at_path(annotation.path(), message);
                    finding.value(value).severity(annotation.severity);
                    if google::parse_service_account(value.trim()).is_ok() {
                        finding.replace(FixKind::Safe, value.trim());
                    } else {
                        finding.help("use `<name>@<project>.iam.gserviceaccount.com`");
                    }
                }
                Ok(account) if account.is_default() => {
                    report
                        .at_path(
                            annotation.path(),
                            format!(
                                "{} is a default account with far more rights than a backup needs",
                                quoted(value)
                            ),
                        )
                        .help("use a service account that may only reach the bucket")
                        .value(value)
                        .severity(Severity::Warning);
                }
                Ok(_) => {}
            }
        }
    }
}
