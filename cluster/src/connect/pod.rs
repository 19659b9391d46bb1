//! The cluster that this pod runs in, and the account that it has there.

use std::path::Path;

use kube::config::{AuthInfo, Cluster};

use super::ConnectError;
use super::credentials::Credentials;
use super::flags::{ConnectionFlags, Surroundings};
use super::impersonation;
use super::material::{of_flag, read};
use super::proxy;
use super::setting::Setting;
use super::target::{Target, address, namespace as chosen_namespace};

/// Where the kubelet puts what a pod needs to know of its account.
const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The address of the API server, as the kubelet tells it to every pod.
pub(super) struct Pod {
    host: String,
    port: String,
}

/// Returns the cluster of this pod, or `None` if this is no pod, or one without a token.
pub(super) fn find(surroundings: &Surroundings) -> Option<Pod> {
    let host = surroundings.variable("KUBERNETES_SERVICE_HOST")?.to_owned();
    let port = surroundings.variable("KUBERNETES_SERVICE_PORT")?.to_owned();
    Path::new(ACCOUNT).join("token").is_file().then_some(Pod { host, port })
}

/// Returns the namespace of this pod, or `None` if this is none.
pub(super) fn namespace(surroundings: &Surroundings) -> Option<String> {
    find(surroundings)?;
    if let Some(named) = surroundings.variable("POD_NAMESPACE") {
        return Some(named.to_owned());
    }
    let namespace = std::fs::read_to_string(Path::new(ACCOUNT).join("namespace")).ok()?;
    Some(namespace.trim().to_owned()).filter(|namespace| !namespace.is_empty())
}

impl Pod {
    /// Makes of it what is connected to. What flags say of the token, of certificates and of whom to impersonate counts.
    pub(super) fn target(&self, flags: &ConnectionFlags, surroundings: &Surroundings) -> Result<Target, ConnectError> {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        let malformed = || ConnectError::Unusable {
            origin: Setting::Variable("KUBERNETES_SERVICE_HOST"),
            why: "it is no address of a server",
        };
        let server = address(&format!("https://{host}:{}", self.port), true).ok_or_else(malformed)?;
        let insecure = flags.insecure_skip_tls_verify.unwrap_or_default();
        let authority = match &flags.certificate_authority {
            Some(file) => Some(of_flag(file, "--certificate-authority", surroundings)?),
            None if insecure => None,
            None => {
                let file = Path::new(ACCOUNT).join("ca.crt");
                Some(read(&file, &file, Setting::Pod)?)
            }
        };
        let account = AuthInfo {
            token_file: Some(format!("{ACCOUNT}/token")),
            ..AuthInfo::default()
        };
        Ok(Target {
            proxy: proxy::of_environment(&server, surroundings)?,
            server,
            server_origin: Setting::Variable("KUBERNETES_SERVICE_HOST"),
            context: None,
            namespace: chosen_namespace(flags, None, surroundings),
            authority,
            insecure,
            server_name: flags
                .tls_server_name
                .clone()
                .map(|name| (name, Setting::Flag("--tls-server-name"))),
            compression: !flags.disable_compression.unwrap_or_default(),
            identity: None,
            credentials: Credentials::of(flags, &account, &Cluster::default(), None, None)?,
            user_origin: Some(if flags.token.is_some() {
                Setting::Flag("--token")
            } else {
                Setting::Pod
            }),
            impersonation: impersonation::headers(flags, &AuthInfo::default())?,
            notes: Vec::new(),
        })
    }
}
