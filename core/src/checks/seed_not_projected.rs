use super::restore_failed::remedy;
use crate::check::prelude::*;
use crate::logs;

declare_check! {
    /// The servers lack what they need to read the backup.
    ///
    /// ## What it looks at
    /// The event `SeedEndpointNotProjected` and the message of a restore into servers that run.
    ///
    /// ## Why it matters
    /// A restore into a cluster has no Job: the servers fetch the backup themselves, with the credentials and the endpoint
    /// that their own pods have. Those of the backup's Job do not count.
    ///
    /// ## How to mend it
    /// Give the instance the Secret with `spec.extraEnvFrom` and the endpoint with `spec.env`, or set the annotation
    /// `neo4j.com/auto-inherit-seed-creds: "true"` on it. Either restarts its pods once.
    SeedNotProjected {
        code: "NB8105", name: "seed-not-projected", severity: Error,
        looks: [AtRestores], needs: [], explains: ["NB8101", "NB8014"], since: "0.2",
    }
}

impl Check for SeedNotProjected {
    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let event = restore.event("SeedEndpointNotProjected");
        let message = event.map_or(&*restore.message, |event| &*event.message);
        let Some(class) = logs::of_restore_message(message).filter(|class| class.name == "seed-unreadable") else {
            return;
        };
        // The event stays after what it speaks of was mended.
        if restore.phase == "Completed" || (restore.meaning() != Some(class) && restore.has_ended()) {
            return;
        }
        let of = restore.instance();
        let missing = message.split_once("missing ").map(|(_, rest)| rest);
        let missing = missing.map(|rest| rest.split_once(". ").map_or(rest, |(list, _)| list));
        let missing = missing.map(|list| format!(": they lack {list}")).unwrap_or_default();
        let diagnosis = report.say(
            restore.reference(),
            format!("the servers of {} cannot read the backup{missing}", name(&of)),
        );
        diagnosis.help(remedy(class, cluster));
        diagnosis.all_evidence(event.map(|event| Evidence::event(restore.reference(), event)));
        if let Some(instance) = cluster.instance(&restore.namespace, &of) {
            let kind = instance.reference().kind.to_lowercase();
            diagnosis.command(format!(
                "kubectl annotate {kind} {of} -n {} neo4j.com/auto-inherit-seed-creds=true",
                restore.namespace
            ));
        }
    }
}
