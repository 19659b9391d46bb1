//! NB1007.

use crate::{Named, RulePolicy, cel};
use neo4jbackup_core::schema::Kind;

/// What the operator requires and the schema does not.
pub(crate) fn policy() -> RulePolicy {
    let none_of = |fields: &[&str]| {
        fields
            .iter()
            .map(|field| format!("variables.spec.?{field}.orValue('') == ''"))
            .collect::<Vec<_>>()
            .join(" && ")
    };
    let instance = format!(
        "{} && !has(variables.spec.target)",
        none_of(&["instanceRef", "clusterRef", "targetCluster"])
    );
    let database = format!(
        "{} && !variables.spec.?allDatabases.orValue(false) && variables.options.?targetDatabaseName.orValue('') == ''",
        none_of(&["database", "databaseName"])
    );
    RulePolicy {
        kinds: vec![Kind::Neo4jBackup, Kind::Neo4jRestore],
        variables: vec![Named::new("isBetaWithSpec", "variables.isBeta && has(object.spec)")],
        errors: vec![
            cel::finding(
                "!has(object.spec)",
                "'spec: `spec` is missing or empty; say what to do'",
            ),
            cel::finding(
                &format!("variables.isBetaWithSpec && {instance}"),
                "'spec.instanceRef: no instance is named, and the operator does nothing without one; set it to the name of the \
                 cluster or standalone, in the same namespace'",
            ),
            cel::finding(
                &format!("variables.isBetaWithSpec && variables.isRestore && {database}"),
                "'spec.database: no database is named, so there is nothing to restore; set it, or `allDatabases: true`'",
            ),
        ],
        leaves: "what the schema of the API server requires itself, and older dialects",
        ..RulePolicy::default()
    }
}
