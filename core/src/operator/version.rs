//! One version of the operator.

use std::fmt;
use std::str::FromStr;

/// Stands for a part of a version that was left out at the end of a range: `1.11` as an end includes `1.11.2`.
const ANY: u16 = u16::MAX;

/// One version of the operator. `1.11` without a patch is the newest patch of that minor version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperatorVersion {
    major: u16,
    minor: u16,
    patch: u16,
}

/// A text that names no operator version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVersion(pub String);

impl fmt::Display for UnknownVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}` is not an operator version; write it as `1.14`, or `main`",
            self.0
        )
    }
}

impl std::error::Error for UnknownVersion {}

impl OperatorVersion {
    /// The newest version, whatever its number: the end of a range that has none.
    pub(super) const LAST: Self = Self::new(ANY, ANY, ANY);

    /// A version with all three numbers.
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch }
    }

    /// Reads the beginning (`as_end: false`) or the end of a range in a constant: `1.8`, `1.11.2`, `0.x`.
    ///
    /// # Panics
    /// When the bytes are no version, which stops the build where the range is a constant.
    pub(super) const fn of_bytes(bytes: &[u8], from: usize, to: usize, as_end: bool) -> Self {
        let rest = if as_end { ANY } else { 0 };
        let mut parts = [rest; 3];
        let mut part = 0;
        let mut position = from;
        assert!(from < to, "a version is missing");
        while position < to {
            assert!(part < 3, "a version has at most three parts");
            if bytes[position] == b'x' {
                parts[part] = rest;
                position += 1;
            } else {
                let mut number: u16 = 0;
                let begin = position;
                while position < to && bytes[position].is_ascii_digit() {
                    number = number * 10 + (bytes[position] - b'0') as u16;
                    position += 1;
                }
                assert!(position > begin, "a part of a version is a number or x");
                parts[part] = number;
            }
            part += 1;
            if position < to {
                assert!(bytes[position] == b'.', "the parts of a version are set apart by dots");
                position += 1;
            }
        }
        Self::new(parts[0], parts[1], parts[2])
    }

    /// Returns the major, minor and patch number, `None` where any will do.
    pub fn parts(self) -> [Option<u16>; 3] {
        [self.major, self.minor, self.patch].map(|part| (part != ANY).then_some(part))
    }

    /// Orders two versions in a constant.
    pub(super) const fn is_at_most(self, other: Self) -> bool {
        if self.major != other.major {
            return self.major < other.major;
        }
        if self.minor != other.minor {
            return self.minor < other.minor;
        }
        self.patch <= other.patch
    }

    /// Returns whether no version lies between this one, as an end, and another.
    pub(super) fn is_followed_by(self, next: Self) -> bool {
        let Self { major, minor, patch } = self;
        let after = if patch != ANY {
            Self::new(major, minor, patch + 1)
        } else if minor != ANY {
            Self::new(major, minor + 1, 0)
        } else {
            Self::new(major.saturating_add(1), 0, 0)
        };
        next <= after
    }

    /// Returns whether the minor version of this one comes after that of the other.
    pub(super) fn is_of_later_minor(self, other: Self) -> bool {
        (self.major, self.minor) > (other.major, other.minor)
    }

    /// Writes the version without the parts that it leaves open.
    fn write(self, open: u16, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.major)?;
        match self.minor {
            ANY => return formatter.write_str(".x"),
            minor => write!(formatter, ".{minor}")?,
        }
        if self.patch == open || self.patch == ANY {
            return Ok(());
        }
        write!(formatter, ".{}", self.patch)
    }

    /// Returns the version as the beginning of a range: `1.8` for 1.8.0.
    pub(super) fn as_beginning(self) -> impl fmt::Display {
        Beginning(self)
    }
}

/// A version as the beginning of a range.
struct Beginning(OperatorVersion);

impl fmt::Display for Beginning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write(0, formatter)
    }
}

impl fmt::Display for OperatorVersion {
    /// `1.11.2`, or `1.11` for the newest patch of it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(ANY, formatter)
    }
}

impl FromStr for OperatorVersion {
    type Err = UnknownVersion;

    /// Reads `1.14`, `v1.13.2`, `0.3` or `1.7.0-alpha`; `main` is the newest version that is known.
    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        let unknown = || UnknownVersion(text.to_owned());
        let trimmed = text.trim();
        if trimmed == "main" {
            return Ok(super::NEWEST);
        }
        let number = trimmed.strip_prefix('v').unwrap_or(trimmed);
        let number = number.split(['-', '+']).next().unwrap_or_default();
        let parts = number
            .split('.')
            .map(parse_number)
            .collect::<Option<Vec<u16>>>()
            .ok_or_else(unknown)?;
        match parts.as_slice() {
            [major, minor] => Ok(Self::new(*major, *minor, ANY)),
            [major, minor, patch] => Ok(Self::new(*major, *minor, *patch)),
            _ => Err(unknown()),
        }
    }
}

/// Digits only; a sign, which `parse` would take, is no part of a version.
fn parse_number(text: &str) -> Option<u16> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?.filter(|number| *number != ANY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_people_write_them() {
        for (text, shown) in [
            ("0.1", "0.1"),
            ("1.7.0-alpha", "1.7.0"),
            ("v1.12.1", "1.12.1"),
            (" 1.8 ", "1.8"),
            ("1.27", "1.27"),
        ] {
            assert_eq!(text.parse::<OperatorVersion>().unwrap().to_string(), shown, "{text}");
        }
        assert_eq!("main".parse(), Ok(super::super::NEWEST));
        for text in ["", "1", "latest", "1.x", "1.+4", "1.2.3.4", "99999999999.1", "1.65535"] {
            assert!(text.parse::<OperatorVersion>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_version_without_a_patch_is_the_newest_patch() {
        let version = |text: &str| text.parse::<OperatorVersion>().unwrap();
        assert!(version("1.11.2") < version("1.11"));
        assert!(version("1.11") < version("1.12.0"));
        assert!(version("1.9") < version("1.10"));
    }
}
