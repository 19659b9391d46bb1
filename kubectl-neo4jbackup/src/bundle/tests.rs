//! What is written is what is read.

use std::collections::BTreeSet;

use neo4jbackup_core::document::Node;
use neo4jbackup_core::facts::{Cause, Right};
use neo4jbackup_core::snapshot::{Gap, LogTail, stored_as};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

fn written(bundle: &Bundle) -> Bundle {
    let folder = TempDir::new().unwrap();
    let (files, left_out) = files(bundle);
    assert_eq!(left_out, 0);
    let archive = folder.path().join("a.tar.gz");
    fs::write(&archive, pack(&files, "report", 0, Vec::new()).unwrap()).unwrap();
    for (path, content) in &files {
        let file = folder.path().join("folder").join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content.text().as_bytes()).unwrap();
    }
    let read = open(&archive).unwrap();
    assert_eq!(open(&folder.path().join("folder")).unwrap(), read);
    read
}

fn name() -> impl Strategy<Value = String> {
    "[a-z]{1,3}(-[a-z0-9]{1,59})?"
}

fn resource() -> impl Strategy<Value = Resource> {
    (0..Resource::ALL.len()).prop_map(|position| Resource::ALL[position])
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<String>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((any::<String>(), inner), 0..4).prop_map(Value::from_iter),
        ]
    })
}

fn cause(namespace: Option<String>, resource: Resource) -> impl Strategy<Value = Cause> {
    prop_oneof![
        any::<String>().prop_map(Cause::NotAsked),
        any::<String>().prop_map(Cause::Pending),
        any::<String>().prop_map(Cause::Failed),
        (vec("[a-z]{3,5}", 1..3), option::of(name())).prop_map(move |(verbs, name)| {
            Cause::Forbidden(Right {
                verbs,
                name,
                ..resource.right("list", namespace.as_deref())
            })
        }),
    ]
}

fn gap() -> impl Strategy<Value = (Resource, Gap)> {
    (resource(), option::of(name())).prop_flat_map(|(resource, namespace)| {
        cause(namespace.clone(), resource).prop_map(move |cause| {
            let namespace = namespace.clone();
            (resource, Gap { namespace, cause })
        })
    })
}

fn log() -> impl Strategy<Value = (LogOf, LogTail)> {
    let of = (name(), name(), name(), any::<bool>()).prop_map(|(namespace, pod, container, previous)| LogOf {
        namespace,
        pod,
        container,
        previous,
    });
    of.prop_flat_map(|of| {
        let tail = prop_oneof![
            any::<String>().prop_map(LogTail::Read),
            any::<String>().prop_map(|text| LogTail::Missing(Cause::Failed(text))),
            Just(LogTail::Missing(Cause::Forbidden(Right::to_read_logs(&of.namespace)))),
        ];
        (Just(of), tail)
    })
}

fn object() -> impl Strategy<Value = (Resource, Value)> {
    (resource(), name(), name(), value()).prop_map(|(resource, namespace, name, extra)| {
        let mut object = json!({"metadata": {"name": name}, "extra": extra});
        if resource.is_namespaced() {
            object["metadata"]["namespace"] = namespace.into();
        }
        (resource, object)
    })
}

prop_compose! {
    fn snapshots()(
        seconds in 0_i64..4_000_000_000,
        namespaces in option::of(btree_set(name(), 0..3)),
        objects in vec(object(), 0..8),
        read in vec(resource(), 1..4),
        not_served in vec(resource(), 0..3),
        gaps in vec(gap(), 0..5),
        elsewhere in vec(gap(), 0..3),
        logs in vec(log(), 0..4),
    ) -> Snapshot {
        let namespaces: Option<BTreeSet<String>> = namespaces;
        let mut snapshot = Snapshot::new(Timestamp::from_second(seconds).unwrap(), namespaces);
        for (resource, object) in objects {
            snapshot.add(resource, [stored_as(resource, &api_version(resource), Node::from(object))]);
        }
        for resource in read {
            snapshot.add(resource, []);
        }
        for (resource, gap) in gaps {
            snapshot.miss(resource, gap);
        }
        for resource in not_served {
            snapshot.not_served(resource);
        }
        for (resource, Gap { cause, .. }) in elsewhere {
            snapshot.miss_elsewhere(resource, cause);
        }
        for (of, tail) in logs {
            snapshot.add_log(of, tail);
        }
        snapshot.sort();
        snapshot
    }
}

fn api_version(resource: Resource) -> String {
    match resource.group() {
        "" => resource.version().to_owned(),
        group => format!("{group}/{}", resource.version()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever was seen and could not be seen: no check can tell the difference.
    #[test]
    fn a_snapshot_is_written_without_loss(snapshot in snapshots(), target in option::of(name())) {
        prop_assume!(snapshot.resources().any(|resource| snapshot.is_served(resource) == Some(true)));
        let bundle = Bundle { snapshot, target, server_version: Some("v1.34.0+\u{1b}x".to_owned()) };
        prop_assert_eq!(written(&bundle), bundle);
    }
}

/// The same files at the same time are the same bytes, whoever packs them, and nobody but the owner reads what is unpacked.
#[test]
fn an_archive_is_reproducible() {
    let mut snapshot = Snapshot::new(Timestamp::UNIX_EPOCH, None);
    let object = json!({"metadata": {"name": "nightly", "namespace": "graph"}});
    snapshot.add(
        Resource::Jobs,
        [stored_as(Resource::Jobs, "batch/v1", Node::from(object))],
    );
    let bundle = Bundle {
        snapshot,
        target: None,
        server_version: None,
    };
    let packed = |time| pack(&files(&bundle).0, "report", time, Vec::new()).unwrap();
    assert_eq!(packed(7), packed(7));
    let packed = packed(7);
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&*packed));
    let mut paths = Vec::new();
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        assert_eq!((header.mode().unwrap(), header.mtime().unwrap()), (0o600, 7));
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
        paths.push(entry.path().unwrap().display().to_string());
    }
    assert_eq!(paths, ["report/bundle.yaml", "report/namespaces/graph/jobs.json"]);
}

/// No API server has such an object; one that says so gets no path for it, and the others stay readable.
#[test]
fn what_has_no_name_for_a_path_is_left_out_and_counted() {
    let mut snapshot = Snapshot::new(Timestamp::UNIX_EPOCH, None);
    for (namespace, name) in [("..", "a"), ("graph", "a/../b"), ("../../etc", "a"), ("graph", "good")] {
        let object = json!({"metadata": {"name": name, "namespace": namespace}});
        snapshot.add(
            Resource::Jobs,
            [stored_as(Resource::Jobs, "batch/v1", Node::from(object))],
        );
    }
    let of = LogOf {
        namespace: "graph".to_owned(),
        pod: "../a".to_owned(),
        container: "c".to_owned(),
        previous: false,
    };
    snapshot.add_log(of, LogTail::Read("text".to_owned()));
    let bundle = Bundle {
        snapshot,
        target: None,
        server_version: None,
    };
    let (files, left_out) = files(&bundle);
    assert_eq!(left_out, 4);
    let paths: Vec<_> = files.keys().collect();
    assert_eq!(paths, ["bundle.yaml", "namespaces/graph/jobs.json"]);
}
