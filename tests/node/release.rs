//! The chart, installed by helm.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use neo4jbackup_harness::{KubectlOutput, await_that, root};
use serde_json::{Value, json};

use crate::cluster::Cluster;

/// An installed release in a namespace of its own, which admits only pods of the restricted profile. It is gone when the
/// value is dropped.
pub(crate) struct Release {
    cluster: &'static Cluster,
    namespace: String,
}

impl Release {
    /// Installs the chart with values such as `replicas=3`, and waits until all pods are ready.
    pub(crate) fn install(cluster: &'static Cluster, values: &[&str]) -> Self {
        let release = Self::prepare(cluster);
        release.run(&[&["install"], &sets(values)[..]].concat());
        release.await_rollout();
        release
    }

    /// The namespace alone, for a test that installs by [`Release::run`].
    pub(crate) fn prepare(cluster: &'static Cluster) -> Self {
        Self::prepare_for(cluster, "restricted")
    }

    /// The same, for pods that no profile keeps from the network of the node.
    pub(crate) fn prepare_unrestricted(cluster: &'static Cluster) -> Self {
        Self::prepare_for(cluster, "privileged")
    }

    fn prepare_for(cluster: &'static Cluster, profile: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        // Another one each time, so that nobody waits for the end of the last one, with its pods that drain.
        let namespace = format!("neo4jbackup-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let manifest = json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": namespace, "labels": {"pod-security.kubernetes.io/enforce": profile}},
        });
        cluster.node.client().apply_yaml(&manifest.to_string()).unwrap();
        Self { cluster, namespace }
    }

    /// Runs a verb of helm that takes the chart, with options, and waits for nothing that helm does not wait for.
    pub(crate) fn run(&self, verb_and_options: &[&str]) {
        let said = self.try_run(verb_and_options);
        assert!(said.is_ok(), "{said:?}\n{}", self.state());
    }

    /// The same for what may fail: what helm said.
    pub(crate) fn try_run(&self, verb_and_options: &[&str]) -> Result<String, String> {
        let (verb, options) = verb_and_options.split_first().unwrap();
        let output = self.helm().args([verb, NAME, CHART]).args(options).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        if output.status.success() { Ok(said) } else { Err(said) }
    }

    /// Goes back to a revision.
    pub(crate) fn roll_back(&self, revision: &str) {
        self.must_helm(&["rollback", NAME, revision]);
    }

    /// The objects of this release that are neither its namespace nor made by Kubernetes, one a line, and those that the
    /// hooks of a switch have left.
    pub(crate) fn everything(&self) -> String {
        let kinds = "validatingwebhookconfigurations,mutatingwebhookconfigurations,validatingadmissionpolicies,\
                     validatingadmissionpolicybindings,mutatingadmissionpolicies,mutatingadmissionpolicybindings,\
                     clusterroles,clusterrolebindings,priorityclasses,roles,rolebindings,serviceaccounts,configmaps,\
                     services,deployments,jobs,poddisruptionbudgets,networkpolicies";
        let part = "--selector=app.kubernetes.io/part-of=neo4jbackup";
        self.must_kubectl(&["get", kinds, part, "--all-namespaces", "--output=name"])
            .stdout
    }

    /// What would change if the objects of the release were applied again.
    pub(crate) fn difference(&self) -> String {
        let manifest = self.must_helm(&["get", "manifest", NAME]);
        let file = self.cluster.node.directory().join("manifest.yaml");
        std::fs::write(&file, manifest).unwrap();
        let file = file.to_str().unwrap();
        let arguments = ["--namespace", &self.namespace, "diff", "--filename", file];
        let answer = self.cluster.node.client().run(&arguments, "").unwrap();
        format!("{}{}", answer.stdout, answer.stderr)
    }

    /// Upgrades with these values in place of those of the installation.
    pub(crate) fn upgrade(&self, values: &[&str]) {
        self.must_helm(&[&["upgrade", NAME, CHART, "--reset-values"], &sets(values)[..]].concat());
        self.await_rollout();
    }

    pub(crate) fn uninstall(&self) {
        self.must_helm(&["uninstall", NAME, "--wait"]);
    }

    /// Runs the tests of the chart; gives what helm printed.
    pub(crate) fn test(&self) -> String {
        self.must_helm(&["test", NAME, "--logs"])
    }

    /// Replaces every pod, as for a new version, and waits until the old ones are gone.
    pub(crate) fn restart(&self) {
        let old = self.pods();
        self.must_kubectl(&["rollout", "restart", DEPLOYMENT]);
        self.await_rollout();
        self.await_end_of(&old);
    }

    /// Adds arguments to the command line of the server, which has no value in the chart because only drills use them.
    pub(crate) fn add_arguments(&self, arguments: &[&str]) {
        let add =
            |value: &&str| json!({"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": value});
        let patch = arguments.iter().map(add).collect::<Value>().to_string();
        let old = self.pods();
        self.must_kubectl(&["patch", DEPLOYMENT, "--type=json", "--patch", &patch]);
        self.await_rollout();
        self.await_end_of(&old);
    }

    /// Waits until these pods are gone.
    pub(crate) fn await_end_of(&self, pods: &[String]) {
        await_that("the end of the old pods", || {
            self.pods().iter().all(|pod| !pods.contains(pod))
        });
    }

    /// Waits until all replicas are of the newest version and ready.
    pub(crate) fn await_rollout(&self) {
        self.must_kubectl(&["rollout", "status", DEPLOYMENT, "--timeout=90s"]);
    }

    /// The names of the pods of the server, those that are about to end included.
    pub(crate) fn pods(&self) -> Vec<String> {
        let names = "--output=jsonpath={.items[*].metadata.name}";
        let answer = self.must_kubectl(&["get", "pods", SERVER, names]);
        answer.stdout.split_whitespace().map(str::to_owned).collect()
    }

    /// A file of the status port of a pod, by way of the API server.
    pub(crate) fn status_of(&self, pod: &str, path: &str) -> String {
        let path = format!("/api/v1/namespaces/{}/pods/{pod}:8081/proxy{path}", self.namespace);
        self.must_kubectl(&["get", "--raw", &path]).stdout
    }

    /// The name by which the API server calls it.
    pub(crate) fn host(&self) -> String {
        format!("{NAME}.{}.svc", self.namespace)
    }

    /// The name of its webhook configurations.
    pub(crate) fn configuration(&self) -> String {
        format!("{NAME}.{}", self.namespace)
    }

    /// Runs kubectl in the namespace of the release, for what must succeed.
    pub(crate) fn must_kubectl(&self, arguments: &[&str]) -> KubectlOutput {
        let arguments = [&["--namespace", &self.namespace], arguments].concat();
        let answer = self.cluster.node.client().run(&arguments, "").unwrap();
        assert!(answer.success(), "{arguments:?}: {answer:?}\n{}", self.state());
        answer
    }

    fn must_helm(&self, arguments: &[&str]) -> String {
        let output = self.helm().args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "helm {arguments:?}: {said}{errors}\n{}",
            self.state()
        );
        said
    }

    fn helm(&self) -> Command {
        let directory = self.cluster.node.directory();
        let mut command = self.cluster.node.client_command(&self.cluster.helm).unwrap();
        command
            .current_dir(root())
            // A person's repositories and plug-ins would change what the tests see.
            .env("HELM_CACHE_HOME", directory.join("helm/cache"))
            .env("HELM_CONFIG_HOME", directory.join("helm/config"))
            .env("HELM_DATA_HOME", directory.join("helm/data"))
            .args(["--namespace", &self.namespace]);
        command
    }

    /// What a person would look at first, for the message of a failed test.
    fn state(&self) -> String {
        let client = self.cluster.node.client();
        let mut text = String::new();
        for arguments in [
            &["get", "pods", "--output=wide"][..],
            &["get", "events", "--sort-by=.lastTimestamp"],
            &["logs", SERVER, "--tail=20", "--prefix"],
        ] {
            let arguments = [&["--namespace", &self.namespace], arguments].concat();
            let answer = client.run(&arguments, "").unwrap();
            text += &format!(
                "$ kubectl {}\n{}{}\n",
                arguments.join(" "),
                answer.stdout,
                answer.stderr
            );
        }
        text
    }
}

impl Drop for Release {
    /// Also after a failed test, and then without what may be broken: a configuration that stays would block the others.
    fn drop(&mut self) {
        let _ = self
            .helm()
            .args(["uninstall", NAME, "--no-hooks", "--ignore-not-found"])
            .output();
        let client = self.cluster.node.client();
        let kinds = "validatingwebhookconfigurations,mutatingwebhookconfigurations";
        let _ = client.run(&["delete", kinds, "--all"], "");
        let _ = client.run(&["delete", "namespace", &self.namespace, "--wait=false"], "");
    }
}

/// `--set` in front of each.
pub(crate) fn sets<'a>(values: &[&'a str]) -> Vec<&'a str> {
    values.iter().flat_map(|value| ["--set", value]).collect()
}

/// Values with which a call that the webhook does not answer is a call that fails.
pub(crate) const FAIL: [&str; 2] = ["validating.failurePolicy=Fail", "mutating.failurePolicy=Fail"];

const NAME: &str = "neo4jbackup-webhook";
const CHART: &str = "charts/neo4jbackup-webhook";
const DEPLOYMENT: &str = "deployment/neo4jbackup-webhook";
const SERVER: &str = "--selector=app.kubernetes.io/component=server";
