//! The only crate that talks to a Kubernetes API.
//!
//! It keeps the facts that rules ask of other objects: [`References`] are followed by watches, and their
//! [`Inventory`](neo4jbackup_core::facts::Inventory) is always there to be read, complete or not.
//! [`OperatorWatch`] follows what tells which operator there is, and [`served_schemas`] reads once what is served.
//! [`CertificateStore`] reads and writes where the webhook's certificates live: one Secret, and the `caBundle` of webhook
//! configurations.
//! [`read`] reads once everything that checks look at, into a [`Snapshot`](neo4jbackup_core::snapshot::Snapshot).
//! On request [`References::reconcile_rbac`] keeps the accounts of the Jobs as the plan of the engine wants them.

mod access;
mod account_token;
mod certificates;
mod connect;
mod definitions;
mod dry_run;
mod error_chain;
mod guarded;
mod names;
mod objects;
mod operator;
mod pages;
mod papers;
mod probe;
mod rbac;
mod read;
mod references;
mod resource;
mod roles;
mod secret_flaws;
mod shared_inventory;
pub mod trust;
mod watch;
mod watched;
mod whoami;

pub use access::{AccessError, AccessReader, Answered, Way};
pub use account_token::{TokenError, account_claims, token_issuer};
pub use certificates::{
    CaBundles, CertificateStore, Configuration, SecretReading, StoreError, StoredSecret, Target, Unreachable,
};
pub use connect::{
    Cluster, ConnectError, ConnectionFlags, KubeconfigNames, SecretString, Setting, Surroundings, Unanswered,
};
pub use definitions::{DefinitionError, served_schemas};
pub use dry_run::{Answer, DryRun};
pub use error_chain::chain;
pub use guarded::{Storing, WriteError};
pub use names::{NamesError, namespace_names, object_names};
pub use objects::{NoAnswer, ObjectError, ObjectName, Objects};
pub use operator::{DeploymentName, NoDeploymentName, OperatorFacts, OperatorWatch};
pub use papers::bundle;
pub use rbac::{ApplyOutcome, RbacEvent, RbacReconciler};
pub use read::{LogLines, LogStream, ObjectReader, ObjectReading, PodsOf, Purpose, Read, ReadError, Reading, read};
pub use references::{References, Watching};
pub use roles::{ReadRoles, read_roles};
pub use secret_flaws::secret_flaws;
pub use shared_inventory::SharedInventory;
pub use whoami::{User, WhoamiError, server_version, whoami};
