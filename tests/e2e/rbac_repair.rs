//! `rbac diff`, `repair` and `undo` on a real API server.

mod interrupted;
mod kept;
mod leftovers;
mod missing;
mod place;
mod proof;
mod refused;
mod settings;
mod undone;
