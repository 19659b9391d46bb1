//! `rbac diff`, `repair` and `undo` on a real API server.

mod kept;
mod leftovers;
mod missing;
mod place;
mod refused;
mod undone;
