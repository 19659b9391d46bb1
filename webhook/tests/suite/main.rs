//! The webhook as the API server meets it: answers, HTTP, TLS, the program, and writes of the real operator.

// A helper of a test fails the test that calls it.
#![allow(clippy::panic, clippy::unwrap_used)]

mod answers;
mod callers;
mod crowding;
mod drills;
mod http;
mod modes;
mod oversize;
mod program;
mod recordings;
mod server;
mod stopping;
mod support;
