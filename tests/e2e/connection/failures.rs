//! Servers that do not answer, and what is said then.

use serde_json::json;

use super::servers::{http_proxy, mute};
use super::surroundings::{Place, administrator, cluster, kubeconfig};

fn at(server: &str) -> Place {
    let mut cluster = cluster();
    cluster["server"] = json!(server);
    Place::with(&kubeconfig(&cluster, &administrator()))
}

#[test]
fn nobody_is_there() {
    let place = at("https://127.0.0.1:1");
    let words = [
        "cannot reach https://127.0.0.1:1: the connection is refused",
        "server of the cluster `main` in",
        ".kube/config",
    ];
    place.both_fail(&[], "was refused", 3, &words);
    place.both_fail(
        &["-s", "https://127.0.0.1:2"],
        "was refused",
        3,
        &["the address is --server"],
    );
    let place = at("https://nowhere.invalid:6443");
    place.both_fail(
        &[],
        "no such host",
        3,
        &["the name `nowhere.invalid` is not known here"],
    );
    // The errors behind it are only for those who ask.
    let place = at("https://127.0.0.1:1");
    assert!(!place.plugin(&[]).stderr.contains("caused by"));
    assert!(place.plugin(&["-v"]).stderr.contains("caused by: "));
}

#[test]
fn somebody_is_there_and_says_nothing() {
    let silent = mute();
    let place = at(&format!("https://{}", silent.address));
    for (limit, shown) in [("1s", "within 1s"), ("1", "within 1s"), ("500ms", "within 0.5s")] {
        let words = ["cannot reach https://127.0.0.1", shown, "--request-timeout"];
        place.both_fail(
            &["--request-timeout", limit],
            "Unable to connect to the server",
            3,
            &words,
        );
    }
    let place = at(&format!("http://{}", silent.address));
    place.both_fail(
        &["--request-timeout=1s"],
        "Unable to connect to the server",
        3,
        &["within 1s"],
    );
}

#[test]
fn a_time_limit_that_is_long_enough_changes_nothing() {
    let place = Place::with(&kubeconfig(&cluster(), &administrator()));
    for limit in ["0", "0s", "1m", "60", "1m30s"] {
        assert_eq!(place.same(&["--request-timeout", limit])["username"], "admin");
    }
    for limit in ["soon", "1y"] {
        let plugin = place.plugin(&["--request-timeout", limit]);
        assert_eq!(plugin.code, Some(2), "{plugin:?}");
        assert_ne!(place.kubectl(&["--request-timeout", limit]).code, Some(0), "{limit}");
    }
}

#[test]
fn the_wrong_protocol() {
    let mut cluster = cluster();
    let address = cluster["server"].as_str().unwrap().replace("https://", "http://");
    cluster["server"] = json!(address);
    let place = Place::with(&kubeconfig(&cluster, &administrator()));
    place.both_fail(&[], "rejected our request", 3, &["HTTP request to an HTTPS server"]);
    // A proxy speaks HTTP, and breaks off at the greeting of TLS.
    let other = http_proxy(None);
    let place = at(&format!("https://{}", other.address));
    place.both_fail(&["--request-timeout=2s"], "", 3, &["cannot reach https://127.0.0.1"]);
}

/// What is not about connecting uses the same connection, and keeps quiet about how it works.
#[test]
fn other_commands_connect_in_the_same_way() {
    let place = Place::with(&kubeconfig(&cluster(), &administrator()));
    place.write("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    let lint = |flags: &[&str]| place.run_plugin(&[&["lint", "a.yaml", "--crds", "cluster"], flags].concat());
    // The cluster of these tests has no operator.
    let (code, stderr) = lint(&[]);
    assert!(
        code == Some(2) && stderr.contains("has no CustomResourceDefinition"),
        "{stderr}"
    );
    let (code, stderr) = lint(&["--as", "jane"]);
    assert!(
        code == Some(3) && stderr.contains("User \"jane\" cannot get resource"),
        "{stderr}"
    );
    let (code, stderr) = lint(&["-s", "https://127.0.0.1:1"]);
    assert!(
        code == Some(3) && stderr.contains("--crds: cannot reach https://127.0.0.1:1"),
        "{stderr}"
    );
    let (code, stderr) = lint(&["--context", "gone"]);
    assert!(
        code == Some(2) && stderr.contains("--crds: there is no context `gone`"),
        "{stderr}"
    );
}
