//! Was this Role, or this binding, made by an operator 0.x, and is it still what the operator made?

use std::collections::BTreeSet;

use serde_json::Value;

use super::part::Part;
use super::rights::are_exactly_needed;
use crate::facts::is_backup_account;
use crate::model::Account;
use crate::quoted::quoted;
use crate::rbac::ROLE;

/// The field manager of a repair.
pub const REPAIRER: &str = "kubectl-neo4jbackup";

/// The field manager under which the operator writes: the name of its program.
pub const OPERATOR: &str = "manager";

/// Returns why an object may not be removed as the operator's leftover, or `None` if all of it is what the operator, or a
/// repair in its place, has written.
pub(super) fn doubt(part: Part, object: &Value, namespace: &str) -> Option<String> {
    let empty = Vec::new();
    let list = |key: &str| object[key].as_array().unwrap_or(&empty);
    match part {
        Part::Role if !are_exactly_needed(list("rules")) => {
            return Some("it gives other rights than the operator has written into it".to_owned());
        }
        Part::RoleBinding => {
            let reference = &object["roleRef"];
            if reference["kind"] != "Role" || reference["name"] != ROLE {
                let kind = quoted(reference["kind"].as_str().unwrap_or_default()).to_string();
                let name = quoted(reference["name"].as_str().unwrap_or_default()).to_string();
                return Some(format!(
                    "it binds {kind} {name}, and the operator has bound Role {ROLE}"
                ));
            }
            let is_ours =
                |subject: &Value| subject["kind"] == "ServiceAccount" && is_backup_account(subject, namespace);
            if list("subjects").is_empty() || !list("subjects").iter().all(is_ours) {
                return Some(format!("it names others than {}", Account::Backup.name()));
            }
        }
        Part::Role | Part::BackupAccount | Part::RestoreAccount => {}
    }
    let owners = object["metadata"]["ownerReferences"].as_array();
    if let Some(owner) = owners
        .into_iter()
        .flatten()
        .find(|owner| owner["kind"] != "Neo4jBackup")
    {
        let kind = quoted(owner["kind"].as_str().unwrap_or_default()).to_string();
        let name = quoted(owner["name"].as_str().unwrap_or_default()).to_string();
        return Some(format!("it belongs to {kind} {name}"));
    }
    let writers: BTreeSet<&str> = object["metadata"]["managedFields"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| entry["manager"].as_str())
        .collect();
    if writers.is_empty() {
        return Some("nothing on it says who has written it".to_owned());
    }
    let others: Vec<String> = writers
        .into_iter()
        .filter(|writer| ![OPERATOR, REPAIRER].contains(writer))
        .map(|writer| quoted(writer).to_string())
        .collect();
    (!others.is_empty()).then(|| format!("not only the operator has written it, but also {}", others.join(", ")))
}
