//! Starts a control plane, waits until it serves, and ends it.

use std::fs::File;
use std::io::Read;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::api_client::ApiClient;
use crate::binaries::Binaries;
use crate::certificates::{CertificateAuthority, TokenKey};
use crate::daemon::Daemon;
use crate::error::HarnessError;
use crate::http::HttpError;
use crate::kubectl::{Kubectl, KubectlOutput};
use crate::namespace::Namespace;
use crate::ports::free_ports;
use crate::run_directory::RunDirectory;
use crate::settings::{self, Ports};
use crate::wait::{Watched, wait_for};
use crate::watchdog::Watchdog;

/// What a control plane is to be like.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The name of its directory below `target/cluster/run/`; one of its own when absent.
    pub name: Option<String>,
    /// More arguments for kube-apiserver.
    pub apiserver_arguments: Vec<String>,
}

/// etcd and kube-apiserver, ready to serve; kube-controller-manager too, when the binaries contain it.
///
/// They end when the value is dropped or the process ends, unless [`ControlPlane::detach`] lets go of them.
pub struct ControlPlane {
    directory: RunDirectory,
    url: String,
    token: String,
    authority: CertificateAuthority,
    kubeconfig: PathBuf,
    kubectl: Kubectl,
    daemons: Vec<Daemon>,
    watchdog: Option<Watchdog>,
}

impl ControlPlane {
    /// Starts the programs and waits until the API server is ready and the namespace `default` exists.
    pub fn start(binaries: &Binaries, options: &Options) -> Result<Self, HarnessError> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            match Self::try_start(binaries, options) {
                // Another process was faster to take one of the free ports.
                Err(HarnessError::Ended { log, .. }) if attempts < 3 && log.contains("address already in use") => {}
                result => return result,
            }
        }
    }

    /// The kubeconfig of an administrator.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// The address of the API server, for example `https://127.0.0.1:40123`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The bearer token of the administrator in the kubeconfig.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The certificate that signed the API server's own, PEM.
    pub fn certificate_authority(&self) -> &str {
        self.authority.certificate_pem()
    }

    /// That authority: it also signs the certificates of clients whom the API server knows by them.
    pub fn authority(&self) -> &CertificateAuthority {
        &self.authority
    }

    /// A connection to the API server without kubectl.
    pub fn api_client(&self) -> Result<ApiClient, HttpError> {
        let address = self.url.trim_start_matches("https://").to_owned();
        let dial = move || TcpStream::connect(&address);
        ApiClient::new(dial, self.certificate_authority(), &self.token)
    }

    /// The directory with the kubeconfig and one log file for each program.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The kubectl of this control plane, for standard input and the like.
    pub fn client(&self) -> &Kubectl {
        &self.kubectl
    }

    /// Runs kubectl. A refusal of the server is an output, not an error.
    pub fn kubectl(&self, arguments: &[&str]) -> Result<KubectlOutput, HarnessError> {
        self.kubectl.run(arguments, "")
    }

    /// Runs kubectl with `input` as its standard input.
    pub fn kubectl_with_input(&self, arguments: &[&str], input: &str) -> Result<KubectlOutput, HarnessError> {
        self.kubectl.run(arguments, input)
    }

    /// Applies manifests that must be accepted; gives what kubectl printed.
    pub fn apply_yaml(&self, manifests: &str) -> Result<String, HarnessError> {
        self.kubectl.apply_yaml(manifests)
    }

    /// Makes a namespace that no other test of this process uses, named `<prefix>-<number>`.
    pub fn create_namespace(&self, prefix: &str) -> Result<String, HarnessError> {
        let name = unique(prefix);
        self.kubectl.must_run(&["create", "namespace", &name], "")?;
        Ok(name)
    }

    /// The same as a place to run kubectl in.
    pub fn namespace(&self, prefix: &str) -> Result<Namespace, HarnessError> {
        Namespace::create(&self.kubectl, &unique(prefix), self.directory())
    }

    /// Applies `CustomResourceDefinitions` and waits until the API server serves their resources.
    pub fn install_crds(&self, manifests: &str) -> Result<(), HarnessError> {
        self.kubectl.install_crds(manifests)
    }

    /// Kills kube-apiserver and starts it again on the same port over the same etcd, with nothing in between.
    pub fn restart_apiserver(&mut self) -> Result<(), HarnessError> {
        self.kill_apiserver();
        self.start_apiserver()
    }

    /// Kills kube-apiserver; etcd keeps what it has stored.
    pub fn kill_apiserver(&mut self) {
        if let Some(daemon) = self.apiserver() {
            daemon.end();
        }
    }

    /// Starts kube-apiserver after [`ControlPlane::kill_apiserver`], and waits until it is ready.
    pub fn start_apiserver(&mut self) -> Result<(), HarnessError> {
        let Some(daemon) = self.apiserver() else { return Ok(()) };
        daemon.start_again()?;
        let process_id = daemon.process_id();
        if let Some(watchdog) = &mut self.watchdog {
            watchdog.watch(process_id)?;
        }
        self.directory.record_process(process_id)?;
        self.wait_until_ready()
    }

    fn apiserver(&mut self) -> Option<&mut Daemon> {
        self.daemons.iter_mut().find(|daemon| daemon.name == "kube-apiserver")
    }

    /// The process id of kube-apiserver, or `None` if it does not run here.
    pub fn apiserver_process_id(&self) -> Option<u32> {
        let apiserver = self.daemons.iter().find(|daemon| daemon.name == "kube-apiserver");
        apiserver.map(Daemon::process_id)
    }

    /// The process ids of the programs, in the order in which they were started.
    pub fn process_ids(&self) -> Vec<u32> {
        self.daemons.iter().map(Daemon::process_id).collect()
    }

    /// Ends the programs and removes the directory, as dropping does.
    pub fn stop(self) {
        drop(self);
    }

    /// Lets the programs run on after this process; [`RunDirectory::end`] ends them.
    pub fn detach(mut self) -> Result<RunDirectory, HarnessError> {
        self.directory.disown()?;
        self.daemons.clear();
        if let Some(watchdog) = self.watchdog.take() {
            watchdog.dismiss();
        }
        Ok(self.directory.clone())
    }

    fn try_start(binaries: &Binaries, options: &Options) -> Result<Self, HarnessError> {
        let directory = RunDirectory::named(&options.name.clone().unwrap_or_else(unique_name));
        directory.create()?;
        let [apiserver, etcd, etcd_peers] = free_ports()?;
        let ports = Ports {
            apiserver,
            etcd,
            etcd_peers,
        };
        let authority = write_credentials(&directory)?;
        let token = unguessable_token()?;
        directory.write(settings::TOKENS, settings::token_file(&token).as_bytes())?;
        let kubeconfig = settings::kubeconfig(&ports.url(), authority.certificate_pem(), &token);
        directory.write(settings::KUBECONFIG, kubeconfig.as_bytes())?;

        let kubectl = Kubectl::new(
            &binaries.kubectl,
            directory.kubeconfig(),
            directory.path().join("kubectl-cache"),
        );
        let watchdog = Watchdog::start(directory.path())?;
        // From here on, dropping the value ends what was started, also when a later step fails.
        let mut control_plane = Self {
            url: ports.url(),
            token,
            authority,
            kubeconfig: directory.kubeconfig(),
            kubectl,
            daemons: Vec::new(),
            watchdog: Some(watchdog),
            directory,
        };
        let directory = control_plane.directory.clone();
        control_plane.start_daemon("etcd", &binaries.etcd, &settings::etcd(&directory, ports))?;
        let controller_manager = binaries.kube_controller_manager.as_deref();
        let mut arguments = settings::kube_apiserver(&directory, ports, controller_manager.is_some());
        arguments.extend(options.apiserver_arguments.iter().cloned());
        control_plane.start_daemon("kube-apiserver", &binaries.kube_apiserver, &arguments)?;
        control_plane.wait_until_ready()?;
        if let Some(program) = controller_manager {
            let arguments = settings::kube_controller_manager(&directory);
            control_plane.start_daemon("kube-controller-manager", program, &arguments)?;
            control_plane.wait_for(&["get", "serviceaccount", "default", "--namespace=default"])?;
        }
        Ok(control_plane)
    }

    fn start_daemon(&mut self, name: &'static str, program: &Path, arguments: &[String]) -> Result<(), HarnessError> {
        let daemon = Daemon::start(name, program, arguments, self.directory.path())?;
        let process_id = daemon.process_id();
        self.daemons.push(daemon);
        if let Some(watchdog) = &mut self.watchdog {
            watchdog.watch(process_id)?;
        }
        self.directory.record_process(process_id)
    }

    /// `/readyz` answers before the namespace `default` is there, so both are awaited.
    fn wait_until_ready(&mut self) -> Result<(), HarnessError> {
        self.wait_for(&["get", "--raw=/readyz"])?;
        self.wait_for(&["get", "--raw=/api/v1/namespaces/default"])
    }

    fn wait_for(&mut self, arguments: &[&str]) -> Result<(), HarnessError> {
        wait_for(self, "the control plane", |control_plane| {
            let answer = control_plane.kubectl(arguments).map_err(|error| error.to_string())?;
            if answer.success() { Ok(()) } else { Err(answer.stderr) }
        })
    }
}

impl Watched for ControlPlane {
    fn daemons(&mut self) -> &mut [Daemon] {
        &mut self.daemons
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        if self.daemons.is_empty() && self.watchdog.is_none() {
            return;
        }
        // The API server first: without its etcd it would fill the log.
        for daemon in self.daemons.iter_mut().rev() {
            daemon.end();
        }
        if let Some(watchdog) = self.watchdog.take() {
            watchdog.dismiss();
        }
        // A directory that cannot be removed is litter in the target folder and no reason to fail.
        let _ = self.directory.end();
    }
}

/// Writes certificates and keys; gives the certificate authority.
fn write_credentials(directory: &RunDirectory) -> Result<CertificateAuthority, HarnessError> {
    let authority = CertificateAuthority::new()?;
    let names = [
        "127.0.0.1",
        "localhost",
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "10.96.0.1",
    ];
    let certificate = authority.issue_server_certificate(&names)?;
    directory.write(settings::AUTHORITY, authority.certificate_pem().as_bytes())?;
    directory.write(settings::CERTIFICATE, certificate.certificate_pem.as_bytes())?;
    directory.write(settings::KEY, certificate.key_pem.as_bytes())?;
    let token_key = TokenKey::new()?;
    directory.write(settings::SIGNING_KEY, token_key.private_pem.as_bytes())?;
    directory.write(settings::VERIFICATION_KEY, token_key.public_pem.as_bytes())?;
    Ok(authority)
}

/// A token that other users of the machine, who can reach the port, cannot guess.
pub(crate) fn unguessable_token() -> Result<String, HarnessError> {
    let mut bytes = [0_u8; 16];
    let could_not_read = || HarnessError::io("read /dev/urandom");
    let mut source = File::open("/dev/urandom").map_err(could_not_read())?;
    source.read_exact(&mut bytes).map_err(could_not_read())?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

/// A name that nothing else of this process has.
fn unique(prefix: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    format!("{prefix}-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A directory name that no other control plane of this machine uses.
fn unique_name() -> String {
    unique(&std::process::id().to_string())
}
