//! One namespace of a user, and what kubectl does in it.

use std::path::PathBuf;

use neo4jbackup_harness::KubectlOutput;

use crate::cluster::Cluster;
use crate::manifests;
use crate::patience::await_something;

/// A namespace that no other test uses. It declares a role for backups to AWS, and holds two instances: `ledger` runs
/// Neo4j 5.26, `catalog` a release of 2025.
pub(crate) struct Namespace {
    cluster: &'static Cluster,
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
    /// A namespace that a webhook guards, which knows the instances in it already.
    pub(crate) fn guarded(cluster: &'static Cluster, name: &str) -> Self {
        let namespace = Self::new(cluster, name);
        await_something("that the webhook knows the instances", || {
            let answer = namespace.send(Way::DryRun, manifests::RECOVERY_ON_LEDGER);
            if answer.stderr.contains("`ledger` runs") {
                Ok(())
            } else {
                Err(format!("{answer:?}"))
            }
        });
        await_something("the defaults", || {
            let arguments = ["create", "--dry-run=server", "--output=jsonpath={.spec.storage.cloud}"];
            let answer = namespace.send_with(&arguments, manifests::GOOD_BACKUP);
            if answer.stdout.contains(manifests::ROLE) {
                Ok(())
            } else {
                Err(format!("{answer:?}"))
            }
        });
        namespace
    }

    /// A namespace whatever guards it.
    pub(crate) fn new(cluster: &'static Cluster, name: &str) -> Self {
        let directory = cluster.node.directory().join("manifests").join(name);
        std::fs::create_dir_all(&directory).unwrap();
        let declaration = format!("neo4jbackup.github.io/aws-role-arn={}", manifests::ROLE);
        let client = cluster.node.client();
        client.must_run(&["create", "namespace", name], "").unwrap();
        client
            .must_run(&["annotate", "namespace", name, &declaration], "")
            .unwrap();
        let name = name.to_owned();
        let namespace = Self {
            cluster,
            name,
            directory,
        };
        let answer = namespace.send(Way::Apply, manifests::INSTANCES);
        assert!(answer.success(), "{answer:?}");
        namespace
    }

    /// Sends a manifest in one of the ways, as the file `manifest.yaml`: kubectl's answers name no path of this machine.
    pub(crate) fn send(&self, way: Way, manifest: &str) -> KubectlOutput {
        self.send_with(way.arguments(), manifest)
    }

    fn send_with(&self, arguments: &[&str], manifest: &str) -> KubectlOutput {
        std::fs::write(self.directory.join(MANIFEST), manifest).unwrap();
        self.kubectl(&[arguments, &["--filename", MANIFEST]].concat())
    }

    /// Runs kubectl in this namespace.
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> KubectlOutput {
        let mut command = self.cluster.node.client().command();
        command
            .current_dir(&self.directory)
            .arg("--namespace")
            .arg(&self.name)
            .args(arguments);
        command.output().unwrap().into()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let delete = ["delete", "namespace", &self.name, "--wait=false"];
        // Its end is no part of any test.
        let _ = self.cluster.node.client().run(&delete, "");
    }
}

const MANIFEST: &str = "manifest.yaml";
