//! `auth-provider` `oidc`: tokens that a provider gave, that expire and are renewed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::issuer::{CLIENT, Manner, SECRET, provided};
use super::servers::http_proxy;
use super::surroundings::{Place, groups, kubeconfig};

/// The settings of the provider, with these tokens.
fn settings(id_token: &str, refresh_token: &str) -> Value {
    let (issuer, _) = provided();
    json!({
        "idp-issuer-url": issuer.url, "client-id": CLIENT, "client-secret": SECRET,
        "idp-certificate-authority-data": STANDARD.encode(issuer.authority.certificate_pem()),
        "id-token": id_token, "refresh-token": refresh_token,
    })
}

fn configuration(settings: &Value) -> Value {
    let (_, control_plane) = provided();
    let authority = STANDARD.encode(control_plane.certificate_authority());
    let cluster = json!({"server": control_plane.url(), "certificate-authority-data": authority});
    kubeconfig(
        &cluster,
        &json!({"auth-provider": {"name": "oidc", "config": settings}}),
    )
}

fn place(settings: &Value) -> Place {
    Place::with(&configuration(settings))
}

/// The tokens that stand in the kubeconfig.
fn stored(place: &Place) -> [String; 2] {
    let text = fs::read_to_string(place.path(".kube/config")).unwrap();
    let config: Value = serde_saphyr::from_str(&text).unwrap();
    let settings = &config["users"][0]["user"]["auth-provider"]["config"];
    ["id-token", "refresh-token"].map(|key| settings[key].as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_token_that_is_valid_is_used_as_it_is() {
    let (issuer, _) = provided();
    // Nobody has to be asked for another one.
    let user = place(&settings(&issuer.id_token(600), "used-up")).same(&[]);
    assert_eq!(user["username"], "oidc:jane");
    assert_eq!(groups(&user)[0], "backup-operators");
    // The flag goes first.
    let (_, control_plane) = provided();
    let place = place(&settings(&issuer.id_token(-60), "used-up"));
    assert_eq!(place.same(&["--token", control_plane.token()])["username"], "admin");
}

/// What one of them renews the other one goes on with, so neither signs the person out.
#[test]
fn an_expired_token_is_renewed_and_stored() {
    let (issuer, _) = provided();
    let manners = [Manner::Header, Manner::Form];
    for (manner, first) in manners
        .into_iter()
        .flat_map(|manner| [(manner, "kubectl"), (manner, "plugin")])
    {
        let place = place(&settings(&issuer.id_token(-60), &issuer.sign_in(manner)));
        let before = stored(&place);
        let answer = if first == "kubectl" {
            place.kubectl(&[])
        } else {
            place.plugin(&[])
        };
        assert_eq!(answer.code, Some(0), "{manner:?} {first}: {answer:#?}");
        assert_eq!(answer.user.unwrap()["username"], "oidc:jane");
        assert!(!answer.stderr.contains("Warning"), "{}", answer.stderr);
        let after = stored(&place);
        assert!(before[0] != after[0] && before[1] != after[1], "{manner:?} {first}");
        assert_eq!(place.same(&[])["username"], "oidc:jane", "{manner:?} {first}");
        assert_eq!(stored(&place), after, "{manner:?} {first}");
    }
}

/// kubectl writes the file anew; here all stays as it was but the tokens.
#[test]
fn nothing_else_in_the_kubeconfig_changes() {
    let (issuer, _) = provided();
    let (id_token, refresh_token) = (issuer.id_token(-60), issuer.sign_in(Manner::Header));
    let place = place(&settings(&id_token, &refresh_token));
    let file = place.path(".kube/config");
    let text = fs::read_to_string(&file).unwrap();
    let text = format!(
        "# of the office\n{}\n",
        text.replacen("\"clusters\"", "\n  \"clusters\"", 1)
    );
    fs::write(&file, &text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let plugin = place.plugin(&[]);
    assert_eq!(plugin.code, Some(0), "{plugin:#?}");
    let [new_id_token, new_refresh_token] = stored(&place);
    assert_ne!(new_id_token, id_token);
    let expected = text
        .replace(&id_token, &new_id_token)
        .replace(&refresh_token, &new_refresh_token);
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let left: Vec<_> = fs::read_dir(file.parent().unwrap())
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    assert!(
        !left.iter().any(|name| name.to_string_lossy().contains("lock")),
        "{left:?}"
    );
}

/// kubectl gives up then. A person who wants to know why the backup failed has a token that is good for now.
#[test]
fn a_kubeconfig_that_cannot_be_written_is_told() {
    let (issuer, _) = provided();
    let place = place(&settings(&issuer.id_token(-60), &issuer.sign_in(Manner::Header)));
    let before = stored(&place);
    let lock = place.write(".kube/config.lock", "");
    let plugin = place.plugin(&[]);
    assert_eq!(plugin.code, Some(0), "{plugin:#?}");
    for words in [
        "Warning: the renewed tokens of the user `main` are not stored in ",
        "config.lock is there, so another program writes the file",
        "the next command may have to sign in again",
    ] {
        assert!(plugin.stderr.contains(words), "{words} is missing: {plugin:#?}");
    }
    assert_eq!(stored(&place), before);
    assert!(lock.exists());
    // And the refresh token is used up indeed.
    let words = ["does not renew the token (400 invalid_grant: the refresh token is used up): sign in again"];
    place.both_fail(&[], "failed to refresh token", 3, &words);
}

#[test]
fn renewals_that_are_refused() {
    let (issuer, _) = provided();
    let expired = issuer.id_token(-60);
    let of_user = "it is auth-provider of the user `main` in ";
    let refused = place(&settings(&expired, "refresh-never-given"));
    let words = [
        "the sign-in by OpenID Connect failed: ",
        "sign in again",
        of_user,
        issuer.url.as_str(),
    ];
    refused.both_fail(&[], "failed to refresh token", 3, &words);
    let plugin = refused.plugin(&["-v"]);
    assert!(!plugin.stderr.contains("refresh-never-given"), "{plugin:#?}");
    assert!(!plugin.stderr.contains(&expired), "{plugin:#?}");

    let words = [
        "its id-token has expired, and there is no refresh-token to renew it by: sign in again",
        of_user,
    ];
    place(&settings(&expired, "")).both_fail(&[], "cannot refresh without refresh-token", 3, &words);
    let words = ["its id-token is no token of OpenID Connect", of_user];
    place(&settings("nonsense", "")).both_fail(&[], "ID Token is not a valid JWT", 3, &words);
    let without = place(&settings(&expired, &issuer.sign_in(Manner::NoIdToken)));
    without.both_fail(
        &[],
        "did not contain an id_token",
        3,
        &["gave no id_token", "with the scope openid"],
    );
    let broken = place(&settings(&expired, &issuer.sign_in(Manner::Broken)));
    broken.both_fail(&[], "failed to refresh token", 3, &["does not renew the token (503)"]);
    // The API server has the last word.
    let of_others = place(&settings(&issuer.id_token_of_others(), ""));
    of_others.both_fail(
        &[],
        "logged in to the server",
        3,
        &["(401)", "auth-provider of the user `main`"],
    );
}

#[test]
fn providers_that_are_not_reached_or_not_believed() {
    let (issuer, _) = provided();
    let with = |key: &str, value: &str| {
        let mut settings = settings(&issuer.id_token(-60), "refresh");
        settings[key] = json!(value);
        place(&settings)
    };
    let words = [
        "cannot reach https://127.0.0.1:1: the connection is refused",
        "the address is idp-issuer-url of the user `main` in ",
    ];
    with("idp-issuer-url", "https://127.0.0.1:1").both_fail(&[], "refused", 3, &words);
    let elsewhere = format!("{}/elsewhere", issuer.url);
    let words = ["/elsewhere does not say where tokens are renewed (404"];
    with("idp-issuer-url", &elsewhere).both_fail(&[], "failed to query metadata endpoint", 3, &words);
    let words = [
        "is not trusted: no authority that this machine knows has signed it",
        "name one in idp-certificate-authority of the user `main` in ",
    ];
    let nobody = with("idp-certificate-authority-data", "");
    nobody.both_fail(&[], "certificate signed by unknown authority", 3, &words);
    // A file starts from the folder of the caller, other than those of clusters.
    let mut settings = settings(&issuer.id_token(-60), &issuer.sign_in(Manner::Header));
    settings["idp-certificate-authority-data"] = json!("");
    settings["idp-certificate-authority"] = json!("issuer.crt");
    let of_file = place(&settings);
    of_file.write("issuer.crt", issuer.authority.certificate_pem());
    let plugin = of_file.plugin(&[]);
    assert_eq!(plugin.code, Some(0), "{plugin:#?}");
    with("idp-issuer-url", "").both_fail(&[], "Must provide idp-issuer-url", 2, &["it has no idp-issuer-url"]);
    with("client-id", "").both_fail(
        &[],
        "Must provide client-id",
        2,
        &["auth-provider of the user", "it has no client-id"],
    );
}

/// The provider is reached as the environment says, whatever `proxy-url` says of the cluster.
#[test]
fn a_provider_behind_a_proxy() {
    let (issuer, _) = provided();
    for variable in ["HTTPS_PROXY", "https_proxy"] {
        for first in ["kubectl", "plugin"] {
            let mut settings = settings(&issuer.id_token(-60), &issuer.sign_in(Manner::Header));
            settings["idp-issuer-url"] = json!(issuer.far_url);
            let mut place = place(&settings);
            let proxy = http_proxy(None);
            place.set(variable, &format!("http://{}", proxy.address));
            let answer = if first == "kubectl" {
                place.kubectl(&[])
            } else {
                place.plugin(&[])
            };
            assert_eq!(answer.code, Some(0), "{first}: {answer:#?}");
            assert!(proxy.accepted() > 0, "{first}");
            place.set("NO_PROXY", "issuer.example");
            place.write(".kube/config", &configuration(&settings).to_string());
            let words = [
                "the name `issuer.example` is not known here",
                "idp-issuer-url of the user `main`",
            ];
            place.both_fail(&[], "no such host", 3, &words);
        }
    }
}
