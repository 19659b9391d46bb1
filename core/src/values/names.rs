//! Names: of Kubernetes objects, of what the operator derives from them, of databases; and the nearest known name.

use std::fmt;

use crate::quoted::character as shown;

/// The longest name of a `CronJob`: Kubernetes appends eleven characters to name its Jobs.
pub const LONGEST_CRON_JOB_NAME: usize = 52;
/// The longest DNS label, label value and Service name.
pub const LONGEST_LABEL: usize = 63;
/// The longest name of most objects.
pub const LONGEST_SUBDOMAIN: usize = 253;
/// The longest database name that the CRD takes.
pub const LONGEST_DATABASE_NAME: usize = 65;

/// Whether it is a DNS-1123 label: `[a-z0-9]([-a-z0-9]*[a-z0-9])?`, at most 63 characters.
pub fn is_dns_label(text: &str) -> bool {
    text.len() <= LONGEST_LABEL && is_label_of_any_length(text)
}

/// Whether it is a DNS-1123 subdomain, which most object names are: labels of any length joined by dots, at most 253
/// characters.
pub fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= LONGEST_SUBDOMAIN && text.split('.').all(is_label_of_any_length)
}

fn is_label_of_any_length(text: &str) -> bool {
    let alphanumeric = |next: char| next.is_ascii_lowercase() || next.is_ascii_digit();
    text.starts_with(alphanumeric)
        && text.ends_with(alphanumeric)
        && text.chars().all(|next| alphanumeric(next) || next == '-')
}

/// Whether it can be the value of a label: empty, or at most 63 letters, digits, `-`, `_` and `.`, a letter or digit at
/// both ends.
pub fn is_label_value(text: &str) -> bool {
    let alphanumeric = |next: char| next.is_ascii_alphanumeric();
    text.is_empty()
        || (text.len() <= LONGEST_LABEL
            && text.starts_with(alphanumeric)
            && text.ends_with(alphanumeric)
            && text
                .chars()
                .all(|next| alphanumeric(next) || matches!(next, '-' | '_' | '.')))
}

/// A name that the operator makes from that of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DerivedName {
    /// The `CronJob` of a scheduled backup: `<name>-backup-cron`.
    BackupCronJob,
    /// The Job of a one-shot backup: `<name>-backup`.
    BackupJob,
    /// The label that carries the name of the resource itself.
    LabelValue,
    /// The Service that serves a backup on a volume to a cluster: `backup-seed-proxy-<name>`.
    SeedProxy,
    /// The Job of a restore: `<name>-restore`.
    RestoreJob,
}

impl DerivedName {
    /// The derived name.
    pub fn of(self, name: &str) -> String {
        let (prefix, suffix) = self.affixes();
        format!("{prefix}{name}{suffix}")
    }

    /// The most characters that the derived name may have.
    pub fn longest(self) -> usize {
        match self {
            Self::BackupCronJob => LONGEST_CRON_JOB_NAME,
            Self::BackupJob | Self::LabelValue | Self::SeedProxy | Self::RestoreJob => LONGEST_LABEL,
        }
    }

    /// The most characters that the resource's own name may have for that.
    pub fn longest_name(self) -> usize {
        let (prefix, suffix) = self.affixes();
        self.longest() - prefix.len() - suffix.len()
    }

    /// Whether the resource's name is short enough.
    pub fn fits(self, name: &str) -> bool {
        name.len() <= self.longest_name()
    }

    fn affixes(self) -> (&'static str, &'static str) {
        match self {
            Self::BackupCronJob => ("", "-backup-cron"),
            Self::BackupJob => ("", "-backup"),
            Self::LabelValue => ("", ""),
            Self::SeedProxy => ("backup-seed-proxy-", ""),
            Self::RestoreJob => ("", "-restore"),
        }
    }
}

/// Checks a database name against the CRD's grammar: a letter, then letters, digits, dots and hyphens, at most 65
/// characters.
pub fn check_database_name(text: &str) -> Result<(), DatabaseNameError> {
    let mut characters = text.chars();
    match characters.next() {
        None => return Err(DatabaseNameError::Empty),
        Some(first) if !first.is_ascii_alphabetic() => return Err(DatabaseNameError::FirstCharacter(first)),
        Some(_) => {}
    }
    let allowed = |next: &char| next.is_ascii_alphanumeric() || matches!(next, '.' | '-');
    if let Some(character) = characters.find(|next| !allowed(next)) {
        return Err(DatabaseNameError::Character(character));
    }
    if text.len() > LONGEST_DATABASE_NAME {
        Err(DatabaseNameError::TooLong(text.len()))
    } else {
        Ok(())
    }
}

/// Why a text is not a database name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DatabaseNameError {
    /// No text at all.
    Empty,
    /// It begins with this instead of a letter.
    FirstCharacter(char),
    /// It has this character.
    Character(char),
    /// It has this many characters.
    TooLong(usize),
}

impl fmt::Display for DatabaseNameError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("the database name is empty"),
            Self::FirstCharacter(first) => {
                write!(
                    formatter,
                    "a database name begins with a letter, not with {}",
                    shown(*first)
                )
            }
            Self::Character(character) => {
                write!(
                    formatter,
                    "a database name has no {} (only letters, digits, '.' and '-')",
                    shown(*character)
                )
            }
            Self::TooLong(length) => {
                write!(
                    formatter,
                    "a database name has at most {LONGEST_DATABASE_NAME} characters, this has {length}"
                )
            }
        }
    }
}

impl std::error::Error for DatabaseNameError {}

/// The first character that is not safe in an argument that the operator puts into a shell command; the operator itself
/// quotes only some of them.
pub fn first_shell_unsafe_character(text: &str) -> Option<char> {
    text.chars()
        .find(|next| !next.is_ascii_alphanumeric() && !"._/-=:,+@%".contains(*next))
}

/// Whether it is an absolute path that the operator takes for `tempPath`.
pub fn is_safe_absolute_path(text: &str) -> bool {
    text.starts_with('/') && super::object_path::operator_accepts(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn kubernetes_names() {
        for text in ["a", "0", "prod-cluster", "a--b"] {
            assert!(is_dns_label(text) && is_dns_subdomain(text), "{text}");
        }
        for text in ["", "-a", "a-", "A", "a_b", "a b", "ä", "a..b", ".a", "a."] {
            assert!(!is_dns_label(text) && !is_dns_subdomain(text), "{text}");
        }
        assert!(is_dns_subdomain("a.b") && !is_dns_label("a.b"));
        assert!(is_dns_label(&"a".repeat(63)) && !is_dns_label(&"a".repeat(64)));
        assert!(is_dns_subdomain(&"a".repeat(253)) && !is_dns_subdomain(&"a".repeat(254)));
        assert!(is_label_value("") && is_label_value("A_b.c") && !is_label_value("a."));
    }

    #[test]
    fn derived_names_have_the_operator_s_limits() {
        assert_eq!(DerivedName::BackupCronJob.longest_name(), 40);
        assert_eq!(DerivedName::SeedProxy.longest_name(), 45);
        assert_eq!(DerivedName::BackupCronJob.of("nightly"), "nightly-backup-cron");
        assert_eq!(DerivedName::SeedProxy.of("r"), "backup-seed-proxy-r");
        assert_eq!(DerivedName::RestoreJob.of("r"), "r-restore");
        assert!(DerivedName::BackupCronJob.fits(&"a".repeat(40)) && !DerivedName::BackupCronJob.fits(&"a".repeat(41)));
    }

    #[test]
    fn database_names() {
        for text in ["neo4j", "a", "Sales.2025-q1", &"a".repeat(65)] {
            assert_eq!(check_database_name(text), Ok(()), "{text}");
        }
        assert_eq!(check_database_name(""), Err(DatabaseNameError::Empty));
        assert_eq!(check_database_name("1db"), Err(DatabaseNameError::FirstCharacter('1')));
        assert_eq!(check_database_name("my_db"), Err(DatabaseNameError::Character('_')));
        assert_eq!(check_database_name("dbö"), Err(DatabaseNameError::Character('ö')));
        assert_eq!(
            check_database_name(&"a".repeat(66)),
            Err(DatabaseNameError::TooLong(66))
        );
    }

    #[test]
    fn shell_characters_are_found() {
        assert_eq!(first_shell_unsafe_character("--verbose=true"), None);
        assert_eq!(first_shell_unsafe_character("a; rm -rf /"), Some(';'));
        assert_eq!(first_shell_unsafe_character("$(id)"), Some('$'));
        assert!(is_safe_absolute_path("/tmp/x") && !is_safe_absolute_path("tmp") && !is_safe_absolute_path("/tmp/$x"));
    }

    proptest! {
        #[test]
        fn a_fitting_name_gives_a_legal_derived_name(name in "[a-z0-9-]{1,70}") {
            for derived in [DerivedName::BackupCronJob, DerivedName::BackupJob, DerivedName::SeedProxy, DerivedName::RestoreJob] {
                prop_assert_eq!(derived.fits(&name), derived.of(&name).len() <= derived.longest());
            }
        }
    }
}
