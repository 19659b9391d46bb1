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
mod leaf;
mod monitor;
mod probe;
mod readiness;
mod rotation;
mod rotator;
mod secret;
mod surroundings;
mod timings;
mod trust;

use std::net::SocketAddr;
use std::path::Path;

use neo4jbackup_cluster::{CertificateStore, ConnectError};

use crate::ops::check::Standing;
use crate::ops::clock::Clock;
use crate::tls::client_check::OwnIdentity;

pub use arguments::{CertificateArguments, CertificateArgumentsError};
pub(crate) use surroundings::Surroundings;

use monitor::Observer;
use probe::Probe;
use readiness::Inspection;
use rotator::Keeper;

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

/// The clock of the program.
pub(crate) fn clock(arguments: &CertificateArguments) -> Clock {
    Clock::new(arguments.clock_offset_file.clone(), arguments.clock_offset)
}

/// Starts looking after the certificates, or at the bundles, when the arguments say so. `address` is where the server
/// takes connections, and `identity` what it calls itself with where callers are checked; until the first look is over, it
/// is not ready.
pub(crate) async fn start(
    arguments: &CertificateArguments,
    kubeconfig: Option<&Path>,
    surroundings: Surroundings,
    address: SocketAddr,
    identity: Option<OwnIdentity>,
) -> Result<(), CertificateStartError> {
    let Some(target) = arguments.target()? else {
        return Ok(());
    };
    let timings = arguments.timings()?;
    let service = arguments.service_name.clone().zip(arguments.namespace()?);
    let probe = service.as_ref().map(|(service, namespace)| {
        Probe::new(address, leaf::service_name(service, namespace)).with_identity(identity)
    });
    let inspection = Inspection::new(target.configurations.clone(), probe);
    let store = CertificateStore::connect(kubeconfig, target).await?;
    let store = store.ok_or(CertificateArgumentsError::NoCluster)?;
    surroundings.readiness.set_standing(Standing::unknown());
    let clock = clock(arguments);
    if let Some((service, namespace)) = service.filter(|_| arguments.self_managed) {
        surroundings.readiness.set_reserve(timings.reserve());
        let keeper = Keeper {
            store,
            timings,
            names: leaf::names(&service, &namespace, &arguments.extra_name),
            clock,
            surroundings,
            inspection,
            looked: None,
            remembered: None,
            leaf: None,
        };
        tokio::spawn(keeper.keep());
    } else {
        let observer = Observer {
            store,
            tick: timings.tick,
            clock,
            surroundings,
            inspection,
        };
        tokio::spawn(observer.observe());
    }
    Ok(())
}
