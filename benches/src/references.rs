//! An inventory such as a busy cluster gives.

use neo4jbackup_core::document::Node;
use neo4jbackup_core::inventory::Inventory;
use neo4jbackup_core::schema::Kind;
use serde_json::json;

use crate::NAMESPACE;

/// `count` instances in one namespace, named `instance-0` and so on, each with a nightly backup. Nothing is certain to
/// be absent.
pub fn inventory(count: usize) -> Inventory {
    let mut inventory = Inventory::partial("this is a benchmark");
    for index in 0..count {
        let name = format!("instance-{index}");
        let instance = Node::from(json!({
            "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jEnterpriseStandalone",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {
                "image": {"repo": "neo4j", "tag": "2025.10.1-enterprise"},
                "extraEnvFrom": [{"secretRef": {"name": "s3-credentials"}}],
            },
        }));
        inventory.insert(Kind::Neo4jEnterpriseStandalone, NAMESPACE, &name, &instance);
        let backup = Node::from(json!({
            "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup",
            "metadata": {"name": format!("nightly-{index}"), "namespace": NAMESPACE},
            "spec": {
                "instanceRef": name, "allDatabases": true, "schedule": format!("{} {} * * *", index % 60, index / 60 % 24),
                "storage": {"type": "s3", "bucket": "acme-graph-backups", "path": format!("cluster/{index}"), "cloud": {
                    "provider": "aws", "credentialsSecretRef": "s3-credentials",
                }},
            },
        }));
        inventory.insert(Kind::Neo4jBackup, NAMESPACE, &format!("nightly-{index}"), &backup);
    }
    inventory
}
