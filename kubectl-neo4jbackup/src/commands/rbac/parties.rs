//! Whose rights are looked at: found in what was read of the cluster.

use std::collections::BTreeSet;

use neo4jbackup_core::live::{Cluster, Mode};
use neo4jbackup_core::model::Account;
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::rbac::evaluate::Caller;
use neo4jbackup_core::rbac::needs::{Names, Party, Place};
use neo4jbackup_core::snapshot::Resource;

use super::webhooks::{Webhook, values, webhooks};
use crate::cli::RightsOf;
use crate::rights_report::{Beyond, Subject};

/// What of the operator's rights is judged: what backups and restores depend on.
const OF_BACKUPS: [&str; 3] = ["backups", "restores", "leader-election"];

/// Everybody whose rights are to be looked at.
pub(super) fn subjects(
    cluster: &Cluster<'_>,
    of: &[RightsOf],
    level: Party,
    me: &Caller,
    operator: Option<Operator>,
) -> Vec<Subject> {
    let mut subjects = Vec::new();
    let is_asked = |one| of.is_empty() || of.contains(&one);
    let asked = asked(cluster);
    if is_asked(RightsOf::Operator) {
        subjects.extend(operators(cluster, operator));
    }
    for (one, account) in [
        (RightsOf::Backup, Account::Backup),
        (RightsOf::Restore, Account::Restore),
    ] {
        if is_asked(one) {
            let namespaces = namespaces_of_jobs(cluster, &asked);
            subjects.extend(namespaces.into_iter().map(|namespace| Subject {
                title: one.title(),
                party: account.into(),
                caller: Caller::service_account(&namespace, account.name()),
                is_asker: false,
                operator: operator.or(cluster.operator),
                place: Place {
                    namespaces: vec![namespace],
                    ..Place::default()
                },
                names: Names::new(),
                judged: Vec::new(),
                beyond: Beyond::Judged,
            }));
        }
    }
    if is_asked(RightsOf::Webhook) {
        subjects.extend(of_webhooks(cluster, operator));
    }
    if is_asked(RightsOf::You) {
        let settings: Vec<String> = webhooks(cluster)
            .iter()
            .filter_map(|webhook| Some(webhook.settings()?.0))
            .collect();
        subjects.push(Subject {
            title: RightsOf::You.title(),
            party: level,
            caller: me.clone(),
            is_asker: true,
            operator: operator.or(cluster.operator),
            place: Place {
                namespaces: asked,
                own: None,
                operators: cluster
                    .installations
                    .iter()
                    .map(|of| of.namespace.to_string())
                    .collect(),
            },
            // Where no webhook has settings, nobody has to read them.
            judged: ["secrets", "rbac-check", "all-namespaces"]
                .into_iter()
                .chain((!settings.is_empty()).then_some("settings"))
                .map(str::to_owned)
                .collect(),
            names: Names::from([("settings".to_owned(), settings)]),
            beyond: Beyond::Ignored,
        });
    }
    subjects
}

/// The namespaces that were asked for; the empty name for all of them.
fn asked(cluster: &Cluster<'_>) -> Vec<String> {
    match &cluster.snapshot.namespaces {
        Some(namespaces) => namespaces.iter().cloned().collect(),
        None => vec![String::new()],
    }
}

/// Where Jobs of backups and restores can run. A namespace that somebody named is one, whatever is in it.
fn namespaces_of_jobs(cluster: &Cluster<'_>, asked: &[String]) -> BTreeSet<String> {
    let at_work = cluster.inventory.namespaces_at_work();
    let at_work = at_work.filter(|namespace| cluster.snapshot.covers(namespace));
    let named = asked.iter().filter(|namespace| !namespace.is_empty());
    at_work.map(ToString::to_string).chain(named.cloned()).collect()
}

/// The `ServiceAccount` that the pods of a Deployment have.
fn account_of(cluster: &Cluster<'_>, namespace: &str, name: &str) -> Caller {
    let deployment = cluster.snapshot.object(Resource::Deployments, namespace, name);
    let deployment = deployment.map(|stored| stored.node());
    let account = deployment
        .as_ref()
        .and_then(|node| node.at("spec.template.spec.serviceAccountName")?.as_str());
    Caller::service_account(namespace, account.unwrap_or("default"))
}

fn operators(cluster: &Cluster<'_>, operator: Option<Operator>) -> Vec<Subject> {
    let installations = cluster.installations.iter();
    let subject = |installation: &neo4jbackup_core::live::Installation<'_>| {
        let version = installation.version.as_deref().and_then(|version| version.parse().ok());
        let namespaces = match &installation.mode {
            // What a pattern stands for is asked as all: no narrower right would do.
            Mode::Some(names) if names.iter().all(|name| !name.contains('*')) => names.clone(),
            Mode::All | Mode::Some(_) | Mode::Unknown => vec![String::new()],
        };
        Subject {
            title: RightsOf::Operator.title(),
            party: Party::Operator,
            caller: account_of(cluster, &installation.namespace, &installation.name),
            is_asker: false,
            operator: operator.or(version.map(Operator::exactly)).or(cluster.operator),
            place: Place {
                namespaces,
                own: Some(installation.namespace.to_string()),
                operators: vec![installation.namespace.to_string()],
            },
            names: Names::new(),
            judged: OF_BACKUPS.map(str::to_owned).to_vec(),
            beyond: Beyond::Told,
        }
    };
    installations.map(subject).collect()
}

fn of_webhooks(cluster: &Cluster<'_>, operator: Option<Operator>) -> Vec<Subject> {
    let subject = |webhook: Webhook<'_>| {
        let configured = Configured::by(&webhook.arguments);
        Subject {
            title: RightsOf::Webhook.title(),
            party: Party::Webhook,
            caller: account_of(cluster, webhook.namespace, webhook.name),
            is_asker: false,
            // Whether it looks after the Roles of old operators is a matter of its chart.
            operator: operator.or(cluster.operator),
            place: Place {
                namespaces: vec![String::new()],
                own: Some(webhook.namespace.to_owned()),
                operators: configured.operator_namespace.into_iter().collect(),
            },
            names: configured.names,
            judged: configured.features,
            beyond: Beyond::Told,
        }
    };
    webhooks(cluster).into_iter().map(subject).collect()
}

/// What the arguments of a webhook say of the rights that it uses.
#[derive(Default)]
struct Configured {
    features: Vec<String>,
    names: Names,
    operator_namespace: Option<String>,
}

impl Configured {
    fn by(arguments: &[String]) -> Self {
        let mut configured = Self::default();
        let value = |flag: &str| values(arguments, flag);
        let is_set = |flag: &str| arguments.iter().any(|argument| argument == flag);
        let mut uses = |feature: &str| configured.features.push(feature.to_owned());
        if is_set("--self-managed") {
            uses("certificate");
        }
        let ensures = is_set("--ensure-rbac");
        if ensures {
            uses("ensure");
        }
        if ensures || !is_set("--no-references") {
            uses("references");
        }
        let mutating = value("--mutating-configuration");
        if !mutating.is_empty() {
            uses("certificate-mutating");
        }
        if let Some((namespace, name)) = value("--operator-deployment")
            .first()
            .and_then(|name| name.split_once('/'))
        {
            configured.features.push("operator-deployment".to_owned());
            configured.operator_namespace = Some(namespace.to_owned());
            configured.names.insert("operator".to_owned(), vec![name.to_owned()]);
        }
        for (key, names) in [
            ("authority", value("--ca-secret")),
            ("configuration", value("--validating-configuration")),
            ("mutating", mutating),
        ] {
            configured.names.insert(key.to_owned(), names);
        }
        configured
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_of_a_webhook_say_which_rights_it_uses() {
        let by = |arguments: &[&str]| Configured::by(&arguments.iter().map(ToString::to_string).collect::<Vec<_>>());
        let configured = by(&[
            "serve",
            "--self-managed",
            "--ca-secret=hook-ca",
            "--validating-configuration=hook.ns",
            "--no-references",
            "--operator-deployment=ops/operator",
        ]);
        assert_eq!(configured.features, ["certificate", "operator-deployment"]);
        assert_eq!(configured.names["authority"], ["hook-ca"]);
        assert_eq!(configured.names["operator"], ["operator"]);
        assert_eq!(configured.operator_namespace.as_deref(), Some("ops"));
        assert_eq!(by(&["serve", "--ensure-rbac"]).features, ["ensure", "references"]);
    }
}
