//! Schemas as clusters serve them: that they judge as the tables do, and that nobody can make them costly.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use neo4jbackup_core::document::{self, Limits, Node};
use neo4jbackup_core::schema::{Era, Kind, SchemaProblem, ServedError, ServedSchemas, StructuralSchema, check, crd};
use neo4jbackup_harness::shared;
use neo4jbackup_tests::crds::folder_of;
use serde_json::{Value, json};

const BACKUP: Kind = Kind::Neo4jBackup;

fn define(definition: &Value) -> ServedSchemas {
    let mut served = ServedSchemas::default();
    let kind = served.define(&Node::from(definition.clone())).unwrap();
    assert!(kind.is_some(), "{definition}");
    served
}

/// The definition of a backup whose `spec` has these properties.
fn backup(properties: &Value) -> Value {
    let mut definition = crd(BACKUP, Era::V1_14);
    definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"] =
        json!({"type": "object", "properties": properties});
    definition
}

/// What a schema of these properties says of a `spec`: a short line for each problem.
fn problems(properties: &Value, spec: &Value) -> Vec<String> {
    let (served, object) = (define(&backup(properties)), Node::from(json!({"spec": spec})));
    lines(&served.get(BACKUP, "v1beta1").unwrap().check(&object))
}

fn lines(problems: &[SchemaProblem<'_>]) -> Vec<String> {
    let line = |problem: &SchemaProblem<'_>| {
        let debug = format!("{problem:?}");
        format!("{} {}", debug.split(' ').next().unwrap_or_default(), problem.path())
    };
    problems.iter().map(line).collect()
}

#[test]
fn what_the_tables_render_is_read_back() {
    for era in Era::ALL {
        for kind in Kind::ALL {
            let Some(table) = StructuralSchema::of_era(kind, era) else {
                continue;
            };
            let served = define(&crd(kind, era));
            let found = served.get(kind, era.api_version()).unwrap();
            assert!(found == table, "{kind:?} {era:?}:\n{found:#?}\n{table:#?}");
        }
    }
}

#[test]
fn every_way_of_saying_no_is_known() {
    let properties = json!({
        "word": {"type": "string", "enum": ["a", "b"]},
        "size": {"type": "string", "pattern": "^[0-9]{2,3}(Mi|Gi)$"},
        "name": {"type": "string", "maxLength": 3},
        "at": {"type": "string", "format": "date-time"},
        "port": {"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]},
        "count": {"type": "integer", "format": "int32", "minimum": 1, "exclusiveMinimum": true},
        "share": {"type": "number"},
        "flag": {"type": "boolean"},
        "inner": {"type": "object", "required": ["a", "b", "c"], "properties": {
            "a": {"type": "string"}, "b": {"type": "string", "default": "x"}, "c": {"type": "string", "nullable": true}}},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "kept": {"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {"n": {"type": "integer"}}},
        "empty": {"type": "object"},
        "list": {"type": "array", "items": {"type": "string", "nullable": true}},
        "strict": {"type": "array", "items": {"type": "string"}},
        "anything": {"x-kubernetes-preserve-unknown-fields": true},
    });
    let good = json!({
        "word": "a", "size": "10Gi", "name": "äöü", "at": "soon", "port": 80, "count": 2, "share": 0.5, "flag": true,
        "inner": {"a": "x"}, "labels": {"any": "x"}, "kept": {"n": 1, "more": {}}, "list": ["x", null], "anything": [1, {}],
    });
    assert_eq!(problems(&properties, &good), Vec::<String>::new());
    assert_eq!(
        problems(&properties, &json!({"port": "http", "word": null})),
        Vec::<String>::new()
    );
    let bad = json!({
        "word": "c", "size": "1Gi", "name": "four", "port": 1.5, "count": 1, "share": "x", "flag": "true",
        "inner": {}, "labels": {"any": 1}, "kept": {"n": "1"}, "empty": {"x": 1}, "list": [1], "strict": [null], "wrod": "a",
    });
    let expected = [
        "NotInEnum spec.word",
        "PatternMismatch spec.size",
        "TooLong spec.name",
        "WrongType spec.port",
        "OutOfRange spec.count",
        "WrongType spec.share",
        "WrongType spec.flag",
        "Required spec.inner.a",
        "WrongType spec.labels.any",
        "WrongType spec.kept.n",
        "Unknown spec.empty.x",
        "WrongType spec.list[0]",
        "WrongType spec.strict[0]",
        "Unknown spec.wrod",
    ];
    let mut found = problems(&properties, &bad);
    found.sort();
    let mut expected = expected.map(str::to_owned);
    expected.sort();
    assert_eq!(found, expected);
}

/// The cluster decides which fields there are, and the tables what is said of them.
#[test]
fn a_served_field_is_never_unknown_and_one_that_is_not_served_always_is() {
    let properties = json!({
        "instanceRef": {"type": "string"},
        "storage": {"type": "object", "properties": {"type": {"type": "string"}, "tier": {"type": "string"}}},
        "futureField": {"type": "string"},
        "timezone": {"type": "string"},
    });
    let spec = json!({"instanceRef": "g", "futureField": "x", "timezone": "x", "storage": {"tier": "x"}});
    assert_eq!(problems(&properties, &spec), Vec::<String>::new());

    let served = define(&backup(&properties));
    let served = served.get(BACKUP, "v1beta1").unwrap();
    let object = Node::from(json!({"spec": {
        "database": "d", "futurField": "x", "clusterRef": "g", "storage": {"teir": "x", "bucket": "b"}}}));
    let found = served.check(&object);
    let [instance, database, misspelt, bucket, deep] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert!(
        matches!(
            database,
            SchemaProblem::OtherVersion {
                changes_meaning: true,
                ..
            }
        ),
        "{database:?}"
    );
    assert!(
        matches!(misspelt, SchemaProblem::Unknown { did_you_mean: Some(path), changes_meaning: true, .. }
            if path.to_string() == "spec.futureField"),
        "{misspelt:?}"
    );
    assert!(
        matches!(instance, SchemaProblem::Unknown { replaced_by: Some(path), is_listed: true, .. }
            if path.to_string() == "spec.instanceRef"),
        "{instance:?}"
    );
    assert!(
        matches!(deep, SchemaProblem::Unknown { did_you_mean: Some(path), .. } if path.to_string() == "spec.storage.tier"),
        "{deep:?}"
    );
    assert!(matches!(bucket, SchemaProblem::OtherVersion { .. }), "{bucket:?}");
}

#[test]
fn only_what_is_served_of_the_operators_kinds_is_taken() {
    let mut served = ServedSchemas::default();
    let mut of_another = crd(BACKUP, Era::V1_14);
    of_another["spec"]["group"] = "neo4j.com".into();
    let mut none = crd(BACKUP, Era::V1_14);
    none["kind"] = "ConfigMap".into();
    for object in [of_another, none, json!({}), json!(null), json!([])] {
        assert_eq!(served.define(&Node::from(object)), Ok(None));
    }
    assert!(served.is_empty());

    let mut two = crd(BACKUP, Era::V1_14);
    let mut old = crd(BACKUP, Era::V1_6)["spec"]["versions"][0].clone();
    two["spec"]["versions"].as_array_mut().unwrap().push(old.clone());
    assert_eq!(
        define(&two).kinds().collect::<Vec<_>>(),
        [(BACKUP, "v1beta1"), (BACKUP, "v1alpha1")]
    );
    old["served"] = false.into();
    two["spec"]["versions"][1] = old;
    assert_eq!(define(&two).kinds().collect::<Vec<_>>(), [(BACKUP, "v1beta1")]);

    let mut without = crd(BACKUP, Era::V1_14);
    without["spec"]["versions"][0]["schema"] = json!({});
    let version = "v1beta1".to_owned();
    assert_eq!(
        served.define(&Node::from(without)),
        Err(ServedError::NoSchema { version })
    );
}

#[test]
fn a_json_schema_says_itself_where_other_fields_may_be() {
    let schema = |closed: bool| {
        let mut spec = json!({"type": "object", "properties": {
            "port": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
            "word": {"type": ["string", "null"], "enum": ["a", null]},
        }});
        if closed {
            spec["additionalProperties"] = false.into();
        }
        Node::from(json!({"type": "object", "properties": {"spec": spec}}))
    };
    let object = Node::from(json!({"spec": {"port": 1.5, "word": "b", "other": 1}}));
    for closed in [true, false] {
        let mut served = ServedSchemas::default();
        served.describe(BACKUP, "v1beta1", &schema(closed)).unwrap();
        let expected = ["Unknown spec.other", "WrongType spec.port", "NotInEnum spec.word"];
        let expected = &expected[usize::from(!closed)..];
        assert_eq!(lines(&served.get(BACKUP, "v1beta1").unwrap().check(&object)), expected);
    }
}

/// A definition may come from anybody, and its patterns are run on texts of others.
#[test]
fn nobody_makes_a_schema_costly() {
    let refused = |properties: Value| {
        let mut served = ServedSchemas::default();
        served.define(&Node::from(backup(&properties))).unwrap_err()
    };
    let many: serde_json::Map<String, Value> = (0..20_001).map(|number| (format!("f{number}"), json!({}))).collect();
    assert_eq!(refused(Value::Object(many)), ServedError::TooManyFields);
    let mut deep = json!({"type": "string"});
    for _ in 0..70 {
        deep = json!({"type": "object", "properties": {"a": deep}});
    }
    assert_eq!(refused(json!({"a": deep})), ServedError::TooDeep);

    // None of these is an error of the manifest: what cannot be checked is not.
    let long = format!("^{}$", "a".repeat(2000));
    for pattern in ["(", "((a{1000}){1000}){1000}", "(?=a)b", "\\1", long.as_str()] {
        let properties = json!({"a": {"type": "string", "pattern": pattern}});
        assert_eq!(
            problems(&properties, &json!({"a": "x"})),
            Vec::<String>::new(),
            "{pattern}"
        );
    }
    // This one takes an engine that tries every way longer than anybody lives.
    let properties = json!({"a": {"type": "string", "pattern": "^(a+)+$"}});
    let text = format!("{}b", "a".repeat(50_000));
    assert_eq!(problems(&properties, &json!({"a": text})), ["PatternMismatch spec.a"]);
    // Beyond so many patterns the others are not checked.
    let patterns = |count: usize| -> Value {
        let field = |number| {
            (
                format!("f{number:03}"),
                json!({"type": "string", "pattern": format!("^{number}$")}),
            )
        };
        Value::Object((0..count).map(field).collect())
    };
    let values: serde_json::Map<String, Value> = (0..70).map(|number| (format!("f{number:03}"), json!("x"))).collect();
    assert_eq!(problems(&patterns(70), &Value::Object(values)).len(), 64);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

/// The operator's own definitions of an era.
fn shipped(folder: &Path) -> ServedSchemas {
    let mut served = ServedSchemas::default();
    for file in files(folder) {
        let text = std::fs::read_to_string(&file).unwrap();
        for document in document::parse(&text, &Limits::default()).documents {
            served.define(&document.root).unwrap();
        }
    }
    served
}

/// The eras whose definitions are at hand, each with the letter of its folder.
fn at_hand() -> impl Iterator<Item = (&'static str, Era)> {
    Era::ALL.into_iter().filter_map(|era| Some((folder_of(era)?, era)))
}

#[test]
fn the_operators_own_definitions_are_what_the_tables_say_of_backups_and_restores() {
    let Some(folder) = shared("upstream/crds") else { return };
    for (letter, era) in at_hand() {
        let served = shipped(&folder.join(letter));
        for kind in [BACKUP, Kind::Neo4jRestore] {
            let found = served.get(kind, era.api_version()).unwrap();
            let table = StructuralSchema::of_era(kind, era).unwrap();
            assert!(found == table, "{kind:?} {letter}:\n{found:#?}\n{table:#?}");
        }
    }
}

/// Each object is judged by the definitions of each era and by our table of it. Of backups and restores both have to find
/// the same. Of the other kinds the tables hold what backups depend on, so that only there the definitions may find more.
#[test]
fn objects_are_judged_by_the_operators_definitions_as_by_the_tables() {
    let (Some(crds), Some(manifests), Some(vectors)) = (
        shared("upstream/crds"),
        shared("upstream/manifests"),
        shared("vectors/validator"),
    ) else {
        return;
    };
    let mut texts: Vec<String> = Vec::new();
    for folder in files(&manifests) {
        texts.extend(files(&folder).iter().map(|file| std::fs::read_to_string(file).unwrap()));
    }
    for file in files(&vectors) {
        let lines = std::fs::read_to_string(file).unwrap();
        let object = |line: &str| serde_json::from_str::<Value>(line).unwrap()["object"].to_string();
        texts.extend(lines.lines().map(object));
    }
    let documents: Vec<_> = texts
        .iter()
        .flat_map(|text| document::parse(text, &Limits::default()).documents)
        .collect();
    let mut judged: BTreeMap<&str, usize> = BTreeMap::new();
    let mut beyond_the_tables = 0;
    for (letter, era) in at_hand() {
        let served = shipped(&crds.join(letter));
        for object in documents.iter().map(|document| &document.root) {
            let Some((kind, _)) = Kind::of(object) else { continue };
            let Some(schema) = served.get(kind, era.api_version()) else {
                assert_eq!(check(kind, era, object), [], "{kind:?} {letter}");
                continue;
            };
            let (mut found, expected) = (schema.check(object), check(kind, era, object));
            if !matches!(kind, Kind::Neo4jBackup | Kind::Neo4jRestore) {
                let all = found.len();
                found.retain(|problem| expected.contains(problem));
                beyond_the_tables += all - found.len();
            }
            assert_eq!(found, expected, "{letter}: {object:?}");
            *judged.entry(kind.name()).or_default() += 1;
        }
    }
    println!("judged {judged:?}; {beyond_the_tables} problems of instances and databases that the tables leave out");
    assert!(
        judged["Neo4jBackup"] > 5_000 && judged["Neo4jRestore"] > 300,
        "{judged:?}"
    );
}

/// The versions that are told, as a person reads them.
fn told(served: &ServedSchemas) -> Option<String> {
    served.versions().map(|versions| versions.to_string())
}

#[test]
fn the_version_is_told_from_what_is_served() {
    let expected = [
        "operator 0.1",
        "operator 0.2 to 0.x",
        "operator 1.0 to 1.5",
        "operator 1.6",
        "operator 1.7",
        "operator 1.8 to 1.10",
        "operator 1.11 to 1.12",
        "operator 1.13",
        "operator 1.14",
        "operator 1.15 to 1.18",
        "operator 1.19 and later",
    ];
    for (era, expected) in Era::ALL.into_iter().zip(expected) {
        let mut served = ServedSchemas::default();
        for kind in [BACKUP, Kind::Neo4jRestore] {
            served.define(&Node::from(crd(kind, era))).unwrap();
        }
        assert_eq!(told(&served).as_deref(), Some(expected), "{era:?}");
    }
    assert_eq!(told(&ServedSchemas::default()), None);
    // Restores are the same in two eras each, and backups in none.
    let restores = |era| told(&define(&crd(Kind::Neo4jRestore, era)));
    assert_eq!(restores(Era::V1_15).as_deref(), Some("operator 1.14 to 1.18"));
    let mut newer = crd(BACKUP, Era::NEWEST);
    newer["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["fieldOfTomorrow"] =
        json!({"type": "string"});
    assert_eq!(told(&define(&newer)).as_deref(), Some("operator 1.19 and later"));
    // A version that nobody ever served tells nothing.
    let mut other = crd(BACKUP, Era::NEWEST);
    other["spec"]["versions"][0]["name"] = "v1".into();
    assert_eq!(told(&define(&other)), None);
    let Some(folder) = shared("upstream/crds") else { return };
    for (letter, era) in at_hand() {
        let mut ours = ServedSchemas::default();
        for kind in [BACKUP, Kind::Neo4jRestore] {
            ours.define(&Node::from(crd(kind, era))).unwrap();
        }
        assert_eq!(told(&shipped(&folder.join(letter))), told(&ours), "{letter}");
    }
}
