//! The Secret with the keys: whether it is there, whether its keys are, and whether their values can be any.

use std::collections::BTreeMap;

use super::access::Access;
use super::flaw::Flaw;
use super::method::Method;
use super::row::{Row, Topic, Verdict};
use crate::facts::{Cause, Lookup};
use crate::live::Cluster;
use crate::quoted::name;

/// What is known of the values of Secrets, by namespace and name.
pub type Secrets = BTreeMap<(String, String), Values>;

/// What is known of the values of a Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// The keys whose values cannot be right, in order.
    Read(Vec<(String, Flaw)>),
    /// They could not be looked at.
    Unknown(Cause),
}

/// What is to be said of the Secret.
pub(super) fn of_secret(access: &Access, cluster: &Cluster<'_>, secrets: &Secrets) -> Vec<Row> {
    let Some(place) = &access.place else { return Vec::new() };
    if access.method == Method::Volume {
        return Vec::new();
    }
    let Some(secret) = &place.location.credentials else {
        let Some(endpoint) = &place.location.endpoint else {
            return Vec::new();
        };
        let text = format!(
            "endpoint {} is not used: the operator hands it on only beside a credentials Secret",
            name(endpoint)
        );
        let row = Row::new(Topic::Secret, Verdict::Wrong, text).code("NB3010");
        return vec![row.help("set `cloud.credentialsSecretRef`, or remove `cloud.endpointURL`")];
    };
    let Some(provider) = place.provider else {
        return Vec::new();
    };
    let namespace = &access.object.namespace;
    let facts = match cluster.inventory.secret(namespace, secret) {
        Lookup::Found(facts) => facts,
        Lookup::Absent => {
            let text = format!("there is no Secret {} in namespace {}", name(secret), name(namespace));
            let help = format!("create it with {}", provider.secret_keys().join(", "));
            return vec![Row::new(Topic::Secret, Verdict::Wrong, text).code("NB2005").help(help)];
        }
        Lookup::Unknown(why) => {
            let text = format!(
                "whether Secret {} is there with the right keys is not known: {why}",
                name(secret)
            );
            return vec![Row::new(Topic::Secret, Verdict::Unknown, text)];
        }
    };
    let lacking: Vec<&str> = provider
        .secret_keys()
        .iter()
        .copied()
        .filter(|key| !facts.keys.contains(*key))
        .collect();
    if let [first, ..] = lacking[..] {
        let text = format!("Secret {} has no {}", name(secret), lacking.join(", "));
        let help = match first {
            "AWS_REGION" if facts.keys.contains("AWS_DEFAULT_REGION") => {
                "rename its key AWS_DEFAULT_REGION to AWS_REGION"
            }
            _ => "add what is missing; without it no pod starts",
        };
        return vec![Row::new(Topic::Secret, Verdict::Wrong, text).code("NB2005").help(help)];
    }
    let keys = provider.secret_keys().join(", ");
    match secrets.get(&(namespace.clone(), secret.clone())) {
        Some(Values::Read(flaws)) if !flaws.is_empty() => flaws
            .iter()
            .map(|(key, flaw)| {
                let text = format!("{} of Secret {} {}", name(key), name(secret), flaw.words());
                Row::new(Topic::Secret, Verdict::Wrong, text).help(flaw.help())
            })
            .collect(),
        Some(Values::Read(_)) => {
            vec![Row::new(
                Topic::Secret,
                Verdict::Ok,
                format!("Secret {} has {keys}, each a plain text", name(secret)),
            )]
        }
        Some(Values::Unknown(cause)) => {
            let why = match cause {
                Cause::Forbidden(right) => format!("the right to {} is missing", right.words()),
                cause => cause.to_string(),
            };
            let text = format!(
                "Secret {} has {keys}; whether the values can be any is not known: {why}",
                name(secret)
            );
            vec![Row::new(Topic::Secret, Verdict::Note, text)]
        }
        None => {
            let text = format!("Secret {} has {keys}; values were not looked at", name(secret));
            vec![Row::new(Topic::Secret, Verdict::Ok, text)]
        }
    }
}
