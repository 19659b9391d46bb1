//! PLACEHOLDER until the tables land.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Era { A, B, C, D, E, F, G }
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind { Neo4jBackup, Neo4jRestore, Neo4jEnterpriseCluster, Neo4jEnterpriseStandalone, Neo4jDatabase, Neo4jShardedDatabase }
impl Kind { pub const ALL: [Kind; 6] = [Kind::Neo4jBackup, Kind::Neo4jRestore, Kind::Neo4jEnterpriseCluster, Kind::Neo4jEnterpriseStandalone, Kind::Neo4jDatabase, Kind::Neo4jShardedDatabase]; }
#[derive(Debug)] pub struct SchemaProblem;
pub fn check(_: Kind, _: Era, _: &crate::document::Node<'_>) -> Vec<SchemaProblem> { vec![] }
