//! Room for connections: each one takes a file descriptor.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More than the limits of this program let it use.
const WANTED: u64 = 65_536;

/// What the program needs beside connections: listeners, files, watches of the API server.
const RESERVED: usize = 128;

/// Raises the soft limit of open files towards the hard one, as every program may for itself, and returns for how many
/// connections there is room.
pub(crate) fn room_for_connections() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = limit.maximum.unwrap_or(WANTED).min(WANTED);
    let current = limit.current.unwrap_or(WANTED);
    let mut usable = current;
    if current < raised {
        let new = Rlimit {
            current: Some(raised),
            maximum: limit.maximum,
        };
        match setrlimit(Resource::Nofile, new) {
            Ok(()) => usable = raised,
            Err(error) => tracing::warn!(%error, limit = current, "cannot raise the limit of open files"),
        }
    }
    usize::try_from(usable).unwrap_or(usize::MAX).saturating_sub(RESERVED)
}
