//! Text in XML and HTML.

use std::fmt::Write as _;

/// Text for content, and for attributes in double quotes; what XML 1.0 cannot hold at all becomes a question mark.
pub(in crate::render) fn escape(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => output.push_str("&amp;"),
            '<' => output.push_str("&lt;"),
            '>' => output.push_str("&gt;"),
            '"' => output.push_str("&quot;"),
            '\n' | '\r' | '\t' => {
                let _ = write!(output, "&#{};", u32::from(letter));
            }
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => output.push('?'),
            _ => output.push(letter),
        }
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_xml_reserves_or_forbids() {
        assert_eq!(escape("a<b>&\"\u{1b}\n"), "a&lt;b&gt;&amp;&quot;?&#10;");
    }
}
