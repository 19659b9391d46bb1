//! What several of the suites read and compare: the literate fixtures, the CRDs, runs of the plugin, and transcripts of kubectl.

// The helpers are parts of the tests: what they do not find fails the test that asked.
#![allow(clippy::unwrap_used, clippy::panic)]

pub mod crds;
pub mod fixture;
pub mod guides;
pub mod plugin;
pub mod scenario;
pub mod transcript;
