//! Whom both believe to be the API server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use neo4jbackup_harness::CertificateAuthority;
use serde_json::json;

use super::servers::Front;
use super::surroundings::{Place, administrator, authority_data, cluster, control_plane, kubeconfig};

#[test]
fn authorities_inline_in_files_and_in_bundles() {
    let url = control_plane().url();
    let file = json!({"server": url, "certificate-authority": "pki/ca.crt"});
    let place = Place::with(&kubeconfig(&file, &administrator()));
    let other = CertificateAuthority::new().unwrap();
    let bundle = format!(
        "# others first\n{}{}",
        other.certificate_pem(),
        control_plane().certificate_authority()
    );
    place.write(".kube/pki/ca.crt", &bundle);
    assert_eq!(place.same(&[])["username"], "admin");
    // Where it is both inline and in a file kubectl refuses, and says that what is inline counts. So it does here.
    let both = json!({"server": url, "certificate-authority": "none", "certificate-authority-data": authority_data()});
    let plugin = Place::with(&kubeconfig(&both, &administrator())).plugin(&[]);
    assert_eq!(plugin.code, Some(0), "{plugin:?}");

    let wrong = json!({"server": url, "certificate-authority-data": STANDARD.encode(other.certificate_pem())});
    let place = Place::with(&kubeconfig(&wrong, &administrator()));
    let unknown = "certificate signed by unknown authority";
    place.both_fail(
        &[],
        unknown,
        3,
        &[
            "is not trusted",
            "certificate-authority-data of the cluster `main`",
            url,
        ],
    );
    place.write("ca.crt", control_plane().certificate_authority());
    assert_eq!(place.same(&["--certificate-authority", "ca.crt"])["username"], "admin");

    let none = json!({"server": url});
    let place = Place::with(&kubeconfig(&none, &administrator()));
    place.both_fail(
        &[],
        unknown,
        3,
        &[
            "no authority that this machine knows",
            "certificate-authority of the cluster `main`",
        ],
    );
    let place = Place::with(&kubeconfig(
        &json!({"server": url, "certificate-authority": "gone"}),
        &administrator(),
    ));
    place.both_fail(
        &[],
        "no such file",
        2,
        &["gone: it is not there", "certificate-authority of the cluster"],
    );
    let place = Place::with(&kubeconfig(
        &json!({"server": url, "certificate-authority-data": "IyEh"}),
        &administrator(),
    ));
    place.both_fail(
        &[],
        "unable to load root certificates",
        2,
        &["there is no certificate in it"],
    );
}

#[test]
fn nobody_is_checked_when_that_is_asked_for() {
    let url = control_plane().url();
    let insecure = json!({"server": url, "insecure-skip-tls-verify": true});
    assert_eq!(
        Place::with(&kubeconfig(&insecure, &administrator())).same(&[])["username"],
        "admin"
    );
    let place = Place::with(&kubeconfig(&json!({"server": url}), &administrator()));
    assert_eq!(place.same(&["--insecure-skip-tls-verify"])["username"], "admin");
    assert_eq!(place.same(&["--insecure-skip-tls-verify=true"])["username"], "admin");
    // The flag takes the authorities away.
    let place = Place::with(&kubeconfig(&cluster(), &administrator()));
    assert_eq!(place.same(&["--insecure-skip-tls-verify"])["username"], "admin");
    let both = json!({"server": url, "insecure-skip-tls-verify": true, "certificate-authority-data": authority_data()});
    let place = Place::with(&kubeconfig(&both, &administrator()));
    place.both_fail(&[], "insecure flag is not allowed", 2, &["contradict each other"]);
}

#[test]
fn a_certificate_that_is_trusted_itself() {
    let authority = CertificateAuthority::new().unwrap();
    let leaf = authority.issue_server_certificate(&["127.0.0.1"]).unwrap();
    let front = Front::start(&leaf);
    let url = format!("https://{}", front.address);
    let trusting = |pem: &str| json!({"server": url, "certificate-authority-data": STANDARD.encode(pem)});
    let place = Place::with(&kubeconfig(&trusting(&leaf.certificate_pem), &administrator()));
    assert_eq!(place.same(&[])["username"], "admin");
    // It is only itself: another one of the same authority is not believed.
    let sibling = authority.issue_server_certificate(&["127.0.0.1"]).unwrap();
    let place = Place::with(&kubeconfig(&trusting(&sibling.certificate_pem), &administrator()));
    place.both_fail(&[], "certificate signed by unknown authority", 3, &["is not trusted"]);
    // And only for its names, and as long as it is valid.
    let named = authority.issue_server_certificate(&["somewhere.example"]).unwrap();
    let elsewhere = Front::start(&named);
    let mut cluster = trusting(&named.certificate_pem);
    cluster["server"] = json!(format!("https://{}", elsewhere.address));
    let place = Place::with(&kubeconfig(&cluster, &administrator()));
    let words = ["somewhere.example", "127.0.0.1", "tls-server-name"];
    place.both_fail(&[], "x509: cannot validate certificate for 127.0.0.1", 3, &words);
    assert_eq!(
        place.same(&["--tls-server-name", "somewhere.example"])["username"],
        "admin"
    );
}

#[test]
fn names_and_dates_are_checked() {
    let authority = control_plane().authority();
    let place_of = |front: &Front| {
        let mut cluster = cluster();
        cluster["server"] = json!(format!("https://{}", front.address));
        Place::with(&kubeconfig(&cluster, &administrator()))
    };
    let front = Front::start(
        &authority
            .issue_server_certificate(&["somewhere.example", "10.0.0.7"])
            .unwrap(),
    );
    let place = place_of(&front);
    let words = [
        "somewhere.example, 10.0.0.7",
        "not for `127.0.0.1`",
        "server of the cluster `main`",
        "--tls-server-name",
    ];
    place.both_fail(&[], "certificate is valid for 10.0.0.7, not 127.0.0.1", 3, &words);
    assert_eq!(
        place.same(&["--tls-server-name=somewhere.example"])["username"],
        "admin"
    );
    assert_eq!(place.same(&["--tls-server-name=10.0.0.7"])["username"], "admin");
    let wrong = ["--tls-server-name", "other.example"];
    place.both_fail(
        &wrong,
        "not other.example",
        3,
        &["not for `other.example`: mend --tls-server-name"],
    );

    let front = Front::start(&authority.issue_expired_certificate(&["127.0.0.1"]).unwrap());
    let place = place_of(&front);
    place.both_fail(
        &[],
        "certificate has expired",
        3,
        &["has expired on 2020-12-31", "renewed"],
    );
    let mut cluster = cluster();
    cluster["tls-server-name"] = json!("localhost");
    assert_eq!(
        Place::with(&kubeconfig(&cluster, &administrator())).same(&[])["username"],
        "admin"
    );
    // Another server has another name.
    cluster["tls-server-name"] = json!("nonsense.example");
    let place = Place::with(&kubeconfig(&cluster, &administrator()));
    assert_eq!(place.same(&["--server", control_plane().url()])["username"], "admin");
}
