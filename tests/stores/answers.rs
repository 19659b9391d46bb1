//! Answers that no store gives, and services that give none.

use std::process::Command;
use std::time::Duration;

use neo4jbackup_harness::workspace_program;

use crate::impostor::{Impostor, Reply};
use crate::support::Probe;

const KEYS: [&str; 2] = ["AKIAIOSFODNN7EXAMPLE", "the-secret"];
const EMPTY: &str = "<?xml version=\"1.0\"?><ListBucketResult><Name>backups</Name></ListBucketResult>";
const ALL_BUCKETS: &str = "<?xml version=\"1.0\"?><ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>";
const NOWHERE: &str = "http://127.0.0.1:1";
const ROLE: &str = "arn:aws:iam::123456789012:role/backup";

fn of(endpoint: &str) -> Probe {
    Probe::s3(endpoint).keys(&KEYS).flag("--region=eu-west-1")
}

#[test]
fn what_is_no_list_is_not_taken_for_an_empty_one() {
    let store = Impostor::answering("200 OK", "", EMPTY);
    let answer = of(&store.endpoint()).run();
    answer.is_ok(&["list"]);
    assert_eq!(answer.code, Some(0));

    let page = "<!DOCTYPE html><html><body>Welcome<br></body></html>";
    for body in [page, "<html><body/></html>", "", ALL_BUCKETS] {
        let other = Impostor::answering("200 OK", "", body);
        of(&other.endpoint()).run().is_failed("list", "endpoint-not-a-store");
    }

    // As a server without a domain for its buckets does: it does not look at the host.
    let store = Impostor::answering("200 OK", "", ALL_BUCKETS);
    let in_host = of("http://minio.example.org:9000").variable("HTTP_PROXY", store.endpoint());
    in_host.run().is_failed("list", "s3-path-style-only");
    let in_path = of("http://minio.example.org:9000").variable("HTTP_PROXY", store.endpoint());
    in_path
        .flag("--path-style")
        .run()
        .is_failed("list", "endpoint-not-a-store");
}

#[test]
fn one_artifact_is_not_taken_for_what_lies_beside_it() {
    let list = |key: &str| {
        let body = format!(
            "<?xml version=\"1.0\"?><ListBucketResult><Name>backups</Name><Contents><Key>{key}</Key><LastModified>2026-11-21T10:00:00.000Z</LastModified><Size>1</Size></Contents></ListBucketResult>"
        );
        let store = Impostor::answering("200 OK", "", &body);
        let probe = of(&store.endpoint()).flag("--path-style");
        let answer = probe.prefix("graph/one.backup").run();
        // The least policy for one artifact allows this prefix and no shorter one.
        let heard = store.heard();
        assert!(
            heard
                .iter()
                .any(|request| request.contains("prefix=graph%2Fone.backup&")
                    || request.contains("prefix=graph%2Fone.backup ")),
            "{heard:?}"
        );
        answer
    };
    list("graph/one.backup").saw("list", "found `graph/one.backup`");
    list("graph/one.backup.sha256").saw("list", "nothing is there yet");
}

/// What was written is deleted again, or named, also where no answer says that it was written.
#[test]
fn an_object_that_may_have_been_written_is_not_left_behind_in_silence() {
    let list = ("list-type=2", Reply::new("200 OK", "", EMPTY));
    let write = |put: Reply, delete: Reply| {
        let store = Impostor::by_request(&[list.clone(), ("PUT ", put), ("DELETE ", delete)]);
        let answer = of(&store.endpoint()).flag("--path-style").flag("--write-canary").run();
        answer.is_not_tried(&["read", "delete"]);
        assert_eq!(answer.row("write")["outcome"], "failed");
        let heard = store.heard();
        let deleted = heard.iter().filter(|request| request.starts_with("DELETE ")).count();
        (answer.message("write").to_owned(), deleted)
    };
    let gone = || Reply::new("204 No Content", "", "");
    // The library takes no answer without an ETag.
    for put in [
        Reply::new("200 OK", "", ""),
        Reply::none(Duration::ZERO),
        Reply::new("500 Internal Server Error", "", ""),
    ] {
        let (message, deleted) = write(put.clone(), gone());
        assert_eq!(deleted, 1, "{message}");
        assert!(
            message.contains("; what may have been written as `graph/nightly/neo4jbackup-probe-"),
            "{message}"
        );
        let (message, _) = write(put.clone(), Reply::new("404 Not Found", "", ""));
        assert!(message.ends_with("` is deleted"), "{message}");
        let (message, _) = write(put, Reply::new("403 Forbidden", "", ""));
        assert!(message.contains("; `graph/nightly/neo4jbackup-probe-"), "{message}");
        assert!(message.ends_with("may be there, and could not be deleted"), "{message}");
    }
    // What is refused is not there.
    let (message, deleted) = write(Reply::new("403 Forbidden", "", ""), gone());
    assert_eq!(deleted, 0, "{message}");
    assert!(!message.contains("neo4jbackup-probe-"), "{message}");
}

#[test]
fn a_redirect_is_of_another_region_only_where_it_names_one() {
    let moved = "Location: https://login.example.org/start?token=hidden\r\n";
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let page = Impostor::answering(status, moved, "");
        let answer = of(&page.endpoint()).run();
        answer.is_failed("list", "endpoint-not-a-store").hides("hidden");
        let message = answer.message("list");
        assert!(
            message.ends_with("sends us to `https://login.example.org`"),
            "{message}"
        );
    }
    let region = "x-amz-bucket-region: eu-central-1\r\nLocation: https://s3.eu-central-1.amazonaws.com/\r\n";
    let store = Impostor::answering("301 Moved Permanently", region, "");
    let answer = of(&store.endpoint()).run();
    answer.is_failed("list", "s3-wrong-region");
    assert!(
        answer.message("list").contains("`eu-central-1`"),
        "{}",
        answer.message("list")
    );
}

#[test]
fn a_token_service_that_is_away_is_a_failure_only_where_an_identity_was_expected() {
    let store = Impostor::answering("200 OK", "", EMPTY);
    let away = || of(&store.endpoint()).variable("AWS_ENDPOINT_URL_STS", NOWHERE);
    let answer = away().run();
    answer.is_ok(&["list"]).is_not_tried(&["identity"]);
    assert_eq!(answer.code, Some(0));
    let why = answer.row("identity")["why"].as_str().unwrap();
    assert!(why.contains("out of reach") && why.contains("127.0.0.1:1"), "{why}");
    let expecting = away().flag(&format!("--expect-identity={ROLE}")).run();
    expecting.is_failed("identity", "connection-refused").is_ok(&["list"]);

    let without = of(&store.endpoint()).flag(&format!("--expect-identity={ROLE}")).run();
    without.is_failed("identity", "identity-not-known").is_ok(&["list"]);
    assert!(
        without.message("identity").contains(ROLE),
        "{}",
        without.message("identity")
    );

    // It answers, and not with a name.
    let other = of(&store.endpoint()).variable("AWS_ENDPOINT_URL_STS", store.endpoint());
    other.run().is_failed("identity", "endpoint-not-a-store");
}

#[test]
fn an_agent_that_says_nothing_is_not_the_stores_fault() {
    let store = Impostor::answering("200 OK", "", EMPTY);
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "token-of-the-pod").unwrap();
    let with_agent = |address: &str| {
        Probe::s3(&store.endpoint())
            .flag("--region=eu-west-1")
            .variable("AWS_CONTAINER_CREDENTIALS_FULL_URI", address)
            .variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &token)
    };
    let answer = with_agent("http://127.0.0.1:1/v1/credentials?hidden").run();
    answer
        .is_failed("credentials", "eks-pod-identity-failed")
        .is_not_tried(&["identity", "list"])
        .hides("token-of-the-pod")
        .hides("hidden");
    assert!(
        answer.message("credentials").contains("gives no answer"),
        "{}",
        answer.message("credentials")
    );
    std::fs::remove_file(&token).unwrap();
    let answer = with_agent("http://127.0.0.1:1/v1/credentials").run();
    answer.is_failed("credentials", "eks-pod-identity-failed");
    assert!(
        answer.message("credentials").contains("cannot be read"),
        "{}",
        answer.message("credentials")
    );
}

#[test]
fn a_password_in_the_endpoint_is_not_shown() {
    for endpoint in ["https://user:hidden@minio:9000", "https://minio:9000/?key=hidden"] {
        of(endpoint)
            .run()
            .is_failed("endpoint", "endpoint-malformed")
            .hides("hidden");
    }
}

/// A report in which nothing was tried would be taken for a good one.
#[test]
fn a_provider_that_nothing_is_known_of_is_wrong_usage() {
    let mut command = Command::new(workspace_program("kubectl-neo4jbackup").unwrap());
    let output = command.args(["probe", "--bucket=backups", "--provider=ibm"]).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
}
