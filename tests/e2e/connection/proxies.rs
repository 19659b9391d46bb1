//! The way through proxies.

use neo4jbackup_harness::await_that;
use serde_json::json;

use super::servers::Server;
use super::surroundings::{Place, administrator, authority_data, control_plane, kubeconfig};

/// A cluster that only the proxies know the way to: nobody else resolves the name.
fn behind(proxy: Option<&str>) -> serde_json::Value {
    let mut cluster = json!({
        "server": "https://api.example:6443",
        "certificate-authority-data": authority_data(),
        "tls-server-name": "localhost",
    });
    if let Some(proxy) = proxy {
        cluster["proxy-url"] = json!(proxy);
    }
    kubeconfig(&cluster, &administrator())
}

/// kubectl asks twice, and we do once.
fn is_used(proxy: &Server) {
    await_that("all tunnels were used", || proxy.served() >= 3);
}

#[test]
fn the_proxy_of_the_kubeconfig() {
    let proxy = Server::http_proxy(None);
    let place = Place::with(&behind(Some(&format!("http://{}", proxy.address))));
    assert_eq!(place.same(&[])["username"], "admin");
    is_used(&proxy);
    let proxy = Server::socks_proxy();
    let place = Place::with(&behind(Some(&format!("socks5://{}", proxy.address))));
    assert_eq!(place.same(&[])["username"], "admin");
    is_used(&proxy);
}

#[test]
fn a_proxy_that_wants_a_password() {
    // jane:pass@word
    let proxy = Server::http_proxy(Some("amFuZTpwYXNzQHdvcmQ="));
    let place = Place::with(&behind(Some(&format!("http://jane:pass%40word@{}", proxy.address))));
    assert_eq!(place.same(&[])["username"], "admin");
    let place = Place::with(&behind(Some(&format!("http://jane:forgotten@{}", proxy.address))));
    let words = ["through the proxy http://127.0.0.1", "proxy-url of the cluster `main`"];
    place.both_fail(&[], "Proxy Authentication Required", 3, &words);
    assert!(!place.plugin(&["-v"]).stderr.contains("forgotten"));
}

#[test]
fn the_proxy_of_the_environment_and_its_exceptions() {
    let proxy = Server::http_proxy(None);
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
    let socks = Server::socks_proxy();
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
