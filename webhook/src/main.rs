//! `neo4jbackup-webhook`.

use std::process::ExitCode;

use clap::Parser as _;
use neo4jbackup_cluster::chain;
use neo4jbackup_core::quoted::printable;
use neo4jbackup_webhook::Arguments;

/// Gives memory back to the system once a large review or a crowd of connections is done with, which the allocator of the
/// C library does not: after one body of 7 MiB the program would stay several times its size. How soon it does so is set
/// where it is built, in `.cargo/config.toml`.
#[cfg(all(target_os = "linux", feature = "jemalloc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> ExitCode {
    // Whoever sets up TLS without naming a provider, the client of the API server above all, takes this one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let Err(error) = neo4jbackup_webhook::run(Arguments::parse()).await else {
        return ExitCode::SUCCESS;
    };
    eprintln!("neo4jbackup-webhook: {}", printable(chain(&error)));
    ExitCode::from(2)
}
