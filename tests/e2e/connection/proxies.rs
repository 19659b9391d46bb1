//! The way through proxies.

use neo4jbackup_harness::{CertificateAuthority, await_that};
use serde_json::json;

use super::servers::{http_proxy, https_proxy, socks_proxy};
use super::surroundings::{Place, administrator, authority_data, control_plane, kubeconfig};
use crate::listener::Listener;

/// A cluster that only the proxies know the way to: nobody else resolves the name.
fn behind(proxy: Option<&str>) -> serde_json::Value {
    far("api.example", proxy)
}

/// The same by another of its addresses.
fn far(host: &str, proxy: Option<&str>) -> serde_json::Value {
    let mut cluster = json!({
        "server": format!("https://{host}:6443"),
        "certificate-authority-data": authority_data(),
        "tls-server-name": "localhost",
    });
    if let Some(proxy) = proxy {
        cluster["proxy-url"] = json!(proxy);
    }
    kubeconfig(&cluster, &administrator())
}

/// kubectl asks twice, and we do once.
fn is_used(proxy: &Listener) {
    await_that("all tunnels were used", || proxy.served() >= 3);
}

#[test]
fn the_proxy_of_the_kubeconfig() {
    let proxy = http_proxy(None);
    let place = Place::with(&behind(Some(&format!("http://{}", proxy.address))));
    assert_eq!(place.same(&[])["username"], "admin");
    is_used(&proxy);
    let proxy = socks_proxy();
    let place = Place::with(&behind(Some(&format!("socks5://{}", proxy.address))));
    assert_eq!(place.same(&[])["username"], "admin");
    is_used(&proxy);
}

/// A cluster behind a proxy that is spoken to over TLS. kubectl wants the proxy to have the `tls-server-name`, so there is none.
fn behind_tls(proxy: Option<&Listener>) -> serde_json::Value {
    let mut config = far(
        "kubernetes.default",
        proxy.map(|proxy| format!("https://{}", proxy.address)).as_deref(),
    );
    let cluster = config["clusters"][0]["cluster"].as_object_mut().unwrap();
    cluster.remove("tls-server-name");
    config
}

#[test]
fn a_proxy_over_tls() {
    let authority = control_plane().authority();
    let certificate = authority.issue_server_certificate(&["127.0.0.1"]).unwrap();
    let proxy = https_proxy(&certificate, None);
    let place = Place::with(&behind_tls(Some(&proxy)));
    assert_eq!(place.same(&[])["username"], "admin");
    is_used(&proxy);
    for variable in ["HTTPS_PROXY", "https_proxy"] {
        let proxy = https_proxy(&certificate, None);
        let mut place = Place::with(&behind_tls(None));
        place.set(variable, &format!("https://{}", proxy.address));
        assert_eq!(place.same(&[])["username"], "admin");
        is_used(&proxy);
    }
    // The name of the server is none of the proxy's. kubectl wants it to have that as well.
    let place = Place::with(&behind(Some(&format!("https://{}", proxy.address))));
    let kubectl = place.kubectl(&[]);
    assert!(
        kubectl.stderr.contains("proxyconnect tcp") && kubectl.stderr.contains("localhost"),
        "{kubectl:#?}"
    );
    let plugin = place.plugin(&[]);
    assert_eq!(plugin.code, Some(0), "{plugin:#?}");
    // jane:pass@word
    let proxy = https_proxy(&certificate, Some("amFuZTpwYXNzQHdvcmQ="));
    let mut place = Place::with(&behind_tls(None));
    place.set("HTTPS_PROXY", &format!("https://jane:pass%40word@{}", proxy.address));
    assert_eq!(place.same(&[])["username"], "admin");
    let mut place = Place::with(&behind_tls(None));
    place.set("HTTPS_PROXY", &format!("https://jane:forgotten@{}", proxy.address));
    let words = [
        "through the proxy https://127.0.0.1",
        "the proxy is the environment variable HTTPS_PROXY",
    ];
    place.both_fail(&[], "Proxy Authentication Required", 3, &words);
    assert!(!place.plugin(&["-v"]).stderr.contains("forgotten"));
}

/// What is wrong is wrong with the proxy, and the server has nothing to do with it.
#[test]
fn a_proxy_over_tls_that_is_not_believed() {
    let stranger = CertificateAuthority::new().unwrap();
    let proxy = https_proxy(&stranger.issue_server_certificate(&["127.0.0.1"]).unwrap(), None);
    let place = Place::with(&behind_tls(Some(&proxy)));
    let shown = format!("the certificate of the proxy https://{} is not trusted", proxy.address);
    let words = [shown.as_str(), "certificate-authority-data of the cluster `main`"];
    place.both_fail(&[], "certificate signed by unknown authority", 3, &words);

    let authority = control_plane().authority();
    let named = authority.issue_server_certificate(&["somewhere.example"]).unwrap();
    let proxy = https_proxy(&named, None);
    let place = Place::with(&behind_tls(Some(&proxy)));
    let words = [
        "the certificate of the proxy https://127.0.0.1",
        "is for somewhere.example and not for `127.0.0.1`: mend proxy-url of the cluster `main`",
    ];
    place.both_fail(&[], "cannot validate certificate for 127.0.0.1", 3, &words);

    let old = authority.issue_expired_certificate(&["127.0.0.1"]).unwrap();
    let proxy = https_proxy(&old, None);
    let mut place = Place::with(&behind_tls(None));
    place.set("HTTPS_PROXY", &format!("https://{}", proxy.address));
    let words = [
        "the certificate of the proxy https://127.0.0.1",
        "has expired on 2020-12-31",
    ];
    place.both_fail(&[], "certificate has expired", 3, &words);
}

/// By which entries a server is asked without the proxy of the environment, and by which it is not.
#[test]
fn the_exceptions_are_networks_suffixes_and_ports() {
    for (host, excepting, others) in [
        (
            "198.51.100.7",
            &["198.51.100.0/24", "10.0.0.1, 198.51.100.7", "198.51.100.7:6443"][..],
            &["198.51.101.0/24", "198.51.100.7:443", "198.51.100", "2001:db8::/32"][..],
        ),
        (
            "[2001:db8::7]",
            &["2001:db8::/32", "2001:db8::7", "[2001:db8::7]:6443"],
            &["2001:db9::/32", "[2001:db8::7]:443", "::1"],
        ),
        (
            "api.example",
            &["example", ".example", "*.example", "API.EXAMPLE:6443"],
            &["pi.example", ".api.example", "api.example:443", "example.org"],
        ),
    ] {
        for except in others {
            let proxy = http_proxy(None);
            let mut place = Place::with(&far(host, None));
            place.set("HTTPS_PROXY", &format!("http://{}", proxy.address));
            place.set("NO_PROXY", except);
            assert_eq!(place.same(&[])["username"], "admin", "{host} NO_PROXY={except}");
        }
        for except in excepting {
            let proxy = http_proxy(None);
            let mut place = Place::with(&far(host, None));
            place.set("HTTPS_PROXY", &format!("http://{}", proxy.address));
            place.set("NO_PROXY", except);
            // Nobody is there, or somebody who is not the API server.
            place.both_fail(&["--request-timeout=1s"], "", 3, &[&format!("https://{host}:6443")]);
            assert_eq!(proxy.accepted(), 0, "{host} NO_PROXY={except}");
        }
    }
}

#[test]
fn a_proxy_that_wants_a_password() {
    // jane:pass@word
    let proxy = http_proxy(Some("amFuZTpwYXNzQHdvcmQ="));
    let place = Place::with(&behind(Some(&format!("http://jane:pass%40word@{}", proxy.address))));
    assert_eq!(place.same(&[])["username"], "admin");
    let place = Place::with(&behind(Some(&format!("http://jane:forgotten@{}", proxy.address))));
    let words = ["through the proxy http://127.0.0.1", "proxy-url of the cluster `main`"];
    place.both_fail(&[], "Proxy Authentication Required", 3, &words);
    assert!(!place.plugin(&["-v"]).stderr.contains("forgotten"));
}

#[test]
fn the_proxy_of_the_environment_and_its_exceptions() {
    let proxy = http_proxy(None);
    let address = format!("http://{}", proxy.address);
    for variable in ["HTTPS_PROXY", "https_proxy"] {
        let mut place = Place::with(&behind(None));
        place.set(variable, &address);
        assert_eq!(place.same(&[])["username"], "admin");
        // The exceptions are those of the server, and not of the proxy.
        place.set("NO_PROXY", "127.0.0.1");
        assert_eq!(place.same(&[])["username"], "admin");
        place.set("NO_PROXY", "other.org, .example:6443");
        place.both_fail(&[], "no such host", 3, &["the name `api.example` is not known here"]);
    }
    is_used(&proxy);
    let socks = socks_proxy();
    let mut place = Place::with(&behind(None));
    place.set("HTTPS_PROXY", &format!("socks5://{}", socks.address));
    assert_eq!(place.same(&[])["username"], "admin");
    is_used(&socks);
    // What the kubeconfig says goes first, and knows no exception.
    let mut place = Place::with(&behind(Some(&address)));
    place.set("HTTPS_PROXY", "http://127.0.0.1:1");
    place.set("NO_PROXY", "*");
    assert_eq!(place.same(&[])["username"], "admin");
    // This machine is reached without a proxy.
    let cluster = json!({"server": control_plane().url(), "certificate-authority-data": authority_data()});
    let mut place = Place::with(&kubeconfig(&cluster, &administrator()));
    place.set("HTTPS_PROXY", "http://127.0.0.1:1");
    assert_eq!(place.same(&[])["username"], "admin");
}

#[test]
fn proxies_that_do_not_help() {
    let place = Place::with(&behind(Some("http://127.0.0.1:1")));
    let words = [
        "through the proxy http://127.0.0.1:1: the connection is refused",
        "proxy-url of the cluster",
    ];
    place.both_fail(&[], "was refused", 3, &words);
    for proxy in ["ftp://127.0.0.1:1", "127.0.0.1:1"] {
        let place = Place::with(&behind(Some(proxy)));
        place.both_fail(
            &[],
            "proxy-url",
            2,
            &["proxy-url of the cluster", "no address of a proxy"],
        );
    }
    let mut place = Place::with(&behind(None));
    place.set("https_proxy", "http://127.0.0.1:1");
    place.both_fail(
        &[],
        "was refused",
        3,
        &["the proxy is the environment variable https_proxy"],
    );
}
