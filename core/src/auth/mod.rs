//! By which identity do backups and restores reach their stores, and is everything there that it takes?
//!
//! ```text
//! Cluster ─→ Access: who reaches which place, by which method
//! ```

mod access;
mod method;

pub use access::{Access, Actor, Place, accesses};
pub use method::Method;
