//! The only program of an image of the tests. It is called as a shell is, and does what the script in its argument is about:
//! `neo4j-admin database backup`, `neo4j-admin database restore`, or, without one of them, a server that sends stores.
//!
//! ```text
//! /bin/sh -c 'neo4j-admin database backup --from=HOST:6362 --to-path=/backup/nightly/ "orders"'
//!     client.rs ── name of the database ─→ server.rs
//!               ←─ store ────────────────
//! ```
//!
//! What goes wrong is not played: the host is not found, the connection is refused, the volume is full and the kernel ends
//! the process, as they would with the real one. Only the words are those of neo4j-admin. What no test can make happen, a
//! cloud that refuses for example, it is told to say (`told.rs`).

mod backup;
mod log;
mod restore;
mod script;
mod server;
mod told;

use std::process::ExitCode;

use crate::script::Script;

fn main() -> ExitCode {
    if let Some(end) = told::run() {
        return end;
    }
    let text = std::env::args().skip_while(|argument| argument != "-c").nth(1);
    let text = text.unwrap_or_default();
    let script = Script::of(&text);
    let failure = match &script {
        Script::Backup(options) => backup::run(options).err().map(|error| error.to_string()),
        Script::Restore(options) => restore::run(options).err().map(|error| error.to_string()),
        Script::Serve => server::run().err().map(|error| error.to_string()),
    };
    match failure {
        None => ExitCode::SUCCESS,
        Some(reason) => {
            log::error(script.component(), &reason);
            if let Script::Backup(options) = &script {
                let text = format!("Backup of database '{}' failed", options.database);
                log::error("c.n.b.b.BackupOutputMonitor", &text);
            }
            // A shell goes on behind a semicolon, whatever failed before it.
            if text.contains(';') {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
    }
}
