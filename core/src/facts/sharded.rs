//! What is kept of a `Neo4jShardedDatabase`.

use crate::document::Node;
use crate::field::Field;

/// What rules ask of a `Neo4jShardedDatabase`.
#[derive(Debug, Clone, PartialEq)]
pub struct ShardedFacts {
    /// The cluster that it names.
    pub cluster: Option<String>,
    /// The name of the database, which need not be that of the object.
    pub database: Option<String>,
}

impl ShardedFacts {
    /// The facts of a sharded database.
    pub fn of(object: &Node<'_>) -> Self {
        let owned = |leaf: &'static str| Field::at(object, leaf).text().map(str::to_owned);
        Self {
            cluster: owned("spec.clusterRef"),
            database: owned("spec.name"),
        }
    }

    /// Whether it declares a database of this name on this cluster. Neo4j does not tell upper from lower case in such names.
    pub fn declares(&self, cluster: &str, database: &str) -> bool {
        let is_named = |name: &String| name.eq_ignore_ascii_case(database);
        self.cluster.as_deref() == Some(cluster) && self.database.as_ref().is_some_and(is_named)
    }
}
