//! Every suite that needs no cluster, in one binary.

mod fixture;
mod registry;
mod rules;
mod support;
