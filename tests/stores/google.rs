//! Google Cloud Storage: keys that are exchanged, the metadata server, federation, and what Google refuses.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use neo4jbackup_harness::{FakeGcs, clock_library, rsa_key};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};

use crate::impostor::{Impostor, Reply};
use crate::support::{Answer, Probe, STEPS_OF_CANARY, progress, token};

const ACCOUNT: &str = "backup@acme.iam.gserviceaccount.com";
const TOKEN: &str = "ya29.token-of-google";
const EMPTY: &str = "<?xml version=\"1.0\"?><ListBucketResult><Name>backups</Name></ListBucketResult>";

/// What a token service answers that is in trouble, or is none, and its class: it says nothing about the credentials.
const IN_TROUBLE: [(&str, &str, &str); 3] = [
    ("502 Bad Gateway", "<!DOCTYPE html><p>no<br>", "endpoint-not-a-store"),
    (
        "429 Too Many Requests",
        "{\"error\": \"rate_limit_exceeded\"}",
        "unknown",
    ),
    ("503 Service Unavailable", "", "unknown"),
];

fn of(endpoint: &str) -> Probe {
    Probe::of("gcp", endpoint)
}

fn json_reply(status: &str, body: &Value) -> Reply {
    Reply::new(status, "Content-Type: application/json\r\n", &body.to_string())
}

/// As Google's token service does.
fn tokens() -> Reply {
    json_reply(
        "200 OK",
        &json!({"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"}),
    )
}

/// The private key of a service account, and the public one; made once.
fn key() -> Option<&'static (String, Vec<u8>)> {
    static KEY: OnceLock<Option<(String, Vec<u8>)>> = OnceLock::new();
    KEY.get_or_init(|| rsa_key(&progress).unwrap()).as_ref()
}

/// The file of a service account whose tokens this service gives.
fn key_file(private: &str, service: &str) -> String {
    json!({
        "type": "service_account", "project_id": "acme", "private_key_id": "0123", "private_key": private,
        "client_email": ACCOUNT, "client_id": "1", "token_uri": format!("{service}/token"),
    })
    .to_string()
}

fn written(folder: &std::path::Path, text: &str) -> PathBuf {
    let path = folder.join("credentials.json");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_key_is_exchanged_and_its_account_writes_reads_and_deletes() {
    let Some((private, public)) = key() else { return };
    let Some(store) = FakeGcs::start(&progress).unwrap() else {
        return;
    };
    let service = Impostor::by_request(&[("POST /token", tokens())]);
    let file = key_file(private, &service.endpoint());
    let folder = tempfile::tempdir().unwrap();
    let with_file = || {
        of(&store.endpoint())
            .variable("GOOGLE_APPLICATION_CREDENTIALS", written(folder.path(), &file))
            .flag("--write-canary")
    };
    let answer = with_file().flag(&format!("--expect-identity={ACCOUNT}")).run();
    answer
        .is_ok(&["endpoint", "dns", "tcp", "clock", "credentials", "identity", "list"])
        .is_ok(&STEPS_OF_CANARY)
        .is_not_tried(&["tls"])
        .hides(TOKEN);
    assert_eq!(answer.code, Some(0));
    assert_eq!(answer.report["identity"], ACCOUNT);
    assert_eq!(answer.report["store"], "gs://backups/graph/nightly/");

    // What was exchanged is signed by the key, for this service, and now.
    let heard = service.heard();
    let assertion = heard[0].split("assertion=").nth(1).unwrap();
    let (message, signature) = assertion.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public)
        .verify(message.as_bytes(), &signature)
        .unwrap();
    let claims = URL_SAFE_NO_PAD.decode(message.split_once('.').unwrap().1).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["iss"], ACCOUNT);
    assert_eq!(claims["aud"], format!("{}/token", service.endpoint()));

    let other = with_file()
        .flag("--expect-identity=other@acme.iam.gserviceaccount.com")
        .run();
    other.is_failed("identity", "identity-of-other").is_ok(&["list"]);

    // As the Secret has it, in base64.
    let in_variable = of(&store.endpoint()).variable("GOOGLE_APPLICATION_CREDENTIALS_JSON", STANDARD.encode(&file));
    let answer = in_variable.run();
    answer.is_ok(&["credentials", "list"]);
    let detail = answer.row("credentials")["detail"].as_str().unwrap();
    assert!(detail.contains("own libraries do not read"), "{detail}");
}

#[test]
fn a_key_that_google_does_not_know_and_one_that_is_none_are_told_apart() {
    let Some((private, _)) = key() else { return };
    let store = Impostor::answering("200 OK", "", EMPTY);
    let folder = tempfile::tempdir().unwrap();
    let with = |file: &str| {
        of(&store.endpoint())
            .variable("GOOGLE_APPLICATION_CREDENTIALS", written(folder.path(), file))
            .run()
    };
    let refusing = |description: &str| {
        let body = json!({"error": "invalid_grant", "error_description": description});
        Impostor::by_request(&[("POST /token", json_reply("400 Bad Request", &body))])
    };
    let service = refusing("Invalid JWT Signature.");
    let answer = with(&key_file(private, &service.endpoint()));
    answer
        .is_failed("credentials", "gcs-invalid-grant")
        .is_not_tried(&["identity", "list"]);
    assert!(
        answer.message("credentials").contains("Invalid JWT Signature."),
        "{}",
        answer.message("credentials")
    );
    let service = refusing(
        "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.",
    );
    with(&key_file(private, &service.endpoint())).is_failed("credentials", "clock-skew");
    for (status, body, class) in IN_TROUBLE {
        let service = Impostor::answering(status, "", body);
        with(&key_file(private, &service.endpoint())).is_failed("credentials", class);
    }

    let damaged = key_file(
        "-----BEGIN PRIVATE KEY-----\nhidden\n-----END PRIVATE KEY-----\n",
        &service.endpoint(),
    );
    with(&damaged)
        .is_failed("credentials", "gcs-invalid-grant")
        .hides("hidden");
    with("hidden")
        .is_failed("credentials", "gcs-no-credentials")
        .hides("hidden");
    let away = key_file(private, "http://127.0.0.1:1");
    with(&away)
        .is_failed("credentials", "connection-refused")
        .is_not_tried(&["list"]);
    let nowhere = of(&store.endpoint()).variable("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json");
    nowhere.run().is_failed("credentials", "gcs-no-credentials");
}

/// The bodies are those of Google's XML API.
#[test]
fn each_refusal_of_the_store_has_its_name() {
    let Some((private, _)) = key() else { return };
    let service = Impostor::by_request(&[("POST /token", tokens())]);
    let file = key_file(private, &service.endpoint());
    let denied = |permission: &str| {
        Reply::new(
            "403 Forbidden",
            "Content-Type: application/xml; charset=UTF-8\r\n",
            &format!(
                "<?xml version='1.0' encoding='UTF-8'?><Error><Code>AccessDenied</Code><Message>Access denied.</Message><Details>{ACCOUNT} does not have {permission} access to the Google Cloud Storage bucket. Permission '{permission}' denied on resource (or it may not exist).</Details></Error>"
            ),
        )
    };
    let missing = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist.</Message></Error>";
    let expired = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>AuthenticationRequired</Code><Message>Authentication required.</Message></Error>";
    let ask = |replies: &[(&str, Reply)]| -> Answer {
        let store = Impostor::by_request(replies);
        of(&store.endpoint())
            .variable("GOOGLE_APPLICATION_CREDENTIALS_JSON", &file)
            .flag("--write-canary")
            .run()
    };
    let list = ("list-type=2", Reply::new("200 OK", "", EMPTY));
    let answer = ask(&[
        ("list-type=2", denied("storage.objects.list")),
        ("PUT", denied("storage.objects.create")),
    ]);
    answer
        .is_failed("list", "gcs-permission-denied")
        .is_failed("write", "gcs-permission-denied")
        .is_not_tried(&["read", "delete"]);
    assert!(
        answer.message("list").contains("storage.objects.list"),
        "{}",
        answer.message("list")
    );
    ask(&[list.clone(), ("PUT", denied("storage.objects.create"))])
        .is_ok(&["list"])
        .is_failed("write", "gcs-permission-denied");
    ask(&[("", Reply::new("404 Not Found", "", missing))])
        .is_failed("list", "gcs-bucket-not-found")
        .is_failed("write", "gcs-bucket-not-found");
    ask(&[("", Reply::new("401 Unauthorized", "", expired))]).is_failed("list", "gcs-no-credentials");
    ask(&[("", Reply::new("200 OK", "", "<html><body/></html>"))]).is_failed("list", "endpoint-not-a-store");
    ask(&[("", Reply::new("502 Bad Gateway", "", "<!DOCTYPE html><p>no<br>"))])
        .is_failed("list", "endpoint-not-a-store");
    of("127.0.0.1:9000")
        .run()
        .is_failed("endpoint", "endpoint-malformed")
        .is_not_tried(&["dns", "list"]);
}

#[test]
fn the_account_of_the_node_is_not_taken_for_the_annotated_one() {
    let Some(store) = FakeGcs::start(&progress).unwrap() else {
        return;
    };
    let metadata = |email: &str| {
        Impostor::by_request(&[
            ("service-accounts/default/token", tokens()),
            ("service-accounts/default/email", Reply::new("200 OK", "", email)),
        ])
    };
    let with = |server: &Impostor| {
        let host = server.endpoint().replace("http://", "");
        of(&store.endpoint())
            .variable("GCE_METADATA_HOST", host)
            .flag(&format!("--expect-identity={ACCOUNT}"))
            .run()
    };
    let server = metadata(ACCOUNT);
    let of_pod = with(&server);
    of_pod.is_ok(&["credentials", "identity", "list"]).hides(TOKEN);
    // It is not the node's for coming from there.
    assert_eq!(of_pod.row("identity")["detail"], format!("`{ACCOUNT}`"));
    assert!(
        server
            .heard()
            .iter()
            .all(|request| request.contains("metadata-flavor: google"))
    );
    let of_node = with(&metadata("123-compute@developer.gserviceaccount.com"));
    of_node.is_failed("identity", "identity-of-node").is_ok(&["list"]);
    // The account of the pod names nobody.
    with(&metadata("acme.svc.id.goog")).is_failed("identity", "identity-of-other");
    // What the server does not say is nobody's.
    let silent = Impostor::by_request(&[("service-accounts/default/token", tokens())]);
    with(&silent)
        .is_failed("identity", "identity-not-known")
        .is_mended_by("identity", "gke-metadata-server")
        .is_ok(&["list"]);

    let refusing = |status: &str, text: &str| {
        Impostor::by_request(&[("service-accounts/default/token", Reply::new(status, "", text))])
    };
    let unbound = "Unable to generate access token; IAM returned 403 Forbidden: Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).";
    with(&refusing("403 Forbidden", unbound))
        .is_failed("credentials", "gke-workload-identity-denied")
        .is_not_tried(&["identity", "list"]);
    with(&refusing("404 Not Found", "")).is_failed("credentials", "gcs-no-credentials");
    with(&refusing("500 Internal Server Error", "")).is_failed("credentials", "gke-metadata-error");
    let away = || of(&store.endpoint()).variable("GCE_METADATA_HOST", "127.0.0.1:1");
    away().run().is_failed("credentials", "gcs-no-credentials");
    // Whose account is annotated needs no key.
    let annotated = away().flag(&format!("--expect-identity={ACCOUNT}")).run();
    annotated.is_failed("credentials", "gke-metadata-error");
    let off = of(&store.endpoint()).variable("NO_GCE_CHECK", "true").run();
    off.is_failed("credentials", "gcs-no-credentials");
}

/// As on GKE, where it does not know a pod at once.
#[test]
fn a_metadata_server_is_asked_again_until_it_knows_the_pod() {
    let store = Impostor::answering("200 OK", "", EMPTY);
    let busy = Reply::new("503 Service Unavailable", "", "").once();
    let broken = Reply::none(Duration::ZERO).once();
    let server = Impostor::by_request(&[
        ("service-accounts/default/token", broken),
        ("service-accounts/default/token", busy.clone()),
        ("service-accounts/default/token", tokens()),
        ("service-accounts/default/email", busy),
        ("service-accounts/default/email", Reply::new("200 OK", "", ACCOUNT)),
    ]);
    let probe = of(&store.endpoint()).variable("GCE_METADATA_HOST", server.endpoint().replace("http://", ""));
    let answer = probe.flag(&format!("--expect-identity={ACCOUNT}")).run();
    answer.is_ok(&["credentials", "identity", "list"]);
    assert_eq!(answer.code, Some(0));
    assert_eq!(server.heard().len(), 5);
}

#[test]
fn a_token_of_the_pod_is_exchanged_for_the_account_that_it_may_act_as() {
    let Some(store) = FakeGcs::start(&progress).unwrap() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let federation = |service: &Impostor, seconds: i64| {
        let service = service.endpoint();
        let file = token(folder.path(), seconds);
        json!({
            "type": "external_account", "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/acme/providers/cluster",
            "token_url": format!("{service}/v1/token"),
            "service_account_impersonation_url": format!("{service}/v1/projects/-/serviceAccounts/{ACCOUNT}:generateAccessToken"),
            "credential_source": {"file": file},
        })
    };
    let with = |file: &Value| {
        of(&store.endpoint())
            .variable(
                "GOOGLE_APPLICATION_CREDENTIALS",
                written(folder.path(), &file.to_string()),
            )
            .flag(&format!("--expect-identity={ACCOUNT}"))
            .run()
    };
    let exchanged = json!({"access_token": "token-of-the-pool", "expires_in": 3599, "token_type": "Bearer"});
    let acted = json!({"accessToken": TOKEN, "expireTime": "2100-01-01T00:00:00Z"});
    let service = Impostor::by_request(&[
        ("POST /v1/token", json_reply("200 OK", &exchanged)),
        (":generateAccessToken", json_reply("200 OK", &acted)),
    ]);
    let far = 4_000_000_000;
    with(&federation(&service, far))
        .is_ok(&["credentials", "identity", "list"])
        .hides(TOKEN);
    let heard = service.heard();
    assert!(
        heard[0].contains("subject_token=") && heard[0].contains("audience=%2F%2Fiam.googleapis.com"),
        "{heard:?}"
    );
    assert!(
        heard[1].contains("authorization: bearer token-of-the-pool"),
        "{heard:?}"
    );

    with(&federation(&service, 1_500_000_000)).is_failed("credentials", "gke-workload-identity-denied");
    let denied = json!({"error": {"code": 403, "status": "PERMISSION_DENIED",
        "message": "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."}});
    let service = Impostor::by_request(&[
        ("POST /v1/token", json_reply("200 OK", &exchanged)),
        (":generateAccessToken", json_reply("403 Forbidden", &denied)),
    ]);
    with(&federation(&service, far)).is_failed("credentials", "gke-workload-identity-denied");
    let refused = json!({"error": "invalid_grant", "error_description": "The issuer in ID Token does not match."});
    let service = Impostor::by_request(&[("POST /v1/token", json_reply("400 Bad Request", &refused))]);
    with(&federation(&service, far)).is_failed("credentials", "gke-workload-identity-denied");
    for (status, body, class) in IN_TROUBLE {
        let trouble = Reply::new(status, "", body);
        let service = Impostor::by_request(&[("POST /v1/token", trouble.clone())]);
        with(&federation(&service, far)).is_failed("credentials", class);
        let service = Impostor::by_request(&[
            ("POST /v1/token", json_reply("200 OK", &exchanged)),
            (":generateAccessToken", trouble),
        ]);
        with(&federation(&service, far)).is_failed("credentials", class);
    }
    // In nobody's place.
    let service = Impostor::by_request(&[("POST /v1/token", json_reply("200 OK", &exchanged))]);
    let mut direct = federation(&service, far);
    direct["service_account_impersonation_url"] = Value::Null;
    with(&direct)
        .is_failed("identity", "identity-not-known")
        .is_mended_by("identity", "service_account_impersonation_url");
}

#[test]
fn a_clock_that_is_an_hour_off_is_seen() {
    let Some((private, _)) = key() else { return };
    let (Some(store), Some(library)) = (FakeGcs::start(&progress).unwrap(), clock_library(&progress).unwrap()) else {
        return;
    };
    let service = Impostor::by_request(&[("POST /token", tokens())]);
    for (offset, direction) in [("+1h", "ahead of"), ("-1h", "behind")] {
        let probe = of(&store.endpoint())
            .variable(
                "GOOGLE_APPLICATION_CREDENTIALS_JSON",
                key_file(private, &service.endpoint()),
            )
            .variable("LD_PRELOAD", &library)
            .variable("FAKETIME", offset);
        let answer = probe.variable("FAKETIME_DONT_FAKE_MONOTONIC", "1").run();
        answer.is_failed("clock", "clock-skew");
        assert!(
            answer.message("clock").contains(direction),
            "{}",
            answer.message("clock")
        );
    }
}
