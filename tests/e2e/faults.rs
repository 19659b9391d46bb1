//! `doctor` where the API server, the network or the rights fail in the middle: it answers with what it has, names what is
//! missing, and never hangs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use neo4jbackup_core::schema::Kind;
use neo4jbackup_harness::{
    Binaries, ControlPlane, Fate, Front, Options, await_that, later, play, report_progress, workspace_program,
};
use neo4jbackup_tests::crds;
use neo4jbackup_tests::scenario::{objects, scenarios};
use serde_json::{Value, json};

/// The namespace that every test asks about.
pub(crate) const NAMESPACE: &str = "graph";

/// What a run of the plugin came to.
#[derive(Debug)]
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
    took: Duration,
}

impl Run {
    fn report(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A control plane with the objects of a scenario in which a backup fails.
pub(crate) fn start() -> ControlPlane {
    start_with(&crds::rendered())
}

fn start_with(crds: &str) -> ControlPlane {
    let binaries = Binaries::locate_or_build(&report_progress).unwrap();
    let control_plane = ControlPlane::start(&binaries, &Options::default()).unwrap();
    control_plane.kubectl(&["create", "namespace", NAMESPACE]).unwrap();
    if !crds.is_empty() {
        control_plane.install_crds(crds).unwrap();
    }
    control_plane
}

/// The same with what happened in it, minutes ago.
pub(crate) fn with_failed_backup(control_plane: &ControlPlane) {
    let scenario = scenarios().join("one-good-and-three-broken");
    let about: Value = serde_saphyr::from_str(&std::fs::read_to_string(scenario.join("bundle.yaml")).unwrap()).unwrap();
    let taken: jiff::Timestamp = about["takenAt"].as_str().unwrap().parse().unwrap();
    let minutes = (jiff::Timestamp::now().as_second() - taken.as_second()) / 60;
    let objects: Vec<Value> = objects(&scenario).iter().map(|object| later(object, minutes)).collect();
    let namespaces: BTreeSet<&str> = objects
        .iter()
        .filter_map(|object| object["metadata"]["namespace"].as_str())
        .collect();
    for namespace in namespaces {
        control_plane.kubectl(&["create", "namespace", namespace]).unwrap();
    }
    play(&mut control_plane.api_client().unwrap(), objects);
}

/// The control plane of the tests that take nothing from it.
fn shared() -> &'static ControlPlane {
    static SHARED: OnceLock<ControlPlane> = OnceLock::new();
    SHARED.get_or_init(|| {
        let control_plane = start();
        with_failed_backup(&control_plane);
        control_plane
    })
}

pub(crate) fn plugin() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| workspace_program("kubectl-neo4jbackup").unwrap())
}

fn command(kubeconfig: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(plugin());
    command.args(arguments).env("KUBECONFIG", kubeconfig);
    command
}

fn finish(command: &mut Command) -> Run {
    let start = Instant::now();
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        took: start.elapsed(),
    }
}

const DOCTOR: [&str; 5] = ["doctor", "-n", NAMESPACE, "-o", "json"];

/// Runs `doctor` through a front.
fn doctor_through(front: &Front, more: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::write(&file, front.kubeconfig()).unwrap();
    finish(&mut command(&file, &[&DOCTOR[..], more].concat()))
}

fn doctor(control_plane: &ControlPlane, more: &[&str]) -> Run {
    finish(&mut command(control_plane.kubeconfig(), &[&DOCTOR[..], more].concat()))
}

/// The code and the object of each finding.
fn findings(report: &Value) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| (text(&finding["code"]), text(&finding["object"]["name"])))
        .collect()
}

/// Why something was skipped, all of it in one text.
fn reasons(report: &Value) -> String {
    let skipped = report["skipped"].as_array().unwrap().iter();
    skipped
        .filter_map(|skipped| skipped["reason"].as_str())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The resource of a path, without its namespace, name and query: `/apis/batch/v1/jobs`.
pub(crate) fn resource(path: &str) -> String {
    let path = path.split('?').next().unwrap();
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let root = if parts.first() == Some(&"api") { 2 } else { 3 };
    if parts.get(root) == Some(&"namespaces") && parts.len() > root + 2 {
        parts.drain(root..root + 2);
    }
    parts.truncate(root + 1);
    parts.join("/")
}

#[test]
fn a_list_that_takes_too_long_is_a_gap_and_the_rest_is_answered() {
    let late = Duration::from_secs(30);
    let front = Front::start(shared(), move |path| {
        if resource(path) == "api/v1/events" {
            Fate::Late(late)
        } else {
            Fate::Pass
        }
    });
    let run = doctor_through(&front.unwrap(), &["--request-timeout", "8s"]);
    let report = run.report();
    assert!(run.took < late, "{run:?}");
    assert_eq!(report["complete"], false);
    assert!(
        reasons(&report).contains("events of namespace graph: "),
        "{}",
        reasons(&report)
    );
    assert!(reasons(&report).contains("no answer within 8"), "{}", reasons(&report));
    assert!(!findings(&report).is_empty(), "{report:#}");
    assert_eq!(run.code, Some(1), "{run:?}");
}

/// The same request, for pages of one object each.
fn one_object_each(path: &str) -> String {
    let Some((before, rest)) = path.split_once("limit=") else {
        return path.to_owned();
    };
    format!(
        "{before}limit=1{}",
        rest.trim_start_matches(|digit: char| digit.is_ascii_digit())
    )
}

#[test]
fn a_list_whose_next_page_is_forgotten_begins_again() {
    let expected = findings(&doctor(shared(), &[]).report());
    let expired = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": "Expired", "code": 410,
        "message": "The provided continue parameter is too old to display a consistent list result.",
    });
    let (forgotten, refused) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count, again) = (Arc::clone(&forgotten), Arc::clone(&refused));
    let front = Front::start(shared(), move |path| {
        let is_jobs = resource(path) == "apis/batch/v1/jobs";
        if is_jobs && path.contains("continue=") && count.fetch_add(1, Ordering::SeqCst) == 0 {
            return Fate::Answered(410, expired.to_string());
        }
        if is_jobs && !path.contains("continue=") {
            again.fetch_add(1, Ordering::SeqCst);
        }
        Fate::Instead(one_object_each(path))
    });
    let run = doctor_through(&front.unwrap(), &[]);
    assert_eq!(findings(&run.report()), expected, "{run:?}");
    assert!(forgotten.load(Ordering::SeqCst) > 1, "there was no second page");
    assert_eq!(refused.load(Ordering::SeqCst), 2, "the list did not begin again");
}

#[test]
fn a_list_that_is_forgotten_again_and_again_ends_as_a_gap() {
    let expired = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Expired", "code": 410,
        "message": "The provided continue parameter is too old."});
    let front = Front::start(shared(), move |path| {
        if resource(path) == "apis/batch/v1/jobs" && path.contains("continue=") {
            return Fate::Answered(410, expired.to_string());
        }
        Fate::Instead(one_object_each(path))
    });
    let run = doctor_through(&front.unwrap(), &[]);
    let report = run.report();
    assert!(
        reasons(&report).contains("jobs of namespace graph: "),
        "{}",
        reasons(&report)
    );
    assert!(reasons(&report).contains("too old"), "{}", reasons(&report));
}

#[test]
fn a_connection_that_breaks_once_is_made_again() {
    let expected = findings(&doctor(shared(), &[]).report());
    let has_broken = Mutex::new(BTreeSet::new());
    let front = Front::start(shared(), move |path| {
        let is_first = has_broken.lock().unwrap().insert(resource(path));
        let is_list = path.contains("limit=");
        if is_list && is_first { Fate::HungUp } else { Fate::Pass }
    });
    let run = doctor_through(&front.unwrap(), &[]);
    assert_eq!(findings(&run.report()), expected, "{run:?}");
}

/// Ends the API server while `doctor` waits for its Jobs, and starts it again when `until` says so.
fn killed_meanwhile(control_plane: &mut ControlPlane, comes_back: bool) -> Run {
    let (reached, reaches): (Sender<()>, Receiver<()>) = channel();
    let (killed, is_killed): (Sender<()>, Receiver<()>) = channel();
    let (reached, is_killed) = (Mutex::new(Some(reached)), Mutex::new(is_killed));
    let front = Front::start(control_plane, move |path| {
        if resource(path) == "apis/batch/v1/jobs"
            && let Some(reached) = reached.lock().unwrap().take()
        {
            reached.send(()).unwrap();
            is_killed.lock().unwrap().recv().unwrap();
        }
        Fate::Pass
    });
    let front = front.unwrap();
    std::thread::scope(|scope| {
        let run = scope.spawn(|| doctor_through(&front, &["--timeout", "10m", "--request-timeout", "5m"]));
        reaches.recv().unwrap();
        control_plane.kill_apiserver();
        if comes_back {
            control_plane.start_apiserver().unwrap();
        }
        killed.send(()).unwrap();
        run.join().unwrap()
    })
}

#[test]
fn an_api_server_that_goes_in_the_middle_is_told_and_one_that_comes_back_is_asked() {
    let mut control_plane = start();
    with_failed_backup(&control_plane);
    let expected = findings(&doctor(&control_plane, &[]).report());
    let run = killed_meanwhile(&mut control_plane, true);
    let report = run.report();
    // What was under way when it ended may be missing; the Jobs were asked for afterwards.
    assert!(!reasons(&report).contains("jobs of namespace"), "{report:#}");
    if report["complete"] == true {
        assert_eq!(findings(&report), expected);
    } else {
        assert!(matches!(run.code, Some(1 | 3)), "{run:?}");
    }
    let run = killed_meanwhile(&mut control_plane, false);
    let report = run.report();
    assert!(reasons(&report).contains("jobs of namespace graph: "), "{report:#}");
    assert_eq!(report["complete"], false);
    assert!(matches!(run.code, Some(1 | 3)), "{run:?}");
    // From the beginning there is nobody: no report at all.
    let run = doctor(&control_plane, &[]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(3), ""), "{run:?}");
    assert!(run.stderr.contains(control_plane.url()), "{run:?}");
}

/// Everything that `doctor` asks an API server for, by group and resource.
fn asked() -> BTreeMap<String, BTreeSet<String>> {
    let front = Front::start(shared(), |_| Fate::Pass).unwrap();
    doctor_through(&front, &[]);
    let mut asked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in front.heard() {
        let resource = resource(&path);
        let parts: Vec<&str> = resource.split('/').collect();
        match parts[..] {
            ["api", _, resource] => asked.entry(String::new()).or_default().insert(resource.to_owned()),
            ["apis", group, _, resource] => asked.entry(group.to_owned()).or_default().insert(resource.to_owned()),
            // Which versions there are.
            _ => continue,
        };
    }
    asked
}

#[test]
fn each_right_that_is_missing_is_named_and_ends_nothing() {
    let control_plane = shared();
    let asked = asked();
    let all: BTreeSet<(&str, &str)> = asked
        .iter()
        .flat_map(|(group, resources)| {
            resources
                .iter()
                .map(move |resource| (group.as_str(), resource.as_str()))
        })
        .collect();
    assert!(all.len() > 15, "{all:?}");
    let mut client = control_plane.api_client().unwrap();
    for without in &all {
        let rules: Vec<Value> = asked
            .iter()
            .map(|(group, resources)| {
                let allowed = resources
                    .iter()
                    .filter(|resource| (group.as_str(), resource.as_str()) != *without);
                // Logs are another right, and here is no node that has any.
                let logs = (group.is_empty() && *without != ("", "pods")).then(|| "pods/log".to_owned());
                let resources: Vec<String> = allowed.cloned().chain(logs).collect();
                json!({"apiGroups": [group], "resources": resources, "verbs": ["get", "list"]})
            })
            .collect();
        let name = format!("all-but-{}", without.1);
        let role = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name},
            "rules": rules.into_iter().filter(|rule| rule["resources"] != json!([])).collect::<Vec<_>>(),
        });
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name}],
        });
        play(&mut client, [role, binding]);
    }
    for (group, resource) in &all {
        let user = format!("all-but-{resource}");
        let (other_group, other) = all.iter().find(|other| **other != (*group, *resource)).unwrap();
        await_that("the right of the account", || {
            let review = json!({
                "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
                "spec": {"user": user, "resourceAttributes": {
                    "verb": "list", "group": other_group, "resource": other, "namespace": NAMESPACE}},
            });
            let path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
            client.send("POST", path, &review).body["status"]["allowed"] == true
        });
        let run = doctor(control_plane, &["--as", &user]);
        let report = run.report();
        let missing: BTreeSet<&str> = report["skipped"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|skipped| skipped["cause"]["right"]["resource"].as_str())
            .filter(|resource| *resource != "pods/log")
            .collect();
        assert_eq!(missing, BTreeSet::from([*resource]), "{group}/{resource}: {report:#}");
        assert!(reasons(&report).contains(resource), "{resource}: {report:#}");
        assert!(matches!(run.code, Some(1 | 3)), "{resource}: {run:?}");
    }
}

#[test]
fn an_aggregated_api_that_is_down_is_none_of_its_business() {
    let control_plane = shared();
    let expected = findings(&doctor(control_plane, &[]).report());
    let service = json!({
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
        "metadata": {"name": "v1beta1.metrics.example.org"},
        "spec": {
            "group": "metrics.example.org", "version": "v1beta1", "groupPriorityMinimum": 100, "versionPriority": 100,
            "insecureSkipTLSVerify": true, "service": {"namespace": "default", "name": "nowhere"},
        },
    });
    let mut client = control_plane.api_client().unwrap();
    play(&mut client, [service]);
    await_that("the API service to be found down", || {
        let path = "/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.example.org";
        let service = client.get(path).unwrap();
        let conditions = service["status"]["conditions"].as_array();
        conditions.is_some_and(|conditions| {
            let is_down = |condition: &Value| condition["type"] == "Available" && condition["status"] == "False";
            conditions.iter().any(is_down)
        })
    });
    let run = doctor(control_plane, &[]);
    assert_eq!(findings(&run.report()), expected, "{run:?}");
}

#[test]
fn definitions_that_are_not_there_are_a_finding_and_no_failure() {
    let control_plane = start_with("");
    let run = doctor(&control_plane, &[]);
    let report = run.report();
    assert!(findings(&report).iter().any(|(code, _)| code == "NB9008"), "{report:#}");
    // All but one of the kinds.
    control_plane.install_crds(&crds::rendered()).unwrap();
    with_failed_backup(&control_plane);
    let complete = doctor(&control_plane, &[]).report();
    let definition = format!("{}.neo4j.neo4j.com", Kind::Neo4jRestore.plural());
    let deleted = control_plane.kubectl(&["delete", "crd", &definition]).unwrap();
    assert!(deleted.success(), "{deleted:?}");
    let run = doctor(&control_plane, &[]);
    let report = run.report();
    assert!(!reasons(&report).contains("neo4jrestores"), "{report:#}");
    let backups = |report: &Value| -> BTreeSet<(String, String)> {
        let is_of_restores = |code: &str| code.starts_with("NB8") || code.starts_with("NB9");
        findings(report)
            .into_iter()
            .filter(|(code, _)| !is_of_restores(code))
            .collect()
    };
    assert_eq!(backups(&report), backups(&complete), "{report:#}");
}

#[test]
fn a_namespace_that_is_being_deleted_is_answered() {
    let control_plane = start();
    with_failed_backup(&control_plane);
    let expected = findings(&doctor(&control_plane, &[]).report());
    // Nobody here empties it, so that it stays as it is.
    let deleted = control_plane
        .kubectl(&["delete", "namespace", NAMESPACE, "--wait=false"])
        .unwrap();
    assert!(deleted.success(), "{deleted:?}");
    let namespace = format!("/api/v1/namespaces/{NAMESPACE}");
    let stored = control_plane.api_client().unwrap().get(&namespace).unwrap();
    assert_eq!(stored["status"]["phase"], "Terminating");
    let run = doctor(&control_plane, &[]);
    assert!(findings(&run.report()).is_superset(&expected), "{run:?}");
    assert_eq!(run.code, Some(1), "{run:?}");
}

#[test]
fn an_answer_that_is_no_list_is_a_gap() {
    let is_told = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&is_told);
    let front = Front::start(shared(), move |path| {
        if resource(path) == "apis/batch/v1/cronjobs" {
            told.store(true, Ordering::SeqCst);
            return Fate::Answered(200, "<html>a proxy says hello</html>".to_owned());
        }
        Fate::Pass
    });
    let run = doctor_through(&front.unwrap(), &[]);
    assert!(is_told.load(Ordering::SeqCst));
    assert!(
        reasons(&run.report()).contains("cronjobs of namespace graph: "),
        "{run:?}"
    );
}
