//! As much of a text as a message needs of it.

/// Returns the beginning of a text: at most 40 characters, and `…` where more follow.
pub(super) fn shorten(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
