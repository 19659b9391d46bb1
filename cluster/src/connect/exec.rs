//! Credentials from a program that the kubeconfig names, by the protocol of `client.authentication.k8s.io`.
//!
//! What it is told, when it may ask the person, and what of its answer is believed is as with kubectl.

use std::fs::File;
use std::io::{IsTerminal as _, Read, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use kube::config::{Cluster, ExecConfig, ExecInteractiveMode};
use rustls::sign::CertifiedKey;
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use super::ConnectError;
use super::certified_key::certified_key;
use super::flags::ConnectionFlags;
use super::material::Material;
use super::setting::Setting;
use super::unanswered::Unanswered;

/// The versions of the protocol that there still are.
const V1: &str = "client.authentication.k8s.io/v1";
const V1BETA1: &str = "client.authentication.k8s.io/v1beta1";
/// What extension of a cluster is meant for the program.
const EXTENSION: &str = "client.authentication.k8s.io/exec";
/// The most that is read of what it says.
const ANSWER_BYTES: u64 = 1 << 20;

/// A program that gets credentials.
#[derive(Debug)]
pub(super) struct Exec {
    program: Program,
    /// What it gave last.
    issued: Mutex<Option<Issued>>,
    /// What standard input is read for.
    standard_input: Option<&'static str>,
}

#[derive(Debug, Clone)]
struct Program {
    command: String,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    api_version: String,
    mode: ExecInteractiveMode,
    install_hint: Option<String>,
    /// The cluster that it is told of.
    cluster: Option<Value>,
    origin: Setting,
}

/// What it has given.
#[derive(Debug, Clone, Default)]
pub(super) struct Issued {
    pub(super) token: Option<SecretString>,
    pub(super) key: Option<Arc<CertifiedKey>>,
    expires: Option<Timestamp>,
}

impl Exec {
    /// Reads what a kubeconfig says. The program is not started.
    pub(super) fn of(
        exec: &ExecConfig,
        cluster: &Cluster,
        flags: &ConnectionFlags,
        authority: Option<&Material>,
        origin: Setting,
    ) -> Result<Self, ConnectError> {
        let malformed = |why| ConnectError::Unusable {
            origin: origin.clone(),
            why,
        };
        let command = exec.command.clone().filter(|command| !command.is_empty());
        let command = command.ok_or_else(|| malformed("it has no command"))?;
        let api_version = exec.api_version.clone().unwrap_or_default();
        if ![V1, V1BETA1].contains(&api_version.as_str()) {
            return Err(malformed(
                "its apiVersion is neither client.authentication.k8s.io/v1 nor client.authentication.k8s.io/v1beta1",
            ));
        }
        let mode = match &exec.interactive_mode {
            Some(mode) => mode.clone(),
            None if api_version == V1BETA1 => ExecInteractiveMode::IfAvailable,
            None => return Err(malformed("it has no interactiveMode")),
        };
        let variable = |variable: &std::collections::HashMap<String, String>| {
            Some((
                variable.get("name")?.clone(),
                variable.get("value").cloned().unwrap_or_default(),
            ))
        };
        let program = Program {
            command,
            arguments: exec.args.clone().unwrap_or_default(),
            environment: exec.env.iter().flatten().filter_map(variable).collect(),
            api_version,
            mode,
            install_hint: exec.install_hint.clone(),
            cluster: exec.provide_cluster_info.then(|| told(cluster, flags, authority)),
            origin,
        };
        Ok(Self {
            program,
            issued: Mutex::new(None),
            standard_input: None,
        })
    }

    /// Says what standard input is read for: the program cannot have it then.
    pub(super) fn without_standard_input(&mut self, reason: Option<&'static str>) {
        self.standard_input = reason;
    }

    /// Returns what the program has given, and starts it when there is nothing yet or no more.
    pub(super) async fn issued(&self) -> Result<Issued, Unanswered> {
        let mut issued = self.issued.lock().await;
        let is_fresh = |issued: &&Issued| issued.expires.is_none_or(|expires| Timestamp::now() < expires);
        if let Some(issued) = issued.as_ref().filter(is_fresh) {
            return Ok(issued.clone());
        }
        let (program, standard_input) = (self.program.clone(), self.standard_input);
        let run = tokio::task::spawn_blocking(move || program.run(standard_input)).await;
        let fresh = run.unwrap_or_else(|_| Err(self.program.failed("it could not be started", "", None)))?;
        *issued = Some(fresh.clone());
        Ok(fresh)
    }
}

/// The cluster, as the program is told of it.
fn told(cluster: &Cluster, flags: &ConnectionFlags, authority: Option<&Material>) -> Value {
    let mut told = Map::new();
    let mut tell = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            told.insert(key.to_owned(), value);
        }
    };
    let text = |text: Option<&String>| text.filter(|text| !text.is_empty()).map(|text| json!(text));
    tell("server", text(flags.server.as_ref().or(cluster.server.as_ref())));
    let server_name = match (&flags.tls_server_name, &flags.server) {
        (Some(name), _) => Some(name),
        (None, Some(_)) => None,
        (None, None) => cluster.tls_server_name.as_ref(),
    };
    tell("tls-server-name", text(server_name));
    let insecure = flags.insecure_skip_tls_verify.or(cluster.insecure_skip_tls_verify);
    tell("insecure-skip-tls-verify", insecure.filter(|set| *set).map(Value::Bool));
    tell(
        "certificate-authority-data",
        authority.map(|authority| json!(STANDARD.encode(&authority.pem))),
    );
    tell("proxy-url", text(cluster.proxy_url.as_ref()));
    let uncompressed = flags.disable_compression.or(cluster.disable_compression);
    tell("disable-compression", uncompressed.filter(|set| *set).map(Value::Bool));
    let extension = cluster
        .extensions
        .iter()
        .flatten()
        .find(|extension| extension.name == EXTENSION);
    tell(
        "config",
        Some(extension.map_or(Value::Null, |extension| extension.extension.clone())),
    );
    Value::Object(told)
}

impl Program {
    fn run(&self, standard_input: Option<&'static str>) -> Result<Issued, Unanswered> {
        let is_free = standard_input.is_none() && std::io::stdin().is_terminal();
        let interactive = match self.mode {
            ExecInteractiveMode::Never => false,
            ExecInteractiveMode::IfAvailable => is_free,
            ExecInteractiveMode::Always if is_free => true,
            ExecInteractiveMode::Always => {
                let why = match standard_input {
                    Some(reason) => format!("it wants to ask you, and standard input is read for {reason}"),
                    None => "it wants to ask you, and standard input is no terminal".to_owned(),
                };
                return Err(self.failed(&why, "", None));
            }
        };
        let mut spec = json!({ "interactive": interactive });
        if let Some(cluster) = &self.cluster {
            spec["cluster"] = cluster.clone();
        }
        let info = json!({"kind": "ExecCredential", "apiVersion": self.api_version, "spec": spec});
        let mut command = Command::new(&self.command);
        command.args(&self.arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.env("KUBERNETES_EXEC_INFO", info.to_string());
        command.stdout(Stdio::piped());
        if interactive {
            command.stdin(Stdio::inherit()).stderr(Stdio::inherit());
        } else {
            command.stdin(Stdio::null()).stderr(Stdio::piped());
        }
        let mut child = command.spawn().map_err(|error| self.not_started(&error))?;
        let said = child
            .stderr
            .take()
            .map(|stderr| std::thread::spawn(move || pass_on(stderr)));
        let mut answer = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            let _ = stdout.take(ANSWER_BYTES).read_to_end(&mut answer);
        }
        let status = child.wait().map_err(|error| self.not_started(&error))?;
        let last_line = said.and_then(|said| said.join().ok()).flatten();
        if !status.success() {
            let how = match status.code() {
                Some(code) => format!("it ended with exit code {code}"),
                None => "it was killed".to_owned(),
            };
            return Err(self.failed(&how, &status.to_string(), last_line.as_deref()));
        }
        self.read(&answer)
    }

    fn read(&self, answer: &[u8]) -> Result<Issued, Unanswered> {
        let wrong = |why: &str| self.failed(why, "", None);
        let answer: Value = serde_json::from_slice(answer).map_err(|_| wrong("it answered no JSON"))?;
        if answer["kind"] != "ExecCredential" || answer["apiVersion"] != self.api_version.as_str() {
            let why = format!("it answered no ExecCredential of {}", self.api_version);
            return Err(wrong(&why));
        }
        let status = &answer["status"];
        let text = |field: &str| status[field].as_str().filter(|text| !text.is_empty());
        let (token, certificate, key) = (text("token"), text("clientCertificateData"), text("clientKeyData"));
        let key = match (certificate, key) {
            (Some(certificate), Some(key)) => {
                let read = certified_key(certificate.as_bytes(), key.as_bytes());
                Some(read.map_err(|_| wrong("it answered a client certificate that cannot be used"))?)
            }
            (None, None) => None,
            _ => return Err(wrong("it answered a client certificate or its key, and not both")),
        };
        if token.is_none() && key.is_none() {
            return Err(wrong("it answered neither a token nor a client certificate"));
        }
        let expires = match text("expirationTimestamp") {
            Some(time) => Some(
                time.parse()
                    .map_err(|_| wrong("it answered an expirationTimestamp that is no time"))?,
            ),
            None => None,
        };
        Ok(Issued {
            token: token.map(SecretString::from),
            key: key.map(Arc::new),
            expires,
        })
    }

    fn not_started(&self, error: &std::io::Error) -> Unanswered {
        let hint = self
            .install_hint
            .as_deref()
            .map(str::trim)
            .filter(|hint| !hint.is_empty());
        let why = format!("it could not be started: {}", super::plain(error));
        self.failed(&why, &error.to_string(), hint)
    }

    fn failed(&self, why: &str, details: &str, said: Option<&str>) -> Unanswered {
        Unanswered::plugin(&self.command, why, said, &self.origin, details)
    }
}

/// Passes on what a program says to a person, as it comes, and returns its last line.
fn pass_on(mut stderr: impl Read) -> Option<String> {
    let (mut buffer, mut tail) = ([0; 4096], Vec::new());
    let mut shown = standard_error();
    while let Ok(read @ 1..) = stderr.read(&mut buffer) {
        if let Some(shown) = &mut shown {
            let _ = shown.write_all(&buffer[..read]);
        }
        tail.extend_from_slice(&buffer[..read]);
        let surplus = tail.len().saturating_sub(4096);
        tail.drain(..surplus);
    }
    let text = String::from_utf8_lossy(&tail).into_owned();
    let last = text.lines().map(str::trim).rfind(|line| !line.is_empty());
    last.map(str::to_owned)
}

/// Standard error by a handle of its own: whoever waits here may hold the lock of the usual one.
#[cfg(unix)]
fn standard_error() -> Option<File> {
    use std::os::fd::AsFd as _;
    let handle = std::io::stderr().as_fd().try_clone_to_owned();
    handle.ok().map(File::from)
}

/// Standard error by a handle of its own: whoever waits here may hold the lock of the usual one.
#[cfg(windows)]
fn standard_error() -> Option<File> {
    use std::os::windows::io::AsHandle as _;
    let handle = std::io::stderr().as_handle().try_clone_to_owned();
    handle.ok().map(File::from)
}
