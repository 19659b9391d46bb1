//! helm, and what it renders.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;

use neo4jbackup_harness::{ChartTools, report_progress, root};
use serde_json::Value;

/// The name of the release wherever the name does not matter, and the namespace that it is in.
pub(crate) const RELEASE: &str = "guard";
pub(crate) const NAMESPACE: &str = "neo4jbackup";
/// What the objects of that release are called.
pub(crate) const FULL_NAME: &str = "guard-neo4jbackup-webhook";
/// And what those are called that have no namespace, where nothing is put between the two parts.
pub(crate) const CLUSTER_NAME: &str = "guard-neo4jbackup-webhook.neo4jbackup";

/// The folder of the chart.
pub(crate) fn chart() -> PathBuf {
    root().join("charts/neo4jbackup-webhook")
}

/// helm and kubeconform.
pub(crate) fn tools() -> &'static ChartTools {
    static TOOLS: OnceLock<ChartTools> = OnceLock::new();
    TOOLS.get_or_init(|| ChartTools::locate_or_build(&report_progress).unwrap())
}

/// helm without a person's own configuration.
pub(crate) fn command() -> Command {
    let home = neo4jbackup_harness::target().join("cluster/helm-home");
    let mut command = Command::new(&tools().helm);
    for variable in ["HELM_CONFIG_HOME", "HELM_CACHE_HOME", "HELM_DATA_HOME"] {
        command.env(variable, &home);
    }
    command.env_remove("KUBECONFIG").env_remove("HELM_NAMESPACE");
    command
}

/// Renders without a cluster; gives what helm wrote and said.
pub(crate) fn template(arguments: &[&str]) -> Output {
    let mut command = command();
    command.args(["template", RELEASE]).arg(chart());
    command.args(["--namespace", NAMESPACE, "--kube-version", "1.36.3"]);
    command.args(arguments).output().unwrap()
}

/// Renders what must be renderable.
pub(crate) fn rendered_text(arguments: &[&str]) -> String {
    let output = template(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// The objects that are rendered, hooks included.
pub(crate) fn rendered(arguments: &[&str]) -> Vec<Value> {
    objects(&rendered_text(arguments))
}

/// The objects of a manifest.
pub(crate) fn objects(manifest: &str) -> Vec<Value> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(manifest).unwrap();
    documents.into_iter().filter(Value::is_object).collect()
}

/// Why something cannot be rendered.
pub(crate) fn refusal(arguments: &[&str]) -> String {
    let output = template(arguments);
    assert!(!output.status.success(), "{arguments:?} is rendered");
    text(&output.stderr)
}

/// The values that each mode is tried with: the path of the file and its name without the ending.
pub(crate) fn modes() -> Vec<(PathBuf, String)> {
    let files = std::fs::read_dir(chart().join("ci")).unwrap();
    let mut modes: Vec<_> = files
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            let name = name.strip_suffix("-values").unwrap().to_owned();
            (path, name)
        })
        .collect();
    modes.sort();
    assert!(modes.len() > 5, "{modes:?}");
    modes
}

/// The object of a kind among others.
pub(crate) fn of_kind<'o>(objects: &'o [Value], kind: &str) -> Vec<&'o Value> {
    objects.iter().filter(|object| object["kind"] == kind).collect()
}

/// The webhook entries of all configurations among objects.
pub(crate) fn entries(objects: &[Value]) -> Vec<&Value> {
    let configurations = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];
    let configurations = configurations.iter().flat_map(|kind| of_kind(objects, kind));
    configurations
        .flat_map(|configuration| configuration["webhooks"].as_array().unwrap())
        .collect()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
