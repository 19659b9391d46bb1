//! The webhook as the API server meets it: answers, HTTP, TLS, the program, and writes of the real operator.

mod answers;
mod http;
mod program;
mod recordings;
mod server;
mod support;
