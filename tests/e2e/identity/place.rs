//! A namespace of any operator version, and what is asked in it.

use std::time::{Duration, Instant};

use neo4jbackup_harness::{KubectlOutput, WebhookConfigurations, WebhookServer};
use serde_json::Value;

use crate::manifests;
use crate::world::{World, await_something};

pub(super) const CLIENT: &str = "6b1f1b0c-7c1e-4b8e-9f0a-2d3c4b5a6978";
pub(super) const ROLE_KEY: &str = "eks.amazonaws.com/role-arn";

/// A namespace that no other test uses.
pub(super) struct Place {
    pub(super) world: &'static World,
    pub(super) name: String,
}

impl Place {
    pub(super) fn new(world: &'static World) -> Self {
        let name = world.control_plane.create_namespace("identity").unwrap();
        Self { world, name }
    }

    /// Declares an identity: `aws-role-arn=…`.
    pub(super) fn declare(&self, declaration: &str) {
        let declaration = format!("neo4jbackup.github.io/{declaration}");
        self.must(&["annotate", "--overwrite", "namespace", &self.name, &declaration]);
    }

    /// The role that the tests use, for this namespace.
    pub(super) fn declare_role(&self) {
        self.declare(&format!("aws-role-arn={}", manifests::ROLE));
    }

    /// Has the webhook answer for the objects of this namespace, those of the operator and those that it makes.
    pub(super) fn guard(&self, webhook: &WebhookServer) {
        let registration = WebhookConfigurations {
            name: &self.name,
            base_url: &webhook.base_url(),
            authority_pem: webhook.authority_pem(),
            failure_policy: "Fail",
            namespace: Some(&self.name),
            timeout_seconds: 10,
        };
        let control_plane = &self.world.control_plane;
        control_plane.apply_yaml(&registration.manifest()).unwrap();
        control_plane.apply_yaml(&registration.workloads_manifest()).unwrap();
    }

    pub(super) fn kubectl(&self, arguments: &[&str], input: &str) -> KubectlOutput {
        let namespace = format!("--namespace={}", self.name);
        let control_plane = &self.world.control_plane;
        control_plane
            .kubectl_with_input(&[&[namespace.as_str()], arguments].concat(), input)
            .unwrap()
    }

    pub(super) fn must(&self, arguments: &[&str]) -> String {
        self.must_send(arguments, "")
    }

    pub(super) fn must_send(&self, arguments: &[&str], input: &str) -> String {
        let answer = self.kubectl(arguments, input);
        assert!(answer.success(), "{arguments:?}: {answer:?}");
        answer.stdout
    }

    pub(super) fn apply(&self, manifest: &Value) {
        self.must_send(&["apply", "-f", "-"], &manifest.to_string());
    }

    /// A stored object; `None` when there is none.
    pub(super) fn stored(&self, object: &str) -> Option<Value> {
        let shown = self.must(&[
            "get",
            object,
            "--ignore-not-found",
            "--output=json",
            "--show-managed-fields",
        ]);
        (!shown.is_empty()).then(|| serde_json::from_str(&shown).unwrap())
    }

    /// What a create would store, as soon as `is_there` says that it has what is awaited.
    pub(super) fn would_store(&self, manifest: &Value, is_there: impl Fn(&Value) -> bool) -> Value {
        let arguments = ["create", "--dry-run=server", "--output=json", "-f", "-"];
        await_something("the default", || {
            let answer = self.kubectl(&arguments, &manifest.to_string());
            let shown: Value = serde_json::from_str(&answer.stdout).unwrap_or_default();
            if is_there(&shown) {
                Ok(shown)
            } else {
                Err(format!("{answer:?}"))
            }
        })
    }

    /// Waits until a stored object looks as it should.
    pub(super) fn until(&self, object: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        await_something(object, || match self.stored(object) {
            Some(stored) if is_so(&stored) => Ok(stored),
            other => Err(format!("{other:?}; {}", self.world.webhook.last_log_lines())),
        })
    }
}

/// Waits longer than the tests usually do, for what happens once a minute.
pub(super) fn within<T>(patience: Duration, mut ask: impl FnMut() -> Result<T, String>) -> T {
    let start = Instant::now();
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(last) => assert!(start.elapsed() < patience, "waited in vain: {last}"),
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The value of one line of `/metrics`, 0 when it is not there.
pub(super) fn metric(webhook: &WebhookServer, name: &str, labels: &[&str]) -> u64 {
    let (status, text) = webhook.status("/metrics").unwrap();
    assert_eq!(status, 200, "{text}");
    let lines = text
        .lines()
        .filter(|line| line.starts_with(&format!("neo4j_backup_webhook_{name}")));
    let wanted = lines.filter(|line| labels.iter().all(|label| line.contains(label)));
    wanted
        .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
        .sum()
}
