//! `kubectl neo4jbackup webhook check` on a real API server that reaches a real webhook over a network that can be broken.

mod broken;
mod healthy;
mod policies;
mod rights;
mod stage;
