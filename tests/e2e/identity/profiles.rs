//! Each profile stores the same defaults: cloud provider, identity provider, identity and account.

use neo4jbackup_core::schema::Era;
use neo4jbackup_harness::manifests;
use serde_json::{Value, json};

use super::place::{Place, ROLE_KEY};
use super::{reconciler, roles};
use crate::world::World;

#[test]
fn backups_and_restores_of_1_14_get_them() {
    let place = guarded(World::rendered());
    let storage = json!({"type": "s3", "bucket": "acme-graph-backups"});
    let backup = json!({"instanceRef": "prod", "allDatabases": true, "storage": storage});
    assert_eq!(
        place.cloud(Era::V1_14, "Neo4jBackup", &backup, "/spec/storage/cloud"),
        filled_in("neo4j-backup-sa")
    );
    let source = json!({"type": "storage", "backupPath": "nightly/neo4j.backup", "storage": storage});
    let restore = json!({"instanceRef": "prod", "database": "neo4j", "stopCluster": true, "source": source});
    assert_eq!(
        place.cloud(Era::V1_14, "Neo4jRestore", &restore, "/spec/source/storage/cloud"),
        filled_in("neo4j-restore-sa")
    );
}

#[test]
fn backups_and_restores_of_1_13_get_them_beside_the_old_fields() {
    let place = guarded(reconciler::world());
    let storage = json!({"type": "s3", "bucket": "acme-graph-backups"});
    let target = json!({"kind": "Cluster", "name": "prod"});
    let backup = json!({"target": target, "storage": storage});
    assert_eq!(
        place.cloud(Era::V1_13, "Neo4jBackup", &backup, "/spec/storage/cloud"),
        filled_in("neo4j-backup-sa")
    );
    let source = json!({"type": "storage", "backupPath": "nightly/neo4j.backup", "storage": storage});
    let restore = json!({"clusterRef": "prod", "databaseName": "neo4j", "stopCluster": true, "source": source});
    assert_eq!(
        place.cloud(Era::V1_13, "Neo4jRestore", &restore, "/spec/source/storage/cloud"),
        filled_in("neo4j-restore-sa")
    );
}

#[test]
fn backups_and_clusters_of_v1alpha1_get_them() {
    let place = guarded(roles::world());
    let storage = json!({"type": "s3", "bucket": "acme-graph-backups"});
    let target = json!({"kind": "Cluster", "name": "prod"});
    let backup = json!({"target": target, "storage": storage});
    assert_eq!(
        place.cloud(Era::V0_2, "Neo4jBackup", &backup, "/spec/storage/cloud"),
        filled_in("neo4j-backup-sa")
    );
    let cluster = json!({
        "image": {"repo": "neo4j", "tag": "5.26.0-enterprise"},
        "topology": {"servers": 3},
        "storage": {"size": "10Gi", "className": "standard"},
        "backups": {"defaultStorage": storage, "cloud": {}},
    });
    assert_eq!(
        place.cloud(Era::V0_2, "Neo4jEnterpriseCluster", &cluster, "/spec/backups/cloud"),
        filled_in("nightly-cloud-identity")
    );
}

fn guarded(world: &'static World) -> Place {
    let place = Place::new(world);
    place.declare_role();
    place.guard(&world.webhook);
    place
}

impl Place {
    /// The cloud block that is stored, once the webhook knows what the namespace declares; the same after a second apply.
    fn cloud(&self, era: Era, kind: &str, spec: &Value, pointer: &str) -> Value {
        let manifest = json!({
            "apiVersion": format!("neo4j.neo4j.com/{}", era.api_version()), "kind": kind,
            "metadata": {"name": "nightly"}, "spec": spec,
        });
        let shown = self.would_store(&manifest, |shown| {
            shown
                .pointer(pointer)
                .is_some_and(|cloud| cloud["identity"].is_object())
        });
        let object = format!("{}/nightly", kind.to_lowercase());
        self.apply(&manifest);
        let stored = self.stored(&object).unwrap();
        self.apply(&manifest);
        assert_eq!(
            self.stored(&object).unwrap()["metadata"]["resourceVersion"],
            stored["metadata"]["resourceVersion"]
        );
        let cloud = stored.pointer(pointer).unwrap().clone();
        assert_eq!(shown.pointer(pointer), Some(&cloud));
        cloud
    }
}

fn filled_in(account: &str) -> Value {
    json!({
        "provider": "aws",
        "identity": {
            "provider": "aws", "serviceAccount": account,
            "autoCreate": {"enabled": true, "annotations": {ROLE_KEY: manifests::ROLE}},
        },
    })
}
