//! The only crate that talks to a Kubernetes API.
//!
//! Today it keeps the facts that rules ask of other objects: [`references()`] starts watches and hands back a
//! [`References`], whose [`Inventory`](neo4jbackup_core::inventory::Inventory) is always there to be read, complete or not.

mod connect;
mod references;
mod shelf;
mod source;
mod watch;

pub use connect::ConnectError;
pub use references::{References, references};
pub use shelf::SharedInventory;
