//! The webhook in the network of the node, as where the API server cannot reach pods.

use neo4jbackup_harness::report_progress;

use crate::cluster::turn;
use crate::load::{Expected, Load};
use crate::release::{FAIL, Release, sets};

/// One node and one replica: as many replicas as nodes. The certificates are the server's own, for which it has to reach
/// the API server from the network of the node.
#[test]
fn on_the_network_of_the_node_it_serves_and_can_be_upgraded() {
    let Some(turn) = turn() else { return };
    let release = Release::prepare_unrestricted(turn.cluster);
    let host = [
        "hostNetwork=true",
        "ports.https=9443",
        "ports.status=9081",
        "replicas=1",
    ];
    let values = [&FAIL[..], &host].concat();
    release.run(&[&["install", "--wait"], &sets(&values)[..]].concat());
    let address = "--output=jsonpath={.items[0].status.podIP} {.items[0].status.hostIP}";
    let addresses = release.must_kubectl(&["get", "pods", "--selector=app.kubernetes.io/component=server", address]);
    let (pod, host) = addresses.stdout.split_once(' ').unwrap();
    assert_eq!(pod, host, "the pod has a network of its own");
    for change in ["log.level=debug", "log.level=warn"] {
        let values = [&values[..], &[change]].concat();
        release.run(&[&["upgrade", "--wait"], &sets(&values)[..]].concat());
        assert_eq!(release.pods().len(), 1, "{change}");
    }
    report_progress("figure: hostNetwork, tls.mode self, one replica on one node: 2 upgrades with --wait ended");
    let namespace = turn.cluster.guarded_namespace("host-network");
    let load = Load::start(turn.cluster, &namespace.name, Expected::Judged);
    load.await_calls(300);
    load.stop("the network of the node").assert_nothing_failed();
}
