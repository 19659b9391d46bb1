//! `lint --crds`: the fields that a cluster really has.

use neo4jbackup_core::schema::{Era, Kind, crd};
use serde_json::{Value, json};

use crate::support::{Run, Sandbox};

const BACKUP: &str = "\
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jBackup
metadata: {name: nightly, namespace: graph}
spec:
  instanceRef: prod
  allDatabases: true
  tier: cold
  storage: {type: pvc, pvc: {name: backups}}
";

/// The definitions of an operator, with a further field of backups, as one YAML file of several documents.
fn definitions(era: Era, further: Option<&str>) -> String {
    let definition = |kind| {
        let mut definition = crd(kind, era);
        if let Some(field) = further.filter(|_| kind == Kind::Neo4jBackup) {
            let schema = &mut definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
            schema["properties"]["spec"]["properties"][field] = json!({"type": "string", "enum": ["hot", "warm"]});
        }
        serde_saphyr::to_string(&definition).unwrap()
    };
    let kinds = Kind::ALL.into_iter().filter(|kind| kind.schema().eras.contains(era));
    kinds.map(definition).collect::<Vec<_>>().join("---\n")
}

/// The codes of the findings with the fields that they are about, and the version of the operator.
fn codes(run: &Run) -> (Vec<String>, Value) {
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr));
    let findings = report["findings"].as_array().unwrap().iter();
    let findings = findings.map(|finding| {
        let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", text("code"), text("severity"), text("field"))
    });
    (findings.collect(), report["operatorVersion"].clone())
}

fn lint(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    sandbox.run(&[&["lint", "backup.yaml", "-o", "json", "--only", "NB1xxx"], arguments].concat())
}

#[test]
fn the_served_schema_decides_which_fields_there_are() {
    let sandbox = Sandbox::with(BACKUP);
    sandbox.write("crds/all.yaml", definitions(Era::V1_14, None));
    sandbox.write("newer.yaml", definitions(Era::V1_14, Some("tier")));
    sandbox.write("old/crds.yaml", definitions(Era::V1_13, None));

    let (found, version) = codes(&lint(&sandbox, &[]));
    assert_eq!(
        (found, version),
        (vec!["NB1003 warning spec.tier".to_owned()], Value::Null)
    );
    let run = lint(&sandbox, &["--crds", "crds"]);
    let (found, version) = codes(&run);
    assert_eq!(
        (found, version),
        (vec!["NB1003 warning spec.tier".to_owned()], json!("1.14"))
    );
    assert!(
        run.stdout.contains("the schema that is served has no field `tier`"),
        "{}",
        run.stdout
    );
    let run = lint(&sandbox, &["--crds", "newer.yaml"]);
    assert_eq!(codes(&run).0, ["NB1006 error spec.tier"]);
    assert!(run.stdout.contains("`cold` is none of `hot`, `warm`"), "{}", run.stdout);
    let good = Sandbox::with(&BACKUP.replace("cold", "hot"));
    good.write("newer.yaml", definitions(Era::V1_14, Some("tier")));
    let run = lint(&good, &["--crds", "newer.yaml"]);
    assert_eq!((codes(&run).0, run.exit), (Vec::new(), 0));
    // What is named later wins, kind by kind, and what is given wins over what is told.
    let run = lint(
        &sandbox,
        &["--crds", "newer.yaml", "--crds", "old", "--operator-version", "1.14"],
    );
    assert_eq!(
        codes(&run),
        (vec!["NB1003 warning spec.tier".to_owned()], json!("1.14"))
    );
    assert_eq!(
        codes(&lint(&sandbox, &["--crds", "newer.yaml", "--crds", "old"])).1,
        json!("1.13")
    );
}

#[test]
fn a_version_that_is_not_served_is_judged_by_the_tables() {
    let sandbox = Sandbox::with(&BACKUP.replace("v1beta1", "v1alpha1"));
    sandbox.write("crds.yaml", definitions(Era::V1_14, None));
    let (found, _) = codes(&lint(&sandbox, &["--crds", "crds.yaml"]));
    assert!(found.contains(&"NB1011 error apiVersion".to_owned()), "{found:?}");
}

#[test]
fn json_schemas_are_known_by_what_they_say_or_by_their_names() {
    let sandbox = Sandbox::with(BACKUP);
    let schema = sandbox.run(&["schema", "neo4jbackup"]).stdout;
    sandbox.write("ours.json", &schema);
    let schema = json!({"type": "object", "properties": {"spec": {
        "type": "object", "additionalProperties": false,
        "properties": {"instanceRef": {"type": "string"}, "storage": {"type": "object"}, "tier": {"type": "string"}}}}});
    for name in [
        "neo4jbackup_v1beta1.json",
        "neo4j.neo4j.com/neo4jbackup_v1beta1.json",
        "neo4j.neo4j.com-neo4jbackup-v1beta1.json",
    ] {
        sandbox.write(name, schema.to_string());
        assert_eq!(
            codes(&lint(&sandbox, &["--crds", name])).0,
            ["NB1004 error spec.allDatabases"],
            "{name}"
        );
    }
    assert_eq!(
        codes(&lint(&sandbox, &["--crds", "ours.json"])).0,
        ["NB1003 warning spec.tier"]
    );
    // Kinds of the same names belong to another operator.
    sandbox.write("neo4j.com/neo4jbackup_v1beta1.json", schema.to_string());
    let run = lint(&sandbox, &["--crds", "neo4j.com"]);
    assert!(
        run.exit == 2 && run.stderr.contains("--crds: neo4j.com has no"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_holds_no_schema_is_named() {
    let sandbox = Sandbox::with(BACKUP);
    sandbox.write("empty/config.yaml", "kind: ConfigMap\napiVersion: v1\n");
    sandbox.write("broken.yaml", "a: [1\n");
    let mut deep = json!({"type": "string"});
    for _ in 0..70 {
        deep = json!({"type": "array", "items": deep});
    }
    let mut definition = crd(Kind::Neo4jBackup, Era::V1_14);
    definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"] =
        json!({"type": "object", "properties": {"a": deep}});
    sandbox.write("deep.json", definition.to_string());
    for (path, expected) in [
        (
            "empty",
            "error: --crds: empty has no CustomResourceDefinition of the group neo4j.neo4j.com",
        ),
        (
            "backup.yaml",
            "error: --crds: backup.yaml has no CustomResourceDefinition of the group neo4j.neo4j.com",
        ),
        ("not-there", "error: --crds: not-there does not exist"),
        ("broken.yaml", "error: --crds: broken.yaml:"),
        (
            "deep.json",
            "error: --crds: the definition of Neo4jBackup in deep.json has fields more than 64 levels deep",
        ),
    ] {
        let run = lint(&sandbox, &["--crds", path]);
        assert_eq!((run.exit, run.stdout.as_str()), (2, ""), "{path}: {}", run.stderr);
        assert!(run.stderr.contains(expected), "{path}: {}", run.stderr);
    }
    let run = lint(&sandbox, &["--crds", "cluster", "--kubeconfig", "not-there"]);
    assert!(
        run.exit == 2 && run.stderr.contains("--crds: cannot use the kubeconfig not-there"),
        "{}",
        run.stderr
    );
    // A server that is configured and does not answer is no wrong usage.
    let run = lint(&sandbox, &["--crds", "cluster", "-s", "https://127.0.0.1:1"]);
    let expected = "--crds: cannot reach https://127.0.0.1:1: the connection is refused, nothing listens there; the address is --server";
    assert!(run.exit == 3 && run.stderr.contains(expected), "{}", run.stderr);
}
