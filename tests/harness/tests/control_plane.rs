//! The harness on a real API server: `cargo xtask e2e`.

use std::path::Path;

use neo4jbackup_harness::{
    Binaries, ControlPlane, KUBERNETES_VERSION, Options, RunDirectory, WebhookConfigurations, await_something,
    report_progress, shared_control_plane, webhook_configurations,
};

#[test]
fn client_and_server_tell_their_version() {
    let control_plane = shared_control_plane().unwrap();
    let version = control_plane.kubectl(&["version"]).unwrap();
    let expected = expected_version();
    assert!(
        version.stdout.contains(&format!("Client Version: {expected}\n")),
        "{version:?}"
    );
    assert!(
        version.stdout.contains(&format!("Server Version: {expected}\n")),
        "{version:?}"
    );
    assert_eq!(version.stderr, "", "kubectl warned");
}

#[test]
fn an_object_of_an_installed_crd_is_stored() {
    let control_plane = shared_control_plane().unwrap();
    control_plane.install_crds(SCHEDULES).unwrap();
    let namespace = control_plane.create_namespace("stored").unwrap();
    let input = SCHEDULE.replace("NAMESPACE", &namespace);
    assert_eq!(
        control_plane.apply_yaml(&input).unwrap(),
        "schedule.harness.example.org/nightly created\n"
    );
    let stored = control_plane
        .kubectl(&[
            "get",
            "schedule",
            "nightly",
            "-n",
            &namespace,
            "-o",
            "jsonpath={.spec.cron}",
        ])
        .unwrap();
    assert_eq!(stored.stdout, "0 2 * * *");
}

#[test]
fn a_refusal_is_an_output_with_the_words_of_kubectl() {
    let control_plane = shared_control_plane().unwrap();
    let answer = control_plane
        .kubectl_with_input(&["apply", "-f", "-"], "{kind: Nothing, apiVersion: v1}")
        .unwrap();
    assert!(
        !answer.success() && answer.stderr.contains("no matches for kind \"Nothing\""),
        "{answer:?}"
    );
    let error = control_plane
        .apply_yaml("{kind: Nothing, apiVersion: v1}")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("kubectl apply") && error.contains("no matches for kind"),
        "{error}"
    );
}

#[test]
fn an_unreachable_webhook_blocks_or_lets_through_as_its_policy_says() {
    let binaries = Binaries::locate_or_build(&report_progress).unwrap();
    // The registrations apply to every namespace, so that other tests must not share this control plane.
    let control_plane = ControlPlane::start(&binaries, &Options::default()).unwrap();
    control_plane.install_crds(BACKUPS).unwrap();
    // Nothing listens on a port that only root may open and nobody has.
    let url = "https://127.0.0.1:1";

    control_plane
        .apply_yaml(&webhook_configurations(
            url,
            control_plane.certificate_authority(),
            "Fail",
        ))
        .unwrap();
    let blocked = eventually(&control_plane, &["create", "--dry-run=server", "-f", "-"], false);
    assert!(
        blocked.contains("failed calling webhook \"mutate.neo4j.neo4j.com\""),
        "{blocked}"
    );
    assert!(blocked.contains("https://127.0.0.1:1/mutate?timeout=10s"), "{blocked}");

    let lenient = WebhookConfigurations {
        name: "neo4jbackup.neo4j.com",
        base_url: url,
        authority_pem: control_plane.certificate_authority(),
        failure_policy: "Ignore",
        namespace: Some("default"),
        timeout_seconds: 1,
    };
    control_plane.apply_yaml(&lenient.manifest()).unwrap();
    eventually(&control_plane, &["create", "--dry-run=server", "-f", "-"], true);
}

#[test]
fn stopping_leaves_no_process_and_no_file() {
    let binaries = Binaries::locate_or_build(&report_progress).unwrap();
    let control_plane = ControlPlane::start(&binaries, &Options::default()).unwrap();
    let directory = control_plane.directory().to_owned();
    assert_eq!(
        processes_of(&directory).len(),
        3,
        "etcd, kube-apiserver and the watchdog"
    );
    control_plane.stop();
    assert_eq!(processes_of(&directory), Vec::<String>::new());
    assert!(!directory.exists());
}

#[test]
fn a_detached_control_plane_runs_on_until_its_directory_is_ended() {
    let binaries = Binaries::locate_or_build(&report_progress).unwrap();
    let name = format!("detached-{}", std::process::id());
    let options = Options {
        name: Some(name.clone()),
        ..Options::default()
    };
    ControlPlane::start(&binaries, &options).unwrap().detach().unwrap();
    let directory = RunDirectory::named(&name);
    assert!(directory.is_running());
    let error = ControlPlane::start(&binaries, &options).err().unwrap().to_string();
    assert!(error.contains("runs already"), "{error}");

    assert!(directory.end().unwrap(), "it ran");
    assert!(!directory.is_running() && !directory.path().exists());
    assert!(!directory.end().unwrap(), "ending twice does nothing");
}

#[test]
fn with_a_controller_manager_a_job_gets_a_pod() {
    let binaries = Binaries::locate_or_build(&report_progress).unwrap();
    let binaries = binaries.with_controller_manager(&report_progress).unwrap();
    let control_plane = ControlPlane::start(&binaries, &Options::default()).unwrap();
    control_plane
        .client()
        .must_run(&["create", "job", "once", "--image=example.org/none"], "")
        .unwrap();
    let wait = [
        "wait",
        "--for=create",
        "pod",
        "--selector=job-name=once",
        "--timeout=30s",
    ];
    control_plane.client().must_run(&wait, "").unwrap();
}

#[test]
fn an_argument_that_the_api_server_refuses_is_reported_with_its_own_words() {
    let binaries = Binaries::locate_or_build(&report_progress).unwrap();
    let options = Options {
        apiserver_arguments: vec!["--no-such-flag".into()],
        ..Options::default()
    };
    let error = ControlPlane::start(&binaries, &options).err().unwrap().to_string();
    assert!(
        error.contains("kube-apiserver ended") && error.contains("unknown flag: --no-such-flag"),
        "{error}"
    );
}

/// The pinned version, or that of the programs that the person prefers.
fn expected_version() -> String {
    if std::env::var_os("KUBEBUILDER_ASSETS").is_none() {
        return KUBERNETES_VERSION.to_owned();
    }
    let binaries = Binaries::locate_or_build(&report_progress).expect("the folder is complete");
    let output = std::process::Command::new(binaries.kube_apiserver)
        .arg("--version")
        .output()
        .expect("it runs");
    String::from_utf8_lossy(&output.stdout)
        .trim()
        .trim_start_matches("Kubernetes ")
        .to_owned()
}

/// Creates a backup until the outcome is the expected one, because a registration takes effect after a moment.
fn eventually(control_plane: &ControlPlane, arguments: &[&str], accepted: bool) -> String {
    let answer = await_something("the outcome", || {
        let answer = control_plane
            .kubectl_with_input(arguments, BACKUP)
            .expect("kubectl runs");
        let is_so = answer.success() == accepted;
        if is_so { Ok(answer) } else { Err(format!("{answer:?}")) }
    });
    answer.stdout + &answer.stderr
}

/// The command lines that name `directory`.
fn processes_of(directory: &Path) -> Vec<String> {
    let directory = directory.display().to_string();
    let output = std::process::Command::new("ps")
        .args(["-eo", "args="])
        .output()
        .expect("ps runs");
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    lines
        .lines()
        .filter(|line| line.contains(&directory))
        .map(str::to_owned)
        .collect()
}

const SCHEDULES: &str = r"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: schedules.harness.example.org}
spec:
  group: harness.example.org
  names: {kind: Schedule, plural: schedules, singular: schedule}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {cron: {type: string}}}}
";

const SCHEDULE: &str = r#"
apiVersion: harness.example.org/v1
kind: Schedule
metadata: {name: nightly, namespace: NAMESPACE}
spec: {cron: "0 2 * * *"}
"#;

const BACKUPS: &str = r"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: neo4jbackups.neo4j.neo4j.com}
spec:
  group: neo4j.neo4j.com
  names: {kind: Neo4jBackup, plural: neo4jbackups, singular: neo4jbackup}
  scope: Namespaced
  versions:
  - name: v1beta1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
";

const BACKUP: &str =
    "{apiVersion: neo4j.neo4j.com/v1beta1, kind: Neo4jBackup, metadata: {name: nightly, namespace: default}}";
