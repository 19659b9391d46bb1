//! What the chart gives the account of the webhook is what the table of needs says, no more and no less.

use std::collections::BTreeSet;

use neo4jbackup_core::document::Node;
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::rbac::needs::{Names, Party, Place, requirements_with, wanted};
use neo4jbackup_core::rbac::rule::{PolicyRule, ResourceAction};
use serde_json::Value;

use super::helm::{CLUSTER_NAME, FULL_NAME, NAMESPACE, rendered};

/// Every single action of the rules of a role, in its namespace.
fn actions(role: &Value) -> Vec<ResourceAction> {
    let namespace = role["metadata"]["namespace"].as_str().unwrap_or_default();
    let rules = role["rules"].as_array().into_iter().flatten();
    let rules = rules.map(|rule| PolicyRule::of(&Node::from(rule.clone())));
    let actions = rules.flat_map(|rule| rule.actions().collect::<Vec<_>>());
    actions.map(|action| action.within(namespace)).collect()
}

fn names_of(objects: &[Value], kind: &str) -> Vec<String> {
    let objects = objects.iter().filter(|object| object["kind"] == *kind);
    let names = objects.filter_map(|object| object["metadata"]["name"].as_str());
    names.map(str::to_owned).collect()
}

#[test]
fn each_part_of_the_chart_gives_what_the_table_says() {
    let operator: Operator = "0.3".parse().unwrap();
    let usual = ["certificate", "certificate-mutating", "references"];
    let with = |feature: &[&'static str]| [&usual, feature].concat();
    for (values, features) in [
        ("", usual.to_vec()),
        ("tls.mode=helm,references.enabled=false", Vec::new()),
        ("tls.mode=helm", vec!["references"]),
        // What labels Jobs and accounts stays.
        ("mutating.enabled=false", usual.to_vec()),
        ("rbac.ensure=true", with(&["ensure"])),
        (
            "rbac.ensure=true,rbac.legacyRoles=true",
            with(&["ensure", "legacy-roles"]),
        ),
        ("operatorDeployment=operators/operator", with(&["operator-deployment"])),
    ] {
        let set = format!("--set={values}");
        let arguments: Vec<&str> = if values.is_empty() { Vec::new() } else { vec![&set] };
        let objects = rendered(&arguments);
        let is_ours = |object: &&Value| {
            let is_role = object["kind"] == "Role" || object["kind"] == "ClusterRole";
            is_role
                && [FULL_NAME, CLUSTER_NAME]
                    .iter()
                    .any(|name| object["metadata"]["name"] == **name)
        };
        let given: BTreeSet<ResourceAction> = objects.iter().filter(is_ours).flat_map(actions).collect();

        let names = Names::from([
            ("authority".to_owned(), vec![format!("{FULL_NAME}-ca")]),
            (
                "configuration".to_owned(),
                names_of(&objects, "ValidatingWebhookConfiguration"),
            ),
            (
                "mutating".to_owned(),
                names_of(&objects, "MutatingWebhookConfiguration"),
            ),
            ("operator".to_owned(), vec!["operator".to_owned()]),
        ]);
        let place = Place {
            namespaces: vec![String::new()],
            own: Some(NAMESPACE.to_owned()),
            operators: vec!["operators".to_owned()],
        };
        let needed: BTreeSet<ResourceAction> = wanted(Party::Webhook, Some(operator), &place, &names)
            .into_iter()
            .filter(|wanted| features.contains(&wanted.requirement.feature.as_str()))
            .map(|wanted| wanted.action)
            .collect();
        let (more, less): (Vec<_>, Vec<_>) = (given.difference(&needed).collect(), needed.difference(&given).collect());
        assert!(
            more.is_empty() && less.is_empty(),
            "{values:?}\nonly the chart: {more:#?}\nonly the table: {less:#?}"
        );
    }
}

#[test]
fn the_role_for_the_jobs_of_old_operators_is_what_they_need() {
    let objects = rendered(&["--set=rbac.ensure=true,rbac.legacyRoles=true"]);
    let role = objects
        .iter()
        .find(|object| object["metadata"]["name"] == *neo4jbackup_core::rbac::CLUSTER_ROLE)
        .unwrap();
    let given: BTreeSet<ResourceAction> = actions(role).into_iter().collect();
    let needed: BTreeSet<ResourceAction> = requirements_with(Party::BackupAccount, "0.3".parse().unwrap())
        .flat_map(|requirement| requirement.rule.actions())
        .collect();
    assert_eq!(given, needed);
}
