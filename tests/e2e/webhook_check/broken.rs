//! What is broken is named: where calls that fail pass, and where they do not.

use std::net::TcpListener;

use kubectl_neo4jbackup::Exit;
use neo4jbackup_harness::{CertificateAuthority, Passage};

use super::stage::{HOST, Stage, break_network};

/// What is said where nobody judges and nobody notices.
const PASSES: &str = "a bad backup passes, and nobody says a word: calls that fail pass, because failurePolicy is Ignore, and \
                      they fail:";
/// What is said where nothing can be stored.
const STOPS: &str = "no backup can be made, good or bad: the call of webhook mutate.neo4jbackup.github.io fails:";

/// The state is named under `Ignore`, and, with what the API server says, under `Fail`.
fn assert_named(stage: &mut Stage, cause: &str, also: &[&str]) {
    let passes = format!("{PASSES} {cause}");
    stage.expect(Exit::NotGood, &[&[passes.as_str()][..], also].concat());
    stage.fail_closed();
    let stops = format!("{STOPS} {cause}");
    stage.expect(Exit::NotGood, &[&stops]);
}

#[test]
fn no_endpoint_that_is_ready() {
    let mut stage = Stage::with_webhook(&[]);
    stage.set_endpoints(&[]);
    // What kube-proxy does then.
    break_network(Passage::Refused("dial tcp 10.96.0.7:443: connect: connection refused"));
    stage.expect(
        Exit::NotGood,
        &[
            "Service neo4jbackup/guard-neo4jbackup-webhook has no endpoint that is ready",
            "kubectl get pods -n neo4jbackup -l app.kubernetes.io/part-of=neo4jbackup",
            &format!("{PASSES} no pod behind its Service is ready"),
        ],
    );
    stage.fail_closed();
    stage.expect(Exit::NotGood, &[&format!("{STOPS} the connection was refused")]);
}

#[test]
fn a_service_that_is_gone() {
    let mut stage = Stage::with_webhook(&[]);
    stage.server.must(&[
        "delete",
        "service",
        "guard-neo4jbackup-webhook",
        "--namespace=neo4jbackup",
    ]);
    assert_named(
        &mut stage,
        "its Service, or the port of it that is called, does not exist",
        &["Service neo4jbackup/guard-neo4jbackup-webhook does not exist"],
    );
}

#[test]
fn an_authority_that_is_not_the_one_that_signed() {
    let mut stage = Stage::with_webhook(&[]);
    stage.trust(CertificateAuthority::new().unwrap().certificate_pem());
    assert_named(
        &mut stage,
        "the certificate that is served was signed by an authority that is not in caBundle",
        &["caBundle does not hold the authority that has signed it"],
    );
}

#[test]
fn an_authority_that_is_missing() {
    let mut stage = Stage::with_webhook(&[]);
    stage.change_entries(|entry| drop(entry["clientConfig"].as_object_mut().unwrap().remove("caBundle")));
    stage.expect(
        Exit::NotGood,
        &["is empty: nobody is trusted, and no call is answered", PASSES],
    );
}

#[test]
fn a_certificate_that_has_expired() {
    let mut stage = Stage::installed(&[]);
    let certificate = stage.authority.issue_expired_certificate(&[HOST]).unwrap();
    stage.serve(&certificate);
    assert_named(
        &mut stage,
        "the certificate that is served, or the authority in caBundle, has expired",
        &["the certificate in Secret webhook-certificate has expired on 2020-12-31"],
    );
}

#[test]
fn a_certificate_that_is_not_valid_yet() {
    let mut stage = Stage::installed(&[]);
    let certificate = stage.authority.issue_future_certificate(&[HOST]).unwrap();
    stage.serve(&certificate);
    assert_named(
        &mut stage,
        "the certificate that is served is not valid yet",
        &["the certificate in Secret webhook-certificate is not valid before 2090-01-01"],
    );
}

#[test]
fn a_certificate_for_another_name() {
    let mut stage = Stage::installed(&[]);
    let certificate = stage
        .authority
        .issue_server_certificate(&["other.neo4jbackup.svc"])
        .unwrap();
    stage.serve(&certificate);
    assert_named(
        &mut stage,
        "the certificate that is served is for another name than that of the Service",
        &["it is not for the name guard-neo4jbackup-webhook.neo4jbackup.svc"],
    );
}

/// As a firewall between a private control plane and the pods does it.
#[test]
fn a_network_that_drops_everything() {
    let mut stage = Stage::with_webhook(&[]);
    break_network(Passage::Dropped);
    assert_named(
        &mut stage,
        "no answer came in time; so it is where a firewall keeps the control plane from the port of the pods",
        &["let the control plane reach the port of the pods, 10250 unless the chart says otherwise"],
    );
}

#[test]
fn a_server_that_takes_the_connection_and_never_answers() {
    let mut stage = Stage::with_webhook(&[]);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    break_network(Passage::To(silent.local_addr().unwrap()));
    assert_named(&mut stage, "no answer came in time", &[]);
}

#[test]
fn a_port_at_which_nothing_listens() {
    let mut stage = Stage::with_webhook(&[]);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    break_network(Passage::To(closed));
    assert_named(
        &mut stage,
        "the connection was refused, nothing listens at the port of the pod",
        &[],
    );
}

/// In the words of EKS, said by a proxy on the way as the control plane of EKS says them.
#[test]
fn a_control_plane_that_connects_to_no_such_address() {
    let mut stage = Stage::with_webhook(&[]);
    break_network(Passage::Refused("Address is not allowed"));
    assert_named(
        &mut stage,
        "the control plane refuses to connect to the address of the pod (Address is not allowed)",
        &["the value `hostNetwork: true` of the chart"],
    );
}

/// An API server that calls an address of its own goes there without a proxy.
#[test]
fn an_address_at_which_nothing_listens() {
    let mut stage = Stage::with_webhook(&[]);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    stage.change_entries(|entry| {
        let client = entry["clientConfig"].as_object_mut().unwrap();
        client.insert("service".to_owned(), serde_json::Value::Null);
        client.insert("url".to_owned(), format!("https://{closed}/validate").into());
    });
    stage.fail_closed();
    stage.expect(
        Exit::NotGood,
        &[
            "which is no Service",
            &format!("{STOPS} the connection was refused, nothing listens at the port of the pod"),
        ],
    );
}
