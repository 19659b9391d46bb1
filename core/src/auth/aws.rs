//! AWS: the least policy, and the trust policy that lets exactly one account in.

use serde_json::{Value, json};

use super::access::{Access, Place, WHOLE_BUCKET};
use super::document::{Document, Told, word};
use super::method::Method;
use super::terraform::{Block, Item, label};
use crate::values::identity::aws::parse_role_arn;

/// For whom the token is by which AWS knows an account, unless an annotation says otherwise.
pub(super) const AUDIENCE: &str = "sts.amazonaws.com";

/// Who takes a role for EKS Pod Identity.
const POD_IDENTITY: &str = "pods.eks.amazonaws.com";

/// The version of the language of policies.
const LANGUAGE: &str = "2012-10-17";

/// The resources of a bucket, and of what is below a prefix of it.
struct Resources {
    partition: String,
    bucket: String,
    objects: Vec<String>,
}

/// The role that counts, as far as an annotation names one.
struct Role<'a> {
    arn: &'a str,
    partition: &'a str,
    account: &'a str,
    name: &'a str,
}

fn role(access: &Access) -> Option<Role<'_>> {
    let arn = access.identity()?;
    let role = parse_role_arn(arn).ok()?;
    Some(Role {
        arn,
        partition: role.partition(),
        account: role.account(),
        name: role.name(),
    })
}

/// The partition: as the role says, or a key or access point that was told, or else the endpoint.
fn partition(access: &Access, told: &Told) -> String {
    let of_arn = |arn: &String| {
        arn.split(':')
            .nth(1)
            .map(str::to_owned)
            .filter(|of| of.starts_with("aws"))
    };
    if let Some(role) = role(access) {
        return role.partition.to_owned();
    }
    let told = told.access_point.iter().chain(&told.kms_key).find_map(of_arn);
    let endpoint = access
        .place
        .as_ref()
        .and_then(|place| place.location.endpoint.as_deref())
        .unwrap_or_default();
    let by_endpoint = if endpoint.contains(".amazonaws.com.cn") {
        "aws-cn"
    } else if endpoint.contains("us-gov-") && endpoint.contains(".amazonaws.com") {
        "aws-us-gov"
    } else {
        "aws"
    };
    told.unwrap_or_else(|| by_endpoint.to_owned())
}

fn bucket_and_prefix(access: &Access) -> (String, String) {
    let place = access.place.as_ref();
    let (bucket, prefix) = place.map(Place::bucket_and_prefix).unwrap_or_default();
    let bucket = if bucket.is_empty() { "<BUCKET>" } else { bucket };
    (bucket.to_owned(), prefix)
}

/// A text as a pattern of a policy that stands for nothing but itself.
fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '*' | '?' | '$') {
            literal.extend(["${", letter.encode_utf8(&mut [0; 4]), "}"]);
        } else {
            literal.push(letter);
        }
    }
    literal
}

fn resources(access: &Access, told: &Told) -> Resources {
    let partition = partition(access, told);
    let (bucket, prefix) = bucket_and_prefix(access);
    let (bucket, prefix) = (literal(&bucket), literal(&prefix));
    let account = role(access).map_or("<ACCOUNT_ID>", |role| role.account);
    // The alias of an access point stands where the name of a bucket does, but policies do not know it.
    let point = told.access_point.clone().or_else(|| {
        bucket
            .ends_with("-s3alias")
            .then(|| format!("arn:{partition}:s3:<REGION>:{account}:accesspoint/<ACCESS_POINT>"))
    });
    let (bucket, objects) = match point {
        Some(point) => (point.clone(), format!("{point}/object/{prefix}")),
        None => (
            format!("arn:{partition}:s3:::{bucket}"),
            format!("arn:{partition}:s3:::{bucket}/{prefix}"),
        ),
    };
    Resources {
        partition,
        bucket,
        objects: below(&objects, access),
    }
}

/// What is below a prefix, which ends with a slash where it is a whole bucket; where it may be the key of one artifact,
/// that as well.
fn below(prefix: &str, access: &Access) -> Vec<String> {
    let is_artifact = access.reads_only && prefix.ends_with(".backup");
    let all = format!("{}/*", prefix.trim_end_matches('/'));
    if is_artifact {
        vec![prefix.to_owned(), all]
    } else {
        vec![all]
    }
}

/// What it takes: to list below the prefix, to read there, and for a backup to write. Nothing is ever deleted.
fn statements(access: &Access, resources: &Resources) -> Vec<Value> {
    let (_, prefix) = bucket_and_prefix(access);
    let mut objects = vec!["s3:GetObject"];
    if !access.reads_only {
        objects.extend(["s3:PutObject", "s3:AbortMultipartUpload"]);
    }
    let mut list = json!({
        "Sid": "List", "Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": [resources.bucket],
    });
    if !prefix.is_empty() {
        let prefix = literal(&prefix);
        list["Condition"] = json!({"StringLike": {"s3:prefix": [prefix, format!("{prefix}/*")]}});
    }
    vec![
        list,
        json!({"Sid": "Artifacts", "Effect": "Allow", "Action": objects, "Resource": resources.objects}),
    ]
}

fn key_statement(key: &str, access: &Access) -> Value {
    let region = key
        .split(':')
        .nth(3)
        .filter(|region| !region.is_empty())
        .unwrap_or("<REGION>");
    let domain = if key.starts_with("arn:aws-cn:") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    let actions = if access.reads_only {
        vec!["kms:Decrypt"]
    } else {
        vec!["kms:Decrypt", "kms:GenerateDataKey"]
    };
    json!({
        "Sid": "Key", "Effect": "Allow", "Action": actions, "Resource": [key],
        "Condition": {"StringEquals": {"kms:ViaService": format!("s3.{region}.{domain}")}},
    })
}

fn with_principal(statements: Vec<Value>, principal: &str) -> Vec<Value> {
    let with = |mut statement: Value| {
        statement["Principal"] = json!({"AWS": principal});
        statement
    };
    statements.into_iter().map(with).collect()
}

fn policy(statements: &[Value]) -> Value {
    json!({"Version": LANGUAGE, "Statement": statements})
}

/// The policies for one backup or restore.
pub(super) fn documents(access: &Access, told: &Told) -> Vec<Document> {
    let resources = resources(access, told);
    let statements = statements(access, &resources);
    let mut own = statements.clone();
    own.extend(told.kms_key.as_deref().map(|key| key_statement(key, access)));
    let role = role(access);
    let role_name = role.as_ref().map_or("<ROLE>", |role| role.name);
    let principal = role.as_ref().map_or_else(
        || format!("arn:{}:iam::<ACCOUNT_ID>:role/<ROLE>", resources.partition),
        |role| role.arn.to_owned(),
    );
    let object = &access.object;
    let name = format!("neo4j-{}-{}-{}", access.what(), object.namespace, object.name);
    let label = label(&["neo4j", access.what(), &object.namespace, &object.name]);
    let (to, command) = match access.method {
        Method::Secret => (
            "the user whose keys are in the Secret".to_owned(),
            format!(
                "aws iam put-user-policy --user-name '<USER>' --policy-name {} --policy-document file://FILE",
                word(&name)
            ),
        ),
        _ => (
            format!("role {role_name}"),
            format!(
                "aws iam put-role-policy --role-name {} --policy-name {} --policy-document file://FILE",
                word(role_name),
                word(&name)
            ),
        ),
    };
    let mut documents = vec![Document {
        kind: "iamPolicy",
        title: format!("what {to} has to be allowed"),
        terraform: terraform(&name, &label, &policy(&own), role.as_ref(), access.method),
        body: policy(&own),
        command,
    }];
    if access.method == Method::Secret {
        return documents;
    }
    if resources.bucket.contains(":accesspoint/") {
        documents.extend(of_access_point(access, &resources, statements, &principal));
        return documents;
    }
    let (bucket, _) = bucket_and_prefix(access);
    documents.push(Document {
        kind: "bucketPolicy",
        title: "what the bucket has to allow where it belongs to another AWS account than the role; add it to what is there".to_owned(),
        body: policy(&with_principal(statements, &principal)),
        command: format!("aws s3api put-bucket-policy --bucket {} --policy file://FILE", word(&bucket)),
        // Terraform replaces a whole policy of a bucket, and with it what others have written there.
        terraform: Vec::new(),
    });
    documents
}

/// What the access point allows, and by what the bucket leaves the matter to it.
fn of_access_point(access: &Access, resources: &Resources, statements: Vec<Value>, principal: &str) -> [Document; 2] {
    let mut parts = resources.bucket.split(':').skip(4);
    let account = parts.next().unwrap_or("<ACCOUNT_ID>");
    let point = resources.bucket.rsplit('/').next().unwrap_or("<ACCESS_POINT>");
    let (_, prefix) = bucket_and_prefix(access);
    let prefix = literal(&prefix);
    let bucket = format!("arn:{}:s3:::<BUCKET>", resources.partition);
    let delegated: Vec<Value> = statements
        .iter()
        .map(|statement| {
            let is_list = statement["Sid"] == "List";
            let resource = if is_list {
                vec![bucket.clone()]
            } else {
                below(&format!("{bucket}/{prefix}"), access)
            };
            json!({
                "Sid": statement["Sid"], "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": statement["Action"],
                "Resource": resource, "Condition": {"StringEquals": {"s3:DataAccessPointAccount": account}},
            })
        })
        .collect();
    [
        Document {
            kind: "accessPointPolicy",
            title: "what the access point has to allow".to_owned(),
            body: policy(&with_principal(statements, principal)),
            command: format!(
                "aws s3control put-access-point-policy --account-id {} --name {} --policy file://FILE",
                word(account),
                word(point)
            ),
            terraform: Vec::new(),
        },
        Document {
            kind: "bucketPolicy",
            title: "by what the bucket leaves it to its access points; add it to what is there".to_owned(),
            body: policy(&delegated),
            command: "aws s3api put-bucket-policy --bucket '<BUCKET>' --policy file://FILE".to_owned(),
            terraform: Vec::new(),
        },
    ]
}

fn terraform(name: &str, label: &str, body: &Value, role: Option<&Role<'_>>, method: Method) -> Vec<Block> {
    let policy = Block {
        comment: "The least that it takes: to list and read below its own prefix, and for a backup to write there.",
        labels: ["aws_iam_policy".to_owned(), label.to_owned()],
        items: vec![Item::Text("name", name.to_owned()), Item::Json("policy", body.clone())],
    };
    let (kind, key, owner) = match method {
        Method::Secret => ("aws_iam_user_policy_attachment", "user", "<USER>"),
        _ => (
            "aws_iam_role_policy_attachment",
            "role",
            role.map_or("<ROLE>", |role| role.name),
        ),
    };
    let attachment = Block {
        comment: "",
        labels: [kind.to_owned(), label.to_owned()],
        items: vec![
            Item::Text(key, owner.to_owned()),
            Item::Reference("policy_arn", format!("aws_iam_policy.{label}.arn")),
        ],
    };
    vec![policy, attachment]
}

/// What to know beside the policies.
pub(super) fn notes(access: &Access, told: &Told) -> Vec<String> {
    let mut notes = Vec::new();
    let Some(place) = &access.place else { return notes };
    if place.bucket_and_prefix().1.is_empty() {
        notes.push(WHOLE_BUCKET.to_owned());
    }
    if told.kms_key.is_none() {
        notes.push("a bucket that encrypts with a key of KMS takes rights on that key, too: --kms-key ARN".to_owned());
    }
    if !access.reads_only {
        notes.push(
            "should the log of a run name another action that is refused, add it for what is below the prefix alone"
                .to_owned(),
        );
    }
    if place.location.bucket.ends_with("-s3alias") && told.access_point.is_none() {
        notes.push("the bucket is the alias of an access point; policies take its ARN: --access-point ARN".to_owned());
    }
    if place
        .location
        .endpoint
        .as_deref()
        .is_some_and(|endpoint| !endpoint.contains(".amazonaws.com"))
    {
        notes.push(
            "the endpoint is not one of AWS: such stores read the same policies, and give them to users of their own"
                .to_owned(),
        );
    }
    notes
}

/// What examples of such policies get wrong that many have copied.
pub(super) const COMMON_MISTAKES: &[&str] = &[
    "`s3:ListBucket` on `BUCKET/*` allows nothing: it is an action on the bucket, and `s3:GetObject` one on its objects; one statement with all actions and both resources works by accident, and hides which is which",
    "rights on the whole bucket let one backup read and overwrite those of every other namespace",
    "`s3:DeleteObject` is not needed to store artifacts, which are never changed; with it, whoever has the token can delete every backup",
    "without `s3:AbortMultipartUpload` the parts of uploads that broke off stay, and cost",
    "an account id of nine digits is refused: AWS accounts have twelve",
];

/// The trust policy of the role, for the tokens of one account; `None` for a method without tokens.
pub(super) fn trust(access: &Access, account: &str, issuer: Option<&str>, audience: &str) -> Option<Document> {
    let role = role(access);
    let partition = role.as_ref().map_or("aws", |role| role.partition);
    let owner = role.as_ref().map_or("<ACCOUNT_ID>", |role| role.account);
    let name = role.as_ref().map_or("<ROLE>", |role| role.name);
    let statement = match access.method {
        Method::PodIdentity => json!({
            "Effect": "Allow", "Principal": {"Service": POD_IDENTITY}, "Action": ["sts:AssumeRole", "sts:TagSession"],
            // EKS tags each session by the pod that it is for.
            "Condition": {"StringEquals": {
                "aws:RequestTag/kubernetes-namespace": access.object.namespace,
                "aws:RequestTag/kubernetes-service-account": account,
            }},
        }),
        Method::Irsa | Method::Unknown | Method::None => {
            let issuer = issuer.map_or("<ISSUER>", |issuer| {
                issuer.strip_prefix("https://").unwrap_or(issuer).trim_end_matches('/')
            });
            let subject = format!("system:serviceaccount:{}:{account}", access.object.namespace);
            json!({
                "Effect": "Allow",
                "Principal": {"Federated": format!("arn:{partition}:iam::{owner}:oidc-provider/{issuer}")},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {format!("{issuer}:sub"): subject, format!("{issuer}:aud"): audience}},
            })
        }
        _ => return None,
    };
    let of_cluster = match access.method {
        // The tags that are asked for name no cluster.
        Method::PodIdentity => " (of any cluster: aws:RequestTag/eks-cluster-arn narrows it to one)",
        _ => "",
    };
    Some(Document {
        kind: "trustPolicy",
        title: format!(
            "the statement for the trust policy of role {name} that lets exactly this account in{of_cluster}; \
             add it to what is there, because the command replaces all of it"
        ),
        body: policy(&[statement]),
        command: format!(
            "aws iam update-assume-role-policy --role-name {} --policy-document file://FILE",
            word(name)
        ),
        terraform: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Actor;
    use crate::facts::LocationFacts;
    use crate::model::{Account, ObjectRef, Provider};

    fn access(method: Method) -> Access {
        Access {
            object: ObjectRef {
                api_version: "neo4j.neo4j.com/v1beta1".to_owned(),
                kind: "Neo4jBackup".to_owned(),
                namespace: "graph".to_owned(),
                name: "nightly".to_owned(),
            },
            actor: Actor::Jobs(Account::Backup),
            reads_only: false,
            place: Some(Place {
                provider: Some(Provider::Aws),
                location: LocationFacts::default(),
                forces_path_style: false,
                prefix: "backups/nightly".to_owned(),
            }),
            method,
            wanted: None,
            found: None,
        }
    }

    #[test]
    fn pod_identity_lets_in_one_account_and_not_every_association() {
        let document = trust(&access(Method::PodIdentity), "neo4j-backup-sa", None, AUDIENCE).unwrap();
        assert_eq!(
            document.body["Statement"][0]["Condition"]["StringEquals"],
            json!({
                "aws:RequestTag/kubernetes-namespace": "graph",
                "aws:RequestTag/kubernetes-service-account": "neo4j-backup-sa",
            })
        );
        assert!(document.title.contains("of any cluster"), "{}", document.title);
        let irsa = trust(&access(Method::Irsa), "neo4j-backup-sa", None, AUDIENCE).unwrap();
        for title in [&document.title, &irsa.title] {
            assert!(title.contains("the command replaces all of it"), "{title}");
        }
    }

    #[test]
    fn a_pattern_of_a_literal_text_stands_for_itself() {
        assert_eq!(literal("a*b?c$d"), "a${*}b${?}c${$}d");
        assert_eq!(literal("neo4j/nightly-1.x"), "neo4j/nightly-1.x");
    }
}
