//! Releases beside each other, after each other, and under whatever names they are given.

use neo4jbackup_harness::{Binaries, ControlPlane, KubectlOutput, Options, await_something, report_progress, root};
use neo4jbackup_tests::crds;
use serde_json::Value;

use super::helm::{NAMESPACE, RELEASE, chart, command, objects, text};
use super::server::Server;

/// YAML takes each of these for a truth value or a number where nothing quotes it; the last one has a dot, which the name
/// of a Service has not.
#[test]
fn names_that_yaml_takes_for_something_else_can_be_installed() {
    let server = Server::take();
    let everything = [
        "--set=engine=both,rbac.ensure=true,rbac.legacyRoles=true,priorityClass.create=true",
        "--set=metrics.serviceMonitor.enabled=true,metrics.prometheusRule.enabled=true,metrics.dashboard.enabled=true",
    ];
    let self_managed = "--set=tls.mode=self";
    let cert_manager = "--set=tls.mode=certManager";
    for (release, namespace, mode) in [
        ("y", "1234", self_managed),
        ("no", "on", cert_manager),
        ("on", "1e3", self_managed),
        ("123", "0x1f", "--set=tls.mode=helm"),
        ("1e3", "null", self_managed),
        ("a.b", "true", cert_manager),
    ] {
        let installed = Installed::new(
            server.control_plane,
            release,
            namespace,
            &[&everything[..], &[mode]].concat(),
        );
        let selector = format!("--selector=app.kubernetes.io/instance={release}");
        let found = server.get(&["services,deployments,configmaps", &selector, "--namespace", namespace]);
        let found = found["items"].as_array().unwrap();
        assert!(found.len() >= 3, "{release} in {namespace}: {found:?}");
        for object in found {
            let labels = &object["metadata"]["labels"];
            assert_eq!(labels["neo4jbackup.github.io/release-namespace"], namespace, "{object}");
        }
        installed.upgrade(&["--reuse-values", "--set=replicas=3"]);
        // What only the test of the chart makes.
        let hooks = installed.helm(&["get", "hooks"]);
        assert!(hooks.status.success(), "{}", text(&hooks.stderr));
        for object in objects(&text(&hooks.stdout)) {
            let answer = server.kubectl(&["create", "--dry-run=server", "--filename=-"], &object.to_string());
            assert!(answer.success(), "{object}: {answer:?}");
        }
    }
}

/// The same name in two namespaces, and two names in one: whichever goes first, the guard stays until the last is gone.
#[test]
fn whichever_of_two_releases_goes_first_the_guard_stays_until_the_last_is_gone() {
    let server = Server::take();
    let control_plane = server.control_plane;
    let place = control_plane.create_namespace("guarded").unwrap();
    let everything = &["--set=rbac.ensure=true,rbac.legacyRoles=true,priorityClass.create=true"][..];
    for (second, elsewhere) in [(RELEASE, "neo4jbackup-two"), ("second", NAMESPACE)] {
        for first_goes_first in [true, false] {
            let first = Installed::new(control_plane, RELEASE, NAMESPACE, everything);
            let second = Installed::new(control_plane, second, elsewhere, everything);
            await_guard(control_plane, &place);
            first.upgrade(&["--reuse-values", "--set=settings.mode=warn"]);
            second.upgrade(&["--reuse-values", "--set=settings.mode=audit"]);
            let (goes, stays) = if first_goes_first {
                (first, second)
            } else {
                (second, first)
            };
            let of_both = cluster_scoped(control_plane, "").len();
            let of_one = cluster_scoped(control_plane, &stays.namespace).len();
            drop(goes);
            for _ in 0..20 {
                let answer = blinding_restore(control_plane, &place);
                assert!(is_guarded(&answer), "{answer:?}");
            }
            let left = cluster_scoped(control_plane, "").len();
            assert!(left < of_both && left >= of_one / 2, "{of_both} became {left}");
            stays.upgrade(&["--reuse-values", "--set=settings.mode=enforce"]);
            drop(stays);
            await_something("the end of the guard", || {
                let answer = blinding_restore(control_plane, &place);
                if is_guarded(&answer) {
                    Err(format!("{answer:?}"))
                } else {
                    Ok(())
                }
            });
            assert_eq!(cluster_scoped(control_plane, ""), Vec::<String>::new());
        }
    }
}

/// Bindings of the Jobs outlive the release that gave them, and so does the role that they name. It belongs to whichever
/// release made it first, and no other one stumbles over it.
#[test]
fn the_role_of_the_jobs_outlives_its_release_and_is_there_for_the_next_one() {
    let server = Server::take();
    let legacy = &["--set=rbac.ensure=true,rbac.legacyRoles=true"][..];
    let role = ["get", "clusterrole", "neo4jbackup-legacy-jobs", "--output=json"];
    server.must(&["delete", "clusterrole", "neo4jbackup-legacy-jobs", "--ignore-not-found"]);
    let first = Installed::new(server.control_plane, RELEASE, NAMESPACE, legacy);
    let made: Value = serde_json::from_str(&server.must(&role)).unwrap();
    drop(first);
    let second = Installed::new(server.control_plane, "second", "neo4jbackup-two", legacy);
    second.upgrade(legacy);
    let kept: Value = serde_json::from_str(&server.must(&role)).unwrap();
    assert_eq!(kept["metadata"]["uid"], made["metadata"]["uid"]);
    let again = Installed::new(server.control_plane, RELEASE, NAMESPACE, legacy);
    again.upgrade(&["--reset-values"]);
    drop(again);
    let kept: Value = serde_json::from_str(&server.must(&role)).unwrap();
    assert_eq!(kept["metadata"]["uid"], made["metadata"]["uid"]);
    // Gone by accident, it is made by whoever is there.
    server.must(&["delete", "clusterrole", "neo4jbackup-legacy-jobs"]);
    second.upgrade(legacy);
    server.must(&role);
}

/// With its namespace, helm's record of a release is gone, and what has no namespace stays. Nobody has to know that to install
/// again, and one command of the page removes it.
#[test]
fn a_deleted_namespace_hinders_nobody_and_one_command_removes_what_is_left() {
    let control_plane = with_controllers();
    let everything = &["--set=engine=both,rbac.ensure=true,priorityClass.create=true"][..];
    let lost = Installed::new(&control_plane, RELEASE, "lost", everything);
    let other = Installed::new(&control_plane, RELEASE, "kept", everything);
    let of_other = cluster_scoped(&control_plane, "kept");
    let of_lost = cluster_scoped(&control_plane, "lost");
    assert!(of_lost.len() > 10, "{of_lost:?}");
    delete_namespace(&control_plane, "lost");
    assert_eq!(
        cluster_scoped(&control_plane, "lost"),
        of_lost,
        "what has no namespace stays"
    );

    // Another place, another name, and the same again: each can be installed as if nothing had been.
    drop(Installed::new(&control_plane, RELEASE, "moved", everything));
    drop(Installed::new(&control_plane, "renamed", "lost", everything));
    assert_eq!(cluster_scoped(&control_plane, "lost"), of_lost);
    drop(Installed::new(&control_plane, RELEASE, "lost", everything));
    assert_eq!(
        cluster_scoped(&control_plane, "lost"),
        Vec::<String>::new(),
        "it has taken over what was left"
    );

    let again = Installed::new(&control_plane, RELEASE, "lost", everything);
    delete_namespace(&control_plane, "lost");
    std::mem::forget(again);
    let command = command_of_the_page("lost");
    let arguments: Vec<&str> = command.split_whitespace().skip(1).collect();
    let answer = control_plane.kubectl(&arguments).unwrap();
    assert!(answer.success(), "{command}: {answer:?}");
    assert_eq!(cluster_scoped(&control_plane, "lost"), Vec::<String>::new());
    assert_eq!(
        cluster_scoped(&control_plane, "kept"),
        of_other,
        "the other release keeps everything"
    );
    drop((lost, other));
}

/// A release that is uninstalled when the value is dropped, as far as that goes without a node: the hook would need a pod.
struct Installed<'c> {
    control_plane: &'c ControlPlane,
    release: String,
    namespace: String,
}

impl<'c> Installed<'c> {
    fn new(control_plane: &'c ControlPlane, release: &str, namespace: &str, arguments: &[&str]) -> Self {
        let installed = Self {
            control_plane,
            release: release.to_owned(),
            namespace: namespace.to_owned(),
        };
        let chart = chart();
        let install = ["install", release, chart.to_str().unwrap(), "--create-namespace"];
        installed.must_helm(&[&install, arguments].concat());
        installed
    }

    fn upgrade(&self, arguments: &[&str]) {
        let chart = chart();
        let upgrade = ["upgrade", &self.release, chart.to_str().unwrap()];
        self.must_helm(&[&upgrade, arguments].concat());
    }

    fn must_helm(&self, arguments: &[&str]) {
        let output = self.run(arguments);
        let (release, namespace) = (&self.release, &self.namespace);
        assert!(
            output.status.success(),
            "{release} in {namespace}: {arguments:?}: {}",
            text(&output.stderr)
        );
    }

    /// Runs a command of helm about this release.
    fn helm(&self, arguments: &[&str]) -> std::process::Output {
        self.run(&[arguments, &[&self.release]].concat())
    }

    fn run(&self, arguments: &[&str]) -> std::process::Output {
        let mut helm = command();
        helm.env("KUBECONFIG", self.control_plane.kubeconfig());
        helm.args(arguments).args(["--namespace", &self.namespace]);
        helm.output().unwrap()
    }
}

impl Drop for Installed<'_> {
    fn drop(&mut self) {
        let _ = self.helm(&["uninstall", "--no-hooks", "--ignore-not-found"]);
    }
}

/// A control plane in which a deleted namespace goes.
fn with_controllers() -> ControlPlane {
    let binaries = Binaries::locate_or_build(&report_progress).unwrap();
    let binaries = binaries.with_controller_manager(&report_progress).unwrap();
    let control_plane = ControlPlane::start(&binaries, &Options::default()).unwrap();
    control_plane.install_crds(&crds::rendered()).unwrap();
    control_plane
}

fn delete_namespace(control_plane: &ControlPlane, namespace: &str) {
    let delete = ["delete", "namespace", namespace, "--timeout=120s"];
    control_plane.client().must_run(&delete, "").unwrap();
}

/// What has no namespace of the releases of a namespace, or of all of them.
fn cluster_scoped(control_plane: &ControlPlane, namespace: &str) -> Vec<String> {
    let mut selector = "--selector=app.kubernetes.io/part-of=neo4jbackup".to_owned();
    if !namespace.is_empty() {
        selector += &format!(",neo4jbackup.github.io/release-namespace={namespace}");
    }
    let get = ["get", CLUSTER_SCOPED, &selector, "--output=name"];
    let listed = control_plane.client().must_run(&get, "").unwrap();
    listed.lines().map(str::to_owned).collect()
}

const CLUSTER_SCOPED: &str = "validatingwebhookconfigurations,mutatingwebhookconfigurations,validatingadmissionpolicies,\
                              validatingadmissionpolicybindings,mutatingadmissionpolicies,\
                              mutatingadmissionpolicybindings,clusterroles,clusterrolebindings,priorityclasses";

fn await_guard(control_plane: &ControlPlane, namespace: &str) {
    await_something("the guard", || {
        let answer = blinding_restore(control_plane, namespace);
        if is_guarded(&answer) {
            Ok(())
        } else {
            Err(format!("{answer:?}"))
        }
    });
}

fn is_guarded(answer: &KubectlOutput) -> bool {
    answer.stderr.contains("ValidatingAdmissionPolicy 'neo4jbackup-guard.") && answer.stderr.contains("[NB8001]")
}

/// Would blind the operator for every restore in the cluster. Never stored.
fn blinding_restore(control_plane: &ControlPlane, namespace: &str) -> KubectlOutput {
    let restore = serde_json::json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jRestore", "metadata": {"name": "blinding"},
        "spec": {
            "instanceRef": "catalog", "database": "neo4j",
            "source": {"type": "backup", "backupRef": "nightly", "pointInTime": "2025-01-15T14:30:00z"},
        },
    });
    let create = ["--namespace", namespace, "create", "--dry-run=server", "--filename=-"];
    control_plane.kubectl_with_input(&create, &restore.to_string()).unwrap()
}

/// The one command, for a namespace.
fn command_of_the_page(namespace: &str) -> String {
    let page = root().join("docs/webhook.md");
    let page = std::fs::read_to_string(page).unwrap();
    let section = page.split("### When its namespace was deleted").nth(1).unwrap();
    let command = section.split("```").nth(1).unwrap().trim().replace("\\\n", " ");
    assert!(
        command.starts_with("kubectl delete ") && command.contains("=NAMESPACE"),
        "{command}"
    );
    command.replace("NAMESPACE", namespace)
}
