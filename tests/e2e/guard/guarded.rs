//! A control plane of its own for the guard, which judges every namespace.

use std::sync::OnceLock;

use neo4jbackup_harness::{
    Binaries, ControlPlane, KubectlOutput, Options, await_something, report_progress, root, shared,
};
use neo4jbackup_tests::crds;
use serde_json::{Value, json};

use super::places::Place;

/// A control plane with the guard in force, and what was stored before it came.
pub(crate) struct Guarded {
    pub(crate) control_plane: ControlPlane,
}

/// The namespaces in which every poison lies stored, one for each test that works on it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stored {
    Touched,
    Mended,
    Deleted,
}

impl Stored {
    const ALL: [Self; 3] = [Self::Touched, Self::Mended, Self::Deleted];

    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Self::Touched => "stored-to-touch",
            Self::Mended => "stored-to-mend",
            Self::Deleted => "stored-to-delete",
        }
    }
}

/// Every poison in every place, and the name of the object that holds it.
pub(crate) fn every_poison() -> Vec<(Place, &'static str, String)> {
    let named = |place: Place| {
        let values = place.poison_values().iter().enumerate();
        values.map(move |(number, value)| (place, *value, name_of(place, number)))
    };
    Place::ALL.into_iter().flat_map(named).collect()
}

fn name_of(place: Place, number: usize) -> String {
    format!("{place:?}-{number}").to_ascii_lowercase()
}

impl Guarded {
    /// With the CRDs that the schema tables give.
    pub(crate) fn rendered() -> &'static Self {
        static GUARDED: OnceLock<Guarded> = OnceLock::new();
        GUARDED.get_or_init(|| Self::start(&crds::rendered()))
    }

    /// With the CRDs of the operator, when they are there. Says so when they are not.
    pub(crate) fn upstream() -> Option<&'static Self> {
        static GUARDED: OnceLock<Option<Guarded>> = OnceLock::new();
        let start = || shared("upstream/crds/F").map(|folder| Self::start(&crds::read(&folder)));
        GUARDED.get_or_init(start).as_ref()
    }

    /// Stores every poison, which shows that nothing else would have stopped it, and then installs the guard.
    fn start(crds: &str) -> Self {
        let binaries = Binaries::locate_or_build(&report_progress).unwrap();
        let binaries = binaries.with_controller_manager(&report_progress).unwrap();
        let guarded = Self {
            control_plane: ControlPlane::start(&binaries, &Options::default()).unwrap(),
        };
        guarded.control_plane.install_crds(crds).unwrap();
        for stored in Stored::ALL {
            let namespace = stored.namespace();
            guarded.must(namespace, &["create", "namespace", namespace], "");
            let objects: Vec<Value> = every_poison()
                .iter()
                .map(|(place, value, name)| place.object(name, &json!(value)))
                .collect();
            guarded.must(namespace, &["create", "-f", "-"], &list(&objects));
            for (place, value, name) in every_poison() {
                let object = guarded.get(namespace, place, &name).unwrap();
                assert_eq!(
                    object.pointer(&place.pointer()),
                    Some(&json!(value)),
                    "{name} is not stored as it was sent"
                );
            }
        }
        guarded.control_plane.apply_yaml(&manifest()).unwrap();
        let (place, value) = (Place::PointInTime, Place::PointInTime.poison_values()[0]);
        let probe = place.object("probe", &json!(value)).to_string();
        await_something("the guard", || {
            let answer = guarded.kubectl("default", &["create", "--dry-run=server", "-f", "-"], &probe);
            if answer.success() {
                Err(format!("{answer:?}"))
            } else {
                Ok(())
            }
        });
        guarded
    }

    /// Runs kubectl in a namespace, with `input` as its standard input.
    pub(crate) fn kubectl(&self, namespace: &str, arguments: &[&str], input: &str) -> KubectlOutput {
        let arguments = [&["--namespace", namespace], arguments].concat();
        self.control_plane.kubectl_with_input(&arguments, input).unwrap()
    }

    /// Runs kubectl for what must succeed.
    pub(crate) fn must(&self, namespace: &str, arguments: &[&str], input: &str) -> KubectlOutput {
        let answer = self.kubectl(namespace, arguments, input);
        assert!(answer.success(), "{namespace}: {arguments:?}: {answer:?}");
        answer
    }

    /// A stored object; `None` when there is none.
    pub(crate) fn get(&self, namespace: &str, place: Place, name: &str) -> Option<Value> {
        let arguments = ["get", place.resource(), name, "--ignore-not-found", "--output=json"];
        let answer = self.must(namespace, &arguments, "");
        (!answer.stdout.is_empty()).then(|| serde_json::from_str(&answer.stdout).unwrap())
    }
}

/// The manifest of the guard, as a person applies it.
pub(crate) fn manifest() -> String {
    let file = root().join("charts/neo4jbackup-webhook/files/policies/guard.yaml");
    std::fs::read_to_string(file).unwrap()
}

/// Objects as one manifest.
pub(crate) fn list(objects: &[Value]) -> String {
    json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()
}
