//! Names: of Kubernetes objects, of what the operator derives from them.

/// The longest name of a `CronJob`: Kubernetes appends eleven characters to name its Jobs.
pub const LONGEST_CRON_JOB_NAME: usize = 52;
/// The longest DNS label, label value and Service name.
pub const LONGEST_LABEL: usize = 63;
/// The longest name of most objects.
pub const LONGEST_SUBDOMAIN: usize = 253;

/// Whether it is a DNS-1123 subdomain, which most object names are: labels of any length joined by dots, at most 253
/// characters.
pub fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= LONGEST_SUBDOMAIN && text.split('.').all(is_label_of_any_length)
}

/// Whether it is lower-case letters, digits and hyphens, with a letter or digit at both ends: a DNS-1123 label, but of any
/// length.
pub fn is_label_of_any_length(text: &str) -> bool {
    let alphanumeric = |next: char| next.is_ascii_lowercase() || next.is_ascii_digit();
    text.starts_with(alphanumeric)
        && text.ends_with(alphanumeric)
        && text.chars().all(|next| alphanumeric(next) || next == '-')
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

    /// Whether what it names may have dots in its name. Services may not.
    pub fn may_have_dots(self) -> bool {
        self != Self::SeedProxy
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
            assert!(is_dns_subdomain(text), "{text}");
        }
        for text in ["", "-a", "a-", "A", "a_b", "a b", "ä", "a..b", ".a", "a."] {
            assert!(!is_dns_subdomain(text), "{text}");
        }
        assert!(is_dns_subdomain("a.b"));
        assert!(is_dns_subdomain(&"a".repeat(253)) && !is_dns_subdomain(&"a".repeat(254)));
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
