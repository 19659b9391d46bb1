//! The only crate that talks to a Kubernetes API.
//!
//! It keeps the facts that rules ask of other objects: [`references()`] starts watches and hands back a
//! [`References`], whose [`Inventory`](neo4jbackup_core::inventory::Inventory) is always there to be read, complete or not.
//! [`CertificateStore`] reads and writes where the webhook's certificates live: one Secret, and the `caBundle` of webhook
//! configurations.

mod certificates;
mod connect;
mod references;
mod shelf;
mod source;
mod watch;

pub use certificates::{CaBundles, CertificateStore, Configuration, SecretReading, StoreError, StoredSecret, Target};
pub use connect::ConnectError;
pub use references::{References, references};
pub use shelf::SharedInventory;
