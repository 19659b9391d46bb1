//! A Secret, two configurations, and replicas of the real program that look after them.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use neo4jbackup_harness::manifests::complete_backup;
use neo4jbackup_harness::{
    ApiClient, ControlPlane, ReviewClient, Trust, WebhookReplica, await_within, webhook_program,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

pub(crate) const SECRET: &str = "webhook-ca";
pub(crate) const SERVICE: &str = "guard";

/// The time in which a server must serve again without help.
pub(crate) const DEADLINE: Duration = Duration::from_secs(90);

/// How long things last in a drill.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timings {
    pub(crate) authority: &'static str,
    pub(crate) leaf: &'static str,
    pub(crate) publish_wait: &'static str,
    pub(crate) overlap: &'static str,
    pub(crate) tick: &'static str,
}

/// Authorities change only when somebody asks, leaves each eight seconds.
pub(crate) const ON_DEMAND: Timings = Timings {
    authority: "1h",
    leaf: "12s",
    publish_wait: "2s",
    overlap: "2s",
    tick: "250ms",
};

/// One namespace with all that belongs to one webhook.
pub(crate) struct Stage<'c> {
    pub(crate) control_plane: &'c ControlPlane,
    pub(crate) api: ApiClient,
    pub(crate) namespace: String,
    /// The name of both configurations.
    pub(crate) name: String,
    timings: Timings,
    /// As whom the replicas ask the API server.
    pub(crate) kubeconfig: PathBuf,
    pub(crate) replicas: Vec<WebhookReplica>,
    more_arguments: Vec<String>,
}

impl<'c> Stage<'c> {
    /// With an empty Secret, as the chart makes it, and nothing else.
    pub(crate) fn new(control_plane: &'c ControlPlane, timings: Timings) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let namespace = control_plane.create_namespace("certificates").unwrap();
        let name = format!("{namespace}-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let mut stage = Self::again(control_plane, timings, namespace, name, Vec::new());
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": {"name": SECRET, "labels": {"app.kubernetes.io/managed-by": "Helm"}},
        });
        let path = format!("/api/v1/namespaces/{}/secrets", stage.namespace);
        assert_eq!(stage.api.send("POST", &path, &secret).status, 201);
        stage
    }

    /// With replicas that are ready.
    pub(crate) fn with_replicas(control_plane: &'c ControlPlane, timings: Timings, count: usize) -> Self {
        let mut stage = Self::new(control_plane, timings);
        stage.start_replicas(count);
        stage.configure();
        stage.await_all_ready("the first start");
        stage
    }

    /// What is there already, after its API server was restarted.
    pub(crate) fn again(
        control_plane: &'c ControlPlane,
        timings: Timings,
        namespace: String,
        name: String,
        replicas: Vec<WebhookReplica>,
    ) -> Self {
        Self {
            control_plane,
            api: control_plane.api_client().unwrap(),
            namespace,
            name,
            timings,
            kubeconfig: control_plane.kubeconfig().to_owned(),
            replicas,
            more_arguments: Vec::new(),
        }
    }

    /// With replicas that take the time from [`Stage::shift_clock`].
    pub(crate) fn with_shifted_clock(mut self) -> Self {
        let file = self.clock_file().display().to_string();
        self.more_arguments.push(format!("--clock-offset-file={file}"));
        self
    }

    /// From now on, every clock is off by that many seconds.
    pub(crate) fn shift_clock(&self, seconds: i64) {
        std::fs::write(self.clock_file(), seconds.to_string()).unwrap();
    }

    fn clock_file(&self) -> PathBuf {
        self.control_plane.directory().join(format!("{}.clock", self.name))
    }

    pub(crate) fn start_replicas(&mut self, count: usize) {
        for _ in 0..count {
            let replica = self.start_replica(None);
            self.replicas.push(replica);
        }
    }

    /// Starts one more, with nothing in its memory; on a port of its own, or on that of one that has ended.
    pub(crate) fn start_replica(&self, port: Option<u16>) -> WebhookReplica {
        self.launch(port, None)
    }

    /// Starts one more, on a machine whose clock is off by that many seconds.
    pub(crate) fn start_replica_with_clock_off(&self, seconds: i64) -> WebhookReplica {
        self.launch(None, Some(format!("--clock-offset={seconds}")))
    }

    fn launch(&self, port: Option<u16>, more: Option<String>) -> WebhookReplica {
        let timings = self.timings;
        let mut arguments = vec![
            "--self-managed".to_owned(),
            "--extra-name=127.0.0.1".to_owned(),
            "--lame-duck=0s".to_owned(),
            format!("--kubeconfig={}", self.kubeconfig.display()),
            format!("--ca-secret={SECRET}"),
            format!("--namespace={}", self.namespace),
            format!("--service-name={SERVICE}"),
            format!("--validating-configuration={}", self.name),
            format!("--mutating-configuration={}", self.name),
            format!("--ca-lifetime={}", timings.authority),
            format!("--leaf-lifetime={}", timings.leaf),
            format!("--publish-wait={}", timings.publish_wait),
            format!("--ca-overlap={}", timings.overlap),
            format!("--certificate-tick={}", timings.tick),
        ];
        arguments.extend(self.more_arguments.iter().cloned().chain(more));
        WebhookReplica::start(webhook_program().unwrap(), port, &arguments).unwrap()
    }

    /// Registers every replica in both configurations, by server-side apply and without a `caBundle`, as helm does.
    pub(crate) fn configure(&mut self) {
        for kind in KINDS {
            let object = self.configuration(kind);
            let path = self.configuration_path(kind);
            let answer = self.api.apply(&path, "helm", &object);
            assert!(matches!(answer.status, 200 | 201), "{answer:?}");
        }
    }

    pub(crate) fn configuration(&self, kind: Kind) -> Value {
        let webhook = |(number, replica): (usize, &WebhookReplica)| {
            let operations: &[&str] = if kind == Kind::Validating {
                &["CREATE", "UPDATE"]
            } else {
                &["CREATE"]
            };
            json!({
                "name": webhook_name(number),
                "admissionReviewVersions": ["v1"],
                "clientConfig": {"url": format!("https://{}/{}", replica.address(), kind.path())},
                "failurePolicy": "Fail",
                "sideEffects": "None",
                "timeoutSeconds": 5,
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": self.namespace}},
                "rules": [{
                    "apiGroups": ["neo4j.neo4j.com"], "apiVersions": ["v1beta1"], "operations": operations,
                    "resources": ["neo4jbackups"], "scope": "Namespaced",
                }],
            })
        };
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": kind.name(),
            "metadata": {"name": self.name},
            "webhooks": self.replicas.iter().enumerate().map(webhook).collect::<Vec<_>>(),
        })
    }

    pub(crate) fn configuration_path(&self, kind: Kind) -> String {
        format!("/apis/admissionregistration.k8s.io/v1/{}/{}", kind.plural(), self.name)
    }

    pub(crate) fn secret_path(&self) -> String {
        format!("/api/v1/namespaces/{}/secrets/{SECRET}", self.namespace)
    }

    /// A value of the Secret as text; `None` without it.
    pub(crate) fn secret_value(&mut self, key: &str) -> Option<String> {
        let path = self.secret_path();
        let secret = self.api.get(&path)?;
        let value = STANDARD.decode(secret["data"][key].as_str()?).unwrap();
        Some(String::from_utf8(value).unwrap())
    }

    /// Writes values of the Secret; `None` removes a key.
    pub(crate) fn set_secret(&mut self, values: &[(&str, Option<&str>)]) {
        let values: serde_json::Map<_, _> = values
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.map(|value| STANDARD.encode(value)).into()))
            .collect();
        let path = self.secret_path();
        self.api.merge(&path, &json!({"data": values}));
    }

    /// Asks for a new authority, and gives the one that is there.
    pub(crate) fn ask_for_rotation(&mut self) -> String {
        let path = self.secret_path();
        let before = self.secret_value("ca.crt").unwrap();
        let annotation = json!({"metadata": {"annotations": {"neo4jbackup.github.io/rotate": "now"}}});
        self.api.merge(&path, &annotation);
        before
    }

    /// The `caBundle` of one webhook, in PEM format.
    pub(crate) fn live_bundle(api: &mut ApiClient, path: &str, number: usize) -> Option<Vec<u8>> {
        let configuration = api.get(path)?;
        let text = configuration["webhooks"][number]["clientConfig"]["caBundle"].as_str()?;
        STANDARD.decode(text).ok()
    }

    /// The certificates in every bundle of both configurations; they must all be the same.
    pub(crate) fn bundle(&mut self) -> BTreeSet<Vec<u8>> {
        let mut all = BTreeSet::new();
        for kind in KINDS {
            let path = self.configuration_path(kind);
            for number in 0..self.replicas.len() {
                let text = Self::live_bundle(&mut self.api, &path, number).unwrap_or_default();
                let certificates = CertificateDer::pem_slice_iter(&text).map(|der| der.unwrap().to_vec());
                all.insert(certificates.collect::<BTreeSet<_>>());
            }
        }
        assert_eq!(all.len(), 1, "bundles differ");
        all.pop_first().unwrap()
    }

    /// Whether each bundle holds so many authorities at least.
    pub(crate) fn every_bundle_holds(&mut self, count: usize) -> bool {
        let holds = |text: Vec<u8>| CertificateDer::pem_slice_iter(&text).count() >= count;
        KINDS.into_iter().all(|kind| {
            let path = self.configuration_path(kind);
            let places = 0..self.replicas.len();
            places
                .into_iter()
                .all(|number| Self::live_bundle(&mut self.api, &path, number).is_some_and(holds))
        })
    }

    pub(crate) fn await_all_ready(&self, why: &str) {
        for replica in &self.replicas {
            await_within(DEADLINE, why, || is_ready(replica));
        }
    }

    /// Waits until the rotation from the authority `before` is over: another one is current, and none is next.
    pub(crate) fn await_rotation(&mut self, before: &str) {
        await_within(DEADLINE, "a rotation", || {
            let (current, next) = (self.secret_value("ca.crt"), self.secret_value("next.crt"));
            match current {
                Some(current) if current != before && next.is_none() => Ok(()),
                other => Err(format!("{other:?}")),
            }
        });
    }

    /// The sum of a counter over all replicas, of the lines that hold `labels`.
    pub(crate) fn count(&self, metric: &str, labels: &str) -> u64 {
        self.replicas.iter().map(|replica| count(replica, metric, labels)).sum()
    }

    /// Asks a replica, over a connection that has to be believed when every clock is off by that many seconds.
    pub(crate) fn call_at(&self, replica: &WebhookReplica, shift: i64) -> Result<(), String> {
        let path = self.configuration_path(Kind::Validating);
        let bundle = Self::live_bundle(&mut self.api.another(), &path, 0).ok_or("there is no caBundle")?;
        let trust = Trust::with_clock_off(&bundle, shift).map_err(|error| error.to_string())?;
        let client = ReviewClient::connect(replica.address(), "127.0.0.1", &trust);
        // That there is an answer is what counts: the connection was believed.
        let answer = client.and_then(|mut client| client.ask("/validate", &Value::Null));
        answer.map(drop).map_err(|error| error.to_string())
    }

    /// A backup goes through the API server, by every replica, without being stored.
    pub(crate) fn create_backup(&mut self) -> Result<(), String> {
        let path = format!(
            "/apis/neo4j.neo4j.com/v1beta1/namespaces/{}/neo4jbackups?dryRun=All",
            self.namespace
        );
        match self.api.try_send("POST", &path, &complete_backup()) {
            Ok(answer) if answer.status == 201 => Ok(()),
            Ok(answer) => Err(format!("{}: {}", answer.status, answer.body["message"])),
            Err(error) => Err(error.to_string()),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Validating,
    Mutating,
}

pub(crate) const KINDS: [Kind; 2] = [Kind::Validating, Kind::Mutating];

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Validating => "ValidatingWebhookConfiguration",
            Self::Mutating => "MutatingWebhookConfiguration",
        }
    }

    fn plural(self) -> &'static str {
        match self {
            Self::Validating => "validatingwebhookconfigurations",
            Self::Mutating => "mutatingwebhookconfigurations",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Validating => "validate",
            Self::Mutating => "mutate",
        }
    }
}

pub(crate) fn webhook_name(number: usize) -> String {
    format!("replica-{number}.neo4j.neo4j.com")
}

pub(crate) fn is_ready(replica: &WebhookReplica) -> Result<(), String> {
    match replica.status("/readyz") {
        Ok((200, _)) => Ok(()),
        Ok((_, text)) => Err(text),
        Err(error) => Err(error.to_string()),
    }
}

pub(crate) fn count(replica: &WebhookReplica, metric: &str, labels: &str) -> u64 {
    let (_, text) = replica.status("/metrics").unwrap();
    let prefix = format!("neo4j_backup_webhook_{metric}");
    let lines = text
        .lines()
        .filter(|line| line.starts_with(&prefix) && line.contains(labels));
    lines
        .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
        .sum()
}
