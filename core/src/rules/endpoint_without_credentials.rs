//! NB3010.

use crate::rule::prelude::*;
use crate::subject::location::locations;

declare_rule! {
    /// An endpoint or path style without a credentials Secret is silently ignored.
    ///
    /// ## What it checks
    /// `cloud.endpointURL` and `cloud.forcePathStyle` stand beside `cloud.credentialsSecretRef` and the provider `aws`.
    ///
    /// ## Why it matters
    /// The operator hands both to the Job only when it also hands over a credentials Secret. Without one, the Job was seen
    /// to start with no endpoint at all, so a backup that was meant for `MinIO` goes to AWS, or fails there.
    ///
    /// ## Bad
    /// ```yaml
    /// cloud:
    ///   provider: aws
    ///   endpointURL: http://minio.storage:9000
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// cloud:
    ///   provider: aws
    ///   endpointURL: http://minio.storage:9000
    ///   credentialsSecretRef: minio-credentials
    /// ```
    EndpointWithoutCredentials {
        code: "NB3010", name: "endpoint-without-credentials", severity: Warning,
        kinds: JOBS, reads: CLOUDS + ["spec.storage.type", "spec.source.type", "spec.source.storage.type"], needs: [],
        doors: All, fix: None, cel: Expressible, since: "0.1",
    }
}

impl Rule for EndpointWithoutCredentials {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        for location in locations(subject) {
            let cloud = location.storage.cloud;
            let is_aws = location.provider() == Some(Provider::Aws);
            let has_credentials = cloud.credentials().text().is_some();
            let (why, help) = match (location.reads_cloud, is_aws, has_credentials) {
                (true, true, true) => continue,
                (false, ..) => ("nothing reads this block", "put it into `spec.source.storage.cloud`"),
                (_, false, _) => (
                    "only S3-compatible stores have one",
                    "remove it, or use `type: s3` and `provider: aws`",
                ),
                (.., false) => (
                    "the operator only hands it over with credentials",
                    "set `credentialsSecretRef` beside it",
                ),
            };
            if let Some(endpoint) = cloud.endpoint().text() {
                let message = format!("the endpoint {} has no effect: {why}", quoted(endpoint));
                report.at(&cloud.endpoint(), message).help(help);
            }
            if cloud.path_style().is_true() {
                report
                    .at(&cloud.path_style(), format!("path style has no effect: {why}"))
                    .help(help);
            }
        }
    }
}
