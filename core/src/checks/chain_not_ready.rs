use crate::check::prelude::*;

declare_check! {
    /// A backup waits for the chain that it continues.
    ///
    /// ## What it looks at
    /// Backups with `chainFromBackup` in the phase `Pending`: whether the backup that they continue is there, and which run
    /// of the same chain goes on. And differential backups whose full backup is held.
    ///
    /// ## Why it matters
    /// Without the backup that begins the chain nothing is ever stored. While a run of the chain goes on, the others wait,
    /// and give up after an hour. Without new full backups the chain grows, and a restore needs every part of it.
    ///
    /// ## How to mend it
    /// Create the backup that begins the chain, or correct the name; wait for the run that goes on; let the full backup run.
    ChainNotReady {
        code: "NB2104", name: "chain-not-ready", severity: Error,
        looks: [AtBackups], needs: [Backups],
        explains: ["NB2004", "NB5101", "NB6002", "NB6006"], since: "0.2",
    }
}

/// So many seconds one run of a chain waits for another before it gives up.
const GIVES_UP: i64 = 60 * 60;

impl Check for ChainNotReady {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let spec = backup.spec();
        let Some(root) = spec.chain_from().text().filter(|_| backup.deleted.is_none()) else {
            return;
        };
        let begins = cluster.backup(&backup.namespace, root);
        if backup.phase == "Pending" {
            waits(backup, root, begins, cluster, report);
            return;
        }
        let is_differential = spec.backup_type().text() == Some("DIFF") && backup.plan.is_some();
        let held = begins.filter(|begins| begins.plan.as_ref().is_some_and(|plan| plan.is_suspended));
        if let Some(held) = held.filter(|_| is_differential) {
            report
                .say(
                    backup.reference(),
                    format!(
                        "its full backup {} is held, and its chain grows with every run",
                        name(root)
                    ),
                )
                .severity(Severity::Warning)
                .evidence(Evidence::fact(held.reference(), "its runs are held"))
                .help("let the full backup run again; a restore needs every part of the chain")
                .explains = &[];
        }
    }
}

fn waits(backup: &Backup<'_>, root: &str, begins: Option<&Backup<'_>>, cluster: &Cluster<'_>, report: &mut Report) {
    let said = Evidence::field(backup.reference(), "status.message", &backup.message);
    if begins.is_none() {
        report
            .say(
                backup.reference(),
                format!(
                    "it waits for Neo4jBackup {}, whose chain it continues and which is not there",
                    name(root)
                ),
            )
            .field(Path::dotted("spec.chainFromBackup"))
            .evidence(said)
            .help("create that backup, or correct the name")
            .command(format!("kubectl get neo4jbackups -n {}", backup.namespace));
        return;
    }
    let members = cluster.backups_in(&backup.namespace).iter();
    let jobs = members
        .flat_map(|member| &member.runs)
        .filter_map(|run| Some((run, run.job.as_deref()?)));
    let mut busy =
        jobs.filter(|(run, job)| job.part_of == root && matches!(run.outcome, Outcome::Running | Outcome::Waiting));
    let Some((run, job)) = busy.next() else {
        report
            .say(
                backup.reference(),
                "it waits for its chain, of which no run goes on that is known",
            )
            .severity(Severity::Warning)
            .evidence(said);
        return;
    };
    let since = run
        .started
        .map(|started| (started, cluster.now.as_second() - started.as_second()));
    let how_long = since.map(|(started, _)| format!(", which began at {}", when(started, cluster.now)));
    let is_long = since.is_some_and(|(_, seconds)| seconds > GIVES_UP);
    report
        .say(
            backup.reference(),
            format!(
                "it waits for run {} of its chain{}",
                name(&run.id),
                how_long.unwrap_or_default()
            ),
        )
        .severity(if is_long { Severity::Warning } else { Severity::Info })
        .evidence(said)
        .evidence(Evidence::fact(
            job.reference(),
            format!("app.kubernetes.io/part-of: {}", job.part_of),
        ))
        .help("wait for that run; where it does not end, see why")
        .command(format!("kubectl describe job/{} -n {}", job.name, job.namespace));
}
