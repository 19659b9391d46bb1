//! Whether the servers of an instance can read a backup themselves: they have neither the Secret nor the identity of a Job.

use super::access::{Access, Actor};
use super::row::{Row, Topic, Verdict};
use crate::facts::{InstanceFacts, Lookup};
use crate::live::Cluster;
use crate::quoted::{name, quoted};

/// The variable by which servers learn of an endpoint.
const ENDPOINT: &str = "AWS_ENDPOINT_URL_S3";

/// What is to be said of the servers of a restore that has no Job.
pub(super) fn of_servers(access: &Access, cluster: &Cluster<'_>) -> Vec<Row> {
    if let Actor::Unknown(instance) = &access.actor {
        let text = format!(
            "there is no instance {}, and so it is not known who reads the backup: a Job, or the servers",
            quoted(instance)
        );
        return vec![Row::new(Topic::Servers, Verdict::Unknown, text)];
    }
    let (Actor::Servers { instance, .. }, Some(place)) = (&access.actor, &access.place) else {
        return Vec::new();
    };
    let facts = match cluster.inventory.instance(&instance.namespace, &instance.name) {
        Lookup::Found(facts) => facts,
        Lookup::Absent | Lookup::Unknown(_) => return Vec::new(),
    };
    let wrong = |text: String, help: &str| {
        Row::new(Topic::Servers, Verdict::Wrong, text)
            .code("NB8014")
            .help(format!("{help} of {}, before the restore", name(&instance.name)))
    };
    let mut rows = Vec::new();
    let location = &place.location;
    if let Some(secret) = &location.credentials {
        if facts.env_from_secrets.contains(secret) {
            rows.push(Row::new(
                Topic::Servers,
                Verdict::Ok,
                format!(
                    "the servers of {} have Secret {} by spec.extraEnvFrom",
                    name(&instance.name),
                    name(secret)
                ),
            ));
        } else if facts.inherits_seed_credentials {
            rows.push(inherited(&instance.name));
        } else {
            rows.push(wrong(
                format!(
                    "the servers of {} do not have Secret {}, and they read the backup themselves",
                    name(&instance.name),
                    name(secret)
                ),
                "add it to spec.extraEnvFrom",
            ));
        }
        if let Some(endpoint) = &location.endpoint {
            match sees_endpoint(&instance.namespace, facts, cluster) {
                Some(true) => rows.push(Row::new(Topic::Servers, Verdict::Ok, format!("the servers of {} have {ENDPOINT}", name(&instance.name)))),
                Some(false) if facts.inherits_seed_credentials => {}
                Some(false) => rows.push(wrong(
                    format!("the servers of {} have no {ENDPOINT}, and do not find {}", name(&instance.name), name(endpoint)),
                    "add it to spec.env",
                )),
                None => rows.push(Row::new(
                    Topic::Servers,
                    Verdict::Unknown,
                    format!("whether the servers of {} have {ENDPOINT} is not known: one of their Secrets could not be read", name(&instance.name)),
                )),
            }
        }
    } else if place.provider.is_some() && access.wanted.is_none() {
        let text = format!(
            "the servers of {} have no identity of their own (spec.podServiceAccountAnnotations), and read the backup with what their nodes may",
            name(&instance.name)
        );
        let help = format!(
            "set spec.podServiceAccountAnnotations of {}, unless the nodes have an identity",
            name(&instance.name)
        );
        rows.push(
            Row::new(Topic::Servers, Verdict::Warning, text)
                .code("NB8014")
                .help(help),
        );
    } else if let Some(wanted) = &access.wanted {
        let text = format!(
            "the servers of {} take {} (spec.podServiceAccountAnnotations)",
            name(&instance.name),
            quoted(wanted)
        );
        rows.push(Row::new(Topic::Servers, Verdict::Ok, text));
    }
    rows
}

fn inherited(instance: &str) -> Row {
    let text = format!(
        "the operator gives the servers of {} Secret and endpoint (neo4j.com/auto-inherit-seed-creds), and restarts them once for that",
        name(instance)
    );
    Row::new(Topic::Servers, Verdict::Ok, text)
}

/// Whether the servers are told of an endpoint; `None` where a Secret that may hold it could not be read.
fn sees_endpoint(namespace: &str, facts: &InstanceFacts, cluster: &Cluster<'_>) -> Option<bool> {
    if facts.env.contains(ENDPOINT) {
        return Some(true);
    }
    let mut is_known = true;
    for secret in &facts.env_from_secrets {
        match cluster.inventory.secret(namespace, secret) {
            Lookup::Found(facts) if facts.keys.contains(ENDPOINT) => return Some(true),
            Lookup::Found(_) | Lookup::Absent => {}
            Lookup::Unknown(_) => is_known = false,
        }
    }
    is_known.then_some(false)
}
