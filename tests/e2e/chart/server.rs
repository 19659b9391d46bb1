//! An API server for releases of the chart, which reach every namespace: one test at a time has it.

use std::process::Output;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use neo4jbackup_harness::{Binaries, ControlPlane, KubectlOutput, Options, foreign_crds, report_progress};
use neo4jbackup_tests::crds;
use serde_json::Value;

use super::helm::{NAMESPACE, RELEASE, chart, command, text};

/// An API server that tests take in turns, started by the first of them.
pub(crate) struct Shared {
    control_plane: OnceLock<ControlPlane>,
    turn: Mutex<()>,
}

impl Shared {
    pub(crate) const fn new() -> Self {
        Self {
            control_plane: OnceLock::new(),
            turn: Mutex::new(()),
        }
    }
}

/// The API server, and the turn to use it.
pub(crate) struct Server {
    pub(crate) control_plane: &'static ControlPlane,
    _turn: MutexGuard<'static, ()>,
}

impl Server {
    /// Waits for a turn. What an earlier test has left behind is removed.
    pub(crate) fn take() -> Self {
        static SHARED: Shared = Shared::new();
        Self::take_of(&SHARED, || start(&Options::default()))
    }

    /// The same with another API server.
    pub(crate) fn take_of(shared: &'static Shared, start: impl FnOnce() -> ControlPlane) -> Self {
        // A test that failed has had its turn like any other.
        let turn = shared.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let server = Self {
            control_plane: shared.control_plane.get_or_init(start),
            _turn: turn,
        };
        server.clean();
        server
    }

    fn clean(&self) {
        let _ = self.helm(&["uninstall", RELEASE, "--namespace", NAMESPACE, "--no-hooks"]);
        self.must(&[
            "delete",
            "validatingwebhookconfigurations,mutatingwebhookconfigurations,clusterroles,clusterrolebindings,priorityclasses",
            "--selector=app.kubernetes.io/part-of=neo4jbackup",
        ]);
        // It outlives its release on purpose.
        self.must(&[
            "delete",
            "clusterroles",
            "neo4jbackup-legacy-jobs",
            "--ignore-not-found",
        ]);
        self.must(&["delete", "secrets", "--all", "--namespace", NAMESPACE]);
    }

    /// Runs helm against this API server.
    pub(crate) fn helm(&self, arguments: &[&str]) -> Output {
        let mut helm = command();
        helm.env("KUBECONFIG", self.control_plane.kubeconfig());
        helm.args(arguments).output().unwrap()
    }

    /// Installs or upgrades the release.
    pub(crate) fn release(&self, verb: &str, arguments: &[&str]) {
        let chart = chart();
        let first = [verb, RELEASE, chart.to_str().unwrap(), "--namespace", NAMESPACE];
        let output = self.helm(&[&first, arguments].concat());
        assert!(
            output.status.success(),
            "{verb} {arguments:?}: {}",
            text(&output.stderr)
        );
    }

    /// Uninstalls the release as far as that goes without a node: the hook would need a pod.
    pub(crate) fn uninstall(&self) {
        let output = self.helm(&["uninstall", RELEASE, "--namespace", NAMESPACE, "--no-hooks"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }

    /// Runs kubectl. A refusal is an output.
    pub(crate) fn kubectl(&self, arguments: &[&str], input: &str) -> KubectlOutput {
        self.control_plane.kubectl_with_input(arguments, input).unwrap()
    }

    /// Runs kubectl for what must succeed; gives what it printed.
    pub(crate) fn must(&self, arguments: &[&str]) -> String {
        self.control_plane.client().must_run(arguments, "").unwrap()
    }

    /// An object that must be there.
    pub(crate) fn get(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.must(&[&["get", "--output=json"], arguments].concat())).unwrap()
    }
}

/// An API server with all definitions and the namespace of the release.
pub(crate) fn start(options: &Options) -> ControlPlane {
    let binaries = Binaries::locate_or_build(&report_progress).unwrap();
    let control_plane = ControlPlane::start(&binaries, options).unwrap();
    control_plane.install_crds(&crds::rendered()).unwrap();
    control_plane.install_crds(&foreign_crds().unwrap()).unwrap();
    let namespace = ["create", "namespace", NAMESPACE];
    control_plane.client().must_run(&namespace, "").unwrap();
    control_plane
}
