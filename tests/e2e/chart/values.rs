//! What the schema of the values refuses, and how it says so.

use neo4jbackup_core::registry;
use serde_json::Value;

use super::helm::{chart, of_kind, refusal, rendered};

#[test]
fn a_typo_is_refused_with_the_name_that_was_written() {
    for (set, named) in [
        ("valdating.failurePolicy=Fail", "'valdating' not allowed"),
        ("settings.modes=warn", "'modes' not allowed"),
        ("validating.failurepolicy=Fail", "'failurepolicy' not allowed"),
        ("tls.certManager.issuerRef.names=x", "'names' not allowed"),
        ("metrics.serviceMonitor.enable=true", "'enable' not allowed"),
    ] {
        let refusal = refusal(&["--set", set]);
        assert!(refusal.contains(named), "{set}: {refusal}");
    }
}

#[test]
fn a_value_that_means_nothing_is_refused_where_it_stands() {
    for (set, place) in [
        ("engine=webhooks", "/engine"),
        ("settings.mode=strict", "/settings/mode"),
        ("settings.namespaces.graph=off", "/settings/namespaces/graph"),
        ("settings.rules.NB5001=never", "/settings/rules/NB5001"),
        ("settings.rules.NB51=off", "'NB51' does not match"),
        ("validating.timeoutSeconds=31", "/validating/timeoutSeconds"),
        ("validating.failurePolicy=ignore", "/validating/failurePolicy"),
        ("image.digest=latest", "/image/digest"),
        ("connectionAge=300", "/connectionAge"),
        ("replicas=0", "/replicas"),
    ] {
        let refusal = refusal(&["--set", set]);
        assert!(refusal.contains(place), "{set}: {refusal}");
    }
}

#[test]
fn ports_of_the_node_are_refused_with_a_reason() {
    for (set, words) in [
        (
            "hostNetwork=true",
            "ports.https is 10250, which on each node belongs to the kubelet",
        ),
        (
            "hostNetwork=true,ports.https=9443,ports.status=10256",
            "ports.status is 10256, which on each node belongs to kube-proxy",
        ),
        ("ports.status=10250", "ports.https and ports.status are both 10250"),
    ] {
        let refused = refusal(&["--set", set]);
        assert!(refused.contains(words), "{set}: {refused}");
    }
    let objects = rendered(&["--set=hostNetwork=true,ports.https=9443"]);
    let strategy = &of_kind(&objects, "Deployment")[0]["spec"]["strategy"]["rollingUpdate"];
    assert_eq!(
        (&strategy["maxSurge"], &strategy["maxUnavailable"]),
        (&0.into(), &1.into())
    );
}

#[test]
fn what_belongs_together_is_asked_for_together() {
    let refused = refusal(&["--set=tls.mode=existingSecret"]);
    assert!(
        refused.contains("/tls/existingSecret/name") && refused.contains("/tls/existingSecret/caBundle"),
        "{refused}"
    );
    assert!(refusal(&["--set=rbac.legacyRoles=true"]).contains("/rbac/ensure"));
    let refused = refusal(&["--set=rbac.ensure=true,references.enabled=false"]);
    assert!(refused.contains("/references/enabled"), "{refused}");
}

#[test]
fn a_cluster_that_is_too_old_is_refused_and_one_that_is_not_new_gets_no_mutating_policy() {
    let refused = refusal(&["--kube-version=1.29.9"]);
    assert!(refused.contains(">=1.30.0-0"), "{refused}");
    let policies = ["--set=engine=policies", "--kube-version=1.35.0"];
    let objects = rendered(&policies);
    assert!(!of_kind(&objects, "ValidatingAdmissionPolicy").is_empty());
    assert!(
        objects
            .iter()
            .all(|object| !object["kind"].as_str().unwrap().starts_with("Mutating"))
    );
}

#[test]
fn an_off_without_quotes_switches_a_rule_off() {
    let file = chart().join("ci/both-values.yaml");
    let objects = rendered(&["--values", file.to_str().unwrap()]);
    let settings = of_kind(&objects, "ConfigMap")
        .into_iter()
        .find_map(|map| map["data"]["settings.yaml"].as_str());
    let settings: Value = serde_saphyr::from_str(settings.unwrap()).unwrap();
    assert_eq!(settings["rules"]["schedules-overlap"], "off");
    let parsed: neo4jbackup_core::settings::Settings = serde_json::from_value(settings).unwrap();
    assert!(
        registry::unknown_rules(&parsed).is_empty(),
        "{:?}",
        registry::unknown_rules(&parsed)
    );
}

/// Whatever has keys lists them, says what its values are, or is a type of Kubernetes.
#[test]
fn no_object_of_the_schema_takes_any_key() {
    let schema = std::fs::read_to_string(chart().join("values.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let mut open = Vec::new();
    collect_open(&schema, "", &mut open);
    let of_kubernetes = ["Affinity", "ipBlock", "Selector", "topologySpreadConstraints", "global"];
    open.retain(|path| {
        !of_kubernetes
            .iter()
            .any(|known| path.to_lowercase().contains(&known.to_lowercase()))
    });
    assert!(open.is_empty(), "{open:?}");
}

fn collect_open(schema: &Value, path: &str, open: &mut Vec<String>) {
    let Value::Object(fields) = schema else { return };
    let is_object = schema["type"] == "object";
    let is_closed = schema["additionalProperties"] == false || schema["additionalProperties"].is_object();
    if is_object && !is_closed {
        open.push(path.to_owned());
    }
    for (key, value) in fields {
        collect_open(value, &format!("{path}/{key}"), open);
    }
}
