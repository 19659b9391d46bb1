//! The few patterns that the tables have, matched by hand, and those that only a served schema has.

use std::fmt;

use regex::{Regex, RegexBuilder};

/// A pattern of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// A database name.
    DatabaseName,
    /// The name of an object that the operator manages.
    ResourceName,
    /// The page cache of a backup job.
    PageCache,
    /// The size of a staging volume.
    TempSize,
    /// A Kubernetes quantity, as the schema (not the operator's decoder) accepts it.
    Quantity,
}

impl Pattern {
    /// Every pattern.
    pub const ALL: [Self; 5] = [
        Self::DatabaseName,
        Self::ResourceName,
        Self::PageCache,
        Self::TempSize,
        Self::Quantity,
    ];

    /// The expression in the schema.
    pub fn expression(self) -> &'static str {
        match self {
            Self::DatabaseName => r"^[a-zA-Z][a-zA-Z0-9.\-]*$",
            Self::ResourceName => "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
            Self::PageCache => "^[0-9]+[KMG]?$",
            Self::TempSize => "^[0-9]+(Ki|Mi|Gi|Ti)?$",
            Self::Quantity => {
                r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
            }
        }
    }

    /// The pattern with this expression.
    pub fn of_expression(expression: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pattern| pattern.expression() == expression)
    }

    /// What a text must look like, to follow "must be".
    pub fn in_words(self) -> &'static str {
        match self {
            Self::DatabaseName => "a letter followed by letters, digits, dots and dashes (no underscore)",
            Self::ResourceName => "lower-case letters, digits, dots and dashes, with a letter or digit at both ends",
            Self::PageCache => "digits and one of K, M and G, such as 4G",
            Self::TempSize => "digits and one of Ki, Mi, Gi and Ti, such as 20Gi",
            Self::Quantity => "a quantity, such as 500m, 2 or 4Gi",
        }
    }

    /// Whether the text matches.
    pub fn matches(self, text: &str) -> bool {
        let bytes = text.as_bytes();
        match self {
            Self::DatabaseName => {
                bytes.first().is_some_and(u8::is_ascii_alphabetic)
                    && bytes
                        .iter()
                        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
            }
            Self::ResourceName => {
                let is_end = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
                bytes.first().is_some_and(is_end)
                    && bytes.last().is_some_and(is_end)
                    && bytes.iter().all(|byte| is_end(byte) || matches!(byte, b'.' | b'-'))
            }
            Self::PageCache => is_digits_and(text, &["", "K", "M", "G"]),
            Self::TempSize => is_digits_and(text, &["", "Ki", "Mi", "Gi", "Ti"]),
            Self::Quantity => is_quantity(text),
        }
    }
}

/// The longest expression that is looked at.
const LONGEST_EXPRESSION: usize = 1024;
/// The most memory that an expression may take, in bytes: as much as a name of 253 characters of a given form needs.
const LARGEST_EXPRESSION: usize = 1 << 18;
/// The deepest nesting of an expression.
const DEEPEST_EXPRESSION: u32 = 64;

/// A pattern that a text has to match: one of the tables, or one that a cluster or a file came with.
#[derive(Clone)]
pub enum TextPattern {
    /// One that the tables have.
    Known(Pattern),
    /// Another one. It matches anywhere in a text, as in the API server, and in a time that grows with the text alone.
    Other(Regex),
}

impl TextPattern {
    /// The pattern of quantities.
    pub const QUANTITY: Self = Self::Known(Pattern::Quantity);

    /// Returns the pattern with this expression, or `None` if it is too long or too costly, or is none.
    pub fn of_expression(expression: &str) -> Option<Self> {
        if let Some(known) = Pattern::of_expression(expression) {
            return Some(Self::Known(known));
        }
        if expression.len() > LONGEST_EXPRESSION {
            return None;
        }
        let mut builder = RegexBuilder::new(expression);
        builder.size_limit(LARGEST_EXPRESSION).nest_limit(DEEPEST_EXPRESSION);
        builder.build().ok().map(Self::Other)
    }

    /// The expression in the schema.
    pub fn expression(&self) -> &str {
        match self {
            Self::Known(pattern) => pattern.expression(),
            Self::Other(regex) => regex.as_str(),
        }
    }

    /// Whether the text matches.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Known(pattern) => pattern.matches(text),
            Self::Other(regex) => regex.is_match(text),
        }
    }
}

impl PartialEq for TextPattern {
    fn eq(&self, other: &Self) -> bool {
        self.expression() == other.expression()
    }
}

impl fmt::Debug for TextPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(pattern) => pattern.fmt(formatter),
            Self::Other(regex) => regex.as_str().fmt(formatter),
        }
    }
}

fn is_digits_and(text: &str, suffixes: &[&str]) -> bool {
    let rest = text.trim_start_matches(|character: char| character.is_ascii_digit());
    rest.len() < text.len() && suffixes.contains(&rest)
}

fn is_quantity(text: &str) -> bool {
    let Some(suffix) = after_decimal(text) else {
        return false;
    };
    match suffix {
        "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E" | "Ki" | "Mi" | "Gi" | "Ti" | "Pi" | "Ei" => true,
        _ => suffix.strip_prefix(['e', 'E']).and_then(after_decimal) == Some(""),
    }
}

/// What follows an optional sign and `1`, `1.`, `1.5` or `.5`; `None` when the text starts with none of them.
fn after_decimal(text: &str) -> Option<&str> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let after_whole = unsigned.trim_start_matches(|character: char| character.is_ascii_digit());
    let has_whole = after_whole.len() < unsigned.len();
    let Some(fraction) = after_whole.strip_prefix('.') else {
        return has_whole.then_some(after_whole);
    };
    let rest = fraction.trim_start_matches(|character: char| character.is_ascii_digit());
    (has_whole || rest.len() < fraction.len()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pattern_takes_what_its_expression_takes() {
        let cases: [(Pattern, &[&str], &[&str]); 5] = [
            (
                Pattern::DatabaseName,
                &["a", "neo4j", "A.b-c", "a-"],
                &["", "1a", "a_b", "-a", "a b", "a\n", "ä"],
            ),
            (
                Pattern::ResourceName,
                &["a", "0", "a-b.c", "9-9"],
                &["", "-a", "a-", "A", "a_b", ".", "a\n"],
            ),
            (
                Pattern::PageCache,
                &["1", "4G", "00K"],
                &["", "G", "4GB", "4g", "-4G", "4 G"],
            ),
            (
                Pattern::TempSize,
                &["1", "20Gi", "1Ki", "1Ti"],
                &["", "Gi", "1G", "1.5Gi", "1Pi"],
            ),
            (
                Pattern::Quantity,
                &[
                    "1",
                    "-1Gi",
                    "+.5",
                    "1.",
                    "500m",
                    "1e3",
                    "1E",
                    "1Ei",
                    "1e1.5",
                    "1e-2147483648",
                    "1E+.5",
                ],
                &[
                    "", ".", "-", "1e", "1.5.5", "100GB", "1 Gi", "1Gi ", "Gi", "1ki", "e3", "1e+",
                ],
            ),
        ];
        for (pattern, good, bad) in cases {
            for text in good {
                assert!(pattern.matches(text), "{pattern:?} must take {text:?}");
            }
            for text in bad {
                assert!(!pattern.matches(text), "{pattern:?} must refuse {text:?}");
            }
        }
    }
}
