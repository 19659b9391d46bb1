//! Installing, upgrading and uninstalling, with both ways in which helm merges.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use neo4jbackup_harness::CertificateAuthority;
use serde_json::{Value, json};

use super::helm::{CLUSTER_NAME, FULL_NAME, NAMESPACE, entries, of_kind, rendered};
use super::server::Server;

const CONFIGURATIONS: [&str; 2] = ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"];
const SELECTOR: &str = "--selector=app.kubernetes.io/part-of=neo4jbackup";
/// Without the jobs of a switch, which no node would run here.
const FAIL: &[&str] = &["--set=validating.failurePolicy=Fail,mutating.failurePolicy=Fail,hooks.switchEngines=false"];

#[test]
fn what_is_stored_is_what_was_rendered() {
    let server = Server::take();
    for arguments in [&[][..], FAIL, &["--set=tls.mode=certManager"]] {
        server.release("install", arguments);
        let rendered = rendered(arguments);
        let stored = configurations(&server);
        assert_eq!(stored.len(), 4);
        for stored in stored {
            let is_it = |object: &&Value| {
                object["kind"] == stored["kind"] && object["metadata"]["name"] == stored["metadata"]["name"]
            };
            let rendered = rendered.iter().find(is_it).unwrap();
            assert_eq!(
                stored["webhooks"], rendered["webhooks"],
                "the API server filled something in"
            );
        }
        server.uninstall();
    }
}

/// The webhook writes `caBundle` under a name of its own. Whatever helm does must leave it alone.
#[test]
fn an_upgrade_keeps_what_the_webhook_wrote() {
    let server = Server::take();
    for merge in ["--server-side=true", "--server-side=false"] {
        server.release("install", &[merge]);
        write_bundles(&server);
        for change in [
            "validating.timeoutSeconds=5",
            "settings.mode=warn",
            "excludedNamespaces={kube-system,other}",
        ] {
            server.release("upgrade", &[merge, "--set", change]);
            let bundles = bundles(&server);
            assert_eq!(bundles.len(), 7);
            assert!(
                bundles.iter().all(|found| found == bundle()),
                "{merge} {change}: {bundles:?}"
            );
        }
        let stored = server.get(&[CONFIGURATIONS[0], CLUSTER_NAME]);
        let left_out = &stored["webhooks"][0]["namespaceSelector"]["matchExpressions"][0]["values"];
        assert_eq!(
            left_out,
            &json!([NAMESPACE, "kube-system", "other"]),
            "the upgrade reached the object"
        );
        server.uninstall();
    }
}

/// By server-side apply an entry cannot be taken out of a list while somebody else holds a field of it.
#[test]
fn what_is_switched_off_goes_although_the_webhook_wrote_into_it() {
    let server = Server::take();
    server.release("install", &[]);
    for (off, left) in [("workloads", 6), ("serviceAccounts", 6), ("mutating", 6)] {
        write_bundles(&server);
        server.release("upgrade", &["--set", &format!("{off}.enabled=false")]);
        assert_eq!(bundles(&server), vec![bundle(); left], "{off}");
        server.release("upgrade", &["--reset-values"]);
        let waiting = bundles(&server).iter().filter(|bundle| bundle.is_empty()).count();
        assert_eq!(
            (waiting, bundles(&server).len()),
            (1, 7),
            "only the new one waits for its bundle"
        );
    }
}

#[test]
fn the_engine_can_be_changed_in_place() {
    let server = Server::take();
    let there = |resource: &str| {
        !server
            .must(&[
                "get",
                resource,
                "--selector=app.kubernetes.io/part-of=neo4jbackup",
                "--output=name",
                "--all-namespaces",
            ])
            .is_empty()
    };
    server.release("install", &["--set=engine=policies"]);
    assert!(there("validatingadmissionpolicies") && !there(CONFIGURATIONS[0]) && !there("deployments"));
    server.release("upgrade", &["--set=engine=both"]);
    assert!(there("validatingadmissionpolicies") && there(CONFIGURATIONS[0]) && there("deployments"));
    server.release("upgrade", &["--set=engine=webhook,guard.enabled=false"]);
    assert!(!there("validatingadmissionpolicies") && there(CONFIGURATIONS[1]));
    let without_jobs = "--set=engine=policies,guard.enabled=false,hooks.switchEngines=false";
    server.release("upgrade", &[without_jobs]);
    for plural in CONFIGURATIONS {
        assert!(!there(plural), "{plural}");
    }
}

#[test]
fn nothing_is_left_but_the_secret_and_a_second_release_takes_it_up() {
    let server = Server::take();
    let kinds = [
        "validatingwebhookconfigurations",
        "mutatingwebhookconfigurations",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
        "clusterroles",
        "clusterrolebindings",
        "priorityclasses",
        "roles",
        "rolebindings",
        "serviceaccounts",
        "secrets",
        "configmaps",
        "services",
        "deployments",
        "poddisruptionbudgets",
        "networkpolicies",
    ];
    let all = || server.must(&["get", &kinds.join(","), SELECTOR, "--output=name", "--all-namespaces"]);
    server.release(
        "install",
        &["--set=engine=both,rbac.ensure=true,priorityClass.create=true"],
    );
    assert!(all().lines().count() > 15, "{}", all());
    server.uninstall();
    assert_eq!(all().trim(), format!("secret/{FULL_NAME}-ca"));
    fill_secret(&server);
    server.release("install", &[]);
    assert_secret_is_full(&server, "taken up by a second release");
}

/// The webhook may not make its Secret, so that the chart has to: empty, again when it is gone, and never over what the
/// webhook keeps in it.
#[test]
fn the_secret_of_the_authority_is_made_empty_and_keeps_what_it_holds() {
    let server = Server::take();
    for merge in ["--server-side=true", "--server-side=false"] {
        server.release("install", &[merge]);
        let secret = secret(&server);
        assert_eq!((secret.get("data"), &secret["type"]), (None, &json!("Opaque")));
        fill_secret(&server);
        server.release("upgrade", &[merge, "--set=replicas=3"]);
        server.release("upgrade", &[merge, "--set=commonLabels.team=graph"]);
        assert_secret_is_full(&server, merge);
        assert_eq!(self::secret(&server)["metadata"]["labels"]["team"], "graph");

        server.must(&["delete", "secret", &format!("{FULL_NAME}-ca"), "--namespace", NAMESPACE]);
        server.release("upgrade", &[merge]);
        assert_eq!(self::secret(&server).get("data"), None, "{merge}: made again, empty");
        server.uninstall();
        server.must(&["delete", "secrets", "--all", "--namespace", NAMESPACE]);
    }

    // As Argo CD and Flux apply what they render.
    server.release("install", &[]);
    fill_secret(&server);
    let manifest = super::helm::rendered_text(&["--show-only=templates/rbac.yaml"]);
    for manager in ["argocd-controller", "kustomize-controller"] {
        let manager = format!("--field-manager={manager}");
        let apply = ["apply", "--server-side", "--force-conflicts", &manager, "--filename=-"];
        let answer = server.kubectl(&apply, &manifest);
        assert!(answer.success(), "{answer:?}");
        assert_secret_is_full(&server, &manager);
    }
    let annotations = &secret(&server)["metadata"]["annotations"];
    assert_eq!(
        annotations["argocd.argoproj.io/sync-options"],
        "Prune=false,Delete=false"
    );
    assert_eq!(annotations["kustomize.toolkit.fluxcd.io/prune"], "disabled");
}

fn secret(server: &Server) -> Value {
    server.get(&["secret", &format!("{FULL_NAME}-ca"), "--namespace", NAMESPACE])
}

/// As the webhook does: it replaces what it has read.
fn fill_secret(server: &Server) {
    let mut secret = secret(server);
    secret["data"] = json!({"ca.crt": "bWluZQ=="});
    let answer = server.kubectl(&["replace", "--filename=-"], &secret.to_string());
    assert!(answer.success(), "{answer:?}");
}

fn assert_secret_is_full(server: &Server, when: &str) {
    assert_eq!(secret(server)["data"], json!({"ca.crt": "bWluZQ=="}), "{when}");
}

/// What helm makes once it must not make again, or calls would fail until every pod has the new one.
#[test]
fn a_certificate_of_helm_survives_an_upgrade_and_is_trusted() {
    let server = Server::take();
    let mode = "--set=tls.mode=helm";
    let secret = || server.get(&["secret", &format!("{FULL_NAME}-tls"), "--namespace", NAMESPACE])["data"].clone();
    server.release("install", &[mode]);
    let first = secret();
    for authority in bundles(&server) {
        assert_eq!(authority, first["ca.crt"]);
    }
    server.release("upgrade", &[mode, "--set=replicas=3"]);
    assert_eq!(secret(), first);
}

#[test]
fn a_render_of_the_mode_helm_trusts_what_it_serves() {
    let objects = rendered(&["--set=tls.mode=helm"]);
    let authority = &of_kind(&objects, "Secret")[0]["data"]["ca.crt"];
    for entry in entries(&objects) {
        assert_eq!(&entry["clientConfig"]["caBundle"], authority);
    }
}

/// As the webhook writes them.
fn write_bundles(server: &Server) {
    for stored in configurations(server) {
        let entries = stored["webhooks"].as_array().unwrap().iter();
        let entries: Vec<Value> = entries
            .map(|entry| json!({"name": entry["name"], "clientConfig": {"caBundle": bundle()}}))
            .collect();
        let patch = json!({
            "apiVersion": stored["apiVersion"], "kind": stored["kind"],
            "metadata": {"name": stored["metadata"]["name"]}, "webhooks": entries,
        });
        let arguments = [
            "apply",
            "--server-side",
            "--field-manager=neo4jbackup-webhook-ca",
            "--filename=-",
        ];
        let answer = server.kubectl(&arguments, &patch.to_string());
        assert!(answer.success(), "{answer:?}");
    }
}

/// Every `caBundle`; empty where there is none.
fn bundles(server: &Server) -> Vec<String> {
    let read = |entry: &Value| {
        entry["clientConfig"]["caBundle"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let entries = |stored: &Value| {
        stored["webhooks"]
            .as_array()
            .unwrap()
            .iter()
            .map(read)
            .collect::<Vec<_>>()
    };
    configurations(server).iter().flat_map(entries).collect()
}

/// The webhook configurations that are stored.
fn configurations(server: &Server) -> Vec<Value> {
    let list = server.get(&[&CONFIGURATIONS.join(","), SELECTOR]);
    list["items"].as_array().unwrap().clone()
}

/// A certificate, because the API server looks.
fn bundle() -> &'static str {
    static BUNDLE: OnceLock<String> = OnceLock::new();
    BUNDLE.get_or_init(|| STANDARD.encode(CertificateAuthority::new().unwrap().certificate_pem()))
}
