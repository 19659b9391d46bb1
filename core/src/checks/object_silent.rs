use jiff::{SignedDuration, Timestamp};

use crate::check::prelude::*;

declare_check! {
    /// The operator has never said anything of an object.
    ///
    /// ## What it looks at
    /// Backups and restores that are older than a minute and have no status at all.
    ///
    /// ## Why it matters
    /// Nothing is backed up or restored, and nothing says so: there is no phase and no event. Without a finalizer the
    /// operator has not seen the object: it is down, does not watch the namespace, or cannot decode an object of the kind.
    /// With a finalizer it has seen the object and its work on it ends in a panic or does not end.
    ///
    /// ## How to mend it
    /// Look at the cause that is shown above this diagnosis; where there is none, at the log of the operator.
    ObjectSilent {
        code: "NB9007", name: "object-silent", severity: Error,
        looks: [AtBackups, AtRestores], needs: [], explains: ["NB5101", "NB6002", "NB6006"], since: "0.2",
    }
}

/// A healthy operator writes a status within seconds.
const PATIENCE: SignedDuration = SignedDuration::from_mins(1);

impl Check for ObjectSilent {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        if backup.is_silent() && backup.deleted.is_none() {
            say(
                backup.reference(),
                backup.created,
                !backup.finalizers.is_empty(),
                cluster,
                report,
            );
        }
    }

    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        if restore.is_silent() && restore.deleted.is_none() {
            say(
                restore.reference(),
                restore.created,
                !restore.finalizers.is_empty(),
                cluster,
                report,
            );
        }
    }
}

fn say(object: ObjectRef, created: Option<Timestamp>, was_seen: bool, cluster: &Cluster<'_>, report: &mut Report) {
    let Some(created) = created.filter(|created| cluster.now.duration_since(*created) > PATIENCE) else {
        return;
    };
    let (why, finalizers, help) = if was_seen {
        (
            "the operator has seen it, and its work on it panics or does not end",
            "metadata.finalizers is set and there is no status",
            "look for a panic that names the object in the log of the operator",
        )
    } else {
        (
            "the operator has not seen it: it is down, blind for the kind, or does not watch the namespace",
            "metadata.finalizers is empty and there is no status",
            "see that the operator runs and watches the namespace, and look for \"Failed to watch\" in its log",
        )
    };
    let diagnosis = report.say(
        object.clone(),
        format!("it was created {created} and has no status at all; {why}"),
    );
    diagnosis.help(help).evidence(Evidence::fact(object, finalizers));
    if let [installation] = &*cluster.installations {
        diagnosis.command(format!(
            "kubectl logs deployment/{} -n {} --tail 200",
            installation.name, installation.namespace
        ));
    }
}
