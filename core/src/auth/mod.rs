//! By which identity do backups and restores reach their stores, and is everything there that it takes?
//!
//! ```text
//! Cluster ─→ Access: who reaches which place, by which method ─┬─→ rows: what is there, and what is missing
//!                                                              ├─→ trust: what has to let the account in
//!                                                              ├─→ policy: the least that it has to be allowed
//!                                                              └─→ workload, probe_job: a pod that asks in its place
//! ```

mod access;
mod account;
mod aws;
mod azure;
mod build;
mod document;
mod flaw;
mod google;
mod injection;
mod method;
mod policy;
mod probe_job;
mod probe_pod;
mod reached;
mod row;
mod rows;
mod secret;
mod servers;
mod shared;
mod terraform;
mod token;
mod trust;
mod workload;

pub use access::{Access, Actor, Place};
pub use account::misspelt;
pub use build::accesses;
pub(crate) use build::place_of_restore;
pub use document::{Document, Told};
pub use flaw::{Flaw, flaw};
pub use injection::{Lack, can_inject, lacks};
pub use method::Method;
pub use policy::{Grant, grant};
pub use probe_job::{KEPT_SECONDS, PROBE_CONTAINER, ProbeJob};
pub use probe_pod::{Progress, progress};
pub(crate) use reached::has_reached;
pub use row::{Row, Topic, Verdict};
pub use rows::rows;
pub use secret::{Secrets, Values};
pub use terraform::render as terraform;
pub use token::{Claims, audience, claims};
pub use trust::{Trust, trust};
pub use workload::{Workload, forces_path_style, usual_template, workload};
