//! The only crate that talks to a Kubernetes API.
//!
//! It keeps the facts that rules ask of other objects: [`References`] are followed by watches, and their
//! [`Inventory`](neo4jbackup_core::facts::Inventory) is always there to be read, complete or not.
//! [`CertificateStore`] reads and writes where the webhook's certificates live: one Secret, and the `caBundle` of webhook
//! configurations.
//! On request [`References::ensure`] keeps the accounts of the Jobs as the plan of the engine wants them.

mod certificates;
mod connect;
mod ensure;
mod objects;
mod references;
mod shelf;
mod source;
mod tasks;
mod watch;

pub use certificates::{CaBundles, CertificateStore, Configuration, SecretReading, StoreError, StoredSecret, Target};
pub use connect::{Cluster, ConnectError};
pub use ensure::{Ensure, Notice, Outcome};
pub use objects::ObjectName;
pub use references::{References, Watching};
pub use shelf::SharedInventory;
pub use tasks::{DryRun, TaskError, Tasks};
