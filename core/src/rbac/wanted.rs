//! Which identities the objects of a namespace want on an account.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{Inventory, LocationFacts};
use crate::model::{Account, Provider};

/// Returns the identities of a cloud that objects want on an account, each with those who want it: `backup/nightly`. The
/// operator writes them all into one annotation, the last one last.
pub(super) fn wanted_by_objects<'i>(
    inventory: &'i Inventory,
    namespace: &'i str,
    account: Account,
    provider: Provider,
) -> BTreeMap<&'i str, BTreeSet<String>> {
    let key = provider.identity_annotation();
    let identity = |storage: &'i LocationFacts| storage.annotations.get(key).map(String::as_str);
    let mut wanted: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    match account {
        Account::Backup => {
            for (name, backup) in inventory.backups(namespace) {
                if let Some(identity) = identity(&backup.storage) {
                    wanted.entry(identity).or_default().insert(format!("backup/{name}"));
                }
            }
        }
        Account::Restore => {
            for (name, restore) in inventory.restores(namespace) {
                let named = restore.backup.as_deref();
                let backup = named.and_then(|name| inventory.backup(namespace, name).found());
                let storage = backup.map_or(&restore.storage, |backup| &backup.storage);
                if let Some(identity) = identity(storage) {
                    wanted.entry(identity).or_default().insert(format!("restore/{name}"));
                }
            }
        }
    }
    wanted
}
