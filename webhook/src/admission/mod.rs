//! What is said of one review: pure functions of the review, the settings, what is known of other objects, and the time.
//!
//! ```text
//! review (borrowed decode) ─→ judge, workload (rules, verdict, patch) ─→ response (one buffer)
//! ```
//!
//! Nothing here waits, listens or counts, and nothing knows of HTTP but the status of a [`fault`].

pub(crate) mod current_operator;
pub(crate) mod decision;
pub(crate) mod effective_settings;
pub(crate) mod fault;
pub(crate) mod hook;
pub(crate) mod judge;
mod patch_warnings;
pub(crate) mod response;
pub(crate) mod review;
pub(crate) mod tree_size;
mod workload;
