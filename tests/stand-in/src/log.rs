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

/// The time that it is: `2026-11-21 06:02:57.871+0000`.
pub(crate) fn time() -> String {
    let now = Timestamp::now().to_zoned(TimeZone::UTC);
    now.strftime("%Y-%m-%d %H:%M:%S%.3f%z").to_string()
}

/// `2026-11-21 06:02:57.871+0000 ERROR [c.n.b.b.BackupExecutor] …`
fn write(level: &str, component: &str, text: &str) {
    let time = time();
    let mut out = stdout().lock();
    // Nobody is there to be told that the log cannot be written.
    let _ = writeln!(out, "{time} {level} [{component}] {text}");
    let _ = out.flush();
}
