//! `auth check --probe` on a real node: its pod really starts, really has a token that the API server projected for it, and
//! really asks a store. Whatever becomes of the plugin, nothing of it stays.

mod forwarder;
mod place;
mod tokens;

use std::process::Child;
use std::time::Duration;

use neo4jbackup_harness::{Moto, await_within, report_progress};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::cluster::turn;
use crate::diagnoses::Said;

use self::forwarder::Forwarder;
use self::place::{Place, Stage};

/// A pod that is killed, a Job that is kept for half a minute, and controllers that look now and then.
const DEADLINE: Duration = Duration::from_secs(180);

fn report(said: &Said) -> Value {
    serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

/// The row of a topic of the only item.
fn row<'r>(report: &'r Value, topic: &str) -> &'r Value {
    let mut rows = report["items"][0]["rows"].as_array().unwrap().iter();
    let row = rows.find(|row| row["topic"] == topic);
    row.unwrap_or_else(|| panic!("no row {topic}: {report:#}"))
}

fn assert_verdict(report: &Value, topic: &str, verdict: &str, words: &str) {
    let row = row(report, topic);
    let text = row["text"].as_str().unwrap();
    assert!(
        row["verdict"] == verdict && text.contains(words),
        "{topic} {verdict} {words:?}: {report:#}"
    );
}

#[test]
fn a_pod_asks_with_the_token_of_the_account_of_the_job_and_is_gone_afterwards() {
    let Some(turn) = turn() else { return };
    let Some(moto) = Moto::start_on(&turn.cluster.node, &report_progress).unwrap() else {
        return;
    };
    let stage = Stage::set(turn.cluster);
    let role = moto.role("backup").to_owned();
    let place = Place::create(&stage, "probe-token", Some(&role));
    place.give_tokens(&role);
    place.scheduled(&moto, |_| {});
    let ask = ["auth", "check", "backup/nightly", "--probe", "--write-canary"];
    let said = place.plugin(&[&ask[..], &["-o", "json"]].concat());
    let answer = report(&said);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_verdict(
        &answer,
        "from",
        "note",
        "on node node, under ServiceAccount neo4j-backup-sa, in the place of the pods of CronJob",
    );
    assert_verdict(&answer, "credentials", "ok", "the token of");
    assert_verdict(&answer, "identity", "ok", ":assumed-role/backup/");
    for topic in ["list", "write", "read", "delete"] {
        assert_verdict(&answer, topic, "ok", "");
    }
    assert_eq!(answer["items"][0]["probe"]["from"], "pod");
    assert!(said.stderr.contains("started Job neo4jbackup-probe-"), "{said:?}");
    place.await_no_pod(DEADLINE);

    // The annotation names another role than the one that the pod gets.
    place.annotate("arn:aws:iam::123456789012:role/another");
    let said = place.plugin(&ask);
    assert_eq!(said.code, Some(1), "{said:?}");
    let text = said.in_one_line();
    assert!(
        text.contains("WRONG identity") && text.contains("(identity-of-other)"),
        "{said:?}"
    );
    place.await_no_pod(DEADLINE);
    report_progress("figure: a probe by a projected token on a node under the Restricted standard");
}

#[test]
fn what_the_pods_of_the_job_lack_the_probe_lacks_and_says() {
    let Some(turn) = turn() else { return };
    let Some(moto) = Moto::start_on(&turn.cluster.node, &report_progress).unwrap() else {
        return;
    };
    let stage = Stage::set(turn.cluster);
    let role = moto.role("backup").to_owned();

    // Nothing gives the pod a token: what it gets is the node's.
    let place = Place::create(&stage, "probe-of-node", Some(&role));
    place.scheduled(&moto, |container| {
        let metadata = json!({"name": "AWS_EC2_METADATA_SERVICE_ENDPOINT", "value": moto.endpoint()});
        container["env"].as_array_mut().unwrap().push(metadata);
    });
    let ask = ["auth", "check", "backup/nightly", "--probe", "-o", "json"];
    let said = place.plugin(&ask);
    let answer = report(&said);
    assert_verdict(&answer, "identity", "wrong", "(identity-of-node)");
    assert_verdict(&answer, "list", "ok", "");
    assert_eq!(said.code, Some(1), "{said:?}");
    place.await_no_pod(DEADLINE);

    // A backup that has never run has no Job: the operator will take its keys from a Secret that is not there.
    let place = Place::create(&stage, "probe-of-keys", None);
    place.once_with_secret(&moto);
    let said = place.plugin(&ask);
    let answer = report(&said);
    assert_verdict(&answer, "pod", "wrong", "secret \"s3-keys\" not found");
    assert_eq!(said.code, Some(1), "{said:?}");
    place.await_no_pod(DEADLINE);
    place.secret(&moto.keys("all"));
    let said = place.plugin(&ask);
    let answer = report(&said);
    assert_verdict(&answer, "from", "note", "as the operator makes the pods of nightly");
    assert_verdict(&answer, "list", "ok", "");
    assert!(!said.stdout.contains(&moto.keys("all")[1]), "a key is printed");
    assert_eq!(said.code, Some(0), "{said:?}");

    // An image without the program, and one that is nowhere: neither says anything about the backup.
    for (image, why) in [
        ("neo4jbackup.test/pause:1", "does not start: StartError"),
        ("neo4jbackup.test/nowhere:1", "does not start: ImagePullBackOff"),
    ] {
        let said = place.plugin(&[&ask[..], &["--image", image, "--timeout", "60s"]].concat());
        let answer = report(&said);
        assert_eq!(said.code, Some(3), "{said:?}");
        assert_verdict(&answer, "pod", "unknown", why);
        let help = row(&answer, "pod")["help"].as_str().unwrap();
        assert!(help.contains("--image"), "{answer:#}");
        place.await_no_pod(DEADLINE);
    }
}

/// The servers of a cluster fetch a backup themselves: what the Jobs have is of no use to them.
#[test]
fn a_restore_is_asked_for_in_the_place_of_the_servers_that_read_it() {
    let Some(turn) = turn() else { return };
    let Some(moto) = Moto::start_on(&turn.cluster.node, &report_progress).unwrap() else {
        return;
    };
    let stage = Stage::set(turn.cluster);
    let place = Place::create(&stage, "probe-of-servers", None);
    place.secret(&moto.keys("all"));
    place.restored_by_servers(&moto);
    let ask = ["auth", "check", "restore/back", "--probe", "-o", "json"];
    let said = place.plugin(&ask);
    let answer = report(&said);
    assert_verdict(
        &answer,
        "from",
        "note",
        "in the place of the pods of StatefulSet prod-server",
    );
    assert_verdict(&answer, "from", "note", "under ServiceAccount prod");
    assert_eq!(said.code, Some(1), "without the Secret: {said:?}");
    assert!(
        answer["items"][0]["rows"]
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["topic"] != "list" || row["verdict"] != "ok"),
        "{answer:#}"
    );
    place.await_no_pod(DEADLINE);

    place.give_servers_secret();
    let said = place.plugin(&ask);
    let answer = report(&said);
    // Nobody has backed up anything yet, and the servers may look all the same.
    assert_verdict(
        &answer,
        "list",
        "warning",
        "nothing is there, and so there is nothing to restore",
    );
    assert!(!said.stdout.contains(&moto.keys("all")[1]), "a key is printed");
    place.await_no_pod(DEADLINE);
}

#[test]
fn however_the_plugin_ends_its_pod_does_not_stay() {
    let Some(turn) = turn() else { return };
    let Some(moto) = Moto::start_on(&turn.cluster.node, &report_progress).unwrap() else {
        return;
    };
    let stage = Stage::set(turn.cluster);
    let place = Place::create(&stage, "probe-ends", None);
    // No node takes it: it waits until somebody ends it.
    place.scheduled(&moto, |_| {});
    place.keep_from_nodes();
    let ask = ["auth", "check", "backup/nightly", "--probe", "--timeout", "20s"];

    let mut interrupted = place.begin(&ask, None);
    place.await_pod();
    signal(&interrupted, Signal::INT);
    assert_eq!(interrupted.wait().unwrap().code(), Some(130));
    place.await_no_pod(Duration::from_secs(30));

    let mut killed = place.begin(&ask, None);
    place.await_pod();
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(!place.jobs().is_empty(), "it was to be there still");
    place.await_no_pod(DEADLINE);

    let forwarder = Forwarder::start(&turn.cluster.node);
    let mut cut_off = place.begin(&ask, Some(&forwarder));
    place.await_pod();
    drop(forwarder);
    let code = cut_off.wait().unwrap().code();
    assert_eq!(code, Some(3), "it was to say that it does not know");
    assert!(!place.jobs().is_empty(), "it was to be there still");
    place.await_no_pod(DEADLINE);

    // In time, it is removed at once.
    let said = place.plugin(&[&ask[..5], &["8s"]].concat());
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.in_one_line().contains("no node takes it"), "{said:?}");
    place.await_no_pod(Duration::from_secs(30));
}

fn signal(child: &Child, signal: Signal) {
    let process = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(process, signal).unwrap();
}

#[test]
fn who_may_not_make_a_job_is_told_what_is_missing_and_the_level_probe_is_enough() {
    let Some(turn) = turn() else { return };
    let Some(moto) = Moto::start_on(&turn.cluster.node, &report_progress).unwrap() else {
        return;
    };
    let stage = Stage::set(turn.cluster);
    let role = moto.role("backup").to_owned();
    let place = Place::create(&stage, "probe-rights", Some(&role));
    place.give_tokens(&role);
    place.scheduled(&moto, |_| {});
    let ask = ["auth", "check", "backup/nightly", "--probe", "-o", "json"];
    let with = |level: &str, user: &str| {
        place.grant(level, user);
        let as_user = [&ask[..], &["--as", user]].concat();
        await_within(Duration::from_secs(30), "the roles to be in force", || {
            let said = place.plugin(&as_user);
            // The authorizer learns of them a moment later.
            if report(&said)["notRead"] == json!([]) {
                Ok(said)
            } else {
                Err(format!("{said:?}"))
            }
        })
    };
    let reader = with("read", "reader");
    assert_verdict(
        &report(&reader),
        "pod",
        "unknown",
        "no Job can be made: you may not do that",
    );
    assert!(
        reader.stdout.contains("rbac generate --for plugin --level probe"),
        "{reader:?}"
    );
    assert!(place.jobs().is_empty());
    let prober = with("probe", "prober");
    assert_verdict(&report(&prober), "list", "ok", "");
    assert_eq!(prober.code, Some(0), "{prober:?}");
    place.await_no_pod(DEADLINE);
}
