//! The account and its annotations: as they are wanted, and as they were found.

use super::access::{Access, Actor, annotations};
use super::method::Method;
use super::reached::has_reached;
use super::row::{Row, Topic, Verdict};
use crate::did_you_mean::closest;
use crate::facts::Cause;
use crate::live::Cluster;
use crate::model::Provider;
use crate::quoted::{name, quoted};
use crate::snapshot::Resource;
use crate::values::identity::{aws, azure, google, is_known_annotation};

/// What is to be said of the account.
pub(super) fn of_account(access: &Access, cluster: &Cluster<'_>) -> Vec<Row> {
    let is_by_annotation = matches!(
        access.method,
        Method::Irsa | Method::GkeWorkloadIdentity | Method::AzureWorkloadIdentity
    );
    let (Some(account), Some(provider)) = (access.actor.account(), access.provider()) else {
        return Vec::new();
    };
    if access.method == Method::Volume {
        return Vec::new();
    }
    let namespace = &access.object.namespace;
    if let Some(cause) = cluster.snapshot.gap(Resource::ServiceAccounts, Some(namespace)) {
        let why = match cause {
            Cause::Forbidden(right) => format!("the right to {} is missing", right.words()),
            cause => cause.to_string(),
        };
        let text = format!("what ServiceAccount {} carries is not known: {why}", name(account));
        let verdict = if is_by_annotation {
            Verdict::Unknown
        } else {
            Verdict::Note
        };
        return vec![Row::new(Topic::Account, verdict, text)];
    }
    let Some(found) = annotations(namespace, account, cluster) else {
        let text = format!(
            "there is no ServiceAccount {} in namespace {}",
            name(account),
            name(namespace)
        );
        let (verdict, help) = match access.actor {
            // It stands in the template of the pods.
            Actor::Servers { .. } => (Verdict::Wrong, "create it"),
            _ => (Verdict::Warning, "the operator makes it when it looks at the object"),
        };
        return vec![Row::new(Topic::Account, verdict, text).code("NB3101").help(help)];
    };
    let mut rows = Vec::new();
    // Beside credentials that come in another way it does no harm.
    let lacks_identity = match access.method {
        Method::None | Method::Unknown => true,
        _ => is_by_annotation && access.found.is_none(),
    };
    let is_missed = lacks_identity && !has_reached(access, cluster);
    let place = match &access.actor {
        Actor::Servers { instance, .. } => {
            format!("below `spec.podServiceAccountAnnotations` of {}", name(&instance.name))
        }
        _ => "on the object".to_owned(),
    };
    for (key, right) in misspelt(found.keys().map(String::as_str), provider) {
        let text = format!(
            "ServiceAccount {} has an annotation {}, which no cloud reads: it is to be {right}",
            name(account),
            quoted(key)
        );
        let row = if is_missed {
            Row::new(Topic::Account, Verdict::Wrong, text).code("NB3106")
        } else {
            Row::new(Topic::Account, Verdict::Note, text)
        };
        rows.push(
            row.help(format!("declare {right} {place}, and remove the other one"))
                .command(format!(
                    "kubectl annotate serviceaccount/{account} -n {namespace} {}-",
                    name(key)
                )),
        );
    }
    if is_by_annotation {
        rows.push(compare(access, account, provider));
    } else if access.method == Method::Secret && access.found.is_some() {
        let text = format!(
            "{} is on the account as well, and is not asked: the keys of the Secret are",
            provider.identity_annotation()
        );
        rows.push(Row::new(Topic::Account, Verdict::Note, text));
    }
    if let Some(problem) = access.found.as_deref().and_then(|found| problem(provider, found)) {
        let text = format!(
            "{} is no identity of {provider}: {problem}",
            provider.identity_annotation()
        );
        rows.push(Row::new(Topic::Account, Verdict::Wrong, text).help("correct it on the object that declares it"));
    }
    rows
}

fn compare(access: &Access, account: &str, provider: Provider) -> Row {
    let key = provider.identity_annotation();
    let account_name = name(account);
    match (&access.wanted, &access.found) {
        (Some(wanted), Some(found)) if wanted == found => Row::new(
            Topic::Account,
            Verdict::Ok,
            format!("{key} of {account_name} is {}, as wanted", quoted(found)),
        ),
        (Some(wanted), Some(found)) => {
            let text = format!(
                "{key} of {account_name} is {}, and {} is wanted",
                quoted(found),
                quoted(wanted)
            );
            touched(access, Row::new(Topic::Account, Verdict::Wrong, text).code("NB3102"))
        }
        (Some(wanted), None) => {
            let text = format!("{account_name} has no {key}, and {} is wanted", quoted(wanted));
            touched(access, Row::new(Topic::Account, Verdict::Wrong, text).code("NB3102"))
        }
        (None, Some(found)) => {
            let text = format!(
                "{key} of {account_name} is {}, which this object does not declare",
                quoted(found)
            );
            Row::new(Topic::Account, Verdict::Note, text)
        }
        (None, None) => Row::new(Topic::Account, Verdict::Warning, format!("{account_name} has no {key}")),
    }
}

/// What makes the operator write what an object declares.
fn touched(access: &Access, row: Row) -> Row {
    let (object, help) = match &access.actor {
        Actor::Servers { instance, .. } => (
            instance,
            "make the operator look at the instance again; its pods get the identity when they start",
        ),
        _ => (
            &access.object,
            "make the operator look at it again, which writes the annotations; a pod gets them when it starts",
        ),
    };
    row.help(help).command(format!(
        "kubectl annotate {}/{} -n {} {}=\"$(date +%s)\" --overwrite",
        object.kind.to_lowercase(),
        object.name,
        object.namespace,
        crate::in_domain!("looked-at")
    ))
}

/// The annotations that are nearly the one by which an account has an identity of a cloud, each with the right key. What
/// somebody reads is none of them.
pub fn misspelt<'k>(keys: impl Iterator<Item = &'k str>, provider: Provider) -> Vec<(&'k str, &'static str)> {
    let right = provider.identity_annotation();
    let bare = right.rsplit('/').next().unwrap_or(right);
    let is_slip = |key: &&str| {
        // The name alone, or with `_` for `-`, is a slip as well as a wrong letter.
        let alike = key.rsplit('/').next().unwrap_or(key).replace('_', "-") == bare;
        let is_bare = alike && (!key.contains('/') || closest(key, [right]).is_some());
        !is_known_annotation(key) && (is_bare || closest(key, [right]).is_some())
    };
    keys.filter(is_slip).map(|key| (key, right)).collect()
}

/// What is wrong with an identity of a cloud, or `None` if it is one.
fn problem(provider: Provider, text: &str) -> Option<String> {
    match provider {
        Provider::Aws => aws::parse_role_arn(text).err().map(|error| error.to_string()),
        Provider::Gcp => google::parse_service_account(text).err().map(|error| error.to_string()),
        Provider::Azure => azure::check_client_id(text).err().map(|error| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_a_key_is_named_with_the_right_one() {
        for (key, provider, is_slip) in [
            ("eks.amazon.com/role-arn", Provider::Aws, true),
            ("eks.amazonaws.com/role_arn", Provider::Aws, true),
            ("role-arn", Provider::Aws, true),
            ("client_id", Provider::Azure, true),
            ("azure.workload.identity/client_id", Provider::Azure, true),
            ("iam.gke.io/gcp-serviceaccount", Provider::Gcp, true),
            ("eks.amazonaws.com/role-arn", Provider::Aws, false),
            ("eks.amazonaws.com/audience", Provider::Aws, false),
            ("example.com/owner", Provider::Aws, false),
            ("azure.workload.identity/tenant-id", Provider::Azure, false),
        ] {
            let found = misspelt([key].into_iter(), provider);
            let expected = if is_slip {
                vec![(key, provider.identity_annotation())]
            } else {
                Vec::new()
            };
            assert_eq!(found, expected, "{key}");
        }
    }
}
