//! Reports against their published schema.

use jsonschema::Validator;
use serde_json::Value;

use crate::support::{SIX_FIELDS, Sandbox, rich, root, scenarios};

/// The published schema of a report, closed.
pub(crate) fn schema(name: &str) -> Validator {
    let path = root().join("docs/schemas").join(name);
    let mut schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    close(&mut schema);
    jsonschema::validator_for(&schema).unwrap()
}

pub(crate) fn faults(schema: &Validator, report: &Value) -> Vec<String> {
    let faults = schema.iter_errors(report);
    faults
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect()
}

#[test]
fn every_scenario_obeys_the_schemas_of_its_reports() {
    let sandbox = Sandbox::new();
    let mut reports = Vec::new();
    for folder in scenarios() {
        for (command, name) in [
            (&["doctor"][..], "DoctorReport.json"),
            (&["status"], "StatusList.json"),
            (&["auth", "check"], "AuthReport.json"),
            (&["auth", "check", "--policy"], "AuthPolicy.json"),
        ] {
            let run = |format| {
                let arguments = ["--from-bundle", folder.to_str().unwrap(), "-o", format];
                sandbox.run(&[command, &arguments].concat()).stdout
            };
            let report: Value = serde_json::from_str(&run("json")).unwrap();
            let none = Vec::<String>::new();
            assert_eq!(
                faults(&schema(name), &report),
                none,
                "{command:?} of {}",
                folder.display()
            );
            let unbounded = serde_saphyr::options! { budget: None };
            let yaml: Value = serde_saphyr::from_str_with_options(&run("yaml"), unbounded).unwrap();
            assert_eq!(yaml, report);
            reports.push((name, report));
        }
    }
    // The schemas are such as notice something.
    let (name, mut report) = reports
        .into_iter()
        .find(|(_, report)| report["findings"][0]["code"].is_string())
        .unwrap();
    report["findings"][0]["severity"] = "fatal".into();
    report["summary"]["more"] = 1.into();
    assert_eq!(faults(&schema(name), &report).len(), 2);
}

/// What no scenario has: a gap with a right that is missing, a bound of time, a sign that was cut.
#[test]
fn reports_of_what_is_missing_obey_the_schemas() {
    let sandbox = Sandbox::new();
    let folder = root().join("tests/scenarios/run-failure-in-log");
    sandbox.write("objects.yaml", std::fs::read(folder.join("objects.yaml")).unwrap());
    sandbox.write(
        "bundle.yaml",
        "takenAt: \"2026-11-21T06:10:00Z\"\ncomplete: true\ngaps:\n- {resource: pods, namespace: graph, kind: forbidden}\n\
         - {resource: cronjobs, kind: failed, text: timed out}\n",
    );
    for (command, name) in [
        (&["doctor", "--since", "1m"][..], "DoctorReport.json"),
        (&["status", "--rpo", "1h"], "StatusList.json"),
    ] {
        let run = sandbox.run(&[command, &["--from-bundle", ".", "-o", "json"]].concat());
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(faults(&schema(name), &report), Vec::<String>::new(), "{report:#}");
        assert_eq!(report["complete"], false);
    }
}

#[test]
fn every_report_obeys_its_schema() {
    let schema = schema("LintReport.json");
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
        assert_eq!(faults(&schema, &report), Vec::<String>::new());
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
