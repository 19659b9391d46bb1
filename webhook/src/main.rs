//! `neo4jbackup-webhook`.

use std::process::ExitCode;

use clap::Parser as _;
use neo4jbackup_webhook::args::Arguments;

#[tokio::main]
async fn main() -> ExitCode {
    // Whoever sets up TLS without naming a provider, the client of the API server above all, takes this one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let Err(error) = neo4jbackup_webhook::run(Arguments::parse()).await else {
        return ExitCode::SUCCESS;
    };
    eprintln!("neo4jbackup-webhook: {error}");
    ExitCode::from(2)
}
