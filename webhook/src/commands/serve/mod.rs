//! `serve`: answers the API server until it is asked to stop.
//!
//! A start has two steps. [`prepare`] does whatever may fail and starts nothing, so that a program that cannot serve ends at
//! once and leaves nothing half begun. [`start`] begins what was prepared. Each of them says in which order, and why.

pub(crate) mod error;
mod files;
mod listen;
mod prepare;
mod references;
mod signals;
mod start;

use crate::commands::arguments::ServeArguments;
use error::StartError;
use prepare::prepare;
use start::start;

/// Answers the API server until it is asked to stop.
pub(crate) async fn serve_until_stopped(arguments: ServeArguments) -> Result<(), StartError> {
    start(prepare(arguments).await?).await
}
