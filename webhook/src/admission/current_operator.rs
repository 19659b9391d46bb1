//! Which operator reads the objects under review, as far as that is known: told by the cluster, or by who started the webhook.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use neo4jbackup_core::schema::{Era, ServedSchemas};

/// What is known at the moment, which may be replaced while others read it.
#[derive(Debug, Default)]
pub(crate) struct CurrentOperator(ArcSwap<KnownOperator>);

impl CurrentOperator {
    /// Puts other knowledge in force, for every review that comes after.
    pub(crate) fn replace(&self, known: KnownOperator) {
        self.0.store(Arc::new(known));
    }

    /// Returns what is known without waiting; it stays as it is for as long as it is held.
    pub(crate) fn load(&self) -> Guard<Arc<KnownOperator>> {
        self.0.load()
    }
}

/// What is known of the operator.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct KnownOperator {
    /// The schemas that the API server serves.
    pub(crate) served: ServedSchemas,
    /// Its version; `None` where the version of the API alone says which one it can be.
    pub(crate) operator: Option<Era>,
    /// Where the version is from.
    pub(crate) told_by: ToldBy,
}

/// Where a version is from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ToldBy {
    /// Nowhere.
    #[default]
    Nobody,
    /// The Deployment of the operator.
    Deployment,
    /// The command line.
    CommandLine,
    /// The fields that are served.
    Schemas,
}

impl ToldBy {
    /// Returns the word for metrics and logs.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Deployment => "deployment",
            Self::CommandLine => "command_line",
            Self::Schemas => "schemas",
        }
    }
}

impl KnownOperator {
    /// Puts together what is known: the version that runs, or else the one that the webhook was told, or else those that
    /// the fields tell that are served.
    pub(crate) fn of(served: ServedSchemas, deployed: Option<&str>, told: Option<Era>) -> Self {
        let deployed = deployed.and_then(|version| Era::of_operator_version(version).ok());
        let by_schemas = || served.marks().map(|marks| (marks.newest, ToldBy::Schemas));
        let version = deployed.map(|version| (version, ToldBy::Deployment));
        let version = version.or_else(|| Some((told?, ToldBy::CommandLine))).or_else(by_schemas);
        let (operator, told_by) = match version {
            Some((operator, told_by)) => (Some(operator), told_by),
            None => (None, ToldBy::Nobody),
        };
        Self {
            served,
            operator,
            told_by,
        }
    }
}

#[cfg(test)]
mod tests {
    use neo4jbackup_core::document::Node;
    use neo4jbackup_core::schema::{Kind, crd};

    use super::*;

    fn known(served: Option<Era>, deployed: Option<&str>, told: Option<Era>) -> (Option<Era>, ToldBy) {
        let mut schemas = ServedSchemas::default();
        for kind in served.iter().flat_map(|_| [Kind::Neo4jBackup, Kind::Neo4jRestore]) {
            let definition = crd(kind, served.unwrap());
            assert_eq!(schemas.define(&Node::from(definition)), Ok(Some(kind)));
        }
        let known = KnownOperator::of(schemas, deployed, told);
        (known.operator, known.told_by)
    }

    #[test]
    fn what_runs_wins_over_what_was_said_and_that_over_what_is_served() {
        let (served, told) = (Some(Era::V1_13), Some(Era::V1_14));
        assert_eq!(known(served, Some("v1.8.0"), told), (Some(Era::V1_8), ToldBy::Deployment));
        assert_eq!(known(served, Some("nightly"), told), (told, ToldBy::CommandLine));
        assert_eq!(known(served, None, told), (told, ToldBy::CommandLine));
        assert_eq!(known(served, None, None), (served, ToldBy::Schemas));
        assert_eq!(known(None, None, None), (None, ToldBy::Nobody));
    }
}
