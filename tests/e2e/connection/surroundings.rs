//! One control plane, a folder of its own for each test, and the two programs that are compared.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use neo4jbackup_harness::{Binaries, ControlPlane, report_progress, shared_control_plane, workspace_program};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(super) fn control_plane() -> &'static ControlPlane {
    shared_control_plane().unwrap()
}

fn plugin() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| workspace_program("kubectl-neo4jbackup").unwrap())
}

fn kubectl() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        Binaries::locate_or_build(&report_progress)
            .unwrap()
            .folder()
            .join("kubectl")
    })
}

/// The authority of the API server, as a kubeconfig has it inline.
pub(super) fn authority_data() -> String {
    STANDARD.encode(control_plane().certificate_authority())
}

/// A cluster of a kubeconfig that leads to the API server.
pub(super) fn cluster() -> Value {
    json!({"server": control_plane().url(), "certificate-authority-data": authority_data()})
}

/// The administrator, by the token.
pub(super) fn administrator() -> Value {
    json!({"token": control_plane().token()})
}

/// A kubeconfig with one cluster, one user and one context, all called `main`.
pub(super) fn kubeconfig(cluster: &Value, user: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "main",
        "clusters": [{"name": "main", "cluster": cluster}],
        "users": [{"name": "main", "user": user}],
        "contexts": [{"name": "main", "context": {"cluster": "main", "user": "main"}}],
    })
}

/// The folder of a place that is mounted where the kubelet puts the account of a pod.
const ACCOUNT: &str = "account";

/// What runs a program in a pod: `$0` has the account.
const POD: &str = r#"
mount -t tmpfs tmpfs "$(readlink -f /var/run)"
mkdir -p /var/run/secrets/kubernetes.io
cp -R "$0" /var/run/secrets/kubernetes.io/serviceaccount
exec "$@"
"#;

/// How `unshare` gives a program mounts of its own, or `None` where it may not.
fn namespaces_of_mounts() -> Option<&'static [&'static str]> {
    static WAY: OnceLock<Option<&'static [&'static str]>> = OnceLock::new();
    *WAY.get_or_init(|| {
        let ways: [&[&str]; 2] = [&["--mount"], &["--user", "--map-root-user", "--mount"]];
        let can = |way: &&&[&str]| {
            let mut command = Command::new("unshare");
            command.args(**way).args(["mount", "-t", "tmpfs", "tmpfs", "/var/run"]);
            command.output().is_ok_and(|output| output.status.success())
        };
        let way = ways.iter().find(can).copied();
        if way.is_none() {
            println!("skipped: this machine gives a test no mounts of its own");
        }
        way
    })
}

/// Where both programs run: a home without anything, unless a test puts something there.
pub(super) struct Place {
    folder: TempDir,
    environment: Vec<(String, String)>,
    /// Whether it is a pod: with the account in the folder `account` where the kubelet puts one.
    is_pod: bool,
}

/// What a program answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) code: Option<i32>,
    /// Whom the API server saw, without what is different in every request.
    pub(super) user: Option<Value>,
    pub(super) namespace: Option<String>,
    pub(super) stderr: String,
}

impl Place {
    pub(super) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            environment: Vec::new(),
            is_pod: false,
        }
    }

    /// A pod, which is told of the API server, and has an account as far as a test gives it one; `None` where this machine
    /// does not let a test have a file system of its own.
    pub(super) fn pod() -> Option<Self> {
        namespaces_of_mounts()?;
        let mut place = Self::new();
        place.is_pod = true;
        std::fs::create_dir(place.path(ACCOUNT)).unwrap();
        let (host, port) = control_plane()
            .url()
            .trim_start_matches("https://")
            .rsplit_once(':')
            .unwrap();
        place.set("KUBERNETES_SERVICE_HOST", host);
        place.set("KUBERNETES_SERVICE_PORT", port);
        Some(place)
    }

    /// Gives the pod a file of its account.
    pub(super) fn mount(&self, name: &str, text: &str) {
        self.write(&format!("{ACCOUNT}/{name}"), text);
    }

    /// A place with a kubeconfig where both look for one.
    pub(super) fn with(kubeconfig: &Value) -> Self {
        let place = Self::new();
        place.write(".kube/config", &kubeconfig.to_string());
        place
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(super) fn set(&mut self, variable: &str, value: &str) {
        self.environment.push((variable.to_owned(), value.to_owned()));
    }

    fn run(&self, program: &Path, words: &[&str]) -> Output {
        let mut command = match namespaces_of_mounts().filter(|_| self.is_pod) {
            Some(unshare) => {
                let mut command = Command::new("unshare");
                command.args(unshare).args(["sh", "-ec", POD]);
                command.arg(self.path(ACCOUNT)).arg(program);
                command
            }
            None => Command::new(program),
        };
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.folder.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
            .args(words)
            .current_dir(self.folder.path())
            .stdin(std::process::Stdio::null());
        command.output().unwrap()
    }

    /// Asks kubectl whom the API server sees, and which namespace is meant where that can be asked.
    pub(super) fn kubectl(&self, flags: &[&str]) -> Answer {
        let output = self.run(kubectl(), &[&["auth", "whoami", "-o", "json"], flags].concat());
        let review: Option<Value> = serde_json::from_slice(&output.stdout).ok();
        let namespace = output
            .status
            .success()
            .then(|| self.namespace_of_kubectl(flags))
            .flatten();
        Answer {
            code: output.status.code(),
            user: review.map(|review| plain(review["status"]["userInfo"].clone())),
            namespace,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// A dry run goes to the namespace that is meant, and says which one that was; `None` for who may not try.
    fn namespace_of_kubectl(&self, flags: &[&str]) -> Option<String> {
        let attempt = [
            "create",
            "configmap",
            "parity",
            "--dry-run=server",
            "-o",
            "jsonpath={.metadata.namespace}",
        ];
        let meant = self.run(kubectl(), &[&attempt, flags].concat());
        meant.status.success().then(|| String::from_utf8(meant.stdout).unwrap())
    }

    /// Asks the plugin the same.
    pub(super) fn plugin(&self, flags: &[&str]) -> Answer {
        let output = self.run(plugin(), &[&["version", "--check", "-o", "json"], flags].concat());
        let answer: Option<Value> = serde_json::from_slice(&output.stdout).ok();
        let cluster = answer.map(|answer| answer["cluster"].clone());
        Answer {
            code: output.status.code(),
            user: cluster.as_ref().map(|cluster| plain(cluster["user"].clone())),
            namespace: cluster.and_then(|cluster| cluster["namespace"].as_str().map(str::to_owned)),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs kubectl; returns its exit code and what it prints.
    pub(super) fn run_kubectl(&self, words: &[&str]) -> (Option<i32>, String) {
        let output = self.run(kubectl(), words);
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    }

    /// Runs the plugin; returns its exit code and what it says.
    pub(super) fn run_plugin(&self, words: &[&str]) -> (Option<i32>, String) {
        let output = self.run(plugin(), words);
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    }

    /// Asks both: each has to get through, as the same user and with the same namespace. Returns the user.
    pub(super) fn same(&self, flags: &[&str]) -> Value {
        let (kubectl, plugin) = (self.kubectl(flags), self.plugin(flags));
        assert_eq!(kubectl.code, Some(0), "kubectl {flags:?}: {kubectl:#?}");
        assert_eq!(
            plugin.code,
            Some(0),
            "plugin {flags:?}: {plugin:#?}, kubectl: {kubectl:#?}"
        );
        assert_eq!(plugin.user, kubectl.user, "{flags:?}");
        if kubectl.namespace.is_some() {
            assert_eq!(plugin.namespace, kubectl.namespace, "{flags:?}");
        }
        plugin.user.unwrap()
    }

    /// Asks both: neither may get through. kubectl's message has to have the words of its kind of failure, and the plugin's,
    /// in one line, those that name the cause.
    pub(super) fn both_fail(&self, flags: &[&str], of_kubectl: &str, code: i32, of_plugin: &[&str]) {
        let (kubectl, plugin) = (self.kubectl(flags), self.plugin(flags));
        assert_ne!(kubectl.code, Some(0), "kubectl {flags:?}: {kubectl:#?}");
        assert!(kubectl.stderr.contains(of_kubectl), "kubectl {flags:?}: {kubectl:#?}");
        assert_eq!(plugin.code, Some(code), "plugin {flags:?}: {plugin:#?}");
        for words in of_plugin {
            assert!(plugin.stderr.contains(words), "{words} is missing: {plugin:#?}");
        }
        let errors = plugin.stderr.lines().filter(|line| line.starts_with("error: "));
        assert_eq!(errors.count(), 1, "{plugin:#?}");
        assert!(!plugin.stderr.contains("RUST_BACKTRACE"), "{plugin:#?}");
    }
}

/// The API server adds the serial number of a request's credentials.
fn plain(mut user: Value) -> Value {
    if let Some(extra) = user.get_mut("extra").and_then(Value::as_object_mut) {
        extra.remove("authentication.kubernetes.io/credential-id");
        if extra.is_empty() {
            user.as_object_mut().unwrap().remove("extra");
        }
    }
    user
}

/// The groups of a user.
pub(super) fn groups(user: &Value) -> Vec<&str> {
    user["groups"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}
