//! The program in this process: what a person or a pipeline gets for what they type.

mod commands;
mod formats;
mod inputs;
mod lint;
mod schema;
mod support;
