//! What a person may not see is said with the right that is missing.

use kubectl_neo4jbackup::Exit;
use neo4jbackup_harness::root;
use serde_json::{Value, json};

use super::stage::{Stage, joined};

/// The Roles that the guide gives, for its namespaces and its person.
fn roles_of_the_guide() -> Vec<Value> {
    let guide = std::fs::read_to_string(root().join("docs/webhook.md")).unwrap();
    let (_, rest) = guide.split_once("```yaml\n# What `webhook check` needs").unwrap();
    let (yaml, _) = rest.split_once("```").unwrap();
    serde_saphyr::from_multiple(&format!("#{yaml}")).unwrap()
}

#[test]
fn who_has_no_rights_is_told_which() {
    let stage = Stage::with_webhook(&[]);
    let run = stage.check(&["--as=nobody"]);
    assert_eq!(run.exit, Exit::Incomplete);
    let said = joined(&run.stdout);
    for words in [
        "whether a webhook is installed is not known: validatingwebhookconfigurations cannot be read: the right to list \
         validatingwebhookconfigurations.admissionregistration.k8s.io in all namespaces is missing",
        "the right to list validatingadmissionpolicies.admissionregistration.k8s.io in all namespaces is missing",
        "whether a good backup is accepted is not known: the right to create neo4jbackups.neo4j.neo4j.com in namespace default is \
         missing",
    ] {
        assert!(said.contains(words), "{words}\n{}", run.stdout);
    }
}

/// Each right of the guide is needed, and together they are enough.
#[test]
fn the_rights_of_the_guide_are_enough_and_each_of_them_is_used() {
    let stage = Stage::with_webhook(&[]);
    let roles = roles_of_the_guide();
    stage
        .server
        .control_plane
        .apply_yaml(&json!({"apiVersion": "v1", "kind": "List", "items": roles}).to_string())
        .unwrap();
    let run = stage.expect_of(
        &["--as=jane"],
        Exit::Good,
        &["webhook and policies do their work", "caBundle vouches for it"],
    );
    assert!(run.stderr.is_empty(), "{run:?}");
    let everything = stage.check(&["--as=jane", "-o", "yaml"]).stdout;
    let verdicts = |text: &str| {
        text.lines()
            .filter(|line| line.contains("text:"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    for role in roles.iter().filter(|role| role["rules"].is_array()) {
        for left_out in 0..role["rules"].as_array().unwrap().len() {
            let mut less = role.clone();
            less["rules"].as_array_mut().unwrap().remove(left_out);
            stage.server.control_plane.apply_yaml(&less.to_string()).unwrap();
            let what = &role["rules"][left_out];
            let mut said = String::new();
            neo4jbackup_harness::await_within(std::time::Duration::from_secs(30), "a right less", || {
                said = stage.check(&["--as=jane", "-o", "yaml"]).stdout;
                if verdicts(&said) == verdicts(&everything) {
                    Err(format!("without {what} it says the same"))
                } else {
                    Ok(())
                }
            });
            stage.server.control_plane.apply_yaml(&role.to_string()).unwrap();
            stage.expect_of(&["--as=jane"], Exit::Good, &["caBundle vouches for it"]);
        }
    }
    stage
        .server
        .must(&["delete", "clusterrolebinding,clusterrole", "webhook-check"]);
}
