//! Every suite that needs no cluster, in one binary.

mod fixture;
mod parity;
mod registry;
mod rules;
mod support;
mod upstream;
