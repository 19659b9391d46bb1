//! The check of callers by their certificate.

use jiff::Timestamp;
use neo4jbackup_webhook::{ClientCheck, OwnIdentity};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, SanType,
};
use rustls::pki_types::PrivateKeyDer;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::program::{Program, text};
use crate::server::{Running, body};
use crate::support::{Client, Folder, app, eventually, get, head, roots};

/// An authority for callers.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Two authorities of one name must not be taken for one another.
        parameters.distinguished_name.push(DnType::CommonName, "callers");
        Self(CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    fn identity(&self, common_name: &str, alternatives: Vec<SanType>, usage: ExtendedKeyUsagePurpose) -> OwnIdentity {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.distinguished_name.push(DnType::CommonName, common_name);
        parameters.subject_alt_names = alternatives;
        parameters.extended_key_usages = vec![usage];
        OwnIdentity {
            certificate: parameters.signed_by(&key, &self.0).unwrap().der().clone(),
            key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        }
    }

    fn client(&self, common_name: &str) -> OwnIdentity {
        self.identity(common_name, Vec::new(), ExtendedKeyUsagePurpose::ClientAuth)
    }
}

/// Whether a call is answered. In TLS 1.3 a refused caller learns of it with its first read.
async fn is_answered(address: SocketAddr, authority: &str, identity: Option<OwnIdentity>) -> bool {
    let Ok(mut client) = Client::try_connect_as(identity, address, roots(authority), "http/1.1").await else {
        return false;
    };
    let mut call = head("/validate", body().len()).into_bytes();
    call.extend(body());
    let mut start = [0; 12];
    let answered = async {
        client.stream.write_all(&call).await?;
        client.stream.flush().await?;
        client.stream.read_exact(&mut start).await
    };
    answered.await.is_ok() && &start == b"HTTP/1.1 200"
}

#[tokio::test]
async fn only_callers_with_a_certificate_of_the_authority_and_one_of_the_names_are_answered() {
    let (ours, other) = (Authority::new(), Authority::new());
    let names = vec!["kube-apiserver".to_owned(), "api.example.com".to_owned()];
    let check = ClientCheck::new(ours.pem().as_bytes(), names).unwrap();
    let own = check.own_identity();
    let running = Running::start_for(Some(check), app(), Duration::ZERO).await;
    let answered = async |identity| is_answered(running.address, &running.authority, identity).await;
    let dns = |name: &str| vec![SanType::DnsName(name.try_into().unwrap())];
    let client = ExtendedKeyUsagePurpose::ClientAuth;

    assert!(answered(Some(ours.client("kube-apiserver"))).await);
    assert!(answered(Some(ours.identity("x", dns("api.example.com"), client.clone()))).await);
    // The process itself, for its own probes.
    assert!(answered(Some(own)).await);

    let server = ExtendedKeyUsagePurpose::ServerAuth;
    let refused = [
        None,
        Some(other.client("kube-apiserver")),
        Some(ours.client("somebody-else")),
        Some(ours.client("kube-apiserver2")),
        Some(ours.identity("", dns("x.api.example.com"), client)),
        Some(ours.identity("kube-apiserver", Vec::new(), server)),
    ];
    let count = refused.len();
    for (position, identity) in refused.into_iter().enumerate() {
        assert!(!answered(identity).await, "{position}");
    }
    // Whoever only copies the public certificate of the process has not its key.
    let stranger = Running::start_for(
        Some(ClientCheck::new(ours.pem().as_bytes(), Vec::new()).unwrap()),
        app(),
        Duration::ZERO,
    );
    let stranger = stranger.await;
    let foreign = ClientCheck::new(ours.pem().as_bytes(), Vec::new())
        .unwrap()
        .own_identity();
    assert!(!is_answered(stranger.address, &stranger.authority, Some(foreign)).await);
    // Without names, every caller of the authority will do.
    assert!(is_answered(stranger.address, &stranger.authority, Some(ours.client("anybody"))).await);

    let metrics = eventually("all refusals are counted", async || {
        let (_, metrics) = get(running.status, "/metrics").await;
        let line = format!("neo4j_backup_webhook_client_certificates_refused_total {count}\n");
        metrics.contains(&line).then_some(metrics)
    });
    let line = format!("neo4j_backup_webhook_tls_handshake_errors_total {count}\n");
    assert!(metrics.await.contains(&line));
}

#[tokio::test]
async fn authorities_change_under_way_and_bad_ones_do_not_count() {
    let (first, second) = (Authority::new(), Authority::new());
    let folder = Folder::new();
    let callers = folder.write("callers.crt", &first.pem());
    let authority = folder.path().join("ca.crt");
    let log = folder.path().join("log");
    let arguments = [
        "--self-signed",
        "--self-signed-ca",
        text(&authority),
        "--client-ca",
        text(&callers),
        "--client-name",
        "kube-apiserver",
    ];
    let program = Program::start_logging(&folder, &arguments, "0s", &log).await;
    let authority = std::fs::read_to_string(&authority).unwrap();
    let answered = async |of: &Authority, name| is_answered(program.address, &authority, Some(of.client(name))).await;
    assert!(answered(&first, "kube-apiserver").await);
    assert!(!answered(&first, "system:anonymous").await);
    eventually("the log names the caller that was refused", async || {
        let text = std::fs::read_to_string(&log).unwrap();
        (text.contains("a caller was refused") && text.contains("system:anonymous")).then_some(())
    })
    .await;

    folder.write("callers.crt", "nonsense");
    let ready = eventually("the problem is shown", async || {
        let (status, text) = get(program.status, "/readyz").await;
        text.contains("[!] client authorities").then_some((status, text))
    });
    let (status, text) = ready.await;
    assert!(status == 200 && text.contains("the last good one is in use"), "{text}");
    assert!(answered(&first, "kube-apiserver").await);

    folder.write("callers.crt", &(second.pem() + &first.pem()));
    eventually("both authorities count", async || {
        answered(&second, "kube-apiserver").await.then_some(())
    })
    .await;
    assert!(answered(&first, "kube-apiserver").await);
    folder.write("callers.crt", &second.pem());
    eventually("only the second counts", async || {
        (!answered(&first, "kube-apiserver").await).then_some(())
    })
    .await;
    assert!(answered(&second, "kube-apiserver").await);
    let (_, metrics) = get(program.status, "/metrics").await;
    for line in [
        "neo4j_backup_webhook_client_authority_reloads_total{result=\"success\"} 2\n",
        "neo4j_backup_webhook_client_authority_reloads_total{result=\"failure\"} 1\n",
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
}

#[test]
fn a_file_without_authorities_is_refused() {
    let made = neo4jbackup_webhook::self_signed(Timestamp::now()).unwrap();
    for bytes in [&b""[..], b"nonsense", &made.pem.key] {
        let error = ClientCheck::new(bytes, Vec::new()).unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no certificate in PEM format in the file of client authorities"
        );
    }
}
