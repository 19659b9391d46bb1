//! What fails on a real node, and what the plugin says of it, run as kubectl runs it.
//!
//! `CronJobs` fire, the scheduler and the kubelet refuse or start pods, the kernel ends them; the operator's part is written
//! by the tests, and `tests/stand-in` is in the place of neo4j-admin. A case makes something fail by itself; a scene is a
//! scenario of `tests/scenarios` that says at its head that it is played here.

mod acts;
mod cases;
mod operator;
mod scene;
mod stage;
mod verdict;

use std::thread;
use std::time::Instant;

use neo4jbackup_harness::{await_something, await_within, report_progress};
use serde_json::Value;

use crate::cluster::turn;

use self::acts::{Act, DEADLINE, NEVER_STARTED, acts, await_all};
use self::cases::CASES;
use self::operator::Namespace;
use self::stage::Stage;

pub(crate) use self::stage::Said;

/// All failures happen at the same time, each in a namespace of its own.
#[test]
fn what_fails_on_a_node_is_named_by_its_cause() {
    let Some(turn) = turn() else { return };
    let start = Instant::now();
    let stage = Stage::set(turn.cluster);
    let acts = acts(&stage);
    let acts: Vec<(Act, Namespace<'_>)> = thread::scope(|scope| {
        let begin = |act: Act| {
            scope.spawn(|| {
                let namespace = act.begin(&stage);
                (act, namespace)
            })
        };
        let threads: Vec<_> = acts.into_iter().map(begin).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    report_progress(&format!("{} failures begin after {:?}", acts.len(), start.elapsed()));
    await_all(&acts, start);
    let status = stage.plugin(&["status", "--all-namespaces", "--no-headers"]);
    assert_eq!(status.code, Some(1), "{status:?}");
    for case in CASES {
        let state = match case.code {
            "NB6003" | "NB6004" | "NB6009" => "Failing x1",
            "NB2102" | "NB3101" | "NB6008" | "NB6011" | "NB7101" => "Waiting",
            _ => continue,
        };
        let of_case = format!("diagnoses-{} ", case.name);
        let line = status.stdout.lines().find(|line| line.starts_with(&of_case));
        assert!(
            line.is_some_and(|line| line.contains(state)),
            "{}: {status:?}",
            case.name
        );
    }
    for (name, words) in [
        ("full-disk", "No space left on device"),
        ("refused", "Connection refused"),
    ] {
        let (_, namespace) = acts.iter().find(|(act, _)| act.name() == name).unwrap();
        let logs = namespace.plugin(&["logs", "backup/nightly", "--run", "last-failed"]);
        assert!(logs.stdout.contains(words), "{logs:?}");
    }
    report_progress(&format!(
        "figure: {} failures on a node named in {:?}, {} of them played as their scenarios stand there",
        acts.len(),
        start.elapsed(),
        acts.len() - CASES.len(),
    ));
}

/// An operator gives up on a pod that does not start; what it says is what the kubelet said.
#[test]
fn a_start_that_timed_out_and_runs_that_end_are_waited_for() {
    let Some(turn) = turn() else { return };
    let stage = Stage::set(turn.cluster);
    let good = Namespace::create(&stage, "good", &[]).with_accounts();
    stage.claim(&good.name, None);
    let full = Namespace::create(&stage, "full", &[]).with_accounts();
    stage.claim(&full.name, Some("1m"));
    let slow = Namespace::create(&stage, NEVER_STARTED, &[]).with_accounts();
    stage.claim(&slow.name, None);
    let wait = |namespace: &Namespace<'_>, of: &str, goal: &str| {
        namespace.plugin(&["wait", of, "--for", goal, "--timeout", "2m", "--since", "2m"])
    };
    // A scheduled run that is to come, good and bad.
    let scheduled = [&good, &full].map(|namespace| (namespace, namespace.schedule("orders", |_| {})));
    thread::scope(|scope| {
        let waits = [&good, &full].map(|namespace| scope.spawn(|| wait(namespace, "backup/nightly", "scheduled-run")));
        for (namespace, backup) in &scheduled {
            scope.spawn(move || note_when_ended(namespace, backup));
        }
        let [good_run, bad_run] = waits.map(|wait| wait.join().unwrap());
        assert_eq!(good_run.code, Some(0), "{good_run:?}");
        assert!(good_run.stdout.contains("ended well"), "{good_run:?}");
        assert_eq!(bad_run.code, Some(1), "{bad_run:?}");
        assert!(bad_run.stderr.contains("a volume is full"), "{bad_run:?}");
    });
    // Runs that somebody asked for.
    let adhoc = good.once("neo4j", |_| {});
    await_something("the run of the one-shot backup", || job_end(&good, "adhoc-backup"));
    good.note_run(&adhoc, "adhoc-backup", Some("neo4j.backup"));
    let run = wait(&good, "backup/adhoc", "succeeded");
    assert_eq!(run.code, Some(0), "{run:?}");
    // What was stored is there to be restored, and what was not is not.
    for (name, database, is_good) in [("back", "neo4j", true), ("lost", "archive", false)] {
        let restore = good.restore(name, database);
        let job = format!("{name}-restore");
        let end = await_something("the restore", || job_end(&good, &job));
        assert_eq!(end, is_good, "{name}");
        good.note_restore(&restore, is_good);
        let run = wait(&good, &format!("restore/{name}"), "succeeded");
        assert_eq!(run.code, Some(i32::from(!is_good)), "{run:?}");
    }
    let doctor = good.plugin(&["doctor", "restore/lost"]).in_one_line();
    assert!(
        doctor.starts_with("error Neo4jRestore") && doctor.contains("[NB8101]"),
        "{doctor}"
    );
    assert!(
        doctor.contains("Path '/backup/adhoc/archive-*.backup' does not exist."),
        "{doctor}"
    );
    // The image is not there, and the operator gives up.
    let backup = slow.once("neo4j", |spec| {
        spec["template"]["spec"]["containers"][0]["image"] = "neo4j:2025.11.0-enterprize".into();
    });
    let waiting = await_something("a pod that waits for its image", || {
        let pods = slow
            .stage
            .api()
            .get(&format!("/api/v1/namespaces/{}/pods", slow.name))
            .unwrap();
        let pod = &pods["items"][0];
        let waiting = &pod["status"]["containerStatuses"][0]["state"]["waiting"];
        let (reason, message) = (waiting["reason"].as_str(), waiting["message"].as_str());
        let told = reason.zip(message).filter(|(reason, _)| *reason == "ImagePullBackOff");
        let name = pod["metadata"]["name"].as_str().unwrap_or_default();
        told.map(|(reason, message)| format!("pod {name} container backup waiting: {reason}: {message}"))
            .ok_or_else(|| waiting.to_string())
    });
    slow.give_up(&backup, &waiting);
    let doctor = slow.plugin(&["doctor", "backup/adhoc"]).in_one_line();
    assert!(
        doctor.contains("the operator gave up, as the pod did not start within 10m0s"),
        "{doctor}"
    );
    assert!(
        doctor.contains("[NB6012]") && doctor.contains("Back-off pulling image"),
        "{doctor}"
    );
    let run = wait(&slow, "backup/adhoc", "succeeded");
    assert_eq!(run.code, Some(1), "{run:?}");
}

/// How a Job ended, once it has: well or not.
fn job_end(namespace: &Namespace<'_>, name: &str) -> Result<bool, String> {
    let path = format!("/apis/batch/v1/namespaces/{}/jobs/{name}", namespace.name);
    let job = namespace.stage.api().get(&path).ok_or("it is not there yet")?;
    let conditions = job["status"]["conditions"].as_array().into_iter().flatten();
    let mut ends = conditions.filter(|condition| condition["status"] == "True");
    let end = ends.find_map(|condition| match condition["type"].as_str() {
        Some("Complete") => Some(true),
        Some("Failed") => Some(false),
        _ => None,
    });
    end.ok_or_else(|| job["status"].to_string())
}

/// Waits for the run that the `CronJob` begins, and notes what became of it, as the operator does.
fn note_when_ended(namespace: &Namespace<'_>, backup: &Value) {
    let path = format!("/apis/batch/v1/namespaces/{}/jobs", namespace.name);
    let name = await_within(DEADLINE, "the run of the CronJob", || {
        let jobs = namespace.stage.api().get(&path).unwrap();
        let mut names = jobs["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|job| job["metadata"]["name"].as_str());
        names
            .find(|name| name.starts_with("nightly-backup-cron-"))
            .map(str::to_owned)
            .ok_or("it has not begun")
    });
    let is_good = await_something("the end of the run", || job_end(namespace, &name));
    namespace.note_run(backup, &name, is_good.then_some("orders.backup"));
}
