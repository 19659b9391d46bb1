use crate::check::prelude::*;

declare_check! {
    /// A restore will fail, because its database exists and nothing confirms that it may be overwritten.
    ///
    /// ## What it looks at
    /// Restores that have not ended: whether a `Neo4jDatabase` says that the database is in the instance, or the newest
    /// run of a backup of that instance stored it.
    ///
    /// ## Why it matters
    /// The restore is `Failed` then; before operator 1.19 a standalone is stopped for that.
    ///
    /// ## How to mend it
    /// Set `spec.options.replaceExisting: true`, which wipes the database, or restore under another name.
    DatabaseExists {
        code: "NB8114", name: "database-exists", severity: Error,
        looks: [AtRestores], needs: [], explains: ["NB8010"], since: "0.2",
    }
}

impl Check for DatabaseExists {
    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let spec = restore.spec();
        let is_to_come = restore.job.is_none() && matches!(&*restore.phase, "" | "Pending");
        let Some(database) = spec
            .database()
            .text()
            .filter(|_| is_to_come && restore.deleted.is_none())
        else {
            return;
        };
        if spec.confirms_overwriting() {
            return;
        }
        let instance = restore.instance();
        let declared = cluster.databases_of(&restore.namespace, &instance).iter();
        let mut declared =
            declared.filter(|declared| declared.is_there && declared.name.eq_ignore_ascii_case(database));
        let (evidence, is_certain) = if let Some(declared) = declared.next() {
            (Evidence::field(declared.reference(), "spec.name", &declared.name), true)
        } else if let Some((backup, run)) = stored(restore, &instance, database, cluster) {
            let text = format!("run {} stored it", run.id);
            (Evidence::fact(backup.reference(), text), false)
        } else {
            return;
        };
        let message = format!(
            "database {} is in {} already, and nothing confirms that it may be overwritten",
            quoted(database),
            name(&instance)
        );
        let diagnosis = report.say(restore.reference(), message);
        diagnosis
            .field(Path::dotted("spec.options.replaceExisting"))
            .evidence(evidence)
            .help("set replaceExisting if it may be wiped, or restore under another name");
        // It may have been dropped since then.
        if !is_certain {
            diagnosis.probable().severity(Severity::Warning);
        }
    }
}

/// The newest good run of a backup of the instance, where it stored the database.
fn stored<'c, 's>(
    restore: &Restore<'_>,
    instance: &str,
    database: &str,
    cluster: &'c Cluster<'s>,
) -> Option<(&'c Backup<'s>, &'c Run<'s>)> {
    let backups = cluster.backups_in(&restore.namespace).iter();
    let backups = backups.filter(|backup| backup.spec().instance().text() == Some(instance));
    let newest = backups.filter_map(|backup| Some((backup, backup.last_good()?)));
    let (backup, run) = newest.max_by_key(|(_, run)| run.started)?;
    let is_alone = backup.spec().spec.field("database").text() == Some(database);
    (is_alone || run.artifacts.databases().contains(database)).then_some((backup, run))
}
