use crate::check::prelude::*;

declare_check! {
    /// No installation of the operator looks after the namespace.
    ///
    /// ## What it looks at
    /// Which namespaces each installation watches, as its Deployment says it (`WATCH_NAMESPACE`), and whether there is any
    /// that watches the namespace of a backup or restore. Nothing is said where one of them takes that from somewhere else.
    ///
    /// ## Why it matters
    /// Objects in such a namespace are stored, and nothing ever happens to them: no status, no event, no Job.
    ///
    /// ## How to mend it
    /// Add the namespace to `watchNamespaces` of the operator's chart (`operatorMode: namespaces`), or move the object.
    NamespaceNotWatched {
        code: "NB9005", name: "namespace-not-watched", severity: Error,
        looks: [AtBackups, AtRestores], needs: [Deployments], explains: ["NB5101", "NB5103", "NB6002", "NB6006", "NB9007", "NB9011"], since: "0.2",
    }
}

impl Check for NamespaceNotWatched {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        if backup.is_silent() || backup.deleted.is_some() {
            say(backup.reference(), cluster, report);
        }
    }

    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        if restore.is_silent() || restore.deleted.is_some() {
            say(restore.reference(), cluster, report);
        }
    }
}

fn say(object: ObjectRef, cluster: &Cluster<'_>, report: &mut Report) {
    let installations = &cluster.installations;
    let leaves_out = |installation: &Installation<'_>| installation.mode.watches(&object.namespace) == Some(false);
    if installations.is_empty() || !installations.iter().all(leaves_out) {
        return;
    }
    let evidence: Vec<Evidence> = installations
        .iter()
        .filter_map(|installation| match &installation.mode {
            Mode::Some(names) => {
                let names = names.join(",");
                Some(Evidence::field(installation.reference(), "WATCH_NAMESPACE", &names))
            }
            _ => None,
        })
        .collect();
    let namespace = name(&object.namespace).to_string();
    report
        .say(
            object,
            format!("the operator does not watch namespace {namespace}, so that nothing happens to it"),
        )
        .all_evidence(evidence)
        .help(
            "add the namespace to `watchNamespaces` of the operator's chart, or move the object to one that is watched",
        );
}
