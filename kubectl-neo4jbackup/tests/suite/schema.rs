//! Reports against their published schema.

use serde_json::Value;

use crate::support::{SIX_FIELDS, rich, root};

#[test]
fn every_report_obeys_its_schema() {
    let path = root().join("docs/schemas/LintReport.json");
    let mut schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    close(&mut schema);
    let schema = jsonschema::validator_for(&schema).unwrap();
    let sandbox = rich();
    sandbox.write("backup.yaml", SIX_FIELDS);
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
        let faults: Vec<String> = schema.iter_errors(&report).map(|fault| fault.to_string()).collect();
        assert_eq!(faults, Vec::<String>::new());
        let yaml: Value = serde_saphyr::from_str(&sandbox.read("report.yaml")).unwrap();
        assert_eq!(yaml, report);
    }
}

/// The schema with every object closed: it may allow more for the sake of later versions, but leaves out nothing of this one.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.values_mut().for_each(close);
            if map.contains_key("properties") {
                map.insert("additionalProperties".to_owned(), false.into());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
