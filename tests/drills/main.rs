//! What is lost while replicas of the webhook restart, die, change certificates or are overloaded.
//!
//! Each drill runs real processes of the webhook and calls them as the API server does, through `neo4jbackup-emulator`.
//! The short forms take seconds and are part of every test run; `NEO4JBACKUP_DRILLS=long` runs the whole. What a drill
//! measured is printed (`--nocapture` shows it).

// The helpers are parts of the tests: what they do not find fails the test that asked.
#![allow(clippy::unwrap_used, clippy::panic)]

mod churn;
mod fleet;
mod flood;
mod kill;
mod load;
mod overload;
mod restarts;
mod rotations;

use std::future::Future;
use std::sync::{Mutex, PoisonError};

/// Runs a drill, one at a time: two at once would take each other's processor and measure that.
fn drill(future: impl Future<Output = ()>) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(future);
}

/// Prints a measured figure, where a person looks for it and programs do not take it for a result.
fn figure(drill: &str, text: &str) {
    println!("figure: {drill}: {text}");
}
