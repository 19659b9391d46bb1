//! Are the policies there, and are they in force?

use super::{Row, Topic};
use crate::admission::sight::Sight;
use crate::admission::trial::{BAD_CODE, Said, Speaker, Trial};
use crate::auth::Verdict;
use crate::quoted::Name;
use crate::snapshot::Resource;

/// What was seen of the policies.
pub(super) fn rows(sight: &Sight<'_>, rows: &mut Vec<Row>) {
    if let Some(gap) = sight.cluster.snapshot.gap(Resource::ValidatingPolicies, None) {
        let text = format!("whether policies are installed is not known: {}", gap.told());
        rows.push(Row::new(Topic::Policy, Verdict::Unknown, text));
        return;
    }
    if sight.cluster.snapshot.is_served(Resource::ValidatingPolicies) == Some(false) {
        let text = "the cluster knows no admission policies: it is older than Kubernetes 1.30";
        let verdict = if sight.wants_webhook {
            Verdict::Note
        } else {
            Verdict::Wrong
        };
        rows.push(Row::new(Topic::Policy, verdict, text));
        return;
    }
    guard(sight, rows);
    errors(sight, rows);
}

/// Of a policy that is stored, and nobody knows whether it judges.
fn in_force_or_not(of: &str, why: &str) -> Row {
    let text = format!("{of} is installed; whether it is in force is not known: {why}");
    Row::new(Topic::Policy, Verdict::Unknown, text)
}

/// Of a policy that did not get its turn: what fills in defaults is asked before any policy.
fn not_asked(of: &str, webhook: &str) -> Row {
    let text = format!(
        "{of} was not asked: the call of webhook {} failed before",
        Name(webhook)
    );
    Row::new(Topic::Policy, Verdict::Note, text)
}

/// Whether what came of an object shows that the policies let it pass: they are asked behind what fills in defaults and before
/// what else may refuse.
fn lets_pass(said: &Said, sight: &Sight<'_>) -> bool {
    let fills_in = |name: &str| {
        let mut webhooks = sight.cluster.webhooks.iter();
        webhooks.any(|webhook| *webhook.name == *name && !webhook.validates())
    };
    match said {
        Said::Accepted(_) | Said::Refused(Speaker::Webhook(_)) => true,
        Said::Refused(Speaker::Policy(_) | Speaker::Another) => false,
        Said::CallFailed(call) => !fills_in(&call.webhook),
    }
}

fn guard(sight: &Sight<'_>, rows: &mut Vec<Row>) {
    let policies = sight.policies();
    let Some(guard) = policies.iter().find(|policy| policy.is_guard()) else {
        let text = "the guard is not installed: nothing is sure to keep out what blinds the operator while the webhook is away";
        let help = "the value guard.enabled of the chart, or kubectl apply -f charts/neo4jbackup-webhook/files/policies/guard.yaml";
        rows.push(Row::new(Topic::Policy, Verdict::Warning, text).help(help));
        return;
    };
    let of = format!("the guard, policy {},", Name(&guard.name));
    let answer = match &sight.trials.blinding {
        Trial::Answered(answer) => answer,
        other => {
            rows.push(in_force_or_not(&of, &other.why()));
            return;
        }
    };
    let is_ours = |name: &str| policies.iter().any(|policy| policy.name == name);
    rows.push(match answer.said(&[]) {
        Said::Refused(Speaker::Policy(policy)) if is_ours(&policy) => {
            let text = format!(
                "a restore that blinds the operator is refused by policy {}",
                Name(&policy)
            );
            Row::new(Topic::Policy, Verdict::Ok, text)
        }
        // Policies are asked before webhooks that refuse: whoever is asked behind them has been asked because they let it pass.
        said if lets_pass(&said, sight) => {
            let text = format!(
                "{of} is installed and lets a restore pass that blinds the operator{}",
                unbound(&guard.name, sight)
            );
            Row::new(Topic::Policy, Verdict::Wrong, text).help(BINDINGS)
        }
        Said::Refused(_) | Said::Accepted(_) => in_force_or_not(&of, &answer.message),
        Said::CallFailed(call) => not_asked(&of, &call.webhook),
    });
}

const BINDINGS: &str =
    "look at its bindings: kubectl get validatingadmissionpolicybindings -o wide; helm upgrade puts them back";

/// The policies of the rules.
fn errors(sight: &Sight<'_>, rows: &mut Vec<Row>) {
    let policies = sight.policies();
    let Some(policy) = policies.iter().find(|policy| policy.has_errors()) else {
        let (verdict, text) = if sight.wants_webhook {
            (Verdict::Note, "no policies hold the rules: the webhook judges alone")
        } else {
            (Verdict::Wrong, "no policies hold the rules: nobody judges")
        };
        rows.push(Row::new(Topic::Policy, verdict, text));
        return;
    };
    let of = format!("policy {}", Name(&policy.name));
    let answer = match &sight.trials.bad {
        Trial::Answered(answer) => answer,
        other => {
            rows.push(in_force_or_not(&of, &other.why()));
            return;
        }
    };
    let is_policy = |speaker: &Speaker| matches!(speaker, Speaker::Policy(_));
    let is_ours = |name: &str| policies.iter().any(|policy| policy.name == name);
    rows.push(match answer.said(&[BAD_CODE]) {
        Said::Refused(Speaker::Policy(policy)) if is_ours(&policy) => {
            let text = format!("a bad backup is refused by policy {}", Name(&policy));
            Row::new(Topic::Policy, Verdict::Ok, text)
        }
        Said::Accepted(speakers) if speakers.iter().any(is_policy) => Row::new(
            Topic::Policy,
            Verdict::Note,
            format!("{of} warns of a bad backup, and does not refuse it"),
        ),
        Said::Accepted(_) if sight.mode().as_deref() == Some("audit") => {
            let text = format!(
                "{of} only records in a namespace whose mode is audit: the audit log of the API server shows it"
            );
            Row::new(Topic::Policy, Verdict::Unknown, text).help("try it in a namespace of another mode: -n NAMESPACE")
        }
        said if lets_pass(&said, sight) => {
            let text = format!(
                "{of} is installed and lets a bad backup pass{}",
                unbound(&policy.name, sight)
            );
            Row::new(Topic::Policy, Verdict::Wrong, text).help(BINDINGS)
        }
        Said::Refused(_) | Said::Accepted(_) => in_force_or_not(&of, &answer.message),
        Said::CallFailed(call) => not_asked(&of, &call.webhook),
    });
}

/// Why a policy that is there says nothing.
fn unbound(policy: &str, sight: &Sight<'_>) -> String {
    match &sight.bound {
        Ok(bound) if !bound.contains(policy) => ": no ValidatingAdmissionPolicyBinding binds it".to_owned(),
        Ok(_) => ": its bindings leave the namespace out, or it is of another version".to_owned(),
        Err(why) => format!("; whether it is bound is not known: {why}"),
    }
}
