//! What changes when engines are switched, as the chart writes it.

use std::path::{Path, PathBuf};

use neo4jbackup_cluster::ObjectName;
use serde::Deserialize;
use serde_json::Value;

use super::probe;

/// The plan of a switch.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct SwitchPlan {
    /// Where the probe is sent to, which is never stored.
    pub(crate) namespace: String,
    /// What objects of this switch are called after.
    pub(crate) release: String,
    /// Webhook configurations that come, as they are to be in the end.
    pub(crate) raise: Vec<Value>,
    /// Whether policies come that have to be in force before anything goes.
    pub(crate) await_policies: bool,
    /// Whether there are some among them that fill in defaults.
    pub(crate) await_defaults: bool,
    hold: Vec<Group>,
    remove: Vec<Vec<Group>>,
}

/// Objects of one kind.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Group {
    api_version: String,
    kind: String,
    namespace: Option<String>,
    names: Vec<String>,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The file cannot be read.
    #[error("cannot read the plan {}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file says something else.
    #[error("{} is no plan of a switch", file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        source: Box<serde_saphyr::Error>,
    },
}

impl SwitchPlan {
    /// Reads a plan that the chart has written (YAML).
    pub(crate) fn read(file: &Path) -> Result<Self, PlanError> {
        let text = std::fs::read_to_string(file).map_err(|source| PlanError::Read {
            file: file.to_owned(),
            source,
        })?;
        serde_saphyr::from_str(&text).map_err(|error| PlanError::Invalid {
            file: file.to_owned(),
            source: Box::new(error),
        })
    }

    /// What Helm is kept from deleting.
    pub(crate) fn held(&self) -> impl Iterator<Item = ObjectName> {
        self.hold.iter().flat_map(Group::objects)
    }

    /// What goes in the end, one stage after the other.
    pub(crate) fn removed(&self) -> impl Iterator<Item = impl Iterator<Item = ObjectName>> {
        self.remove.iter().map(|stage| stage.iter().flat_map(Group::objects))
    }

    /// The policies that show whether policies are in force.
    pub(crate) fn watchers(&self) -> Vec<Value> {
        if self.await_policies {
            probe::watchers(&self.release, self.await_defaults)
        } else {
            Vec::new()
        }
    }
}

impl Group {
    fn objects(&self) -> impl Iterator<Item = ObjectName> {
        self.names.iter().map(|name| ObjectName {
            api_version: self.api_version.clone(),
            kind: self.kind.clone(),
            namespace: self.namespace.clone(),
            name: name.clone(),
        })
    }
}
