//! The only crate that talks to a Kubernetes API.
//!
//! Today it keeps the facts that rules ask of other objects: [`references()`] starts watches and hands back a
//! [`References`], whose [`Inventory`](neo4jbackup_core::inventory::Inventory) is always there to be read, complete or not.
//! On request [`References::ensure`] keeps the accounts of the Jobs as the plan of the engine wants them: the one thing
//! that is ever written.

mod connect;
mod ensure;
mod references;
mod shelf;
mod source;
mod watch;

pub use connect::ConnectError;
pub use ensure::{Ensure, Notice, Outcome};
pub use references::{References, Watching, references};
pub use shelf::SharedInventory;
