//! A namespace of any operator version, and what is asked in it.

use std::ops::Deref;

use neo4jbackup_harness::manifests;
use neo4jbackup_harness::{KubectlOutput, Namespace, WebhookServer, await_something};
use serde_json::Value;

use crate::world::World;

pub(super) const CLIENT: &str = "6b1f1b0c-7c1e-4b8e-9f0a-2d3c4b5a6978";
pub(super) const ROLE_KEY: &str = "eks.amazonaws.com/role-arn";

/// A namespace that no other test uses, of a control plane with its webhook.
pub(super) struct Place {
    pub(super) world: &'static World,
    namespace: Namespace,
}

impl Deref for Place {
    type Target = Namespace;

    fn deref(&self) -> &Namespace {
        &self.namespace
    }
}

impl Place {
    pub(super) fn new(world: &'static World) -> Self {
        let namespace = world.control_plane.namespace("identity").unwrap();
        Self { world, namespace }
    }

    /// A namespace that is there already.
    pub(super) fn existing(world: &'static World, name: &str) -> Self {
        let control_plane = &world.control_plane;
        let namespace = Namespace::existing(control_plane.client(), name, control_plane.directory()).unwrap();
        Self { world, namespace }
    }

    /// The role that the tests use, for this namespace.
    pub(super) fn declare_role(&self) {
        self.declare(&format!("aws-role-arn={}", manifests::ROLE));
    }

    /// Has the webhook answer for the objects of this namespace, those of the operator and those that it makes.
    pub(super) fn guard(&self, webhook: &WebhookServer) {
        let base_url = webhook.base_url();
        let registration = self.registration(&base_url, webhook.authority_pem(), "Fail");
        let control_plane = &self.world.control_plane;
        control_plane.apply_yaml(&registration.manifest()).unwrap();
        control_plane.apply_yaml(&registration.workloads_manifest()).unwrap();
    }

    /// Runs kubectl for what must succeed, with `input` as its standard input.
    pub(super) fn must_send(&self, arguments: &[&str], input: &str) {
        let answer = self.kubectl_with_input(arguments, input);
        assert!(answer.success(), "{arguments:?}: {answer:?}");
    }

    pub(super) fn apply(&self, manifest: &Value) {
        self.must_send(&["apply", "-f", "-"], &manifest.to_string());
    }

    /// A stored object with the fields that each manager has; `None` when there is none.
    pub(super) fn stored(&self, object: &str) -> Option<Value> {
        let KubectlOutput { stdout: shown, .. } = self.must(&[
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
            let answer = self.kubectl_with_input(&arguments, &manifest.to_string());
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
