//! Which server, trusted by what, and as whom: the flags laid over the kubeconfig as kubectl lays them.

use std::path::Path;

use http::{HeaderMap, Uri};
use kube::config::{AuthInfo, Cluster, Context};

use super::ConnectError;
use super::credentials::Credentials;
use super::flags::{ConnectionFlags, Surroundings};
use super::impersonation;
use super::kubeconfig::{Entry, Merged, find};
use super::material::{Material, of_flag, of_kubeconfig, read};
use super::pod::{self, ACCOUNT, Pod};
use super::proxy::{self, Proxy};
use super::setting::Setting;
use super::tls::Trust;

/// Everything that a client is made of.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) server: Uri,
    pub(super) server_origin: Setting,
    /// The context, where there is one.
    pub(super) context: Option<String>,
    pub(super) namespace: String,
    /// The certificates that are trusted; without any, those of the operating system are.
    pub(super) authority: Option<Material>,
    pub(super) insecure: bool,
    pub(super) server_name: Option<(String, Setting)>,
    pub(super) proxy: Option<Proxy>,
    pub(super) compression: bool,
    /// Certificate and key of the client.
    pub(super) identity: Option<(Material, Material)>,
    pub(super) credentials: Credentials,
    /// Where it stands as whom the server is asked; `None` when nothing says it.
    pub(super) user_origin: Option<Setting>,
    pub(super) impersonation: HeaderMap,
    /// What a person should know, though it stops nothing.
    pub(super) notes: Vec<String>,
}

/// What the files say of the context, the cluster and the user that were chosen.
struct Chosen<'m> {
    context: Option<&'m Entry<Context>>,
    cluster: Option<&'m Entry<Cluster>>,
    user: Option<&'m Entry<AuthInfo>>,
    notes: Vec<String>,
}

impl Target {
    /// Who is believed to be the server.
    pub(super) fn trust(&self) -> Trust<'_> {
        match &self.authority {
            _ if self.insecure => Trust::Anybody,
            Some(authority) => Trust::Authority(authority),
            None => Trust::System,
        }
    }

    /// Finds out what to connect to. No request is sent and no program is started.
    pub(super) fn find(flags: &ConnectionFlags, surroundings: &Surroundings) -> Result<Self, ConnectError> {
        let merged = Merged::read(flags.kubeconfig.as_deref(), surroundings)?;
        let chosen = Chosen::of(&merged, flags)?;
        let field = |entry: Option<&Entry<Cluster>>, field| {
            entry.map_or(Setting::Pod, |entry| Setting::Field {
                field,
                of: "cluster",
                name: entry.name.clone(),
                file: entry.file.clone(),
            })
        };
        let of_cluster = chosen.cluster.map(|entry| entry.value.clone()).unwrap_or_default();
        let server = match &flags.server {
            Some(server) => Some((server.clone(), Setting::Flag("--server"))),
            None => of_cluster
                .server
                .clone()
                .filter(|server| !server.is_empty())
                .map(|server| (server, field(chosen.cluster, "server"))),
        };
        let Some((server, server_origin)) = server else {
            return match pod::find(surroundings) {
                Some(pod) => Self::of_pod(&pod, chosen.namespace(), flags, surroundings),
                None if merged.is_empty() => Err(ConnectError::NoCluster { files: merged.named() }),
                None => Err(chosen.without_server(&merged)),
            };
        };

        let (authority, insecure) = trust(flags, surroundings, &of_cluster, &|name| field(chosen.cluster, name))?;
        let server_name = match (&flags.tls_server_name, &flags.server) {
            (Some(name), _) => Some((name.clone(), Setting::Flag("--tls-server-name"))),
            // Another server has another name.
            (None, Some(_)) => None,
            (None, None) => of_cluster
                .tls_server_name
                .clone()
                .filter(|name| !name.is_empty())
                .map(|name| (name, field(chosen.cluster, "tls-server-name"))),
        };
        let of_user = chosen.user.map(|entry| entry.value.clone()).unwrap_or_default();
        let identity = identity(flags, surroundings, chosen.user)?;
        let has_tls = authority.is_some() || insecure || identity.is_some();
        let server = address(&server, has_tls).ok_or_else(|| ConnectError::Unusable {
            origin: server_origin.clone(),
            why: "it is no address of a server",
        })?;
        let proxy = match of_cluster.proxy_url.as_deref().filter(|address| !address.is_empty()) {
            Some(address) => Some(proxy::named(address, field(chosen.cluster, "proxy-url"))?),
            None => proxy::of_environment(&server, surroundings)?,
        };
        let user_origin = |field| {
            chosen.user.map(|entry| Setting::Field {
                field,
                of: "user",
                name: entry.name.clone(),
                file: entry.file.clone(),
            })
        };
        let credentials = Credentials::of(
            flags,
            surroundings,
            &of_user,
            &of_cluster,
            authority.as_ref(),
            user_origin("exec"),
        )?;
        let field = credentials
            .field()
            .or(identity.is_some().then_some("client-certificate"));
        let origin = if flags.token.is_some() {
            Some(Setting::Flag("--token"))
        } else if flags.client_certificate.is_some() {
            Some(Setting::Flag("--client-certificate"))
        } else {
            field.and_then(user_origin)
        };
        let in_context = chosen.namespace();
        Ok(Self {
            server,
            server_origin,
            context: chosen.context.map(|entry| entry.name.clone()),
            namespace: namespace(flags, in_context, surroundings),
            authority,
            insecure,
            server_name,
            proxy,
            compression: !flags
                .disable_compression
                .or(of_cluster.disable_compression)
                .unwrap_or_default(),
            identity,
            credentials,
            user_origin: origin,
            impersonation: impersonation::headers(flags, &of_user)?,
            notes: chosen.notes,
        })
    }

    /// The API server of the cluster that this pod runs in. What flags say of the token, of certificates and of whom to impersonate counts.
    fn of_pod(
        pod: &Pod,
        in_context: Option<String>,
        flags: &ConnectionFlags,
        surroundings: &Surroundings,
    ) -> Result<Self, ConnectError> {
        let host = if pod.host.contains(':') {
            format!("[{}]", pod.host)
        } else {
            pod.host.clone()
        };
        let malformed = || ConnectError::Unusable {
            origin: Setting::Variable("KUBERNETES_SERVICE_HOST"),
            why: "it is no address of a server",
        };
        let server = address(&format!("https://{host}:{}", pod.port), true).ok_or_else(malformed)?;
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
        Ok(Self {
            proxy: proxy::of_environment(&server, surroundings)?,
            server,
            server_origin: Setting::Variable("KUBERNETES_SERVICE_HOST"),
            context: None,
            namespace: namespace(flags, in_context, surroundings),
            authority,
            insecure,
            server_name: flags
                .tls_server_name
                .clone()
                .map(|name| (name, Setting::Flag("--tls-server-name"))),
            compression: !flags.disable_compression.unwrap_or_default(),
            identity: None,
            credentials: Credentials::of(flags, surroundings, &account, &Cluster::default(), None, None)?,
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

impl<'m> Chosen<'m> {
    fn of(merged: &'m Merged, flags: &ConnectionFlags) -> Result<Self, ConnectError> {
        let mut notes = Vec::new();
        let (named, origin) = match (&flags.context, &merged.current_context) {
            (Some(name), _) => (Some(name), "--context".to_owned()),
            (None, Some((name, file))) => (Some(name), format!("current-context in {}", file.display())),
            (None, None) => (None, String::new()),
        };
        let context = match named {
            Some(name) => Some(find(&merged.contexts, name).ok_or_else(|| missing("context", name, origin, merged))?),
            None => None,
        };
        let of_context = |what| context.map_or_else(String::new, |entry| origin_of(entry, what));
        let cluster = match (&flags.cluster, context.map(|entry| entry.value.cluster.as_str())) {
            (Some(name), _) => Some((name.as_str(), "--cluster".to_owned())),
            (None, Some(name)) if !name.is_empty() => Some((name, of_context("cluster"))),
            _ => None,
        };
        let cluster = match cluster {
            Some((name, origin)) => {
                let found = find(&merged.clusters, name);
                if found.is_none() && flags.server.is_none() {
                    return Err(missing("cluster", name, origin, merged));
                }
                found
            }
            None => None,
        };
        let in_context = context.and_then(|entry| entry.value.user.as_deref());
        let user = match (&flags.user, in_context.filter(|name| !name.is_empty())) {
            (Some(name), _) => {
                let found = find(&merged.users, name);
                Some(found.ok_or_else(|| missing("user", name, "--user".to_owned(), merged))?)
            }
            (None, Some(name)) => {
                let found = find(&merged.users, name);
                if found.is_none() {
                    // kubectl goes on as well, and is nobody then.
                    let missing = missing("user", name, of_context("user"), merged);
                    notes.push(format!("{missing}; so the server is asked without credentials"));
                }
                found
            }
            (None, None) => None,
        };
        Ok(Self {
            context,
            cluster,
            user,
            notes,
        })
    }

    /// The namespace of the context.
    fn namespace(&self) -> Option<String> {
        self.context.and_then(|context| context.value.namespace.clone())
    }

    /// Why there is no address to go to.
    fn without_server(&self, merged: &Merged) -> ConnectError {
        match (self.cluster, self.context) {
            (Some(cluster), _) => ConnectError::NoServer {
                cluster: cluster.name.clone(),
                file: cluster.file.clone(),
            },
            (None, Some(context)) => ConnectError::NoClusterInContext {
                context: context.name.clone(),
                file: context.file.clone(),
            },
            (None, None) => ConnectError::NoCurrentContext {
                files: merged.named(),
                known: names(&merged.contexts),
            },
        }
    }
}

fn origin_of(entry: &Entry<Context>, field: &'static str) -> String {
    let (name, file) = (entry.name.clone(), entry.file.clone());
    let of = "context";
    Setting::Field { field, of, name, file }.to_string()
}

fn missing(what: &'static str, name: &str, named_by: String, merged: &Merged) -> ConnectError {
    let known = match what {
        "context" => names(&merged.contexts),
        "cluster" => names(&merged.clusters),
        _ => names(&merged.users),
    };
    ConnectError::NotInKubeconfig {
        what,
        name: name.to_owned(),
        named_by,
        files: merged.named(),
        known,
    }
}

fn names<T>(entries: &[Entry<T>]) -> Vec<String> {
    entries.iter().map(|entry| entry.name.clone()).collect()
}

/// Which certificates are believed. A flag takes the place of everything that the file says about it.
fn trust(
    flags: &ConnectionFlags,
    surroundings: &Surroundings,
    cluster: &Cluster,
    origin: &dyn Fn(&'static str) -> Setting,
) -> Result<(Option<Material>, bool), ConnectError> {
    let insecure = flags.insecure_skip_tls_verify.unwrap_or_default();
    let (authority, insecure) = if insecure || flags.certificate_authority.is_some() {
        let file = flags.certificate_authority.as_deref();
        let read = file.map(|file| of_flag(file, "--certificate-authority", surroundings));
        (read.transpose()?, insecure)
    } else {
        let (data, file) = (&cluster.certificate_authority_data, &cluster.certificate_authority);
        let fields = ["certificate-authority-data", "certificate-authority"];
        let read = of_kubeconfig(data.as_deref(), file.as_deref(), fields, origin)?;
        let of_file = cluster.insecure_skip_tls_verify.unwrap_or_default();
        (read, flags.insecure_skip_tls_verify.unwrap_or(of_file))
    };
    match &authority {
        Some(authority) if insecure => Err(ConnectError::TrustContradicts {
            authority: authority.origin.clone(),
        }),
        _ => Ok((authority, insecure)),
    }
}

/// The certificate of the client and its key.
fn identity(
    flags: &ConnectionFlags,
    surroundings: &Surroundings,
    user: Option<&Entry<AuthInfo>>,
) -> Result<Option<(Material, Material)>, ConnectError> {
    let empty = AuthInfo::default();
    let of_user = user.map_or(&empty, |entry| &entry.value);
    let origin = |field| {
        user.map_or(Setting::Pod, |entry| Setting::Field {
            field,
            of: "user",
            name: entry.name.clone(),
            file: entry.file.clone(),
        })
    };
    let certificate = match &flags.client_certificate {
        Some(file) => Some(of_flag(file, "--client-certificate", surroundings)?),
        None => of_kubeconfig(
            of_user.client_certificate_data.as_deref(),
            of_user.client_certificate.as_deref(),
            ["client-certificate-data", "client-certificate"],
            &origin,
        )?,
    };
    let key = match &flags.client_key {
        Some(file) => Some(of_flag(file, "--client-key", surroundings)?),
        None => of_kubeconfig(
            of_user
                .client_key_data
                .as_ref()
                .map(secrecy::ExposeSecret::expose_secret),
            of_user.client_key.as_deref(),
            ["client-key-data", "client-key"],
            &origin,
        )?,
    };
    match (certificate, key) {
        (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
        (Some(certificate), None) => Err(ConnectError::IdentityIncomplete {
            present: certificate.origin,
            missing: "client-key",
        }),
        (None, Some(key)) => Err(ConnectError::IdentityIncomplete {
            present: key.origin,
            missing: "client-certificate",
        }),
        (None, None) => Ok(None),
    }
}

pub(super) fn namespace(flags: &ConnectionFlags, in_context: Option<String>, surroundings: &Surroundings) -> String {
    let named = flags.namespace.clone().or(in_context).filter(|name| !name.is_empty());
    named
        .or_else(|| pod::namespace(surroundings))
        .unwrap_or_else(|| "default".to_owned())
}

/// Reads the address of a server. Without a scheme it is HTTPS only when something was said of certificates.
pub(super) fn address(server: &str, has_tls: bool) -> Option<Uri> {
    let scheme = if has_tls { "https" } else { "http" };
    let server = if server.contains("://") {
        server.to_owned()
    } else {
        format!("{scheme}://{server}")
    };
    let uri: Uri = server.parse().ok()?;
    let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
    (is_http && uri.host().is_some_and(|host| !host.is_empty())).then_some(uri)
}
