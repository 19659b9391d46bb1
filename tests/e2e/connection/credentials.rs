//! Tokens, files with tokens, client certificates, and the providers of old.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::surroundings::{Place, administrator, cluster, control_plane, groups, kubeconfig};

#[test]
fn a_token_of_the_kubeconfig_and_of_the_flag() {
    let place = Place::with(&kubeconfig(&cluster(), &administrator()));
    let user = place.same(&[]);
    assert_eq!(
        (user["username"].as_str(), groups(&user)[0]),
        (Some("admin"), "system:masters")
    );
    // The flag goes before what the user of the context has.
    let place = Place::with(&kubeconfig(&cluster(), &json!({"token": "nonsense"})));
    place.both_fail(
        &[],
        "logged in to the server",
        3,
        &["(401)", "token of the user", ".kube/config"],
    );
    assert_eq!(place.same(&["--token", control_plane().token()])["username"], "admin");
}

#[test]
fn a_token_of_a_file_with_a_line_end() {
    let with = |user: Value| Place::with(&kubeconfig(&cluster(), &user));
    // Next to the kubeconfig, and before a token beside it.
    for user in [
        json!({"tokenFile": "token"}),
        json!({"tokenFile": "token", "token": "nonsense"}),
    ] {
        let place = with(user);
        place.write(".kube/token", &format!("{}\n", control_plane().token()));
        assert_eq!(place.same(&[])["username"], "admin");
    }
    let place = with(json!({"tokenFile": "not-there"}));
    place.both_fail(
        &[],
        "no such file",
        3,
        &["there is no token in ", "not-there: it is not there"],
    );
}

#[test]
fn a_client_certificate_inline_and_in_files() {
    let issued = control_plane()
        .authority()
        .issue_client_certificate("jane", "people")
        .unwrap();
    let inline = json!({
        "client-certificate-data": STANDARD.encode(&issued.certificate_pem),
        "client-key-data": STANDARD.encode(&issued.key_pem),
    });
    let place = Place::with(&kubeconfig(&cluster(), &inline));
    let user = place.same(&[]);
    assert_eq!((user["username"].as_str(), groups(&user)[0]), (Some("jane"), "people"));

    let files = json!({"client-certificate": "pki/jane.crt", "client-key": "pki/jane.key"});
    let place = Place::with(&kubeconfig(&cluster(), &files));
    place.write(".kube/pki/jane.crt", &issued.certificate_pem);
    place.write(".kube/pki/jane.key", &issued.key_pem);
    assert_eq!(place.same(&[])["username"], "jane");

    // Flags start from the folder of the caller, and go before what is inline.
    let other = control_plane()
        .authority()
        .issue_client_certificate("john", "people")
        .unwrap();
    let place = Place::with(&kubeconfig(&cluster(), &inline));
    place.write("john.crt", &other.certificate_pem);
    place.write("john.key", &other.key_pem);
    let flags = ["--client-certificate", "john.crt", "--client-key=john.key"];
    assert_eq!(place.same(&flags)["username"], "john");
    // The key of another certificate.
    let mixed = ["--client-certificate", "john.crt"];
    place.both_fail(
        &mixed,
        "private key does not match public key",
        2,
        &["--client-certificate", "its key is not the one"],
    );
    place.both_fail(
        &["--client-key", "none"],
        "no such file",
        2,
        &["cannot read none: it is not there", "--client-key"],
    );
}

#[test]
fn base64_in_several_lines() {
    let lines = |text: &str| {
        let text = STANDARD.encode(text);
        let lines: Vec<&str> = text
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        lines.join("\n")
    };
    let issued = control_plane()
        .authority()
        .issue_client_certificate("jane", "people")
        .unwrap();
    let user = json!({
        "client-certificate-data": lines(&issued.certificate_pem),
        "client-key-data": lines(&issued.key_pem),
    });
    assert_eq!(
        Place::with(&kubeconfig(&cluster(), &user)).same(&[])["username"],
        "jane"
    );
}

#[test]
fn nobody_and_somebody_who_is_not_there() {
    let place = Place::with(&kubeconfig(&cluster(), &json!({})));
    let nobody = place.plugin(&[]);
    // Whether nobody may ask who they are is the API server's own decision; it has to be the same for both.
    assert_eq!(nobody.code == Some(0), place.kubectl(&[]).code == Some(0), "{nobody:?}");
    let mut config = kubeconfig(&cluster(), &administrator());
    config["contexts"][0]["context"]["user"] = json!("gone");
    let place = Place::with(&config);
    let (plugin, kubectl) = (place.plugin(&[]), place.kubectl(&[]));
    assert_eq!(
        plugin.code == Some(0),
        kubectl.code == Some(0),
        "{plugin:?} {kubectl:?}"
    );
    assert!(plugin.stderr.contains("Warning: there is no user `gone`"), "{plugin:?}");
    place.both_fail(
        &["--user", "gone"],
        "auth info \"gone\" does not exist",
        2,
        &["there is no user `gone`", "(--user)", "`main`"],
    );
}

#[test]
fn a_token_that_openid_connect_once_gave() {
    // It is a token of the API server's own, which is of the form that the provider looks into.
    let token = control_plane()
        .kubectl(&["create", "serviceaccount", "oidc"])
        .and_then(|_| control_plane().kubectl(&["create", "token", "oidc"]));
    let token = token.unwrap().stdout.trim().to_owned();
    let provider = json!({"auth-provider": {"name": "oidc", "config": {
        "id-token": token, "client-id": "kubectl", "idp-issuer-url": "https://127.0.0.1:1",
    }}});
    let place = Place::with(&kubeconfig(&cluster(), &provider));
    assert_eq!(place.same(&[])["username"], "system:serviceaccount:default:oidc");
    let place = Place::with(&kubeconfig(&cluster(), &json!({"auth-provider": {"name": "gcp"}})));
    place.both_fail(
        &[],
        "gcp auth plugin has been removed",
        2,
        &["auth-provider", "`gcp`", "credential plugin"],
    );
}
