//! The chart installs the policies that `kubectl neo4jbackup policies` prints, and reaches single rules.

use std::collections::BTreeMap;

use kubectl_neo4jbackup::Exit;
use neo4jbackup_tests::plugin;
use serde_json::Value;

use super::helm::{CLUSTER_NAME, objects, of_kind, rendered};

/// What the command prints.
fn printed(arguments: &[&str]) -> String {
    let run = plugin::run(&std::env::temp_dir(), "", ["policies"].iter().chain(arguments));
    assert_eq!(run.exit, Exit::Good, "{}", run.stderr);
    run.stdout
}

/// The policies and their bindings by kind and name, without what a release adds.
fn policies(objects: Vec<Value>) -> BTreeMap<(String, String), Value> {
    let items = |object: Value| {
        object["items"]
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![object.clone()])
    };
    let mut found = BTreeMap::new();
    for mut object in objects.into_iter().flat_map(items) {
        let kind = object["kind"].as_str().unwrap().to_owned();
        if !kind.contains("AdmissionPolicy") || object["metadata"]["name"].as_str().unwrap().contains("-account") {
            continue;
        }
        object["metadata"].as_object_mut().unwrap().remove("labels");
        for pointer in ["/metadata/name", "/spec/policyName"] {
            if let Some(Value::String(name)) = object.pointer_mut(pointer) {
                *name = name.trim_end_matches(&format!(".{CLUSTER_NAME}")).to_owned();
            }
        }
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        found.insert((kind, name), object);
    }
    found
}

#[test]
fn the_chart_installs_what_the_command_prints() {
    let cases: [(&[&str], &[&str], usize); 5] = [
        (&[], &[], 22),
        (
            &["--set=settings.rules.NB7003=off,settings.rules.NB7002=warn,settings.rules.NB3005=warn"],
            &["--skip=NB7003", "--warn=bucket-malformed,NB3005"],
            27,
        ),
        (
            &["--set=guard.enabled=false,mutating.enabled=false"],
            &["--no-guard", "--no-defaults"],
            10,
        ),
        (&["--set-string=operatorVersion=1.14"], &["--operator-version=1.14"], 22),
        (
            &["--set-string=operatorVersion=v1.18.0"],
            &["--operator-version=v1.18.0"],
            27,
        ),
    ];
    for (values, arguments, count) in cases {
        let installed = policies(rendered(&[&["--set=engine=policies"], values].concat()));
        let printed = policies(objects(&printed(arguments)));
        let names = |policies: &BTreeMap<(String, String), Value>| policies.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&installed), names(&printed), "{arguments:?}");
        assert_eq!(installed.len(), count, "{:?}", names(&installed));
        for (name, policy) in &installed {
            assert_eq!(policy, &printed[name], "{name:?} with {arguments:?}");
        }
    }
}

#[test]
fn a_rule_stands_in_the_policy_of_its_level_and_in_no_other() {
    let values =
        "--set=engine=policies,settings.rules.NB5001=off,settings.rules.NB7002=warn,settings.rules.NB7006=audit";
    let objects = rendered(&[values]);
    let with = |code: &str| -> Vec<String> {
        let policies = of_kind(&objects, "ValidatingAdmissionPolicy").into_iter();
        let has = |policy: &&Value| {
            let validations = policy["spec"]["validations"].as_array().unwrap();
            let message = |validation: &Value| validation["message"].as_str().unwrap().ends_with(&format!("[{code}]"));
            !policy["metadata"]["name"].as_str().unwrap().contains("-guard") && validations.iter().any(message)
        };
        let name = |policy: &Value| {
            policy["metadata"]["name"]
                .as_str()
                .unwrap()
                .split('.')
                .next()
                .unwrap()
                .to_owned()
        };
        policies.filter(has).map(name).collect()
    };
    assert_eq!(with("NB5001"), Vec::<String>::new());
    assert_eq!(with("NB7002"), ["neo4jbackup-rules-warn", "neo4jbackup-warnings"]);
    assert_eq!(
        with("NB7006"),
        ["neo4jbackup-rules-audit", "neo4jbackup-warnings-audit"]
    );
    assert_eq!(with("NB3001"), ["neo4jbackup-rules", "neo4jbackup-warnings"]);
    let actions: BTreeMap<&str, &str> = of_kind(&objects, "ValidatingAdmissionPolicyBinding")
        .into_iter()
        .map(|binding| {
            let name = binding["metadata"]["name"].as_str().unwrap();
            let action = binding["spec"]["validationActions"][0].as_str().unwrap();
            (name.trim_end_matches(&format!(".{CLUSTER_NAME}")), action)
        })
        .collect();
    for (binding, action) in [
        ("neo4jbackup-rules-default", "Deny"),
        ("neo4jbackup-rules-warn-default", "Warn"),
        ("neo4jbackup-rules-warn-enforce", "Warn"),
        ("neo4jbackup-rules-warn-audit", "Audit"),
        ("neo4jbackup-rules-audit-enforce", "Audit"),
    ] {
        assert_eq!(actions[binding], action, "{binding}");
    }
}
