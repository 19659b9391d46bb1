//! When the webhook cannot answer, `failurePolicy` decides and nobody else.

use neo4jbackup_harness::manifests;
use neo4jbackup_harness::{KubectlOutput, Way, await_something};
use neo4jbackup_tests::transcript::{assert_transcript, of};

use crate::world::{World, on_each_control_plane};

on_each_control_plane!(
    a_webhook_that_is_down_blocks_or_lets_through,
    a_fault_of_the_webhook_blocks_or_lets_through,
    what_is_not_guarded_does_not_notice,
);

fn a_webhook_that_is_down_blocks_or_lets_through(world: &'static World) {
    let namespace = world.namespace();
    let webhook = world.another_webhook();
    namespace.guard_with(&webhook);
    let (base_url, authority_pem) = (webhook.base_url(), webhook.authority_pem().to_owned());
    webhook.stop();

    let blocked = namespace.send(Way::Apply, manifests::SIX_FIELD_CRON);
    assert!(!blocked.success(), "{blocked:?}");
    let said = of(&namespace, "kubectl apply -f manifest.yaml", &blocked);
    // Behind this, the port is another one in each run, and whether an open or a new connection fails a matter of luck.
    let certain = "failed to call webhook";
    let end = said.find(certain).map_or(said.len(), |start| start + certain.len());
    assert_transcript("webhook-down-and-fail", &said[..end]);

    namespace.register(&base_url, &authority_pem, "Ignore");
    await_something("the registration", || {
        accepted(namespace.send(Way::DryRun, manifests::SIX_FIELD_CRON))
    });
    let answer = namespace.must_apply(manifests::SIX_FIELD_CRON);
    assert_eq!(answer.stdout, "neo4jbackup.neo4j.neo4j.com/six-fields created\n");
    assert!(namespace.stored("neo4jbackup/six-fields").is_some());
}

/// The webhook answers an HTTP error here, as it does for a panic, an overload or a body that it cannot read.
fn a_fault_of_the_webhook_blocks_or_lets_through(world: &'static World) {
    let namespace = world.namespace();
    let nowhere = format!("{}/nowhere", world.webhook.base_url());
    namespace.register(&nowhere, world.webhook.authority_pem(), "Fail");
    let refusal = await_something("the registration", || {
        let answer = namespace.send(Way::DryRun, manifests::GOOD_BACKUP);
        if answer.success() {
            Err(format!("{answer:?}"))
        } else {
            Ok(answer)
        }
    });
    assert!(refusal.stderr.contains("failed calling webhook"), "{refusal:?}");
    assert_transcript(
        "fault-and-fail",
        &of(&namespace, "kubectl apply --dry-run=server -f manifest.yaml", &refusal),
    );

    namespace.register(&nowhere, world.webhook.authority_pem(), "Ignore");
    await_something("the registration", || {
        accepted(namespace.send(Way::DryRun, manifests::GOOD_BACKUP))
    });
    namespace.must_apply(manifests::SIX_FIELD_CRON);
}

/// A webhook that is down must not reach into what it does not guard.
fn what_is_not_guarded_does_not_notice(world: &'static World) {
    let namespace = world.guarded_namespace();
    namespace.register("https://127.0.0.1:1", world.webhook.authority_pem(), "Fail");
    await_something("the registration", || {
        let answer = namespace.send(Way::DryRun, manifests::GOOD_BACKUP);
        if answer.stderr.contains("failed calling webhook") {
            Ok(())
        } else {
            Err(format!("{answer:?}"))
        }
    });
    namespace.must(&["create", "configmap", "other", "--from-literal=a=b"]);
    namespace.must(&[
        "patch",
        "neo4jenterprisestandalone/ledger",
        "--subresource=status",
        "--type=merge",
        STATUS,
    ]);
    namespace.must(&["delete", "neo4jenterprisestandalone/ledger"]);
}

const STATUS: &str = "--patch={\"status\":{\"phase\":\"Ready\"}}";

fn accepted(answer: KubectlOutput) -> Result<KubectlOutput, String> {
    if answer.success() {
        Ok(answer)
    } else {
        Err(format!("{answer:?}"))
    }
}
