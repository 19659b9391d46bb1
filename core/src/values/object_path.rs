//! The path below a bucket. The operator joins texts: `s3://<bucket>/<path>/<name>/`, so a stray slash becomes an empty
//! segment of the object's key.

use std::fmt;

use crate::quoted::character as shown;

/// Something wrong with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PathProblem {
    /// A character outside letters, digits, `.`, `_`, `-` and `/`, which the operator refuses.
    Character(char),
    /// A URL instead of a path.
    Url,
    /// `/backups`: the key begins with an empty segment.
    LeadingSlash,
    /// `backups/`: the key has an empty segment before the name.
    TrailingSlash,
    /// `a//b`.
    DoubleSlash,
    /// `.` or `..`, which object stores do not resolve.
    DotSegment,
}

/// All that is wrong with a path below the bucket, each kind once. An empty path means the operator's default.
pub fn check(path: &str) -> Vec<PathProblem> {
    let mut problems = Vec::new();
    if path.contains("://") {
        problems.push(PathProblem::Url);
        return problems;
    }
    if let Some(character) = first_refused_character(path) {
        problems.push(PathProblem::Character(character));
    }
    if path.starts_with('/') {
        problems.push(PathProblem::LeadingSlash);
    }
    if path.len() > 1 && path.ends_with('/') {
        problems.push(PathProblem::TrailingSlash);
    }
    if path.trim_matches('/').contains("//") {
        problems.push(PathProblem::DoubleSlash);
    }
    if path.split('/').any(|segment| segment == "." || segment == "..") {
        problems.push(PathProblem::DotSegment);
    }
    problems
}

/// The first character that the operator's check `^[A-Za-z0-9._/\-]+$` of buckets and paths refuses.
pub fn first_refused_character(text: &str) -> Option<char> {
    text.chars()
        .find(|next| !next.is_ascii_alphanumeric() && !matches!(next, '.' | '_' | '/' | '-'))
}

/// Whether the operator's check of buckets and paths takes the text.
pub fn operator_accepts(text: &str) -> bool {
    !text.is_empty() && first_refused_character(text).is_none()
}

/// The path without stray slashes, when that changes it and leaves something.
pub fn normalised(path: &str) -> Option<String> {
    if path.contains("://") {
        return None;
    }
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let joined = segments.join("/");
    (joined != path && !joined.is_empty()).then_some(joined)
}

impl PathProblem {
    /// Whether [`normalised`] fixes it.
    pub fn is_stray_slash(&self) -> bool {
        matches!(self, Self::LeadingSlash | Self::TrailingSlash | Self::DoubleSlash)
    }
}

impl fmt::Display for PathProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character(character) => {
                write!(
                    formatter,
                    "the operator refuses the character {} (only letters, digits, '.', '_', '-' and '/')",
                    shown(*character)
                )
            }
            Self::Url => formatter.write_str("a URL where only the path below the bucket belongs"),
            Self::LeadingSlash => formatter.write_str("a leading slash makes the first segment of the key empty"),
            Self::TrailingSlash => formatter.write_str("a trailing slash makes an empty segment in the key"),
            Self::DoubleSlash => formatter.write_str("a double slash makes an empty segment in the key"),
            Self::DotSegment => formatter.write_str("object stores keep '.' and '..' as names and do not resolve them"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_mistake_is_named_and_stray_slashes_are_mended() {
        use PathProblem as Problem;
        for (path, problems, corrected) in [
            ("backups", vec![], None),
            ("a/b-c_d.e/f", vec![], None),
            ("", vec![], None),
            ("backups/", vec![Problem::TrailingSlash], Some("backups")),
            ("/backups", vec![Problem::LeadingSlash], Some("backups")),
            ("a//b", vec![Problem::DoubleSlash], Some("a/b")),
            (
                "/a///b/",
                vec![Problem::LeadingSlash, Problem::TrailingSlash, Problem::DoubleSlash],
                Some("a/b"),
            ),
            ("/", vec![Problem::LeadingSlash], None),
            ("a/../b", vec![Problem::DotSegment], None),
            ("a b", vec![Problem::Character(' ')], None),
            ("sicherung/größe", vec![Problem::Character('ö')], None),
            ("$(id)", vec![Problem::Character('$')], None),
            ("s3://b/p", vec![Problem::Url], None),
        ] {
            assert_eq!(check(path), problems, "{path:?}");
            assert_eq!(normalised(path).as_deref(), corrected, "{path:?}");
        }
    }

    proptest! {
        #[test]
        fn a_mended_path_has_no_stray_slash_and_stays(path in "[a-z./ ]{0,20}|\\PC{0,20}") {
            if let Some(mended) = normalised(&path) {
                prop_assert!(!check(&mended).iter().any(PathProblem::is_stray_slash));
                prop_assert_eq!(normalised(&mended), None);
            }
        }
    }
}
