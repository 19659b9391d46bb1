//! NB3013.

use crate::did_you_mean;
use crate::rule::prelude::*;
use crate::subject::location::{annotations_at, locations};
use crate::values::identity;

declare_rule! {
    /// An identity annotation with a slip in its key gives no identity, and nobody says so.
    ///
    /// ## What it checks
    /// Annotations for `ServiceAccounts` whose key is nearly one of `eks.amazonaws.com/role-arn`,
    /// `iam.gke.io/gcp-service-account` and `azure.workload.identity/client-id`, and those with any other key that nobody
    /// knows whose value is a role ARN or a Google service account. Where the value is right, too, the fix renames the key.
    ///
    /// ## Why it matters
    /// The operator copies every annotation to the `ServiceAccount`, and the cloud passes over those that it does not know.
    /// The pod starts without credentials.
    ///
    /// ## Bad
    /// ```yaml
    /// eks.amazonaws.com/role_arn: arn:aws:iam::210987654321:role/neo4j-backup
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// eks.amazonaws.com/role-arn: arn:aws:iam::210987654321:role/neo4j-backup
    /// ```
    IdentityAnnotationMisspelt {
        code: "NB3013", name: "identity-annotation-misspelt", severity: Warning,
        kinds: LOCATED, reads: STORES + CLOUDS + INSTANCE_CLOUDS + [
            "spec.backups.defaultStorage.type", "spec.podServiceAccountAnnotations",
        ],
        needs: [], doors: All, fix: Safe,
        cel: NotExpressible("the distance between two words needs a loop"), since: "0.1",
    }
}

impl Rule for IdentityAnnotationMisspelt {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        for location in locations(subject) {
            judge(location.storage.cloud.annotations(), location.provider(), report);
        }
        if subject.kind == Kind::Neo4jEnterpriseCluster {
            judge(subject.field("spec.podServiceAccountAnnotations"), None, report);
        }
    }
}

/// Judges the annotations of one block, which is about this cloud where that is known.
fn judge(block: Field<'_>, provider: Option<Provider>, report: &mut Collector) {
    let all = || annotations_at(block, Severity::Warning);
    let has = |key: &str| all().any(|annotation| annotation.key == key);
    for annotation in all() {
        let Some(meant) = meant(annotation.key, annotation.value, provider) else {
            continue;
        };
        let right_key = meant.identity_annotation();
        let title = format!("use the annotation `{right_key}`");
        let text = format!("{} is no annotation that `{meant}` knows", quoted(annotation.key));
        let finding = report.at_path(annotation.path(), text);
        finding.value(annotation.value).at_key();
        if has(right_key) {
            finding.help(format!("remove it: `{right_key}` is there, too"));
            continue;
        }
        finding.help(title.clone());
        // A key that was nearly right and a value that is right: then there is no doubt what was meant.
        if is_near(annotation.key, meant) && meant.has_identity(annotation.value) {
            finding.fix(Fix::rename(FixKind::Safe, title, annotation.path(), right_key));
        }
    }
}

/// The cloud whose identity was probably to be named. A key of another cloud than that of the block is another rule's.
fn meant(key: &str, value: &str, provider: Option<Provider>) -> Option<Provider> {
    if identity::is_known_annotation(key) {
        return None;
    }
    let clouds = || {
        Provider::ALL
            .into_iter()
            .filter(|cloud| provider.is_none_or(|provider| provider == *cloud))
    };
    // A client id is any UUID, and other tools have names of the same form.
    let says_so = |cloud: &Provider| *cloud != Provider::Azure && cloud.has_identity(value);
    clouds()
        .find(|cloud| is_near(key, *cloud))
        .or_else(|| clouds().find(says_so))
}

fn is_near(key: &str, cloud: Provider) -> bool {
    did_you_mean::closest(key, [cloud.identity_annotation()]).is_some()
}
