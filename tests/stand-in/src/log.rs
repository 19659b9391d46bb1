//! Lines as neo4j-admin writes them.

use std::io::{Write as _, stdout};

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Writes a line of what goes on.
pub(crate) fn info(component: &str, text: &str) {
    write("INFO ", component, text);
}

/// Writes a line of what failed.
pub(crate) fn error(component: &str, text: &str) {
    write("ERROR", component, text);
}

/// `2026-11-21 06:02:57.871+0000 ERROR [c.n.b.b.BackupExecutor] …`
fn write(level: &str, component: &str, text: &str) {
    let now = Timestamp::now().to_zoned(TimeZone::UTC);
    let time = now.strftime("%Y-%m-%d %H:%M:%S%.3f%z");
    let mut out = stdout().lock();
    // Nobody is there to be told that the log cannot be written.
    let _ = writeln!(out, "{time} {level} [{component}] {text}");
    let _ = out.flush();
}
