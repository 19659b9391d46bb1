//! Pods that come and go while calls arrive, with `failurePolicy: Fail`: no call may notice.

use neo4jbackup_harness::Way;
use neo4jbackup_harness::manifests;

use crate::cluster::turn;
use crate::load::{Expected, Load};
use crate::release::{FAIL, Release};

#[test]
fn deleted_pods_lose_no_call() {
    let Some(turn) = turn() else { return };
    let release = Release::install(turn.cluster, &FAIL);
    let namespace = turn.cluster.guarded_namespace("deleted-pods");
    let load = Load::start(turn.cluster, &namespace.name, Expected::Judged);
    for pod in release.pods() {
        release.must_kubectl(&["delete", "pod", &pod, "--wait=false"]);
        // Both at once would leave nobody to answer until new ones have started; that no drain can fix.
        release.await_rollout();
        release.await_end_of(&[pod]);
    }
    load.stop("each pod deleted once").assert_nothing_failed();
}

#[test]
fn an_upgrade_loses_no_call() {
    let Some(turn) = turn() else { return };
    let release = Release::install(turn.cluster, &FAIL);
    let namespace = turn.cluster.guarded_namespace("upgrade");
    let old = release.pods();
    let load = Load::start(turn.cluster, &namespace.name, Expected::Judged);
    release.upgrade(&[&FAIL[..], &["replicas=3", "podAnnotations.upgraded=yes"]].concat());
    release.await_end_of(&old);
    load.stop("helm upgrade").assert_nothing_failed();
    assert_eq!(release.pods().len(), 3);
}

#[test]
fn uninstalling_stops_nobody_and_leaves_no_configuration() {
    let Some(turn) = turn() else { return };
    let release = Release::install(turn.cluster, &FAIL);
    let namespace = turn.cluster.guarded_namespace("uninstalled");
    let load = Load::start(turn.cluster, &namespace.name, Expected::Accepted);
    release.uninstall();
    let old = release.pods();
    release.await_end_of(&old);
    load.stop("helm uninstall").assert_nothing_failed();
    let kinds = "validatingwebhookconfigurations,mutatingwebhookconfigurations,validatingadmissionpolicies";
    let left = release.must_kubectl(&["get", kinds, "--output=name"]);
    assert_eq!(left.stdout, "");
    let answer = namespace.send(Way::Apply, manifests::SIX_FIELD_CRON);
    assert!(answer.success(), "{answer:?}");
}
