//! `remove-configurations`: deletes webhook configurations, so that nobody is asked who is not there any more.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::Args;
use neo4jbackup_cluster::{ObjectError, ObjectName, Objects};

use crate::commands::removal::remove;

/// Which configurations to take away.
#[derive(Debug, Args)]
pub struct RemoveArguments {
    /// A `ValidatingWebhookConfiguration` to delete; may be given more than once.
    #[arg(long = "validating", value_name = "NAME", required_unless_present = "mutating")]
    pub validating: Vec<String>,
    /// A `MutatingWebhookConfiguration` to delete; may be given more than once.
    #[arg(long = "mutating", value_name = "NAME")]
    pub mutating: Vec<String>,
    /// The cluster. In a pod, its own account is used.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
}

/// Why configurations could not be deleted.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// The API server could not be asked.
    #[error(transparent)]
    Task(#[from] ObjectError),
    /// Nobody reads what is said.
    #[error("cannot write to standard output")]
    Output(#[from] io::Error),
}

/// Deletes webhook configurations, those that are not there included.
pub(crate) async fn remove_configurations(arguments: &RemoveArguments) -> Result<(), RemoveError> {
    let objects = Objects::connect(arguments.kubeconfig.as_deref()).await?;
    // Validation first, so that nothing is refused for want of defaults in between.
    let validating = arguments
        .validating
        .iter()
        .map(|name| ("ValidatingWebhookConfiguration", name));
    let mutating = arguments
        .mutating
        .iter()
        .map(|name| ("MutatingWebhookConfiguration", name));
    for (kind, name) in validating.chain(mutating) {
        let object = ObjectName {
            api_version: "admissionregistration.k8s.io/v1".to_owned(),
            kind: kind.to_owned(),
            namespace: None,
            name: name.clone(),
        };
        let line = remove(&objects, &object).await?;
        writeln!(io::stdout(), "{line}")?;
    }
    Ok(())
}
