//! Where all is well, and where nothing is.

use kubectl_neo4jbackup::Exit;
use serde_json::Value;

use super::stage::{Stage, joined};

#[test]
fn a_webhook_that_does_its_work_is_said_to() {
    let stage = Stage::with_webhook(&[]);
    let run = stage.expect(
        Exit::Good,
        &[
            "MutatingWebhookConfiguration guard-neo4jbackup-webhook.neo4jbackup, ValidatingWebhookConfiguration",
            "failurePolicy is Ignore for",
            "Service neo4jbackup/guard-neo4jbackup-webhook has 1 endpoint that is ready",
            "the API server reaches it, and it says that it is ready",
            "the certificate in Secret webhook-certificate is valid for",
            "and caBundle vouches for it",
            "the API server believes what is served: the webhook has answered it just now",
            "whose rules are those of this program",
            "a restore that blinds the operator is refused by policy neo4jbackup-guard.guard-neo4jbackup-webhook.neo4jbackup",
            "no policies hold the rules: the webhook judges alone",
            "a bad backup is refused by webhook validate.neo4jbackup.github.io, tried in namespace default",
            "a good backup is accepted",
            "webhook and policies do their work",
        ],
    );
    assert!(run.stderr.is_empty(), "{run:?}");
    assert!(stage.check(&["-o", "short"]).stdout.is_empty());
    let report: Value = serde_json::from_str(&stage.check(&["-o", "json"]).stdout).unwrap();
    assert_eq!(report["kind"], "WebhookReport");
    assert_eq!((&report["result"], &report["complete"]), (&"pass".into(), &true.into()));
    let stored = stage
        .server
        .must(&["get", "neo4jbackups,neo4jrestores", "-A", "--output=name"]);
    assert_eq!(stored, "", "nothing that was tried is stored");
}

#[test]
fn with_both_engines_each_of_them_is_heard() {
    let stage = Stage::with_webhook(&["--set=engine=both"]);
    stage.expect(
        Exit::Good,
        &[
            "a bad backup is refused by policy neo4jbackup-rules.guard-neo4jbackup-webhook.neo4jbackup",
            "the webhook is asked and answers, by a warning that no policy gives",
        ],
    );
}

/// Its certificate is in its memory; it says itself until when it is valid.
#[test]
fn a_webhook_that_looks_after_its_certificates_says_for_how_long_they_are_valid() {
    let stage = Stage::self_managed();
    stage.expect(
        Exit::Good,
        &[
            "the authority in Secret guard-neo4jbackup-webhook-ca is valid for",
            "and caBundle vouches for it",
            "the certificate that is served is valid for",
            "a bad backup is refused by webhook",
        ],
    );
}

#[test]
fn where_no_webhook_is_installed_that_is_said_and_is_not_good() {
    let stage = Stage::bare();
    let run = stage.expect(
        Exit::NotGood,
        &["no webhook is installed: no webhook configuration of the cluster is neo4jbackup's"],
    );
    assert!(
        joined(&run.stdout).contains("install the chart neo4jbackup-webhook"),
        "{run:?}"
    );
}

#[test]
fn a_mode_that_only_warns_or_records_is_told_from_a_webhook_that_is_silent() {
    let stage = Stage::with_webhook(&[]);
    for (mode, exit, words) in [
        (
            "warn",
            Exit::Good,
            "the webhook warns of a bad backup and does not refuse it",
        ),
        ("audit", Exit::Good, "the mode of the namespace is audit"),
    ] {
        let label = format!("neo4jbackup.github.io/mode={mode}");
        stage
            .server
            .must(&["label", "--overwrite", "namespace", "default", &label]);
        stage.expect(exit, &[words]);
    }
    stage
        .server
        .must(&["label", "namespace", "default", "neo4jbackup.github.io/mode-"]);
    stage.expect(Exit::Good, &["a bad backup is refused by webhook"]);
    let elsewhere = stage.check_in("kube-system", &[]);
    assert_eq!(elsewhere.exit, Exit::Incomplete);
    assert!(
        joined(&elsewhere.stdout).contains("the webhook does not look at namespace kube-system"),
        "{elsewhere:?}"
    );
}
