//! Is it so, now that it is done?

use std::time::Duration;

use neo4jbackup_cluster::{NoAnswer, Objects};
use neo4jbackup_core::model::Account;
use neo4jbackup_core::quoted::Name;
use neo4jbackup_core::rbac::repair::{Rights, rights_of_jobs};
use tokio::time::{Instant, sleep};

/// How long the authorizers of the API server have to see what was written.
const PATIENCE: Duration = Duration::from_secs(10);
/// The pause between two questions.
const PAUSE: Duration = Duration::from_millis(200);

/// What was proven.
#[derive(Debug)]
pub(super) struct Proof {
    /// In a sentence.
    pub(super) sentence: String,
    /// Whether it is as it has to be.
    pub(super) is_good: bool,
}

/// Asks the API server what the backup account of a namespace may do, until it is what it has to be or time is up.
pub(super) async fn prove(objects: &Objects, namespace: &str, rights: Rights) -> Result<Proof, NoAnswer> {
    let account = Account::Backup.name();
    let is_wanted = rights == Rights::InPods;
    let ends = Instant::now() + PATIENCE;
    let all = rights_of_jobs();
    let mut wrong = Vec::new();
    for right in &all {
        let resource = right.full_resource();
        while objects.account_may(namespace, account, &right.verb, &resource).await? != is_wanted {
            if Instant::now() >= ends {
                wrong.push(right.to_string());
                break;
            }
            sleep(PAUSE).await;
        }
    }
    let rights: Vec<String> = all.iter().map(ToString::to_string).collect();
    let (may, rights) = match (is_wanted, wrong.is_empty()) {
        (true, true) => ("may", rights),
        (true, false) => ("still may not", wrong.clone()),
        (false, true) => ("may not", rights),
        (false, false) => ("still may", wrong.clone()),
    };
    let more = if wrong.is_empty() {
        ""
    } else if is_wanted {
        "; something else than RBAC denies it"
    } else {
        "; another binding gives it"
    };
    Ok(Proof {
        sentence: format!(
            "{}/serviceaccount/{account} {may} {} (asked by SubjectAccessReview){more}",
            Name(namespace),
            rights.join(", ")
        ),
        is_good: wrong.is_empty(),
    })
}
