//! Neo4j versions as image tags spell them, and what each version can do.
//!
//! Two lines exist: the long-term 5.26 (`5.26.3`), and calendar versions from 2025.01 on (`2025.04.1`, the month always
//! with two digits).

use std::fmt;

use super::scanner::Scanner;

/// A Neo4j version. The patch is 0 where none was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// `5`, or the year.
    pub major: u64,
    /// `26`, or the month.
    pub minor: u64,
    /// The third number.
    pub patch: u64,
}

impl Version {
    /// A version from its numbers.
    pub const fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self { major, minor, patch }
    }

    /// Whether it is a calendar version.
    pub fn is_calendar(&self) -> bool {
        self.major >= 2025
    }

    /// Whether the operator runs clusters of this version: exactly 5.26, or a calendar version.
    pub fn operator_supports(&self) -> bool {
        self.is_calendar() || (self.major == 5 && self.minor == 26)
    }

    /// Whether this version has the feature.
    pub fn supports(&self, feature: Feature) -> bool {
        *self >= feature.first_version()
    }
}

impl fmt::Display for Version {
    /// As a tag spells it, without a patch of 0 for the month: `5.26.3`, `5.26.0`, `2025.04.1`, `2025.04`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_calendar(), self.patch) {
            (true, 0) => write!(formatter, "{}.{:02}", self.major, self.minor),
            (true, patch) => write!(formatter, "{}.{:02}.{patch}", self.major, self.minor),
            (false, patch) => write!(formatter, "{}.{}.{patch}", self.major, self.minor),
        }
    }
}

/// Parses a tag as the operator does: it drops a leading `v`, `neo4j-` and `neo4j:`, cuts at the first `-`, needs two
/// whole numbers, and takes a patch that it cannot read for 0.
///
/// So `5.26.x` and `2025.13` parse; whether a release has such a name is [`is_release_form`].
pub fn parse_as_operator(tag: &str) -> Option<Version> {
    let mut text = tag;
    for prefix in ["v", "neo4j-", "neo4j:"] {
        text = text.strip_prefix(prefix).unwrap_or(text);
    }
    let numbers = text.split('-').next().unwrap_or(text);
    let mut parts = numbers.split('.');
    let major = go_integer(parts.next()?)?;
    let minor = go_integer(parts.next()?)?;
    let patch = parts.next().and_then(go_integer).unwrap_or(0);
    Some(Version { major, minor, patch })
}

/// Go's `strconv.Atoi`, which takes a sign; a negative number is no version of ours.
fn go_integer(text: &str) -> Option<u64> {
    text.parse::<i64>().ok().and_then(|number| u64::try_from(number).ok())
}

/// Whether the operator's check for backups and restores takes the tag.
///
/// It is another check than that for clusters: it wants the strict form before the first `-`, with a two-digit month,
/// and takes any version from 5.26 or 2025 on, also `5.27.0` and `6.0.0`.
pub fn backup_check_accepts(tag: &str) -> bool {
    let text = tag.split('-').next().unwrap_or(tag);
    let mut scanner = Scanner::new(text);
    let major = scanner.digits();
    if !scanner.eat('.') {
        return false;
    }
    let minor = scanner.digits();
    let patch_fits = scanner.is_at_end() || (scanner.eat('.') && !scanner.digits().is_empty() && scanner.is_at_end());
    let (Ok(major_number), Ok(minor_number)) = (major.parse::<u64>(), minor.parse::<u64>()) else {
        return false;
    };
    if patch_fits && major.len() == 4 && major.starts_with("20") && minor.len() == 2 {
        return major_number >= 2025;
    }
    patch_fits && (major_number, minor_number) >= (5, 26)
}

/// Whether Neo4j names releases like this: `5.26`, `5.26.3`, `2025.04`, `2025.04.1`, also of unsupported lines.
pub fn is_release_form(numbers: &str) -> bool {
    let parts: Vec<&str> = numbers.splitn(4, '.').collect();
    let [major, minor, patch @ ..] = parts.as_slice() else {
        return false;
    };
    let plain = |text: &str| {
        (1..=4).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && (text == "0" || !text.starts_with('0'))
    };
    if patch.len() > 1 || !patch.iter().all(|patch| plain(patch)) || !plain(major) {
        return false;
    }
    match major.parse::<u64>() {
        Ok(5) => plain(minor) && minor.parse::<u64>().is_ok_and(|minor| minor <= 26),
        Ok(3 | 4) => plain(minor),
        Ok(2025..) => {
            minor.len() == 2 && matches!(minor.parse::<u64>(), Ok(1..=12)) && minor.bytes().all(|b| b.is_ascii_digit())
        }
        _ => false,
    }
}

/// Something that only newer versions have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Feature {
    /// `neo4j-admin database restore --restore-until`, which standalone restores use.
    RestoreUntil,
    /// `seedRestoreUntil` of `CREATE DATABASE`, which `Neo4jDatabase.spec.seedConfig.restoreUntil` uses.
    SeedRestoreUntil,
    /// `neo4j-admin backup validate`.
    BackupValidate,
    /// `--source-database`: one database of an artifact folder.
    SourceDatabaseFilter,
    /// `--prefer-diff-as-parent`.
    PreferDiffAsParent,
    /// `dbms.recreateDatabase`, before that `dbms.cluster.recreateDatabase`.
    RecreateDatabase,
    /// `--remote-address-resolution`.
    RemoteAddressResolution,
    /// `--parallel-download`.
    ParallelDownload,
    /// `--skip-recovery`.
    SkipRecovery,
    /// Sharded property databases.
    PropertySharding,
    /// A differential backup that overlaps its full backup.
    OverlappingDifferential,
    /// `--split-archive-part-size`.
    SplitArchive,
}

impl Feature {
    /// The first version that has it.
    pub const fn first_version(self) -> Version {
        match self {
            Self::RestoreUntil => Version::new(5, 0, 0),
            Self::SeedRestoreUntil | Self::BackupValidate => Version::new(2025, 1, 0),
            Self::SourceDatabaseFilter => Version::new(2025, 2, 0),
            Self::PreferDiffAsParent | Self::RecreateDatabase => Version::new(2025, 4, 0),
            Self::RemoteAddressResolution => Version::new(2025, 9, 0),
            Self::ParallelDownload | Self::SkipRecovery => Version::new(2025, 11, 0),
            Self::PropertySharding => Version::new(2025, 12, 0),
            Self::OverlappingDifferential => Version::new(2026, 2, 0),
            Self::SplitArchive => Version::new(2026, 9, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_operator_reads_tags_loosely() {
        for (tag, version) in [
            ("5.26-enterprise", Some((5, 26, 0))),
            ("5.26.26-enterprise", Some((5, 26, 26))),
            ("2025.10-enterprise-ubi9", Some((2025, 10, 0))),
            ("2025.1.0-enterprise", Some((2025, 1, 0))),
            ("v5.26.0", Some((5, 26, 0))),
            ("5.26.x", Some((5, 26, 0))),
            ("5.26.0@sha256:abc", Some((5, 26, 0))),
            ("2147483648.1", Some((2_147_483_648, 1, 0))),
            ("+5.26", Some((5, 26, 0))),
            ("5-enterprise", None),
            ("latest", None),
            ("enterprise", None),
            ("myteam-5.26.0", None),
            ("sha256:abc", None),
            ("V5.26.0", None),
            ("", None),
        ] {
            let expected = version.map(|(major, minor, patch)| Version::new(major, minor, patch));
            assert_eq!(parse_as_operator(tag), expected, "{tag}");
        }
    }

    #[test]
    fn the_operator_supports_one_old_line_and_the_calendar() {
        for (tag, supported) in [
            ("5.26.0", true),
            ("2026.08", true),
            ("5.25.1", false),
            ("5.27.0", false),
            ("6.0.0", false),
            ("2024.12.0", false),
            ("4.4", false),
        ] {
            assert_eq!(
                parse_as_operator(tag).is_some_and(|version| version.operator_supports()),
                supported,
                "{tag}"
            );
        }
    }

    #[test]
    fn the_backup_check_is_another_one() {
        for (tag, accepted) in [
            ("5.26-enterprise", true),
            ("5.27.0", true),
            ("6.0.0", true),
            ("2025.01.0-enterprise", true),
            ("2026.06", true),
            ("5.25.1-enterprise", false),
            ("4.4-enterprise", false),
            ("2024.12", false),
            ("v5.26.0", false),
            ("5-enterprise", false),
            ("latest", false),
        ] {
            assert_eq!(backup_check_accepts(tag), accepted, "{tag}");
        }
    }

    #[test]
    fn only_real_forms_are_releases() {
        for text in [
            "5.26",
            "5.26.0",
            "5.26.26",
            "2025.01",
            "2025.12.1",
            "2026.08.0",
            "4.4",
            "4.4.12",
        ] {
            assert!(is_release_form(text), "{text}");
        }
        for text in [
            "5", "2025", "2025.1.0", "2025.13", "2025.00", "2026.99", "5.26.x", "5.27", "6.0", "+5.26", "5.26.0.1",
            "05.26", "2024.12", "",
        ] {
            assert!(!is_release_form(text), "{text}");
        }
    }

    #[test]
    fn features_begin_with_their_version() {
        let version = |tag: &str| parse_as_operator(tag).unwrap();
        assert!(version("5.26.0").supports(Feature::RestoreUntil));
        assert!(!version("5.26.26").supports(Feature::SeedRestoreUntil));
        assert!(version("2025.01.0").supports(Feature::SeedRestoreUntil));
        assert!(!version("2025.10.1").supports(Feature::ParallelDownload));
        assert!(version("2026.01").supports(Feature::SourceDatabaseFilter));
    }

    #[test]
    fn versions_are_written_as_tags_are() {
        for (tag, text) in [
            ("5.26", "5.26.0"),
            ("2025.04.0", "2025.04"),
            ("2025.11.2-enterprise", "2025.11.2"),
        ] {
            assert_eq!(parse_as_operator(tag).unwrap().to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn a_release_form_is_read_by_the_operator_as_the_same_version(text in "[0-9]{1,4}\\.[0-9]{1,2}(\\.[0-9]{1,2})?") {
            if is_release_form(&text) {
                let version = parse_as_operator(&text).unwrap();
                prop_assert_eq!(parse_as_operator(&version.to_string()), Some(version));
            }
        }
    }
}
