//! Google Cloud: the bindings of a bucket, and the one that lets an account be a service account.

use serde_json::json;

use super::access::{Access, Place, WHOLE_BUCKET};
use super::document::{Document, word};
use super::terraform::{Block, Item, label};

/// The role that lets an account of a cluster be a service account.
const WORKLOAD_IDENTITY_USER: &str = "roles/iam.workloadIdentityUser";

/// The workload identity pool of a cluster, by the issuer of its tokens, or `None` if that is not a cluster of GKE.
pub(super) fn pool(issuer: &str) -> Option<String> {
    let path = issuer.strip_prefix("https://container.googleapis.com/v1/projects/")?;
    let project = path.split('/').next().filter(|project| !project.is_empty())?;
    Some(format!("{project}.svc.id.goog"))
}

fn bucket_and_prefix(access: &Access) -> (String, String) {
    let place = access.place.as_ref();
    let (bucket, prefix) = place.map(Place::bucket_and_prefix).unwrap_or_default();
    let bucket = if bucket.is_empty() { "<BUCKET>" } else { bucket };
    (bucket.to_owned(), prefix)
}

/// A condition of IAM: only what is below the prefix, or the one artifact that it is the key of, and lists of it.
fn condition(bucket: &str, prefix: &str) -> String {
    // Of a whole bucket there is no prefix that a slash could end.
    let objects = if prefix.is_empty() || prefix.ends_with(".backup") {
        prefix.to_owned()
    } else {
        format!("{prefix}/")
    };
    let literal = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let (bucket, prefix, objects) = (literal(bucket), literal(prefix), literal(&objects));
    format!(
        "resource.name.startsWith(\"projects/_/buckets/{bucket}/objects/{objects}\") || \
         api.getAttribute(\"storage.googleapis.com/objectListPrefix\", \"\").startsWith(\"{prefix}\")"
    )
}

/// The bindings for one backup or restore.
pub(super) fn documents(access: &Access) -> Vec<Document> {
    let (bucket, prefix) = bucket_and_prefix(access);
    let member = format!("serviceAccount:{}", access.identity().unwrap_or("<SERVICE_ACCOUNT>"));
    let expression = condition(&bucket, &prefix);
    let mut roles = vec![(
        "roles/storage.objectViewer",
        "read",
        "to list and read below its prefix",
    )];
    if !access.reads_only {
        roles.push((
            "roles/storage.objectCreator",
            "write",
            "to write there, and neither overwrite nor delete",
        ));
    }
    let object = &access.object;
    let of_role = |(role, short, what): (&'static str, &'static str, &'static str)| {
        let title = format!("neo4j-{}-{}-{}", access.what(), object.name, short);
        let label = label(&["neo4j", access.what(), &object.namespace, &object.name, short]);
        Document {
            kind: "roleBinding",
            title: format!("{role}: {what}"),
            body: json!({
                "bucket": bucket, "role": role, "members": [member],
                "condition": {"title": title, "expression": expression},
            }),
            command: format!(
                "gcloud storage buckets add-iam-policy-binding {} --member={} --role={role} --condition={}",
                word(&format!("gs://{bucket}")),
                word(&member),
                // The expression has commas, which would end it.
                word(&format!("^;^title={title};expression={expression}"))
            ),
            terraform: vec![Block {
                comment: what,
                labels: ["google_storage_bucket_iam_member".to_owned(), label],
                items: vec![
                    Item::Text("bucket", bucket.clone()),
                    Item::Text("role", role.to_owned()),
                    Item::Text("member", member.clone()),
                    Item::Block(
                        "condition",
                        vec![
                            Item::Text("title", title.clone()),
                            Item::Text("expression", expression.clone()),
                        ],
                    ),
                ],
            }],
        }
    };
    roles.into_iter().map(of_role).collect()
}

/// What to know beside the bindings.
pub(super) fn notes(access: &Access) -> Vec<String> {
    let mut notes = vec!["conditions take a bucket with uniform bucket-level access".to_owned()];
    if bucket_and_prefix(access).1.is_empty() {
        notes.push(WHOLE_BUCKET.to_owned());
    }
    notes
}

/// What examples of such bindings get wrong that many have copied.
pub(super) const COMMON_MISTAKES: &[&str] = &[
    "`roles/storage.objectAdmin` lets whoever has the token delete every backup; neither a backup nor a restore deletes anything",
    "`roles/storage.objectCreator` alone cannot list, and a differential backup lists what is there first",
    "a binding on the project reaches every bucket of it",
];

/// The binding that lets the account be the service account.
pub(super) fn trust(access: &Access, account: &str, issuer: Option<&str>) -> Document {
    let pool = issuer
        .and_then(pool)
        .unwrap_or_else(|| "<CLUSTER_PROJECT>.svc.id.goog".to_owned());
    let member = format!("serviceAccount:{pool}[{}/{account}]", access.object.namespace);
    let identity = access.identity().unwrap_or("<SERVICE_ACCOUNT>");
    Document {
        kind: "iamBinding",
        title: format!("the binding that lets exactly this account be {identity}"),
        body: json!({"serviceAccount": identity, "role": WORKLOAD_IDENTITY_USER, "members": [member]}),
        command: format!(
            "gcloud iam service-accounts add-iam-policy-binding {} --role={WORKLOAD_IDENTITY_USER} --member={}",
            word(identity),
            word(&member)
        ),
        terraform: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_objects_of_a_whole_bucket_begin_with_nothing() {
        assert!(condition("b", "").starts_with("resource.name.startsWith(\"projects/_/buckets/b/objects/\")"));
        assert!(condition("b", "p").starts_with("resource.name.startsWith(\"projects/_/buckets/b/objects/p/\")"));
    }

    #[test]
    fn the_pool_is_of_the_project_of_the_cluster() {
        let issuer = "https://container.googleapis.com/v1/projects/acme-prod/locations/europe-west1/clusters/main";
        assert_eq!(pool(issuer).as_deref(), Some("acme-prod.svc.id.goog"));
        assert_eq!(pool("https://kubernetes.default.svc"), None);
    }
}
