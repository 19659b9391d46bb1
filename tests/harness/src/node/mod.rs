//! A real cluster of one node: control plane, scheduler, kubelet, containerd and kube-proxy, with pods that run.
//!
//! ```text
//! unshare ─→ files/init.sh      PID 1 of mount, process, network, IPC and host name namespaces
//! nsenter ─→ etcd, kube-apiserver, …, kubelet, kube-proxy      see /run/node, 127.0.0.1, and nothing outside
//!            containerd ─→ runc ─→ pods                        in control groups named after the directory
//! ```
//!
//! Nothing in there reaches the machine's network, and killing PID 1 ends everything, mounts and iptables rules included.
//! What remains are the directory and the control groups, which [`RunDirectory::end`] and the watchdog remove.

mod binaries;
mod control_groups;
mod credentials;
mod image;
mod namespaces;
mod prerequisites;
mod settings;
mod traces;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

pub use binaries::NodeBinaries;
pub(crate) use credentials::ADDRESS as NODE_ADDRESS;
pub use image::{StaticImage, write_image};
pub use prerequisites::{Prerequisite, missing_prerequisites};
pub use traces::NodeTraces;

use serde_json::Value;

use crate::api_client::ApiClient;
use crate::daemon::Daemon;
use crate::error::HarnessError;
use crate::http::HttpError;
use crate::kubectl::Kubectl;
use crate::run_directory::RunDirectory;
use crate::wait::{Watched, wait_for};
use crate::watchdog::Watchdog;

use self::namespaces::Namespaces;

/// A running cluster of one node. It ends when the value is dropped or the process ends, unless [`Node::detach`] lets go.
pub struct Node {
    directory: RunDirectory,
    namespaces: Namespaces,
    token: String,
    authority_pem: String,
    kubectl: Kubectl,
    /// The last ones started come last; the first is PID 1 of the node.
    daemons: Vec<Daemon>,
    watchdog: Option<Watchdog>,
}

impl Node {
    /// Starts the cluster and waits until pods can be scheduled and Services work.
    ///
    /// `name` is that of its directory below `target/cluster/run/`; one of its own when absent.
    pub fn start(binaries: &NodeBinaries, name: Option<&str>) -> Result<Self, HarnessError> {
        let name = name.map_or_else(unique_name, str::to_owned);
        let directory = RunDirectory::named(&name);
        directory.create()?;
        let administrator = credentials::write(&directory)?;
        settings::write(&directory)?;
        let pause = directory.path().join("pause.tar");
        write_image(&pause, image::PAUSE, &binaries.pause)?;
        // A name that no other checkout and no other program of the machine uses.
        let control_group = format!("neo4jbackup-{name}-{}", std::process::id());

        let mut watchdog = Watchdog::start(directory.path())?;
        control_groups::create(&directory, &control_group)?;
        let (namespaces, init) = match Namespaces::create(&directory, &mut watchdog) {
            Ok(made) => made,
            Err(error) => {
                watchdog.dismiss();
                let _ = directory.end();
                return Err(error);
            }
        };
        let kubectl = directory.path().join("bin/kubectl");
        namespaces.write_wrapper(&kubectl, &binaries.control_plane.kubectl)?;
        // From here on, dropping the value ends what was started, also when a later step fails.
        let mut node = Self {
            kubectl: Kubectl::new(&kubectl, directory.kubeconfig(), directory.path().join("kubectl-cache")),
            directory,
            namespaces,
            token: administrator.token,
            authority_pem: administrator.authority_pem,
            daemons: vec![init],
            watchdog: Some(watchdog),
        };
        node.start_programs(binaries, &control_group, &pause)?;
        Ok(node)
    }

    /// The kubectl of this cluster, which runs in the node's network and outside of it otherwise.
    pub fn client(&self) -> &Kubectl {
        &self.kubectl
    }

    /// The kubeconfig of an administrator. Its address means something in the node's network only.
    pub fn kubeconfig(&self) -> PathBuf {
        self.directory.kubeconfig()
    }

    /// The bearer token of the administrator in the kubeconfig.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The certificate that signed the API server's own, PEM. It is for `127.0.0.1`.
    pub fn certificate_authority(&self) -> &str {
        &self.authority_pem
    }

    /// The directory with the kubeconfig and one log file for each program.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The same directory, by which another process finds the node.
    pub fn run_directory(&self) -> RunDirectory {
        self.directory.clone()
    }

    /// A connection to the API server without kubectl, usable from every thread.
    pub fn api_client(&self) -> Result<ApiClient, HttpError> {
        let namespaces = self.namespaces.clone();
        let dial = move || namespaces.connect(credentials::APISERVER_PORT);
        ApiClient::new(dial, &self.authority_pem, &self.token)
    }

    /// A connection to a port of the node, which every thread can use.
    pub fn connect(&self, port: u16) -> std::io::Result<std::net::TcpStream> {
        self.namespaces.connect(port)
    }

    /// The port of the API server.
    pub fn api_port(&self) -> u16 {
        credentials::APISERVER_PORT
    }

    /// The command that runs a program of the machine on the node, for example `ctr`.
    pub fn command(&self, program: &str) -> Command {
        self.namespaces.command(Path::new(program))
    }

    /// The command that runs a program in the network of the node and otherwise here, as administrator of the cluster:
    /// for helm and the like.
    pub fn client_command(&self, program: &Path) -> Result<Command, HarnessError> {
        let name = program.file_name().unwrap_or(program.as_os_str());
        let wrapper = self.directory.path().join("bin").join(name);
        self.namespaces.write_wrapper(&wrapper, program)?;
        let mut command = Command::new(wrapper);
        command.env("KUBECONFIG", self.kubeconfig());
        Ok(command)
    }

    /// Gives the runtime an image from a tar file: an OCI image layout, or what `docker save` writes.
    pub fn import_image(&self, file: &Path) -> Result<(), HarnessError> {
        let mut command = self.command("ctr");
        command.args(["--namespace=k8s.io", "images", "import"]).arg(file);
        must_run(command, "ctr images import")
    }

    /// Ends the programs and removes the directory, as dropping does.
    pub fn stop(self) {
        drop(self);
    }

    /// Lets the cluster run on after this process; [`RunDirectory::end`] ends it.
    pub fn detach(mut self) -> Result<RunDirectory, HarnessError> {
        self.directory.disown()?;
        self.daemons.clear();
        if let Some(watchdog) = self.watchdog.take() {
            watchdog.dismiss();
        }
        Ok(self.directory.clone())
    }

    fn start_programs(
        &mut self,
        binaries: &NodeBinaries,
        control_group: &str,
        pause: &Path,
    ) -> Result<(), HarnessError> {
        let control_plane = &binaries.control_plane;
        self.start_daemon("etcd", &control_plane.etcd, &settings::etcd())?;
        self.start_daemon("containerd", Path::new("containerd"), &settings::containerd())?;
        self.start_daemon(
            "kube-apiserver",
            &control_plane.kube_apiserver,
            &settings::kube_apiserver(),
        )?;
        wait_for(self, "containerd", |node| {
            let mut command = node.command("ctr");
            command.arg("version");
            must_run(command, "ctr version").map_err(|error| error.to_string())
        })?;
        self.import_image(pause)?;
        wait_for(self, "kube-apiserver", |node| {
            node.answers(&["get", "--raw=/readyz"]).map(drop)
        })?;
        if let Some(program) = &control_plane.kube_controller_manager {
            let arguments = settings::kube_controller_manager();
            self.start_daemon("kube-controller-manager", program, &arguments)?;
        }
        self.start_daemon("kube-scheduler", &binaries.kube_scheduler, &settings::kube_scheduler())?;
        self.start_daemon("kubelet", &binaries.kubelet, &settings::kubelet(control_group))?;
        self.start_daemon("kube-proxy", &binaries.kube_proxy, &settings::kube_proxy())?;
        wait_for(self, "kubelet", Self::accepts_pods)?;
        wait_for(self, "kube-controller-manager", |node| {
            node.answers(&["get", "serviceaccount", "default", "--namespace=default"])
                .map(drop)
        })?;
        wait_for(self, "kube-proxy", |node| {
            match node.namespaces.http_status(10256, "/healthz") {
                Ok(200) => Ok(()),
                other => Err(format!("/healthz gives {other:?}")),
            }
        })
    }

    fn start_daemon(&mut self, name: &'static str, program: &Path, arguments: &[String]) -> Result<(), HarnessError> {
        let mut command = self.namespaces.command(program);
        command.args(arguments);
        let daemon = Daemon::spawn(name, command, self.directory.path())?;
        self.daemons.push(daemon);
        Ok(())
    }

    /// A node that is Ready keeps a taint for a moment, and until that is gone no pod is scheduled.
    fn accepts_pods(&self) -> Result<(), String> {
        let answer = self.answers(&["get", "node", "node", "--output=json"])?;
        let node: Value = serde_json::from_str(&answer).map_err(|error| error.to_string())?;
        let conditions = node["status"]["conditions"].as_array().into_iter().flatten();
        let ready = conditions
            .filter(|condition| condition["type"] == "Ready")
            .any(|condition| condition["status"] == "True");
        if ready && node["spec"]["taints"].is_null() {
            return Ok(());
        }
        Err(format!("{:#}", node["status"]["conditions"]))
    }

    fn answers(&self, arguments: &[&str]) -> Result<String, String> {
        let output = self.kubectl.run(arguments, "").map_err(|error| error.to_string())?;
        if output.success() {
            Ok(output.stdout)
        } else {
            Err(output.stderr)
        }
    }
}

impl Watched for Node {
    fn daemons(&mut self) -> &mut [Daemon] {
        &mut self.daemons
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if self.daemons.is_empty() && self.watchdog.is_none() {
            return;
        }
        // It kills PID 1 of the node, and the kernel everything else. A directory that cannot be removed is litter in the
        // target folder and no reason to fail.
        let _ = self.directory.end();
        for daemon in &mut self.daemons {
            daemon.wait();
        }
        if let Some(watchdog) = self.watchdog.take() {
            watchdog.dismiss();
        }
    }
}

/// The command that runs a program on the node of that directory, with the caller's environment: for a person's shell.
pub fn enter_node(directory: &RunDirectory, program: &Path) -> Result<Command, HarnessError> {
    Ok(Namespaces::of(directory)?.enter(program))
}

fn must_run(mut command: Command, what: &'static str) -> Result<(), HarnessError> {
    let output = command.output().map_err(HarnessError::io(format!("run {what}")))?;
    if output.status.success() {
        return Ok(());
    }
    Err(HarnessError::Command {
        command: what,
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// A directory name that no other node of this checkout uses.
fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    format!("node-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
