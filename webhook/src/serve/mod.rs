//! From sockets to calls: who is let in, how long each step may take, and how much memory it may hold.
//!
//! ```text
//! server (accept) ─→ connection (TLS, HTTP/1.1) ─→ handlers (size, deadline, load) ─→ App
//! ```

mod body;
mod body_memory;
mod call_slots;
mod connection;
mod connection_slots;
mod gate;
mod handlers;
mod offload;
pub(crate) mod routes;
pub(crate) mod server;
mod timeout_io;
