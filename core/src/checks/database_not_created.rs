use crate::check::prelude::*;

declare_check! {
    /// A restore says `Completed`, and its database was not created.
    ///
    /// ## What it looks at
    /// The event `DatabaseCreateFailed` of restores that completed.
    ///
    /// ## Why it matters
    /// The Job has put the store in its place, and `CREATE DATABASE` or `START DATABASE` failed after that. The phase becomes
    /// `Completed` all the same: who looks at the phase takes the database for restored.
    ///
    /// ## How to mend it
    /// Create or start the database by hand; the restored store is used. No second restore is needed.
    DatabaseNotCreated {
        code: "NB8106", name: "database-not-created", severity: Error,
        looks: [AtRestores], needs: [Events], explains: [], since: "0.2",
    }
}

impl Check for DatabaseNotCreated {
    fn check_restore(&self, restore: &Restore<'_>, _: &Cluster<'_>, report: &mut Report) {
        let Some(event) = restore
            .event("DatabaseCreateFailed")
            .filter(|_| restore.phase == "Completed")
        else {
            return;
        };
        let spec = restore.spec();
        let database = spec.database().text().unwrap_or_default();
        let message = if database.is_empty() {
            "it says Completed, and a database was not created".to_owned()
        } else {
            format!("it says Completed, and database {} was not created", quoted(database))
        };
        let what = if database.is_empty() {
            "the database that the event names"
        } else {
            database
        };
        report
            .say(restore.reference(), message)
            .help(format!(
                "run `CREATE DATABASE` or `START DATABASE` for {} in the system database; the restored store is in its place",
                quoted(what)
            ))
            .evidence(Evidence::event(restore.reference(), event))
            .evidence(Evidence::field(restore.reference(), "status.phase", &restore.phase));
    }
}
