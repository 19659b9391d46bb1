//! A syntax error in words that a person can act on.

use saphyr_parser::ScanError;

use super::place::{Lines, Places};
use super::problem::{Problem, ProblemKind};
use crate::quoted::{code_span, printable};

/// What the parser's error at `offset` most probably means.
pub(super) fn diagnose(error: &ScanError, lines: &Lines<'_>, offset: usize) -> Problem {
    let text = lines.text;
    let mut offset = offset.min(text.len());
    // An error at the end of the file belongs to the last line that has text.
    if text[offset..].trim().is_empty() {
        offset = text[..offset].trim_end().len();
    }
    let index = lines.line_of(offset);
    let finding = tab(lines, index)
        .or_else(|| template(lines, index))
        .or_else(|| needs_quotes(lines, index))
        .or_else(|| open_quote(error, lines, offset))
        .or_else(|| colon_in_value(error, lines, index))
        .unwrap_or_else(|| general(error, lines, offset));
    let span = Places::new(lines, finding.start).span(finding.start, finding.end);
    Problem {
        kind: finding.kind,
        message: finding.message,
        help: finding.help,
        span,
        path: None,
    }
}

struct Finding {
    kind: ProblemKind,
    message: String,
    help: String,
    start: usize,
    end: usize,
}

fn tab(lines: &Lines<'_>, index: usize) -> Option<Finding> {
    let line = lines.line(index);
    let indentation = line.len() - line.trim_start_matches([' ', '\t']).len();
    let place = line[..indentation].find('\t')?;
    let start = lines.starts.get(index)? + place;
    Some(Finding {
        kind: ProblemKind::Syntax,
        message: "a tab indents this line, which YAML does not allow".to_owned(),
        help: "indent with blanks: replace the tab by two blanks".to_owned(),
        start,
        end: start + 1,
    })
}

/// An expression in the line, or in one of its own above, which the parser takes for the begin of a key that goes on.
fn template(lines: &Lines<'_>, index: usize) -> Option<Finding> {
    let above = (0..index).rev().find(|index| !lines.line(*index).trim().is_empty());
    let above = above.filter(|index| lines.line(*index).trim_start().starts_with("{{"));
    let (index, place) = [Some(index), above]
        .into_iter()
        .flatten()
        .find_map(|index| Some((index, lines.line(index).find("{{")?)))?;
    let line = lines.line(index);
    let start = lines.starts.get(index)? + place;
    Some(Finding {
        kind: ProblemKind::Template,
        message: "this is a template, not YAML".to_owned(),
        help: "render the template first, for example with `helm template`".to_owned(),
        start,
        end: lines.starts.get(index)? + line.trim_end().len(),
    })
}

/// A value that begins with a character that means something else in YAML, as schedules do.
fn needs_quotes(lines: &Lines<'_>, index: usize) -> Option<Finding> {
    let line = lines.line(index);
    let (prefix, value, place) = split_value(line)?;
    let first = value.chars().next()?;
    let meaning = match first {
        '*' => "YAML takes for the name of an alias",
        '&' => "YAML takes for an anchor",
        '!' => "YAML takes for a tag",
        '@' | '`' => "YAML reserves",
        '%' => "YAML keeps for directives",
        '?' => "YAML takes for the mark of a key",
        '|' | '>' => "YAML takes for the mark of a block of text",
        _ => return None,
    };
    // An alias, an anchor or a tag that is one is not what is wrong here.
    let name = value[first.len_utf8()..].trim_end();
    let is_name = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let start = lines.starts.get(index)? + place;
    let end = start + value.len();
    if first == '*' && is_name {
        return Some(Finding {
            kind: ProblemKind::Syntax,
            message: format!("no anchor `&{name}` stands before this alias in the same document"),
            help: format!(
                "define the anchor before it is used, or put the value in quotes{}",
                example(prefix, value)
            ),
            start,
            end,
        });
    }
    if is_name && matches!(first, '&' | '!') {
        return None;
    }
    let noun = if prefix.starts_with("schedule:") {
        "schedule"
    } else {
        "value"
    };
    Some(Finding {
        kind: ProblemKind::Syntax,
        message: format!(
            "this {noun} begins with {}, which {meaning}",
            code_span(&first.to_string())
        ),
        help: format!("put the {noun} in quotes{}", example(prefix, value)),
        start,
        end,
    })
}

/// The key with its value in quotes, as it would stand in the file; nothing where that is more than a person reads.
fn example(prefix: &str, value: &str) -> String {
    const LONGEST: usize = 160;
    if prefix.len() + value.len() > LONGEST {
        return String::new();
    }
    let quoted = if value.contains(['"', '\\']) {
        format!("'{}'", value.replace('\'', "''"))
    } else {
        format!("\"{value}\"")
    };
    format!(": {}", code_span(&printable(format!("{prefix}{quoted}"))))
}

/// The key with its colon and a blank, the plain value, and the byte at which the value begins in the line.
fn split_value(line: &str) -> Option<(&str, &str, usize)> {
    let dash = line.len() - line.trim_start_matches([' ', '-', '\t']).len();
    let colon = line.find(": ").map(|place| place + 2);
    let from = colon
        .filter(|place| line[..*place].bytes().all(|byte| byte != b'#' && byte != b'"'))
        .unwrap_or(dash);
    let rest = line.get(from..)?;
    let value = rest.trim_start();
    let place = from + rest.len() - value.len();
    let value = value.find(" #").map_or(value, |comment| &value[..comment]).trim_end();
    Some((line.get(dash.min(from)..from)?, value, place))
}

fn open_quote(error: &ScanError, lines: &Lines<'_>, offset: usize) -> Option<Finding> {
    if !error.info().contains("quoted scalar") && !error.info().contains("document indicator") {
        return None;
    }
    if error.info().contains("escape") {
        let end = offset
            + lines
                .text
                .get(offset..)?
                .find(['\n', '\r'])
                .unwrap_or(lines.text.len() - offset);
        return Some(Finding {
            kind: ProblemKind::Syntax,
            message: "an escape with `\\` in this text is not one that YAML has".to_owned(),
            help: "write `\\\\` for a backslash, or use single quotes, in which a backslash is only itself".to_owned(),
            start: offset,
            end,
        });
    }
    // The parser names the place where the quote opens, or where it gave up.
    let place = error.marker().col();
    let line = lines.line(lines.line_of(offset));
    let quote = line
        .chars()
        .nth(place)
        .filter(|character| matches!(character, '"' | '\''))?;
    let rest = lines.text.get(offset..)?;
    let end = offset + rest.find(['\n', '\r']).unwrap_or(rest.len());
    Some(Finding {
        kind: ProblemKind::Syntax,
        message: format!("the quote that opens here is never closed, or not where the value ends: {quote}"),
        help: format!("close the text with {quote} on the same line"),
        start: offset,
        end,
    })
}

fn colon_in_value(error: &ScanError, lines: &Lines<'_>, index: usize) -> Option<Finding> {
    if !error.info().contains("mapping values are not allowed") {
        return None;
    }
    let line = lines.line(index);
    let (prefix, value, place) = split_value(line)?;
    let start = lines.starts.get(index)? + place;
    if !prefix.contains(':') || !(value.contains(": ") || value.ends_with(':')) {
        return Some(Finding {
            kind: ProblemKind::Syntax,
            message: "this key is indented more than the value above it allows".to_owned(),
            help: "give this line the indentation of its neighbours, or remove the value above it".to_owned(),
            start: lines.starts.get(index)? + line.len() - line.trim_start().len(),
            end: lines.starts.get(index)? + line.trim_end().len(),
        });
    }
    Some(Finding {
        kind: ProblemKind::Syntax,
        message: "a colon followed by a blank inside a value without quotes".to_owned(),
        help: format!("put the value in quotes{}", example(prefix, value)),
        start,
        end: start + value.len(),
    })
}

fn general(error: &ScanError, lines: &Lines<'_>, offset: usize) -> Finding {
    let info = error.info();
    let (message, help) = if info.contains("did not find expected key") || info.contains("invalid indentation") {
        (
            "the indentation of this line fits no line above it".to_owned(),
            "give it the same number of blanks as its neighbours",
        )
    } else if info.contains("simple key expect") {
        (
            "this line is no `key: value`".to_owned(),
            "put a colon and a blank after the key, or indent the line to continue the value above",
        )
    } else if info.contains("flow mapping") || info.contains("flow sequence") || info.contains("flow construct") {
        (
            "a brace or bracket is not closed, or a comma is missing".to_owned(),
            "close every `{` with `}` and every `[` with `]`, with commas between the entries",
        )
    } else if info.contains("valid YAML whitespace") {
        ("a tab follows the colon".to_owned(), "write a blank after the colon")
    } else if info.contains("sequence entries are not allowed") {
        (
            "a list cannot begin on the line of its key".to_owned(),
            "begin the list on the next line, or put a single dash in quotes",
        )
    } else {
        (
            format!("this is not YAML: {info}"),
            "check the quotes, the indentation and the brackets around this place",
        )
    };
    let rest = lines.text.get(offset..).unwrap_or("");
    let length = rest.find(['\n', '\r']).map_or(rest.len(), |end| end);
    Finding {
        kind: ProblemKind::Syntax,
        message,
        help: help.to_owned(),
        start: offset,
        end: offset + rest[..length].trim_end().len(),
    }
}
