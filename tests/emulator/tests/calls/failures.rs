//! What is a failure, what a denial, and what the failure policy makes of it.

use std::time::Duration;

use neo4jbackup_emulator::{Emulator, Endpoints, FailurePolicy, Hook, Outcome, Reason};
use serde_json::{Value, json};

use crate::server::{Act, Server, allow};
use crate::{failing_closed, failing_open, review};

/// How a request ends for a server that always does this, with either policy.
async fn reason(act: Act) -> Reason {
    let server = Server::start(move |_| act.clone()).await;
    let open = server.emulator([failing_open()]);
    let Outcome::LetThrough(admitted, failures) = open.call(&review()).await else {
        panic!("not let through");
    };
    assert_eq!(&admitted.object["metadata"]["name"], "nightly");
    let Outcome::Failed(failure) = server.emulator([failing_closed()]).call(&review()).await else {
        panic!("not failed");
    };
    assert_eq!(failure.hook, "rules.example.com");
    assert_eq!(
        failures.iter().map(|failure| failure.reason).collect::<Vec<_>>(),
        [failure.reason]
    );
    assert_eq!(
        open.counts().failures.into_iter().collect::<Vec<_>>(),
        [(failure.reason, 1)]
    );
    failure.reason
}

#[tokio::test]
async fn every_failure_obeys_the_policy_and_has_its_reason() {
    let late = Act::Late(Duration::from_secs(5), json!({"allowed": true}));
    let cases = [
        (
            Act::Respond(json!({"uid": "another", "allowed": true})),
            Reason::WrongUid,
        ),
        (
            Act::Respond(json!({"allowed": true, "patch": "W10=", "patchType": "JSONPatch"})),
            Reason::PatchOfValidatingHook,
        ),
        (Act::Status(413, ""), Reason::Status(413)),
        (Act::Status(500, ""), Reason::Status(500)),
        (Act::Status(503, "Connection: close\r\n"), Reason::Status(503)),
        (
            Act::Raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
            Reason::AnswerBroken,
        ),
        (
            Act::Raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"),
            Reason::NoResponse,
        ),
        (
            Act::Raw("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnope"),
            Reason::Undecodable,
        ),
        (Act::Raw("nonsense\r\n\r\n"), Reason::AnswerBroken),
        (Act::Close, Reason::EndedUnanswered),
        (late, Reason::Deadline),
    ];
    for (act, expected) in cases {
        assert_eq!(reason(act).await, expected);
    }
}

#[tokio::test]
async fn a_denial_is_no_failure_and_keeps_its_causes() {
    let response = json!({"allowed": false, "status": {"code": 422, "reason": "Invalid", "message": "bad schedule",
        "details": {"causes": [{"field": "spec.schedule", "message": "six fields"}]}}});
    let server = Server::start(move |_| Act::Respond(response.clone())).await;
    let emulator = server.emulator([failing_open()]);
    let Outcome::Denied(denial) = emulator.call(&review()).await else {
        panic!("not denied");
    };
    assert_eq!((denial.code, denial.causes[0].field.as_str()), (422, "spec.schedule"));
    assert_eq!((emulator.counts().denied, emulator.counts().lost()), (1, 0));
}

#[tokio::test]
async fn a_patch_that_cannot_be_applied_is_an_error_whatever_the_policy() {
    // [{"op":"remove","path":"/spec/absent"}]
    let patch = "W3sib3AiOiJyZW1vdmUiLCJwYXRoIjoiL3NwZWMvYWJzZW50In1d";
    let response = json!({"allowed": true, "patch": patch, "patchType": "JSONPatch"});
    let server = Server::start(move |_| Act::Respond(response.clone())).await;
    let hook = Hook::mutating("defaults.example.com", "/mutate").failure_policy(FailurePolicy::Ignore);
    let Outcome::Failed(failure) = server.emulator([hook]).call(&review()).await else {
        panic!("not failed");
    };
    assert_eq!(failure.reason, Reason::PatchNotApplicable);
}

#[tokio::test]
async fn certificates_of_other_authorities_and_names_are_refused() {
    let server = Server::start(|_| allow()).await;
    let stranger = Server::start(|_| allow()).await;
    let mistaken = Server::start_as("other.neo4j.svc", |_| allow()).await;
    let calls_with = async |address, bundle: &str| {
        let config = neo4jbackup_emulator::Config::new("guard", "neo4j", bundle)
            .endpoints(Endpoints::fixed([address]))
            .hook(failing_closed());
        match Emulator::new(config).call(&review()).await {
            Outcome::Allowed(_) => None,
            Outcome::Failed(failure) => Some(failure.reason),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(calls_with(server.address, &server.authority).await, None);
    assert_eq!(
        calls_with(stranger.address, &server.authority).await,
        Some(Reason::Handshake)
    );
    assert_eq!(
        calls_with(mistaken.address, &mistaken.authority).await,
        Some(Reason::Handshake)
    );
    assert_eq!(calls_with(server.address, "nothing").await, Some(Reason::CaBundle));
    let both = format!("{}\n{}", stranger.authority, server.authority);
    assert_eq!(calls_with(server.address, &both).await, None);
    assert_eq!(calls_with(stranger.address, &both).await, None);
}

#[tokio::test]
async fn a_bundle_that_is_changed_counts_from_the_next_call_on() {
    let server = Server::start(|_| allow()).await;
    let stranger = Server::start(|_| allow()).await;
    let emulator = server.emulator([failing_closed()]);
    assert!(matches!(emulator.call(&review()).await, Outcome::Allowed(_)));
    emulator.set_ca_bundle(&stranger.authority);
    assert!(
        matches!(emulator.call(&review()).await, Outcome::Failed(_)),
        "an open connection was used"
    );
    emulator.set_ca_bundle(&server.authority);
    assert!(matches!(emulator.call(&review()).await, Outcome::Allowed(_)));
    assert_eq!(emulator.counts().connections, 1, "the old connection was not kept");
}

#[tokio::test]
async fn the_call_says_how_long_it_may_take_and_what_it_is_about() {
    let server = Server::start(|_| allow()).await;
    let hook = Hook::validating("rules.example.com", "/validate/enforce").timeout_seconds(3);
    let emulator = server.emulator([hook]);
    emulator.call(&review()).await;
    emulator.call(&review().dry_run()).await;
    let seen = server.seen();
    assert_eq!(seen[0].target, "/validate/enforce?timeout=3s");
    assert!(
        seen[0].header.contains("\r\nHost: guard.neo4j.svc:443\r\n"),
        "{}",
        seen[0].header
    );
    let [first, second] = [&seen[0].review["request"], &seen[1].review["request"]];
    assert_eq!(
        first["resource"],
        json!({"group": "neo4j.neo4j.com", "version": "v1beta1", "resource": "neo4jbackups"})
    );
    assert_eq!(
        (&first["operation"], &first["oldObject"]),
        (&json!("CREATE"), &Value::Null)
    );
    assert_eq!((&first["dryRun"], &second["dryRun"]), (&json!(false), &json!(true)));
    assert_ne!(first["uid"], second["uid"]);
}
