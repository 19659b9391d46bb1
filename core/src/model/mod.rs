//! Tolerant, borrowed views of the objects: what does this object say? A field of the wrong type reads as absent.
//!
//! The views know every dialect: where a field moved between operator versions, the newest place wins.

mod account;
mod annotation;
mod applied;
mod backup;
mod cloud;
mod image;
mod meaning;
mod object_ref;
mod restore;
mod storage;

pub use account::Account;
pub use annotation::annotation;
pub(crate) use applied::{dropped, last_applied};
pub use backup::{Backup, Scope};
pub use cloud::{Cloud, Provider};
pub use image::Image;
pub use meaning::same_meaning;
pub use object_ref::ObjectRef;
pub use restore::{Restore, SourceType};
pub use storage::{Storage, StoreType};
