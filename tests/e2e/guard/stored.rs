//! What was stored before the guard came.

use serde_json::json;

use super::guarded::{Guarded, Stored, every_poison};
use super::with_each_crds;

with_each_crds!(
    stored_poison_can_be_touched_and_not_be_exchanged,
    stored_poison_can_be_mended,
    stored_poison_can_be_finalized_and_deleted,
);

fn stored_poison_can_be_touched_and_not_be_exchanged(guarded: &'static Guarded) {
    let namespace = Stored::Touched.namespace();
    for (place, value, name) in every_poison() {
        let object = format!("{}/{name}", place.resource());
        guarded.must(namespace, &["label", &object, "team=graph"], "");
        guarded.must(namespace, &["annotate", &object, "note=seen"], "");
        let status = r#"--patch={"status":{"phase":"Failed"}}"#;
        guarded.must(
            namespace,
            &["patch", &object, "--subresource=status", "--type=merge", status],
            "",
        );
        let elsewhere = r#"--patch={"spec":{"instanceRef":"ledger"}}"#;
        guarded.must(namespace, &["patch", &object, "--type=merge", elsewhere], "");
        let stored = guarded.get(namespace, place, &name).unwrap();
        assert_eq!(stored.pointer(&place.pointer()), Some(&json!(value)), "{object}");
        assert_eq!(stored["spec"]["instanceRef"], "ledger", "{object}");

        let other = place.poison_values().iter().find(|other| **other != value).unwrap();
        let exchange = json!([{"op": "replace", "path": place.pointer(), "value": other}]);
        let patch = ["patch", &object, "--type=json", &format!("--patch={exchange}")];
        let answer = guarded.kubectl(namespace, &patch, "");
        assert!(
            !answer.success() && answer.stderr.contains(place.code()),
            "{object}: {answer:?}"
        );
    }
}

fn stored_poison_can_be_mended(guarded: &'static Guarded) {
    let namespace = Stored::Mended.namespace();
    for (place, _, name) in every_poison() {
        let good = place.good_values()[0];
        let mended = place.object(&name, &json!(good));
        guarded.must(namespace, &["apply", "-f", "-"], &mended.to_string());
        let stored = guarded.get(namespace, place, &name).unwrap();
        assert_eq!(stored.pointer(&place.pointer()), Some(&json!(good)), "{name}");
    }
}

fn stored_poison_can_be_finalized_and_deleted(guarded: &'static Guarded) {
    let namespace = Stored::Deleted.namespace();
    let finalizers = |list: &[&str]| format!("--patch={}", json!({"metadata": {"finalizers": list}}));
    for (place, value, name) in every_poison() {
        let object = format!("{}/{name}", place.resource());
        let patch = |patch: &str| guarded.kubectl(namespace, &["patch", &object, "--type=merge", patch], "");
        assert!(
            patch(&finalizers(&["neo4j.com/restore-finalizer"])).success(),
            "{object}"
        );
        guarded.must(namespace, &["delete", &object, "--wait=false"], "");
        let terminating = guarded.get(namespace, place, &name).unwrap();
        assert!(terminating["metadata"]["deletionTimestamp"].is_string(), "{object}");

        // As long as it is there the operator would read it, so new poison is refused also now.
        let other = place.poison_values().iter().find(|other| **other != value).unwrap();
        let spec = json!({"spec": place.object(&name, &json!(other))["spec"]});
        let answer = patch(&format!("--patch={spec}"));
        assert!(
            !answer.success() && answer.stderr.contains(place.code()),
            "{object}: {answer:?}"
        );

        assert!(patch(&finalizers(&[])).success(), "{object}");
        assert_eq!(guarded.get(namespace, place, &name), None, "{object} is not gone");
    }
}
