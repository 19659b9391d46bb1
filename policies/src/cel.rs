//! Pieces of CEL that many policies share.

/// What Unicode calls white space, for the inside of a character class: separators and a few controls. The `\s` of RE2 is
/// ASCII only, and lacks the vertical tab.
pub(super) const WHITE_SPACE: &str = r"\s\v\x{85}\p{Z}";

/// The longest text that is looked at, in characters. What is longer is judged by its beginning, so that nobody can keep
/// the API server busy with it; nothing legal is that long.
pub(super) const LONGEST: usize = 1024;

/// The text, or its beginning. What it takes to find the text is said once, as the only item of a list.
pub(super) fn start(text: &str) -> String {
    if text.len() <= "variables.time".len() {
        return format!("(size({text}) > {LONGEST} ? {text}.substring(0, {LONGEST}) : {text})");
    }
    format!("[{text}].map(text, size(text) > {LONGEST} ? text.substring(0, {LONGEST}) : text)[0]")
}

/// Characters that a person can see, for the inside of a repetition: everything but controls, marks of the direction of
/// writing and other formats, and separators of lines.
pub(super) const VISIBLE: &str = r"[^\p{C}\p{Zl}\p{Zp}]";

/// The text without backticks, as `quoted` cuts it for people. Ends before the first character that cannot be seen: the
/// API server takes no message of several lines, and a terminal does what a control character says.
pub(super) fn short(text: &str) -> String {
    cut(text, 60)
}

/// The text in backticks.
pub(super) fn quoted(text: &str) -> String {
    format!("'`' + {} + '`'", cut(text, 80))
}

fn cut(text: &str, longest: usize) -> String {
    format!("{text}.find(r'^{VISIBLE}{{0,{longest}}}') + (size({text}) > {longest} ? '…' : '')")
}

/// A character as Rust prints it for people who look for mistakes.
pub(super) fn character(text: &str) -> String {
    format!(r#"({text} == "'" ? "'\\''" : "'" + {text}.find(r'{VISIBLE}') + "'")"#)
}

/// A finding, as rules list them.
pub(super) fn found(denies: &str, message: &str) -> String {
    format!("{{'denies': dyn({denies}), 'text': dyn({message})}}")
}

/// A list with the finding when the condition holds, else an empty one.
pub(super) fn finding_that(denies: &str, condition: &str, message: &str) -> String {
    format!("{condition}\n? [{}] : []", found(denies, message))
}

/// A list with the message when the condition holds, else an empty one.
pub(super) fn finding(condition: &str, message: &str) -> String {
    format!("{condition}\n? [{message}] : []")
}

/// The expression with texts that follow each other on a line, as in `'a' + 'b'`, written as one.
///
/// Texts in other quotes, and raw ones, stay as they are.
pub(super) fn join_texts(expression: &str) -> String {
    const BETWEEN: &str = "' + '";
    let mut joined = String::with_capacity(expression.len());
    // The quote that the text at hand ends with, whether it is raw, and whether the next character is escaped.
    let mut text: Option<(char, bool)> = None;
    let mut is_escaped = false;
    let mut rest = expression;
    while let Some(next) = rest.chars().next() {
        let mut length = next.len_utf8();
        match text {
            Some((quote, is_raw)) if next == quote && !is_escaped => {
                if quote == '\'' && !is_raw && rest.starts_with(BETWEEN) {
                    rest = &rest[BETWEEN.len()..];
                    continue;
                }
                text = None;
            }
            Some((_, is_raw)) => is_escaped = !is_raw && next == '\\' && !is_escaped,
            None if next == '\'' || next == '"' => {
                text = Some((next, joined.ends_with('r')));
            }
            None if rest.starts_with("//") => length = rest.find('\n').unwrap_or(rest.len()),
            None => {}
        }
        joined.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_follow_each_other_become_one_and_others_stay() {
        for (written, joined) in [
            ("'a: ' + '`' + b + '`' + '.'", "'a: `' + b + '`.'"),
            (r"r'a' + 'b'", r"r'a' + 'b'"),
            (r#""a' + 'b""#, r#""a' + 'b""#),
            (r"'\'' + 'b'", r"'\'b'"),
            ("// don't\n'a' + 'b'", "// don't\n'ab'"),
        ] {
            assert_eq!(join_texts(written), joined);
        }
    }
}
