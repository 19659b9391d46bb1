//! What the terminal can show.

use crate::Io;

/// Whether the locale can show more than ASCII.
pub(crate) fn is_utf8(io: &Io<'_>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| io.variable(name));
    locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}
