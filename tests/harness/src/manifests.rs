//! The manifests of the tests. None names a namespace, because each test has its own.

use serde_json::{Value, json};

/// The role that each namespace declares.
pub const ROLE: &str = "arn:aws:iam::210987654321:role/neo4j-backup";

/// An instance before 2025.01 and one after.
pub const INSTANCES: &str = "
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jEnterpriseStandalone
metadata: {name: ledger}
spec:
  image: {repo: neo4j, tag: 5.26.0-enterprise}
  acceptLicenseAgreement: eval
  storage: {className: standard, size: 10Gi}
---
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jEnterpriseStandalone
metadata: {name: catalog}
spec:
  image: {repo: neo4j, tag: 2025.10.1-enterprise}
  acceptLicenseAgreement: eval
  storage: {className: standard, size: 10Gi}
";

/// Nothing is wrong with it once the defaults are in.
pub const GOOD_BACKUP: &str = r#"
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jBackup
metadata: {name: nightly}
spec:
  instanceRef: catalog
  allDatabases: true
  schedule: "0 2 * * *"
  storage:
    type: s3
    bucket: acme-graph-backups
    path: catalog
"#;

/// A field for seconds, which the scheduler does not know.
pub const SIX_FIELD_CRON: &str = r#"
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jBackup
metadata: {name: six-fields}
spec:
  instanceRef: catalog
  allDatabases: true
  schedule: "0 0 2 * * *"
  storage: {type: s3, bucket: acme-graph-backups, path: six-fields}
"#;

/// An object store has no use without one.
pub const NO_BUCKET: &str = r#"
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jBackup
metadata: {name: no-bucket}
spec:
  instanceRef: catalog
  allDatabases: true
  schedule: "30 2 * * *"
  storage: {type: s3, path: no-bucket}
"#;

/// An account of AWS has twelve digits.
pub const NINE_DIGIT_ACCOUNT: &str = r#"
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jBackup
metadata: {name: short-account}
spec:
  instanceRef: catalog
  allDatabases: true
  storage:
    type: s3
    bucket: acme-graph-backups
    path: short-account
    cloud:
      provider: aws
      identity:
        provider: aws
        autoCreate:
          enabled: true
          annotations:
            eks.amazonaws.com/role-arn: "arn:aws:iam::123456789:role/Neo4jBackupRole"
"#;

/// A blank where RFC 3339 wants a `T`, and no zone.
pub const RECOVERY_TO_NO_TIME: &str = r#"
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jRestore
metadata: {name: no-time}
spec:
  instanceRef: catalog
  database: neo4j
  stopCluster: true
  source: {type: backup, backupRef: nightly, pointInTime: "2025-01-15 14:30:00"}
  options: {replaceExisting: true}
"#;

/// The schema takes the lower-case `z`, and the operator cannot decode it.
pub const RECOVERY_THAT_BLINDS: &str = r#"
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jRestore
metadata: {name: lower-case-zone}
spec:
  instanceRef: catalog
  database: neo4j
  stopCluster: true
  source: {type: backup, backupRef: nightly, pointInTime: "2025-01-15T14:30:00z"}
  options: {replaceExisting: true}
"#;

/// The image of `ledger` cannot restore to a point in time.
pub const RECOVERY_ON_LEDGER: &str = r#"
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jRestore
metadata: {name: recovery}
spec:
  instanceRef: ledger
  database: neo4j
  stopCluster: true
  source: {type: backup, backupRef: nightly, pointInTime: "2025-01-15T14:30:00Z"}
  options: {replaceExisting: true}
"#;

/// The type of this field is text, so that only a rule can look into it.
pub const SEED_TO_NO_TIME: &str = r#"
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jDatabase
metadata: {name: orders}
spec:
  clusterRef: catalog
  name: orders
  seedURI: s3://acme-graph-backups/catalog/orders.backup
  seedConfig: {restoreUntil: "2025-01-15 14:30:00"}
"#;

/// A backup that nothing is wrong with and nothing is missing from, not even what the defaults would fill in.
pub fn complete_backup() -> Value {
    json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup", "metadata": {"name": "nightly"},
        "spec": {
            "instanceRef": "prod", "database": "neo4j", "schedule": "0 2 * * *",
            "storage": {"type": "s3", "bucket": "acme-backups", "cloud": {
                "provider": "aws", "credentialsSecretRef": "s3-credentials",
            }},
        },
    })
}
