//! Of a webhook configuration, only the `caBundle` fields are the server's; all else stays its owner's.

use neo4jbackup_harness::await_within;
use serde_json::{Value, json};

use super::stage::{DEADLINE, KINDS, Kind, ON_DEMAND, Stage, webhook_name};
use crate::world::World;

const MANAGER: &str = "neo4jbackup-webhook-ca";

#[test]
fn nothing_but_the_ca_bundle_is_owned() {
    let mut stage = Stage::with_replicas(&World::rendered().control_plane, ON_DEMAND, 2);
    for kind in KINDS {
        let configuration = stage.api.get(&stage.configuration_path(kind)).unwrap();
        let entries = configuration["metadata"]["managedFields"].as_array().unwrap();
        let ours: Vec<&Value> = entries.iter().filter(|entry| entry["manager"] == MANAGER).collect();
        assert_eq!(ours.len(), 1, "{entries:?}");
        assert_eq!(ours[0]["operation"], "Apply");
        let webhook = |number: usize| {
            let key = json!({"name": webhook_name(number)}).to_string();
            let fields = json!({".": {}, "f:clientConfig": {"f:caBundle": {}}, "f:name": {}});
            (format!("k:{key}"), fields)
        };
        let webhooks: serde_json::Map<_, _> = [webhook(0), webhook(1)].into_iter().collect();
        assert_eq!(ours[0]["fieldsV1"], json!({"f:webhooks": webhooks}));
    }
}

/// `helm upgrade` applies the chart again; kubectl users patch, replace and apply on the client's side.
#[test]
fn whoever_writes_the_rest_leaves_the_ca_bundle() {
    let mut stage = Stage::with_replicas(&World::rendered().control_plane, ON_DEMAND, 1);
    let path = stage.configuration_path(Kind::Validating);
    let bundle = stage.bundle();
    let version = |stage: &mut Stage<'_>| {
        let configuration = stage.api.get(&path).unwrap();
        configuration["metadata"]["resourceVersion"]
            .as_str()
            .unwrap()
            .to_owned()
    };

    let mut changed = stage.configuration(Kind::Validating);
    changed["webhooks"][0]["timeoutSeconds"] = 7.into();
    let before = version(&mut stage);
    let answer = stage.api.apply(&path, "helm", &changed);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_ne!(version(&mut stage), before);
    assert_eq!(stage.bundle(), bundle);

    // As helm 3 and `kubectl apply` do: the difference between two manifests, neither of which has a caBundle.
    let patch = json!({"webhooks": [{"name": webhook_name(0), "timeoutSeconds": 9}]});
    let file = format!("--patch={patch}");
    let arguments = [
        "patch",
        "validatingwebhookconfiguration",
        &stage.name,
        "--type=strategic",
        &file,
    ];
    let output = stage.control_plane.kubectl(&arguments).unwrap();
    assert!(output.success(), "{output:?}");
    assert_eq!(stage.bundle(), bundle);
    let configuration = stage.api.get(&path).unwrap();
    assert_eq!(configuration["webhooks"][0]["timeoutSeconds"], 9);
    stage.create_backup().unwrap();
}

/// A chart that is upgraded may register one webhook more or less. Server-side apply cannot take away a webhook while its
/// `caBundle` belongs to somebody else, and says so; every other way can.
#[test]
fn webhooks_may_come_and_go() {
    let mut stage = Stage::with_replicas(&World::rendered().control_plane, ON_DEMAND, 2);
    let path = stage.configuration_path(Kind::Validating);
    let both = stage.configuration(Kind::Validating);
    let mut one = both.clone();
    one["webhooks"].as_array_mut().unwrap().pop();
    let bundle = stage.bundle();
    let answer = stage.api.apply(&path, "helm", &one);
    assert_eq!(answer.status, 422, "{answer:?}");
    assert_eq!(stage.bundle(), bundle, "a refusal changes nothing");

    let patch = json!({"webhooks": [{"name": webhook_name(1), "$patch": "delete"}]});
    let arguments = [
        "patch",
        "validatingwebhookconfiguration",
        &stage.name,
        "--type=strategic",
        &format!("--patch={patch}"),
    ];
    let output = stage.control_plane.kubectl(&arguments).unwrap();
    assert!(output.success(), "{output:?}");
    let left = stage.api.get(&path).unwrap()["webhooks"].as_array().unwrap().len();
    assert_eq!(left, 1);
    await_within(DEADLINE, "an answer", || stage.create_backup());

    let answer = stage.api.apply(&path, "helm", &both);
    assert_eq!(answer.status, 200, "{answer:?}");
    await_within(DEADLINE, "the bundle of the new webhook", || {
        let bundle = Stage::live_bundle(&mut stage.api, &path, 1);
        bundle.map(drop).ok_or_else(|| "none".to_owned())
    });
    await_within(DEADLINE, "an answer", || stage.create_backup());
}

/// A chart that is removed and installed again brings the same names with other objects behind them.
#[test]
fn a_configuration_that_is_made_anew_gets_its_bundle() {
    let mut stage = Stage::with_replicas(&World::rendered().control_plane, ON_DEMAND, 2);
    let bundle = stage.bundle();
    for kind in KINDS {
        let path = stage.configuration_path(kind);
        stage.api.delete(&path);
    }
    await_within(DEADLINE, "a look", || {
        match super::stage::is_ready(&stage.replicas[0]) {
            Err(text) if text.contains("there is no such configuration") => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
    stage.configure();
    stage.await_all_ready("the configurations are there again");
    await_within(DEADLINE, "an answer", || stage.create_backup());
    assert_eq!(stage.bundle(), bundle);
}
