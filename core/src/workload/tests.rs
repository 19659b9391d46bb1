use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::facts::{AccountFacts, Coverage, Need};
use crate::fix;
use crate::schema::Kind;

const CLIENT: &str = "6b1f1b0c-7c1e-4b8e-9f0a-2d3c4b5a6978";
const ROLE: &str = "arn:aws:iam::210987654321:role/neo4j-backup";

/// A Job as the operator makes it for the backup or restore `nightly`.
fn job(name: &str, component: &str, account: &str) -> Value {
    json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": "nightly-backup", "namespace": "graph", "labels": {
            "app.kubernetes.io/name": name, "app.kubernetes.io/component": component,
            "app.kubernetes.io/instance": "nightly",
        }},
        "spec": {"template": {"metadata": {}, "spec": {"serviceAccountName": account, "containers": []}}},
    })
}

fn backup_job() -> Value {
    job("neo4j-backup", "backup", "neo4j-backup-sa")
}

fn azure(annotations: &Value) -> Value {
    json!({"type": "azure", "bucket": "acme/backups", "cloud": {"provider": "azure", "identity": {
        "provider": "azure", "autoCreate": {"annotations": annotations},
    }}})
}

fn inventory(backup: Option<Value>, restore: Option<Value>) -> Inventory {
    let mut inventory = Inventory::default();
    let objects = [(Kind::Neo4jBackup, backup), (Kind::Neo4jRestore, restore)];
    for (kind, spec) in objects {
        if let Some(spec) = spec {
            inventory.insert(kind, "graph", "nightly", &Node::from(json!({"spec": spec})));
        }
    }
    inventory
}

fn declares(inventory: &mut Inventory, key: &str, value: &str) {
    inventory.insert_namespace("graph", BTreeMap::from([(key.to_owned(), value.to_owned())]));
    inventory.set_coverage(Need::Namespace, Coverage::Full);
}

fn filled_in(object: &Value, inventory: &Inventory, settings: &Settings) -> Vec<(String, Value)> {
    let kind = Workload::of(
        if object["apiVersion"] == "v1" { "" } else { "batch" },
        "v1",
        object["kind"].as_str().unwrap(),
    );
    let node = Node::from(object.clone());
    let edits = defaults(kind.unwrap(), &node, "graph", inventory, settings);
    let patch = serde_json::to_value(fix::patch(&node, &edits)).unwrap();
    let operations = patch.as_array().unwrap().iter();
    operations
        .map(|operation| {
            assert_eq!(operation["op"], "add");
            (
                operation["path"].as_str().unwrap().to_owned(),
                operation["value"].clone(),
            )
        })
        .collect()
}

fn is_labelled(job: &Value, inventory: &Inventory) -> bool {
    let filled = filled_in(job, inventory, &Settings::default());
    assert!(filled.len() < 2, "{filled:?}");
    filled.iter().any(|(path, value)| {
        path == "/spec/template/metadata/labels" && *value == json!({"azure.workload.identity/use": "true"})
    })
}

#[test]
fn the_identity_of_the_owner_decides() {
    let annotated = json!({"azure.workload.identity/client-id": CLIENT});
    let said = inventory(Some(json!({"storage": azure(&annotated)})), None);
    assert!(is_labelled(&backup_job(), &said));
    let mut with_secret = azure(&annotated);
    with_secret["cloud"]["credentialsSecretRef"] = json!("keys");
    assert!(!is_labelled(
        &backup_job(),
        &inventory(Some(json!({"storage": with_secret})), None)
    ));
    let nothing = inventory(Some(json!({"storage": azure(&json!({}))})), None);
    assert!(!is_labelled(&backup_job(), &nothing), "nothing gives it an identity");
    let mut amazon = inventory(Some(json!({"storage": {"type": "s3", "bucket": "b"}})), None);
    declares(&mut amazon, "neo4jbackup.github.io/azure-client-id", CLIENT);
    assert!(
        !is_labelled(&backup_job(), &amazon),
        "another backup of the namespace uses Azure"
    );
}

#[test]
fn what_is_declared_decides_where_the_owner_says_nothing_or_is_not_known() {
    for mut inventory in [
        inventory(None, None),
        inventory(Some(json!({"storage": azure(&json!({}))})), None),
    ] {
        assert!(!is_labelled(&backup_job(), &inventory));
        declares(
            &mut inventory,
            "neo4jbackup.github.io/azure-client-id",
            "not-a-client-id",
        );
        assert!(!is_labelled(&backup_job(), &inventory));
        declares(&mut inventory, "neo4jbackup.github.io/azure-client-id", CLIENT);
        assert!(is_labelled(&backup_job(), &inventory));
    }
    let mut settings = Settings::default();
    settings.identity.azure_client_id = Some(CLIENT.to_owned());
    assert_eq!(filled_in(&backup_job(), &Inventory::default(), &settings).len(), 1);
    let mut carried = Inventory::default();
    let facts = AccountFacts {
        annotations: BTreeMap::from([(AZURE_CLIENT_ID.to_owned(), CLIENT.to_owned())]),
        applied: BTreeSet::new(),
    };
    carried.set_account("graph", Account::Backup, Some(facts));
    assert!(is_labelled(&backup_job(), &carried));
}

#[test]
fn a_restore_reads_with_the_identity_of_its_source() {
    let job = job("neo4j-restore", "restore", "neo4j-restore-sa");
    let annotated = azure(&json!({"azure.workload.identity/client-id": CLIENT}));
    let from_storage = json!({"source": {"type": "storage", "storage": annotated}});
    assert!(is_labelled(&job, &inventory(None, Some(from_storage))));
    let from_backup = json!({"source": {"type": "backup", "backupRef": "nightly"}});
    assert!(is_labelled(
        &job,
        &inventory(Some(json!({"storage": annotated})), Some(from_backup.clone()))
    ));
    let amazon = json!({"storage": {"type": "s3", "bucket": "b"}});
    assert!(!is_labelled(&job, &inventory(Some(amazon), Some(from_backup))));
}

#[test]
fn only_jobs_that_run_as_the_shared_accounts_are_labelled() {
    let annotated = json!({"azure.workload.identity/client-id": CLIENT});
    let said = inventory(Some(json!({"storage": azure(&annotated)})), None);
    assert!(is_labelled(
        &job("neo4j-backup", "backup-cron", "neo4j-backup-sa"),
        &said
    ));
    for (name, component, account) in [
        ("neo4j-backup", "cleanup", "neo4j-backup-sa"),
        ("neo4j-backup", "backup", "default"),
        ("neo4j-restore", "pre-restore-hook", "neo4j-restore-sa"),
        ("another", "backup", "neo4j-backup-sa"),
    ] {
        assert!(
            !is_labelled(&job(name, component, account), &said),
            "{name} {component} {account}"
        );
    }
}

#[test]
fn the_template_of_a_cron_job_is_labelled_too() {
    let annotated = json!({"azure.workload.identity/client-id": CLIENT});
    let said = inventory(Some(json!({"storage": azure(&annotated)})), None);
    let job = job("neo4j-backup", "backup-cron", "neo4j-backup-sa");
    let cron_job = json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": job["metadata"],
        "spec": {"schedule": "0 2 * * *", "jobTemplate": {"metadata": {}, "spec": job["spec"]}},
    });
    let filled = filled_in(&cron_job, &said, &Settings::default());
    assert_eq!(filled[0].0, "/spec/jobTemplate/spec/template/metadata/labels");
}

#[test]
fn an_account_gets_what_is_declared_and_keeps_what_it_says() {
    let account = |name: &str, annotations: &Value| {
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {
            "name": name, "namespace": "graph", "annotations": annotations,
        }})
    };
    let mut inventory = Inventory::default();
    declares(&mut inventory, "neo4jbackup.github.io/aws-role-arn", ROLE);
    let mut settings = Settings::default();
    settings.identity.aws_role_arn = Some("arn:aws:iam::210987654321:role/other".to_owned());
    settings.identity.gcp_service_account = Some("no address".to_owned());
    for name in ["neo4j-backup-sa", "neo4j-restore-sa"] {
        assert_eq!(
            filled_in(&account(name, &Value::Null), &inventory, &settings),
            [(
                "/metadata/annotations".to_owned(),
                json!({"eks.amazonaws.com/role-arn": ROLE})
            )]
        );
    }
    assert_eq!(
        filled_in(&account("neo4j-backup-sa", &json!({"a": "b"})), &inventory, &settings),
        [(
            "/metadata/annotations/eks.amazonaws.com~1role-arn".to_owned(),
            json!(ROLE)
        )]
    );
    let said = json!({"eks.amazonaws.com/role-arn": "arn:aws:iam::210987654321:role/mine"});
    assert_eq!(filled_in(&account("neo4j-backup-sa", &said), &inventory, &settings), []);
    assert_eq!(filled_in(&account("default", &Value::Null), &inventory, &settings), []);
    assert_eq!(
        filled_in(&account("neo4j-backup-sa", &json!("text")), &inventory, &settings),
        []
    );
    settings.rules.insert("NB3003".to_owned(), Level::Off);
    assert_eq!(
        filled_in(&account("neo4j-backup-sa", &Value::Null), &inventory, &settings),
        []
    );
    settings.rules.clear();
    settings.mode = Mode::Audit;
    assert_eq!(
        filled_in(&account("neo4j-backup-sa", &Value::Null), &inventory, &settings),
        []
    );
}

/// A small JSON value of any shape.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..3).prop_map(|map| json!(map)),
        ]
    })
}

/// Every place of a Job that is looked at.
const PLACES: [&str; 9] = [
    "/metadata",
    "/metadata/labels",
    "/metadata/labels/app.kubernetes.io~1instance",
    "/spec",
    "/spec/template",
    "/spec/template/metadata",
    "/spec/template/metadata/labels",
    "/spec/template/spec",
    "/spec/template/spec/serviceAccountName",
];

proptest! {
    #[test]
    fn whatever_a_job_looks_like_the_patch_only_adds_and_the_second_one_is_empty(
        place in prop::sample::select(PLACES.to_vec()), value in prop::option::of(anything()), cron in any::<bool>(),
    ) {
        let mut job = backup_job();
        job["spec"]["template"]["metadata"]["labels"] = json!({"a": "b"});
        if let Some(value) = value {
            *job.pointer_mut(place).unwrap() = value;
        }
        if cron {
            let metadata = job["metadata"].clone();
            job = json!({"kind": "CronJob", "metadata": metadata, "spec": {"jobTemplate": job}});
        }
        let workload = if cron { Workload::CronJob } else { Workload::Job };
        let mut inventory = Inventory::default();
        declares(&mut inventory, "neo4jbackup.github.io/azure-client-id", CLIENT);
        let settings = Settings::default();
        let node = Node::from(job.clone());
        let patch = fix::patch(&node, &defaults(workload, &node, "graph", &inventory, &settings));
        for operation in &patch.0 {
            prop_assert!(matches!(operation, json_patch::PatchOperation::Add(_)));
        }
        let mut patched = job.clone();
        json_patch::patch(&mut patched, &patch).unwrap();
        let again = Node::from(patched.clone());
        prop_assert_eq!(defaults(workload, &again, "graph", &inventory, &settings), Vec::new());
        if !patch.0.is_empty() {
            prop_assert_ne!(patched, job);
        }
    }
}
