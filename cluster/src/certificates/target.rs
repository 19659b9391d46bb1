//! Which objects certificates live in.

use std::fmt;

/// Which objects a [`CertificateStore`] is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The namespace of the Secret.
    pub namespace: String,
    /// The name of the Secret; none when only configurations are read.
    pub secret: Option<String>,
    /// The configurations whose `caBundle` fields matter.
    pub configurations: Vec<Configuration>,
}

/// One webhook configuration, by kind and name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Configuration {
    /// A `ValidatingWebhookConfiguration`.
    Validating(String),
    /// A `MutatingWebhookConfiguration`.
    Mutating(String),
}

impl Configuration {
    /// Its name.
    pub fn name(&self) -> &str {
        let (Self::Validating(name) | Self::Mutating(name)) = self;
        name
    }

    /// Returns the kind, as in a manifest.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Validating(_) => "ValidatingWebhookConfiguration",
            Self::Mutating(_) => "MutatingWebhookConfiguration",
        }
    }
}

impl fmt::Display for Configuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind(), self.name())
    }
}
