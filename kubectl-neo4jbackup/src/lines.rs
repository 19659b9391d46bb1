//! Lines of a file as they can be shown.

use neo4jbackup_core::quoted::printable;

/// The text with its ends of lines and its tabs, and everything else escaped that cannot be seen.
pub(crate) fn lines_of(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = match line.strip_suffix('\n') {
            Some(line) => match line.strip_suffix('\r') {
                Some(line) => (line, "\r\n"),
                None => (line, "\n"),
            },
            None => (line, ""),
        };
        for (position, part) in line.split('\t').enumerate() {
            if position > 0 {
                output.push('\t');
            }
            output += &printable(part);
        }
        output += end;
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_file_needs_for_its_lines_stays() {
        assert_eq!(
            lines_of("a:\r\n\tb\u{1b}\r::error::\n"),
            "a:\r\n\tb\\u{1b}\\r\\u{3a}:error::\n"
        );
        assert_eq!(
            lines_of("\t::error::x ##[debug]y"),
            "\t\\u{3a}:error::x #\\u{23}[debug]y"
        );
        assert_eq!(lines_of("\u{2028}"), "\\u{2028}");
    }
}
