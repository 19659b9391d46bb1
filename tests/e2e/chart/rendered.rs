//! What no render may contain, and what the default is.

use neo4jbackup_tests::transcript::assert_transcript;
use serde_json::{Value, json};

use super::helm::{chart, command, entries, modes, of_kind, rendered, rendered_text, text};

#[test]
fn helm_finds_nothing_to_complain_about_in_any_mode() {
    for (values, mode) in modes() {
        let mut helm = command();
        helm.args(["lint", "--strict", "--values"]).arg(&values).arg(chart());
        let output = helm.output().unwrap();
        assert!(
            output.status.success(),
            "{mode}: {}{}",
            text(&output.stdout),
            text(&output.stderr)
        );
    }
}

#[test]
fn what_is_registered_names_its_kinds_and_never_reaches_deletions_or_status() {
    for (values, mode) in modes() {
        let objects = rendered(&["--values", values.to_str().unwrap()]);
        for entry in entries(&objects) {
            let name = &entry["name"];
            for rule in entry["rules"].as_array().unwrap() {
                let operations = list(&rule["operations"]);
                assert!(
                    operations
                        .iter()
                        .all(|operation| ["CREATE", "UPDATE"].contains(operation)),
                    "{mode} {name}"
                );
                let mutates = name.as_str().unwrap().contains("mutate");
                assert!(
                    !mutates || operations == ["CREATE"],
                    "{mode} {name} mutates more than what is new"
                );
                for part in ["apiGroups", "apiVersions", "resources"] {
                    for value in list(&rule[part]) {
                        assert!(
                            !value.contains('*') && !value.contains('/'),
                            "{mode} {name}: {part} {value}"
                        );
                    }
                }
                assert_eq!(rule["scope"], "Namespaced", "{mode} {name}");
            }
            let selector = entry["namespaceSelector"]["matchExpressions"].as_array().unwrap();
            let outside = selector
                .iter()
                .find(|part| part["key"] == "kubernetes.io/metadata.name")
                .unwrap();
            let left_out = list(&outside["values"]);
            for namespace in ["neo4jbackup", "kube-system", "kube-public", "kube-node-lease"] {
                assert!(left_out.contains(&namespace), "{mode} {name} judges {namespace}");
            }
        }
    }
}

#[test]
fn roles_name_what_they_allow() {
    for (values, mode) in modes() {
        let objects = rendered(&["--values", values.to_str().unwrap()]);
        for role in of_kind(&objects, "Role")
            .into_iter()
            .chain(of_kind(&objects, "ClusterRole"))
        {
            for rule in role["rules"].as_array().unwrap() {
                for part in ["apiGroups", "resources", "verbs"] {
                    assert!(
                        list(&rule[part]).iter().all(|value| !value.contains('*')),
                        "{mode}: {rule}"
                    );
                }
                let secrets = list(&rule["resources"]).contains(&"secrets");
                assert!(
                    !secrets || rule["verbs"] == json!(["create"]) || rule["resourceNames"].is_array(),
                    "{mode}: {rule}"
                );
                assert!(
                    !secrets || role["kind"] == "Role",
                    "{mode}: Secrets of other namespaces"
                );
            }
        }
    }
}

#[test]
fn no_key_is_rendered_unless_helm_makes_it() {
    for (values, mode) in modes() {
        let text = rendered_text(&["--values", values.to_str().unwrap()]);
        let objects = super::helm::objects(&text);
        let secrets = of_kind(&objects, "Secret");
        if mode == "helm" {
            assert!(secrets[0]["data"]["tls.key"].is_string());
            continue;
        }
        assert!(!text.contains("PRIVATE KEY") && !text.contains("tls.key:"), "{mode}");
        for secret in secrets {
            assert!(
                secret.get("data").is_none() && secret.get("stringData").is_none(),
                "{mode}: {secret}"
            );
        }
    }
}

#[test]
fn every_pod_meets_the_restricted_profile_and_cannot_write() {
    let mut seen = 0;
    for (values, mode) in modes() {
        for object in rendered(&["--values", values.to_str().unwrap()]) {
            let pod = match object["kind"].as_str() {
                Some("Pod") => &object["spec"],
                Some("Deployment" | "Job") => &object["spec"]["template"]["spec"],
                _ => continue,
            };
            seen += 1;
            let context = &pod["securityContext"];
            assert_eq!(context["runAsNonRoot"], true, "{mode}");
            assert_eq!(context["seccompProfile"]["type"], "RuntimeDefault", "{mode}");
            for container in pod["containers"].as_array().unwrap() {
                let context = &container["securityContext"];
                assert_eq!(context["allowPrivilegeEscalation"], false, "{mode}");
                assert_eq!(context["readOnlyRootFilesystem"], true, "{mode}");
                assert_eq!(context["capabilities"]["drop"], json!(["ALL"]), "{mode}");
            }
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn a_pod_gets_a_token_only_when_it_asks_the_api_server() {
    let token = |arguments: &[&str]| {
        let objects = rendered(arguments);
        of_kind(&objects, "Deployment")[0]["spec"]["template"]["spec"]["automountServiceAccountToken"].clone()
    };
    let mounted = ["--set=tls.mode=helm"];
    assert_eq!(token(&[]), true);
    assert_eq!(token(&mounted), true, "references are looked up");
    assert_eq!(token(&[mounted[0], "--set=references.enabled=false"]), false);
    assert_eq!(
        token(&["--set=references.enabled=false"]),
        true,
        "its certificate lies in a Secret"
    );
}

#[test]
fn pods_have_longer_to_stop_than_they_need() {
    let objects = rendered(&["--set=lameDuckSeconds=100"]);
    let pod = &of_kind(&objects, "Deployment")[0]["spec"]["template"]["spec"];
    assert!(list(&pod["containers"][0]["args"]).contains(&"--lame-duck=100s"));
    // What is still being answered after the lame duck gets 20 seconds.
    assert!(pod["terminationGracePeriodSeconds"].as_u64().unwrap() > 120);
}

#[test]
fn what_the_default_registers_and_runs() {
    let parts = [
        ("chart-configurations", "templates/webhooks.yaml"),
        ("chart-rights", "templates/rbac.yaml"),
        ("chart-deployment", "templates/deployment.yaml"),
    ];
    for (snapshot, file) in parts {
        assert_transcript(snapshot, &rendered_text(&["--show-only", file]));
    }
}

fn list(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_str().unwrap())
        .collect()
}
