use super::restore_failed::later_success;
use crate::check::prelude::*;

declare_check! {
    /// A restore that failed is not tried again by itself.
    ///
    /// ## What it looks at
    /// Restores in the phase `Failed` whose status is of the spec as it is now.
    ///
    /// ## Why it matters
    /// `Failed` is an end. Whatever is mended around the restore, the operator looks at it again only when its spec changes.
    ///
    /// ## How to mend it
    /// Mend the cause first. Then change anything in its spec, its `timeout` for example, or delete it and create it again.
    /// With `replaceExisting` the next try overwrites the database as the first one was to.
    RestoreEnded {
        code: "NB8111", name: "restore-ended", severity: Info,
        looks: [AtRestores], needs: [], explains: [], since: "0.2",
    }
}

impl Check for RestoreEnded {
    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        if restore.phase != "Failed" || restore.deleted.is_some() || later_success(restore, cluster).is_some() {
            return;
        }
        let message = "it is not tried again by itself, whatever is mended around it";
        let diagnosis = report.say(restore.reference(), message);
        let spec = restore.spec();
        let overwrites = if spec.confirms_overwriting() {
            ", which overwrites the database"
        } else {
            ""
        };
        diagnosis.help(format!(
            "mend the cause, then change its spec to start it again{overwrites}; any change does, such as another timeout"
        ));
        let timeout = match spec.spec.field("timeout").text() {
            Some("30m") => "31m",
            _ => "30m",
        };
        diagnosis.command(format!(
            "kubectl patch neo4jrestore {} -n {} --type merge -p '{{\"spec\":{{\"timeout\":\"{timeout}\"}}}}'",
            restore.name, restore.namespace
        ));
    }
}
