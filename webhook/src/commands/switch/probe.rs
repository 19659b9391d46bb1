//! One object that is tried and never stored, and what shows that somebody has judged it.

use neo4jbackup_cluster::DryRun;
pub(crate) use neo4jbackup_core::admission::trial::GOOD_SCHEDULE as SCHEDULE;
use neo4jbackup_core::schema::Kind;
use serde_json::{Value, json};

use crate::commands::trial::NAME;

/// What is not as it will be when the switch may go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotYet {
    /// A configuration that is to be there is not.
    #[error("the configuration is not there")]
    NoConfiguration,
    /// A `caBundle` of it is empty.
    #[error("it is empty")]
    EmptyBundle,
    /// The probe was refused, with this message.
    #[error("a backup without a mistake was refused: {0}")]
    Refused(String),
    /// No warning came with the answer.
    #[error("a validating policy that was just made is not in force yet")]
    ValidatingPolicy,
    /// The object has no annotation.
    #[error("a mutating policy that was just made is not in force yet")]
    MutatingPolicy,
}

/// A configuration that is asked for the probe only, and then has to answer: what it leads to may not be there yet.
pub(crate) fn probe_only(configuration: &Value) -> Value {
    let mut restricted = configuration.clone();
    restricted["metadata"]["annotations"][MARK] = "true".into();
    let entries = restricted["webhooks"].as_array_mut();
    for entry in entries.into_iter().flatten() {
        entry["failurePolicy"] = "Fail".into();
        let condition = json!({
            "name": "probe-only",
            "expression": format!("has(object.metadata.name) && object.metadata.name == '{NAME}'"),
        });
        match &mut entry["matchConditions"] {
            Value::Array(conditions) => conditions.push(condition),
            absent => *absent = json!([condition]),
        }
    }
    restricted
}

/// Whether a stored configuration is asked for the probe only.
pub(crate) fn marked(configuration: &Value) -> bool {
    !configuration["metadata"]["annotations"][MARK].is_null()
}

/// Whether all entries of a stored configuration say whom they trust.
pub(crate) fn is_trusting(configuration: &Value) -> Result<(), NotYet> {
    let entries = configuration["webhooks"].as_array();
    let is_empty = |entry: &Value| entry["clientConfig"]["caBundle"].as_str().is_none_or(str::is_empty);
    if entries.into_iter().flatten().any(is_empty) {
        return Err(NotYet::EmptyBundle);
    }
    Ok(())
}

/// Accepted, with configurations that fail where nobody answers: everybody has answered.
pub(crate) fn is_answered(answer: &DryRun) -> Result<(), NotYet> {
    if answer.accepted {
        return Ok(());
    }
    let message = answer.answer["message"].as_str().unwrap_or_default();
    Err(NotYet::Refused(message.to_owned()))
}

/// Whether the policies of [`watchers`] were at work.
pub(crate) fn is_marked(answer: &DryRun, with_defaults: bool) -> Result<(), NotYet> {
    is_answered(answer)?;
    if !answer.warnings.iter().any(|warning| warning.contains(MARK)) {
        return Err(NotYet::ValidatingPolicy);
    }
    if with_defaults && answer.answer["metadata"]["annotations"][MARK].is_null() {
        return Err(NotYet::MutatingPolicy);
    }
    Ok(())
}

/// Policies that do nothing but mark the probe: one with a warning and, where defaults are filled in, one with an
/// annotation. Each comes before its binding.
pub(crate) fn watchers(release: &str, with_defaults: bool) -> Vec<Value> {
    let name = format!("{release}-switch-probe");
    let mut watchers = Vec::new();
    if with_defaults {
        let mut policy = policy("MutatingAdmissionPolicy", &name);
        policy["spec"]["reinvocationPolicy"] = "IfNeeded".into();
        let mutation = format!(
            "dyn(object).metadata.?annotations.hasValue() ? \
             [JSONPatch{{op: 'add', path: '/metadata/annotations/' + jsonpatch.escapeKey('{MARK}'), value: 'seen'}}] : \
             [JSONPatch{{op: 'add', path: '/metadata/annotations', value: {{'{MARK}': 'seen'}}}}]"
        );
        policy["spec"]["mutations"] = json!([{"patchType": "JSONPatch", "jsonPatch": {"expression": mutation}}]);
        watchers.push(policy);
        watchers.push(binding("MutatingAdmissionPolicyBinding", &name));
    }
    let mut policy = policy("ValidatingAdmissionPolicy", &name);
    policy["spec"]["validations"] = json!([{"expression": "false", "message": MARK}]);
    watchers.push(policy);
    let mut binding = binding("ValidatingAdmissionPolicyBinding", &name);
    binding["spec"]["validationActions"] = json!(["Warn"]);
    watchers.push(binding);
    watchers
}

fn policy(kind: &str, name: &str) -> Value {
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind,
        "metadata": {"name": name, "labels": {"app.kubernetes.io/part-of": "neo4jbackup"}},
        "spec": {
            "failurePolicy": "Ignore",
            "matchConstraints": {"resourceRules": [{
                "apiGroups": [Kind::Neo4jBackup.group().name()], "apiVersions": ["*"], "operations": ["CREATE"],
                "resources": [Kind::Neo4jBackup.plural()],
            }]},
            "matchConditions": [{
                "name": "probe-only",
                "expression": format!("has(object.metadata.name) && object.metadata.name == '{NAME}'"),
            }],
        },
    })
}

fn binding(kind: &str, name: &str) -> Value {
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind,
        "metadata": {"name": name, "labels": {"app.kubernetes.io/part-of": "neo4jbackup"}},
        "spec": {"policyName": name},
    })
}

/// An annotation: of configurations that are asked for the probe only, and of a probe that a policy has seen. A warning
/// holds it as well.
const MARK: &str = neo4jbackup_core::in_domain!("switch-probe");

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration() -> Value {
        json!({
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "n"},
            "webhooks": [
                {"name": "a", "failurePolicy": "Ignore", "matchConditions": [{"name": "own", "expression": "true"}]},
                {"name": "b", "failurePolicy": "Fail"},
            ],
        })
    }

    #[test]
    fn for_the_probe_only_it_asks_for_nothing_else_and_has_to_be_answered() {
        let restricted = probe_only(&configuration());
        assert!(marked(&restricted) && !marked(&configuration()));
        for entry in restricted["webhooks"].as_array().unwrap() {
            assert_eq!(entry["failurePolicy"], "Fail");
            let conditions = entry["matchConditions"].as_array().unwrap();
            let last = conditions.last().unwrap()["expression"].as_str().unwrap();
            assert!(last.contains(NAME), "{last}");
        }
        assert_eq!(restricted["webhooks"][0]["matchConditions"][0]["name"], "own");
    }

    #[test]
    fn a_bundle_that_is_missing_once_is_missing() {
        let mut stored = configuration();
        stored["webhooks"][0]["clientConfig"]["caBundle"] = "eA==".into();
        assert!(is_trusting(&stored).is_err());
        stored["webhooks"][1]["clientConfig"]["caBundle"] = "eA==".into();
        assert!(is_trusting(&stored).is_ok());
    }

    #[test]
    fn a_probe_is_marked_by_each_kind_of_policy() {
        let answer = |warnings: &[&str], annotation: Option<&str>| DryRun {
            accepted: true,
            answer: json!({"metadata": {"annotations": {MARK: annotation}}}),
            warnings: warnings.iter().map(|&warning| warning.to_owned()).collect(),
        };
        let warning = format!("299 - \"Validation failed: {MARK}\"");
        assert!(is_marked(&answer(&[], None), false).is_err());
        assert!(is_marked(&answer(&[&warning], None), false).is_ok());
        assert!(is_marked(&answer(&[&warning], None), true).is_err());
        assert!(is_marked(&answer(&[&warning], Some("seen")), true).is_ok());
        let refused = DryRun {
            accepted: false,
            answer: json!({"message": "no"}),
            warnings: vec![warning],
        };
        assert!(
            is_marked(&refused, false)
                .unwrap_err()
                .to_string()
                .contains("refused: no")
        );
    }
}
