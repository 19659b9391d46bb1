//! The defaults as policies on a real API server: what is stored is what the webhook would have made of it.

mod in_force;
pub(crate) mod objects;
mod places;
mod webhook;

mod drill;
mod equality;
mod operator_objects;
