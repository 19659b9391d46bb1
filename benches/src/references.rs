//! An inventory such as a busy cluster gives.

use neo4jbackup_core::document::Node;
use neo4jbackup_core::facts::Inventory;
use neo4jbackup_core::schema::Kind;
use serde_json::json;

use crate::NAMESPACE;

/// `count` instances, `together` of them in each namespace, named `instance-0` and so on, each with a nightly backup.
/// The first ones are in [`NAMESPACE`]. Nothing is certain to be absent.
pub fn inventory(count: usize, together: usize) -> Inventory {
    let mut inventory = Inventory::partial("this is a benchmark");
    for index in 0..count {
        let name = format!("instance-{index}");
        let namespace = match index / together {
            0 => NAMESPACE.to_owned(),
            other => format!("{NAMESPACE}-{other}"),
        };
        let instance = Node::from(json!({
            "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jEnterpriseStandalone",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {
                "image": {"repo": "neo4j", "tag": "2025.10.1-enterprise"},
                "extraEnvFrom": [{"secretRef": {"name": "s3-credentials"}}],
            },
        }));
        inventory.insert(Kind::Neo4jEnterpriseStandalone, &namespace, &name, &instance);
        let backup = Node::from(json!({
            "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup",
            "metadata": {"name": format!("nightly-{index}"), "namespace": namespace},
            "spec": {
                "instanceRef": name, "allDatabases": true, "schedule": format!("{} {} * * *", index % 60, index / 60 % 24),
                "storage": {"type": "s3", "bucket": "acme-graph-backups", "path": format!("cluster/{index}"), "cloud": {
                    "provider": "aws", "identity": {"provider": "aws", "autoCreate": {"enabled": true, "annotations": {
                        "eks.amazonaws.com/role-arn": "arn:aws:iam::210987654321:role/neo4j-backup",
                    }}},
                }},
            },
        }));
        inventory.insert(Kind::Neo4jBackup, &namespace, &format!("nightly-{index}"), &backup);
    }
    inventory
}
