//! JSON that can be printed: what steers a terminal or a pipeline is written as `\u001b`, which every reader of JSON takes
//! for the character itself.

use std::fmt::Write as _;

use neo4jbackup_core::quoted::{begins_command, is_printable};
use serde::Serialize;

/// For people who look at it, too.
pub(crate) fn pretty(value: &impl Serialize) -> String {
    // Text, numbers and lists always become JSON.
    escaped(&serde_json::to_string_pretty(value).unwrap_or_default()) + "\n"
}

/// On one line.
pub(crate) fn line(value: &impl Serialize) -> String {
    escaped(&serde_json::to_string(value).unwrap_or_default()) + "\n"
}

/// Outside of its texts JSON is ASCII, so whatever has to be escaped stands in a text.
fn escaped(json: &str) -> String {
    let mut output = String::with_capacity(json.len());
    let mut before = None;
    for (position, letter) in json.char_indices() {
        let is_command = || begins_command(before, letter, &json[position + letter.len_utf8()..]);
        if letter == '\n' || (is_printable(letter) && !is_command()) {
            output.push(letter);
        } else {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                let _ = write!(output, "\\u{unit:04x}");
            }
        }
        before = Some(letter);
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_serde_json_leaves_and_changes_no_value() {
        let text = "\u{1b}\n\u{9b}\u{202e}\u{e0041}ä日 ##[error]x ::debug::y \\";
        let json = line(&text);
        assert_eq!(
            json,
            "\"\\u001b\\n\\u009b\\u202e\\udb40\\udc41ä日 #\\u0023[error]x \\u003a:debug::y \\\\\"\n"
        );
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
