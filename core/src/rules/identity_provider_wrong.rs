//! NB3002.

use crate::rule::prelude::*;
use crate::subject::location::locations;

declare_rule! {
    /// A workload identity belongs to the cloud that the location is in.
    ///
    /// ## What it checks
    /// Each `identity` block has a `provider`. One of another cloud than the `cloud` block (or the storage type, where the
    /// block does not say) is a warning.
    ///
    /// ## Why it matters
    /// The schema requires the field, so the API server refuses the object without it. The operator only looks whether it is
    /// there: which cloud the Jobs sign in to, the annotations decide. But where the field names another cloud, the
    /// annotations below it often do as well, and then every run fails.
    ///
    /// ## Bad
    /// ```yaml
    /// cloud:
    ///   provider: aws
    ///   identity:
    ///     provider: gcp
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// cloud:
    ///   provider: aws
    ///   identity:
    ///     provider: aws
    /// ```
    IdentityProviderWrong {
        code: "NB3002", name: "identity-provider-wrong", severity: Error,
        kinds: LOCATED,
        reads: STORES + CLOUDS + INSTANCE_CLOUDS + ["spec.source.type", "spec.backups.defaultStorage.type"], needs: [],
        doors: All, fix: Unsafe, cel: Expressible, since: "0.1",
    }
}

impl Rule for IdentityProviderWrong {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        for location in locations(subject) {
            let cloud = location.storage.cloud;
            if cloud.identity().node().is_none_or(|node| node.as_map().is_none()) {
                continue;
            }
            let field = cloud.identity_provider();
            let wanted = location.storage.provider();
            match (field.text().and_then(Provider::parse), wanted) {
                (Some(said), Some(wanted)) if said != wanted => {
                    report
                        .at(
                            &field,
                            format!("the identity is of `{said}`, but the location is in `{wanted}`"),
                        )
                        .replace(FixKind::Unsafe, wanted.as_str())
                        .severity(Severity::Warning);
                }
                // The schema requires it also where nothing reads the block.
                (None, _) if !field.is_set() => {
                    let finding = report.missing(&field, "the identity has no provider, which the schema requires");
                    if let Some(wanted) = wanted {
                        finding.fill_in(wanted.as_str());
                    } else {
                        finding.help("set it to `aws`, `gcp` or `azure`");
                    }
                }
                _ => {}
            }
        }
    }
}
