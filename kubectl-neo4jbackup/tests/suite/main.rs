//! The program in this process: what a person or a pipeline gets for what they type.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by them")]

mod api_server;
mod auth;
mod bundle;
mod ci;
mod commands;
#[cfg(unix)]
mod completion;
mod crds;
mod doctor;
#[cfg(unix)]
mod editor;
mod exits;
mod explain_log;
mod formats;
mod guides;
mod help;
mod inputs;
mod lint;
mod live;
mod openmetrics;
mod outputs;
mod pages;
mod picture;
#[cfg(unix)]
mod pty;
mod published;
mod related;
mod report;
mod report_diff;
mod rights;
mod schema;
mod support;
mod terminal;
mod unfinished;
#[cfg(unix)]
mod watched;
mod webhook;
mod xsd;
