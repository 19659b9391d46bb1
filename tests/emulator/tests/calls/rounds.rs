//! Mutating hooks in order and again where they ask for it, then validating hooks about the result.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use neo4jbackup_emulator::{FailurePolicy, Hook, Outcome, ReinvocationPolicy};
use serde_json::{Value, json};

use crate::review;
use crate::server::{Act, Request, Server, allow};

fn adding(path: &str, value: &str) -> Act {
    let patch = json!([{"op": "add", "path": path, "value": value}]);
    Act::Respond(json!({"allowed": true, "patch": STANDARD.encode(patch.to_string()), "patchType": "JSONPatch"}))
}

/// `/first` and `/second` each add a field that is absent; `/validate` allows.
fn two_defaults(request: &Request) -> Act {
    let spec = &request.review["request"]["object"]["spec"];
    let name = request.target.split(['/', '?']).nth(1).unwrap();
    if name == "validate" || spec.get(name).is_some() {
        return allow();
    }
    adding(&format!("/spec/{name}"), "added")
}

fn targets(server: &Server) -> Vec<String> {
    let seen = server.seen().into_iter();
    seen.map(|request| request.target.split('?').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn validating_hooks_see_what_all_mutating_hooks_have_made_of_it() {
    let server = Server::start(two_defaults).await;
    let emulator = server.emulator([
        Hook::validating("rules", "/validate"),
        Hook::mutating("first", "/first"),
        Hook::mutating("second", "/second"),
    ]);
    let Outcome::Allowed(admitted) = emulator.call(&review()).await else {
        panic!("not allowed");
    };
    let expected = json!({"schedule": "0 2 * * *", "first": "added", "second": "added"});
    assert_eq!(admitted.object["spec"], expected);
    assert_eq!(targets(&server), ["/first", "/second", "/validate"]);
    assert_eq!(server.seen()[2].review["request"]["object"]["spec"], expected);
}

#[tokio::test]
async fn a_hook_that_asks_for_it_is_asked_again_after_a_later_one_changed_the_object() {
    let server = Server::start(two_defaults).await;
    let if_needed =
        |name: &str| Hook::mutating(name, &format!("/{name}")).reinvocation_policy(ReinvocationPolicy::IfNeeded);
    let emulator = server.emulator([if_needed("first"), if_needed("second")]);
    assert!(matches!(emulator.call(&review()).await, Outcome::Allowed(_)));
    // The second one changed it last, so that nobody need ask it again.
    assert_eq!(targets(&server), ["/first", "/second", "/first"]);
    // Nothing is absent now, so that nothing is changed and nobody asked again.
    let Outcome::Allowed(admitted) = emulator.call(&review()).await else {
        panic!("not allowed");
    };
    let server = Server::start(two_defaults).await;
    let complete = neo4jbackup_emulator::Review::create(admitted.object);
    server
        .emulator([if_needed("first"), if_needed("second")])
        .call(&complete)
        .await;
    assert_eq!(targets(&server), ["/first", "/second"]);
}

#[tokio::test]
async fn warnings_and_annotations_of_all_hooks_arrive() {
    let server = Server::start(|request| {
        let path = request.target.split('?').next().unwrap().to_owned();
        Act::Respond(json!({"allowed": true, "warnings": [path], "auditAnnotations": {"mode": "warn"}}))
    })
    .await;
    let emulator = server.emulator([
        Hook::mutating("defaults", "/mutate"),
        Hook::validating("rules", "/validate"),
    ]);
    let Outcome::Allowed(admitted) = emulator.call(&review()).await else {
        panic!("not allowed");
    };
    assert_eq!(admitted.warnings, ["/mutate", "/validate"]);
    let annotations: Vec<&str> = admitted.audit_annotations.keys().map(String::as_str).collect();
    assert_eq!(annotations, ["defaults/mode", "rules/mode"]);
}

#[tokio::test]
async fn a_default_that_could_not_be_filled_in_shows_beside_the_refusal_that_follows() {
    let server = Server::start(|request| match request.target.split('?').next() {
        Some("/mutate") => Act::Close,
        _ => Act::Respond(json!({"allowed": false})),
    })
    .await;
    let emulator = server.emulator([
        Hook::mutating("defaults", "/mutate").failure_policy(FailurePolicy::Ignore),
        Hook::validating("rules", "/validate"),
    ]);
    let Outcome::Denied(denial) = emulator.call(&review()).await else {
        panic!("not denied");
    };
    assert_eq!(
        (denial.hook.as_str(), denial.let_through[0].hook.as_str()),
        ("rules", "defaults")
    );
}

#[tokio::test]
async fn a_deletion_has_no_object_to_change() {
    let server = Server::start(|_| adding("/spec", "x")).await;
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    let deletion = neo4jbackup_emulator::Review::delete(object);
    let outcome = server
        .emulator([Hook::mutating("defaults", "/mutate")])
        .call(&deletion)
        .await;
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    assert_eq!(server.seen()[0].review["request"]["object"], Value::Null);
}
