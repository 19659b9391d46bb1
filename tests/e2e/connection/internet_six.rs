//! Servers and proxies at addresses of IPv6.

use neo4jbackup_harness::await_that;
use serde_json::{Value, json};

use super::servers::{Front, http_proxy_at, https_proxy_at, socks_proxy_at};
use super::surroundings::{Place, administrator, authority_data, control_plane, kubeconfig};
use crate::listener::Listener;

/// The API server at `[::1]`, where this machine has that address.
fn front(names: &[&str]) -> Option<Front> {
    let certificate = control_plane().authority().issue_server_certificate(names).unwrap();
    let front = Front::start_at("[::1]:0", &certificate);
    if front.is_none() {
        println!("skipped: this machine has no address ::1");
    }
    front
}

fn at(server: &str) -> Value {
    json!({"server": server, "certificate-authority-data": authority_data()})
}

#[test]
fn a_server() {
    let Some(front) = front(&["::1"]) else { return };
    let address = format!("https://{}", front.address);
    assert!(address.starts_with("https://[::1]:"), "{address}");
    let mut place = Place::with(&kubeconfig(&at(&address), &administrator()));
    assert_eq!(place.same(&[])["username"], "admin");
    // This machine is reached without a proxy by this address as well.
    place.set("HTTPS_PROXY", "http://127.0.0.1:1");
    assert_eq!(place.same(&[])["username"], "admin");
    place.set("NO_PROXY", "::1");
    assert_eq!(place.same(&[])["username"], "admin");
}

#[test]
fn a_server_that_is_not_there_or_is_another_one() {
    let Some(front) = front(&["127.0.0.1"]) else { return };
    let place = Place::with(&kubeconfig(
        &at(&format!("https://{}", front.address)),
        &administrator(),
    ));
    let words = ["is for 127.0.0.1 and not for `[::1]`", "server of the cluster `main`"];
    place.both_fail(&[], "not ::1", 3, &words);
    let place = Place::with(&kubeconfig(&at("https://[::1]:1"), &administrator()));
    let words = ["cannot reach https://[::1]:1: the connection is refused"];
    place.both_fail(&[], "was refused", 3, &words);
}

/// On the way to an address of IPv6, and at one.
#[test]
fn proxies() {
    let certificate = control_plane().authority().issue_server_certificate(&["::1"]).unwrap();
    let proxies: [(&str, Option<Listener>); 3] = [
        ("http", http_proxy_at("[::1]:0", None)),
        ("https", https_proxy_at("[::1]:0", &certificate, None)),
        ("socks5", socks_proxy_at("[::1]:0")),
    ];
    for (scheme, proxy) in proxies {
        let Some(proxy) = proxy else {
            println!("skipped: this machine has no address ::1");
            return;
        };
        // The certificate of the API server is not for that address, and that of a proxy over TLS for no name.
        let host = if scheme == "https" {
            "kubernetes.default"
        } else {
            "[2001:db8::7]"
        };
        let mut cluster = at(&format!("https://{host}:6443"));
        if scheme != "https" {
            cluster["tls-server-name"] = json!("localhost");
        }
        cluster["proxy-url"] = json!(format!("{scheme}://{}", proxy.address));
        let place = Place::with(&kubeconfig(&cluster, &administrator()));
        assert_eq!(place.same(&[])["username"], "admin", "{scheme}");
        await_that("all tunnels were used", || proxy.served() >= 3);
    }
}
