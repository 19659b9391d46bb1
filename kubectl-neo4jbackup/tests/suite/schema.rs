//! Reports against their published schema.

use serde_json::Value;

use crate::support::{SIX_FIELDS, Sandbox, root};

#[test]
fn every_report_obeys_its_schema() {
    let path = root().join("docs/schemas/LintReport.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let sandbox = Sandbox::with(SIX_FIELDS);
    sandbox.write("broken.yaml", "a: [\n");
    sandbox.write(
        "accepted.yaml",
        SIX_FIELDS.replace("  schedule", "  # neo4jbackup:ignore NB5001 a test\n  schedule"),
    );
    let runs: [&[&str]; 3] = [
        &["lint", "backup.yaml", "--operator-version", "1.14"],
        &["lint", ".", "absent.yaml"],
        &["lint", "backup.yaml", "--only", "NB1002"],
    ];
    for arguments in runs {
        let run = sandbox.run(&[arguments, &["-o", "json", "-o", "yaml=report.yaml"]].concat());
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        check(&schema, &schema, &report, "report");
        let yaml: Value = serde_saphyr::from_str(&sandbox.read("report.yaml")).unwrap();
        assert_eq!(yaml, report);
    }
}

/// The parts of JSON Schema that ours use.
fn check(root: &Value, schema: &Value, value: &Value, place: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        return check(root, root.pointer(name.trim_start_matches('#')).unwrap(), value, place);
    }
    if let Some(constant) = schema.get("const") {
        assert_eq!(value, constant, "{place}");
    }
    if let Some(allowed) = schema["enum"].as_array() {
        assert!(allowed.contains(value), "{place}: {value}");
    }
    let own = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => vec![own],
    };
    assert!(types.contains(&own), "{place} is of type {own}");
    if let Value::Array(items) = value {
        for (position, item) in items.iter().enumerate() {
            check(root, &schema["items"], item, &format!("{place}[{position}]"));
        }
    }
    let (Value::Object(map), Some(properties)) = (value, schema["properties"].as_object()) else {
        return;
    };
    let required: Vec<&str> = schema["required"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    for name in &required {
        assert!(map.contains_key(*name), "{place}.{name} is missing");
    }
    for (name, below) in map {
        let schema = properties
            .get(name)
            .unwrap_or_else(|| panic!("{place}.{name} is not in the schema"));
        check(root, schema, below, &format!("{place}.{name}"));
    }
}
