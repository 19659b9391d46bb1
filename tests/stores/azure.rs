//! Azure Blob: account keys, shared access signatures, workload identities, the identity of the node, and what Azure refuses.

use std::path::Path;

use neo4jbackup_harness::{Azurite, CertificateAuthority, clock_library};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::impostor::{Impostor, Reply};
use crate::support::{Answer, Probe, STEPS_OF_CANARY, progress, token, unsigned};

const CLIENT: &str = "f997392c-e15a-4ad8-af9e-cd6966caba7f";
const TENANT: &str = "ab1f708d-50f6-404c-a006-d71b2ac7a606";
const FAR: i64 = 4_000_000_000;

/// A probe of the container `backups` of Azurite's account.
fn of(endpoint: &str) -> Probe {
    Probe::of("azure", endpoint).bucket(&format!("{}/backups", Azurite::ACCOUNT))
}

#[test]
fn the_key_of_the_account_writes_reads_and_deletes_and_another_one_does_not() {
    let Some(azurite) = Azurite::start(None, &progress).unwrap() else {
        return;
    };
    let with = |key: &str| {
        of(&azurite.endpoint())
            .variable("AZURE_STORAGE_KEY", key)
            .flag("--write-canary")
    };
    let answer = with(Azurite::KEY).run();
    answer
        .is_ok(&["endpoint", "dns", "tcp", "clock", "credentials", "list"])
        .is_ok(&STEPS_OF_CANARY)
        .is_not_tried(&["tls", "identity"])
        .hides(Azurite::KEY);
    assert_eq!(answer.code, Some(0));
    assert_eq!(
        answer.report["store"],
        format!("azb://{}/backups/graph/nightly/", Azurite::ACCOUNT)
    );

    let by_variable = with(Azurite::KEY)
        .bucket("backups")
        .variable("AZURE_STORAGE_ACCOUNT", Azurite::ACCOUNT);
    by_variable.run().is_ok(&["list"]);
    with(Azurite::KEY)
        .bucket("backups")
        .run()
        .is_failed("endpoint", "endpoint-malformed")
        .is_not_tried(&["dns", "list"]);

    let other = "b3RoZXIta2V5LW9mLWFub3RoZXItYWNjb3VudA==";
    with(other)
        .run()
        .is_failed("list", "azure-bad-key")
        .is_failed("write", "azure-bad-key")
        .hides(other);
    let damaged = "no base64 at all";
    with(damaged)
        .run()
        .is_failed("credentials", "azure-bad-key")
        .hides(damaged);
    let from_echo = format!("{}\n", Azurite::KEY);
    let answer = with(&from_echo).run();
    answer
        .is_failed("credentials", "azure-bad-key")
        .is_not_tried(&["list"])
        .hides(Azurite::KEY);
    with(Azurite::KEY)
        .bucket(&format!("{}/nobody-has-this", Azurite::ACCOUNT))
        .run()
        .is_failed("list", "azure-container-not-found")
        .is_failed("write", "azure-container-not-found");

    let Some(library) = clock_library(&progress).unwrap() else {
        return;
    };
    for (offset, direction) in [("+1h", "ahead of"), ("-1h", "behind")] {
        let probe = with(Azurite::KEY)
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

#[test]
fn one_artifact_is_found_by_its_key_and_nothing_beside_it_is_taken_for_it() {
    let Some(azurite) = Azurite::start(None, &progress).unwrap() else {
        return;
    };
    let list = |prefix: &str| {
        let probe = of(&azurite.endpoint()).variable("AZURE_STORAGE_KEY", Azurite::KEY);
        probe.prefix(prefix).run()
    };
    list("restores/one.backup").saw("list", "found `restores/one.backup`");
    list("restores/").saw("list", "found `restores/one.backup`");
    for absent in ["restores/two.backup", "restores/on.backup"] {
        list(absent).saw("list", "nothing is there yet");
    }
}

/// Azurite has no folders. The pages are those of an account with a hierarchical namespace.
#[test]
fn folders_and_empty_pages_are_not_taken_for_the_end_of_a_list() {
    let page = |entries: &str, next: &str| {
        let body = format!(
            "<?xml version=\"1.0\"?><EnumerationResults><Blobs>{entries}</Blobs><NextMarker>{next}</NextMarker></EnumerationResults>"
        );
        Reply::new("200 OK", "", &body)
    };
    let entry = |name: &str, kind: &str| {
        format!(
            "<Blob><Name>{name}</Name><Properties><Last-Modified>Sat, 21 Nov 2026 10:00:00 GMT</Last-Modified><Content-Length>0</Content-Length><Content-Type/><ResourceType>{kind}</ResourceType></Properties></Blob>"
        )
    };
    let folder = page(&entry("graph/nightly/2026", "directory"), "second");
    let ask = |replies: &[(&str, Reply)]| {
        let store = Impostor::by_request(replies);
        let probe = of(&store.endpoint()).variable("AZURE_STORAGE_KEY", Azurite::KEY);
        (
            probe.run(),
            store
                .heard()
                .iter()
                .filter(|request| request.contains("comp=list"))
                .count(),
        )
    };
    let (answer, asked) = ask(&[
        ("marker=second", page("", "third")),
        (
            "marker=third",
            page(&entry("graph/nightly/2026/one.backup", "file"), ""),
        ),
        ("comp=list", folder.clone()),
    ]);
    answer.saw("list", "found `graph/nightly/2026/one.backup`");
    assert_eq!(asked, 3);
    let (answer, _) = ask(&[("marker=second", page("", "")), ("comp=list", folder.clone())]);
    answer.saw("list", "nothing is there yet");
    // A list without end is not gone through.
    let (answer, asked) = ask(&[("comp=list", folder)]);
    answer.saw("list", "and there are more");
    assert_eq!(asked, 11);
}

#[test]
fn a_signature_may_what_it_says_until_it_says() {
    let Some(azurite) = Azurite::start(None, &progress).unwrap() else {
        return;
    };
    let with = |name: &str| {
        let signature = azurite.signature(name);
        let secret = signature.split_once("sig=").unwrap().1;
        let probe = of(&azurite.endpoint()).variable("AZURE_STORAGE_SAS_TOKEN", format!("?{signature}"));
        let answer = probe.flag("--write-canary").run();
        answer.hides(secret);
        answer
    };
    with("all").is_ok(&["credentials", "list"]).is_ok(&STEPS_OF_CANARY);
    // No role helps a signature.
    with("no-list")
        .is_failed("list", "azure-permission-mismatch")
        .is_mended_by("list", "sp=rwdl")
        .is_ok(&STEPS_OF_CANARY);
    with("no-put")
        .is_ok(&["list"])
        .is_failed("write", "azure-permission-mismatch")
        .is_not_tried(&["read", "delete"]);
    // Azurite does not say that it is the time.
    with("expired")
        .is_failed("list", "azure-bad-key")
        .is_mended_by("list", "new shared access signature");
}

/// A server over HTTPS, which takes tokens, and how to believe it.
struct Secure {
    azurite: Azurite,
    folder: TempDir,
}

impl Secure {
    fn start() -> Option<Self> {
        let authority = CertificateAuthority::new().unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("authority.pem"), authority.certificate_pem()).unwrap();
        let certificate = authority.issue_server_certificate(&["127.0.0.1"]).unwrap();
        let azurite = Azurite::start(Some(&certificate), &progress).unwrap()?;
        Some(Self { azurite, folder })
    }

    fn probe(&self) -> Probe {
        let file = self.folder.path().join("authority.pem");
        of(&self.azurite.endpoint()).flag(&format!("--ca-file={}", file.display()))
    }

    /// As the webhook of Azure gives it to a pod.
    fn with_identity(&self, service: &Impostor, token_file: &Path) -> Probe {
        self.probe()
            .variable("AZURE_CLIENT_ID", CLIENT)
            .variable("AZURE_TENANT_ID", TENANT)
            .variable("AZURE_AUTHORITY_HOST", format!("{}/", service.endpoint()))
            .variable("AZURE_FEDERATED_TOKEN_FILE", token_file)
    }
}

/// A token as Entra gives it for storage; Azurite looks at what it says.
fn of_entra(client: &str, ends: i64) -> String {
    unsigned(&json!({
        "aud": "https://storage.azure.com", "iss": format!("https://sts.windows.net/{TENANT}/"), "appid": client,
        "iat": 1_500_000_000, "nbf": 1_500_000_000, "exp": ends,
    }))
}

fn entra(status: &str, body: &Value) -> Impostor {
    let reply = Reply::new(status, "Content-Type: application/json\r\n", &body.to_string());
    Impostor::by_request(&[("/oauth2/", reply)])
}

fn refusing(code: &str, description: &str) -> Impostor {
    entra(
        "400 Bad Request",
        &json!({"error": code, "error_description": description}),
    )
}

#[test]
fn a_token_is_exchanged_for_the_annotated_identity() {
    let Some(secure) = Secure::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = token(folder.path(), FAR);
    let good = of_entra(CLIENT, FAR);
    let service = entra(
        "200 OK",
        // As somebody may say it who is not Entra; no clock goes so far.
        &json!({"access_token": good, "expires_in": u64::MAX, "token_type": "Bearer"}),
    );
    let ask = |service: &Impostor| -> Answer {
        let probe = secure.with_identity(service, &file).flag("--write-canary");
        probe
            .flag(&format!("--expect-identity={}", CLIENT.to_uppercase()))
            .run()
    };
    let answer = ask(&service);
    answer
        .is_ok(&["tls", "clock", "credentials", "identity", "list"])
        .is_ok(&STEPS_OF_CANARY)
        .hides(&good)
        .hides(&std::fs::read_to_string(&file).unwrap());
    assert_eq!(answer.report["identity"], CLIENT);
    let heard = service.heard();
    assert!(
        heard[0].starts_with(&format!("POST /{TENANT}/oauth2/v2.0/token ")),
        "{heard:?}"
    );
    assert!(heard[0].contains("client_assertion="), "{heard:?}");

    let other = of_entra("11059fcc-5514-4800-b5f8-49808b9cfab6", FAR);
    let service = entra("200 OK", &json!({"access_token": other, "expires_in": 3599}));
    ask(&service)
        .is_failed("identity", "identity-of-other")
        .is_ok(&["list"]);
    let old = of_entra(CLIENT, 1_600_000_000);
    let service = entra("200 OK", &json!({"access_token": old, "expires_in": 3599}));
    ask(&service).is_failed("list", "azure-token-expired");

    // The sentences are Entra's.
    let unknown = "AADSTS700213: No matching federated identity record found for presented assertion subject 'system:serviceaccount:graph:neo4j-backup-sa'.";
    let answer = ask(&refusing("invalid_client", unknown));
    answer
        .is_failed("credentials", "azure-federation-mismatch")
        .is_not_tried(&["identity", "list"]);
    assert!(
        answer.message("credentials").contains("AADSTS700213"),
        "{}",
        answer.message("credentials")
    );
    // The line for people ends before it says whose token it is.
    assert!(!answer.message("credentials").contains("neo4j-backup-sa"));
    assert_eq!(answer.row("credentials")["said"], unknown);
    let audience = "AADSTS700023: Client assertion audience claim does not match Realm issuer.";
    ask(&refusing("invalid_client", audience)).is_failed("credentials", "azure-federation-mismatch");
    for status in ["429 Too Many Requests", "503 Service Unavailable"] {
        let busy = json!({"error": "temporarily_unavailable", "error_description": "AADSTS90033: A transient error has occurred."});
        ask(&entra(status, &busy)).is_failed("credentials", "unknown");
        ask(&Impostor::answering(status, "", "")).is_failed("credentials", "unknown");
    }
    let early = "AADSTS700024: Client assertion is not within its valid time range.";
    ask(&refusing("invalid_client", early)).is_failed("credentials", "clock-skew");
    let page = Impostor::answering("502 Bad Gateway", "", "<!DOCTYPE html><p>no<br>");
    ask(&page).is_failed("credentials", "endpoint-not-a-store");

    let expired = token(folder.path(), 1_500_000_000);
    let answer = secure.with_identity(&service, &expired).run();
    answer
        .is_failed("credentials", "azure-token-expired")
        .is_not_tried(&["list"]);
    secure
        .with_identity(&service, Path::new("/nowhere/token"))
        .run()
        .is_failed("credentials", "azure-federation-mismatch");

    let secret = |service: &Impostor| {
        let probe = secure.with_identity(service, &file);
        probe
            .variable("AZURE_CLIENT_SECRET", "the-secret-of-the-application")
            .run()
    };
    let wrong = "AADSTS7000215: Invalid client secret provided.";
    secret(&refusing("invalid_client", wrong))
        .is_failed("credentials", "azure-client-secret-bad")
        .hides("the-secret-of-the-application");
    for elsewhere in [
        "AADSTS700016: Application with identifier 'x' was not found in the directory 'y'.",
        "AADSTS90002: Tenant 'x' not found.",
    ] {
        secret(&refusing("unauthorized_client", elsewhere))
            .is_failed("credentials", "azure-federation-mismatch")
            .is_mended_by("credentials", "AZURE_TENANT_ID");
    }
    secret(&refusing(
        "invalid_client",
        "AADSTS7000112: Application 'x' is disabled.",
    ))
    .is_failed("credentials", "unknown");
    let half = secure
        .probe()
        .variable("AZURE_CLIENT_ID", CLIENT)
        .variable("AZURE_TENANTID", TENANT)
        .variable("AZURE_CLIENT_SECRET", "the-secret-of-the-application");
    let half = half.run();
    half.is_failed("credentials", "azure-no-credentials")
        .hides("the-secret-of-the-application");
    let message = half.message("credentials");
    assert_eq!(message, "AZURE_CLIENT_SECRET is set and AZURE_TENANT_ID is not");
}

/// No key helps a token, and no role a key. The bodies are Azure's.
#[test]
fn what_is_refused_is_mended_where_it_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let file = token(folder.path(), FAR);
    let service = entra(
        "200 OK",
        &json!({"access_token": of_entra(CLIENT, FAR), "expires_in": 3599}),
    );
    let with_token = |code: &str, detail: &str| {
        let body = format!(
            "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>Server failed to authenticate the request.</Message><AuthenticationErrorDetail>{detail}</AuthenticationErrorDetail></Error>"
        );
        let store = Impostor::answering("401 Unauthorized", "", &body);
        of(&store.endpoint())
            .variable("AZURE_CLIENT_ID", CLIENT)
            .variable("AZURE_TENANT_ID", TENANT)
            .variable("AZURE_AUTHORITY_HOST", service.endpoint())
            .variable("AZURE_FEDERATED_TOKEN_FILE", &file)
            .run()
    };
    with_token(
        "InvalidAuthenticationInfo",
        "Issuer validation failed. Issuer did not match.",
    )
    .is_failed("list", "azure-token-refused")
    .is_mended_by("list", "AZURE_TENANT_ID");
    with_token(
        "InvalidAuthenticationInfo",
        "Lifetime validation failed. The token is expired.",
    )
    .is_failed("list", "azure-token-expired");

    let store = Impostor::answering("200 OK", "", "<EnumerationResults><Blobs/></EnumerationResults>");
    let with_key = of(&store.endpoint())
        .variable("AZURE_STORAGE_KEY", Azurite::KEY)
        .flag(&format!("--expect-identity={CLIENT}"))
        .run();
    with_key
        .is_failed("identity", "identity-not-known")
        .is_mended_by("identity", "key or signature");
}

#[test]
fn the_identity_of_the_node_is_not_taken_for_the_annotated_one() {
    let Some(secure) = Secure::start() else { return };
    let with = |service: &Impostor| {
        let probe = secure
            .probe()
            .variable("AZURE_POD_IDENTITY_AUTHORITY_HOST", service.endpoint());
        probe.flag(&format!("--expect-identity={CLIENT}")).run()
    };
    let of_node = of_entra("11059fcc-5514-4800-b5f8-49808b9cfab6", FAR);
    let service = entra(
        "200 OK",
        &json!({"access_token": of_node, "expires_on": u64::MAX.to_string()}),
    );
    with(&service)
        .is_ok(&["credentials", "list"])
        .is_failed("identity", "identity-of-node")
        .hides(&of_node);
    assert!(service.heard()[0].contains("metadata: true"));
    with(&refusing("invalid_request", "Identity not found"))
        .is_failed("credentials", "azure-no-credentials")
        .is_not_tried(&["list"]);
    let nowhere = secure
        .probe()
        .variable("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1");
    nowhere.run().is_failed("credentials", "azure-no-credentials");

    // Nobody believes a certificate without its authority.
    of(&secure.azurite.endpoint())
        .run()
        .is_ok(&["tcp"])
        .is_failed("tls", "tls-untrusted-ca")
        .is_not_tried(&["list"]);
}

/// Azurite has neither network rules nor roles. The bodies are Azure's.
#[test]
fn what_only_azure_itself_refuses_has_its_name() {
    let ask = |status: &str, code: &str, message: &str, detail: &str| {
        let body = format!(
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}\nRequestId:1\nTime:2026-11-21T10:00:00Z</Message>{detail}</Error>"
        );
        let store = Impostor::answering(status, &format!("x-ms-error-code: {code}\r\n"), &body);
        of(&store.endpoint()).variable("AZURE_STORAGE_KEY", Azurite::KEY).run()
    };
    ask(
        "403 This request is not authorized",
        "AuthorizationFailure",
        "This request is not authorized to perform this operation.",
        "",
    )
    .is_failed("list", "azure-firewall");
    ask(
        "403 Forbidden",
        "AuthorizationPermissionMismatch",
        "This request is not authorized to perform this operation using this permission.",
        "",
    )
    .is_failed("list", "azure-permission-mismatch");
    let headers = "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.";
    let old = "<AuthenticationErrorDetail>Request date header too old: 'Sat, 21 Nov 2026 09:00:00 GMT'</AuthenticationErrorDetail>";
    ask("403 Forbidden", "AuthenticationFailed", headers, old).is_failed("list", "clock-skew");
    let mac = "<AuthenticationErrorDetail>The MAC signature found in the HTTP request 'abc' is not the same as any computed signature.</AuthenticationErrorDetail>";
    ask("403 Forbidden", "AuthenticationFailed", headers, mac).is_failed("list", "azure-bad-key");
    let late = "<AuthenticationErrorDetail>Signature not valid in the specified time frame: Start [x] - Expiry [y]</AuthenticationErrorDetail>";
    ask("403 Forbidden", "AuthenticationFailed", headers, late).is_failed("list", "azure-token-expired");
    ask(
        "403 Forbidden",
        "KeyBasedAuthenticationNotPermitted",
        "Key based authentication is not permitted on this storage account.",
        "",
    )
    .is_failed("list", "azure-bad-key")
    .is_mended_by("list", "workload identity");
    of("127.0.0.1:10000")
        .run()
        .is_failed("endpoint", "endpoint-malformed")
        .is_not_tried(&["dns", "list"]);
}
