//! States of a webhook, and what is said of each.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Row, Topic, rows};
use crate::admission::failure::Failure;
use crate::admission::sight::{Bundle, Paper, Place, Reach, Sight, Target, Trials};
use crate::admission::trial::{Answer, Trial};
use crate::auth::Verdict;
use crate::document::Node;
use crate::facts::Cause;
use crate::live::Cluster;
use crate::snapshot::{Gap, Resource, Snapshot, StoredObject};
use crate::values::validity::Validity;

const WEBHOOK: &str = "validate.neo4jbackup.github.io";

fn now() -> Timestamp {
    "2026-11-27T12:00:00Z".parse().unwrap()
}

fn validity(from: &str, until: &str) -> Validity {
    let time = |day: &str| format!("{day}T12:00:00Z").parse().unwrap();
    Validity {
        not_before: time(from),
        not_after: time(until),
    }
}

/// A release whose calls that fail pass, with one pod that is ready.
struct State {
    objects: Vec<(Resource, Value)>,
    forbidden: Vec<Resource>,
    target: Target,
    trials: Trials,
    wants_webhook: bool,
}

fn answered(accepted: bool, message: &str, warning: Option<&str>) -> Trial {
    Trial::Answered(Answer {
        accepted,
        message: message.to_owned(),
        warnings: warning.into_iter().map(str::to_owned).collect(),
        took: Duration::from_millis(5),
    })
}

fn accepted() -> Trial {
    answered(true, "", None)
}

impl State {
    fn healthy() -> Self {
        let labels = json!({"app.kubernetes.io/part-of": "neo4jbackup", "app.kubernetes.io/version": "0.2.3"});
        let service = json!({"namespace": "guard", "name": "webhook"});
        let configuration = json!({
            "metadata": {"name": "w", "labels": labels},
            "webhooks": [{"name": WEBHOOK, "failurePolicy": "Ignore", "timeoutSeconds": 3, "clientConfig": {"service": service}}],
        });
        let policy = json!({"metadata": {"name": "neo4jbackup-guard.w", "labels": labels}});
        let slice = json!({
            "metadata": {"name": "s", "namespace": "guard", "labels": {"kubernetes.io/service-name": "webhook"}},
            "endpoints": [{"conditions": {"ready": true}}],
        });
        let denied = format!("admission webhook \"{WEBHOOK}\" denied the request: 1 problem; first: … [NB5001]");
        let guarded =
            "is invalid: : ValidatingAdmissionPolicy 'neo4jbackup-guard.w' with binding 'b' denied request: …";
        Self {
            objects: vec![
                (Resource::ValidatingWebhooks, configuration),
                (Resource::ValidatingPolicies, policy),
                (
                    Resource::Services,
                    json!({"metadata": {"name": "webhook", "namespace": "guard"}}),
                ),
                (Resource::EndpointSlices, slice),
                (Resource::Namespaces, json!({"metadata": {"name": "graph"}})),
            ],
            forbidden: Vec::new(),
            target: Target {
                place: Place::Service {
                    namespace: "guard".to_owned(),
                    name: "webhook".to_owned(),
                },
                bundles: vec![Bundle {
                    webhooks: vec![WEBHOOK.to_owned()],
                    is_empty: false,
                    authorities: vec![validity("2026-01-01", "2027-01-27")],
                }],
                papers: vec![Paper {
                    secret: "tls".to_owned(),
                    is_leaf: true,
                    validity: Some(validity("2026-11-01", "2027-01-27")),
                    distrust: None,
                }],
                unread: Vec::new(),
                reach: Reach::NotAsked,
            },
            trials: Trials {
                good: accepted(),
                bad: answered(false, &denied, None),
                remarkable: answered(true, "", Some("299 - \"… [NB1013]\"")),
                blinding: answered(false, guarded, None),
            },
            wants_webhook: true,
        }
    }

    /// The same, where nobody says anything to a bad backup.
    fn silent() -> Self {
        let mut state = Self::healthy();
        state.trials.bad = accepted();
        state.trials.remarkable = accepted();
        state
    }

    fn without(mut self, resource: Resource) -> Self {
        self.objects.retain(|(of, _)| *of != resource);
        self
    }

    fn rows(&self) -> Vec<Row> {
        let mut snapshot = Snapshot::new(now(), Some(BTreeSet::from(["graph".to_owned()])));
        for resource in [
            Resource::ValidatingWebhooks,
            Resource::MutatingWebhooks,
            Resource::ValidatingPolicies,
            Resource::Services,
            Resource::EndpointSlices,
            Resource::Namespaces,
        ] {
            if self.forbidden.contains(&resource) {
                let gap = Gap {
                    namespace: None,
                    cause: Cause::Forbidden(resource.right("list", None)),
                };
                snapshot.miss(resource, gap);
                continue;
            }
            let objects = self.objects.iter().filter(|(of, _)| *of == resource);
            snapshot.add(
                resource,
                objects.map(|(_, object)| StoredObject::new(&Node::from(object.clone()))),
            );
        }
        snapshot.sort();
        let view = Cluster::of(&snapshot);
        rows(&Sight {
            cluster: &view,
            namespace: "graph",
            version: "0.2.0",
            wants_webhook: self.wants_webhook,
            targets: vec![self.target.clone()],
            bound: Ok(BTreeSet::from(["neo4jbackup-guard.w".to_owned()])),
            trials: self.trials.clone(),
        })
    }

    /// The row of this topic that says these words.
    fn said(&self, topic: Topic, words: &str) -> Row {
        let rows = self.rows();
        let found = rows.iter().find(|row| row.topic == topic && row.text.contains(words));
        found.unwrap_or_else(|| panic!("{words}: {rows:#?}")).clone()
    }
}

fn worst(rows: &[Row]) -> Verdict {
    rows.iter().map(|row| row.verdict).max().unwrap()
}

#[test]
fn where_all_is_well_nothing_is_worse_than_a_note() {
    let state = State::healthy();
    assert_eq!(worst(&state.rows()), Verdict::Note, "{:#?}", state.rows());
    state.said(
        Topic::Denies,
        "a bad backup is refused by webhook validate.neo4jbackup.github.io",
    );
    state.said(
        Topic::Certificate,
        "is valid for 61 days, until 2027-01-27, and caBundle vouches for it",
    );
    state.said(Topic::Version, "0.2.3, whose rules are those of this program, 0.2.0");
}

#[test]
fn every_right_that_is_missing_leaves_something_open() {
    for (resource, topic, words) in [
        (
            Resource::MutatingWebhooks,
            Topic::Webhook,
            "the right to list mutatingwebhookconfigurations",
        ),
        (
            Resource::ValidatingPolicies,
            Topic::Policy,
            "the right to list validatingadmissionpolicies",
        ),
        (
            Resource::EndpointSlices,
            Topic::Service,
            "the right to list endpointslices",
        ),
    ] {
        let mut state = State::healthy();
        state.forbidden = vec![resource];
        assert_eq!(state.said(topic, words).verdict, Verdict::Unknown);
        assert_eq!(worst(&state.rows()), Verdict::Unknown);
    }
}

#[test]
fn no_webhook_is_wrong_unless_none_is_wanted() {
    let mut state = State::healthy().without(Resource::ValidatingWebhooks);
    assert_eq!(
        state.said(Topic::Webhook, "no webhook is installed").verdict,
        Verdict::Wrong
    );
    state.wants_webhook = false;
    assert_eq!(state.said(Topic::Webhook, "and none is wanted").verdict, Verdict::Note);
    assert_eq!(state.said(Topic::Policy, "nobody judges").verdict, Verdict::Wrong);
}

/// Where calls that fail pass, the API server does not say why; what was seen of the rest does.
#[test]
fn silence_has_the_cause_that_was_seen() {
    let passes = |state: &State, cause: &str| {
        let row = state.said(Topic::Denies, cause);
        assert_eq!(row.verdict, Verdict::Wrong);
        assert!(row.text.contains("because failurePolicy is Ignore"), "{}", row.text);
        assert!(!row.help.is_empty());
    };
    let state = State::silent().without(Resource::EndpointSlices);
    state.said(Topic::Service, "has no endpoint that is ready");
    passes(&state, "no pod behind its Service is ready");
    passes(&State::silent().without(Resource::Services), "does not exist");

    let mut state = State::silent();
    state.target.papers[0].distrust = Some(Failure::UnknownAuthority);
    state.said(
        Topic::Certificate,
        "caBundle does not hold the authority that has signed it",
    );
    passes(&state, "signed by an authority that is not in caBundle");

    let mut state = State::silent();
    state.target.papers[0].validity = Some(validity("2020-01-01", "2020-12-31"));
    state.said(Topic::Certificate, "has expired on 2020-12-31");
    passes(&state, "has expired");

    let mut state = State::silent();
    state.target.papers[0].validity = Some(validity("2090-01-01", "2091-01-01"));
    passes(&state, "is not valid yet");

    let mut state = State::silent();
    state.target.bundles[0].authorities = vec![validity("2020-01-01", "2020-12-31")];
    state.said(Topic::Authority, "has expired on 2020-12-31");
    passes(&state, "the authority in caBundle, has expired");

    let mut state = State::silent();
    state.target.reach = Reach::Failed("error trying to reach service: dial tcp: Address is not allowed".to_owned());
    passes(&state, "Address is not allowed");

    // Without any right to see more, the time that it took tells of a network that drops.
    let mut state = State::silent();
    if let Trial::Answered(answer) = &mut state.trials.bad {
        answer.took = Duration::from_secs(6);
    }
    passes(&state, "the API server took 6 s over it");
}

#[test]
fn silence_of_a_webhook_that_is_there_may_be_its_settings() {
    let mut state = State::silent();
    state.target.reach = Reach::Answered {
        version: None,
        leaf: None,
        complaints: Vec::new(),
    };
    assert_eq!(
        state
            .said(Topic::Denies, "its settings may have the mode audit")
            .verdict,
        Verdict::Unknown
    );
    let mut state = State::silent();
    state.objects.retain(|(of, _)| *of != Resource::Namespaces);
    let audited = json!({"metadata": {"name": "graph", "labels": {"neo4jbackup.github.io/mode": "audit"}}});
    state.objects.push((Resource::Namespaces, audited));
    assert_eq!(state.said(Topic::Denies, "is audit").verdict, Verdict::Unknown);
}

#[test]
fn a_call_that_failed_is_told_once_with_its_cause_and_the_words_of_the_api_server() {
    let mut state = State::healthy();
    let message = format!(
        "Internal error occurred: failed calling webhook \"{WEBHOOK}\": failed to call webhook: Post \
         \"https://webhook.guard.svc:443/validate?timeout=3s\": context deadline exceeded"
    );
    for trial in [
        &mut state.trials.good,
        &mut state.trials.bad,
        &mut state.trials.remarkable,
    ] {
        *trial = answered(false, &message, None);
    }
    let row = state.said(Topic::Denies, "no answer came in time");
    assert!(
        row.text.ends_with("the API server says `context deadline exceeded`"),
        "{}",
        row.text
    );
    assert!(row.help.contains("firewall"));
    assert!(state.rows().iter().all(|row| row.topic != Topic::Admits));
}

#[test]
fn a_guard_that_lets_pass_what_blinds_is_wrong_and_another_version_may_be() {
    let mut state = State::healthy();
    state.trials.blinding = accepted();
    assert_eq!(
        state
            .said(Topic::Policy, "lets a restore pass that blinds the operator")
            .verdict,
        Verdict::Wrong
    );
    let mut state = State::healthy();
    state.objects[1].1["metadata"]["labels"]["app.kubernetes.io/version"] = "0.1.0".into();
    assert_eq!(
        state
            .said(Topic::Version, "the guard: `0.1.0`, and this program is 0.2.0")
            .verdict,
        Verdict::Warning
    );
}

/// Other people have policies and webhooks, too.
#[test]
fn what_others_refuse_says_nothing_of_ours() {
    let by =
        |policy: &str| format!("is invalid: : ValidatingAdmissionPolicy '{policy}' with binding 'b' denied request: …");
    let mut state = State::healthy();
    state.trials.blinding = answered(false, &by("no-restores-on-friday"), None);
    let policies: Vec<Row> = state
        .rows()
        .into_iter()
        .filter(|row| row.topic == Topic::Policy)
        .collect();
    assert!(
        policies.iter().all(|row| !row.text.contains("is refused by policy")),
        "{policies:#?}"
    );
    assert_eq!(worst(&policies), Verdict::Unknown, "{policies:#?}");

    let mut state = State::healthy();
    let failed = "Internal error occurred: failed calling webhook \"labels.example.com\": failed to call webhook: Post \
                  \"https://labels.example.svc:443/?timeout=3s\": context deadline exceeded";
    state.trials.bad = answered(false, failed, None);
    let row = state.said(Topic::Denies, "labels.example.com");
    assert!(
        row.help.starts_with("this webhook is not neo4jbackup's"),
        "{}",
        row.help
    );
}

/// Policies are asked before webhooks that refuse: one that could not be called was asked because they let the object pass.
#[test]
fn a_call_of_what_refuses_shows_that_the_policies_let_it_pass() {
    let failed = |webhook: &str| {
        let words = format!(
            "Internal error occurred: failed calling webhook \"{webhook}\": failed to call webhook: Post \
             \"https://webhook.guard.svc:443/?timeout=3s\": context deadline exceeded"
        );
        answered(false, &words, None)
    };
    let mut state = State::healthy();
    state.trials.blinding = failed(WEBHOOK);
    let row = state.said(Topic::Policy, "lets a restore pass that blinds the operator");
    assert_eq!(row.verdict, Verdict::Wrong);

    // One that fills in defaults is called before them.
    let fills_in = "mutate.neo4jbackup.github.io";
    let service = json!({"namespace": "guard", "name": "webhook"});
    let webhook = json!({"name": fills_in, "failurePolicy": "Fail", "clientConfig": {"service": service}});
    let configuration = json!({"metadata": {"name": "m"}, "webhooks": [webhook]});
    state.objects.push((Resource::MutatingWebhooks, configuration));
    state.trials.blinding = failed(fills_in);
    let rows = state.rows();
    assert!(
        rows.iter().all(|row| !row.text.contains("lets a restore pass")),
        "{rows:#?}"
    );
}

/// The API server shows a certificate of its own to webhooks, and none on the way by which this program asks through it.
#[test]
fn a_webhook_that_wants_a_certificate_of_its_callers_is_reached() {
    let mut state = State::healthy();
    state.target.reach = Reach::Failed("remote error: tls: certificate required".to_owned());
    let row = state.said(Topic::Service, "the API server reaches its pods");
    assert_eq!(row.verdict, Verdict::Note);
    assert_eq!(worst(&state.rows()), Verdict::Note, "{:#?}", state.rows());
}

/// Whoever renews an authority puts the new one beside the old one first.
#[test]
fn an_authority_that_is_to_come_spoils_nothing() {
    let mut state = State::healthy();
    let to_come = validity("2026-12-01", "2028-01-01");
    state.target.bundles[0].authorities.push(to_come);
    assert_eq!(worst(&state.rows()), Verdict::Note, "{:#?}", state.rows());
    state.target.bundles[0].authorities = vec![to_come];
    state.said(Topic::Authority, "is not valid");
}
