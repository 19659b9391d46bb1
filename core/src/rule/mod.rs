//! What a rule is: fixed metadata, read by every door and every page, and one function that cannot fail.

use crate::document::Document;
use crate::facts::Inventory;
use crate::subject::Subject;

mod behavior;
mod collector;
pub mod kinds;
mod meta;
pub mod prelude;
pub mod reads;

pub use self::behavior::{Behavior, Change, Reach};
pub use self::collector::{Collector, Skipped};
pub use self::meta::{Cel, Doors, RuleMeta};

/// What has metadata; [`declare_rule!`](crate::declare_rule) writes it.
pub trait Declared: Sync {
    /// The metadata.
    fn meta(&self) -> &'static RuleMeta;
}

/// A manifest rule.
pub trait Rule: Declared {
    /// Judges one object. Reports only on that object, even where the inventory shows others.
    fn check(&self, subject: &Subject<'_>, inventory: &Inventory, report: &mut Collector) {
        let _ = (subject, inventory, report);
    }

    /// Judges one document of a file as text, before anything is known of its kind.
    fn check_document(&self, document: &Document<'_>, report: &mut Collector) {
        let _ = (document, report);
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
/// Where it depends on the version of the operator what a finding is worth, `operators` says so, oldest first, with
/// `Nothing` where there is nothing to find:
///
/// ```text
///         since: "0.1",
///         operators: [
///             "1.8-1.17": Error, "a backup of all databases gives no single one";
///             "1.18+": Nothing, "the database is taken out of the backup";
///         ],
/// ```
///
/// Where only a part of it does, `changes` names the range that the check asks for, and what is otherwise there:
///
/// ```text
///         changes: [ONLINE, "hooks run on clusters, too"],
/// ```
///
/// `explains: ["NB6001"]` after that names the checks of a live cluster whose finding this is the cause of.
///
/// `kinds` is a list, or the name of one in [`kinds`]; `reads` is one or several lists of paths, `["spec.schedule"]` or the name
/// of one in [`reads`], with `+` between them.
#[macro_export]
macro_rules! declare_rule {
    (@kinds [$($kind:ident),* $(,)?]) => { &[$($crate::schema::Kind::$kind),*] };
    (@kinds $name:ident) => { $crate::rule::kinds::$name };
    (@reads [$($path:literal),* $(,)?]) => { &[$($path),*] };
    (@reads $name:ident) => { $crate::rule::reads::$name };
    (@severity Nothing) => { None };
    (@severity $severity:ident) => { Some($crate::finding::Severity::$severity) };
    (
        $(#[doc = $doc:expr])+
        $rule:ident {
            code: $code:literal, name: $name:literal, severity: $severity:ident,
            kinds: $kinds:tt, reads: $reads:tt $(+ $more:tt)*, needs: [$($need:ident),* $(,)?],
            doors: $doors:ident, fix: $fix:ident, cel: $cel:ident $(($why:literal))?, since: $since:literal
            $(, operators: [$($range:literal: $most:ident, $what:literal);+ $(;)?])?
            $(, changes: [$($versions:path, $otherwise:literal);+ $(;)?])?
            $(, explains: [$($effect:literal),* $(,)?])? $(,)?
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
                needs: &[$($crate::facts::Need::$need),*],
                doors: $crate::rule::Doors::$doors,
                fix: $crate::fix::FixKind::$fix,
                cel: $crate::rule::Cel::$cel $(($why))?,
                operators: &[$($($crate::rule::Behavior {
                    operators: $crate::operator::Versions::range($range),
                    severity: $crate::declare_rule!(@severity $most),
                    text: $what,
                }),+)?],
                changes: &[$($($crate::rule::Change {
                    operators: $versions,
                    text: $otherwise,
                }),+)?],
                explains: &[$($($effect),*)?],
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
