use crate::check::prelude::*;

declare_check! {
    /// The log of a run that failed says why.
    ///
    /// ## What it looks at
    /// The end of the logs of the containers of the last run that failed, those that run before the others included. Each
    /// line is compared with the table of known failures, the same that `kubectl neo4jbackup explain --log` uses; the first
    /// line that names a cause counts, and not the last one, which mostly says only that something failed. What it is the
    /// cause of, and what can be its own cause, depends on the class of the line: a volume that is full explains a claim
    /// that is nearly full, and no account that two identities contend for explains it.
    ///
    /// ## Why it matters
    /// The status of a backup and the events of its Job say that a run failed and never why.
    ///
    /// ## How to mend it
    /// As the diagnosis says: each class of failures has a remedy of its own.
    RunFailureInLog {
        code: "NB6003", name: "run-failure-in-log", severity: Error,
        looks: [AtBackups, AtPlainCronJobs], needs: [Jobs, Pods], explains: ["NB6001", "NB6002"], since: "0.2",
    }
}

impl Check for RunFailureInLog {
    fn check_backup(&self, backup: &Backup<'_>, _: &Cluster<'_>, report: &mut Report) {
        say(&backup.runs, backup.reference(), report);
    }

    fn check_plain_cron_job(&self, cron_job: &PlainCronJob<'_>, _: &Cluster<'_>, report: &mut Report) {
        say(&cron_job.runs, cron_job.reference(), report);
    }
}

fn say(runs: &[Run<'_>], object: ObjectRef, report: &mut Report) {
    let ended = runs.iter().find(|run| run.has_ended());
    let Some(failure) = ended
        .filter(|run| run.outcome == Outcome::Failed)
        .and_then(Run::failure)
    else {
        return;
    };
    let Some((line, class)) = failure.line else { return };
    let diagnosis = report.say(object, small(&class.cause));
    diagnosis
        .help(small(&class.remedy))
        .evidence(Evidence::log(failure.pod, failure.container, line));
    diagnosis.class = Some(class);
    if !class.decides {
        diagnosis.probable();
    }
    let ended = failure
        .ended
        .map(|ended| Evidence::ended(failure.pod, failure.container, ended));
    diagnosis.all_evidence(ended);
}

/// A sentence of the table as a diagnosis wants it: without full stop, and with a capital letter only for a name.
fn small(sentence: &str) -> String {
    let sentence = sentence.trim_end_matches('.');
    let mut letters = sentence.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() && !starts_with_name(sentence) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => sentence.to_owned(),
    }
}

fn starts_with_name(sentence: &str) -> bool {
    let word = sentence.split([' ', '\'', ',']).next().unwrap_or_default();
    let names = ["Neo4j", "Azure", "Google", "Kubernetes", "Java", "Bolt", "Docker"];
    names.contains(&word) || word.chars().skip(1).any(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_starts_small_unless_with_a_name() {
        let told = [
            "A volume is full.",
            "AWS said no.",
            "Neo4j said no.",
            "ServiceAccount is missing.",
        ]
        .map(small);
        assert_eq!(
            told,
            [
                "a volume is full",
                "AWS said no",
                "Neo4j said no",
                "ServiceAccount is missing"
            ]
        );
    }
}
