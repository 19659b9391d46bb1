//! What the benchmarks and the programs of this package measure with: manifests, reviews and an inventory.
//!
//! Everything is made by rule, the same in every run, so that two runs differ in nothing but the code under test.

pub mod crowd;
pub mod manifests;
pub mod references;
pub mod reviews;

/// The time of every judgement.
pub const NOW: &str = "2026-01-15T12:00:00Z";

/// The namespace of every object.
pub const NAMESPACE: &str = "graph";
