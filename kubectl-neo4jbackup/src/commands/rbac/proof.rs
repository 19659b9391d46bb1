//! Is it so, now that it is done?

use std::collections::BTreeSet;
use std::time::Duration;

use neo4jbackup_cluster::{AccessError, AccessReader, Cluster, ReadRoles, Way, read_roles};
use neo4jbackup_core::model::Account;
use neo4jbackup_core::quoted::{Name, printable};
use neo4jbackup_core::rbac::evaluate::Caller;
use neo4jbackup_core::rbac::repair::{Rights, rights_of_jobs};
use neo4jbackup_core::rbac::rule::ResourceAction;
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep};

use super::ask::ask;
use crate::rights_report::{Known, words};

/// How long the authorizers of the API server have to see what was written, in all namespaces together.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pause between two questions.
const PAUSE: Duration = Duration::from_millis(200);

/// What was proven.
#[derive(Debug)]
pub(super) struct Proof {
    /// In a sentence.
    pub(super) sentence: String,
    /// Whether nothing is known to be wrong.
    pub(super) is_good: bool,
}

/// Asks what the backup accounts of some namespaces may do, by the ways that `rbac check` takes.
pub(super) struct Prover<'c> {
    cluster: &'c Cluster,
    reader: AccessReader,
    namespaces: BTreeSet<String>,
    request_timeout: Duration,
    ends: Instant,
    roles: OnceCell<ReadRoles>,
}

impl<'c> Prover<'c> {
    /// For these namespaces, in which everything is written.
    pub(super) fn new(cluster: &'c Cluster, namespaces: BTreeSet<String>, request_timeout: Duration) -> Self {
        Self {
            cluster,
            reader: AccessReader::new(cluster),
            namespaces,
            request_timeout,
            ends: Instant::now() + PATIENCE,
            roles: OnceCell::new(),
        }
    }

    /// Asks in one of them, until it is as it has to be or time is up.
    pub(super) async fn prove(&self, namespace: &str, rights: Rights) -> Result<Proof, AccessError> {
        let is_wanted = rights == Rights::InPods;
        let caller = Caller::service_account(namespace, Account::Backup.name());
        let actions: Vec<ResourceAction> = rights_of_jobs()
            .into_iter()
            .map(|action| action.within(namespace))
            .collect();
        loop {
            let known = ask(&self.reader, &caller, &actions, async || self.roles().await).await?;
            let is_wrong = known.allowed.contains(&Some(!is_wanted));
            // Roles are read as they are stored; the authorizers hear of them a moment later.
            if is_wrong && known.way.is_some() && Instant::now() < self.ends {
                sleep(PAUSE).await;
                continue;
            }
            return Ok(self.proof(namespace, is_wanted, &known));
        }
    }

    async fn roles(&self) -> &ReadRoles {
        let read = || read_roles(self.cluster, &self.namespaces, self.request_timeout, PATIENCE);
        self.roles.get_or_init(read).await
    }

    fn proof(&self, namespace: &str, is_wanted: bool, known: &Known) -> Proof {
        let rights = rights_of_jobs();
        let those = |allowed: Option<bool>| -> Vec<String> {
            let pairs = rights.iter().zip(&known.allowed);
            let those = pairs.filter(|(_, known)| **known == allowed);
            those.map(|(right, _)| right.to_string()).collect()
        };
        let account = format!("{}/serviceaccount/{}", Name(namespace), Account::Backup.name());
        let (wrong, unknown) = (those(Some(!is_wanted)), those(None));
        let way = way(known.way);
        let sentence = if !wrong.is_empty() {
            let (word, why) = if is_wanted {
                ("still may not", "something else than RBAC denies it")
            } else {
                ("still may", "another binding gives it")
            };
            format!("{account} {word} {} ({way}); {why}", wrong.join(", "))
        } else if !unknown.is_empty() {
            let missing = self
                .roles
                .get()
                .map(|roles| roles.missing.as_slice())
                .unwrap_or_default();
            let missing: Vec<String> = missing.iter().map(words).collect();
            let missing = printable(missing.join("; ")).into_owned();
            format!(
                "{account}: the objects are as they have to be, read again; whether it may {} is not known ({way}; {missing})",
                unknown.join(", ")
            )
        } else {
            let word = if is_wanted { "may" } else { "may not" };
            format!("{account} {word} {} ({way})", those(Some(is_wanted)).join(", "))
        };
        Proof {
            sentence,
            is_good: wrong.is_empty(),
        }
    }
}

/// How it was found out.
fn way(way: Option<Way>) -> &'static str {
    match way {
        Some(Way::Review) => "asked by SubjectAccessReview",
        Some(Way::SelfReview) => "asked by SelfSubjectAccessReview",
        Some(Way::Impersonation) => {
            "asked in its name, by impersonation, since you may not create subjectaccessreviews"
        }
        None => {
            "reckoned from roles and bindings, since you may neither create subjectaccessreviews nor impersonate it"
        }
    }
}
