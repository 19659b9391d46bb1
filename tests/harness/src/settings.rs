//! The command lines of the programs, and the kubeconfig that leads to them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::run_directory::RunDirectory;

/// The ports of one control plane, all on 127.0.0.1.
#[derive(Clone, Copy)]
pub(crate) struct Ports {
    pub(crate) apiserver: u16,
    pub(crate) etcd: u16,
    pub(crate) etcd_peers: u16,
}

impl Ports {
    pub(crate) fn url(self) -> String {
        format!("https://127.0.0.1:{}", self.apiserver)
    }
}

/// Files that the programs read; [`RunDirectory::file`] gives their paths.
pub(crate) const CERTIFICATE: &str = "apiserver.crt";
pub(crate) const KEY: &str = "apiserver.key";
pub(crate) const AUTHORITY: &str = "ca.crt";
pub(crate) const TOKENS: &str = "tokens.csv";
pub(crate) const SIGNING_KEY: &str = "service-account.key";
pub(crate) const VERIFICATION_KEY: &str = "service-account.pub";
pub(crate) const KUBECONFIG: &str = "kubeconfig";

pub(crate) fn etcd(directory: &RunDirectory, ports: Ports) -> Vec<String> {
    let clients = format!("http://127.0.0.1:{}", ports.etcd);
    let peers = format!("http://127.0.0.1:{}", ports.etcd_peers);
    vec![
        format!("--data-dir={}", directory.file("etcd")),
        format!("--listen-client-urls={clients}"),
        format!("--advertise-client-urls={clients}"),
        format!("--listen-peer-urls={peers}"),
        format!("--initial-advertise-peer-urls={peers}"),
        format!("--initial-cluster=default={peers}"),
        // Nothing here must survive a power cut, and waiting for the disk is most of the time of a small write.
        "--unsafe-no-fsync".into(),
        "--log-level=warn".into(),
    ]
}

pub(crate) fn kube_apiserver(directory: &RunDirectory, ports: Ports, controller_manager: bool) -> Vec<String> {
    let mut arguments = vec![
        format!("--etcd-servers=http://127.0.0.1:{}", ports.etcd),
        "--bind-address=127.0.0.1".into(),
        format!("--secure-port={}", ports.apiserver),
        // Without an address it looks for a default route, which a machine without a network does not have. The
        // Endpoints of the `kubernetes` Service cannot hold a loopback address, so that nobody must write them.
        "--advertise-address=127.0.0.1".into(),
        "--endpoint-reconciler-type=none".into(),
        format!("--cert-dir={}", directory.file("certificates")),
        format!("--tls-cert-file={}", directory.file(CERTIFICATE)),
        format!("--tls-private-key-file={}", directory.file(KEY)),
        format!("--token-auth-file={}", directory.file(TOKENS)),
        format!("--client-ca-file={}", directory.file(AUTHORITY)),
        "--authorization-mode=Node,RBAC".into(),
        "--service-account-issuer=https://kubernetes.default.svc".into(),
        format!("--service-account-key-file={}", directory.file(VERIFICATION_KEY)),
        format!("--service-account-signing-key-file={}", directory.file(SIGNING_KEY)),
        "--service-cluster-ip-range=10.96.0.0/16".into(),
        "--allow-privileged=true".into(),
    ];
    if !controller_manager {
        // Nobody makes the `default` ServiceAccount of a namespace then, and this plug-in would refuse every pod.
        arguments.push("--disable-admission-plugins=ServiceAccount".into());
    }
    arguments
}

pub(crate) fn kube_controller_manager(directory: &RunDirectory) -> Vec<String> {
    let kubeconfig = directory.file(KUBECONFIG);
    vec![
        format!("--kubeconfig={kubeconfig}"),
        format!("--service-account-private-key-file={}", directory.file(SIGNING_KEY)),
        format!("--root-ca-file={}", directory.file(AUTHORITY)),
        "--use-service-account-credentials=true".into(),
        "--leader-elect=false".into(),
        // It serves nothing that a test reads, and without a port it cannot collide with another one.
        "--secure-port=0".into(),
        // With the default rate the ServiceAccounts of the first namespaces take seconds.
        "--kube-api-qps=200".into(),
        "--kube-api-burst=400".into(),
    ]
}

/// One line of the token file: an administrator whom no RBAC rule can lock out.
pub(crate) fn token_file(token: &str) -> String {
    format!("{token},admin,admin,\"system:masters\"\n")
}

/// A kubeconfig with everything inside, so that it also works when it is copied elsewhere. JSON is valid YAML.
pub(crate) fn kubeconfig(url: &str, authority_pem: &str, token: &str) -> String {
    let authority = STANDARD.encode(authority_pem);
    let name = "neo4jbackup";
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": url, "certificate-authority-data": authority}}],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": "admin", "namespace": "default"}}],
        "current-context": name,
    });
    format!("{config:#}\n")
}
