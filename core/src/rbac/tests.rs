use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::document::Node;
use crate::facts::{AccountFacts, BindingFacts, Coverage, Inventory, Need, RoleFacts};
use crate::model::{Account, Provider};
use crate::schema::{Era, Kind};
use crate::settings::Settings;

const MINE: &str = "arn:aws:iam::210987654321:role/mine";
const OTHER: &str = "arn:aws:iam::210987654321:role/other";
const KEY: &str = "eks.amazonaws.com/role-arn";
const DECLARED: &str = "neo4jbackup.github.io/aws-role-arn";

/// A cluster that is known in full, with one backup in `graph`.
fn cluster(version: &str) -> Inventory {
    let mut inventory = Inventory::default();
    for need in [
        Need::Backups,
        Need::Restores,
        Need::Namespace,
        Need::Accounts,
        Need::Roles,
    ] {
        inventory.set_coverage(need, Coverage::Full);
    }
    inventory.set_served(Kind::Neo4jBackup, version);
    inventory.insert_namespace("graph", BTreeMap::new());
    inventory.insert_namespace("quiet", BTreeMap::from([(DECLARED.to_owned(), MINE.to_owned())]));
    wants(&mut inventory, "nightly", None);
    inventory
}

fn wants(inventory: &mut Inventory, name: &str, identity: Option<&str>) {
    let mut annotations = json!({});
    if let Some(identity) = identity {
        annotations[KEY] = identity.into();
    }
    let cloud = json!({"provider": "aws", "identity": {"provider": "aws", "autoCreate": {"annotations": annotations}}});
    let spec = json!({"spec": {"storage": {"type": "s3", "bucket": "b", "cloud": cloud}}});
    inventory.insert(Kind::Neo4jBackup, "graph", name, &Node::from(spec));
}

fn declares(inventory: &mut Inventory, identity: &str) {
    inventory.insert_namespace("graph", BTreeMap::from([(DECLARED.to_owned(), identity.to_owned())]));
}

fn carries(inventory: &mut Inventory, account: Account, identity: &str, ours: bool) {
    let facts = AccountFacts {
        annotations: BTreeMap::from([(KEY.to_owned(), identity.to_owned())]),
        applied: ours.then(|| KEY.to_owned()).into_iter().collect(),
    };
    inventory.set_account("graph", account, Some(facts));
}

fn planned(inventory: &Inventory) -> Plan {
    plan(inventory, &Settings::default(), None)
}

fn names(plan: &Plan) -> Vec<(&str, &'static str)> {
    plan.applies
        .iter()
        .map(|apply| (apply.namespace.as_str(), apply.object.name()))
        .collect()
}

/// What the API server and the watches make of the applies.
fn done(inventory: &mut Inventory, plan: &Plan) {
    for apply in &plan.applies {
        let namespace = apply.namespace.as_str();
        match apply.object {
            RbacObject::ServiceAccount(account) => {
                let before = inventory
                    .account(namespace, account)
                    .found()
                    .cloned()
                    .unwrap_or_default();
                let said = apply.manifest["metadata"]["annotations"]
                    .as_object()
                    .cloned()
                    .unwrap_or_default();
                let mut annotations = before.annotations;
                annotations.retain(|key, _| !before.applied.contains(key));
                for (key, value) in &said {
                    annotations.insert(key.clone(), value.as_str().unwrap().to_owned());
                }
                let applied = said.keys().cloned().collect();
                inventory.set_account(namespace, account, Some(AccountFacts { annotations, applied }));
            }
            RbacObject::RoleBinding => {
                let facts = BindingFacts::of(&Node::from(apply.manifest.clone()), namespace);
                inventory.set_binding(namespace, Some(facts));
            }
        }
    }
}

#[test]
fn both_accounts_are_made_where_there_is_work_and_nowhere_else() {
    let mut inventory = cluster("v1beta1");
    let plan = planned(&inventory);
    assert_eq!(
        names(&plan),
        [("graph", "neo4j-backup-sa"), ("graph", "neo4j-restore-sa")]
    );
    assert_eq!(
        plan.applies[0].manifest,
        json!({"apiVersion": "v1", "kind": "ServiceAccount",
               "metadata": {"name": "neo4j-backup-sa", "namespace": "graph"}})
    );
    assert!(!plan.applies[0].force);
    done(&mut inventory, &plan);
    assert_eq!(planned(&inventory), Plan::default());
}

#[test]
fn the_declared_identity_comes_goes_and_follows() {
    let mut inventory = cluster("v1beta1");
    declares(&mut inventory, MINE);
    let plan = planned(&inventory);
    assert_eq!(plan.applies[0].manifest["metadata"]["annotations"], json!({KEY: MINE}));
    done(&mut inventory, &plan);
    assert_eq!(planned(&inventory), Plan::default());
    declares(&mut inventory, OTHER);
    let plan = planned(&inventory);
    assert_eq!(plan.applies[1].manifest["metadata"]["annotations"], json!({KEY: OTHER}));
    done(&mut inventory, &plan);
    inventory.insert_namespace("graph", BTreeMap::new());
    let plan = planned(&inventory);
    assert_eq!(plan.applies[0].manifest["metadata"].get("annotations"), None);
    done(&mut inventory, &plan);
    assert_eq!(planned(&inventory), Plan::default());
    let settings = Settings {
        identity: crate::settings::Identity {
            aws_role_arn: Some(MINE.to_owned()),
            ..Default::default()
        },
        ..Settings::default()
    };
    let plan = super::plan(&inventory, &settings, None);
    assert_eq!(plan.applies[0].manifest["metadata"]["annotations"], json!({KEY: MINE}));
}

#[test]
fn what_somebody_else_wrote_is_never_written_over() {
    let mut inventory = cluster("v1beta1");
    declares(&mut inventory, MINE);
    carries(&mut inventory, Account::Backup, OTHER, false);
    carries(&mut inventory, Account::Restore, MINE, false);
    let conflict = Issue::IdentityConflict {
        namespace: "graph".to_owned(),
        account: Account::Backup,
        provider: Provider::Aws,
    };
    assert_eq!(
        planned(&inventory),
        Plan {
            applies: Vec::new(),
            issues: vec![conflict]
        }
    );
}

#[test]
fn objects_that_disagree_are_reported_and_left_to_the_operator() {
    let mut inventory = cluster("v1beta1");
    carries(&mut inventory, Account::Restore, MINE, false);
    declares(&mut inventory, MINE);
    carries(&mut inventory, Account::Backup, MINE, true);
    wants(&mut inventory, "nightly", Some(OTHER));
    let plan = planned(&inventory);
    assert_eq!((plan.applies.len(), plan.issues.len()), (0, 1), "{plan:?}");
    inventory.insert_namespace("graph", BTreeMap::new());
    carries(&mut inventory, Account::Backup, OTHER, false);
    assert_eq!(
        planned(&inventory),
        Plan::default(),
        "one identity, which the operator writes"
    );
    wants(&mut inventory, "hourly", Some(MINE));
    assert_eq!(planned(&inventory).issues.len(), 1);
}

#[test]
fn what_is_malformed_goes_nowhere() {
    let mut inventory = cluster("v1beta1");
    declares(&mut inventory, "neo4j-backup");
    let plan = planned(&inventory);
    assert!(
        plan.applies
            .iter()
            .all(|apply| apply.manifest["metadata"].get("annotations").is_none())
    );
    assert!(matches!(plan.issues[0], Issue::Malformed { .. }), "{plan:?}");
}

#[test]
fn half_a_picture_is_no_ground_for_a_write() {
    for need in [Need::Backups, Need::Restores, Need::Namespace, Need::Accounts] {
        let mut inventory = cluster("v1alpha1");
        inventory.set_coverage(need, Coverage::Partial("the list is under way".into()));
        assert_eq!(planned(&inventory), Plan::default(), "{need:?}");
    }
    let mut inventory = cluster("v1alpha1");
    inventory.set_coverage(Need::Roles, Coverage::Partial("not allowed".into()));
    assert_eq!(names(&planned(&inventory)), [("graph", "neo4j-backup-sa")]);
}

/// The rights are given, and never written: a program that wrote them into a Role would have to have them.
#[test]
fn early_operators_get_a_binding_and_no_role() {
    let mut inventory = cluster("v1alpha1");
    let plan = planned(&inventory);
    assert_eq!(
        names(&plan),
        [("graph", "neo4j-backup-sa"), ("graph", "neo4j-backup-rolebinding")]
    );
    let binding = &plan.applies[1].manifest;
    assert_eq!(
        (&binding["roleRef"]["kind"], &binding["roleRef"]["name"]),
        (&json!("ClusterRole"), &json!("neo4jbackup-legacy-jobs"))
    );
    assert_eq!(
        binding["subjects"],
        json!([{"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": "graph"}])
    );
    done(&mut inventory, &plan);
    assert_eq!(planned(&inventory), Plan::default());
}

#[test]
fn what_the_operator_made_itself_is_left_alone_while_it_gives_exactly_the_rights() {
    let account = json!({"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": "graph"});
    let binding = json!({"roleRef": {"kind": "Role", "name": ROLE}, "subjects": [account]});
    let exact = json!([
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    ]);
    let elsewhere = vec![Issue::BindingElsewhere {
        namespace: "graph".to_owned(),
    }];
    let with = |role: Option<Value>, binding: &Value| {
        let mut inventory = cluster("v1alpha1");
        inventory.set_account("graph", Account::Backup, Some(AccountFacts::default()));
        inventory.set_role(
            "graph",
            role.map(|rules| RoleFacts::of(&Node::from(json!({"rules": rules})))),
        );
        inventory.set_binding("graph", Some(BindingFacts::of(&Node::from(binding.clone()), "graph")));
        planned(&inventory)
    };
    assert_eq!(with(Some(exact.clone()), &binding), Plan::default());
    for rules in [
        json!([]),
        json!([{"apiGroups": [""], "resources": ["pods", "pods/exec", "pods/log"], "verbs": ["*"]}]),
        json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"], "resourceNames": ["a"]}]),
    ] {
        let plan = with(Some(rules.clone()), &binding);
        assert_eq!((plan.applies, plan.issues), (Vec::new(), elsewhere.clone()), "{rules}");
    }
    assert_eq!(with(None, &binding).issues, elsewhere);
    let nobody = json!({"roleRef": {"kind": "Role", "name": ROLE}});
    assert_eq!(with(Some(exact), &nobody).issues, elsewhere);
}

#[test]
fn a_binding_keeps_the_subjects_of_others_and_is_never_bent_to_another_role() {
    let mut inventory = cluster("v1alpha1");
    let all = planned(&inventory);
    done(&mut inventory, &all);
    let other = json!({"kind": "User", "name": "alice", "apiGroup": "rbac.authorization.k8s.io"});
    let binding = |role: &str, subjects: &Value| {
        let binding = json!({"roleRef": {"kind": "ClusterRole", "name": role}, "subjects": subjects});
        Some(BindingFacts::of(&Node::from(binding), "graph"))
    };
    inventory.set_binding("graph", binding(CLUSTER_ROLE, &json!([other])));
    let plan = planned(&inventory);
    let account = json!({"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": "graph"});
    assert_eq!(plan.applies[0].manifest["subjects"], json!([other, account]));
    inventory.set_binding("graph", binding("admin", &json!([account])));
    let plan = planned(&inventory);
    assert_eq!(plan.applies, []);
    assert!(matches!(plan.issues[..], [Issue::BindingElsewhere { .. }]));
}

#[test]
fn later_operators_get_no_role_and_a_leftover_one_is_only_reported() {
    let role = |rules: Value| {
        let role = json!({"metadata": {"uid": "u-1"}, "rules": rules});
        Some(RoleFacts::of(&Node::from(role)))
    };
    for (version, operator) in [
        ("v1beta1", None),
        ("v1beta1", Some(Era::V1_11)),
        ("v1alpha1", Some(Era::V1_6)),
    ] {
        let mut inventory = cluster(version);
        let plan = super::plan(&inventory, &Settings::default(), operator);
        done(&mut inventory, &plan);
        assert!(names(&plan).iter().all(|(_, name)| name.ends_with("-sa")), "{plan:?}");
        inventory.set_role(
            "graph",
            role(json!([{"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]}])),
        );
        let plan = super::plan(&inventory, &Settings::default(), operator);
        let leftover = Issue::LeftoverRole {
            namespace: "graph".to_owned(),
            uid: "u-1".to_owned(),
        };
        assert_eq!((plan.applies, plan.issues), (Vec::new(), vec![leftover]));
        inventory.set_role(
            "graph",
            role(json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}])),
        );
        assert_eq!(super::plan(&inventory, &Settings::default(), operator), Plan::default());
    }
}

fn identity() -> impl Strategy<Value = Option<&'static str>> {
    prop::sample::select(vec![None, Some(MINE), Some(OTHER), Some("nonsense")])
}

proptest! {
    #[test]
    fn the_plan_on_its_own_outcome_is_empty_and_never_changes_what_others_wrote(
        wanted in prop::collection::vec(identity(), 0..3),
        declared in identity(),
        standing in prop::collection::vec(prop::option::of((identity(), any::<bool>())), 2),
        early in any::<bool>(),
    ) {
        let mut inventory = cluster(if early { "v1alpha1" } else { "v1beta1" });
        for (number, identity) in wanted.iter().enumerate() {
            wants(&mut inventory, &format!("backup-{number}"), *identity);
        }
        if let Some(identity) = declared {
            declares(&mut inventory, identity);
        }
        for (account, standing) in Account::ALL.into_iter().zip(&standing) {
            match standing {
                Some((Some(identity), ours)) => carries(&mut inventory, account, identity, *ours),
                Some((None, _)) => inventory.set_account("graph", account, Some(AccountFacts::default())),
                None => {}
            }
        }
        let before = inventory.clone();
        let first = planned(&inventory);
        done(&mut inventory, &first);
        for account in Account::ALL {
            let before = before.account("graph", account).found().cloned().unwrap_or_default();
            if let Some(theirs) = before.annotations.get(KEY).filter(|_| before.applied.is_empty()) {
                let after = inventory.account("graph", account).found().unwrap();
                prop_assert_eq!(after.annotations.get(KEY), Some(theirs));
            }
        }
        let second = planned(&inventory);
        prop_assert_eq!(second.applies, Vec::new());
        prop_assert_eq!(second.issues, first.issues);
    }
}
