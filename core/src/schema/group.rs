//! The API groups in which operators serve backups of Neo4j.
//!
//! A dialect is a group, a version of its API, and a version of its operator. Names of kinds repeat between groups, so that
//! a kind is looked up by both.

use super::Kind;
use crate::document::Node;

/// An API group in which an operator serves backups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// `neo4j.neo4j.com`, of the operator whose kinds the tables describe.
    Neo4jNeo4jCom,
    /// `neo4j.com`, of another operator. Its objects are recognised and left alone.
    Neo4jCom,
}

/// What is known of a group.
struct Entry {
    group: Group,
    name: &'static str,
    newest_version: &'static str,
    /// The kinds without a table.
    others: &'static [&'static str],
}

/// The table of groups, in the order of the variants.
const TABLE: [Entry; Group::ALL.len()] = [
    Entry {
        group: Group::Neo4jNeo4jCom,
        name: "neo4j.neo4j.com",
        newest_version: "v1beta1",
        others: &[],
    },
    Entry {
        group: Group::Neo4jCom,
        name: "neo4j.com",
        newest_version: "v1",
        others: &["Neo4j", "Neo4jBackup", "Neo4jBackupSchedule", "Neo4jRestore"],
    },
];

impl Group {
    /// Every group.
    pub const ALL: [Self; 2] = [Self::Neo4jNeo4jCom, Self::Neo4jCom];

    /// Returns the group of this name, or `None` if no operator has it.
    pub fn named(name: &str) -> Option<Self> {
        TABLE.iter().find(|entry| entry.name == name).map(|entry| entry.group)
    }

    /// Returns the group of an object of another operator, whose kinds have no tables; `None` for every other object.
    pub fn left_alone(object: &Node<'_>) -> Option<Self> {
        let (group, _) = object.get("apiVersion")?.as_str()?.split_once('/')?;
        let kind = object.get("kind")?.as_str()?;
        Self::named(group).filter(|group| group.entry().others.contains(&kind))
    }

    /// The name, as in `apiVersion`: `neo4j.neo4j.com`.
    pub const fn name(self) -> &'static str {
        self.entry().name
    }

    /// The newest version of its API, as an `apiVersion`: `neo4j.neo4j.com/v1beta1`.
    pub fn newest_api_version(self) -> String {
        format!("{}/{}", self.name(), self.entry().newest_version)
    }

    /// Returns whether the operator of this group serves a kind of this name that has to do with backups.
    pub fn serves(self, kind: &str) -> bool {
        self.entry().others.contains(&kind) || Kind::of_group(self.name(), kind).is_some()
    }

    const fn entry(self) -> &'static Entry {
        &TABLE[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_table_has_the_order_of_the_variants() {
        for group in Group::ALL {
            assert_eq!(group.entry().group, group);
            assert_eq!(Group::named(group.name()), Some(group));
        }
    }

    #[test]
    fn a_kind_belongs_to_its_group() {
        let object = |version: &str, kind: &str| Node::from(json!({"apiVersion": version, "kind": kind}));
        for (version, kind, known, left_alone) in [
            ("neo4j.neo4j.com/v1beta1", "Neo4jBackup", Some(Kind::Neo4jBackup), None),
            ("neo4j.com/v1", "Neo4jBackup", None, Some(Group::Neo4jCom)),
            ("neo4j.com/v1beta1", "Neo4jBackupSchedule", None, Some(Group::Neo4jCom)),
            ("neo4j.com/v1", "Neo4jEnterpriseCluster", None, None),
            ("neo4j.neo4j.com/v1beta1", "Neo4jBackupSchedule", None, None),
            ("v1", "Neo4jBackup", None, None),
            ("example.com/v1", "Neo4jRestore", None, None),
        ] {
            let object = object(version, kind);
            assert_eq!(Kind::of(&object).map(|(kind, _)| kind), known, "{version} {kind}");
            assert_eq!(Group::left_alone(&object), left_alone, "{version} {kind}");
        }
    }
}
