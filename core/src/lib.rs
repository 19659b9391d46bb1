//! The pure engine: bytes to documents, documents to findings.
//!
//! It does no IO, reads no clock and no environment, starts no task and cannot fail: rules report, they do not return
//! errors. Time, cluster state and settings come in as arguments.

pub mod document;
pub mod schema;
