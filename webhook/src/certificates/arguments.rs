//! The part of the command line that is about self-managed certificates and live `caBundle` fields.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use neo4jbackup_cluster::{Configuration, Target};

use super::timings::{Timings, TimingsError};
use crate::durations::{duration, positive_duration};

/// Where a pod finds the name of its own namespace.
const OWN_NAMESPACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// Certificates that the server looks after itself, and what it compares with the cluster.
#[derive(Debug, Clone, Args)]
pub struct CertificateArguments {
    /// Look after the certificates: an authority in a Secret, leaves in memory, the `caBundle` of the configurations.
    #[arg(long, requires_all = ["ca_secret", "service_name"], conflicts_with_all = ["cert", "key"])]
    pub self_managed: bool,
    /// Secret of the authority, shared by all replicas.
    #[arg(long, value_name = "NAME", requires = "self_managed")]
    pub ca_secret: Option<String>,
    /// Namespace of the Secret and of the Service; by default the pod's own.
    #[arg(long, value_name = "NAMESPACE")]
    pub namespace: Option<String>,
    /// Service by which the API server calls this server.
    #[arg(long, value_name = "NAME")]
    pub service_name: Option<String>,
    /// `ValidatingWebhookConfiguration` that names this server; may be given more than once.
    #[arg(long, value_name = "NAME")]
    pub validating_configuration: Vec<String>,
    /// `MutatingWebhookConfiguration` that names this server; may be given more than once.
    #[arg(long, value_name = "NAME")]
    pub mutating_configuration: Vec<String>,
    /// Further name or address of this server; may be given more than once.
    #[arg(long, value_name = "NAME", requires = "self_managed")]
    pub extra_name: Vec<String>,
    /// For drills: how long an authority lasts.
    #[arg(long, value_name = "DURATION", hide = true, value_parser = positive_duration)]
    ca_lifetime: Option<Duration>,
    /// For drills: how long a leaf lasts.
    #[arg(long, value_name = "DURATION", hide = true, value_parser = positive_duration)]
    leaf_lifetime: Option<Duration>,
    /// For drills: how long an authority is published before it is used.
    #[arg(long, value_name = "DURATION", hide = true, value_parser = duration)]
    publish_wait: Option<Duration>,
    /// For drills: how much longer than the longest leaf an authority stays published.
    #[arg(long, value_name = "DURATION", hide = true, value_parser = duration)]
    ca_overlap: Option<Duration>,
    /// For drills: how often everything is looked at.
    #[arg(long, value_name = "DURATION", hide = true, value_parser = positive_duration)]
    certificate_tick: Option<Duration>,
    /// For drills: a file with the seconds by which the clocks of the whole cluster are off; read again each time.
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) clock_offset_file: Option<PathBuf>,
    /// For drills: the seconds by which the clock of this machine alone is off.
    #[arg(
        long,
        value_name = "SECONDS",
        hide = true,
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    pub(crate) clock_offset: i64,
}

/// Why the arguments cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum CertificateArgumentsError {
    /// Not in a pod, and not told.
    #[error("--namespace is needed outside a pod")]
    NoNamespace,
    /// Nothing to publish the authority in.
    #[error("--self-managed needs --validating-configuration or --mutating-configuration")]
    NoConfiguration,
    /// A rotation would not come to its end in time.
    #[error("these lifetimes cannot work")]
    Timings(#[from] TimingsError),
    /// No cluster to keep anything in.
    #[error("no cluster: there is no --kubeconfig, and this is no pod with a service account")]
    NoCluster,
}

impl CertificateArguments {
    /// Returns the timings, the defaults where no argument says otherwise; an error when a rotation could not work with
    /// them.
    pub(crate) fn timings(&self) -> Result<Timings, CertificateArgumentsError> {
        let defaults = Timings::default();
        let timings = Timings {
            authority: self.ca_lifetime.unwrap_or(defaults.authority),
            leaf: self.leaf_lifetime.unwrap_or(defaults.leaf),
            publish_wait: self.publish_wait.unwrap_or(defaults.publish_wait),
            overlap: self.ca_overlap.unwrap_or(defaults.overlap),
            tick: self.certificate_tick.unwrap_or(defaults.tick),
        };
        timings.check()?;
        Ok(timings)
    }

    /// Returns the configurations that name this server, the validating ones first.
    pub(crate) fn configurations(&self) -> Vec<Configuration> {
        let validating = self
            .validating_configuration
            .iter()
            .cloned()
            .map(Configuration::Validating);
        let mutating = self.mutating_configuration.iter().cloned().map(Configuration::Mutating);
        validating.chain(mutating).collect()
    }

    /// The objects in the cluster; `None` when there are none to look at.
    pub(crate) fn target(&self) -> Result<Option<Target>, CertificateArgumentsError> {
        let configurations = self.configurations();
        if configurations.is_empty() {
            return if self.self_managed {
                Err(CertificateArgumentsError::NoConfiguration)
            } else {
                Ok(None)
            };
        }
        Ok(Some(Target {
            namespace: self.namespace()?.unwrap_or_default(),
            secret: self.ca_secret.clone(),
            configurations,
        }))
    }

    /// The namespace, which only those need who name a Service.
    pub(crate) fn namespace(&self) -> Result<Option<String>, CertificateArgumentsError> {
        if self.service_name.is_none() {
            return Ok(None);
        }
        let own = || {
            std::fs::read_to_string(OWN_NAMESPACE)
                .ok()
                .map(|name| name.trim().to_owned())
        };
        let namespace = self.namespace.clone().or_else(own).filter(|name| !name.is_empty());
        namespace.map(Some).ok_or(CertificateArgumentsError::NoNamespace)
    }
}
