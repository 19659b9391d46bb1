//! Reports for other programs against the schemas of those who read them: `tests/schemas/README.md`.

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::support::{Sandbox, rich, root};
use crate::xsd;

fn schema(file: &str) -> String {
    std::fs::read_to_string(root().join("kubectl-neo4jbackup/tests/schemas").join(file)).unwrap()
}

fn validator(schema: &str) -> Validator {
    jsonschema::draft7::new(&serde_json::from_str(schema).unwrap()).unwrap()
}

/// What a run of every outcome writes: findings of all kinds, nothing at all, and what cannot be read.
fn reports(format: &str) -> Vec<String> {
    let rich = rich();
    rich.write("broken.yaml", "a: [\n");
    rich.write("c%d ü.yaml", "a: [\n");
    rich.write(
        "chart.yaml",
        "apiVersion: neo4j.neo4j.com/v1beta1\nkind: {{ .Values.kind }}\n",
    );
    let clean = Sandbox::new();
    clean.write("other.yaml", "kind: ConfigMap\napiVersion: v1\n");
    let only_gaps = Sandbox::new();
    vec![
        rich.run(&["lint", ".", "absent.yaml", "-o", format]).stdout,
        accepted_by_baseline(format),
        clean.run(&["lint", ".", "-o", format]).stdout,
        only_gaps.run(&["lint", "absent.yaml", "-o", format]).stdout,
    ]
}

fn accepted_by_baseline(format: &str) -> String {
    let rich = rich();
    let baseline = ["lint", "deploy.yaml", "--baseline", "known.json"];
    rich.run(&[&baseline, ["--write-baseline"].as_slice()].concat());
    rich.run(&[&baseline, ["-o", format].as_slice()].concat()).stdout
}

fn faults(validator: &Validator, value: &Value) -> Vec<String> {
    let faults = validator.iter_errors(value);
    faults
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect()
}

#[test]
fn sarif_obeys_the_schema_of_oasis() {
    // One pattern, of a property that we do not write, has a bracket that not every engine takes for itself.
    let schema = schema("sarif-2.1.0.json");
    let escaped = schema.replace("{2}]?$", r"{2}\\]?$");
    assert_ne!(escaped, schema);
    let validator = validator(&escaped);
    let mut reports: Vec<Value> = reports("sarif")
        .iter()
        .map(|report| serde_json::from_str(report).unwrap())
        .collect();
    for report in &reports {
        assert_eq!(faults(&validator, report), Vec::<String>::new());
    }
    // The schema is one that notices something.
    reports[0]["runs"][0]["results"][0]["level"] = json!("critical");
    assert_eq!(faults(&validator, &reports[0]).len(), 1);
}

#[test]
fn gitlab_obeys_the_table_of_gitlab() {
    let validator = validator(&schema("gitlab-code-quality.json"));
    let mut reports: Vec<Value> = reports("gitlab")
        .iter()
        .map(|report| serde_json::from_str(report).unwrap())
        .collect();
    for report in &reports {
        assert_eq!(faults(&validator, report), Vec::<String>::new());
    }
    let mut fingerprints: Vec<&str> = reports[0]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|issue| issue["fingerprint"].as_str())
        .collect();
    let count = fingerprints.len();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), count, "GitLab shows one issue for each fingerprint");
    reports[0][0]["location"]["lines"]["begin"] = json!(0);
    assert_eq!(faults(&validator, &reports[0]).len(), 1);
}

/// GitLab links the file of a test, and annotations of GitHub want file and line; readers that do not know them pass over
/// them, but for the strict one of Jenkins' xUnit plugin.
const EXTENSIONS: [(&str, &str); 2] = [("testcase", "file"), ("testcase", "line")];

#[test]
fn junit_obeys_the_schema_of_jenkins() {
    let text = schema("junit-10.xsd");
    let document = roxmltree::Document::parse(&text).unwrap();
    let schema = xsd::Schema::new(&document, &EXTENSIONS);
    for report in reports("junit") {
        let report = roxmltree::Document::parse(&report).unwrap();
        assert_eq!(schema.validate(&report, "testsuites"), Ok(()));
    }
    // Each of these is a fault, and nothing else in it is.
    let head = r#"<testsuites><testsuite name="a" tests="1" failures="0" errors="0">"#;
    let tail = "</testsuite></testsuites>";
    for (inner, fault) in [
        ("<testcase/>", "<testcase> has no name"),
        (r#"<testcase name="b" code="c"/>"#, "<testcase> has no attribute code"),
        (r#"<testcase name="b">text</testcase>"#, "<testcase> holds text"),
        (
            r#"<testcase name="b"><properties/></testcase>"#,
            "<testcase> holds <properties> there",
        ),
        (
            r#"<testcase name="b"><failure><b/></failure></testcase>"#,
            "<failure> holds <b> there",
        ),
        (
            r#"<testcase name="b"><system-out><b/></system-out></testcase>"#,
            "<system-out> holds more than text",
        ),
        (
            r#"<testsuite tests="1" failures="0" errors="0"/>"#,
            "<testsuite> has no name",
        ),
        ("<failure/>", "<testsuite> holds <failure> there"),
    ] {
        let report = format!("{head}{inner}{tail}");
        let report = roxmltree::Document::parse(&report).unwrap();
        assert_eq!(schema.validate(&report, "testsuites"), Err(fault.to_owned()), "{inner}");
    }
    let whole = r#"<testcase name="b"><failure message="c" type="d">e</failure><system-out>f</system-out></testcase>"#;
    let report = format!("{head}{whole}{tail}");
    let report = roxmltree::Document::parse(&report).unwrap();
    assert_eq!(schema.validate(&report, "testsuites"), Ok(()));
}
