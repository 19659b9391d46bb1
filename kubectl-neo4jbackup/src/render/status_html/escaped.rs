//! Text of others in HTML.

use std::fmt;

use neo4jbackup_core::quoted::printable;

use crate::render::xml::escape;

/// A text in HTML, within elements or in double quotes: nothing in it is a tag, ends an attribute or cannot be seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Html<'t>(pub(super) &'t str);

impl fmt::Display for Html<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&escape(&printable(self.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_a_tag_or_ends_an_attribute() {
        let text = "<script>\"'&\u{202e}\n";
        assert_eq!(Html(text).to_string(), "&lt;script&gt;&quot;'&amp;\\u{202e}\\n");
    }
}
