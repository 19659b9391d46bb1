//! One namespace for one test, and what kubectl does in it.

use std::path::PathBuf;

use neo4jbackup_harness::{KubectlOutput, WebhookConfigurations, WebhookServer};
use serde_json::Value;

use crate::manifests;
use crate::world::{World, await_something};

/// A namespace that no other test uses. It declares a role for backups to AWS, and holds two instances: `ledger` runs
/// Neo4j 5.26, `catalog` a release of 2025.
pub(crate) struct Namespace {
    world: &'static World,
    pub(crate) name: String,
    directory: PathBuf,
}

/// The ways in which people and programs send a manifest.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    Apply,
    DryRun,
    Create,
    ServerSideApply,
}

impl Way {
    pub(crate) const ALL: [Self; 4] = [Self::Apply, Self::DryRun, Self::Create, Self::ServerSideApply];

    pub(crate) fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Apply => &["apply"],
            Self::DryRun => &["apply", "--dry-run=server"],
            Self::Create => &["create"],
            Self::ServerSideApply => &["apply", "--server-side"],
        }
    }
}

impl Namespace {
    /// A namespace whose objects no webhook looks at yet.
    pub(crate) fn unguarded(world: &'static World) -> Self {
        let name = world.control_plane.create_namespace("guarded").unwrap();
        let directory = world.control_plane.directory().join("manifests").join(&name);
        std::fs::create_dir_all(&directory).unwrap();
        let namespace = Self { world, name, directory };
        let declaration = format!("neo4jbackup.github.io/aws-role-arn={}", manifests::ROLE);
        namespace.must(&["annotate", "namespace", &namespace.name, &declaration]);
        namespace.must_apply(manifests::INSTANCES);
        namespace
    }

    /// A namespace that the shared webhook guards.
    pub(crate) fn guarded(world: &'static World) -> Self {
        let namespace = Self::unguarded(world);
        namespace.guard();
        namespace
    }

    /// Registers the shared webhook, and waits until it judges and knows the instances.
    pub(crate) fn guard(&self) {
        self.guard_with(&self.world.webhook);
    }

    /// The same with another webhook.
    pub(crate) fn guard_with(&self, webhook: &WebhookServer) {
        self.register(&webhook.base_url(), webhook.authority_pem(), "Fail");
        await_something("the registration", || {
            let answer = self.send_with(&["create", "--dry-run=server"], &probe(manifests::RECOVERY_ON_LEDGER));
            if answer.stderr.contains("`ledger` runs") {
                Ok(())
            } else {
                Err(format!("{answer:?}"))
            }
        });
        await_something("the defaults", || {
            let arguments = ["create", "--dry-run=server", "--output=jsonpath={.spec.storage.cloud}"];
            let answer = self.send_with(&arguments, &probe(manifests::GOOD_BACKUP));
            if answer.stdout.contains(manifests::ROLE) {
                Ok(())
            } else {
                Err(format!("{answer:?}"))
            }
        });
    }

    /// Registers whatever listens at an address, for this namespace only.
    pub(crate) fn register(&self, base_url: &str, authority_pem: &str, failure_policy: &str) {
        let registration = WebhookConfigurations {
            name: &self.name,
            base_url,
            authority_pem,
            failure_policy,
            namespace: Some(&self.name),
            timeout_seconds: 10,
        };
        self.world.control_plane.apply_yaml(&registration.manifest()).unwrap();
    }

    /// Sends a manifest in one of the ways.
    pub(crate) fn send(&self, way: Way, manifest: &str) -> KubectlOutput {
        self.send_with(way.arguments(), manifest)
    }

    /// Sends a manifest as the file `manifest.yaml`, so that kubectl's answers name no path of this machine.
    pub(crate) fn send_with(&self, arguments: &[&str], manifest: &str) -> KubectlOutput {
        std::fs::write(self.directory.join(MANIFEST), manifest).unwrap();
        self.kubectl(&[arguments, &["--filename", MANIFEST]].concat())
    }

    /// Applies what must be accepted; gives kubectl's answer.
    pub(crate) fn must_apply(&self, manifest: &str) -> KubectlOutput {
        let answer = self.send(Way::Apply, manifest);
        assert!(answer.success(), "{answer:?}");
        answer
    }

    /// Runs kubectl in this namespace.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> KubectlOutput {
        let mut command = self.world.control_plane.client().command();
        command
            .current_dir(&self.directory)
            .arg("--namespace")
            .arg(&self.name)
            .args(arguments);
        command.output().unwrap().into()
    }

    /// Runs kubectl for what must succeed.
    pub(crate) fn must(&self, arguments: &[&str]) -> KubectlOutput {
        let answer = self.kubectl(arguments);
        assert!(answer.success(), "{arguments:?}: {answer:?}");
        answer
    }

    /// A stored object; `None` when there is none.
    pub(crate) fn stored(&self, object: &str) -> Option<Value> {
        let answer = self.must(&["get", object, "--ignore-not-found", "--output=json"]);
        if answer.stdout.is_empty() {
            None
        } else {
            Some(serde_json::from_str(&answer.stdout).unwrap())
        }
    }
}

/// The manifest under a name that no test uses, because what is there already cannot be created.
fn probe(manifest: &str) -> String {
    manifest.replace("metadata: {name: ", "metadata: {name: probe-")
}

const MANIFEST: &str = "manifest.yaml";
