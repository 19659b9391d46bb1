use crate::check::prelude::*;

declare_check! {
    /// Runs take much longer than they did.
    ///
    /// ## What it looks at
    /// How long the newest good run took, or the one that goes on has taken so far, against the median of the good runs before
    /// it, of which there must be five: more than twice as long, and at least two minutes more.
    ///
    /// ## Why it matters
    /// A run that takes ever longer overlaps the next one or a busy hour one day, and a restore of it takes longer too. Long
    /// transactions hold a backup up, and do not make it fail.
    ///
    /// ## How to mend it
    /// See whether the database has grown, what else loads the servers at that time, which transactions go on for long
    /// (`SHOW TRANSACTIONS`), and whether the storage is slow. A differential backup after a full one reads less.
    RunSlowing {
        code: "NB6013", name: "run-slowing", severity: Warning,
        looks: [AtBackups, AtPlainCronJobs], needs: [], explains: ["NB6002"], since: "0.2",
    }
}

/// So many earlier runs say what is usual.
const USUAL: usize = 5;

/// A run that takes fewer seconds more than this is not slow, whatever the others took.
const NOTICEABLE: i64 = 120;

impl Check for RunSlowing {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        if backup.deleted.is_none() {
            let command = show_transactions(&backup.namespace, backup.spec().instance().text(), cluster);
            say(&backup.series(), command, cluster, report);
        }
    }

    fn check_plain_cron_job(&self, cron_job: &PlainCronJob<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        say(&cron_job.series(), None, cluster, report);
    }
}

/// Returns the command that lists the transactions of an instance, which the Kubernetes API knows nothing of; `None` if no pod of
/// it is known.
pub(super) fn show_transactions(namespace: &str, instance: Option<&str>, cluster: &Cluster<'_>) -> Option<String> {
    let pod = cluster.instance(namespace, instance?)?.pods.first()?;
    Some(format!(
        "kubectl exec -it {} -n {namespace} -- cypher-shell -d system \"SHOW TRANSACTIONS\"",
        pod.name
    ))
}

fn say(series: &Series<'_, '_>, command: Option<String>, cluster: &Cluster<'_>, report: &mut Report) {
    let good = series.runs.iter().filter(|run| run.is_good());
    let mut took: Vec<(&Run<'_>, i64)> = good.filter_map(|run| Some((run, run.seconds()?))).collect();
    // A pod that has not started is not slow: another check says why it waits.
    let going_on = series.unfinished().filter(|run| run.outcome == Outcome::Running);
    let so_far = going_on.and_then(|run| Some((run, cluster.now.as_second() - run.started?.as_second())));
    let all: Vec<i64> = took.iter().map(|(_, seconds)| *seconds).collect();
    let slow_so_far = so_far.and_then(|(run, seconds)| Some((run, seconds, slower_than_usual(seconds, &all)?)));
    let (message, earlier) = if let Some((run, seconds, usual)) = slow_so_far {
        let message = format!(
            "run {} has gone on for {}, and the {} good ones before it took {} (median)",
            name(&run.id),
            span(seconds),
            all.len(),
            span(usual)
        );
        (message, all)
    } else {
        if took.is_empty() {
            return;
        }
        let (newest, seconds) = took.remove(0);
        let Some(usual) = slower_than_usual(seconds, &all[1..]) else {
            return;
        };
        let time = newest.time().map(|time| format!(" of {}", when(time, cluster.now)));
        let message = format!(
            "the newest good run{} took {}, and the {} before it took {} (median)",
            time.unwrap_or_default(),
            span(seconds),
            took.len(),
            span(usual)
        );
        (message, all)
    };
    let spans: Vec<String> = earlier.into_iter().map(span).collect();
    let diagnosis = report.say(series.object.clone(), message);
    // A run that has ended keeps no later one from being good.
    if slow_so_far.is_none() {
        diagnosis.explains = &[];
    }
    diagnosis
        .evidence(Evidence::fact(
            series.object.clone(),
            format!("runs took, the newest first: {}", spans.join(", ")),
        ))
        .help(
            "see whether the database has grown, what else loads the servers then, which transactions go on for long, and \
             whether the storage is slow",
        );
    if let Some(command) = command {
        diagnosis.command(command);
    }
}

/// What is usual, where a run took more than twice as long; `None` where it did not, or where too few runs tell.
fn slower_than_usual(seconds: i64, earlier: &[i64]) -> Option<i64> {
    let mut sorted = earlier.to_vec();
    sorted.sort_unstable();
    let usual = *sorted.get(sorted.len() / 2).filter(|_| sorted.len() >= USUAL)?;
    (seconds > usual.saturating_mul(2) && seconds - usual >= NOTICEABLE).then_some(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_the_median_of_five_is_not_yet_slow() {
        assert_eq!(slower_than_usual(600, &[300, 290, 310, 280, 900]), None);
        assert_eq!(slower_than_usual(601, &[300, 290, 310, 280, 900]), Some(300));
        assert_eq!(slower_than_usual(6_000, &[300, 290, 310, 280]), None);
        assert_eq!(slower_than_usual(60, &[5, 5, 5, 5, 5]), None);
    }
}
