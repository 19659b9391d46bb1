use crate::check::prelude::*;

declare_check! {
    /// The operator refuses a backup, and says why in its status.
    ///
    /// ## What it looks at
    /// The phase `Invalid` of a backup, and the phase `Failed` of one whose schedule could not be set up, with the message
    /// beside it.
    ///
    /// ## Why it matters
    /// No run begins, and nobody is told: the operator writes the reason into the status and, of a schedule, raises no event.
    ///
    /// ## How to mend it
    /// As the message says. Where a rule finds the same in the manifest, it stands above this and says what to write.
    OperatorRefuses {
        code: "NB1101", name: "operator-refuses", severity: Error,
        looks: [AtBackups], needs: [], explains: ["NB5101", "NB5103", "NB6002", "NB6006"], since: "0.2",
    }
}

/// What the message of a schedule that could not be set up begins with.
const NO_CRON_JOB: &str = "Failed to create CronJob";

impl Check for OperatorRefuses {
    fn check_backup(&self, backup: &Backup<'_>, _: &Cluster<'_>, report: &mut Report) {
        let is_refused = match &*backup.phase {
            "Invalid" => true,
            "Failed" => backup.message.starts_with(NO_CRON_JOB),
            _ => false,
        };
        if !is_refused {
            return;
        }
        let message = match backup.message.trim() {
            "" => "the operator refuses it and does not say why".to_owned(),
            message => format!("the operator refuses it: {message}"),
        };
        let (namespace, name) = (&backup.namespace, &backup.name);
        report
            .say(backup.reference(), message)
            .evidence(Evidence::field(backup.reference(), "status.phase", &backup.phase))
            .help("correct the field that the message names; the operator looks at it again at once")
            .command(format!("kubectl edit neo4jbackup/{name} -n {namespace}"));
    }
}
