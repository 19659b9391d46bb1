//! The kinds that rules look at, by name: `kinds: ALL`.

use crate::schema::Kind;

/// Every kind.
pub const ALL: &[Kind] = &Kind::ALL;

/// The two kinds that the operator makes Jobs of.
pub const JOBS: &[Kind] = &[Kind::Neo4jBackup, Kind::Neo4jRestore];

/// The kinds that name a storage location.
pub const LOCATED: &[Kind] = &[
    Kind::Neo4jBackup,
    Kind::Neo4jRestore,
    Kind::Neo4jEnterpriseCluster,
    Kind::Neo4jEnterpriseStandalone,
];
