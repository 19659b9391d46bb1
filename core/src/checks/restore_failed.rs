use crate::check::prelude::*;
use crate::logs::Class;
use crate::operator::{OperatorVersion, Versions};

declare_check! {
    /// A restore failed.
    ///
    /// ## What it looks at
    /// The phase and the message of a restore, and the log of its Job while that is there. The message is looked up in a
    /// table of what the operator's versions write; where it says only that the Job failed, the log is looked up in the same
    /// table that `kubectl neo4jbackup explain --log` uses. A restore after which another one of the same database went well
    /// is only an information.
    ///
    /// ## Why it matters
    /// The database is not what it was to become. A restore by a Job stops the instance first, so that a failure costs an
    /// outage too. A failed validation raises no event.
    ///
    /// ## How to mend it
    /// As the diagnosis says: each class of messages has a remedy of its own. The restore is tried again only when its spec
    /// changes, or when it is deleted and created again.
    RestoreFailed {
        code: "NB8101", name: "restore-failed", severity: Error,
        looks: [AtRestores], needs: [], explains: ["NB8111"], since: "0.2",
    }
}

impl Check for RestoreFailed {
    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        if restore.phase != "Failed" {
            return;
        }
        let when = restore.ended().map(|time| format!(" at {time}")).unwrap_or_default();
        let meaning = restore.meaning();
        let failure = restore.job.as_ref().and_then(Job::failure);
        // The log of the Job knows better than a message that says only that the Job failed.
        let logged = failure.and_then(|failure| failure.line).map(|(_, class)| class);
        let logged = logged.filter(|class| class.decides && meaning.is_none_or(|meaning| !meaning.decides));
        let told = logged.or(meaning);
        let (why, help) = match told {
            Some(class) => (small(sentence(&class.cause)), remedy(class, cluster)),
            None if restore.message.trim().is_empty() => (
                "the operator does not say why".to_owned(),
                "look at its events and at the log of its Job".to_owned(),
            ),
            None => (
                format!("the operator says {}", excerpt(restore.message.trim())),
                "mend what the message names".to_owned(),
            ),
        };
        let message = format!("the restore failed{when}: {why}");
        let diagnosis = report.say(restore.reference(), message);
        diagnosis.help(help);
        // A line that says why has the causes that its class names, and no other.
        diagnosis.class = logged;
        if told.is_some_and(|class| class.name == "database-exists") {
            // What the rule says may happen is what has happened.
            diagnosis.explains = &["NB8111", "NB8010"];
        }
        if let Some(failure) = failure {
            let line = failure.line.map(|(line, _)| line);
            diagnosis.all_evidence(line.map(|line| Evidence::log(failure.pod, failure.container, line)));
            let ended = failure.ended;
            diagnosis.all_evidence(ended.map(|ended| Evidence::ended(failure.pod, failure.container, ended)));
        }
        if !restore.message.trim().is_empty() {
            diagnosis.evidence(Evidence::field(restore.reference(), "status.message", &restore.message));
        }
        if let Some(later) = later_success(restore, cluster) {
            let text = format!("restore {} of the same database went well after it", later.name);
            diagnosis.severity(Severity::Info);
            diagnosis.evidence(Evidence::fact(later.reference(), text));
            diagnosis.help("nothing, when the later restore is the one that counts; this one can be deleted");
        } else if told.is_none_or(|class| !class.decides) {
            diagnosis.command(format!(
                "kubectl describe neo4jrestore {} -n {}",
                restore.name, restore.namespace
            ));
        }
    }
}

/// What to do about a class of messages, with the version of the operator that makes it unnecessary.
pub(super) fn remedy(class: &Class, cluster: &Cluster<'_>) -> String {
    let help = small(sentence(&class.remedy));
    match class.fixed {
        Some(fixed) if is_older(cluster, fixed) => format!("{help}; fixed in operator {fixed}"),
        _ => help,
    }
}

/// Whether the operator may be older than a version.
fn is_older(cluster: &Cluster<'_>, fixed: OperatorVersion) -> bool {
    let since = Versions::since(fixed);
    cluster.operator.is_none_or(|operator| !operator.is_in(since))
}

fn sentence(text: &str) -> &str {
    text.trim_end_matches('.')
}

/// A sentence that goes on after a colon: `A volume` becomes `a volume`; `DNS` and `Neo4j` stay.
fn small(text: &str) -> String {
    let word = text.split(' ').next().unwrap_or_default();
    let is_name = word.chars().skip(1).any(|letter| !letter.is_lowercase());
    match text.chars().next() {
        Some(first) if !is_name => first.to_lowercase().chain(text.chars().skip(1)).collect(),
        _ => text.to_owned(),
    }
}

/// A restore of the same database into the same instance that ended well after this one failed.
pub(super) fn later_success<'c, 's>(restore: &Restore<'s>, cluster: &'c Cluster<'s>) -> Option<&'c Restore<'s>> {
    let what = |restore: &Restore<'_>| {
        let spec = restore.spec();
        let database = spec.database().text().map(str::to_owned);
        (restore.namespace.to_string(), restore.instance(), database)
    };
    let failed = restore.ended()?;
    let wanted = what(restore);
    let mut restores = cluster.restores.iter();
    restores.find(|other| {
        other.namespace == restore.namespace
            && other.phase == "Completed"
            && other.ended().is_some_and(|ended| ended > failed)
            && what(other) == wanted
    })
}

#[cfg(test)]
mod tests {
    use super::small;

    #[test]
    fn a_sentence_goes_on_in_small_letters_unless_it_begins_with_a_name() {
        for (text, expected) in [
            ("A volume is full", "a volume is full"),
            ("The disk", "the disk"),
            ("DNS does not answer", "DNS does not answer"),
            ("Neo4j did not answer", "Neo4j did not answer"),
            ("", ""),
        ] {
            assert_eq!(small(text), expected);
        }
    }
}
