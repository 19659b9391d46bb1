//! `rbac diff`: how does what is there differ from what has to be there?

use neo4jbackup_core::facts::Lookup;
use neo4jbackup_core::live::Cluster;
use neo4jbackup_core::model::Account;
use neo4jbackup_core::quoted::Name;
use serde_json::json;

use crate::cli::{PlainFormat, RbacDiff};
use crate::connection::Access;
use crate::json::pretty;
use crate::look::Look;
use crate::{Exit, Io};

/// Runs the command.
pub(super) fn run(arguments: &RbacDiff, namespace: Option<&str>, access: Access, io: &mut Io<'_>) -> Exit {
    let look = Look {
        bundle: None,
        namespace: namespace.map(str::to_owned),
        all_namespaces: arguments.scope.all_namespaces,
        only: None,
        timeout: arguments.scope.timeout,
        reads_events: false,
        examines: true,
        asks_version: false,
    };
    let seen = match look.take(access, io) {
        Ok(seen) => seen,
        Err(error) => return error.tell(io),
    };
    let cluster = Cluster::of(&seen.snapshot);
    let inventory = &cluster.inventory;
    let mut missing = Vec::new();
    for namespace in inventory.namespaces_at_work() {
        for account in Account::ALL {
            let has_jobs = match account {
                Account::Backup => inventory.backups(namespace).next().is_some(),
                Account::Restore => inventory.restores(namespace).next().is_some(),
            };
            match inventory.account(namespace, account) {
                Lookup::Absent if has_jobs => missing.push((namespace, account.name())),
                Lookup::Unknown(_) if has_jobs => {
                    io.say(&format!("error: the accounts of {} cannot be read", Name(namespace)));
                    return Exit::Incomplete;
                }
                _ => {}
            }
        }
    }
    io.print(&match arguments.output {
        PlainFormat::Text => missing
            .iter()
            .map(|(namespace, name)| format!("+ serviceaccount/{name} in {}\n", Name(namespace)))
            .collect(),
        PlainFormat::Json => {
            let objects = missing.iter().map(|(namespace, name)| {
                json!({"namespace": namespace, "kind": "ServiceAccount", "name": name, "change": "create"})
            });
            pretty(&json!({"differences": objects.collect::<Vec<_>>()}))
        }
    });
    if missing.is_empty() { Exit::Good } else { Exit::NotGood }
}
