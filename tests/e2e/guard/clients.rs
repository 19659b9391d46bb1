//! Every way to write an object.

use neo4jbackup_harness::KubectlOutput;
use serde_json::json;

use super::guarded::{Guarded, every_poison};
use super::places::Place;
use super::with_each_crds;

with_each_crds!(
    no_poison_is_stored_by_any_client_and_verb,
    good_values_pass_by_every_client_and_verb,
);

/// How an object comes to be, as arguments that read it from standard input.
const CREATIONS: [&[&str]; 4] = [
    &["create", "-f", "-"],
    &["apply", "-f", "-"],
    &["apply", "--server-side", "-f", "-"],
    &["create", "--save-config", "--validate=false", "-f", "-"],
];

/// How it changes, as far as the whole object is sent.
const REPLACEMENTS: [&[&str]; 3] = [
    &["apply", "-f", "-"],
    &["apply", "--server-side", "--force-conflicts", "-f", "-"],
    &["replace", "-f", "-"],
];

fn no_poison_is_stored_by_any_client_and_verb(guarded: &'static Guarded) {
    let namespace = guarded.control_plane.create_namespace("refused").unwrap();
    for (place, value, name) in every_poison() {
        let poison = place.object(&name, &json!(value));
        for arguments in CREATIONS {
            let answer = guarded.kubectl(&namespace, arguments, &poison.to_string());
            assert_refused(&answer, place, value, &format!("{arguments:?}"));
            assert_eq!(guarded.get(&namespace, place, &name), None, "{arguments:?}");
        }

        let good = place.object(&name, &json!(place.good_values()[0]));
        guarded.must(&namespace, &["apply", "-f", "-"], &good.to_string());
        for arguments in REPLACEMENTS {
            let answer = guarded.kubectl(&namespace, arguments, &poison.to_string());
            assert_refused(&answer, place, value, &format!("{arguments:?}"));
        }
        for (kind, patch) in patches(place, &name, value) {
            let answer = guarded.kubectl(&namespace, &["patch", place.resource(), &name, &kind, &patch], "");
            assert_refused(&answer, place, value, &kind);
        }
        let stored = guarded.get(&namespace, place, &name).unwrap();
        assert_eq!(
            stored.pointer(&place.pointer()),
            good.pointer(&place.pointer()),
            "{name}"
        );
    }
}

fn good_values_pass_by_every_client_and_verb(guarded: &'static Guarded) {
    let namespace = guarded.control_plane.create_namespace("accepted").unwrap();
    for place in Place::ALL {
        let [value, other] = place.good_values() else {
            panic!("two values are needed to change one into the other");
        };
        let name = format!("{place:?}").to_ascii_lowercase();
        for arguments in CREATIONS {
            guarded.must(&namespace, arguments, &place.object(&name, &json!(value)).to_string());
            for (number, arguments) in REPLACEMENTS.into_iter().enumerate() {
                let value = if number % 2 == 0 { other } else { value };
                guarded.must(&namespace, arguments, &place.object(&name, &json!(value)).to_string());
                assert_eq!(
                    guarded.get(&namespace, place, &name).unwrap().pointer(&place.pointer()),
                    Some(&json!(value))
                );
            }
            for (number, value) in [value, other].into_iter().enumerate() {
                let (kind, patch) = &patches(place, &name, value)[number];
                guarded.must(&namespace, &["patch", place.resource(), &name, kind, patch], "");
                assert_eq!(
                    guarded.get(&namespace, place, &name).unwrap().pointer(&place.pointer()),
                    Some(&json!(value))
                );
            }
            guarded.must(&namespace, &["delete", place.resource(), &name], "");
        }
    }
}

/// A merge patch and a JSON patch that set the value.
fn patches(place: Place, name: &str, value: &str) -> [(String, String); 2] {
    let merge = json!({"spec": place.object(name, &json!(value))["spec"]});
    let steps = json!([{"op": "add", "path": place.pointer(), "value": value}]);
    [
        ("--type=merge".to_owned(), format!("--patch={merge}")),
        ("--type=json".to_owned(), format!("--patch={steps}")),
    ]
}

/// Refused by the guard, in words that stand alone.
fn assert_refused(answer: &KubectlOutput, place: Place, value: &str, way: &str) {
    assert!(!answer.success(), "{way} stored {value} in {place:?}");
    let said = format!(
        "denied request: {}: `{value}` would be stored, and the operator, unable to",
        place.field()
    );
    assert!(answer.stderr.contains(&said), "{way}: {answer:?}");
    assert!(answer.stderr.trim_end().ends_with(place.code()), "{way}: {answer:?}");
}
