use crate::check::prelude::*;

declare_check! {
    /// All workers of the operator are busy, and other restores stand still.
    ///
    /// ## What it looks at
    /// Restores whose Job has ended and that wait for Neo4j to answer, and restores whose hook runs: each of them keeps one of
    /// the four workers that the operator has for restores of all namespaces.
    ///
    /// ## Why it matters
    /// While all four are busy, the operator looks at no other restore: a new one stays without any status, and one whose Job
    /// ends meanwhile loses that Job to its time to live and becomes `Failed`. The wait for Neo4j lasts ten minutes whatever
    /// `spec.timeout` says.
    ///
    /// ## How to mend it
    /// See why Neo4j does not answer on the instances that are waited for, and end hooks that hang by deleting their Jobs.
    /// Start fewer restores at a time.
    RestoresStarved {
        code: "NB8107", name: "restores-starved", severity: Error,
        looks: [AtCluster], needs: [Restores, Jobs], explains: ["NB8109", "NB8110", "NB9007"], since: "0.2",
    }
}

/// How many restores the operator works on at a time.
const WORKERS: usize = 4;
/// What a Job says that ended well, and with it a restore that waits for Neo4j to answer.
const JOB_ENDED: &str = "Reached expected number of succeeded pods";
/// For how many seconds before now a Job that was removed may have been lost to this.
const LATELY: i64 = 1800;

impl Check for RestoresStarved {
    fn check_cluster(&self, cluster: &Cluster<'_>, report: &mut Report) {
        let busy: Vec<_> = cluster
            .restores
            .iter()
            .filter_map(|restore| Some((restore, work(restore)?)))
            .collect();
        if busy.len() < WORKERS {
            return;
        }
        let others = cluster.restores.iter().filter(|restore| work(restore).is_none());
        let frozen: Vec<_> = others.filter(|restore| stands_still(restore, cluster)).collect();
        let (first, _) = busy[0];
        let count = match frozen.len() {
            0 => "no other restore can go on".to_owned(),
            1 => "1 other restore stands still".to_owned(),
            count => format!("{count} other restores stand still"),
        };
        let message = format!(
            "{} restores keep all {WORKERS} workers of the operator busy; {count}",
            busy.len()
        );
        let diagnosis = report.say(first.reference(), message);
        diagnosis.help(
            "see why Neo4j does not answer on the instances that are waited for, and delete the Jobs of hooks that hang; \
             a wait ends by itself after ten minutes",
        );
        for (restore, work) in &busy {
            diagnosis.evidence(Evidence::fact(restore.reference(), work.as_str()));
        }
        let concerned = busy.iter().map(|(restore, _)| *restore).chain(frozen);
        let objects = concerned.map(Restore::reference).collect();
        diagnosis.affects(Affects::Objects(objects));
    }
}

/// What keeps a worker busy with a restore.
fn work(restore: &Restore<'_>) -> Option<String> {
    if restore.has_ended() {
        return None;
    }
    if restore.phase == "Running" && restore.message.contains(JOB_ENDED) {
        return Some(format!(
            "its Job has ended, and it waits for Neo4j on {}",
            name(&restore.instance())
        ));
    }
    let hook = restore.hooks.iter().find(|job| runs(job))?;
    Some(format!("its hook {} runs", hook.name))
}

fn runs(job: &Job<'_>) -> bool {
    job.holds("Complete").is_none() && job.holds("Failed").is_none() && !job.is_suspended
}

/// Whether a restore waits for a worker, or has lost its Job because it did.
fn stands_still(restore: &Restore<'_>, cluster: &Cluster<'_>) -> bool {
    let is_lost = restore.meaning().is_some_and(|class| class.name == "job-gone");
    let lately = restore
        .ended()
        .is_none_or(|ended| cluster.now.as_second() - ended.as_second() < LATELY);
    let has_unseen_end = restore.job.as_ref().is_some_and(|job| !runs(job));
    (is_lost && lately) || (!restore.has_ended() && (restore.is_silent() || has_unseen_end))
}
