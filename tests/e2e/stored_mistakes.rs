//! An object with a mistake that was stored before the webhook came must stay as manageable as any other.

use neo4jbackup_harness::Namespace;
use neo4jbackup_harness::manifests;
use serde_json::{Value, json};

use crate::world::{World, on_each_control_plane};

on_each_control_plane!(
    the_operator_can_take_it_over,
    a_person_can_label_and_annotate_it,
    its_status_can_be_written,
    it_can_be_deleted_and_its_finalizer_taken_off,
    a_whole_rewrite_that_changes_nothing_passes,
);

const FINALIZER: &str = "neo4j.neo4j.com/backup-finalizer";

/// One object for each way in which the rules see a mistake: in the object alone, and with the instance.
const MISTAKES: [(&str, &str); 4] = [
    ("neo4jbackup/six-fields", manifests::SIX_FIELD_CRON),
    ("neo4jbackup/no-bucket", manifests::NO_BUCKET),
    ("neo4jrestore/lower-case-zone", manifests::RECOVERY_THAT_BLINDS),
    ("neo4jrestore/recovery", manifests::RECOVERY_ON_LEDGER),
];

fn the_operator_can_take_it_over(world: &'static World) {
    for_each_mistake(world, |namespace, object| {
        patch(namespace, object, &json!({"metadata": {"finalizers": [FINALIZER]}}));
        assert_eq!(
            namespace.stored(object).unwrap()["metadata"]["finalizers"],
            json!([FINALIZER])
        );
    });
}

fn a_person_can_label_and_annotate_it(world: &'static World) {
    for_each_mistake(world, |namespace, object| {
        namespace.must(&["label", object, "team=graph"]);
        namespace.must(&["annotate", object, "note=known"]);
        let metadata = &namespace.stored(object).unwrap()["metadata"];
        assert_eq!(
            (&metadata["labels"]["team"], &metadata["annotations"]["note"]),
            (&json!("graph"), &json!("known"))
        );
    });
}

fn its_status_can_be_written(world: &'static World) {
    for_each_mistake(world, |namespace, object| {
        let change = json!({"status": {"phase": "Failed", "message": "schedule"}}).to_string();
        let answer = namespace.must(&[
            "patch",
            object,
            "--subresource=status",
            "--type=merge",
            "--patch",
            &change,
        ]);
        assert_eq!(answer.stderr, "", "the operator's log would fill with warnings");
        assert_eq!(namespace.stored(object).unwrap()["status"]["phase"], "Failed");
    });
}

fn it_can_be_deleted_and_its_finalizer_taken_off(world: &'static World) {
    for_each_mistake(world, |namespace, object| {
        patch(namespace, object, &json!({"metadata": {"finalizers": [FINALIZER]}}));
        namespace.must(&["delete", object, "--wait=false"]);
        let terminating = namespace.stored(object).unwrap();
        assert!(
            terminating["metadata"]["deletionTimestamp"].is_string(),
            "{terminating}"
        );
        // As the operator does it: a write of the whole object without the finalizer.
        let mut released = terminating;
        released["metadata"].as_object_mut().unwrap().remove("finalizers");
        replace(namespace, &released);
        assert_eq!(namespace.stored(object), None);
    });
}

fn a_whole_rewrite_that_changes_nothing_passes(world: &'static World) {
    for_each_mistake(world, |namespace, object| {
        // What the operator writes back is what its types keep: zero values are gone.
        let mut object = namespace.stored(object).unwrap();
        object["metadata"]["labels"] = json!({"seen": "true"});
        object["spec"].as_object_mut().unwrap().remove("suspend");
        replace(namespace, &object);
    });
}

fn for_each_mistake(world: &'static World, check: impl Fn(&Namespace, &str)) {
    let namespace = world.namespace();
    for (_, manifest) in MISTAKES {
        namespace.must_apply(&with_zero_value(manifest));
    }
    namespace.guard_with(&world.webhook);
    for (object, _) in MISTAKES {
        check(&namespace, object);
    }
}

/// With something that the operator drops when it writes the object back.
fn with_zero_value(manifest: &str) -> String {
    manifest.replace("  schedule:", "  suspend: false\n  schedule:")
}

fn patch(namespace: &Namespace, object: &str, change: &Value) {
    namespace.must(&["patch", object, "--type=merge", "--patch", &change.to_string()]);
}

fn replace(namespace: &Namespace, object: &Value) {
    let answer = namespace.send_with(&["replace"], &object.to_string());
    assert!(answer.success(), "{answer:?}");
}
