//! What the webhook knows of other objects, and what it makes of not knowing.

use neo4jbackup_harness::manifests;
use neo4jbackup_harness::{Way, await_something};
use neo4jbackup_tests::transcript::{assert_transcript, of};

use crate::world::{World, on_each_control_plane};

on_each_control_plane!(
    the_image_of_the_named_instance_decides,
    an_absent_instance_only_warns,
    an_upgrade_of_the_instance_is_noticed,
);

fn the_image_of_the_named_instance_decides(world: &'static World) {
    let namespace = world.guarded_namespace();
    assert!(!namespace.send(Way::Create, manifests::RECOVERY_ON_LEDGER).success());
    let on_catalog = manifests::RECOVERY_ON_LEDGER.replace("ledger", "catalog");
    let answer = namespace.send(Way::Create, &on_catalog);
    assert!(answer.success() && !answer.stderr.contains("[NB8002]"), "{answer:?}");
}

fn an_absent_instance_only_warns(world: &'static World) {
    let namespace = world.guarded_namespace();
    let answer = namespace.send(
        Way::Apply,
        &manifests::RECOVERY_ON_LEDGER.replace("ledger", "not-there-yet"),
    );
    assert!(answer.success(), "{answer:?}");
    assert_transcript(
        "absent-instance",
        &of(&namespace, "kubectl apply -f manifest.yaml", &answer),
    );
}

fn an_upgrade_of_the_instance_is_noticed(world: &'static World) {
    let namespace = world.guarded_namespace();
    let upgrade = r#"{"spec":{"image":{"tag":"2025.10.1-enterprise"}}}"#;
    namespace.must(&[
        "patch",
        "neo4jenterprisestandalone/ledger",
        "--type=merge",
        "--patch",
        upgrade,
    ]);
    await_something("the upgrade", || {
        let answer = namespace.send(Way::DryRun, manifests::RECOVERY_ON_LEDGER);
        if answer.success() {
            Ok(())
        } else {
            Err(format!("{answer:?}"))
        }
    });
}
