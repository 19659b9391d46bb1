//! What each engine costs the API server: dry-run creates a second, and its processor time for one, in four namespaces of one control plane, which differ
//! only in who looks at the object.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use neo4jbackup_core::schema::{Era, Kind, crd};
use neo4jbackup_harness::{Binaries, ControlPlane, Options, WebhookConfigurations, WebhookServer, report_progress};
use serde_json::{Value, json};

/// The label that decides who looks at the objects of a namespace.
const ENGINE: &str = "bench.neo4jbackup.github.io/engine";
/// What it says, and the names of the namespaces.
const ENGINES: [&str; 4] = ["none", "policies", "webhook", "both"];

/// Measures with programs that have been built into `built`.
pub(super) fn run(root: &Path, built: &Path, rounds: usize, turn: u64) -> Result<()> {
    let binaries = Binaries::locate_or_build(&report_progress)?;
    let control_plane = ControlPlane::start(&binaries, &Options::default())?;
    let crds = Kind::ALL.map(|kind| crd(kind, Era::V1_14).to_string());
    control_plane.install_crds(&crds.join("\n---\n"))?;
    let namespaces = ENGINES.map(|engine| {
        let role = json!({"neo4jbackup.github.io/aws-role-arn": "arn:aws:iam::210987654321:role/neo4j-backup"});
        json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": engine, "labels": {ENGINE: engine}, "annotations": role},
        })
    });
    control_plane.apply_yaml(&list(&namespaces))?;
    let mut manifests = Vec::new();
    for name in ["guard", "rules", "defaults"] {
        let file = root
            .join("charts/neo4jbackup-webhook/files/policies")
            .join(format!("{name}.yaml"));
        if file.is_file() {
            manifests.extend(confined(&fs::read_to_string(&file)?).with_context(|| format!("{}", file.display()))?);
        }
    }
    report_progress(&format!("{} policies and bindings", manifests.len()));
    control_plane.apply_yaml(&list(&manifests))?;
    let webhook = WebhookServer::start(&built.join("neo4jbackup-webhook"), control_plane.kubeconfig())?;
    for engine in ["webhook", "both"] {
        let registration = WebhookConfigurations {
            name: engine,
            base_url: &webhook.base_url(),
            authority_pem: webhook.authority_pem(),
            failure_policy: "Fail",
            namespace: Some(engine),
            timeout_seconds: 10,
        };
        control_plane.apply_yaml(&registration.manifest())?;
    }
    let process = control_plane
        .apiserver_process_id()
        .context("the API server does not run")?;
    let authority = control_plane.directory().join("bench-authority.pem");
    fs::write(&authority, control_plane.certificate_authority())?;
    let mut command = Command::new(built.join("applies"));
    command
        .args(["--url", control_plane.url()])
        .arg("--authority")
        .arg(&authority)
        .args(["--process", &process.to_string()]);
    command.args(["--rounds", &rounds.to_string(), "--turn", &turn.to_string()]);
    command
        .args(ENGINES)
        .env("NEO4JBACKUP_BENCH_TOKEN", control_plane.token());
    super::finish(&mut command, "the program that creates objects")
}

/// The objects of a manifest, the bindings confined to the namespaces whose label says so.
fn confined(manifest: &str) -> Result<Vec<Value>> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(manifest).context("the manifest is no YAML")?;
    let items = |document: Value| match document["items"].as_array() {
        Some(items) => items.clone(),
        None => vec![document],
    };
    let mut objects: Vec<Value> = documents.into_iter().flat_map(items).collect();
    for object in &mut objects {
        if !object["kind"].as_str().unwrap_or_default().ends_with("Binding") {
            continue;
        }
        let selector = &mut object["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"];
        if !selector.is_array() {
            *selector = json!([]);
        }
        let only = json!({"key": ENGINE, "operator": "In", "values": ["policies", "both"]});
        if let Some(expressions) = selector.as_array_mut() {
            expressions.push(only);
        }
    }
    Ok(objects)
}

fn list(objects: &[Value]) -> String {
    json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bindings_are_confined_and_keep_what_they_ask_for() {
        let manifest = "kind: MutatingAdmissionPolicy\nspec: {}\n---\nkind: MutatingAdmissionPolicyBinding\nspec:\n  \
                        matchResources: {namespaceSelector: {matchExpressions: [{key: mode, operator: Exists}]}}\n";
        let objects = confined(manifest).unwrap();
        assert_eq!(objects[0]["spec"], json!({}));
        let expressions = &objects[1]["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"];
        assert_eq!(expressions[0]["key"], "mode");
        assert_eq!(expressions[1]["key"], ENGINE);
    }
}
