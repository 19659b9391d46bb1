//! Why something is not known, for people as a sentence and for programs as data.

use std::fmt;

use crate::quoted::Name;

/// Why something is not known: one cause or several, since an instance is of one of two kinds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Why(Vec<Cause>);

/// One cause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Nobody was asked: `it is not among the linted files`.
    NotAsked(String),
    /// The answer is under way.
    Pending(String),
    /// A right is missing.
    Forbidden(Right),
    /// It was asked for, and failed.
    Failed(String),
}

/// A right in the words of RBAC.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Right {
    /// `list`, `watch`.
    pub verbs: Vec<String>,
    /// The API group; empty for the core group.
    pub group: String,
    /// The resource, in the plural: `neo4jbackups`.
    pub resource: String,
    /// The only object that it must hold for; `None` for all.
    pub name: Option<String>,
    /// The namespace that it must hold in; `None` for all.
    pub namespace: Option<String>,
    /// What people call the objects: `Neo4jBackup`.
    #[serde(skip)]
    pub called: String,
}

impl Right {
    /// The right to read the logs of pods in a namespace.
    pub fn to_read_logs(namespace: &str) -> Self {
        Self {
            verbs: vec!["get".to_owned()],
            group: String::new(),
            resource: "pods/log".to_owned(),
            name: None,
            namespace: Some(namespace.to_owned()),
            called: "Pod log".to_owned(),
        }
    }

    /// Returns the right as one grants it: `get secrets/cloud in namespace graph`.
    pub fn words(&self) -> String {
        let mut words = format!("{} {}", self.verbs.join(", "), self.resource);
        if !self.group.is_empty() {
            words += &format!(".{}", self.group);
        }
        if let Some(name) = &self.name {
            words += &format!("/{}", Name(name));
        }
        if let Some(namespace) = &self.namespace {
            words += &format!(" in namespace {}", Name(namespace));
        }
        words
    }

    /// Says in a sentence that it is missing.
    pub fn is_missing(&self) -> String {
        let everywhere = if self.namespace.is_none() {
            " in all namespaces"
        } else {
            ""
        };
        format!("the right to {}{everywhere} is missing", self.words())
    }
}

impl Cause {
    /// Says it in a sentence, with the right that is missing where one is.
    pub fn told(&self) -> String {
        match self {
            Self::Forbidden(right) => right.is_missing(),
            other => other.to_string(),
        }
    }
}

impl Why {
    /// Returns the reason that several causes are together.
    pub fn all(causes: impl IntoIterator<Item = Cause>) -> Self {
        Self(causes.into_iter().collect())
    }

    /// Returns whether nobody was asked, and nothing went wrong.
    pub fn is_not_asked(&self) -> bool {
        self.0.iter().all(|cause| matches!(cause, Cause::NotAsked(_)))
    }

    /// Returns the causes, in the order in which they were found.
    pub fn causes(&self) -> &[Cause] {
        &self.0
    }
}

impl From<Cause> for Why {
    fn from(cause: Cause) -> Self {
        Self(vec![cause])
    }
}

/// A sentence alone says why nobody was asked.
impl From<&str> for Why {
    fn from(text: &str) -> Self {
        Cause::NotAsked(text.to_owned()).into()
    }
}

impl From<String> for Why {
    fn from(text: String) -> Self {
        Cause::NotAsked(text).into()
    }
}

impl Cause {
    /// Returns a word for programs: `notAsked`, `pending`, `forbidden`, `failed`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotAsked(_) => "notAsked",
            Self::Pending(_) => "pending",
            Self::Forbidden(_) => "forbidden",
            Self::Failed(_) => "failed",
        }
    }

    /// Returns the right that is missing, or `None` if something else is.
    pub fn missing_right(&self) -> Option<&Right> {
        match self {
            Self::Forbidden(right) => Some(right),
            _ => None,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, cause) in self.0.iter().enumerate() {
            let separator = if position == 0 { "" } else { "; " };
            write!(formatter, "{separator}{cause}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsked(text) | Self::Pending(text) | Self::Failed(text) => formatter.write_str(text),
            Self::Forbidden(right) => {
                write!(
                    formatter,
                    "not allowed to {} {} objects",
                    right.verbs.join(" and "),
                    right.called
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_causes_are_one_sentence_and_the_right_can_be_asked_for() {
        let right = Right {
            verbs: vec!["list".to_owned(), "watch".to_owned()],
            group: "neo4j.neo4j.com".to_owned(),
            resource: "neo4jenterpriseclusters".to_owned(),
            name: None,
            namespace: None,
            called: "Neo4jEnterpriseCluster".to_owned(),
        };
        let failed = Cause::Failed("the Neo4jEnterpriseStandalone CRD is not installed".to_owned());
        let why = Why::all([Cause::Forbidden(right.clone()), failed]);
        assert_eq!(
            why.to_string(),
            "not allowed to list and watch Neo4jEnterpriseCluster objects; \
             the Neo4jEnterpriseStandalone CRD is not installed"
        );
        let missing: Vec<&Right> = why.causes().iter().filter_map(Cause::missing_right).collect();
        assert_eq!(missing, [&right]);
    }
}
