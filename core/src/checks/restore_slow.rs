use crate::check::prelude::*;

declare_check! {
    /// A restore takes much longer than others of its database did.
    ///
    /// ## What it looks at
    /// Restores that run, and how long those of the same database of the same instance took that ended well: more than twice as
    /// long as the longest of them, and at least ten minutes more. The first restore has nothing to be compared with.
    ///
    /// ## Why it matters
    /// A standalone may be stopped all that time, and the database of a cluster is not there.
    ///
    /// ## How to mend it
    /// See whether the log of the Job goes on: a restore that reads slowly waits for the network or for the storage class
    /// of the volume that it writes to. Give the instance more memory and processor time, or a faster storage class.
    RestoreSlow {
        code: "NB8117", name: "restore-slow", severity: Warning,
        looks: [AtRestores], needs: [], explains: [], since: "0.2",
    }
}

/// A restore that takes fewer seconds more than this is not slow, whatever the others took.
const NOTICEABLE: i64 = 10 * 60;

impl Check for RestoreSlow {
    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let Some(started) = restore
            .started
            .filter(|_| restore.phase == "Running" && !restore.is_outdated())
        else {
            return;
        };
        let of = restore.instance();
        // Databases of one instance may differ in size by far.
        let spec = restore.spec();
        let database = spec.database().text();
        let siblings = cluster.restores.iter().filter(|other| {
            let is_done = other.namespace == restore.namespace && other.phase == "Completed";
            is_done && other.instance() == of && other.spec().database().text() == database
        });
        let took = |other: &Restore<'_>| Some(other.completed?.as_second() - other.started?.as_second());
        let longest = siblings
            .filter_map(|other| Some((took(other)?, other)))
            .max_by_key(|(seconds, _)| *seconds);
        let Some((usual, slowest)) = longest else {
            return;
        };
        let seconds = cluster.now.as_second() - started.as_second();
        if !is_slow(seconds, usual) {
            return;
        }
        let message = format!(
            "it has been running for {}, and the longest restore of {} that ended well took {}",
            span(seconds),
            name(&of),
            span(usual)
        );
        let diagnosis = report.say(restore.reference(), message);
        diagnosis
            .evidence(Evidence::field(
                restore.reference(),
                "status.startTime",
                &started.to_string(),
            ))
            .evidence(Evidence::fact(slowest.reference(), format!("took {}", span(usual))))
            .help("see whether its log goes on; else it waits for the network or for the storage that it writes to")
            .command(format!(
                "kubectl neo4jbackup logs restore/{} -n {}",
                restore.name, restore.namespace
            ));
    }
}

/// Whether a restore that has been running for so long is slow, where the longest took `usual` seconds.
fn is_slow(seconds: i64, usual: i64) -> bool {
    seconds > usual.saturating_mul(2) && seconds - usual >= NOTICEABLE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_as_long_is_not_yet_slow() {
        assert!(!is_slow(3_600, 1_800));
        assert!(is_slow(3_601, 1_800));
        assert!(!is_slow(120, 10));
        assert!(!is_slow(-5, 10));
    }
}
