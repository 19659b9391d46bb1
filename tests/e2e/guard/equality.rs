//! The guard's verdicts and the engine's, value by value, by server dry run.

use std::collections::BTreeMap;

use neo4jbackup_core::values::{point_in_time, quantity};
use neo4jbackup_harness::report_progress;
use serde_json::{Value, json};

use super::guarded::{Guarded, list};
use super::places::{Place, QUANTITIES, TIMES};
use super::random::Random;
use super::with_each_crds;

with_each_crds!(
    times_are_judged_as_the_engine_judges_them,
    quantities_are_judged_as_the_engine_judges_them,
    what_is_no_text_is_no_time_and_the_guard_says_so,
);

/// What became of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Stored,
    RefusedByGuard,
    RefusedBySchema,
}

fn times_are_judged_as_the_engine_judges_them(guarded: &'static Guarded) {
    let mut random = Random::new(0x7155_1e5a);
    let vectors = TIMES.iter().map(|time| (*time).to_owned());
    let times = vectors.chain((0..400).map(|_| random.time()));
    // The API server takes a list where the schema wants a text with a format.
    let lists = [
        json!([]),
        json!([0]),
        json!(["2025-01-15T14:30:00Z"]),
        json!([{"a": 1}]),
    ];
    let times = times.map(|time| json!(time)).chain(lists);
    let cases: Vec<_> = times.map(|time| (Place::PointInTime, time)).collect();
    compare(guarded, &cases, |text| {
        verdict(point_in_time::crd_accepts(text), point_in_time::is_poison(text))
    });
}

fn quantities_are_judged_as_the_engine_judges_them(guarded: &'static Guarded) {
    let mut random = Random::new(0x9a27_1117);
    let everywhere = |value: Value| Place::QUANTITIES.iter().map(move |place| (*place, value.clone()));
    let numbers = [json!(0), json!(-1), json!(i64::MAX), json!(1e15), json!(2.0)];
    let vectors = QUANTITIES.iter().map(|text| json!(text)).chain(numbers);
    let mut cases: Vec<_> = vectors.flat_map(everywhere).collect();
    let places = Place::QUANTITIES.iter().cycle();
    cases.extend(places.take(400).map(|place| (*place, json!(random.quantity()))));
    compare(guarded, &cases, |text| {
        verdict(quantity::crd_pattern_accepts(text), quantity::is_poison(text))
    });
}

fn what_is_no_text_is_no_time_and_the_guard_says_so(guarded: &'static Guarded) {
    let object = Place::PointInTime.object("no-text", &json!(["2025-01-15T14:30:00Z"]));
    let arguments = ["create", "--dry-run=server", "--validate=false", "-f", "-"];
    let answer = guarded.kubectl("default", &arguments, &object.to_string());
    let said = "spec.source.pointInTime: must be the text of a point in time; a list or an object would be stored";
    assert!(!answer.success() && answer.stderr.contains(said), "{answer:?}");
    assert!(answer.stderr.contains("[NB8001]"), "{answer:?}");
}

fn verdict(schema_accepts: bool, is_poison: bool) -> Verdict {
    match (schema_accepts, is_poison) {
        (false, _) => Verdict::RefusedBySchema,
        (true, true) => Verdict::RefusedByGuard,
        (true, false) => Verdict::Stored,
    }
}

/// Sends every value in its place. Numbers are good wherever the schema takes them.
fn compare(guarded: &Guarded, cases: &[(Place, Value)], reference: impl Fn(&str) -> Verdict) {
    let objects: Vec<Value> = cases
        .iter()
        .enumerate()
        .map(|(number, (place, value))| place.object(&name(number), value))
        .collect();
    let arguments = ["create", "--dry-run=server", "--validate=false", "-f", "-"];
    let answer = guarded.kubectl("default", &arguments, &list(&objects));
    let mut counts: BTreeMap<Verdict, usize> = BTreeMap::new();
    let mut differences = Vec::new();
    for (number, (place, value)) in cases.iter().enumerate() {
        let seen = outcome(&answer.stdout, &answer.stderr, *place, &name(number));
        let expected = match value {
            Value::String(text) => reference(text),
            Value::Array(_) => Verdict::RefusedByGuard,
            _ => Verdict::Stored,
        };
        *counts.entry(expected).or_default() += 1;
        if seen != Some(expected) {
            differences.push(format!("{place:?} {value}: {seen:?} and not {expected:?}"));
        }
    }
    report_progress(&format!("{counts:?}, {} differences", differences.len()));
    assert!(differences.is_empty(), "{differences:#?}");
    let fewest = counts.values().min().copied().unwrap_or_default();
    assert!(
        counts.len() == 3 && fewest >= 50,
        "too few values of a sort: {counts:?}"
    );
}

/// Ends in a letter, so that no name is the beginning of another.
fn name(number: usize) -> String {
    format!("value-{number}-x")
}

/// What kubectl said of one object; `None` when it said nothing that is understood.
fn outcome(stdout: &str, stderr: &str, place: Place, name: &str) -> Option<Verdict> {
    if stdout.contains(&format!("/{name} created (server dry run)")) {
        return Some(Verdict::Stored);
    }
    let (_, said) = stderr.split_once(&format!("\"{name}\" is "))?;
    if said.starts_with("forbidden: ValidatingAdmissionPolicy 'neo4jbackup-guard'") {
        let line = said.lines().next()?;
        return line.contains(place.code()).then_some(Verdict::RefusedByGuard);
    }
    said.starts_with("invalid: ").then_some(Verdict::RefusedBySchema)
}
