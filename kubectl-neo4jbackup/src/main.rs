//! The program behind `kubectl neo4jbackup`.

use std::process::ExitCode;

/// Reading makes many small values on several threads, and lets them go; the allocator of the C library takes a fourth of
/// the time for that.
#[cfg(all(target_os = "linux", feature = "jemalloc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    kubectl_neo4jbackup::run_in_process().into()
}
