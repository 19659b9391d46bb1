//! The chart, installed by helm on an API server that goes to its Service by a proxy, and what answers behind that.

use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use kubectl_neo4jbackup::Exit;
use neo4jbackup_harness::{
    ApiClient, CertificateAuthority, Egress, IssuedCertificate, Options, Passage, WebhookReplica, await_within,
    webhook_program,
};
use neo4jbackup_tests::plugin::{Run, Surroundings};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::chart::helm::{CLUSTER_NAME, FULL_NAME, NAMESPACE};
use crate::chart::server::{Server, Shared, start};

/// The name by which the API server calls.
pub(super) const HOST: &str = "guard-neo4jbackup-webhook.neo4jbackup.svc";
/// The Secret that the chart mounts in this stage.
const SECRET: &str = "webhook-certificate";
/// The address of the only pod; nothing of this machine has it.
const POD: &str = "10.1.2.3";
/// In which time a change has to be in force.
const DEADLINE: Duration = Duration::from_secs(60);

/// The configurations whose entries lead to the Service.
const CONFIGURATIONS: [(&str, &str); 4] = [
    ("validatingwebhookconfigurations", ""),
    ("mutatingwebhookconfigurations", ""),
    ("mutatingwebhookconfigurations", "-workloads"),
    ("mutatingwebhookconfigurations", "-serviceaccounts"),
];

pub(super) struct Stage {
    pub(super) server: Server,
    pub(super) api: ApiClient,
    /// Whom the API server trusts.
    pub(super) authority: CertificateAuthority,
    pub(super) folder: TempDir,
    replica: Option<WebhookReplica>,
}

/// The way from the API server into the cluster.
fn egress() -> &'static Egress {
    static EGRESS: OnceLock<(Egress, TempDir)> = OnceLock::new();
    let (egress, _) = EGRESS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        (Egress::start(folder.path()).unwrap(), folder)
    });
    egress
}

fn lead_to(reviews: SocketAddr, status: SocketAddr) {
    egress().decide(move |port| Passage::To(if port == 8081 { status } else { reviews }));
}

/// From now on, the network does that to every connection into the cluster.
pub(super) fn break_network(passage: Passage) {
    egress().decide(move |_| passage.clone());
}

impl Stage {
    /// An API server without the chart.
    pub(super) fn bare() -> Self {
        static SHARED: Shared = Shared::new();
        let options = Options {
            name: None,
            apiserver_arguments: vec![egress().argument()],
        };
        let server = Server::take_of(&SHARED, || start(&options));
        server.must(&["label", "namespace", "default", "neo4jbackup.github.io/mode-"]);
        let api = server.control_plane.api_client().unwrap();
        Self {
            server,
            api,
            authority: CertificateAuthority::new().unwrap(),
            folder: tempfile::tempdir().unwrap(),
            replica: None,
        }
    }

    /// The chart with these values, and a webhook that serves behind it.
    pub(super) fn with_webhook(values: &[&str]) -> Self {
        let mut stage = Self::installed(values);
        let certificate = stage.authority.issue_server_certificate(&[HOST]).unwrap();
        stage.serve(&certificate);
        stage
    }

    /// The chart with these values, and an endpoint behind which nothing is yet.
    pub(super) fn installed(values: &[&str]) -> Self {
        let mut stage = Self::bare();
        let bundle = stage.folder.path().join("ca.crt");
        std::fs::write(&bundle, stage.authority.certificate_pem()).unwrap();
        let bundle = format!("--set-file=tls.existingSecret.caBundle={}", bundle.display());
        let secret = format!("--set=tls.mode=existingSecret,tls.existingSecret.name={SECRET}");
        stage
            .server
            .release("install", &[&[bundle.as_str(), secret.as_str()][..], values].concat());
        stage.set_endpoints(&[POD]);
        stage
    }

    /// The chart whose webhook looks after its certificates itself, and that webhook.
    pub(super) fn self_managed() -> Self {
        let mut stage = Self::bare();
        stage.server.release("install", &[]);
        stage.set_endpoints(&[POD]);
        let [validating, mutating @ ..] = CONFIGURATIONS.map(|(_, suffix)| cluster_name(suffix));
        let mut arguments = vec![
            "--self-managed".to_owned(),
            format!("--ca-secret={FULL_NAME}-ca"),
            format!("--namespace={NAMESPACE}"),
            format!("--service-name={FULL_NAME}"),
            format!("--validating-configuration={validating}"),
            "--publish-wait=1s".to_owned(),
            "--certificate-tick=250ms".to_owned(),
        ];
        arguments.extend(mutating.map(|name| format!("--mutating-configuration={name}")));
        stage.start(arguments);
        stage
    }

    /// Puts a certificate into the Secret, and a webhook with it behind the Service.
    pub(super) fn serve(&mut self, certificate: &IssuedCertificate) {
        self.store(certificate);
        let file = |name: &str, text: &str| {
            let path = self.folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let arguments = vec![
            format!("--cert={}", file("tls.crt", &certificate.certificate_pem)),
            format!("--key={}", file("tls.key", &certificate.key_pem)),
        ];
        self.start(arguments);
    }

    fn start(&mut self, mut arguments: Vec<String>) {
        let kubeconfig = self.server.control_plane.kubeconfig().display();
        arguments.extend([
            format!("--kubeconfig={kubeconfig}"),
            "--lame-duck=0s".to_owned(),
            "--log-format=text".to_owned(),
        ]);
        let replica = WebhookReplica::start(webhook_program().unwrap(), None, &arguments).unwrap();
        lead_to(replica.address(), replica.status_address());
        await_within(DEADLINE, "the lists of the webhook", || {
            match replica.status("/readyz") {
                Ok((_, page)) if page.contains("[+] references") => Ok(()),
                other => Err(format!("{other:?}")),
            }
        });
        self.replica = Some(replica);
    }

    /// The Secret that the chart mounts.
    pub(super) fn store(&mut self, certificate: &IssuedCertificate) {
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": SECRET},
            "data": {"tls.crt": STANDARD.encode(&certificate.certificate_pem), "tls.key": STANDARD.encode(&certificate.key_pem)},
        });
        let path = format!("/api/v1/namespaces/{NAMESPACE}/secrets/{SECRET}");
        let answer = self.api.apply(&path, "test", &secret);
        assert!(matches!(answer.status, 200 | 201), "{answer:?}");
    }

    /// A pod that nobody runs: the API server passes requests to a Service on to addresses of pods only.
    fn make_pod(&mut self) {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": FULL_NAME},
            "spec": {"nodeName": "nowhere", "containers": [{"name": "webhook", "image": "none"}]},
        });
        let path = format!("/api/v1/namespaces/{NAMESPACE}/pods/{FULL_NAME}");
        let answer = self.api.apply(&path, "test", &pod);
        assert!(matches!(answer.status, 200 | 201), "{answer:?}");
        let status = json!({"status": {"phase": "Running", "podIP": POD, "podIPs": [{"ip": POD}]}});
        self.api.merge(&format!("{path}/status"), &status);
    }

    /// The pods of the Service that are ready.
    pub(super) fn set_endpoints(&mut self, addresses: &[&str]) {
        self.make_pod();
        let pod = json!({"kind": "Pod", "namespace": NAMESPACE, "name": FULL_NAME});
        let ports = json!([
            {"name": "https", "port": 10250, "protocol": "TCP"}, {"name": "status", "port": 8081, "protocol": "TCP"},
        ]);
        let endpoints: Vec<Value> = addresses
            .iter()
            .map(|address| json!({"addresses": [address], "conditions": {"ready": true}, "targetRef": pod}))
            .collect();
        let slice = json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": FULL_NAME, "labels": {"kubernetes.io/service-name": FULL_NAME}},
            "endpoints": endpoints, "ports": ports,
        });
        let path = format!("/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices/{FULL_NAME}");
        let answer = self.api.apply(&path, "test", &slice);
        assert!(matches!(answer.status, 200 | 201), "{answer:?}");
        let ready: Vec<Value> = addresses
            .iter()
            .map(|address| json!({"ip": address, "targetRef": pod}))
            .collect();
        let subsets = if ready.is_empty() {
            json!([])
        } else {
            json!([{"addresses": ready, "ports": ports}])
        };
        let old = json!({"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": FULL_NAME}, "subsets": subsets});
        let path = format!("/api/v1/namespaces/{NAMESPACE}/endpoints/{FULL_NAME}");
        let answer = self.api.apply(&path, "test", &old);
        assert!(matches!(answer.status, 200 | 201), "{answer:?}");
    }

    /// Changes every entry of all configurations.
    pub(super) fn change_entries(&mut self, change: impl Fn(&mut Value)) {
        for (plural, suffix) in CONFIGURATIONS {
            let name = cluster_name(suffix);
            let path = format!("/apis/admissionregistration.k8s.io/v1/{plural}/{name}");
            let stored = self.api.get(&path).unwrap();
            let mut webhooks = stored["webhooks"].clone();
            webhooks.as_array_mut().unwrap().iter_mut().for_each(&change);
            self.api.merge(&path, &json!({"webhooks": webhooks}));
        }
    }

    pub(super) fn trust(&mut self, authority_pem: &str) {
        let bundle = STANDARD.encode(authority_pem);
        self.change_entries(|entry| entry["clientConfig"]["caBundle"] = bundle.clone().into());
    }

    pub(super) fn fail_closed(&mut self) {
        self.change_entries(|entry| entry["failurePolicy"] = "Fail".into());
    }

    /// Runs the check in the namespace `default`.
    pub(super) fn check(&self, arguments: &[&str]) -> Run {
        self.check_in("default", arguments)
    }

    pub(super) fn check_in(&self, namespace: &str, arguments: &[&str]) -> Run {
        let kubeconfig = self.server.control_plane.kubeconfig();
        let surroundings = Surroundings::of_cluster(self.folder.path(), kubeconfig, Timestamp::now());
        surroundings.run(["webhook", "check", "-n", namespace].iter().chain(arguments))
    }

    /// Runs the check until it says this, because the API server takes a moment to notice what changed; it then exits so.
    pub(super) fn expect(&self, exit: Exit, words: &[&str]) -> Run {
        self.expect_of(&[], exit, words)
    }

    pub(super) fn expect_of(&self, arguments: &[&str], exit: Exit, words: &[&str]) -> Run {
        let mut last = None;
        await_within(DEADLINE, "what is to be said", || {
            let run = self.check(arguments);
            let said = joined(&run.stdout);
            let is_it = run.exit == exit && words.iter().all(|words| said.contains(words));
            let shown = format!("{run:?}");
            last = Some(run);
            if is_it { Ok(()) } else { Err(shown) }
        });
        last.unwrap()
    }
}

/// The name of a configuration of the chart.
fn cluster_name(suffix: &str) -> String {
    CLUSTER_NAME.replacen(FULL_NAME, &format!("{FULL_NAME}{suffix}"), 1)
}

/// What was printed, without the breaks of its lines.
pub(super) fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
