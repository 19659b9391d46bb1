//! Versions of the operator that follow each other.

use std::fmt;

use super::OperatorVersion;

/// Versions of the operator that follow each other, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Versions {
    from: OperatorVersion,
    to: OperatorVersion,
}

impl Versions {
    /// Every version, those included that nobody knows yet.
    pub const ALL: Self = Self::range("0.0+");

    /// Reads `1.8-1.11.1`, `1.18+` or `1.14`. A part that is left out stands for all of it: `1.8` begins with 1.8.0 and
    /// ends with its last patch, `0.2-0.x` ends before 1.0.
    ///
    /// # Panics
    /// When the text is no range, which stops the build where it is a constant.
    pub const fn range(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut dash = 0;
        while dash < bytes.len() && bytes[dash] != b'-' {
            dash += 1;
        }
        if dash < bytes.len() {
            return Self::between(
                OperatorVersion::of_bytes(bytes, 0, dash, false),
                OperatorVersion::of_bytes(bytes, dash + 1, bytes.len(), true),
            );
        }
        assert!(!bytes.is_empty(), "a range is missing");
        if bytes[bytes.len() - 1] == b'+' {
            let from = OperatorVersion::of_bytes(bytes, 0, bytes.len() - 1, false);
            return Self::between(from, OperatorVersion::LAST);
        }
        Self::between(
            OperatorVersion::of_bytes(bytes, 0, bytes.len(), false),
            OperatorVersion::of_bytes(bytes, 0, bytes.len(), true),
        )
    }

    /// The versions from one to another, both included.
    ///
    /// # Panics
    /// When the end comes before the beginning.
    pub const fn between(from: OperatorVersion, to: OperatorVersion) -> Self {
        assert!(from.is_at_most(to), "a range ends before it begins");
        Self { from, to }
    }

    /// This version and all later ones.
    pub const fn since(version: OperatorVersion) -> Self {
        Self::between(version, OperatorVersion::LAST)
    }

    /// One version alone.
    pub const fn only(version: OperatorVersion) -> Self {
        Self {
            from: version,
            to: version,
        }
    }

    /// Returns the first of them.
    pub const fn first(self) -> OperatorVersion {
        self.from
    }

    /// Returns the last of them; for a range without an end, later than every version.
    pub const fn last(self) -> OperatorVersion {
        self.to
    }

    /// Returns whether the others begin where these end, without a gap.
    pub fn are_followed_by(self, others: Self) -> bool {
        self.to.is_followed_by(others.from)
    }

    /// Returns whether a version is one of them.
    pub fn contains(self, version: OperatorVersion) -> bool {
        self.from <= version && version <= self.to
    }

    /// Returns whether all of the others are among these.
    pub fn include(self, others: Self) -> bool {
        self.from <= others.from && others.to <= self.to
    }

    /// Returns whether some of the others are among these.
    pub fn overlap(self, others: Self) -> bool {
        self.from <= others.to && others.from <= self.to
    }
}

impl fmt::Display for Versions {
    /// `operator 1.8 to 1.13`, `operator 1.14 and later`, `operators up to 1.13`, `operator 1.14`, `every operator version`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_from_the_beginning = self.from <= super::OLDEST;
        let is_open = self.to == OperatorVersion::LAST;
        let from = self.from.as_beginning();
        if self.from == self.to || from.to_string() == self.to.to_string() {
            return write!(formatter, "operator {}", self.to);
        }
        match (is_from_the_beginning, is_open) {
            (true, true) => formatter.write_str("every operator version"),
            (true, false) => write!(formatter, "operators up to {}", self.to),
            (false, true) => write!(formatter, "operator {from} and later"),
            (false, false) => write!(formatter, "operator {from} to {}", self.to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> OperatorVersion {
        text.parse().unwrap()
    }

    #[test]
    fn a_range_reads_as_it_is_written() {
        for (text, shown) in [
            ("0.1-1.13", "operators up to 1.13"),
            ("1.13+", "operator 1.13 and later"),
            ("1.8-1.11.1", "operator 1.8 to 1.11.1"),
            ("1.11.2-1.12", "operator 1.11.2 to 1.12"),
            ("1.14", "operator 1.14"),
            ("0.1", "operator 0.1"),
            ("0.2-0.x", "operator 0.2 to 0.x"),
            ("0.1+", "every operator version"),
        ] {
            assert_eq!(Versions::range(text).to_string(), shown, "{text}");
        }
        assert_eq!(Versions::only(version("1.16.0")).to_string(), "operator 1.16.0");
    }

    #[test]
    fn a_part_that_is_left_out_stands_for_all_of_it() {
        let range = Versions::range("1.8-1.11.1");
        for (text, expected) in [
            ("1.7", false),
            ("1.8.0", true),
            ("1.11.0", true),
            ("1.11.2", false),
            ("1.11", false),
        ] {
            assert_eq!(range.contains(version(text)), expected, "{text}");
        }
        assert!(Versions::range("0.2-0.x").contains(version("0.9.4-alpha")));
        assert!(!Versions::range("0.2-0.x").contains(version("1.0.0")));
        assert!(Versions::range("1.19+").contains(version("2.0")));
    }

    #[test]
    fn ranges_are_held_against_each_other() {
        let unclear = Versions::range("1.15-1.18");
        assert!(Versions::range("1.14+").include(unclear));
        assert!(!Versions::range("1.18+").include(unclear));
        assert!(Versions::range("1.18+").overlap(unclear));
        assert!(!Versions::range("1.19+").overlap(unclear));
    }

    #[test]
    #[should_panic(expected = "ends before it begins")]
    fn a_range_goes_forward() {
        let _ = Versions::range("1.9-1.8");
    }
}
