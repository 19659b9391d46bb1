use crate::check::prelude::*;

declare_check! {
    /// The Job of a restore was removed before the operator had seen how it ended.
    ///
    /// ## What it looks at
    /// The message of restores that failed.
    ///
    /// ## Why it matters
    /// Jobs of restores are deleted five minutes after they end. When the operator is down or has no free worker for that
    /// long, it calls the restore failed, whatever became of it: the data may well be restored.
    ///
    /// ## How to mend it
    /// Look whether the database is there and what is in it. If it is not as it should be, create the restore again.
    RestoreJobGone {
        code: "NB8109", name: "restore-job-gone", severity: Error,
        looks: [AtRestores], needs: [], explains: ["NB8101"], since: "0.2",
    }
}

impl Check for RestoreJobGone {
    fn check_restore(&self, restore: &Restore<'_>, _: &Cluster<'_>, report: &mut Report) {
        if restore.meaning().is_none_or(|class| class.name != "job-gone") {
            return;
        }
        let message = "nobody knows how it ended: its Job was removed before the operator looked at it, because the \
                       operator was down or busy for five minutes";
        report
            .say(restore.reference(), message)
            .help("look whether the database is there and what is in it, before anything is restored again")
            .evidence(Evidence::field(restore.reference(), "status.message", &restore.message));
    }
}
