//! Random valid objects of every kind and version: the webhook's patch is taken by the CRD, and is all that it has to say.

use std::collections::BTreeMap;

use neo4jbackup_core::schema::Era;
use neo4jbackup_harness::{Binaries, ControlPlane, Options, drill_scale, report_progress};
use serde_json::Value;

use super::in_force::{ACCOUNT, CLIENT, ROLE, crds, kinds, list};
use super::objects::{Without, random_object};
use super::webhook::{patch, webhook};
use crate::guard::random::Random;

/// Two of `v1alpha1` and two of `v1beta1`, with all fields that any version has had.
const ERAS: [Era; 4] = [Era::V0_2, Era::V1_6, Era::V1_13, Era::V1_19];

#[test]
fn a_patch_is_applied_once_and_the_crd_takes_the_result() {
    let declarations = [
        ("aws-role-arn", ROLE),
        ("gcp-service-account", ACCOUNT),
        ("azure-client-id", CLIENT),
    ];
    let annotations = declarations.map(|(key, value)| (format!("neo4jbackup.github.io/{key}"), value.to_owned()));
    let webhook = webhook(&BTreeMap::from([("default".to_owned(), annotations.into())]), None);
    let binaries = Binaries::locate_or_build(&report_progress).unwrap();
    let (mut tried, mut filled_in) = (0, 0);
    for era in ERAS {
        let control_plane = ControlPlane::start(&binaries, &Options::default()).unwrap();
        control_plane.install_crds(&crds(era)).unwrap();
        let kinds: Vec<_> = kinds(era).collect();
        let mut random = Random::new(0x5eed + era as u64);
        let mut remaining = drill_scale().choose(500, 10_000) / ERAS.len();
        while remaining > 0 {
            let count = remaining.min(AT_ONCE);
            remaining -= count;
            let objects: Vec<Value> = (0..count)
                .map(|number| {
                    let kind = kinds[number % kinds.len()];
                    let name = format!("object-{number}-x");
                    let mut object = random_object(&mut random, kind, era, "default", &name, Without::Defaults);
                    if let Some(first) = patch(&webhook, &object) {
                        let before = object.clone();
                        json_patch::patch(&mut object, &first).unwrap();
                        assert!(contains(&object, &before), "{before} became {object}");
                        filled_in += 1;
                    }
                    assert_eq!(patch(&webhook, &object), None, "{object}");
                    object
                })
                .collect();
            let arguments = ["create", "--dry-run=server", "--output=name", "--filename=-"];
            let answer = control_plane.kubectl_with_input(&arguments, &list(&objects)).unwrap();
            let said: Vec<_> = answer.stderr.lines().take(10).collect();
            assert!(answer.success(), "{era:?}: {said:#?}");
            assert_eq!(answer.stdout.lines().count(), count, "{era:?}");
            tried += count;
        }
    }
    report_progress(&format!("{tried} objects, {filled_in} of them with defaults"));
    assert!(filled_in > tried / 5, "only {filled_in} of {tried} had defaults");
}

/// As many objects as one kubectl takes at a time.
const AT_ONCE: usize = 500;

/// Whether everything of `small` stands unchanged in `large`.
fn contains(large: &Value, small: &Value) -> bool {
    match (large, small) {
        (Value::Object(large), Value::Object(small)) => small
            .iter()
            .all(|(key, value)| large.get(key).is_some_and(|found| contains(found, value))),
        _ => large == small,
    }
}
