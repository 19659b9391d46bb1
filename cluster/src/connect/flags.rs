//! What a command line says about a connection, in kubectl's terms, and where the command runs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

/// The flags of a connection; what is absent is as the kubeconfig says.
#[derive(Debug, Clone, Default)]
pub struct ConnectionFlags {
    /// `--kubeconfig`
    pub kubeconfig: Option<PathBuf>,
    /// `--context`
    pub context: Option<String>,
    /// `--cluster`
    pub cluster: Option<String>,
    /// `--user`
    pub user: Option<String>,
    /// `--namespace`
    pub namespace: Option<String>,
    /// `--server`
    pub server: Option<String>,
    /// `--tls-server-name`
    pub tls_server_name: Option<String>,
    /// `--certificate-authority`
    pub certificate_authority: Option<PathBuf>,
    /// `--insecure-skip-tls-verify`
    pub insecure_skip_tls_verify: Option<bool>,
    /// `--client-certificate`
    pub client_certificate: Option<PathBuf>,
    /// `--client-key`
    pub client_key: Option<PathBuf>,
    /// `--token`
    pub token: Option<SecretString>,
    /// `--as`
    pub impersonate: Option<String>,
    /// `--as-group`
    pub impersonate_groups: Vec<String>,
    /// `--as-uid`
    pub impersonate_uid: Option<String>,
    /// `--as-user-extra`, key and value
    pub impersonate_extra: Vec<(String, String)>,
    /// `--request-timeout`; zero for none
    pub request_timeout: Option<Duration>,
    /// `--disable-compression`
    pub disable_compression: Option<bool>,
}

/// Where a command runs.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The variables of its environment.
    pub environment: BTreeMap<String, String>,
    /// The folder that relative paths of flags start from.
    pub current_directory: PathBuf,
    /// What standard input is read for, when it is: a credential plugin cannot have it then.
    pub standard_input: Option<&'static str>,
    /// What the API server is told that asks.
    pub user_agent: String,
    /// Whether the answer is given up so soon that nothing may be begun which has to be finished, such as the renewal of a token
    /// that can be used once.
    pub gives_up_soon: bool,
}

impl Surroundings {
    /// A variable of the environment; an empty one counts as absent.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let value = self.environment.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }
}
