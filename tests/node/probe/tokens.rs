//! In the place of the webhook of EKS: a policy that gives the pods of an account a token, which the API server projects.

use serde_json::{Value, json};

/// Where that webhook puts its tokens.
const TOKENS: &str = "/var/run/secrets/eks.amazonaws.com/serviceaccount";

/// The policy and its binding, for the pods of the account of backups in a namespace.
pub(super) fn policy(namespace: &str, role: &str) -> [Value; 2] {
    let add = |list: &str, path: &str, items: &[String]| {
        let each = |item: &String| format!("JSONPatch{{op: 'add', path: '{path}/-', value: {item}}}");
        let each: Vec<String> = items.iter().map(each).collect();
        let all = items.join(", ");
        format!(
            "(has({list}) ? [{}] : [JSONPatch{{op: 'add', path: '{path}', value: [{all}]}}])",
            each.join(", ")
        )
    };
    // Plain maps: the API server (1.36) panics where a list of typed objects becomes a patch.
    let variable = |name: &str, value: &str| format!("{{'name': '{name}', 'value': '{value}'}}");
    let token = "{'audience': dyn('sts.amazonaws.com'), 'expirationSeconds': dyn(3600), 'path': dyn('token')}";
    let volume = format!(
        "{{'name': dyn('aws-iam-token'), 'projected': dyn({{'sources': [{{'serviceAccountToken': {token}}}]}})}}"
    );
    let mount = format!("{{'name': dyn('aws-iam-token'), 'readOnly': dyn(true), 'mountPath': dyn('{TOKENS}')}}");
    let variables = [
        variable("AWS_ROLE_ARN", role),
        variable("AWS_WEB_IDENTITY_TOKEN_FILE", &format!("{TOKENS}/token")),
    ];
    let expression = [
        add("object.spec.volumes", "/spec/volumes", &[volume]),
        add("object.spec.containers[0].env", "/spec/containers/0/env", &variables),
        add(
            "object.spec.containers[0].volumeMounts",
            "/spec/containers/0/volumeMounts",
            &[mount],
        ),
    ]
    .join(" + ");
    [
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicy", "metadata": {"name": namespace},
            "spec": {
                "matchConstraints": {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                    "resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
                },
                "matchConditions": [{"name": "account", "expression": "object.spec.serviceAccountName == 'neo4j-backup-sa'"}],
                "failurePolicy": "Fail", "reinvocationPolicy": "Never",
                "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}],
            },
        }),
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicyBinding",
            "metadata": {"name": namespace}, "spec": {"policyName": namespace},
        }),
    ]
}
