//! Who is who on the node: certificates of the servers, and a token and a kubeconfig for each program.

use crate::certificates::{CertificateAuthority, TokenKey};
use crate::control_plane::unguessable_token;
use crate::error::HarnessError;
use crate::run_directory::RunDirectory;
use crate::settings;

/// What the administrator needs to talk to the API server.
pub(crate) struct Administrator {
    pub(crate) token: String,
    pub(crate) authority_pem: String,
}

/// Writes everything into the directory of the node.
pub(crate) fn write(directory: &RunDirectory) -> Result<Administrator, HarnessError> {
    let authority = CertificateAuthority::new()?;
    directory.write("ca.crt", authority.certificate_pem().as_bytes())?;
    for (name, certificate) in [
        ("apiserver", authority.issue_server_certificate(&APISERVER_NAMES)?),
        ("kubelet", authority.issue_server_certificate(&["node", ADDRESS])?),
        (
            "kubelet-client",
            authority.issue_client_certificate("kube-apiserver", "system:masters")?,
        ),
    ] {
        directory.write(&format!("{name}.crt"), certificate.certificate_pem.as_bytes())?;
        directory.write(&format!("{name}.key"), certificate.key_pem.as_bytes())?;
    }
    let token_key = TokenKey::new()?;
    directory.write("service-account.key", token_key.private_pem.as_bytes())?;
    directory.write("service-account.pub", token_key.public_pem.as_bytes())?;

    let mut tokens = String::new();
    for (program, user, group) in PROGRAMS {
        let token = unguessable_token()?;
        tokens += &format!("{token},{user},{user},\"{group}\"\n");
        let kubeconfig = settings::kubeconfig(URL, authority.certificate_pem(), &token);
        directory.write(&format!("{program}.kubeconfig"), kubeconfig.as_bytes())?;
    }
    let token = unguessable_token()?;
    tokens += &settings::token_file(&token);
    directory.write("tokens.csv", tokens.as_bytes())?;
    let authority_pem = authority.certificate_pem().to_owned();
    let kubeconfig = settings::kubeconfig(URL, &authority_pem, &token);
    directory.write(settings::KUBECONFIG, kubeconfig.as_bytes())?;
    Ok(Administrator { token, authority_pem })
}

/// The programs that talk to the API server, with the users and groups that Kubernetes has roles for.
const PROGRAMS: [(&str, &str, &str); 4] = [
    ("kube-controller-manager", "system:kube-controller-manager", ""),
    ("kube-scheduler", "system:kube-scheduler", ""),
    ("kubelet", "system:node:node", "system:nodes"),
    ("kube-proxy", "system:kube-proxy", ""),
];

/// Every way in which programs and pods call the API server.
const APISERVER_NAMES: [&str; 7] = [
    "127.0.0.1",
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "10.96.0.1",
    ADDRESS,
];

/// The address of the node, which exists only in its own network.
pub(crate) const ADDRESS: &str = "172.30.0.2";
/// The API server as the node's own network reaches it.
pub(crate) const URL: &str = "https://127.0.0.1:6443";
pub(crate) const APISERVER_PORT: u16 = 6443;
