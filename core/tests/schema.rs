//! The schema tables: that `check` says what the API server says, and what the API server drops.

use neo4jbackup_core::document::{Map, Node, Path};
use neo4jbackup_core::schema::{
    Era, Kind, Literal, ObjectSchema, Pattern, Profile, SchemaProblem, Shape, absent_defaults, check, defaults, field,
    json_schema,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn node(value: Value) -> Node<'static> {
    Node::from(value)
}

fn backup(spec: &Value) -> Node<'static> {
    node(
        json!({"apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup", "metadata": {"name": "a"}, "spec": spec}),
    )
}

/// A short line for each problem: its name and its field.
fn lines(problems: &[SchemaProblem<'_>]) -> Vec<String> {
    problems
        .iter()
        .map(|problem| {
            let debug = format!("{problem:?}");
            let name = debug.split(' ').next().unwrap_or_default();
            format!("{name} {}", problem.path())
        })
        .collect()
}

fn check_backup(era: Era, spec: &Value) -> Vec<String> {
    lines(&check(Kind::Neo4jBackup, era, &backup(spec)))
}

#[test]
fn a_good_backup_has_no_problem() {
    let spec = json!({
        "instanceRef": "graph", "database": "neo4j", "schedule": "0 2 * * *",
        "storage": {"type": "s3", "bucket": "b", "cloud": {"provider": "aws", "identity": {
            "provider": "aws", "autoCreate": {"annotations": {"eks.amazonaws.com/role-arn": "arn"}}}}},
        "retention": {"maxCount": 7, "deletePolicy": "Delete"},
        "options": {"pageCache": "4G", "additionalArgs": ["--verbose"], "tempStorage": {"size": "10Gi"},
            "resources": {"limits": {"cpu": 1, "memory": "2Gi"}}},
    });
    assert_eq!(check_backup(Era::V1_14, &spec), Vec::<String>::new());
}

#[test]
fn a_field_that_never_existed_says_what_replaces_it() {
    let restore = node(json!({"kind": "Neo4jRestore", "spec": {
        "instanceRef": "graph", "database": "neo4j", "restoreUntil": "2025-01-15T14:30:00Z",
        "source": {"type": "backup", "backupRef": "daily"}, "options": {"force": true},
    }}));
    let replaced: Vec<(String, String, bool)> = check(Kind::Neo4jRestore, Era::V1_14, &restore)
        .iter()
        .map(|problem| match problem {
            SchemaProblem::Unknown {
                path,
                replaced_by: Some(other),
                changes_meaning,
                ..
            } => (path.to_string(), other.to_string(), *changes_meaning),
            other => panic!("not expected: {other:?}"),
        })
        .collect();
    let expected = [
        ("spec.restoreUntil", "spec.source.pointInTime", true),
        ("spec.options.force", "spec.options.replaceExisting", true),
    ];
    for (field, other, matters) in expected {
        assert!(
            replaced.contains(&(field.to_owned(), other.to_owned(), matters)),
            "{field}: {replaced:?}"
        );
    }
    assert_eq!(replaced.len(), 2);
}

#[test]
fn a_replacement_beside_the_field_is_a_full_path() {
    let object = backup(&json!({"storage": {"type": "pvc", "pvc": {"name": "a", "storageClass": "fast"}}}));
    let problems = check(Kind::Neo4jBackup, Era::V1_14, &object);
    assert!(
        matches!(problems.as_slice(), [SchemaProblem::Unknown { replaced_by: Some(path), .. }]
            if path.to_string() == "spec.storage.pvc.storageClassName"),
        "{problems:?}"
    );
}

#[test]
fn a_time_zone_matters_unless_it_is_utc() {
    for (zone, expected) in [("UTC", false), ("Europe/Paris", true)] {
        let object = backup(&json!({"storage": {"type": "pvc"}, "timezone": zone}));
        let problems = check(Kind::Neo4jBackup, Era::V1_14, &object);
        assert!(
            matches!(problems.as_slice(), [SchemaProblem::Unknown { changes_meaning, .. }] if *changes_meaning == expected),
            "{zone}: {problems:?}"
        );
    }
}

#[test]
fn a_misspelt_or_misplaced_field_is_recognised() {
    let cases = [
        (
            json!({"storage": {"type": "pvc"}, "shcedule": "0 2 * * *"}),
            "spec.schedule",
        ),
        (
            json!({"storage": {"type": "pvc"}, "backupType": "FULL"}),
            "spec.options.backupType",
        ),
        (json!({"storage": {"type": "s3", "Bucket": "b"}}), "spec.storage.bucket"),
    ];
    for (spec, expected) in cases {
        let object = backup(&spec);
        let problems = check(Kind::Neo4jBackup, Era::V1_14, &object);
        assert!(
            matches!(problems.as_slice(), [SchemaProblem::Unknown { did_you_mean: Some(path), changes_meaning: true, .. }]
                if path.to_string() == expected),
            "{expected}: {problems:?}"
        );
    }
}

#[test]
fn a_field_outside_spec_is_unknown() {
    let object = node(json!({"spec": {"storage": {"type": "pvc"}}, "schedule": "0 2 * * *", "zebra": 1}));
    let problems = check(Kind::Neo4jBackup, Era::V1_14, &object);
    let guess = |key: &str| {
        problems.iter().find_map(|problem| match problem {
            SchemaProblem::Unknown {
                path,
                did_you_mean,
                changes_meaning,
                ..
            } if path.to_string() == key => Some((did_you_mean.as_ref().map(Path::to_string), *changes_meaning)),
            _ => None,
        })
    };
    assert_eq!(guess("schedule"), Some((Some("spec.schedule".to_owned()), true)));
    assert_eq!(guess("zebra"), Some((None, false)));
}

/// The versions, the replacement and the weight of a field that another version has.
fn other_version(kind: Kind, era: Era, spec: &Value, field: &str) -> Option<(String, Option<String>, bool)> {
    let object = node(json!({"spec": spec}));
    check(kind, era, &object).into_iter().find_map(|problem| match problem {
        SchemaProblem::OtherVersion {
            path,
            eras_with_it,
            replaced_by,
            changes_meaning,
            ..
        } if path.to_string() == field => Some((
            eras_with_it.to_string(),
            replaced_by.map(|path| path.to_string()),
            changes_meaning,
        )),
        _ => None,
    })
}

#[test]
fn a_field_of_another_version_names_what_this_version_has() {
    let cases = [
        (
            Kind::Neo4jBackup,
            Era::V1_14,
            json!({"target": {"kind": "Cluster"}}),
            "spec.target",
            "operators up to 1.13",
            "spec.instanceRef",
        ),
        (
            Kind::Neo4jBackup,
            Era::V1_11,
            json!({"instanceRef": "a"}),
            "spec.instanceRef",
            "operator 1.13 and later",
            "spec.target.name",
        ),
        (
            Kind::Neo4jRestore,
            Era::V0_2,
            json!({"clusterRef": "a"}),
            "spec.clusterRef",
            "operator 1.6 to 1.13",
            "spec.targetCluster",
        ),
        (
            Kind::Neo4jRestore,
            Era::V1_14,
            json!({"clusterRef": "a"}),
            "spec.clusterRef",
            "operator 1.6 to 1.13",
            "spec.instanceRef",
        ),
    ];
    for (kind, era, spec, field, versions, replacement) in cases {
        let expected = Some((versions.to_owned(), Some(replacement.to_owned()), true));
        assert_eq!(other_version(kind, era, &spec, field), expected, "{field} in {era:?}");
    }
    assert_eq!(
        other_version(Kind::Neo4jBackup, Era::V1_15, &json!({"mode": "standard"}), "spec.mode"),
        None
    );
    assert!(
        other_version(
            Kind::Neo4jBackup,
            Era::V1_14,
            &json!({"mode": "replication-source"}),
            "spec.mode"
        )
        .is_some()
    );
}

#[test]
fn dropping_what_says_nothing_changes_nothing() {
    let cases = [
        (json!({"force": false}), "spec.force"),
        (json!({"options": {"verifyBackup": true}}), "spec.options.verifyBackup"),
    ];
    for (spec, path) in cases {
        let found = other_version(Kind::Neo4jRestore, Era::V1_15, &spec, path);
        assert!(matches!(found, Some((_, _, false))), "{path}: {found:?}");
    }
}

#[test]
fn values_are_judged_as_the_api_server_does() {
    let spec = json!({
        "database": "my_db",
        "schedule": {"cron": "0 2 * * *"},
        "suspend": "true",
        "storage": {"type": "ftp", "bucket": 7, "cloud": {"identity": {"autoCreate": {"annotations": {"a": true, "b": null}}}}},
        "retention": {"maxCount": 4_294_967_296_u64, "deletePolicy": "Archive"},
        "options": {"pageCache": "1GB", "additionalArgs": ["ok", 5, null], "tempStorage": {"size": "10"},
            "resources": {"limits": {"cpu": 0.5, "memory": "1 Gi"}, "claims": [{"request": "x"}]}},
    });
    let mut found = check_backup(Era::V1_14, &spec);
    found.sort();
    assert_eq!(
        found,
        [
            "NotInEnum spec.retention.deletePolicy",
            "NotInEnum spec.storage.type",
            "OutOfRange spec.retention.maxCount",
            "PatternMismatch spec.database",
            "PatternMismatch spec.options.pageCache",
            "PatternMismatch spec.options.resources.limits.memory",
            "Required spec.options.resources.claims[0].name",
            "Required spec.storage.cloud.identity.provider",
            "WrongType spec.options.additionalArgs[1]",
            "WrongType spec.options.additionalArgs[2]",
            "WrongType spec.options.resources.limits.cpu",
            "WrongType spec.schedule",
            "WrongType spec.storage.bucket",
            "WrongType spec.storage.cloud.identity.autoCreate.annotations.a",
            "WrongType spec.suspend",
        ]
    );
}

#[test]
fn a_text_is_measured_in_characters() {
    let database = |length: usize| json!({"storage": {"type": "pvc"}, "database": "a".repeat(length)});
    assert_eq!(check_backup(Era::V1_14, &database(65)), Vec::<String>::new());
    assert_eq!(check_backup(Era::V1_14, &database(66)), ["TooLong spec.database"]);
    let wide = json!({"storage": {"type": "pvc"}, "database": "ä".repeat(65)});
    assert_eq!(check_backup(Era::V1_14, &wide), ["PatternMismatch spec.database"]);
}

#[test]
fn required_fields_depend_on_the_version_and_null_is_absent() {
    assert_eq!(
        check_backup(Era::V0_2, &json!({})),
        ["Required spec.storage", "Required spec.target"]
    );
    assert_eq!(
        check_backup(Era::V1_13, &json!({"storage": null})),
        ["Required spec.storage"]
    );
    let empty_target = json!({"storage": {"type": "pvc"}, "target": {}});
    assert_eq!(
        check_backup(Era::V1_11, &empty_target),
        ["Required spec.target.kind", "Required spec.target.name"]
    );
    assert_eq!(check_backup(Era::V1_14, &json!([])), ["WrongType spec"]);
}

#[test]
fn what_a_partial_table_leaves_out_is_not_judged() {
    let cluster = node(json!({"spec": {
        "image": {"repo": "neo4j", "tag": "5.26.0-enterprise"}, "storage": {"size": "1Gi"},
        "topology": {"servers": 1, "placement": {"anything": 1}}, "monitoring": {"enabled": true},
        "backups": {"cloud": {"provider": "aws"}},
    }}));
    let mut found = lines(&check(Kind::Neo4jEnterpriseCluster, Era::V1_14, &cluster));
    found.sort();
    assert_eq!(found, ["OtherVersion spec.backups", "OutOfRange spec.topology.servers"]);
    assert_eq!(check(Kind::Neo4jShardedDatabase, Era::V0_1, &cluster), []);
}

#[test]
fn defaults_are_those_whose_parent_exists() {
    assert!(
        defaults(Kind::Neo4jBackup, Era::V1_14)
            .iter()
            .any(|default| default.path == "spec.options.compress")
    );
    let object = backup(&json!({"storage": {"type": "pvc"}, "options": {"compress": false}}));
    assert_eq!(
        absent_defaults(Kind::Neo4jBackup, Era::V1_15, &object),
        [
            (Path::dotted("spec.mode"), Literal::String("standard")),
            (Path::dotted("spec.options.backupType"), Literal::String("AUTO")),
        ]
    );
    let hook = node(
        json!({"spec": {"options": {"preRestore": {"job": {"template": {"container": {
        "image": "a", "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"key": "k"}}}]}}}}}}}),
    );
    let found = absent_defaults(Kind::Neo4jRestore, Era::V1_14, &hook);
    let paths: Vec<String> = found.iter().map(|(path, _)| path.to_string()).collect();
    assert_eq!(
        paths,
        ["spec.options.preRestore.job.template.container.env[0].valueFrom.secretKeyRef.name"]
    );
}

#[test]
fn fields_are_found_by_path() {
    assert!(field(Kind::Neo4jBackup, Era::V1_14, "spec.storage.cloud.identity.provider").is_some());
    assert!(field(Kind::Neo4jBackup, Era::V1_14, "spec.target.kind").is_none());
    assert!(
        field(
            Kind::Neo4jEnterpriseCluster,
            Era::V1_14,
            "spec.env.[].valueFrom.secretKeyRef.key"
        )
        .is_some()
    );
    for path in ["", "spec", "spec.", "status.phase", "spec.storage.bucket.x"] {
        assert!(field(Kind::Neo4jBackup, Era::V1_14, path).is_none(), "{path}");
    }
}

#[test]
fn kinds_are_known_by_group_and_name() {
    assert_eq!(
        Kind::of_group("neo4j.neo4j.com", "Neo4jBackup"),
        Some(Kind::Neo4jBackup)
    );
    assert_eq!(Kind::of_group("neo4j.com", "Neo4jBackup"), None);
    assert_eq!(Kind::of_group("", "Secret"), None);
    for kind in Kind::ALL {
        assert_eq!(Kind::named(kind.plural()), Some(kind));
    }
}

/// Every replacement is a field itself, in some era; a slip here would send a reader to nowhere.
#[test]
fn replacements_exist() {
    for kind in Kind::ALL {
        replacements_below_exist(kind, &kind.schema().spec, "spec");
    }
}

fn replacements_below_exist(kind: Kind, schema: &'static ObjectSchema, path: &str) {
    for entry in schema.fields {
        let name = entry.name;
        for target in entry.absence.replaced_by {
            let full = if target.starts_with("spec.") {
                (*target).to_owned()
            } else {
                format!("{path}.{target}")
            };
            let exists = Era::ALL.into_iter().any(|era| field(kind, era, &full).is_some());
            assert!(
                exists,
                "{path}.{name} is replaced by {full}, which is no field of {}",
                kind.name()
            );
        }
        for variant in entry.variants {
            if let Shape::Object(below) = variant.shape {
                replacements_below_exist(kind, below, &format!("{path}.{name}"));
            }
        }
    }
}

#[test]
fn the_editor_schema_refuses_what_the_profile_lacks() {
    let schema = json_schema(Kind::Neo4jBackup, Profile::V1Beta1);
    let spec = &schema["properties"]["spec"];
    assert_eq!(spec["additionalProperties"], json!(false));
    assert_eq!(spec["properties"]["target"], Value::Null);
    assert_eq!(
        spec["properties"]["database"]["pattern"],
        json!(Pattern::DatabaseName.expression())
    );
    assert_eq!(
        schema["properties"]["apiVersion"]["const"],
        json!("neo4j.neo4j.com/v1beta1")
    );
    let legacy = json_schema(Kind::Neo4jBackup, Profile::V1Beta1Legacy);
    assert!(legacy["properties"]["spec"]["properties"]["target"].is_object());
}

/// Trees whose keys are mostly real field names, so that the walk gets deep.
fn any_node() -> impl Strategy<Value = Node<'static>> {
    const NAMES: [&str; 18] = [
        "storage",
        "cloud",
        "identity",
        "options",
        "resources",
        "limits",
        "source",
        "pitr",
        "target",
        "env",
        "timezone",
        "retention",
        "preRestore",
        "job",
        "template",
        "container",
        "claims",
        "maxCount",
    ];
    let key = prop_oneof![3 => proptest::sample::select(&NAMES[..]).prop_map(str::to_owned), 1 => ".{0,12}"];
    let leaf = prop_oneof![
        Just(Node::Null),
        any::<bool>().prop_map(Node::Bool),
        "-?[0-9]{1,400}(\\.[0-9]{1,3})?([eE]-?[0-9]{1,12})?".prop_map(|text| Node::Number(text.into())),
        ".{0,80}".prop_map(|text| Node::String(text.into())),
    ];
    leaf.prop_recursive(8, 64, 8, move |inner| {
        prop_oneof![
            1 => proptest::collection::vec(inner.clone(), 0..4).prop_map(Node::List),
            3 => proptest::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|entries| Node::Map(Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect()))),
        ]
    })
}

proptest! {
    /// No tree makes the check panic, and every problem but a missing field lies in the tree.
    #[test]
    fn every_problem_has_a_place(spec in any_node()) {
        let root = Node::Map(Map(vec![("spec".into(), spec)]));
        for kind in Kind::ALL {
            for era in Era::ALL {
                for problem in check(kind, era, &root) {
                    let value = problem.path().find(&root);
                    if matches!(problem, SchemaProblem::Required { .. }) {
                        prop_assert!(value.is_none_or(Node::is_null), "{problem:?}");
                    } else {
                        prop_assert!(value.is_some(), "{problem:?}");
                    }
                }
                for (path, _) in absent_defaults(kind, era, &root) {
                    prop_assert!(path.find(&root).is_none_or(Node::is_null), "{path}");
                }
            }
        }
    }
}
