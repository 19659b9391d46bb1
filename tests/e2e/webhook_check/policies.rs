//! Policies that are missing, not in force, or of another version.

use kubectl_neo4jbackup::Exit;

use super::stage::Stage;

const OF: &str = "guard-neo4jbackup-webhook.neo4jbackup";

#[test]
fn policies_alone_are_enough_where_no_webhook_is_wanted() {
    let stage = Stage::installed(&["--set=engine=policies"]);
    stage.expect(
        Exit::NotGood,
        &[
            "no webhook is installed",
            "a bad backup is refused by policy neo4jbackup-rules.",
        ],
    );
    stage.expect_of(
        &["--policies-only"],
        Exit::Good,
        &[
            "no webhook is installed, and none is wanted",
            "a bad backup is refused by policy neo4jbackup-rules.",
        ],
    );
}

#[test]
fn without_policies_and_without_a_webhook_nobody_judges() {
    let stage = Stage::bare();
    stage.expect_of(
        &["--policies-only"],
        Exit::NotGood,
        &["no policies hold the rules: nobody judges"],
    );
}

#[test]
fn a_policy_that_nothing_binds_is_not_in_force() {
    let stage = Stage::with_webhook(&[]);
    stage.expect(Exit::Good, &["a restore that blinds the operator is refused by policy"]);
    let binding = format!("neo4jbackup-guard.{OF}");
    stage
        .server
        .must(&["delete", "validatingadmissionpolicybinding", &binding]);
    stage.expect(
        Exit::NotGood,
        &["is installed and lets a restore pass that blinds the operator: no ValidatingAdmissionPolicyBinding binds it"],
    );
}

#[test]
fn a_guard_that_is_missing_and_policies_of_another_version_are_told() {
    let stage = Stage::with_webhook(&["--set=engine=both"]);
    let policy = format!("neo4jbackup-rules.{OF}");
    stage.server.must(&[
        "label",
        "--overwrite",
        "validatingadmissionpolicy",
        &policy,
        "app.kubernetes.io/version=0.0.9",
    ]);
    let guard = format!("neo4jbackup-guard.{OF}");
    stage.server.must(&["delete", "validatingadmissionpolicy", &guard]);
    stage.expect(
        Exit::Good,
        &[
            "the policies: `0.0.9`, and this program is",
            "the guard is not installed",
            "2 warnings",
        ],
    );
}
