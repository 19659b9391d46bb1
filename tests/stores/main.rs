//! `probe` against real object stores: every way in which a store can be out of reach is made, and has to be called by its
//! name.

#![allow(clippy::unwrap_used, clippy::panic)]

mod amazon;
mod answers;
mod azure;
mod connection;
mod google;
mod impostor;
mod local;
mod pod;
mod support;
