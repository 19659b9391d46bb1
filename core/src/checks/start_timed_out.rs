use crate::check::prelude::*;

declare_check! {
    /// The operator gave up on a run whose pod did not start.
    ///
    /// ## What it looks at
    /// The message of a backup without a schedule: `backup pod did not start within 10m0s`, with what the operator saw then.
    ///
    /// ## Why it matters
    /// The Job is gone with its pod and its events, the history has no entry, and the backup is never tried again.
    ///
    /// ## How to mend it
    /// Mend what the message names, then delete the backup and create it again.
    StartTimedOut {
        code: "NB6012", name: "start-timed-out", severity: Error,
        looks: [AtBackups], needs: [], explains: ["NB6001", "NB6002"], since: "0.2",
    }
}

impl Check for StartTimedOut {
    fn check_backup(&self, backup: &Backup<'_>, _: &Cluster<'_>, report: &mut Report) {
        let Some((limit, why)) = given_up(&backup.message) else {
            return;
        };
        report
            .say(
                backup.reference(),
                format!(
                    "the operator gave up, as the pod did not start within {limit}: {}",
                    quoted(why)
                ),
            )
            .evidence(Evidence::field(backup.reference(), "status.message", &backup.message))
            .help(
                "mend what the pod waited for, then delete the backup and create it again: it is not tried by itself",
            );
    }
}

/// How long the operator waited, and what it saw.
fn given_up(message: &str) -> Option<(&str, &str)> {
    let (_, rest) = message.split_once("backup pod did not start within ")?;
    let (limit, why) = rest.split_once(": ")?;
    let why = why.split(" — fix the cause").next().unwrap_or(why);
    Some((limit, why.trim()))
}
