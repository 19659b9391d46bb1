//! From a kubeconfig, or the account of the pod, to a client.
//!
//! The webhook connects as kube does. What a person types is connected as kubectl would: the modules below read what kubectl
//! reads, lay the flags over it, and make connections that fail with one sentence.

mod certified_key;
mod credentials;
mod dial;
mod exec;
mod failure;
mod flags;
mod impersonation;
mod kubeconfig;
mod material;
mod oidc;
mod pod;
mod provider;
mod proxy;
mod setting;
mod target;
mod tls;
mod token_store;
mod transport;
mod unanswered;
mod warnings;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kube::config::{InClusterError, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use neo4jbackup_core::quoted::Quoted;

pub use flags::{ConnectionFlags, Surroundings};
pub use kubeconfig::KubeconfigNames;
pub use secrecy::SecretString;
pub use setting::Setting;
pub use unanswered::Unanswered;

use target::Target;
use transport::Transport;

/// Why a cluster cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The file that was named cannot be used.
    #[error("cannot use the kubeconfig {}", file.display())]
    Kubeconfig {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        source: KubeconfigError,
    },
    /// The account of the pod is there but cannot be used.
    #[error("cannot use the service account of this pod")]
    InCluster(#[source] InClusterError),
    /// The configuration is fine, but no client comes of it.
    #[error("cannot set up a client for {server}")]
    Client {
        /// The address of the API server.
        server: String,
        /// What is wrong.
        source: kube::Error,
    },
    /// A kubeconfig is not there or may not be read.
    #[error("cannot use the kubeconfig {}: {}", file.display(), plain(source))]
    KubeconfigUnreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A kubeconfig is none. What is wrong is not quoted, because it may be a secret.
    #[error("cannot use the kubeconfig {}: it is malformed, {place}", file.display())]
    KubeconfigMalformed {
        /// The file.
        file: PathBuf,
        /// Where.
        place: String,
    },
    /// Nothing says which cluster.
    #[error(
        "no cluster is configured: there is no kubeconfig at {files}, and this is no pod with a service account; give --kubeconfig or set KUBECONFIG"
    )]
    NoCluster {
        /// Where one would be.
        files: String,
    },
    /// A context, cluster or user that is named is not there.
    #[error("there is no {what} {} in {files} ({named_by}){}", Quoted(name), known_as(known))]
    NotInKubeconfig {
        /// Of which kind it is.
        what: &'static str,
        /// Its name.
        name: String,
        /// What names it.
        named_by: String,
        /// Where it was looked for.
        files: String,
        /// What is there.
        known: Vec<String>,
    },
    /// No context is the current one.
    #[error(
        "no context is chosen: there is no current-context in {files}; give --context{}",
        known_as(known)
    )]
    NoCurrentContext {
        /// Where it was looked for.
        files: String,
        /// The contexts that there are.
        known: Vec<String>,
    },
    /// A context without a cluster.
    #[error("the context {} in {} has no cluster", Quoted(context), file.display())]
    NoClusterInContext {
        /// The context.
        context: String,
        /// The kubeconfig.
        file: PathBuf,
    },
    /// A cluster without an address.
    #[error("the cluster {} in {} has no server", Quoted(cluster), file.display())]
    NoServer {
        /// The cluster.
        cluster: String,
        /// The kubeconfig.
        file: PathBuf,
    },
    /// A file with a certificate or a key.
    #[error("cannot read {}: {}; it is {origin}", file.display(), plain(source))]
    FileUnreadable {
        /// The file.
        file: PathBuf,
        /// What names it.
        origin: Setting,
        /// Why.
        source: io::Error,
    },
    /// A setting that is unusable by itself.
    #[error("cannot use {origin}: {why}")]
    Unusable {
        /// The setting.
        origin: Setting,
        /// Why.
        why: &'static str,
    },
    /// A certificate without a key, or a key without a certificate.
    #[error("{present} needs {missing} beside it")]
    IdentityIncomplete {
        /// What is there.
        present: Setting,
        /// What is not.
        missing: &'static str,
    },
    /// Authorities, and no check by them.
    #[error("{authority} and insecure-skip-tls-verify contradict each other: take one of them away")]
    TrustContradicts {
        /// Where the authorities stand.
        authority: Setting,
    },
    /// A group, uid or extra field of nobody.
    #[error("--as-group, --as-uid and --as-user-extra need --as")]
    NobodyImpersonated,
    /// A name that no header can carry.
    #[error("the user to impersonate, or a group or extra field of it, has characters that no header can carry")]
    ImpersonationMalformed,
    /// Credentials of a kind that is not known.
    #[error(
        "the auth-provider {} is not known, kubectl has none of that name either: use a credential plugin; it is {origin}",
        Quoted(name)
    )]
    UnknownProvider {
        /// Its name.
        name: String,
        /// What names it.
        origin: Setting,
    },
    /// TLS has nothing to start from.
    #[error("cannot read the authorities that this machine knows")]
    NoAuthorities(#[source] rustls::Error),
}

/// A cluster that can be asked.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    /// How it is reached, when that is as kubectl would.
    transport: Option<Arc<Transport>>,
    context: Option<String>,
    server: String,
    /// Whether it is asked in the name of somebody else.
    impersonates: bool,
}

impl Cluster {
    /// Returns the cluster of a kubeconfig, or without one the cluster that this pod runs in; `None` when neither says
    /// which cluster to ask. No request is sent.
    pub async fn connect(kubeconfig: Option<&Path>) -> Result<Option<Self>, ConnectError> {
        let config = match kubeconfig {
            Some(file) => from_file(file).await?,
            None if in_cluster() => Config::incluster().map_err(ConnectError::InCluster)?,
            None => return Ok(None),
        };
        let server = config.cluster_url.to_string();
        match Client::try_from(config) {
            Ok(client) => Ok(Some(Self {
                server,
                ..Self::from(client)
            })),
            Err(source) => Err(ConnectError::Client { server, source }),
        }
    }

    /// Returns the cluster that kubectl would ask, as whom kubectl would. No request is sent and no program is started.
    pub fn as_kubectl(flags: &ConnectionFlags, surroundings: &Surroundings) -> Result<Self, ConnectError> {
        let target = Target::find(flags, surroundings)?;
        let (server, compression) = (target.server.clone(), target.compression);
        let impersonates = !target.impersonation.is_empty();
        let (context, namespace) = (target.context.clone(), target.namespace.clone());
        let transport = Arc::new(Transport::new(target, flags, surroundings)?);
        Ok(Self {
            client: transport::client(&transport, server.clone(), compression, &namespace),
            transport: Some(transport),
            context,
            server: failure::Server::shown(&server),
            impersonates,
        })
    }

    /// Gets the credentials, where a program gives them: it may ask the person something and take its time. Every request does
    /// it by itself; this does it beforehand.
    pub async fn sign_in(&self) -> Result<(), Unanswered> {
        match &self.transport {
            Some(transport) => transport.sign_in().await,
            None => Ok(()),
        }
    }

    /// Returns what the API server wants people to know and has not been returned before.
    pub fn take_warnings(&self) -> Vec<String> {
        self.transport
            .as_ref()
            .map(|transport| transport.warnings.take())
            .unwrap_or_default()
    }

    /// Returns the context of the kubeconfig, or `None` without one.
    pub fn context(&self) -> Option<&str> {
        self.context.as_deref()
    }

    /// Returns the namespace that is meant where none is named: that of the flags, the context or the pod, else `default`.
    pub fn namespace(&self) -> &str {
        self.client.default_namespace()
    }

    /// Returns the address of the API server, without a user name or password.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Returns whether it is asked in the name of somebody else.
    pub(crate) fn impersonates(&self) -> bool {
        self.impersonates
    }

    /// Returns the client of this cluster. Clients share one pool of connections.
    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }
}

impl From<Client> for Cluster {
    fn from(client: Client) -> Self {
        Self {
            client,
            transport: None,
            context: None,
            server: String::new(),
            impersonates: false,
        }
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Cluster").finish_non_exhaustive()
    }
}

async fn from_file(file: &Path) -> Result<Config, ConnectError> {
    let failed = |source| ConnectError::Kubeconfig {
        file: file.to_owned(),
        source,
    };
    let kubeconfig = Kubeconfig::read_from(file).map_err(failed)?;
    Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .map_err(failed)
}

/// The kubelet sets this in every pod; whether a token is mounted as well is the pod's own decision.
fn in_cluster() -> bool {
    let token = Path::new("/var/run/secrets/kubernetes.io/serviceaccount/token");
    std::env::var_os("KUBERNETES_SERVICE_HOST").is_some() && token.exists()
}

/// What the operating system says, in words without numbers.
fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it is not there".to_owned(),
        io::ErrorKind::PermissionDenied => "there is no right to it".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::InvalidData => "it is no text".to_owned(),
        _ => error.to_string(),
    }
}

/// The names that there are, as the end of a message; many are too many to read.
fn known_as(names: &[String]) -> String {
    const READABLE: usize = 10;
    let mut names: Vec<String> = names.iter().map(|name| Quoted(name).to_string()).collect();
    names.sort();
    let rest = names.len().saturating_sub(READABLE);
    names.truncate(READABLE);
    match (names.is_empty(), rest) {
        (true, _) => "; there is none".to_owned(),
        (false, 0) => format!("; there is {}", names.join(", ")),
        (false, rest) => format!("; there is {} and {rest} more", names.join(", ")),
    }
}
