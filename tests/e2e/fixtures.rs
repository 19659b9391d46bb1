//! The first case of every rule's fixture on the API server: what kubectl is told is what `lint` says.
//!
//! The suite compares all cases in one process; here the way through the API server is what is tried.

use std::collections::BTreeSet;

use jiff::Timestamp;
use neo4jbackup_core::document::{Limits, Node};
use neo4jbackup_core::engine;
use neo4jbackup_core::facts::Inventory;
use neo4jbackup_core::lint;
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::registry;
use neo4jbackup_core::rule::Doors;
use neo4jbackup_core::schema::{Era, Kind};
use neo4jbackup_core::settings::Settings;
use neo4jbackup_core::subject::{Context, Door, Subject};
use neo4jbackup_harness::report_progress;
use neo4jbackup_tests::fixture;

use crate::world::World;

#[test]
fn the_api_server_refuses_what_lint_refuses() {
    let namespace = World::rendered().guarded_namespace();
    let (mut compared, mut refused_by_schema) = (0, 0);
    for fixture in fixture::all() {
        let Some(case) = fixture.cases.first().filter(|case| case.attributes.is_empty()) else {
            continue;
        };
        let file = lint::read(&case.manifest, &Limits::default());
        for document in &file.documents {
            let Some((kind, version)) = Kind::of(&document.root) else {
                continue;
            };
            if version != Era::V1_14.api_version() {
                // The CRDs of this API server are those of that operator.
                continue;
            }
            let expected = denials(&document.root, kind);
            let mut object = serde_json::to_value(&document.root).unwrap();
            if let Some(metadata) = object["metadata"].as_object_mut() {
                metadata.remove("namespace");
            }
            let answer = namespace.send_with(&["create", "--dry-run=server"], &object.to_string());
            let said = codes(&answer.stderr);
            if !answer.success() && said.is_empty() {
                refused_by_schema += 1;
                continue;
            }
            assert_eq!(said, expected, "{} «{}»: {answer:?}", fixture.rule, case.title);
            assert_eq!(
                answer.success(),
                expected.is_empty(),
                "{} «{}»: {answer:?}",
                fixture.rule,
                case.title
            );
            compared += 1;
        }
    }
    report_progress(&format!(
        "{compared} objects compared, {refused_by_schema} refused by the schema before any webhook"
    ));
    assert!(compared > 30, "only {compared} objects were compared");
}

/// The codes that `lint` calls errors once the defaults are in, without the rules that repeat the schema.
fn denials(object: &Node<'_>, kind: Kind) -> BTreeSet<String> {
    let settings = Settings::default();
    let inventory = Inventory::default();
    let judge = |object: &Node<'_>| {
        let context = Context {
            served: None,
            settings: &settings,
            now: Timestamp::now(),
            operator: Some(Operator::of_era(Era::V1_14)),
            namespace: "default",
        };
        let subject = Subject::of_kind(kind, "v1beta1", object, Door::File, &context);
        engine::judge(&subject, &inventory).findings
    };
    let findings = judge(&engine::with_defaults(object, &judge(object)));
    let in_reviews = |code: &str| registry::rule(code).is_some_and(|meta| meta.doors != Doors::Files);
    let denying = findings
        .iter()
        .filter(|finding| finding.denies() && in_reviews(finding.code));
    denying.map(|finding| finding.code.to_owned()).collect()
}

/// The codes in a refusal, without those in warnings.
fn codes(stderr: &str) -> BTreeSet<String> {
    let lines = stderr.lines().filter(|line| !line.starts_with("Warning: "));
    let codes = lines.filter_map(|line| line.rsplit_once("[NB")?.1.strip_suffix(']'));
    codes.map(|digits| format!("NB{digits}")).collect()
}
