//! A table for the description of, or a comment on, a pull request.
//!
//! What others wrote stands in code spans: there GitHub and GitLab make no link, image, tag, heading or mention of it. A
//! backslash is not enough, because mentions are looked for after it was taken away.

use std::fmt::Write as _;

use neo4jbackup_core::quoted::{Name, code_span};

use super::{Context, Format, not_checked, open, sentence, summary};
use crate::report::LintReport;

pub(super) struct Markdown;

impl Format for Markdown {
    fn is_for_people(&self) -> bool {
        true
    }

    fn render(&self, report: &LintReport, _: &Context<'_>) -> String {
        let mut output = format!("**{}**\n", prose(&summary(report)));
        let mut findings = open(report).peekable();
        if findings.peek().is_some() {
            output.push_str("\n| place | severity | rule | object | message |\n|---|---|---|---|---|\n");
        }
        for finding in findings {
            let location = &finding.location;
            let _ = writeln!(
                output,
                "| {}:{}:{} | {} | [{}]({}) | {} | {} |",
                code(&Name(&location.file).to_string()),
                location.line,
                location.column,
                finding.severity,
                finding.code,
                finding.url,
                code(&Name(&finding.object_name()).to_string()),
                prose(&sentence(finding)),
            );
        }
        for skipped in report.skipped.iter().filter(|skipped| skipped.is_gap) {
            let name = Name(&skipped.file).to_string();
            let _ = writeln!(output, "\n{} {}", code(&name), prose(&skipped.reason));
        }
        for line in not_checked(report) {
            let _ = writeln!(output, "\nNot checked: {}", prose(&line));
        }
        output
    }
}

/// A sentence with its code spans, found as `CommonMark` finds them: a run of backticks ends at the next run of its length.
/// Words outside of them that Markdown could take for more than words become code, too.
pub(crate) fn prose(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        words(&rest[..start], &mut output);
        let after = rest[start..].trim_start_matches('`');
        let length = rest.len() - start - after.len();
        if let Some(end) = end_of_span(after, length) {
            output += &code(unpadded(&after[..end]));
            rest = &after[end + length..];
        } else {
            output += &code(&rest[start..start + length]);
            rest = after;
        }
    }
    words(rest, &mut output);
    output
}

/// Where the next run of exactly so many backticks begins.
fn end_of_span(text: &str, length: usize) -> Option<usize> {
    let mut position = 0;
    loop {
        let start = position + text[position..].find('`')?;
        let run = text[start..].len() - text[start..].trim_start_matches('`').len();
        if run == length {
            return Some(start);
        }
        position = start + run;
    }
}

/// The text of a code span without the blanks that only keep its backticks from the fence.
fn unpadded(text: &str) -> &str {
    let inner = text.strip_prefix(' ').and_then(|text| text.strip_suffix(' '));
    inner.filter(|inner| !inner.trim().is_empty()).unwrap_or(text)
}

fn words(text: &str, output: &mut String) {
    for (position, word) in text.split(' ').enumerate() {
        if position > 0 {
            output.push(' ');
        }
        if word.is_empty() || is_plain(word) {
            output.push_str(word);
        } else {
            output.push_str(&code(word));
        }
    }
}

/// Whether nothing takes the word for a mark: `CommonMark`, the tables, links, references, mentions and pictures of GitHub.
fn is_plain(word: &str) -> bool {
    let is_letter = |letter: char| letter.is_alphanumeric() || ".,;:()'\"!?-/%".contains(letter);
    let is_address = word.contains("//") || word.contains("www.") || word.matches(':').count() > 1;
    word.chars().all(is_letter) && !is_address && !word.starts_with("---")
}

/// Text in a code span that may stand in the cell of a table; nothing where there is no text.
pub(in crate::render) fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    // CommonMark takes a blank away on both sides where both have one.
    let is_padded = text.starts_with(' ') && text.ends_with(' ') && !text.trim().is_empty();
    let span = if is_padded {
        code_span(&format!(" {text} "))
    } else {
        code_span(text)
    };
    cell(&span)
}

/// A cell ends at a bar, in code as well, unless a backslash stands before it; two backslashes are one that does not.
fn cell(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    let mut backslashes = 0;
    for letter in text.chars() {
        match letter {
            '|' if backslashes % 2 == 1 => output.push_str("\\u{7c}"),
            '|' => output.push_str("\\|"),
            letter => output.push(letter),
        }
        backslashes = if letter == '\\' { backslashes + 1 } else { 0 };
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_stays_code_and_words_stay_words() {
        assert_eq!(
            prose("the bucket `a b` is 1, not (2)"),
            "the bucket `a b` is 1, not (2)"
        );
        assert_eq!(prose("``a`b`` and ``` ``c ```"), "``a`b`` and ``` ``c ```");
        assert_eq!(prose("a | b"), "a `\\|` b");
        assert_eq!(prose("`a|b`"), "`a\\|b`");
    }

    #[test]
    fn what_is_no_word_becomes_code() {
        assert_eq!(
            prose("see @org/team and <img src=x>"),
            "see `@org/team` and `<img` `src=x>`"
        );
        assert_eq!(prose("spec.a[b_c] http://x"), "`spec.a[b_c]` `http://x`");
        assert_eq!(prose("one ` alone"), "one `` ` `` alone");
    }
}
