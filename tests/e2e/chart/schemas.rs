//! Every manifest of every mode, by the schemas that the API server itself publishes, and by the API server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Map, Value, json};

use super::helm::{modes, rendered_text, text, tools};
use super::server::Server;

#[test]
fn every_manifest_of_every_mode_is_what_the_api_server_publishes() {
    let server = Server::take();
    let schemas = schemas(&server);
    let manifests = schemas.join("manifests");
    fs::create_dir_all(&manifests).unwrap();
    for (values, mode) in modes() {
        let file = manifests.join(format!("{mode}.yaml"));
        fs::write(&file, rendered_text(&["--values", values.to_str().unwrap()])).unwrap();
        let output = kubeconform(&schemas, &file);
        assert!(
            output.status.success(),
            "{mode}: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(summary["summary"]["valid"].as_u64() > Some(1), "{mode}: {summary}");
        assert_eq!(summary["summary"]["skipped"], 0, "{mode}: {summary}");
    }
    // The control: the schemas are strict enough to find a field that is not there.
    let file = manifests.join("wrong.yaml");
    let wrong = rendered_text(&[]).replace("terminationGracePeriodSeconds", "terminationGraceSeconds");
    fs::write(&file, wrong).unwrap();
    let output = kubeconform(&schemas, &file);
    assert!(
        !output.status.success() && text(&output.stdout).contains("terminationGraceSeconds"),
        "{output:?}"
    );
}

#[test]
fn the_api_server_takes_every_manifest_of_every_mode() {
    let server = Server::take();
    for (values, mode) in modes() {
        let manifest = rendered_text(&["--values", values.to_str().unwrap()]);
        let arguments = ["create", "--dry-run=server", "--validate=strict", "--filename=-"];
        let answer = server.kubectl(&arguments, &manifest);
        assert!(answer.success(), "{mode}: {}", answer.stderr);
    }
}

fn kubeconform(schemas: &Path, file: &Path) -> Output {
    let location = schemas.join("{{ .Group }}_{{ .ResourceAPIVersion }}_{{ .ResourceKind }}.json");
    let mut command = Command::new(&tools().kubeconform);
    command.args(["-strict", "-summary", "-output", "json", "-schema-location"]);
    command.arg(location).arg(file).output().unwrap()
}

/// The `OpenAPI` document of the API server as one JSON Schema for each kind; gives the folder.
fn schemas(server: &Server) -> PathBuf {
    let folder = server.control_plane.directory().join("schemas");
    fs::create_dir_all(&folder).unwrap();
    let document: Value = serde_json::from_str(&server.must(&["get", "--raw", "/openapi/v2"])).unwrap();
    let mut definitions = document["definitions"].clone();
    for (name, definition) in definitions.as_object_mut().unwrap() {
        strict(definition);
        if name == "io.k8s.apimachinery.pkg.api.resource.Quantity" {
            *definition = json!({"type": ["string", "number"]});
        }
    }
    for (name, definition) in definitions.as_object().unwrap() {
        let kinds = definition["x-kubernetes-group-version-kind"].as_array();
        for kind in kinds.into_iter().flatten() {
            let part = |key: &str| kind[key].as_str().unwrap_or_default().to_owned();
            let kind = part("kind").to_lowercase();
            // kubeconform takes the version for the group where there is none.
            let group = if part("group").is_empty() {
                part("version")
            } else {
                part("group")
            };
            let file = folder.join(format!("{group}_{}_{kind}.json", part("version")));
            let schema = json!({"$ref": format!("definitions.json#/definitions/{name}")});
            fs::write(file, schema.to_string()).unwrap();
        }
    }
    let all = json!({"definitions": definitions});
    fs::write(folder.join("definitions.json"), all.to_string()).unwrap();
    folder
}

/// Makes a schema of `OpenAPI` one of JSON that refuses what it does not list.
fn strict(schema: &mut Value) {
    let Value::Object(fields) = schema else { return };
    if let Some(Value::String(reference)) = fields.get_mut("$ref") {
        *reference = reference.replacen("#/", "definitions.json#/", 1);
    }
    let either = fields.get("format").is_some_and(|format| format == "int-or-string");
    if either || fields.get("x-kubernetes-int-or-string").is_some_and(|is| is == true) {
        fields.remove("format");
        fields.insert("type".to_owned(), json!(["string", "integer"]));
    }
    let is_open = fields
        .get("x-kubernetes-preserve-unknown-fields")
        .is_some_and(|is| is == true);
    if fields.contains_key("properties") && !fields.contains_key("additionalProperties") && !is_open {
        fields.insert("additionalProperties".to_owned(), json!(false));
    }
    let inner = |fields: &mut Map<String, Value>, key: &str| {
        if let Some(Value::Object(named)) = fields.get_mut(key) {
            named.values_mut().for_each(strict);
        }
    };
    inner(fields, "properties");
    for key in ["items", "additionalProperties"] {
        fields.get_mut(key).into_iter().for_each(strict);
    }
}
