//! Every suite that needs no cluster, in one binary.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "all of this is test code, the helpers as well"
)]

mod fixture;
mod foreign;
mod parity;
mod registry;
mod rules;
mod support;
mod upstream;
