use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::snapshot::{LogOf, LogTail, stored};

fn text(text: &str) -> String {
    Redactor::new(Extent::Secrets).text(text).into_owned()
}

/// A snapshot of one CronJob and one log.
fn snapshot(object: Value, log: &str) -> Snapshot {
    let mut snapshot = Snapshot::new(Timestamp::UNIX_EPOCH, None);
    let (resource, object) = stored(Node::from(object)).unwrap();
    snapshot.add(resource, [object]);
    let of = LogOf {
        namespace: "graph".to_owned(),
        pod: "nightly".to_owned(),
        container: "backup".to_owned(),
        previous: false,
    };
    snapshot.add_log(of, LogTail::Read(log.to_owned()));
    snapshot
}

fn everything(snapshot: &Snapshot) -> String {
    let objects = snapshot.resources().flat_map(|resource| snapshot.objects(resource));
    let logs = snapshot.logs().filter_map(|(_, tail)| tail.text());
    objects
        .map(StoredObject::text)
        .chain(logs)
        .collect::<Vec<_>>()
        .join("\n")
}

fn cron_job(extra: &Value) -> Value {
    json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly", "namespace": "graph", "annotations": {}},
        "spec": {"jobTemplate": {"spec": {"template": {"spec": {"containers": [{"name": "backup", "extra": extra}]}}}}},
    })
}

const JWT: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJlLW9mLXRva2Vu";
const AWS_SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

#[test]
fn what_has_the_shape_of_a_secret_is_replaced() {
    let azure = format!(
        "{}==",
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw"
    );
    for (line, expected) in [
        (
            "denied for AKIAIOSFODNN7EXAMPLE here".to_owned(),
            "denied for <redacted:aws-access-key-id:1> here",
        ),
        (
            format!("AKIAIOSFODNN7EXAMPLE {AWS_SECRET}"),
            "<redacted:aws-access-key-id:1> <redacted:aws-secret-key:1>",
        ),
        (
            format!("aws_secret_access_key={AWS_SECRET}"),
            "aws_secret_access_key=<redacted:aws-secret-key:1>",
        ),
        (
            format!("AccountName=a;AccountKey={azure};EndpointSuffix=x"),
            "AccountName=a;AccountKey=<redacted:key:1>",
        ),
        (format!("key {azure}"), "key <redacted:azure-key:1>"),
        (
            "https://a.blob.core.windows.net/c?sv=2022&sig=abcDEF123%2Fabcdefgh%3D&se=1".to_owned(),
            "https://a.blob.core.windows.net/c?sv=2022&sig=<redacted:azure-signature:1>&se=1",
        ),
        (format!("token {JWT}."), "token <redacted:jwt:1>."),
        (
            "https://user:pa/ss@host:443/x".to_owned(),
            "https://user:<redacted:authorization:1>@host:443/x",
        ),
        (
            "Authorization: Bearer abc123def456".to_owned(),
            "Authorization: Bearer <redacted:authorization:1>",
        ),
        (
            "NEO4J_AUTH=neo4j/hunter2".to_owned(),
            "NEO4J_AUTH=neo4j/<redacted:password:1>",
        ),
        (
            "cypher-shell -u neo4j -p hunter2 'RETURN 1'".to_owned(),
            "cypher-shell -u neo4j -p <redacted:password:1> 'RETURN 1'",
        ),
        (
            "neo4j-admin dbms set-initial-password hunter2".to_owned(),
            "neo4j-admin dbms set-initial-password <redacted:password:1>",
        ),
        (
            "ALTER USER neo4j SET PASSWORD 'hunter2'".to_owned(),
            "ALTER USER neo4j SET PASSWORD '<redacted:password:1>'",
        ),
        (
            "--password hunter2 --from x".to_owned(),
            "--password <redacted:password:1> --from x",
        ),
        (
            "{\"db\": {\"password\": \"hun\\\"ter2\"}}".to_owned(),
            "{\"db\": {\"password\": \"<redacted:password:1>\"}}",
        ),
        ("password: hunter2".to_owned(), "password: <redacted:password:1>"),
        (
            "- name: DB_TOKEN\n  value: hunter2\n".to_owned(),
            "- name: DB_TOKEN\n  value: <redacted:token:1>\n",
        ),
        (
            "a -----BEGIN RSA PRIVATE KEY-----\\nMIIB\\n-----END RSA PRIVATE KEY----- b".to_owned(),
            "a <redacted:private-key:1> b",
        ),
        (
            format!("data {}", STANDARD.encode(format!("x {JWT}"))),
            "data <redacted:encoded:1>",
        ),
    ] {
        let redacted = text(&line);
        assert!(redacted.starts_with(expected), "{line}\n{redacted}");
        assert_eq!(text(&redacted), redacted, "{line}");
    }
}

#[test]
fn what_is_said_in_a_statement_a_header_or_a_url_is_replaced() {
    for (line, expected) in [
        (
            "ALTER CURRENT USER SET PASSWORD FROM 'hunter2' TO 'hunter3'".to_owned(),
            "ALTER CURRENT USER SET PASSWORD FROM '<redacted:password:1>' TO '<redacted:password:2>'",
        ),
        (
            "alter current user set password from \"hunter2\"\n  to \"hunter3\"".to_owned(),
            "alter current user set password from \"<redacted:password:1>\"\n  to \"<redacted:password:2>\"",
        ),
        (
            "CREATE USER a SET ENCRYPTED PASSWORD '1,ab12,34' CHANGE NOT REQUIRED".to_owned(),
            "CREATE USER a SET ENCRYPTED PASSWORD '<redacted:password:1>' CHANGE",
        ),
        (
            "Authorization: Token 0123456789abcdef".to_owned(),
            "Authorization: Token <redacted:authorization:1>",
        ),
        (
            "Authorization: ApiKey VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6".to_owned(),
            "Authorization: ApiKey <redacted:authorization:1>",
        ),
        (
            "-H 'authorization: Splunk 3f2b8c1e-7a4d-4e9b-9c0d-1f2a3b4c5d6e'".to_owned(),
            "-H 'authorization: Splunk <redacted:authorization:1>'",
        ),
        (
            "Proxy-Authorization: Custom a1b2c3d4e5f6a7b8c9".to_owned(),
            "Proxy-Authorization: Custom <redacted:authorization:1>",
        ),
        (
            "https://b.s3.amazonaws.com/x?X-Amz-Date=1&X-Amz-Signature=0123456789abcdef0123&a=1".to_owned(),
            "https://b.s3.amazonaws.com/x?X-Amz-Date=1&X-Amz-Signature=<redacted:authorization:1>&a=1",
        ),
        (
            "https://storage.googleapis.com/b/x?X-Goog-Signature=0123456789abcdef0123".to_owned(),
            "https://storage.googleapis.com/b/x?X-Goog-Signature=<redacted:authorization:1>",
        ),
    ] {
        let redacted = text(&line);
        assert!(redacted.starts_with(expected), "{line}\n{redacted}");
        assert_eq!(text(&redacted), redacted, "{line}");
    }
}

#[test]
fn what_only_speaks_of_secrets_stays() {
    for line in [
        "secret \"backup-aws-creds\" not found",
        "couldn't find key AWS_SECRET_ACCESS_KEY in Secret graph/aws",
        "ExpiredToken: The provided token has expired.",
        "InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records",
        "serviceAccountToken: {path: token, expirationSeconds: 3600}",
        "secretName: backup-creds",
        "AWS_WEB_IDENTITY_TOKEN_FILE=/var/run/secrets/eks.amazonaws.com/serviceaccount/token",
        "error validating token: token is expired",
        "neo4j-admin database backup --from=prod-0.prod-headless.graph.svc.cluster.local:6362 --to-path='/backup/nightly/' \"neo4j\"",
        "Bearer authentication failed",
        "Authorization: Token required for this operation",
        "authorization: user Neo4jAdmin1 may not do this",
        "SET PASSWORD $password CHANGE NOT REQUIRED",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "at org.neo4j.backup.impl.OnlineBackupExecutor.executeBackup(OnlineBackupExecutor.java:141)",
        "job.batch/nightly-backup-cron-29920680-x7k2p uid 11111111-0000-4000-8000-000000000001",
    ] {
        assert_eq!(text(line), line);
    }
}

#[test]
fn the_values_of_variables_are_replaced_and_what_is_no_secret_stays() {
    let extra = json!({
        "env": [
            {"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "MAX_TOKENS_ENABLED", "value": "true"},
            {"name": "GOOGLE_APPLICATION_CREDENTIALS", "value": "/var/secrets/google/key.json"},
            {"name": "NEO4J_AUTH", "value": "neo4j/s3cr3t-pw"}, {"name": "REF_TOKEN", "value": "$(OTHER)"},
            {"name": "KEYED", "valueFrom": {"secretKeyRef": {"name": "aws", "key": "AWS_SECRET_ACCESS_KEY"}}},
        ],
        "args": ["cypher-shell", "-u", "neo4j", "-p", "list-pw1", "--password", "list-pw2"],
        "adminSecret": "neo4j-admin", "config": {"dbms.ldap.password": 12345},
    });
    let mut seen = snapshot(cron_job(&extra), "login failed with s3cr3t-pw");
    let mut redactor = Redactor::new(Extent::Secrets);
    redactor.snapshot(&mut seen);
    let all = everything(&seen);
    for gone in ["hunter2", "s3cr3t-pw", "list-pw", "12345"] {
        assert!(!all.contains(gone), "{gone}: {all}");
    }
    for kept in [
        "\"true\"",
        "/var/secrets/google/key.json",
        "neo4j/<redacted",
        "$(OTHER)",
        "\"aws\"",
        "neo4j-admin",
        "\"AWS_SECRET_ACCESS_KEY\"",
    ] {
        assert!(all.contains(kept), "{kept}: {all}");
    }
    // One value is one token, and the log has it as well.
    let token = all.split("neo4j/").nth(1).unwrap().split('"').next().unwrap();
    assert!(all.ends_with(&format!("login failed with {token}")), "{all}");
    let passwords = redactor.counts().find(|(kind, _)| *kind == Kind::Password).unwrap().1;
    assert_eq!((passwords.values, passwords.places), (5, 6));
}

#[test]
fn places_are_replaced_by_others_of_their_shape() {
    let line = "arn:aws:iam::123456789012:role/x s3://acme-backups/a https://vault.acme.example/v1 jane@acme.example 10.1.2.3:6362 \
                https://acme.blob.core.windows.net/c 2025.11.0 prod-0.prod.graph.svc.cluster.local 12:30:45";
    let mut redactor = Redactor::new(Extent::Places);
    let redacted = redactor.text(line).into_owned();
    assert_eq!(
        redacted,
        "arn:aws:iam::000000000001:role/x s3://redacted-bucket-1/a https://host-1.redacted.invalid/v1 redacted-1@redacted.invalid \
         198.18.0.1:6362 https://redactedaccount2.blob.core.windows.net/c 2025.11.0 prod-0.prod.graph.svc.cluster.local 12:30:45"
    );
    assert_eq!(redactor.text(&redacted), redacted);
    assert_eq!(text(line), line);
}

#[test]
fn an_account_of_azure_and_its_container_are_replaced_wherever_they_stand() {
    let applied = json!({"bucket": "acmestorage/acme-container/x", "bucketName": "acmeother"}).to_string();
    let extra = json!({
        "storage": {"type": "azure", "bucket": "acmestorage/acme-container"}, "s3": {"type": "s3", "bucket": "acmebucket/nightlypath"},
        "args": ["--to-path=azb://acmestorage/acme-container/graph/nightly"], "applied": applied,
    });
    let mut seen = snapshot(cron_job(&extra), "azb://acmestorage/acme-container/a, azb://lonelyone");
    let mut redactor = Redactor::new(Extent::Places);
    redactor.snapshot(&mut seen);
    let all = everything(&seen);
    for gone in ["acme", "lonely"] {
        assert!(!all.contains(gone), "{gone}: {all}");
    }
    assert!(
        all.contains("azb://redactedaccount1/redacted-bucket-1/graph/nightly"),
        "{all}"
    );
    assert!(all.contains("\"redactedaccount1/redacted-bucket-1\""), "{all}");
    // Elsewhere the first folder is none of it.
    assert!(all.contains("/nightlypath\""), "{all}");
    let mut again = seen.clone();
    Redactor::new(Extent::Places).snapshot(&mut again);
    assert_eq!(again, seen);
    // A name that is a bucket of one and an account of another has one stand-in.
    let line = "s3://sharedname/a azb://sharedname/other {\"bucket\": \"sharedname/other\"}";
    let redacted = Redactor::new(Extent::Places).text(line).into_owned();
    assert!(
        !redacted.contains("sharedname") && !redacted.contains("other"),
        "{redacted}"
    );
    assert_eq!(Redactor::new(Extent::Places).text(&redacted), redacted);
    assert_eq!(text(line), line);
}

#[test]
fn a_name_of_an_object_is_never_replaced() {
    let mut object = cron_job(&json!({"env": [{"name": "DB_PASSWORD", "value": "nightly-2"}]}));
    object["metadata"]["name"] = "graph-nightly-2".into();
    let mut seen = snapshot(object, "graph-nightly-2");
    Redactor::new(Extent::Secrets).snapshot(&mut seen);
    assert!(everything(&seen).ends_with("graph-nightly-2"));
}

/// An id of a client is written like the name of an object, and so may its secret be.
#[test]
fn a_field_that_holds_a_secret_is_no_reference() {
    let secret = "3f2b8c1e-7a4d-4e9b-9c0d-1f2a3b4c5d6e";
    let extra = json!({
        "clientSecret": secret, "env": [{"name": "CLIENT_SECRET", "value": secret}],
        "adminSecret": "neo4j-admin", "note": json!({"clientSecret": secret}).to_string(),
    });
    let mut seen = snapshot(cron_job(&extra), &format!("clientSecret: {secret}\nsent {secret}"));
    Redactor::new(Extent::Secrets).snapshot(&mut seen);
    let all = everything(&seen);
    assert!(!all.contains(secret), "{all}");
    assert!(
        all.contains("\"adminSecret\": \"neo4j-admin\"") || all.contains("\"adminSecret\":\"neo4j-admin\""),
        "{all}"
    );
}

#[test]
fn every_line_of_a_block_is_part_of_the_value() {
    for (block, expected) in [
        (
            "db:\n  password: |\n    first-part\n\n      second-part\n  user: bob\n",
            "db:\n  password: |\n    <redacted:password:1>\n  user: bob\n",
        ),
        (
            "password: >2- # kept\n\n    first-part\n  second-part\nuser: bob",
            "password: >2- # kept\n\n    <redacted:password:1>\nuser: bob",
        ),
        (
            "password: |\nfirst-part\nuser: bob",
            "password: |\n<redacted:password:1>\nuser: bob",
        ),
        (
            "- token: |-\n    abc1\n    def2\n- a",
            "- token: |-\n    <redacted:token:1>\n- a",
        ),
    ] {
        assert_eq!(text(block), expected);
        assert_eq!(text(expected), expected);
    }
}

#[test]
fn a_list_of_secrets_has_none_left() {
    for (list, expected) in [
        (
            "passwords: [hunter2, \"hun ter3\", 'x,y'] # end",
            "passwords: [<redacted:password:1>, \"<redacted:password:2>\", '<redacted:password:3>'] # end",
        ),
        (
            "{\"tokens\": [\"abc1\", \"\",\n \"def2\"], \"a\": [\"b\"]}",
            "{\"tokens\": [\"<redacted:token:1>\", \"\",\n \"<redacted:token:2>\"], \"a\": [\"b\"]}",
        ),
        (
            "passwords:\n  - hunter2\n  - \"hunter3\" # old\nusers:\n  - bob\n",
            "passwords:\n  - <redacted:password:1>\n  - \"<redacted:password:2>\" # old\nusers:\n  - bob\n",
        ),
    ] {
        assert_eq!(text(list), expected);
        assert_eq!(text(expected), expected);
    }
    for kept in [
        "cannot list secrets: [forbidden]",
        "\"imagePullSecrets\": [\"registry-login\"]",
        "imagePullSecrets:\n  - name: registry-login\n",
    ] {
        assert_eq!(text(kept), kept);
    }
    let extra = json!({"passwords": ["hunter2", ["x"], {"a": "b"}], "imagePullSecrets": ["registry-login"]});
    let mut seen = snapshot(cron_job(&extra), "");
    Redactor::new(Extent::Secrets).snapshot(&mut seen);
    let all = everything(&seen);
    assert!(!all.contains("hunter2") && all.contains("registry-login"), "{all}");
}

/// How a text may stand in another.
#[derive(Debug, Clone, Copy)]
enum Wrapping {
    Json,
    JsonInKey,
    List,
    Base64,
    UrlSafe,
    Unicode,
    Log,
    Percent,
}

fn wrap(text: &str, how: Wrapping) -> String {
    match how {
        Wrapping::Json => json!({"message": text, "level": "info"}).to_string(),
        Wrapping::JsonInKey => json!({text: 1}).to_string(),
        Wrapping::List => json!(["a", text, "b"]).to_string(),
        Wrapping::Base64 => STANDARD.encode(text),
        Wrapping::UrlSafe => URL_SAFE_NO_PAD.encode(text),
        Wrapping::Unicode => {
            let units: String = text
                .encode_utf16()
                .enumerate()
                .map(|(place, unit)| match (place % 3, u8::try_from(unit)) {
                    (0, Ok(byte)) if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
                    _ => format!("\\u{unit:04x}"),
                })
                .collect();
            format!("{{\"m\":\"{units}\"}}")
        }
        Wrapping::Log => format!("2026-11-21 06:00:01.000+0000 INFO  [c.n.b.X] {text}"),
        Wrapping::Percent => text
            .bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect(),
    }
}

fn wrappings() -> impl Strategy<Value = Vec<Wrapping>> {
    use Wrapping::{Base64, Json, JsonInKey, List, Log, Percent, Unicode, UrlSafe};
    let all = [Json, JsonInKey, List, Base64, UrlSafe, Unicode, Log, Percent];
    proptest::collection::vec(proptest::sample::select(all.to_vec()), 0..5)
}

/// Texts that carry a secret, and the secret in them.
fn carriers() -> impl Strategy<Value = (String, String)> {
    let password = "[a-z]{3}[A-Z0-9!#/+]{3}[a-z0-9]{4,12}";
    prop_oneof![
        password.prop_map(|secret| (format!("password={secret}"), secret)),
        password.prop_map(|secret| (format!("{{\"DB_PASSWORD\":\"{secret}\"}}"), secret)),
        password.prop_map(|secret| (format!("[{{\"name\":\"API_TOKEN\",\"value\":\"{secret}\"}}]"), secret)),
        password.prop_map(|secret| (format!("NEO4J_AUTH=neo4j/{secret}"), secret)),
        password.prop_map(|secret| (format!("see https://bob:{secret}@db.example/x"), secret)),
        "[A-Z2-7]{16}".prop_map(|rest| (format!("id AKIA{rest} end"), format!("AKIA{rest}"))),
        "[A-Za-z0-9/+]{40}"
            .prop_filter("as AWS makes them", |secret| {
                secret.bytes().any(|byte| byte.is_ascii_lowercase())
                    && secret.bytes().any(|byte| byte.is_ascii_uppercase())
            })
            .prop_map(|secret| (format!("AKIAIOSFODNN7EXAMPLE {secret}"), secret)),
        "[A-Za-z0-9_-]{20}".prop_map(|rest| {
            let secret = format!("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.{rest}x");
            (format!("token {secret} end"), secret)
        }),
        "[A-Za-z0-9+/]{64}".prop_map(|body| {
            (
                format!("k -----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY----- z"),
                body,
            )
        }),
    ]
}

/// Whether a secret can be read from a text by any of the ways in which it may be written.
fn can_be_read(text: &str, secret: &str) -> bool {
    let deepest = view::layers(text);
    let in_layer = deepest.iter().any(|layer| layer.text.contains(secret));
    let encoded = STANDARD.encode(secret);
    in_layer
        || deepest
            .iter()
            .any(|layer| layer.text.contains(encoded.trim_end_matches('=')))
}

proptest! {
    #[test]
    fn no_secret_is_left_in_any_nesting((carrier, secret) in carriers(), nesting in wrappings(), place in 0..5_usize) {
        let wrapped = nesting.iter().fold(carrier.clone(), |text, how| wrap(&text, *how));
        let (object, log) = match place {
            0 => (cron_job(&json!(wrapped)), String::new()),
            1 => (cron_job(&json!({"args": ["-c", wrapped]})), String::new()),
            2 => (cron_job(&json!({wrapped.clone(): "x"})), String::new()),
            3 => (cron_job(&json!({"deep": [[{"note": wrapped}]]})), String::new()),
            _ => (cron_job(&json!({})), format!("first line\n{wrapped}\nlast line\n")),
        };
        let mut seen = snapshot(object, &log);
        Redactor::new(Extent::Secrets).snapshot(&mut seen);
        let all = everything(&seen);
        prop_assert!(!can_be_read(&all, &secret), "{carrier}\n{wrapped}\n{all}");
        let mut again = seen.clone();
        Redactor::new(Extent::Secrets).snapshot(&mut again);
        prop_assert_eq!(&again, &seen);
    }

    #[test]
    fn a_secret_that_is_known_is_gone_in_every_encoding(secret in "[a-z]{3}[A-Z0-9\"\\\\]{3}[a-z0-9 ]{3,12}[a-z0-9]", nesting in wrappings()) {
        let object = cron_job(&json!({"env": [{"name": "DB_PASSWORD", "value": secret}]}));
        let log = nesting.iter().fold(format!("said {secret} here"), |text, how| wrap(&text, *how));
        let mut seen = snapshot(object, &log);
        Redactor::new(Extent::Secrets).snapshot(&mut seen);
        let all = everything(&seen);
        prop_assert!(!can_be_read(&all, &secret), "{log}\n{all}");
    }

    #[test]
    fn redacting_any_text_twice_changes_nothing_more(anything in ".{0,200}") {
        for extent in [Extent::Secrets, Extent::Places] {
            let once = Redactor::new(extent).text(&anything).into_owned();
            let twice = Redactor::new(extent).text(&once).into_owned();
            prop_assert_eq!(&once, &twice);
        }
    }

    #[test]
    fn an_object_stays_an_object(key in "(password|note|token|x)", inner in ".{0,40}") {
        let text = json!({key: inner, "other": {"n": 1}}).to_string();
        let redacted = Redactor::new(Extent::Secrets).text(&text).into_owned();
        let read: Value = serde_json::from_str(&redacted).map_err(|error| TestCaseError::fail(format!("{error}: {redacted}")))?;
        prop_assert_eq!(&read["other"]["n"], &json!(1));
    }
}

#[test]
fn numbers_of_two_reports_are_not_compared() {
    assert_eq!(
        without_numbers("a <redacted:password:12>, <redacted:jwt:1> <redacted:none:1>"),
        "a <redacted:password>, <redacted:jwt> <redacted:none:1>"
    );
    assert!(matches!(without_numbers("nothing <redacted:x"), Cow::Borrowed(_)));
}
