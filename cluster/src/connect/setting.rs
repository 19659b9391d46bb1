//! Where a setting of a connection stands, so that a message can say what to mend.

use std::fmt;
use std::path::PathBuf;

use neo4jbackup_core::quoted::Quoted;

/// Where a setting stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// On the command line.
    Flag(&'static str),
    /// In the environment.
    Variable(&'static str),
    /// In a kubeconfig.
    Field {
        /// The field.
        field: &'static str,
        /// `cluster`, `user` or `context`.
        of: &'static str,
        /// The name of that.
        name: String,
        /// The kubeconfig.
        file: PathBuf,
    },
    /// In what every pod has.
    Pod,
}

impl Setting {
    /// Another field of the same object.
    pub(super) fn with_field(&self, field: &'static str) -> Self {
        match self {
            Self::Field { of, name, file, .. } => Self::Field {
                field,
                of,
                name: name.clone(),
                file: file.clone(),
            },
            other => other.clone(),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(formatter, "{flag}"),
            Self::Variable(variable) => write!(formatter, "the environment variable {variable}"),
            Self::Field { field, of, name, file } => {
                write!(formatter, "{field} of the {of} {} in {}", Quoted(name), file.display())
            }
            Self::Pod => write!(formatter, "the service account of this pod"),
        }
    }
}
