use std::collections::{BTreeMap, BTreeSet};

use crate::check::prelude::*;

declare_check! {
    /// Nobody has restored any backup of a namespace, as far as the cluster shows.
    ///
    /// ## What it looks at
    /// Namespaces with a backup that is thirty days old and has good runs: whether there is a `Neo4jRestore` that went well.
    /// Restores that were deleted, and those made elsewhere, are not seen.
    ///
    /// ## Why it matters
    /// Whether a backup can be restored, and how long that takes, is known once it has been done.
    ///
    /// ## How to mend it
    /// Restore the newest run under another name or into another instance, and look at the data.
    NeverRestored {
        code: "NB6014", name: "never-restored", severity: Info,
        looks: [AtCluster], needs: [Backups, Restores], explains: [], since: "0.2",
    }
}

/// A younger backup need not have been tried yet.
const OLD: i64 = 30 * 24 * 60 * 60;

impl Check for NeverRestored {
    fn check_cluster(&self, cluster: &Cluster<'_>, report: &mut Report) {
        let mut untried: BTreeMap<&str, Vec<&Backup<'_>>> = BTreeMap::new();
        for backup in &cluster.backups {
            let age = backup
                .created
                .map(|created| cluster.now.as_second() - created.as_second());
            if age.is_some_and(|age| age >= OLD) && backup.last_good().is_some() && backup.deleted.is_none() {
                untried.entry(&backup.namespace).or_default().push(backup);
            }
        }
        for restore in cluster.restores.iter().filter(|restore| restore.phase == "Completed") {
            untried.remove(&*restore.namespace);
        }
        for (namespace, backups) in untried {
            let of = match &backups[..] {
                [backup] => format!("backup {}", name(&backup.name)),
                _ => format!("its {} backups", backups.len()),
            };
            let object = ObjectRef {
                api_version: "v1".to_owned(),
                kind: "Namespace".to_owned(),
                namespace: String::new(),
                name: namespace.to_owned(),
            };
            report
                .say(object, format!("no restore of {of} that went well is known"))
                .affects(Affects::Namespaces(BTreeSet::from([namespace.to_owned()])))
                .help("restore the newest run under another name or into another instance, and look at the data");
        }
    }
}
