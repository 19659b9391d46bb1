//! What becomes of a bad object, and of a good one?

use super::{Row, Topic, target};
use crate::admission::failure::{FailedCall, Failure};
use crate::admission::sight::{Heard, Reach, Sight};
use crate::admission::trial::{Said, Speaker, Trial};
use crate::auth::Verdict;
use crate::domain::is_our_name;
use crate::quoted::{Name, quoted};

/// What was tried.
pub(super) fn rows(sight: &Sight<'_>, rows: &mut Vec<Row>) {
    if sight.webhooks().next().is_some() {
        rows.push(denied(sight));
    }
    rows.extend(admitted(sight));
}

/// Whether the webhook has answered the API server when it was asked by its Service.
fn is_reached(sight: &Sight<'_>) -> bool {
    let mut targets = sight.targets.iter();
    targets.any(|target| matches!(target.reach, Reach::Answered { .. }))
}

fn denied(sight: &Sight<'_>) -> Row {
    let row = |verdict, text: String| Row::new(Topic::Denies, verdict, text);
    let place = format!("tried in namespace {}", Name(sight.namespace));
    match sight.heard() {
        Heard::Refuses(webhook) => row(
            Verdict::Ok,
            format!("a bad backup is refused by webhook {}, {place}", Name(&webhook)),
        ),
        Heard::Remarks(policy) => row(
            Verdict::Ok,
            format!(
                "the webhook is asked and answers, by a warning that no policy gives; a bad backup does not come as far, policy {} \
                 refuses it before, {place}",
                Name(&policy)
            ),
        ),
        Heard::Warns => row(
            Verdict::Note,
            format!("the webhook warns of a bad backup and does not refuse it: the mode is warn there, {place}"),
        ),
        Heard::Uncalled(call) => uncalled(&call),
        Heard::Unknown(why) => row(
            Verdict::Unknown,
            format!("whether the webhook refuses a bad backup is not known: {why}"),
        ),
        Heard::Nothing(_) if sight.mode().as_deref() == Some("audit") => {
            let verdict = if is_reached(sight) {
                Verdict::Note
            } else {
                Verdict::Unknown
            };
            let text = "the mode of the namespace is audit: whether a bad backup was judged shows in metrics and in the audit log only";
            row(verdict, text.to_owned()).help("try it in a namespace of another mode: -n NAMESPACE")
        }
        Heard::Nothing(took) => {
            let passed = "a bad backup passes, and nobody says a word";
            if let Some((failure, cause)) = trouble(sight, took.as_secs()) {
                let why =
                    format!("{passed}: calls that fail pass, because failurePolicy is Ignore, and they fail: {cause}");
                return row(Verdict::Wrong, why).help(failure.help());
            }
            if is_reached(sight) {
                let why = format!(
                    "{passed}, although the webhook is there: its settings may have the mode audit, rule NB5001 off, or an \
                     exemption for the namespace"
                );
                let help = "kubectl get configmap in the namespace of the webhook shows its settings";
                return row(Verdict::Unknown, why).help(help);
            }
            let why =
                format!("{passed}: it did not reach the webhook, or the mode is audit; which of them is not known");
            let help = "with the right to get services/proxy this command sees it; else look at /readyz and the log of the pods";
            row(Verdict::Wrong, why).help(help)
        }
    }
}

/// What is in the way of calls, as far as it was seen; else what the time tells that the API server took.
fn trouble(sight: &Sight<'_>, took: u64) -> Option<(Failure, String)> {
    let seen = sight.targets.iter().find_map(|target| target::trouble(target, sight));
    seen.or_else(|| {
        let asked = sight.webhooks().filter(|webhook| webhook.validates());
        let patience = asked.map(|webhook| webhook.patience).min()?;
        let waited = format!("{}; the API server took {took} s over it", Failure::Timeout.cause(""));
        (took >= patience).then_some((Failure::Timeout, waited))
    })
}

fn uncalled(call: &FailedCall) -> Row {
    let cause = call.failure.cause(&call.words);
    let text = format!(
        "no backup can be made, good or bad: the call of webhook {} fails: {cause}; the API server says {}",
        Name(&call.webhook),
        quoted(&call.words)
    );
    let help = if is_our_name(&call.webhook) {
        call.failure.help()
    } else {
        "this webhook is not neo4jbackup's: ask those who look after it; kubectl get validatingwebhookconfigurations,\
         mutatingwebhookconfigurations shows whose it is"
    };
    Row::new(Topic::Denies, Verdict::Wrong, text).help(help)
}

fn admitted(sight: &Sight<'_>) -> Option<Row> {
    let row = |verdict, text: String| Row::new(Topic::Admits, verdict, text);
    let answer = match &sight.trials.good {
        Trial::Answered(answer) => answer,
        other => {
            let text = format!("whether a good backup is accepted is not known: {}", other.why());
            return Some(row(Verdict::Unknown, text));
        }
    };
    Some(match answer.said(&[]) {
        // That nobody knows its instance may be warned of.
        Said::Accepted(_) => row(Verdict::Ok, "a good backup is accepted".to_owned()),
        Said::Refused(speaker) => {
            let by = match speaker {
                Speaker::Webhook(name) => format!(" by webhook {}", Name(&name)),
                Speaker::Policy(name) => format!(" by policy {}", Name(&name)),
                Speaker::Another => String::new(),
            };
            let text = format!("a good backup is refused{by}: {}", quoted(&answer.message));
            row(Verdict::Wrong, text)
        }
        // Said above, of the bad one.
        Said::CallFailed(_) if matches!(sight.heard(), Heard::Uncalled(_)) => return None,
        Said::CallFailed(call) => Row {
            topic: Topic::Admits,
            ..uncalled(&call)
        },
    })
}
