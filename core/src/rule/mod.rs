//! What a rule is: fixed metadata, read by every door and every page, and one function that cannot fail.

use crate::document::Document;
use crate::finding::Severity;
use crate::fix::FixKind;
use crate::inventory::Inventory;
use crate::report::Report;
use crate::schema::Kind;
use crate::subject::Subject;

pub mod kinds;
pub mod prelude;
pub mod reads;

/// What has metadata; [`declare_rule!`](crate::declare_rule) writes it.
pub trait Declared: Sync {
    /// The metadata.
    fn meta(&self) -> &'static RuleMeta;
}

/// A manifest rule.
pub trait Rule: Declared {
    /// Judges one object. Reports only on that object, even where the inventory shows others.
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Report) {
        let _ = (subject, inventory, report);
    }

    /// Judges one document of a file as text, before anything is known of its kind.
    fn check_document(&self, document: &Document<'_>, report: &mut Report) {
        let _ = (document, report);
    }
}

/// Everything about a rule that is known without running it.
#[derive(Debug)]
pub struct RuleMeta {
    /// The permanent code, never reused: `NB5001`.
    pub code: &'static str,
    /// Reads as "allow …" and names the defect: `schedule-invalid`.
    pub name: &'static str,
    /// The worst severity that it reports.
    pub severity: Severity,
    /// The kinds that it looks at.
    pub kinds: &'static [Kind],
    /// The fields that its verdict depends on. On UPDATE a finding warns and does not deny while these are unchanged.
    pub reads: &'static [&'static str],
    /// What it must know of other objects; without it the rule says what it could not check.
    pub needs: &'static [Need],
    /// Where it runs.
    pub doors: Doors,
    /// The widest kind of fix that it offers.
    pub fix: FixKind,
    /// Whether a policy in the API server can say the same.
    pub cel: Cel,
    /// The version that brought it.
    pub since: &'static str,
    /// The page, in Markdown; the first line is the summary.
    pub docs: &'static str,
}

/// Something that a rule must know beside the object itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// The cluster or standalone that the object names.
    Instance,
    /// A backup that the object names, or the other backups of the namespace.
    Backups,
    /// The other restores of the namespace.
    Restores,
    /// The sharded databases of the namespace.
    ShardedDatabases,
    /// The key names of a Secret.
    Secrets,
    /// The annotations of the namespace.
    Namespace,
    /// The `ServiceAccounts` of the Jobs. No rule asks; the reconciler does.
    Accounts,
    /// The Role and the `RoleBinding` of the backup account. No rule asks; the reconciler does.
    Roles,
    /// The time.
    Clock,
}

/// Where a rule runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doors {
    /// In files and in reviews.
    All,
    /// In files only: the API server judges this by the schema that it really has, before any webhook.
    Files,
    /// In reviews only: it compares what was sent with what was stored.
    Reviews,
}

/// Whether CEL, the language of admission policies in the API server, can express a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cel {
    /// It can; the words are in the file of the same name in `policies/src/rules`.
    Expressible,
    /// It cannot, and why.
    NotExpressible(&'static str),
}

impl RuleMeta {
    /// The first line of the page.
    pub fn summary(&self) -> &'static str {
        self.docs.trim_start().lines().next().unwrap_or_default().trim()
    }

    /// The address of the page.
    pub fn url(&self) -> String {
        format!(
            "https://github.com/neo4jbackup/neo4jbackup/blob/main/docs/rules/{}.md",
            self.code
        )
    }
}

/// Declares a rule: its page as a doc comment, then its metadata.
///
/// ```text
/// declare_rule! {
///     /// A schedule that the scheduler cannot parse never runs.
///     ///
///     /// ## What it checks …
///     ScheduleInvalid {
///         code: "NB5001", name: "schedule-invalid", severity: Error,
///         kinds: [Neo4jBackup], reads: ["spec.schedule"], needs: [],
///         doors: All, fix: Safe, cel: Expressible, since: "0.1",
///     }
/// }
/// ```
///
/// `kinds` is a list, or the name of one in [`kinds`]; `reads` is one or several lists of paths, `["spec.schedule"]` or the name
/// of one in [`reads`], with `+` between them.
#[macro_export]
macro_rules! declare_rule {
    (@kinds [$($kind:ident),* $(,)?]) => { &[$($crate::schema::Kind::$kind),*] };
    (@kinds $name:ident) => { $crate::rule::kinds::$name };
    (@reads [$($path:literal),* $(,)?]) => { &[$($path),*] };
    (@reads $name:ident) => { $crate::rule::reads::$name };
    (
        $(#[doc = $doc:expr])+
        $rule:ident {
            code: $code:literal, name: $name:literal, severity: $severity:ident,
            kinds: $kinds:tt, reads: $reads:tt $(+ $more:tt)*, needs: [$($need:ident),* $(,)?],
            doors: $doors:ident, fix: $fix:ident, cel: $cel:ident $(($why:literal))?, since: $since:literal $(,)?
        }
    ) => {
        $(#[doc = $doc])+
        pub struct $rule;

        impl $rule {
            /// The metadata of this rule.
            pub const META: $crate::rule::RuleMeta = $crate::rule::RuleMeta {
                code: $code,
                name: $name,
                severity: $crate::finding::Severity::$severity,
                kinds: $crate::declare_rule!(@kinds $kinds),
                reads: {
                    const LISTS: &[&[&str]] = &[$crate::declare_rule!(@reads $reads) $(, $crate::declare_rule!(@reads $more))*];
                    const JOINED: [&str; $crate::rule::reads::count(LISTS)] = $crate::rule::reads::joined(LISTS);
                    &JOINED
                },
                needs: &[$($crate::rule::Need::$need),*],
                doors: $crate::rule::Doors::$doors,
                fix: $crate::fix::FixKind::$fix,
                cel: $crate::rule::Cel::$cel $(($why))?,
                since: $since,
                docs: concat!($($doc, "\n"),+),
            };
        }

        impl $crate::rule::Declared for $rule {
            fn meta(&self) -> &'static $crate::rule::RuleMeta {
                &Self::META
            }
        }
    };
}
