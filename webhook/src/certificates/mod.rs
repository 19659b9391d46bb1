//! Certificates that the server looks after itself, and whether the cluster believes those that it does not.
//!
//! ```text
//! rotator: look ─→ rotation::signing ─→ leaf ─→ ServedCertificate
//!           │                                      │
//!           └───→ rotation::next_step ─→ the Secret, or a caBundle
//!                                                  │
//!         readiness: caBundle ⊢ what is served? + probe ─→ readiness, metrics
//! ```
//!
//! All replicas share one authority, in a Secret, and sign a leaf of their own with it, which never leaves memory. What a
//! replica does next is decided in [`rotation`], which does no IO; [`rotator`] carries it out.

mod arguments;
mod authority;
mod context;
mod leaf;
mod monitor;
mod probe;
mod readiness;
mod rotation;
mod rotator;
mod secret;
mod timings;

use std::net::SocketAddr;
use std::path::Path;

use neo4jbackup_cluster::{CertificateStore, Cluster, ConnectError};

use crate::ops::check::Checks;
use crate::ops::clock::Clock;
use crate::tls::client_check::OwnIdentity;

pub use arguments::{CertificateArguments, CertificateArgumentsError};
pub(crate) use context::CertificateContext;

use monitor::Monitor;
use probe::Probe;
use readiness::ReadinessCheck;
use rotator::Rotator;

/// Why certificates cannot be looked after.
#[derive(Debug, thiserror::Error)]
pub enum CertificateStartError {
    /// The arguments contradict each other, or something is missing.
    #[error(transparent)]
    Arguments(#[from] CertificateArgumentsError),
    /// The cluster cannot be asked.
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

/// Returns the clock that the arguments ask for: that of this machine, and in drills one that is off.
pub(crate) fn clock(arguments: &CertificateArguments) -> Clock {
    Clock::new(arguments.clock_offset_file.clone(), arguments.clock_offset)
}

/// What there is to do about certificates while the server runs.
pub(crate) enum CertificateTask {
    /// They are made and replaced here.
    Rotate(Box<Rotator>),
    /// They come from files, and are compared with what the cluster believes.
    Monitor(Box<Monitor>),
}

impl CertificateTask {
    /// Prepares what the arguments ask for; `None` when they ask for nothing. `address` is where the server takes
    /// connections, and `identity` what it calls itself with where callers are checked. Until the first look of the task is
    /// over, the server is not ready. No request is sent.
    pub(crate) async fn prepare(
        arguments: &CertificateArguments,
        kubeconfig: Option<&Path>,
        context: CertificateContext,
        address: SocketAddr,
        identity: Option<OwnIdentity>,
    ) -> Result<Option<Self>, CertificateStartError> {
        let Some(target) = arguments.target()? else {
            return Ok(None);
        };
        let timings = arguments.timings()?;
        let service = arguments.service_name.clone().zip(arguments.namespace()?);
        let probe = service.as_ref().map(|(service, namespace)| {
            Probe::new(address, leaf::service_name(service, namespace)).with_identity(identity)
        });
        let readiness_check = ReadinessCheck::new(target.configurations.clone(), probe);
        let cluster = Cluster::connect(kubeconfig).await?;
        let cluster = cluster.ok_or(CertificateArgumentsError::NoCluster)?;
        let store = CertificateStore::new(&cluster, target);
        context.telemetry.readiness.set_certificate_checks(Checks::unknown());
        let clock = clock(arguments);
        let service = service.filter(|_| arguments.self_managed);
        let Some((service, namespace)) = service else {
            return Ok(Some(Self::Monitor(Box::new(Monitor {
                store,
                tick: timings.tick,
                clock,
                context,
                readiness_check,
            }))));
        };
        context.telemetry.readiness.set_reserve(timings.reserve());
        Ok(Some(Self::Rotate(Box::new(Rotator {
            store,
            timings,
            names: leaf::names(&service, &namespace, &arguments.extra_name),
            clock,
            context,
            readiness_check,
            looked: None,
            remembered: None,
            leaf: None,
        }))))
    }

    /// Runs for as long as it is polled.
    pub(crate) async fn run(self) {
        match self {
            Self::Rotate(rotator) => rotator.run().await,
            Self::Monitor(monitor) => monitor.run().await,
        }
    }
}
