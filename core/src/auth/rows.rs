//! Everything that is to be said of one backup or restore.

use super::access::{Access, Actor};
use super::account::of_account;
use super::injection::{of_label, of_pods, of_webhook};
use super::method::Method;
use super::reached::{Reached, reached};
use super::row::{Row, Topic, Verdict};
use super::secret::{Secrets, of_secret};
use super::servers::of_servers;
use super::shared::of_others;
use crate::live::Cluster;
use crate::model::Provider;
use crate::quoted::name;

/// What is there and what is missing, in the order in which a person would look: the method, the account, the Secret, what
/// gives tokens, the pods, the last run. `all` are the others of the cluster, with whom accounts are shared.
pub fn rows(access: &Access, all: &[Access], cluster: &Cluster<'_>, secrets: &Secrets) -> Vec<Row> {
    let reached = reached(access, cluster);
    let mut rows = vec![of_method(access, &reached)];
    rows.extend(of_account(access, cluster));
    rows.extend(of_others(access, all));
    rows.extend(of_secret(access, cluster, secrets));
    rows.extend(of_webhook(access, cluster));
    rows.extend(of_label(access, cluster));
    rows.extend(of_pods(access, cluster));
    rows.extend(of_servers(access, cluster));
    rows.extend(of_run(&reached));
    rows
}

fn of_method(access: &Access, reached: &Reached) -> Row {
    let who = match &access.actor {
        Actor::Jobs(account) => format!("Jobs under ServiceAccount {}", account.name()),
        Actor::Servers { instance, account } => match account {
            Some(account) => format!(
                "the servers of {} under ServiceAccount {}",
                name(&instance.name),
                name(account)
            ),
            None => format!("the servers of {}", name(&instance.name)),
        },
        Actor::Unknown(_) => "a Job or the servers".to_owned(),
    };
    let Some(place) = &access.place else {
        let text = "where the backup lies is not known: the backup that it names is not there";
        return Row::new(Topic::Method, Verdict::Unknown, text);
    };
    if access.method == Method::Volume {
        return Row::new(
            Topic::Method,
            Verdict::Ok,
            format!("{who} reach a volume, and need no identity"),
        );
    }
    let Some(provider) = place.provider else {
        return Row::new(
            Topic::Method,
            Verdict::Unknown,
            "neither `storage.type` nor `cloud.provider` says which cloud it is",
        )
        .code("NB3001");
    };
    let said = |verdict| Row::new(Topic::Method, verdict, format!("{provider}, {}, {who}", access.method));
    match access.method {
        Method::Unknown => {
            let elsewhere = match provider {
                Provider::Aws => "an association of EKS Pod Identity, which only AWS shows, or a role of the nodes",
                Provider::Gcp => {
                    "a binding to the account itself, which only Google shows, or the service account of the nodes"
                }
                Provider::Azure => "a managed identity of the nodes",
            };
            let text = format!(
                "{provider}, {who}: neither a Secret nor {} gives credentials; what is left is {elsewhere}, or nothing",
                provider.identity_annotation()
            );
            // Where a run got through, something did.
            let verdict = if matches!(reached, Reached::Yes(_)) {
                Verdict::Ok
            } else {
                Verdict::Unknown
            };
            Row::new(Topic::Method, verdict, text).code("NB3003")
        }
        Method::None => {
            let help = format!(
                "set `credentialsSecretRef`, or {} on the object",
                provider.identity_annotation()
            );
            let text = format!("{provider}, {who}: nothing gives credentials, and the cloud refused the last run");
            Row::new(Topic::Method, Verdict::Wrong, text).code("NB3003").help(help)
        }
        Method::PodIdentity => {
            let text = format!(
                "{provider}, {}, {who}; the association itself is visible only in EKS",
                access.method
            );
            Row::new(Topic::Method, Verdict::Ok, text)
        }
        Method::NodeRole => {
            let text = format!(
                "{provider}, {who}: its last run got through with what its node may, because nothing else gave it credentials"
            );
            let help = "give it an identity of its own: every pod on the node may do the same";
            Row::new(Topic::Method, Verdict::Warning, text).help(help)
        }
        _ => said(Verdict::Ok),
    }
}

fn of_run(reached: &Reached) -> Option<Row> {
    match reached {
        Reached::Yes(Some(time)) => Some(Row::new(
            Topic::Run,
            Verdict::Ok,
            format!("its last run, which ended at {time}, reached the store"),
        )),
        Reached::Yes(None) => Some(Row::new(Topic::Run, Verdict::Ok, "its last run reached the store")),
        Reached::Refused(class) => {
            let text = format!("the cloud refused its last run: {}", class.cause.trim_end_matches('.'));
            Some(
                Row::new(Topic::Run, Verdict::Wrong, text)
                    .code("NB6003")
                    .help(class.remedy.as_str()),
            )
        }
        Reached::Untold => None,
    }
}
