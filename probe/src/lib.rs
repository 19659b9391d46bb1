//! Can this place reach that store of backups, and as whom? Asked step by step, so that the first step that fails says why.
//!
//! [`probe`] takes what a backup says of its store and the environment of the pod, and returns a [`Report`] with a row for
//! each step: the endpoint, its name, the connection, TLS, the clocks, the credentials, the identity, a list of one object,
//! and, where it is asked for, an object that is written, read and deleted.
//!
//! ```text
//! task ─→ endpoint ─→ dial (DNS, TCP, proxy, TLS) ─→ transport ─→ amazon | google | azure ─→ report
//!                                                        └─ answer (what the store said last) ─→ class
//! ```
//!
//! Requests are signed by `object_store`; how they travel is ours, because a library that hides the connection cannot say
//! where it broke.

mod answer;
mod class;
mod clock;
mod dial;
mod endpoint;
mod judge;
mod listing;
mod owner;
mod report;
mod rows;
mod task;
mod tls;
mod transport;

mod amazon;
mod azure;
mod canary;
mod credentials;
mod google;

mod run;

pub use class::Class;
pub use listing::{ARTIFACT, NOTHING_YET};
pub use report::{Failure, Outcome, Report, Row, Step};
pub use run::probe;
pub use task::{Provider, Store, Surroundings, Task};
