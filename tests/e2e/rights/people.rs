//! What `rbac generate --for user` prints is enough to work with backups and restores by kubectl, and none of it is too much.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::proven::Case;
use super::stage::Stage;

/// A backup and a restore of somebody.
fn objects(namespace: &str, user: &str) -> [(&'static str, Value); 2] {
    let object = |kind: &str, spec: Value| {
        json!({"apiVersion": "neo4j.neo4j.com/v1beta1", "kind": kind,
            "metadata": {"name": format!("of-{user}"), "namespace": namespace}, "spec": spec})
    };
    let backup = json!({"instanceRef": "core", "database": "neo4j", "storage": {"type": "s3", "bucket": "b",
        "cloud": {"provider": "aws"}}});
    let restore =
        json!({"instanceRef": "prod", "database": "neo4j", "source": {"type": "backup", "backupRef": "nightly"}});
    [
        ("neo4jbackups", object("Neo4jBackup", backup)),
        ("neo4jrestores", object("Neo4jRestore", restore)),
    ]
}

/// Works with a kind in the name of somebody, until kubectl says that what is looked for is forbidden.
struct Person<'p> {
    stage: &'p Stage,
    user: &'p str,
    is_it: &'p dyn Fn(&str) -> bool,
}

impl Person<'_> {
    /// What kubectl has refused.
    fn kubectl(&self, arguments: &[&str], input: &str) -> Option<String> {
        let words = [arguments, &["--as", self.user]].concat();
        let kubectl = self.stage.control_plane().client();
        let answer = kubectl.run(&words, input).unwrap();
        let text = format!("{arguments:?}: {}{}", answer.stdout, answer.stderr);
        // A watch ends with its time, which is no success for kubectl.
        let is_lost =
            text.to_lowercase().contains("forbidden") || (!answer.success() && !arguments.contains(&"--watch-only"));
        (is_lost && (self.is_it)(&text)).then_some(text)
    }

    fn sees(&self, plural: &str, name: &str, places: &[&str]) -> Option<String> {
        let in_namespace = ["-n", &self.stage.namespace];
        self.kubectl(&[&["get", plural, name][..], &in_namespace].concat(), "")
            .or_else(|| self.kubectl(&[&["get", plural][..], places].concat(), ""))
            .or_else(|| {
                let watch = ["get", plural, "--watch-only", "--request-timeout=1s"];
                self.kubectl(&[&watch[..], places].concat(), "")
            })
    }

    fn changes(&self, plural: &str, object: &Value) -> Option<String> {
        let mut object = object.clone();
        let mut send = |arguments: &[&str], label: &str| {
            object["metadata"]["labels"] = json!({"step": label});
            self.kubectl(arguments, &object.to_string())
        };
        let name = format!("{plural}/of-{}", self.user);
        // Made, changed as by `kubectl edit`, put in the place of another one, and removed.
        send(&["apply", "-f", "-"], "made")
            .or_else(|| send(&["apply", "-f", "-"], "changed"))
            .or_else(|| send(&["replace", "-f", "-"], "replaced"))
            .or_else(|| self.kubectl(&["delete", &name, "--wait=false", "-n", &self.stage.namespace], ""))
    }
}

/// Proves the role of a person at a level; `lost` is what cannot be done.
fn prove(stage: &Stage, who: &'static str, level: &[&str], lost: impl Fn(&Person<'_>) -> Option<String> + Sync) {
    let arguments = [&["--for", "user", "--user", "nobody"], level].concat();
    let case = Case {
        who,
        control_plane: stage.control_plane(),
        namespace: &stage.namespace,
        objects: stage.generate(&arguments),
        elsewhere: BTreeSet::new(),
        side_by_side: 4,
    };
    case.prove(|user, is_it| lost(&Person { stage, user, is_it }));
}

#[test]
fn the_role_of_an_editor_is_enough_and_none_of_it_is_too_much() {
    let stage = Stage::set();
    let level = ["--level", "edit", "-n", &stage.namespace];
    prove(&stage, "editor", &level, |person| {
        let names = ["nightly", "back"];
        let kinds = objects(&stage.namespace, person.user).into_iter().zip(names);
        let lost = kinds.map(|((plural, object), name)| {
            let sees = || person.sees(plural, name, &["-n", &stage.namespace]);
            person.changes(plural, &object).or_else(sees)
        });
        lost.flatten().next()
    });
}

#[test]
fn the_role_of_a_viewer_of_all_namespaces_is_enough_and_none_of_it_is_too_much() {
    let stage = Stage::set();
    prove(&stage, "viewer", &["--level", "view"], |person| {
        let kinds = [("neo4jbackups", "nightly"), ("neo4jrestores", "back")];
        kinds
            .into_iter()
            .find_map(|(plural, name)| person.sees(plural, name, &["-A"]))
    });
}
