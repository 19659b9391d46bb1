//! One namespace for one test, and what kubectl does in it.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::HarnessError;
use crate::kubectl::{Kubectl, KubectlOutput};
use crate::manifests;
use crate::wait::await_something;
use crate::webhook_configurations::WebhookConfigurations;
use crate::webhook_server::WebhookServer;

/// A namespace that no other test uses. What it does not find fails the test that asked.
pub struct Namespace {
    kubectl: Kubectl,
    pub name: String,
    /// For the files that kubectl reads.
    directory: PathBuf,
    is_deleted_at_end: bool,
}

/// The ways in which people and programs send a manifest.
#[derive(Debug, Clone, Copy)]
pub enum Way {
    Apply,
    DryRun,
    Create,
    ServerSideApply,
}

impl Way {
    pub const ALL: [Self; 4] = [Self::Apply, Self::DryRun, Self::Create, Self::ServerSideApply];

    /// What follows `kubectl`.
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Apply => &["apply"],
            Self::DryRun => &["apply", "--dry-run=server"],
            Self::Create => &["create"],
            Self::ServerSideApply => &["apply", "--server-side"],
        }
    }
}

impl Namespace {
    /// Makes an empty namespace; files for it go to a folder of its name below `directory`.
    pub fn create(kubectl: &Kubectl, name: &str, directory: &Path) -> Result<Self, HarnessError> {
        kubectl.must_run(&["create", "namespace", name], "")?;
        Self::existing(kubectl, name, directory)
    }

    /// A namespace that is there already.
    pub fn existing(kubectl: &Kubectl, name: &str, directory: &Path) -> Result<Self, HarnessError> {
        let directory = directory.join("manifests").join(name);
        std::fs::create_dir_all(&directory).map_err(HarnessError::io(format!("create {}", directory.display())))?;
        Ok(Self {
            kubectl: kubectl.clone(),
            name: name.to_owned(),
            directory,
            is_deleted_at_end: false,
        })
    }

    /// Deletes the namespace together with the value.
    #[must_use]
    pub fn deleted_at_end(mut self) -> Self {
        self.is_deleted_at_end = true;
        self
    }

    /// Declares a role for backups to AWS, and makes two instances: `ledger` runs Neo4j 5.26, `catalog` a release of 2025.
    #[must_use]
    pub fn with_instances(self) -> Self {
        self.declare(&format!("aws-role-arn={}", manifests::ROLE));
        self.must_apply(manifests::INSTANCES);
        self
    }

    /// Declares an identity: `aws-role-arn=…`.
    pub fn declare(&self, declaration: &str) {
        let declaration = format!("neo4jbackup.github.io/{declaration}");
        self.must(&["annotate", "--overwrite", "namespace", &self.name, &declaration]);
    }

    /// Registers a webhook for this namespace, and waits until it judges and knows the instances.
    pub fn guard_with(&self, webhook: &WebhookServer) {
        self.register(&webhook.base_url(), webhook.authority_pem(), "Fail");
        self.await_judgement();
    }

    /// Registers whatever listens at an address, for this namespace only.
    pub fn register(&self, base_url: &str, authority_pem: &str, failure_policy: &str) {
        let registration = self.registration(base_url, authority_pem, failure_policy);
        self.kubectl.apply_yaml(&registration.manifest()).unwrap();
    }

    /// A registration for this namespace, under its name.
    pub fn registration<'r>(
        &'r self,
        base_url: &'r str,
        authority_pem: &'r str,
        failure_policy: &'r str,
    ) -> WebhookConfigurations<'r> {
        WebhookConfigurations {
            name: &self.name,
            base_url,
            authority_pem,
            failure_policy,
            namespace: Some(&self.name),
            timeout_seconds: 10,
        }
    }

    /// Waits until a webhook judges and fills in, and knows the instances.
    pub fn await_judgement(&self) {
        await_something("a webhook that knows the instances", || {
            let answer = self.send_with(&["create", "--dry-run=server"], &probe(manifests::RECOVERY_ON_LEDGER));
            let is_so = answer.stderr.contains("`ledger` runs");
            if is_so { Ok(()) } else { Err(format!("{answer:?}")) }
        });
        await_something("the defaults", || {
            let arguments = ["create", "--dry-run=server", "--output=jsonpath={.spec.storage.cloud}"];
            let answer = self.send_with(&arguments, &probe(manifests::GOOD_BACKUP));
            let is_so = answer.stdout.contains(manifests::ROLE);
            if is_so { Ok(()) } else { Err(format!("{answer:?}")) }
        });
    }

    /// Sends a manifest in one of the ways.
    pub fn send(&self, way: Way, manifest: &str) -> KubectlOutput {
        self.send_with(way.arguments(), manifest)
    }

    /// Sends a manifest as the file `manifest.yaml`, so that kubectl's answers name no path of this machine.
    pub fn send_with(&self, arguments: &[&str], manifest: &str) -> KubectlOutput {
        std::fs::write(self.directory.join(MANIFEST), manifest).unwrap();
        self.kubectl(&[arguments, &["--filename", MANIFEST]].concat())
    }

    /// Applies what must be accepted; gives kubectl's answer.
    pub fn must_apply(&self, manifest: &str) -> KubectlOutput {
        let answer = self.send(Way::Apply, manifest);
        assert!(answer.success(), "{answer:?}");
        answer
    }

    /// Runs kubectl in this namespace.
    pub fn kubectl(&self, arguments: &[&str]) -> KubectlOutput {
        let mut command = self.kubectl.command();
        command
            .current_dir(&self.directory)
            .arg("--namespace")
            .arg(&self.name)
            .args(arguments);
        command.output().unwrap().into()
    }

    /// The same with `input` as its standard input.
    pub fn kubectl_with_input(&self, arguments: &[&str], input: &str) -> KubectlOutput {
        let arguments = [&["--namespace", &self.name], arguments].concat();
        self.kubectl.run(&arguments, input).unwrap()
    }

    /// Runs kubectl for what must succeed.
    pub fn must(&self, arguments: &[&str]) -> KubectlOutput {
        let answer = self.kubectl(arguments);
        assert!(answer.success(), "{arguments:?}: {answer:?}");
        answer
    }

    /// A stored object; `None` when there is none.
    pub fn stored(&self, object: &str) -> Option<Value> {
        let answer = self.must(&["get", object, "--ignore-not-found", "--output=json"]);
        (!answer.stdout.is_empty()).then(|| serde_json::from_str(&answer.stdout).unwrap())
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        if self.is_deleted_at_end {
            let delete = ["delete", "namespace", &self.name, "--wait=false"];
            // Its end is no part of any test.
            let _ = self.kubectl.run(&delete, "");
        }
    }
}

/// The manifest under a name that no test uses, because what is there already cannot be created.
fn probe(manifest: &str) -> String {
    manifest.replace("metadata: {name: ", "metadata: {name: probe-")
}

const MANIFEST: &str = "manifest.yaml";
