//! The Helm chart with the real helm: what it renders, what the API server makes of it, and what is left when it goes.

mod alerts;
pub(crate) mod helm;
mod install;
mod needs;
mod policies;
mod rendered;
mod requests;
mod rights;
mod schemas;
pub(crate) mod server;
mod switches;
mod tasks;
mod together;
mod values;
