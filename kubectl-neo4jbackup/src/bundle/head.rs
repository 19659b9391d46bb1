//! `bundle.yaml`: of what the other files are, and what could not be read. Whoever writes one by hand needs no more than `takenAt`,
//! `namespaces` and `complete`; a report says everything, so that reading it is as good as having looked.

use std::collections::BTreeSet;

use neo4jbackup_core::facts::{Cause, Right};
use neo4jbackup_core::quoted::Name;
use neo4jbackup_core::snapshot::{Gap, LogOf, LogTail, Resource, Snapshot};
use serde::{Deserialize, Serialize};

use super::Bundle;

/// `bundle.yaml`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Head {
    /// When it was collected; the newest time in the objects unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) taken_at: Option<String>,
    /// The namespaces that were asked for; all unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) namespaces: Option<BTreeSet<String>>,
    /// The only object that was asked about, `backup/nightly`: of others, not everything is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) target: Option<String>,
    /// The version of the API server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) server_version: Option<String>,
    /// Whether every resource of which there is no file has no objects. Otherwise that holds for those of `read`, and of others
    /// nobody knows.
    #[serde(default, skip_serializing_if = "is_false")]
    complete: bool,
    /// The resources that were read, also those that have no objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    read: Vec<String>,
    /// What could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    gaps: Vec<Missing>,
    /// What could not be looked at in namespaces that were not asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    elsewhere: Vec<Missing>,
    /// Logs that could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    logs: Vec<MissingLog>,
}

/// Objects that could not be read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Missing {
    /// The resource, in the plural.
    resource: String,
    /// The namespace; all unless given.
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<String>,
    /// `forbidden`, `failed`, `notAsked`, `pending` or `notServed`.
    kind: String,
    /// What the API server or the connection said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    text: String,
    /// What may not be done, where it is forbidden; `list` unless given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    verbs: Vec<String>,
    /// The only object with which it may not be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// A log that could not be read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MissingLog {
    namespace: String,
    pod: String,
    container: String,
    /// Whether it is the log of the container that ran before.
    #[serde(default, skip_serializing_if = "is_false")]
    previous: bool,
    /// `forbidden`, `failed`, `notAsked` or `pending`.
    kind: String,
    /// What the API server or the connection said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    text: String,
}

/// What is wrong with a head, as the end of a sentence that begins with its file.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    /// It is no YAML, or has other fields.
    #[error("cannot be used: {0}")]
    Unusable(#[source] Box<serde_saphyr::Error>),
    /// Its time is none.
    #[error("has a takenAt that is no time: {0}")]
    Time(#[from] jiff::Error),
    /// There is no such resource.
    #[error("has a gap of {}, which no check looks at", Name(.0))]
    Resource(String),
    /// There is no such reason.
    #[error("has a gap of the kind {}; known are forbidden, failed, notAsked, pending and notServed", Name(.0))]
    Kind(String),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_false(value: &bool) -> bool {
    !value
}

fn resource_called(plural: &str) -> Result<Resource, HeadError> {
    let mut all = Resource::ALL.into_iter();
    all.find(|resource| resource.plural() == plural)
        .ok_or_else(|| HeadError::Resource(plural.to_owned()))
}

impl Head {
    /// Reads a head.
    pub(super) fn parse(text: &str) -> Result<Self, HeadError> {
        serde_saphyr::from_str(text).map_err(|error| HeadError::Unusable(Box::new(error)))
    }

    /// The head of what was seen.
    pub(super) fn of(bundle: &Bundle) -> Self {
        let snapshot = &bundle.snapshot;
        let (mut read, mut not_served) = (Vec::new(), Vec::new());
        for resource in snapshot.resources() {
            let plural = resource.plural().to_owned();
            if snapshot.is_served(resource) == Some(false) {
                not_served.push(Missing::not_served(plural));
            } else {
                read.push(plural);
            }
        }
        let gaps = snapshot.gaps();
        let gaps = gaps.map(|(resource, gap)| Missing::of(resource, gap.namespace.as_deref(), &gap.cause));
        let elsewhere = snapshot.gaps_elsewhere().map(|(resource, cause)| {
            let right = cause.missing_right();
            Missing::of(resource, right.and_then(|right| right.namespace.as_deref()), cause)
        });
        let logs = snapshot.logs().filter_map(|(of, tail)| match tail {
            LogTail::Read(_) => None,
            LogTail::Missing(cause) => Some(MissingLog::of(of, cause)),
        });
        Self {
            taken_at: Some(snapshot.taken.to_string()),
            namespaces: snapshot.namespaces.clone(),
            target: bundle.target.clone(),
            server_version: bundle.server_version.clone(),
            complete: false,
            read,
            gaps: gaps.chain(not_served).collect(),
            elsewhere: elsewhere.collect(),
            logs: logs.collect(),
        }
    }

    /// Whether it says what was read, so that there may be nothing else.
    pub(super) fn is_of_report(&self) -> bool {
        !self.read.is_empty()
    }

    /// Says in a snapshot, which has the objects and logs already, what the head says.
    pub(super) fn apply(self, snapshot: &mut Snapshot) -> Result<(), HeadError> {
        snapshot.namespaces = self.namespaces;
        if let Some(text) = self.taken_at {
            snapshot.taken = text.parse()?;
        }
        if self.complete {
            for resource in Resource::ALL {
                snapshot.add(resource, []);
            }
        }
        for plural in &self.read {
            snapshot.add(resource_called(plural)?, []);
        }
        let mut not_served = Vec::new();
        for missing in self.gaps {
            let resource = resource_called(&missing.resource)?;
            if missing.kind == NOT_SERVED {
                not_served.push(resource);
                continue;
            }
            let gap = Gap {
                namespace: missing.namespace.clone(),
                cause: missing.cause(resource)?,
            };
            snapshot.miss(resource, gap);
        }
        for resource in not_served {
            snapshot.not_served(resource);
        }
        for missing in self.elsewhere {
            let resource = resource_called(&missing.resource)?;
            snapshot.miss_elsewhere(resource, missing.cause(resource)?);
        }
        for missing in self.logs {
            let (of, cause) = missing.cause()?;
            snapshot.add_log(of, LogTail::Missing(cause));
        }
        Ok(())
    }
}

/// The word for a resource that the cluster does not know.
const NOT_SERVED: &str = "notServed";

/// What a cause says in words; of a missing right nothing that is not in the right.
fn text_of(cause: &Cause) -> String {
    match cause {
        Cause::NotAsked(text) | Cause::Pending(text) | Cause::Failed(text) => text.clone(),
        Cause::Forbidden(_) => String::new(),
    }
}

/// The cause that a word and a text stand for, but for a missing right.
fn cause_of(kind: &str, text: String) -> Result<Cause, HeadError> {
    Ok(match kind {
        "failed" => Cause::Failed(text),
        "notAsked" => Cause::NotAsked(text),
        "pending" => Cause::Pending(text),
        other => return Err(HeadError::Kind(other.to_owned())),
    })
}

impl Missing {
    fn not_served(resource: String) -> Self {
        Self {
            resource,
            namespace: None,
            kind: NOT_SERVED.to_owned(),
            text: String::new(),
            verbs: Vec::new(),
            name: None,
        }
    }

    fn of(resource: Resource, namespace: Option<&str>, cause: &Cause) -> Self {
        let right = cause.missing_right();
        Self {
            resource: resource.plural().to_owned(),
            namespace: namespace.map(str::to_owned),
            kind: cause.word().to_owned(),
            text: text_of(cause),
            verbs: right.map(|right| right.verbs.clone()).unwrap_or_default(),
            name: right.and_then(|right| right.name.clone()),
        }
    }

    fn cause(self, resource: Resource) -> Result<Cause, HeadError> {
        if self.kind != "forbidden" {
            return cause_of(&self.kind, self.text);
        }
        let mut right = resource.right("list", self.namespace.as_deref());
        right.name = self.name;
        if !self.verbs.is_empty() {
            right.verbs = self.verbs;
        }
        Ok(Cause::Forbidden(right))
    }
}

impl MissingLog {
    fn of(of: &LogOf, cause: &Cause) -> Self {
        Self {
            namespace: of.namespace.clone(),
            pod: of.pod.clone(),
            container: of.container.clone(),
            previous: of.previous,
            kind: cause.word().to_owned(),
            text: text_of(cause),
        }
    }

    fn cause(self) -> Result<(LogOf, Cause), HeadError> {
        let cause = if self.kind == "forbidden" {
            Cause::Forbidden(Right::to_read_logs(&self.namespace))
        } else {
            cause_of(&self.kind, self.text)?
        };
        let of = LogOf {
            namespace: self.namespace,
            pod: self.pod,
            container: self.container,
            previous: self.previous,
        };
        Ok((of, cause))
    }
}
