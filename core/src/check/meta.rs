//! What is known of a check without running it.

use crate::finding::Severity;
use crate::snapshot::Resource;

/// Everything about a check that is known without running it.
#[derive(Debug)]
pub struct CheckMeta {
    /// The permanent code, never reused: `NB6001`.
    pub code: &'static str,
    /// Names the defect: `runs-failing`.
    pub name: &'static str,
    /// The worst severity that it reports.
    pub severity: Severity,
    /// What it looks at.
    pub looks: &'static [Looks],
    /// What it cannot do without. Where something of it could not be read, the check is listed as skipped.
    pub needs: &'static [Resource],
    /// The codes of what it is the cause of, where it is found with the same object or with one that it says it affects.
    pub explains: &'static [&'static str],
    /// The version of this program that brought it.
    pub since: &'static str,
    /// The page, in Markdown; the first line is the summary.
    pub docs: &'static str,
}

/// What a check looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Looks {
    /// The cluster as a whole.
    AtCluster,
    /// Each `Neo4jBackup`.
    AtBackups,
    /// Each `Neo4jRestore`.
    AtRestores,
    /// Each cluster and standalone.
    AtInstances,
    /// Each `CronJob` that backs up without the operator.
    AtPlainCronJobs,
}

impl CheckMeta {
    /// The page, in Markdown.
    pub fn page(&self) -> String {
        let lines = self.docs.lines();
        lines
            .map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned() + "\n")
            .collect()
    }

    /// The first line of the page.
    pub fn summary(&self) -> &'static str {
        self.docs.trim_start().lines().next().unwrap_or_default().trim()
    }

    /// The address of the page.
    pub fn url(&self) -> String {
        format!(
            "https://github.com/neo4jbackup/neo4jbackup/blob/main/docs/checks/{}.md",
            self.code
        )
    }
}

/// Declares a check: its page as a doc comment, then its metadata.
///
/// ```text
/// declare_check! {
///     /// The last runs of a backup failed.
///     ///
///     /// ## What it looks at …
///     RunsFailing {
///         code: "NB6001", name: "runs-failing", severity: Error,
///         looks: [AtBackups], needs: [Jobs], explains: ["NB6002"], since: "0.2",
///     }
/// }
/// ```
#[macro_export]
macro_rules! declare_check {
    (
        $(#[doc = $doc:expr])+
        $check:ident {
            code: $code:literal, name: $name:literal, severity: $severity:ident,
            looks: [$($looks:ident),+ $(,)?], needs: [$($need:ident),* $(,)?],
            explains: [$($effect:literal),* $(,)?], since: $since:literal $(,)?
        }
    ) => {
        $(#[doc = $doc])+
        pub struct $check;

        impl $check {
            /// The metadata of this check.
            pub const META: $crate::check::CheckMeta = $crate::check::CheckMeta {
                code: $code,
                name: $name,
                severity: $crate::finding::Severity::$severity,
                looks: &[$($crate::check::Looks::$looks),+],
                needs: &[$($crate::snapshot::Resource::$need),*],
                explains: &[$($effect),*],
                since: $since,
                docs: concat!($($doc, "\n"),+),
            };
        }

        impl $crate::check::Declared for $check {
            fn meta(&self) -> &'static $crate::check::CheckMeta {
                &Self::META
            }
        }
    };
}
