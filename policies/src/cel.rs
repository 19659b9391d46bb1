//! Pieces of CEL that many policies share.

/// What Unicode calls white space, for the inside of a character class. The `\s` of RE2 is ASCII only.
pub(super) const WHITE_SPACE: &str =
    r"\s\x{000b}\x{0085}\x{00a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}";

/// The longest text that is looked at, in characters. What is longer is judged by its beginning, so that nobody can keep
/// the API server busy with it; nothing legal is that long.
pub(super) const LONGEST: usize = 1024;

/// The text, or its beginning.
pub(super) fn start(text: &str) -> String {
    format!("(size({text}) > {LONGEST} ? {text}.substring(0, {LONGEST}) : {text})")
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
