//! Which operator reads the objects under review, as far as that is known: told by the cluster, or by who started the webhook.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::schema::ServedSchemas;

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
    pub(crate) operator: Option<Operator>,
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
    pub(crate) fn of(served: ServedSchemas, deployed: Option<&str>, told: Option<Operator>) -> Self {
        let deployed = deployed.and_then(|version| version.parse().ok());
        let by_schemas = || {
            served
                .versions()
                .map(|versions| (Operator::one_of(versions), ToldBy::Schemas))
        };
        let version = deployed.map(|version| (version, ToldBy::Deployment));
        let version = version
            .or_else(|| Some((told?, ToldBy::CommandLine)))
            .or_else(by_schemas);
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
    use neo4jbackup_core::schema::{Era, Kind, crd};

    use super::*;

    /// The schemas of backups and restores in an era.
    fn served(era: Era) -> ServedSchemas {
        let mut schemas = ServedSchemas::default();
        for kind in [Kind::Neo4jBackup, Kind::Neo4jRestore] {
            assert_eq!(schemas.define(&Node::from(crd(kind, era))), Ok(Some(kind)));
        }
        schemas
    }

    fn known(served: ServedSchemas, deployed: Option<&str>, told: Option<&str>) -> (Option<String>, ToldBy) {
        let told = told.map(|version| version.parse().unwrap());
        let known = KnownOperator::of(served, deployed, told);
        (known.operator.map(|operator| operator.to_string()), known.told_by)
    }

    #[test]
    fn what_runs_wins_over_what_was_said_and_that_over_what_is_served() {
        let said = |text: &str, told_by| (Some(text.to_owned()), told_by);
        let of_1_15 = || served(Era::V1_15);
        assert_eq!(
            known(of_1_15(), Some("v1.16.0"), Some("1.14")),
            said("operator 1.16.0", ToldBy::Deployment)
        );
        let told = said("operator 1.14", ToldBy::CommandLine);
        assert_eq!(known(of_1_15(), Some("nightly"), Some("1.14")), told);
        assert_eq!(known(of_1_15(), None, Some("1.14")), told);
        assert_eq!(
            known(of_1_15(), None, None),
            said("operator 1.15 to 1.18", ToldBy::Schemas)
        );
        assert_eq!(known(ServedSchemas::default(), None, None), (None, ToldBy::Nobody));
    }
}
