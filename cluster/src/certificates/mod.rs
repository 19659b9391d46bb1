//! Where the certificates of a webhook live in a cluster: one Secret, and the `caBundle` fields that name an authority.
//!
//! Nothing is decided here. Every write carries what it was decided upon: the Secret's resource version, or the version of
//! the configuration, so that a write upon an older state fails with [`StoreError::Conflict`] and changes nothing.

mod configurations;
mod error;
mod listen;
mod secret;
mod store;
mod target;

pub use configurations::CaBundles;
pub use error::{StoreError, Unreachable};
pub use secret::{SecretReading, StoredSecret};
pub use store::CertificateStore;
pub use target::{Configuration, Target};
