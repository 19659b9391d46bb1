//! `--as` and its like, on the command line and in the kubeconfig.

use serde_json::json;

use super::surroundings::{Place, administrator, cluster, control_plane, groups, kubeconfig};

#[test]
fn flags_impersonate() {
    let place = Place::with(&kubeconfig(&cluster(), &administrator()));
    let user = place.same(&["--as", "jane"]);
    assert_eq!(user["username"], "jane");
    let user = place.same(&["--as=jane", "--as-group=a", "--as-group", "b c", "--as-uid=7"]);
    assert_eq!(
        (groups(&user), user["uid"].as_str()),
        (vec!["a", "b c", "system:authenticated"], Some("7"))
    );
    let user = place.same(&[
        "--as",
        "system:serviceaccount:default:robot",
        "--as-user-extra=team=x",
        "--as-user-extra=team=y",
        "--as-user-extra=example.com/a b=1",
    ]);
    assert_eq!(user["extra"]["team"], json!(["x", "y"]));
    assert_eq!(user["extra"]["example.com/a b"], json!(["1"]));
    place.both_fail(
        &["--as-group", "a"],
        "without impersonating a user",
        2,
        &["--as-group", "need --as"],
    );
}

#[test]
fn a_kubeconfig_impersonates_and_flags_go_first() {
    let user = json!({
        "token": control_plane().token(), "as": "jane", "as-uid": "7", "as-groups": ["a"], "as-user-extra": {"team": ["x"]},
    });
    let place = Place::with(&kubeconfig(&cluster(), &user));
    let seen = place.same(&[]);
    assert_eq!(
        (seen["username"].as_str(), seen["uid"].as_str(), groups(&seen)[0]),
        (Some("jane"), Some("7"), "a")
    );
    assert_eq!(place.same(&["--as", "john"])["username"], "john");
    assert_eq!(groups(&place.same(&["--as-group", "b"]))[0], "b");
    assert_eq!(place.same(&["--as-user-extra=team=y"])["extra"]["team"], json!(["y"]));
}

#[test]
fn who_may_not_impersonate_is_told() {
    let issued = control_plane()
        .authority()
        .issue_client_certificate("jane", "people")
        .unwrap();
    let place = Place::with(&kubeconfig(&cluster(), &administrator()));
    place.write("jane.crt", &issued.certificate_pem);
    place.write("jane.key", &issued.key_pem);
    let mut config = kubeconfig(
        &cluster(),
        &json!({"client-certificate": "../jane.crt", "client-key": "../jane.key"}),
    );
    config["users"][0]["user"]["as"] = json!("john");
    place.write(".kube/config", &config.to_string());
    place.both_fail(&[], "do not have permission", 3, &["who you are", "cannot impersonate"]);
}
