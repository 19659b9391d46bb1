//! Which kubeconfig, which context, which namespace.

use serde_json::json;

use super::surroundings::{Place, administrator, cluster, control_plane, kubeconfig};

#[test]
fn the_first_of_several_files_wins() {
    let issued = control_plane()
        .authority()
        .issue_client_certificate("jane", "people")
        .unwrap();
    let mut place = Place::new();
    place.write("jane.crt", &issued.certificate_pem);
    place.write("a/jane.key", &issued.key_pem);
    // Each path is relative to its own file. The second has a context, a cluster and a user of the same names, which lose.
    place.write(
        "a/config",
        &json!({
            "current-context": "both",
            "users": [{"name": "main", "user": {"client-certificate": "../jane.crt", "client-key": "jane.key"}}],
            "contexts": [{"name": "both", "context": {"cluster": "main", "user": "main", "namespace": "of-first"}}],
        })
        .to_string(),
    );
    let mut second = kubeconfig(&cluster(), &administrator());
    second["contexts"][0]["context"]["namespace"] = json!("kube-system");
    place.write("b/config", &second.to_string());
    let list = ["a/config", "", "not-there", "b/config"].map(|file| match file {
        "" => String::new(),
        file => place.path(file).display().to_string(),
    });
    place.set("KUBECONFIG", &list.join(":"));
    assert_eq!(place.same(&[])["username"], "jane");
    assert_eq!(place.plugin(&[]).namespace.as_deref(), Some("of-first"));
    // The other context has the user of the first file, too.
    assert_eq!(place.same(&["--context", "main"])["username"], "jane");
    // A file that is named is the only one.
    let named = place.path("b/config").display().to_string();
    assert_eq!(place.same(&["--kubeconfig", &named])["username"], "admin");
    assert_eq!(place.same(&["--kubeconfig", "b/config"])["username"], "admin");
    // Turned round, nothing of the first is left but its own context.
    place.set("KUBECONFIG", &[list[3].as_str(), &list[0]].join(":"));
    assert_eq!(place.same(&[])["username"], "admin");
    assert_eq!(place.same(&["--context=both", "-n", "default"])["username"], "admin");
}

#[test]
fn context_cluster_user_and_namespace_are_chosen_by_flags() {
    let mut config = kubeconfig(&cluster(), &administrator());
    config["contexts"] = json!([
        {"name": "main", "context": {"cluster": "main", "user": "main", "namespace": "kube-public"}},
        {"name": "bare", "context": {"cluster": "main", "user": "main"}},
        {"name": "astray", "context": {"cluster": "gone", "user": "gone", "namespace": "kube-system"}},
    ]);
    let place = Place::with(&config);
    for (flags, namespace) in [
        (&[][..], "kube-public"),
        (&["-n", "kube-system"], "kube-system"),
        (&["--namespace=kube-system", "--context=bare"], "kube-system"),
        (&["--context", "bare"], "default"),
        (
            &["--context", "astray", "--cluster", "main", "--user", "main"],
            "kube-system",
        ),
        (&["--context=", "--namespace="], "kube-public"),
    ] {
        assert_eq!(place.same(flags)["username"], "admin");
        assert_eq!(place.plugin(flags).namespace.as_deref(), Some(namespace), "{flags:?}");
        assert_eq!(place.kubectl(flags).namespace.as_deref(), Some(namespace), "{flags:?}");
    }
    let gone = "context \"gone\" does not exist";
    place.both_fail(
        &["--context", "gone"],
        gone,
        2,
        &["no context `gone`", "(--context)", "`bare`"],
    );
    place.both_fail(
        &["--cluster", "gone"],
        "cluster \"gone\" does not exist",
        2,
        &["no cluster `gone`", "(--cluster)"],
    );
    // kubectl asks localhost:8080 then, which nobody means.
    place.both_fail(
        &["--context", "astray", "--user", "main"],
        "",
        2,
        &["no cluster `gone`", "cluster of the context `astray`"],
    );
}

#[test]
fn files_that_cannot_be_used() {
    let mut place = Place::new();
    place.both_fail(
        &[],
        "localhost:8080",
        2,
        &["no cluster is configured", ".kube/config", "--kubeconfig"],
    );
    place.both_fail(
        &["--kubeconfig", "none"],
        "no such file",
        2,
        &["cannot use the kubeconfig none: it is not there"],
    );
    place.write("broken", "users:\n- name: a\n  user: {token: [secret-word]}\n");
    place.both_fail(
        &["--kubeconfig", "broken"],
        "cannot unmarshal",
        2,
        &["cannot use the kubeconfig broken: it is malformed, line 3"],
    );
    assert!(
        !place
            .plugin(&["--kubeconfig", "broken", "-v"])
            .stderr
            .contains("secret-word")
    );
    place.write("empty", "");
    place.both_fail(
        &["--kubeconfig", "empty"],
        "localhost:8080",
        2,
        &["no cluster is configured"],
    );
    let mut config = kubeconfig(&cluster(), &administrator());
    config["current-context"] = json!("gone");
    place.write("astray", &config.to_string());
    place.set("KUBECONFIG", &place.path("astray").display().to_string());
    place.both_fail(
        &[],
        "context was not found for specified context: gone",
        2,
        &["no context `gone`", "current-context in", "`main`"],
    );
    config["current-context"] = json!("");
    place.write("astray", &config.to_string());
    place.both_fail(&[], "localhost:8080", 2, &["no context is chosen", "`main`"]);
}

#[test]
fn without_any_file_flags_are_enough() {
    let place = Place::new();
    place.write("ca.crt", control_plane().certificate_authority());
    let flags = [
        "-s",
        control_plane().url(),
        "--certificate-authority=ca.crt",
        "--token",
        control_plane().token(),
    ];
    assert_eq!(place.same(&flags)["username"], "admin");
    // Without a scheme kubectl sends the token in clear text, whatever is said of certificates. Here that is HTTPS.
    let address = control_plane().url().trim_start_matches("https://");
    let flags = [
        "-s",
        address,
        "--certificate-authority=ca.crt",
        "--token",
        control_plane().token(),
    ];
    let plugin = place.plugin(&flags);
    assert_eq!(plugin.code, Some(0), "{plugin:?}");
}
