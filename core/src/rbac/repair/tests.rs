//! The plan against objects as the operators write them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::document::Node;
use crate::facts::Inventory;
use crate::model::Account;
use crate::operator::Operator;
use crate::rbac::{CLUSTER_ROLE, ROLE};
use crate::schema::Kind;
use crate::settings::Settings;

const MINE: &str = "arn:aws:iam::210987654321:role/mine";
const OTHER: &str = "arn:aws:iam::210987654321:role/other";
const KEY: &str = "eks.amazonaws.com/role-arn";

fn wants(inventory: &mut Inventory, name: &str, identity: Option<&str>) {
    let annotations = identity.map_or_else(|| json!({}), |identity| json!({KEY: identity}));
    let cloud = json!({"provider": "aws", "identity": {"provider": "aws", "autoCreate": {"annotations": annotations}}});
    let spec = json!({"spec": {"storage": {"type": "s3", "bucket": "b", "cloud": cloud}}});
    inventory.insert(Kind::Neo4jBackup, "graph", name, &Node::from(spec));
}

/// A namespace with a backup that wants these identities.
fn inventory(identities: &[&str]) -> Inventory {
    let mut inventory = Inventory::default();
    inventory.insert_namespace("graph", BTreeMap::new());
    wants(&mut inventory, "nightly", None);
    for (number, identity) in identities.iter().enumerate() {
        wants(&mut inventory, &format!("b{number}"), Some(identity));
    }
    inventory
}

fn observed(objects: impl IntoIterator<Item = (Part, Value)>) -> Observed {
    Observed {
        namespace: "graph".to_owned(),
        objects: objects.into_iter().collect(),
        others: OtherBindings::Known(Vec::new()),
    }
}

fn planned(observed: &Observed, inventory: &Inventory, version: &str) -> Repair {
    let operator = Operator::exactly(version.parse().unwrap());
    let needed = Needed::of(operator).unwrap();
    repair(std::slice::from_ref(observed), inventory, &Settings::default(), needed)
}

/// What somebody has stored.
fn stored(part: Part, manager: &str, content: &Value) -> Value {
    let mut object = json!({
        "apiVersion": part.api_version(), "kind": part.kind(),
        "metadata": {
            "name": part.name(), "namespace": "graph", "uid": "u1", "resourceVersion": "7",
            "managedFields": [{"manager": manager, "operation": "Update", "apiVersion": part.api_version()}],
        },
    });
    object = applied(Some(&object), content);
    object
}

fn role() -> Value {
    json!({"rules": [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    ]})
}

fn binding() -> Value {
    json!({
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": ROLE},
        "subjects": [{"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": "graph"}],
    })
}

fn account(annotations: &Value) -> Value {
    json!({"metadata": {"annotations": annotations}})
}

/// Everything as an operator 0.x makes it.
fn complete() -> Observed {
    observed([
        (
            Part::BackupAccount,
            stored(Part::BackupAccount, OPERATOR, &account(&json!({}))),
        ),
        (Part::Role, stored(Part::Role, OPERATOR, &role())),
        (Part::RoleBinding, stored(Part::RoleBinding, OPERATOR, &binding())),
    ])
}

/// What is there after all steps of a plan.
fn carried_out(before: &Observed, plan: &Repair) -> Observed {
    let mut after = before.clone();
    for step in &plan.steps {
        match step.after() {
            Some(object) => drop(after.objects.insert(step.part, object)),
            None => drop(after.objects.remove(&step.part)),
        }
    }
    after
}

fn steps(plan: &Repair) -> Vec<(Action, Part)> {
    plan.steps.iter().map(|step| (step.action, step.part)).collect()
}

#[test]
fn an_empty_namespace_gets_what_the_operator_of_its_version_expects() {
    let (nothing, inventory) = (observed([]), inventory(&[MINE]));
    let old = planned(&nothing, &inventory, "0.9");
    let all = [Part::BackupAccount, Part::Role, Part::RoleBinding];
    assert_eq!(steps(&old), all.map(|part| (Action::Create, part)));
    assert_eq!(
        old.steps[0].manifest.as_ref().unwrap()["metadata"]["annotations"],
        json!({KEY: MINE})
    );
    assert_eq!(
        old.steps[1].manifest.as_ref().unwrap()["rules"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let new = planned(&nothing, &inventory, "1.14");
    assert_eq!(steps(&new), [(Action::Create, Part::BackupAccount)]);
    assert_eq!(steps(&planned(&nothing, &inventory, "0.1")), []);
    // Versions that expect different things are no ground to change anything.
    let either = Operator::one_of(crate::operator::Versions::range("0.9-1.2"));
    assert_eq!(Needed::of(either), None);
}

#[test]
fn the_account_of_restores_is_missed_where_there_are_restores_and_an_operator_that_has_it() {
    let mut inventory = inventory(&[]);
    let spec = json!({"spec": {"source": {"type": "backup", "backupRef": "nightly"}}});
    inventory.insert(Kind::Neo4jRestore, "graph", "r", &Node::from(spec));
    let parts = |version| steps(&planned(&observed([]), &inventory, version));
    let both = [
        (Action::Create, Part::BackupAccount),
        (Action::Create, Part::RestoreAccount),
    ];
    assert_eq!(parts("1.14"), both);
    assert_eq!(parts("1.2"), both[..1]);
}

#[test]
fn a_restore_of_a_point_in_time_reads_by_the_identity_of_its_base() {
    let cloud =
        json!({"provider": "aws", "identity": {"provider": "aws", "autoCreate": {"annotations": {KEY: OTHER}}}});
    let other = json!({"type": "s3", "bucket": "b", "cloud": cloud});
    for (source, expected) in [
        (
            json!({"pitr": {"baseBackup": {"type": "backup", "backupRef": "b0"}}}),
            MINE,
        ),
        (
            json!({"pitr": {"baseBackup": {"type": "storage", "storage": other}}}),
            OTHER,
        ),
        // This is what the operator itself takes.
        (
            json!({"storage": other, "pitr": {"baseBackup": {"type": "backup", "backupRef": "b0"}}}),
            OTHER,
        ),
    ] {
        let mut inventory = inventory(&[MINE]);
        let mut spec = json!({"spec": {"source": source}});
        spec["spec"]["source"]["type"] = "pitr".into();
        inventory.insert(Kind::Neo4jRestore, "graph", "r", &Node::from(spec));
        let plan = planned(&observed([]), &inventory, "1.14");
        let made = plan
            .steps
            .iter()
            .find(|step| step.part == Part::RestoreAccount)
            .unwrap();
        assert_eq!(
            made.manifest.as_ref().unwrap()["metadata"]["annotations"][KEY],
            expected,
            "{source}"
        );
    }
}

#[test]
fn two_identities_for_one_account_are_told_and_neither_is_written() {
    let plan = planned(&observed([]), &inventory(&[MINE, OTHER]), "1.14");
    assert_eq!(steps(&plan), []);
    assert!(plan.is_different());
    let said = plan.remarks[0].sentence();
    for part in [MINE, OTHER, "backup/b0", "backup/b1"] {
        assert!(said.contains(part), "{said}");
    }
    let plan = planned(&observed([]), &inventory(&["arn:aws:iam::ACCOUNT:role/x"]), "1.14");
    assert!(
        matches!(plan.remarks[..], [Remark::Malformed { .. }]) && plan.steps.is_empty(),
        "{plan:?}"
    );
}

#[test]
fn an_account_keeps_what_it_has_and_a_repair_says_again_what_it_has_said() {
    let mut object = stored(
        Part::BackupAccount,
        OPERATOR,
        &account(&json!({"team": "graph", "iam.gke.io/gcp-service-account": "a@p.iam.gserviceaccount.com"})),
    );
    object["metadata"]["managedFields"] = json!([{
        "manager": REPAIRER, "operation": "Apply",
        "fieldsV1": {"f:metadata": {"f:annotations": {"f:iam.gke.io/gcp-service-account": {}}}},
    }]);
    let before = observed([(Part::BackupAccount, object)]);
    let plan = planned(&before, &inventory(&[MINE]), "1.14");
    assert_eq!(steps(&plan), [(Action::Change, Part::BackupAccount)]);
    let manifest = plan.steps[0].manifest.as_ref().unwrap();
    assert_eq!(
        manifest["metadata"]["annotations"],
        json!({KEY: MINE, "iam.gke.io/gcp-service-account": "a@p.iam.gserviceaccount.com"})
    );
    assert_eq!(manifest["metadata"]["resourceVersion"], "7");
    assert_eq!(
        steps(&planned(&carried_out(&before, &plan), &inventory(&[MINE]), "1.14")),
        []
    );
}

#[test]
fn rights_are_added_and_nothing_is_taken_away() {
    let mut before = complete();
    let rules = json!([
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
        {"apiGroups": ["*"], "resources": ["*/exec"], "verbs": ["*"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"], "resourceNames": ["one"]},
    ]);
    before.objects.get_mut(&Part::Role).unwrap()["rules"] = rules.clone();
    let plan = planned(&before, &inventory(&[]), "0.9");
    assert_eq!(steps(&plan), [(Action::Change, Part::Role)]);
    let written = plan.steps[0].manifest.as_ref().unwrap()["rules"].as_array().unwrap();
    assert_eq!(&written[..4], rules.as_array().unwrap());
    assert_eq!(
        written[4..],
        [
            json!({"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}),
            json!({"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]}),
        ]
    );
}

#[test]
fn subjects_are_added_and_another_role_means_another_binding() {
    let jane = json!({"kind": "User", "name": "jane", "apiGroup": "rbac.authorization.k8s.io"});
    let mut before = complete();
    before.objects.get_mut(&Part::RoleBinding).unwrap()["subjects"] = json!([jane]);
    let plan = planned(&before, &inventory(&[]), "0.9");
    assert_eq!(steps(&plan), [(Action::Change, Part::RoleBinding)]);
    let subjects = &plan.steps[0].manifest.as_ref().unwrap()["subjects"];
    assert_eq!(subjects.as_array().unwrap().len(), 2);
    assert_eq!(subjects[0], jane);

    let object = before.objects.get_mut(&Part::RoleBinding).unwrap();
    object["roleRef"]["name"] = "view".into();
    object["metadata"]["labels"] = json!({"team": "graph"});
    let plan = planned(&before, &inventory(&[]), "0.9");
    assert_eq!(steps(&plan), [(Action::Recreate, Part::RoleBinding)]);
    let made = plan.steps[0].after().unwrap();
    assert_eq!(made["roleRef"]["name"], ROLE);
    // Who had the other role does not come to run commands in pods.
    assert_eq!(made["subjects"], binding()["subjects"]);
    let [remark] = &plan.remarks[..] else {
        panic!("{:?}", plan.remarks)
    };
    let said = remark.sentence();
    assert!(said.contains("Role view") && said.contains("User jane"), "{said}");
    assert!(!remark.is_unsettled());
    assert_eq!(made["metadata"]["labels"]["team"], "graph");
    assert_eq!(made["metadata"].get("uid"), None, "{made}");
    assert_eq!(
        steps(&planned(&carried_out(&before, &plan), &inventory(&[]), "0.9")),
        []
    );
}

#[test]
fn a_role_with_further_rules_is_told_where_its_binding_is_made() {
    let mut before = complete();
    let rules = before.objects.get_mut(&Part::Role).unwrap()["rules"]
        .as_array_mut()
        .unwrap();
    rules.push(json!({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}));
    assert_eq!(planned(&before, &inventory(&[]), "0.9"), Repair::default());
    before.objects.remove(&Part::RoleBinding);
    let plan = planned(&before, &inventory(&[]), "0.9");
    assert_eq!(steps(&plan), [(Action::Create, Part::RoleBinding)]);
    let said: Vec<String> = plan.remarks.iter().map(Remark::sentence).collect();
    assert!(matches!(&said[..], [said] if said.ends_with("get secrets")), "{said:?}");
}

#[test]
fn the_binding_that_the_webhook_makes_is_as_good() {
    let mut before = complete();
    before.objects.remove(&Part::Role);
    before.objects.get_mut(&Part::RoleBinding).unwrap()["roleRef"] =
        json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": CLUSTER_ROLE});
    assert_eq!(planned(&before, &inventory(&[]), "0.9"), Repair::default());
}

#[test]
fn what_an_old_operator_left_goes_binding_first() {
    let plan = planned(&complete(), &inventory(&[]), "1.0");
    assert_eq!(
        steps(&plan),
        [(Action::Remove, Part::RoleBinding), (Action::Remove, Part::Role)]
    );
    assert_eq!(
        planned(&carried_out(&complete(), &plan), &inventory(&[]), "1.0"),
        Repair::default()
    );
    // Also where nobody backs up any more.
    assert_eq!(steps(&planned(&complete(), &Inventory::default(), "1.0")).len(), 2);
}

#[test]
fn what_may_be_somebody_elses_is_never_removed() {
    let refuses = |change: &dyn Fn(&mut Observed), why: &str, removed: &[Part]| {
        let mut before = complete();
        change(&mut before);
        let plan = planned(&before, &inventory(&[]), "1.14");
        let gone: Vec<Part> = plan.steps.iter().map(|step| step.part).collect();
        assert_eq!(gone, removed, "{plan:?}");
        let said: Vec<String> = plan.remarks.iter().map(Remark::sentence).collect();
        assert!(said.iter().any(|said| said.contains(why)), "{said:?}");
        assert_eq!(plan.is_different(), !removed.is_empty());
    };
    let role = |observed: &mut Observed, key: &str, value: Value| {
        observed.objects.get_mut(&Part::Role).unwrap()[key] = value;
    };
    refuses(
        &|observed| {
            role(
                observed,
                "rules",
                json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]),
            );
        },
        "other rights",
        &[Part::RoleBinding],
    );
    refuses(
        &|observed| {
            let object = observed.objects.get_mut(&Part::Role).unwrap();
            let entries = object["metadata"]["managedFields"].as_array_mut().unwrap();
            entries.push(json!({"manager": "kubectl-edit", "operation": "Update"}));
        },
        "kubectl-edit",
        &[Part::RoleBinding],
    );
    refuses(
        &|observed| {
            let object = observed.objects.get_mut(&Part::Role).unwrap();
            object["metadata"]["managedFields"] = json!([]);
        },
        "nothing on it says",
        &[Part::RoleBinding],
    );
    refuses(
        &|observed| {
            let object = observed.objects.get_mut(&Part::Role).unwrap();
            object["metadata"]["ownerReferences"] = json!([{"kind": "App", "name": "other"}]);
        },
        "belongs to",
        &[Part::RoleBinding],
    );
    refuses(
        &|observed| observed.others = OtherBindings::Known(vec!["mine".to_owned()]),
        "bound by mine",
        &[Part::RoleBinding],
    );
    refuses(
        &|observed| observed.others = OtherBindings::Unknown,
        "cannot be listed",
        &[Part::RoleBinding],
    );
    refuses(
        &|observed| {
            let object = observed.objects.get_mut(&Part::RoleBinding).unwrap();
            object["subjects"] = json!([{"kind": "Group", "name": "system:authenticated"}]);
        },
        "names others",
        &[],
    );
    refuses(
        &|observed| {
            let object = observed.objects.get_mut(&Part::RoleBinding).unwrap();
            object["roleRef"]["name"] = "view".into();
        },
        "`view`",
        &[Part::Role],
    );
}

#[test]
fn who_keeps_an_object_is_read_from_its_marks() {
    let keeper = |metadata: Value| Keeper::of(&json!({"metadata": metadata})).map(|keeper| keeper.to_string());
    let said = |metadata: Value| keeper(metadata).unwrap();
    assert_eq!(
        said(json!({"annotations": {"meta.helm.sh/release-name": "r", "meta.helm.sh/release-namespace": "n"}})),
        "Helm, release r in n"
    );
    assert_eq!(
        said(json!({"labels": {"app.kubernetes.io/managed-by": "Helm"}})),
        "Helm"
    );
    assert_eq!(
        said(json!({"annotations": {"argocd.argoproj.io/tracking-id": "shop:rbac/Role:graph/neo4j-backup-role"}})),
        "Argo CD, application shop"
    );
    assert_eq!(
        said(json!({"labels": {"argocd.argoproj.io/instance": "shop"}})),
        "Argo CD, application shop"
    );
    assert_eq!(
        said(json!({"labels": {
            "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
        }})),
        "Flux, Kustomization apps in flux-system"
    );
    assert_eq!(
        said(json!({"labels": {"app.kubernetes.io/managed-by": "Helm", "helm.toolkit.fluxcd.io/name": "neo"}})),
        "Flux, HelmRelease neo"
    );
    assert_eq!(
        said(json!({"ownerReferences": [{"kind": "ClusterServiceVersion", "name": "neo4j.v1"}]})),
        "the Operator Lifecycle Manager, neo4j.v1"
    );
    assert_eq!(
        said(json!({"labels": {"olm.managed": "true"}})),
        "the Operator Lifecycle Manager"
    );
    for (manager, keeper) in [
        ("argocd-controller", "Argo CD"),
        ("argocd-application-controller", "Argo CD"),
        ("kustomize-controller", "Flux, Kustomization"),
        ("helm", "Helm"),
    ] {
        assert_eq!(
            said(json!({"managedFields": [{"manager": "manager"}, {"manager": manager}]})),
            keeper
        );
    }
    assert_eq!(keeper(json!({"managedFields": [{"manager": "kubectl-edit"}]})), None);
    assert_eq!(
        keeper(json!({"labels": {"app.kubernetes.io/managed-by": "neo4j-operator"}})),
        None
    );
    assert_eq!(keeper(json!({"labels": {"app.kubernetes.io/instance": "shop"}})), None);
}

#[test]
fn an_undo_knows_what_was_made_what_was_not_and_what_was_changed_since() {
    let before = stored(Part::Role, OPERATOR, &json!({"rules": []}));
    let mut after = before.clone();
    after["rules"] = role()["rules"].clone();
    let step = UndoStep {
        namespace: "graph".to_owned(),
        part: Part::Role,
        before: Some(before.clone()),
        after: Some(after.clone()),
    };
    assert!(step.is_consistent());
    assert_eq!(step.state(Some(&before)), UndoState::AsBefore);
    let mut now = after;
    now["metadata"]["resourceVersion"] = "8".into();
    now["rules"].as_array_mut().unwrap().reverse();
    assert_eq!(step.state(Some(&now)), UndoState::Made);
    let Some(Restoration::Replace(object)) = step.restoration(Some(&now)) else {
        panic!("it is written over");
    };
    assert_eq!(object["metadata"]["resourceVersion"], "8");
    assert_eq!(content(&object), content(&before));
    now["rules"].as_array_mut().unwrap().pop();
    assert_eq!(step.state(Some(&now)), UndoState::ChangedSince);
    assert_eq!(step.state(None), UndoState::ChangedSince);
    assert!(matches!(step.restoration(None), Some(Restoration::Create(_))));
    let other = UndoStep {
        part: Part::RoleBinding,
        ..step
    };
    assert!(!other.is_consistent());
}

fn any_rules() -> impl Strategy<Value = Vec<Value>> {
    let texts = |all: &'static [&'static str]| prop::sample::subsequence(all, 1..=all.len().min(2));
    let rule = (
        texts(&["", "*", "apps"]),
        texts(&["pods", "pods/exec", "pods/log", "*/log", "*", "secrets"]),
        texts(&["get", "list", "create", "*"]),
        prop::bool::weighted(0.2),
    );
    let rule = rule.prop_map(|(groups, resources, verbs, by_name)| {
        let mut rule = json!({"apiGroups": groups, "resources": resources, "verbs": verbs});
        if by_name {
            rule["resourceNames"] = json!(["one"]);
        }
        rule
    });
    prop::collection::vec(rule, 0..5)
}

fn any_subjects() -> impl Strategy<Value = Vec<Value>> {
    let all = vec![
        json!({"kind": "User", "name": "jane"}),
        json!({"kind": "Group", "name": "system:serviceaccounts"}),
        json!({"kind": "Group", "name": "others"}),
        json!({"kind": "ServiceAccount", "name": "neo4j-backup-sa"}),
        json!({"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": "elsewhere"}),
    ];
    prop::sample::subsequence(all, 0..=5)
}

prop_compose! {
    fn any_observed()(
        rules in prop::option::of(any_rules()),
        subjects in prop::option::of(any_subjects()),
        bound in prop::sample::select(vec![("Role", ROLE), ("Role", "other"), ("ClusterRole", CLUSTER_ROLE), ("ClusterRole", "view")]),
        annotation in prop::option::of(prop::option::of(prop::sample::select(vec![MINE, OTHER]))),
        manager in prop::sample::select(vec![OPERATOR, REPAIRER, "kubectl-edit"]),
    ) -> Observed {
        let mut objects = BTreeMap::new();
        if let Some(annotation) = annotation {
            let annotations = annotation.map_or_else(|| json!({}), |annotation| json!({KEY: annotation}));
            objects.insert(Part::BackupAccount, stored(Part::BackupAccount, manager, &account(&annotations)));
        }
        if let Some(rules) = rules {
            objects.insert(Part::Role, stored(Part::Role, manager, &json!({"rules": rules})));
        }
        if let Some(subjects) = subjects {
            let reference = json!({"kind": bound.0, "name": bound.1});
            let content = json!({"roleRef": reference, "subjects": subjects});
            objects.insert(Part::RoleBinding, stored(Part::RoleBinding, manager, &content));
        }
        observed(objects)
    }
}

/// The same in another order, with defaults that somebody has left out or filled in.
fn permuted(observed: &Observed) -> Observed {
    let mut other = observed.clone();
    for object in other.objects.values_mut() {
        for list in ["rules", "subjects"] {
            if let Some(items) = object[list].as_array_mut() {
                items.reverse();
            }
        }
        for rule in object["rules"].as_array_mut().into_iter().flatten() {
            for list in rule.as_object_mut().unwrap().values_mut() {
                list.as_array_mut().unwrap().reverse();
            }
        }
        for subject in object["subjects"].as_array_mut().into_iter().flatten() {
            if subject["kind"] == "ServiceAccount" && subject["namespace"].is_null() {
                subject["namespace"] = "graph".into();
            }
            if subject["kind"] != "ServiceAccount" {
                subject["apiGroup"] = "rbac.authorization.k8s.io".into();
            }
        }
        if let Some(reference) = object["roleRef"].as_object_mut() {
            reference.insert("apiGroup".to_owned(), "rbac.authorization.k8s.io".into());
        }
    }
    other
}

proptest! {
    #[test]
    fn after_its_own_steps_a_plan_is_empty(
        before in any_observed(),
        version in prop::sample::select(vec!["0.1", "0.2", "0.9", "1.0", "1.7", "1.14", "1.19"]),
        identities in prop::sample::subsequence(vec![MINE, OTHER], 0..=2),
    ) {
        let inventory = inventory(&identities);
        let plan = planned(&before, &inventory, version);
        let again = planned(&carried_out(&before, &plan), &inventory, version);
        prop_assert_eq!(steps(&again), []);
    }

    #[test]
    fn order_and_defaults_mean_nothing(
        before in any_observed(),
        version in prop::sample::select(vec!["0.9", "1.14"]),
    ) {
        let inventory = inventory(&[MINE]);
        let other = permuted(&before);
        for (part, object) in &before.objects {
            prop_assert_eq!(content(object), content(&other.objects[part]));
        }
        let (plan, same) = (planned(&before, &inventory, version), planned(&other, &inventory, version));
        prop_assert_eq!(steps(&plan), steps(&same));
        for (step, same) in plan.steps.iter().zip(&same.steps) {
            prop_assert_eq!(step.after().as_ref().map(content), same.after().as_ref().map(content));
        }
    }

    #[test]
    fn an_undo_brings_back_what_was_there(before in any_observed(), version in prop::sample::select(vec!["0.9", "1.14"])) {
        let plan = planned(&before, &inventory(&[MINE]), version);
        let after = carried_out(&before, &plan);
        for step in &plan.steps {
            let undo = UndoStep {
                namespace: step.namespace.clone(), part: step.part, before: step.before.clone(), after: step.after(),
            };
            let now = after.objects.get(&step.part);
            prop_assert_eq!(undo.state(now), UndoState::Made);
            let back = match undo.restoration(now) {
                None => now.cloned(),
                Some(Restoration::Delete) => None,
                Some(Restoration::Create(object) | Restoration::Replace(object) | Restoration::Recreate(object)) => Some(object),
            };
            prop_assert_eq!(back.as_ref().map(content), step.before.as_ref().map(content));
        }
    }
}

#[test]
fn accounts_are_parts() {
    assert_eq!(
        Account::ALL.map(Part::of_account),
        [Part::BackupAccount, Part::RestoreAccount]
    );
}
