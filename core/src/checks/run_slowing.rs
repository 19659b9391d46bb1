use crate::check::prelude::*;

declare_check! {
    /// Runs take much longer than they did.
    ///
    /// ## What it looks at
    /// How long the newest good run took, against the median of the good runs before it, of which there must be five: more
    /// than twice as long, and at least two minutes more.
    ///
    /// ## Why it matters
    /// A run that takes ever longer overlaps the next one or a busy hour one day, and a restore of it takes longer too.
    ///
    /// ## How to mend it
    /// See whether the database has grown, what else loads the servers at that time, and whether the storage is slow. A
    /// differential backup after a full one reads less. Which transactions run can only be asked of the database itself.
    RunSlowing {
        code: "NB6013", name: "run-slowing", severity: Warning,
        looks: [AtBackups, AtPlainCronJobs], needs: [], explains: [], since: "0.2",
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
    let mut good = series
        .runs
        .iter()
        .filter(|run| run.is_good() && run.seconds().is_some());
    let Some((newest, seconds)) = good.next().and_then(|run| Some((run, run.seconds()?))) else {
        return;
    };
    let earlier: Vec<i64> = good.filter_map(Run::seconds).collect();
    let Some(usual) = slower_than_usual(seconds, &earlier) else {
        return;
    };
    let time = newest.time().map(|time| format!(" of {}", when(time, cluster.now)));
    let message = format!(
        "the newest good run{} took {}, and the {} before it took {} (median)",
        time.unwrap_or_default(),
        span(seconds),
        earlier.len(),
        span(usual)
    );
    let diagnosis = report.say(series.object.clone(), message);
    diagnosis
        .evidence(Evidence::fact(
            series.object.clone(),
            format!(
                "runs took, the newest first: {}",
                [&[seconds], &*earlier]
                    .concat()
                    .into_iter()
                    .map(span)
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        ))
        .help("see whether the database has grown, what else loads the servers then, and whether the storage is slow");
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
