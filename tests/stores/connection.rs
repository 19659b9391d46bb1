//! The way to a store: names, ports, certificates, proxies.

use std::net::TcpListener;

use neo4jbackup_harness::{CertificateAuthority, Gateway, GatewayOptions, Proxy};

use crate::support::{Probe, progress};

fn of(endpoint: &str) -> Probe {
    Probe::s3(endpoint).keys(&Gateway::KEYS).flag("--region=eu-west-1")
}

#[test]
fn a_store_that_is_not_reached_is_told_by_the_step_that_fails() {
    of("127.0.0.1:9000")
        .run()
        .is_failed("endpoint", "endpoint-malformed")
        .is_not_tried(&["dns", "list"]);
    let unknown = of("http://no-such-host.invalid:9000").flag("--path-style").run();
    unknown.is_failed("dns", "dns-failure").is_not_tried(&["tcp", "list"]);
    // Both names are unknown: the style of the address is not why.
    of("http://no-such-host.invalid:9000")
        .run()
        .is_failed("dns", "dns-failure");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let refused = of(&format!("http://127.0.0.1:{port}")).run();
    refused
        .is_ok(&["dns"])
        .is_failed("tcp", "connection-refused")
        .is_not_tried(&["tls", "list"]);
}

#[test]
fn certificates_that_nobody_should_believe_are_told_apart() {
    let authority = CertificateAuthority::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    std::fs::write(&file, authority.certificate_pem()).unwrap();
    let trusting = format!("--ca-file={}", file.display());
    let start = |certificate| {
        let certificate = Some(certificate);
        Gateway::start(&GatewayOptions { certificate }, &progress).unwrap()
    };

    let good = authority.issue_server_certificate(&["127.0.0.1"]).unwrap();
    let Some(gateway) = start(&good) else { return };
    let endpoint = gateway.endpoint();
    of(&endpoint)
        .run()
        .is_ok(&["dns", "tcp"])
        .is_failed("tls", "tls-untrusted-ca")
        .is_not_tried(&["clock", "list"]);
    of(&endpoint)
        .flag(&trusting)
        .flag("--write-canary")
        .run()
        .is_ok(&["tls", "clock", "list", "write", "delete"]);
    let plain = of(&endpoint.replace("https://", "http://")).run();
    plain.is_failed("clock", "endpoint-not-a-store").is_not_tried(&["list"]);

    let Some(proxy) = Proxy::start(&progress).unwrap() else {
        return;
    };
    let through = |login: &str| {
        let address = format!("http://{login}{}", proxy.address());
        of(&endpoint).flag(&trusting).variable("HTTPS_PROXY", address).run()
    };
    through(&format!("{}@", Proxy::LOGIN))
        .is_ok(&["tcp", "tls", "list"])
        .is_not_tried(&["dns"])
        .hides(Proxy::LOGIN)
        .hides(Proxy::LOGIN.split_once(':').unwrap().1);
    let answer = through("");
    answer
        .is_failed("tcp", "proxy-refused")
        .is_not_tried(&["dns", "tls", "list"]);
    through("somebody:wrong@")
        .is_failed("tcp", "proxy-refused")
        .hides("wrong");
    let past = of(&endpoint)
        .flag(&trusting)
        .variable("HTTPS_PROXY", "http://127.0.0.1:1")
        .variable("NO_PROXY", "127.0.0.1");
    past.run().is_ok(&["dns", "list"]);
    let nowhere = of(&endpoint)
        .flag(&trusting)
        .variable("HTTPS_PROXY", "http://127.0.0.1:1");
    nowhere.run().is_failed("tcp", "proxy-unreachable");

    let other = authority.issue_server_certificate(&["store.example.org"]).unwrap();
    let Some(gateway) = start(&other) else { return };
    of(&gateway.endpoint())
        .flag(&trusting)
        .run()
        .is_failed("tls", "tls-hostname-mismatch");

    let expired = authority.issue_expired_certificate(&["127.0.0.1"]).unwrap();
    let Some(gateway) = start(&expired) else { return };
    of(&gateway.endpoint())
        .flag(&trusting)
        .run()
        .is_failed("tls", "tls-cert-expired");
}
