use serde_json::{Value, json};

use super::*;
use crate::document::Node;
use crate::rbac::rule::ResourceAction;

fn roles(objects: impl IntoIterator<Item = Value>) -> Roles {
    let mut roles = Roles::default();
    for object in objects {
        roles.add(&Node::from(object));
    }
    roles
}

fn role(namespace: &str, name: &str, rules: &Value) -> Value {
    json!({"kind": "Role", "metadata": {"namespace": namespace, "name": name}, "rules": rules})
}

fn cluster_role(name: &str, rules: &Value) -> Value {
    json!({"kind": "ClusterRole", "metadata": {"name": name}, "rules": rules})
}

/// A binding; without a namespace a `ClusterRoleBinding`.
fn binding(namespace: &str, name: &str, role: (&str, &str), subject: &Value) -> Value {
    let kind = if namespace.is_empty() {
        "ClusterRoleBinding"
    } else {
        "RoleBinding"
    };
    json!({
        "kind": kind, "metadata": {"namespace": namespace, "name": name},
        "roleRef": {"kind": role.0, "name": role.1}, "subjects": [subject],
    })
}

fn account(namespace: &str, name: &str) -> Value {
    json!({"kind": "ServiceAccount", "namespace": namespace, "name": name})
}

fn action(verb: &str, full: &str, namespace: &str) -> Action {
    let (resource, subresource) = full.split_once('/').unwrap_or((full, ""));
    Action::Resource(ResourceAction {
        verb: verb.to_owned(),
        resource: resource.to_owned(),
        subresource: subresource.to_owned(),
        namespace: namespace.to_owned(),
        ..ResourceAction::default()
    })
}

fn exec() -> Value {
    json!([
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]},
    ])
}

#[test]
fn the_way_to_a_right_is_named() {
    let roles = roles([
        role("graph", "neo4j-backup-role", &exec()),
        binding(
            "graph",
            "b",
            ("Role", "neo4j-backup-role"),
            &account("graph", "neo4j-backup-sa"),
        ),
    ]);
    let caller = Caller::service_account("graph", "neo4j-backup-sa");
    let allowed = roles
        .allows(&caller, &action("create", "pods/exec", "graph"))
        .map(|by| by.to_string());
    assert_eq!(
        allowed.as_deref(),
        Some("RoleBinding graph/b, Role neo4j-backup-role, rule 2")
    );
    for refused in [
        action("create", "pods/exec", "other"),
        action("create", "pods/exec", ""),
        action("delete", "pods", "graph"),
    ] {
        assert_eq!(roles.allows(&caller, &refused), None, "{refused:?}");
    }
}

#[test]
fn accounts_are_named_in_five_ways() {
    let of = |kind: &str, name: &str| json!({"kind": kind, "name": name});
    let caller = Caller::service_account("graph", "sa");
    for (subject, is_named) in [
        (account("graph", "sa"), true),
        (account("other", "sa"), false),
        (of("ServiceAccount", "sa"), true),
        (of("User", "system:serviceaccount:graph:sa"), true),
        (of("User", "sa"), false),
        (of("Group", "system:serviceaccounts"), true),
        (of("Group", "system:serviceaccounts:graph"), true),
        (of("Group", "system:serviceaccounts:other"), false),
        (of("Group", "system:authenticated"), true),
        (of("Group", "system:unauthenticated"), false),
    ] {
        let roles = roles([
            role("graph", "r", &exec()),
            binding("graph", "b", ("Role", "r"), &subject),
        ]);
        let allowed = roles.allows(&caller, &action("get", "pods", "graph")).is_some();
        assert_eq!(allowed, is_named, "{subject}");
    }
    // At the scope of the cluster an account without a namespace is nobody's.
    let roles = roles([
        cluster_role("r", &exec()),
        binding("", "b", ("ClusterRole", "r"), &of("ServiceAccount", "sa")),
    ]);
    assert_eq!(roles.allows(&caller, &action("get", "pods", "graph")), None);
}

#[test]
fn a_cluster_role_holds_where_its_binding_is() {
    let within = roles([
        cluster_role("r", &exec()),
        binding("graph", "b", ("ClusterRole", "r"), &account("x", "sa")),
    ]);
    let caller = Caller::service_account("x", "sa");
    assert!(within.allows(&caller, &action("get", "pods", "graph")).is_some());
    assert_eq!(within.allows(&caller, &action("get", "pods", "x")), None);
    let everywhere = roles([
        cluster_role("r", &exec()),
        binding("", "b", ("ClusterRole", "r"), &account("x", "sa")),
    ]);
    for namespace in ["graph", "x", ""] {
        assert!(everywhere.allows(&caller, &action("get", "pods", namespace)).is_some());
    }
}

#[test]
fn paths_are_given_by_bindings_of_the_cluster_alone() {
    let rules = json!([{"nonResourceURLs": ["/metrics", "/logs/*"], "verbs": ["get"]}]);
    let subject = account("x", "sa");
    let caller = Caller::service_account("x", "sa");
    let path = |path: &str| Action::Url {
        verb: "get".to_owned(),
        path: path.to_owned(),
    };
    let by_cluster = roles([
        cluster_role("r", &rules),
        binding("", "b", ("ClusterRole", "r"), &subject),
    ]);
    assert!(by_cluster.allows(&caller, &path("/logs/kube")).is_some());
    assert_eq!(by_cluster.allows(&caller, &path("/metrics/x")), None);
    let by_namespace = roles([
        cluster_role("r", &rules),
        binding("x", "b", ("ClusterRole", "r"), &subject),
    ]);
    assert_eq!(by_namespace.allows(&caller, &path("/metrics")), None);
}

#[test]
fn aggregated_roles_have_the_rules_of_those_that_they_select() {
    let labelled = |name: &str, labels: Value, rules: &Value, selector: Value| {
        let mut role = cluster_role(name, rules);
        role["metadata"]["labels"] = labels;
        if !selector.is_null() {
            role["aggregationRule"] = json!({"clusterRoleSelectors": [selector]});
        }
        role
    };
    let mut roles = roles([
        labelled("a-top", json!({}), &json!([]), json!({"matchLabels": {"to": "top"}})),
        labelled(
            "middle",
            json!({"to": "top"}),
            &json!([]),
            json!({"matchExpressions": [
            {"key": "to", "operator": "In", "values": ["middle"]}]}),
        ),
        labelled("leaf", json!({"to": "middle"}), &exec(), Value::Null),
        labelled(
            "beside",
            json!({"to": "nobody"}),
            &json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]),
            Value::Null,
        ),
        binding("", "b", ("ClusterRole", "a-top"), &account("x", "sa")),
    ]);
    let caller = Caller::service_account("x", "sa");
    let wanted = action("create", "pods/exec", "graph");
    assert_eq!(roles.allows(&caller, &wanted), None, "as it is written");
    roles.aggregate();
    assert!(roles.allows(&caller, &wanted).is_some());
    assert_eq!(roles.allows(&caller, &action("delete", "pods", "graph")), None);
}

#[test]
fn a_role_that_is_not_there_gives_nothing_and_is_named() {
    let roles = roles([binding("graph", "b", ("Role", "gone"), &account("graph", "sa"))]);
    let caller = Caller::service_account("graph", "sa");
    assert_eq!(roles.allows(&caller, &action("get", "pods", "graph")), None);
    let dangling: Vec<String> = roles.dangling(&caller).map(|(_, _, role)| role.to_string()).collect();
    assert_eq!(dangling, ["Role gone"]);
}

#[test]
fn masters_need_no_role() {
    let master = Caller {
        name: "root".to_owned(),
        groups: vec![MASTERS.to_owned()],
    };
    assert_eq!(
        Roles::default().allows(&master, &action("get", "pods", "")),
        Some(Allowed::Master)
    );
}
