use serde_json::json;

use super::*;
use crate::document::Node;
use crate::operator::OperatorVersion;
use crate::rbac::evaluate::{Caller, Roles};
use crate::rbac::rule::ResourceAction;

fn operator(version: &str) -> Operator {
    Operator::exactly(version.parse::<OperatorVersion>().unwrap())
}

fn words(party: Party, version: &str) -> Vec<String> {
    let actions = requirements_with(party, operator(version)).flat_map(|requirement| requirement.rule.actions());
    actions.map(|action| action.to_string()).collect()
}

#[test]
fn only_the_jobs_of_operators_0_2_and_later_0_x_need_rights() {
    for version in ["0.2", "0.3", "0.9.4"] {
        assert_eq!(
            words(Party::BackupAccount, version),
            ["get pods", "list pods", "create pods/exec", "get pods/log"],
            "{version}"
        );
        assert_eq!(nothing_with(Party::BackupAccount, operator(version)), None);
    }
    for version in ["0.1", "1.0", "1.6", "1.7", "1.14", "1.19", "2.0"] {
        assert!(words(Party::BackupAccount, version).is_empty(), "{version}");
        assert!(
            nothing_with(Party::BackupAccount, operator(version)).is_some(),
            "{version}"
        );
    }
    // Where it can be the one or the other, neither is said.
    let either = Operator::one_of(Versions::range("0.2-1.6"));
    assert_eq!(requirements_with(Party::BackupAccount, either).count(), 0);
    assert_eq!(nothing_with(Party::BackupAccount, either), None);
}

#[test]
fn every_version_says_of_every_account_what_it_needs_or_that_it_needs_nothing() {
    for party in Account::ALL.map(Party::from) {
        for version in ["0.1", "0.2", "0.x", "1.0", "1.6", "1.8", "1.19"] {
            let Ok(version) = version.parse::<OperatorVersion>() else {
                continue;
            };
            let operator = Operator::exactly(version);
            let needs = requirements_with(party, operator).count();
            assert_eq!(
                needs == 0,
                nothing_with(party, operator).is_some(),
                "{party:?} {version}"
            );
        }
    }
}

#[test]
fn whoever_gives_the_rights_of_jobs_has_them() {
    // The API server lets nobody write rules that he does not have.
    for (party, version) in [(Party::Operator, "0.3"), (Party::Plugin(Level::Repair), "0.3")] {
        let own: Vec<ResourceAction> = requirements_with(party, operator(version))
            .flat_map(|requirement| requirement.rule.actions())
            .collect();
        for needed in requirements_with(Party::BackupAccount, operator(version)) {
            for action in needed.rule.actions() {
                assert!(own.contains(&action), "{party:?} lacks {action}");
            }
        }
    }
    assert!(!words(Party::Operator, "1.14").contains(&"create pods/exec".to_owned()));
}

#[test]
fn each_level_of_the_plugin_has_what_reading_takes_and_nothing_of_the_other() {
    let count = |level| requirements(Party::Plugin(level)).count();
    assert!(count(Level::Read) < count(Level::Probe) && count(Level::Read) < count(Level::Repair));
    let repairs = requirements(Party::Plugin(Level::Repair)).flat_map(|requirement| requirement.rule.actions());
    for action in repairs {
        let runs = ["create pods", "create jobs.batch", "create serviceaccounts/token"];
        assert!(
            !runs
                .iter()
                .any(|run| action.to_string().starts_with(run) && action.subresource != "exec"),
            "{action}"
        );
    }
    let writes = [
        "create",
        "update",
        "patch",
        "delete",
        "deletecollection",
        "bind",
        "escalate",
        "impersonate",
    ];
    let reads = requirements(Party::Plugin(Level::Read)).flat_map(|requirement| requirement.rule.actions());
    for action in reads.filter(|action| action.resource != "subjectaccessreviews") {
        assert!(!writes.contains(&action.verb.as_str()), "{action}");
    }
}

#[test]
fn what_the_operator_needs_for_instances_alone_is_beside_backups() {
    for (group, resource) in [
        ("", "nodes"),
        ("storage.k8s.io", "storageclasses"),
        ("monitoring.coreos.com", "servicemonitors"),
        ("monitoring.coreos.com", "prometheusrules"),
        ("cert-manager.io", "certificates"),
        ("cert-manager.io", "issuers"),
        ("cert-manager.io", "clusterissuers"),
        ("external-secrets.io", "externalsecrets"),
        ("route.openshift.io", "routes"),
    ] {
        assert!(is_beside_backups(group, resource), "{resource}");
    }
    for (group, resource) in [
        ("batch", "jobs"),
        ("", "secrets"),
        ("apps", "statefulsets"),
        ("neo4j.neo4j.com", "neo4jbackups"),
        ("coordination.k8s.io", "leases"),
        ("nobody.example", "things"),
        // Not those of the core group.
        ("metrics.k8s.io", "nodes"),
    ] {
        assert!(!is_beside_backups(group, resource), "{resource}");
    }
}

fn leftover() -> Roles {
    let mut roles = Roles::default();
    for object in [
        json!({"kind": "Role", "metadata": {"namespace": "graph", "name": "neo4j-backup-role"}, "rules": [
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
            {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]},
            {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
        ]}),
        json!({"kind": "RoleBinding", "metadata": {"namespace": "graph", "name": "neo4j-backup-rolebinding"},
            "roleRef": {"kind": "Role", "name": "neo4j-backup-role"},
            "subjects": [{"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": "graph"}]}),
        json!({"kind": "ClusterRole", "metadata": {"name": "system:discovery"},
            "rules": [{"nonResourceURLs": ["/api"], "verbs": ["get"]}]}),
        json!({"kind": "ClusterRoleBinding", "metadata": {"name": "system:discovery",
            "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}},
            "roleRef": {"kind": "ClusterRole", "name": "system:discovery"},
            "subjects": [{"kind": "Group", "name": "system:authenticated"}]}),
    ] {
        roles.add(&Node::from(object));
    }
    roles
}

#[test]
fn what_a_newer_operator_does_not_need_is_left_over() {
    let (roles, caller) = (leftover(), Caller::service_account("graph", "neo4j-backup-sa"));
    let place = Place {
        namespaces: vec!["graph".to_owned()],
        ..Place::default()
    };
    let actions = |version: &str| -> Vec<ResourceAction> {
        let wanted = wanted(Party::BackupAccount, Some(operator(version)), &place, &Names::new());
        wanted.into_iter().map(|wanted| wanted.action).collect()
    };
    assert_eq!(excess(&roles, &caller, &actions("0.3")), []);
    let wanted = actions("1.14");
    let left = excess(&roles, &caller, &wanted);
    let ways: Vec<String> = left.iter().map(|excess| excess.grant.to_string()).collect();
    assert_eq!(
        ways,
        [1, 2, 3]
            .map(|rule| format!("RoleBinding graph/neo4j-backup-rolebinding, Role neo4j-backup-role, rule {rule}"))
    );
    assert!(left.iter().all(|excess| excess.is_whole));
}

#[test]
fn a_rule_that_holds_in_more_namespaces_than_needed_is_left_over() {
    let mut roles = Roles::default();
    for object in [
        json!({"kind": "ClusterRole", "metadata": {"name": "r"},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "delete"]}]}),
        json!({"kind": "ClusterRoleBinding", "metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "r"},
            "subjects": [{"kind": "Group", "name": "system:serviceaccounts:graph"}]}),
    ] {
        roles.add(&Node::from(object));
    }
    let caller = Caller::service_account("graph", "neo4j-backup-sa");
    let wanted = |namespace: &str| {
        ["get", "list"].map(|verb| ResourceAction {
            verb: verb.to_owned(),
            resource: "pods".to_owned(),
            namespace: namespace.to_owned(),
            ..ResourceAction::default()
        })
    };
    let everywhere = excess(&roles, &caller, &wanted(""));
    assert_eq!(everywhere.len(), 1);
    assert_eq!((everywhere[0].actions.len(), everywhere[0].is_whole), (1, false));
    assert_eq!(
        everywhere[0].grant.to_string(),
        "ClusterRoleBinding b, ClusterRole r, rule 1, by group system:serviceaccounts:graph"
    );
    assert!(excess(&roles, &caller, &wanted("graph"))[0].is_whole);
}
