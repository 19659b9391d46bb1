//! The pure engine: bytes to documents, documents to findings, findings to a verdict or a patch.
//!
//! It does no IO, reads no clock and no environment, starts no task and cannot fail: rules report, they do not return
//! errors. Time, cluster state and settings come in as arguments.
//!
//! ```text
//! document ─→ subject ─┐
//!    inventory ────────┼─→ engine (rules) ─→ findings ─→ verdict · fix (patch, text) · report
//!    settings, era ────┘
//! ```

pub mod admission;
pub mod auth;
pub mod check;
pub mod checks;
pub mod coverage;
pub mod did_you_mean;
pub mod document;
pub mod domain;
pub mod engine;
pub mod examine;
pub mod facts;
pub mod field;
pub mod finding;
pub mod fix;
pub mod goal;
pub mod lint;
pub mod live;
pub mod logs;
pub mod model;
pub mod operator;
pub mod quoted;
mod ratchet;
pub mod rbac;
pub mod redact;
pub mod registry;
pub mod rule;
pub mod rules;
pub mod schema;
mod selector;
pub mod settings;
pub mod snapshot;
pub mod subject;
pub mod suppress;
mod undecodable;
pub mod unknown;
pub mod values;
pub mod verdict;
pub mod workload;
