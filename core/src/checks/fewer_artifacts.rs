use std::collections::BTreeSet;

use crate::check::prelude::*;
use crate::model::Scope;

declare_check! {
    /// A run of all databases stored fewer of them than it should have.
    ///
    /// ## What it looks at
    /// The databases of which the newest good run noted an artifact, against those of the run before it, and against the
    /// `Neo4jDatabase` objects of the instance that were ready when it began. Operators from 1.13 on note each.
    ///
    /// ## Why it matters
    /// The run is `Succeeded` all the same, and the database that is missing cannot be restored from it.
    ///
    /// ## How to mend it
    /// See in the log of the run, and with `SHOW DATABASES`, whether the database was online then. Where it was dropped on
    /// purpose, nothing is wrong.
    FewerArtifacts {
        code: "NB6005", name: "fewer-artifacts", severity: Error,
        looks: [AtBackups], needs: [], explains: [], since: "0.2",
    }
}

impl Check for FewerArtifacts {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let spec = backup.spec();
        if spec.scope() != Scope::AllDatabases {
            return;
        }
        let mut good = backup.runs.iter().filter(|run| run.is_good());
        let Some(newest) = good.next().filter(|run| run.is_recorded) else {
            return;
        };
        let stored = small(newest.artifacts.databases());
        let before = good
            .map(|run| small(run.artifacts.databases()))
            .find(|names| !names.is_empty());
        // An operator that notes no databases cannot be judged by them.
        if stored.is_empty() && before.is_none() {
            return;
        }
        let existed = |database: &&Database<'_>| {
            database.is_there && database.created.is_some_and(|created| Some(created) < newest.started)
        };
        let instance = spec.instance().text().unwrap_or_default();
        let declared = cluster.databases_of(&backup.namespace, instance).iter().filter(existed);
        let missing: Vec<&Database<'_>> = declared
            .filter(|database| !stored.contains(&database.name.to_lowercase()))
            .collect();
        let gone: Vec<String> = before
            .iter()
            .flatten()
            .filter(|name| !stored.contains(*name))
            .cloned()
            .collect();
        let mut names: BTreeSet<String> = missing.iter().map(|database| database.name.to_lowercase()).collect();
        names.extend(gone.iter().cloned());
        if names.is_empty() {
            return;
        }
        let list = names
            .iter()
            .map(|name| quoted(name).to_string())
            .collect::<Vec<_>>()
            .join(", ");
        let ended = newest.ended.map(|ended| format!(" of {}", when(ended, cluster.now)));
        let message = format!(
            "run {}{} ended well and has no artifact of {list}",
            name(&newest.id),
            ended.unwrap_or_default()
        );
        let diagnosis = report.say(backup.reference(), message);
        diagnosis.evidence(Evidence::fact(
            backup.reference(),
            format!("status.history: {} has {}", newest.id, count(stored.len())),
        ));
        if let Some(before) = before.filter(|_| !gone.is_empty()) {
            let text = format!("status.history: the run before it has {}", count(before.len()));
            diagnosis.evidence(Evidence::fact(backup.reference(), text));
        }
        for database in &missing {
            diagnosis.evidence(Evidence::field(database.reference(), "spec.name", &database.name));
        }
        diagnosis.help("see with SHOW DATABASES whether it is online, and run the backup again");
        // What nothing declares may have been dropped on purpose.
        if missing.is_empty() {
            diagnosis
                .severity(Severity::Warning)
                .help("if it was dropped on purpose, nothing is wrong; otherwise see with SHOW DATABASES whether it is online");
        }
    }
}

fn small(names: BTreeSet<&str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_lowercase).collect()
}

fn count(artifacts: usize) -> String {
    match artifacts {
        1 => "1 artifact".to_owned(),
        _ => format!("{artifacts} artifacts"),
    }
}
