//! Identities on a real API server: what is filled in for every operator version, what the objects get that the operator
//! makes, and what the reconciler keeps.

mod forbidden;
mod place;
mod profiles;
mod reconciler;
mod roles;
mod workloads;
