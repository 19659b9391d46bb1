//! NB1003.

use crate::did_you_mean::is_one_slip;
use crate::operator::NEWEST;
use crate::rule::prelude::*;
use crate::schema::SchemaProblem;
use crate::subject::moved_field::{BEYOND_THE_TABLES, FIND_OUT, hint, move_fix, plain_note, stands_beside};

declare_rule! {
    /// A field that no operator version has is dropped without a word, and what it asked for does not happen.
    ///
    /// ## What it checks
    /// Every field below `spec` against the fields of all operator versions, or against those that the cluster serves where
    /// `--crds` names them. It is an error where dropping the field changes
    /// what happens (`restoreUntil`, `options.force`, a `timezone` other than UTC, a misspelt field that matters), and a
    /// warning where it does not, or where the operator is newer than what this version of the tool knows.
    ///
    /// ## Why it matters
    /// The API server prunes unknown fields before anything can look at them. kubectl complains of them; Helm, Argo CD, Flux
    /// and most clients do not. A restore with `restoreUntil` restores the latest state.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   restoreUntil: "2025-01-15T14:30:00Z"
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   source:
    ///     pointInTime: "2025-01-15T14:30:00Z"
    /// ```
    UnknownField {
        code: "NB1003", name: "unknown-field", severity: Error,
        kinds: ALL, reads: ["spec"], needs: [], doors: Files, fix: Unsafe,
        cel: NotExpressible("the API server drops the field before any policy sees it"), since: "0.1",
    }
}

impl Rule for UnknownField {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        for problem in subject.schema_problems() {
            let SchemaProblem::Unknown {
                path,
                value,
                did_you_mean,
                replaced_by,
                changes_meaning,
                is_listed,
                note,
            } = problem
            else {
                continue;
            };
            let name = quoted(path.last_key().unwrap_or_default());
            let is_beyond = subject.is_beyond_the_tables();
            let what = if is_beyond {
                format!("{name} is {BEYOND_THE_TABLES} {NEWEST}")
            } else if subject.is_schema_served() {
                format!("the schema that is served has no field {name}, so it is dropped")
            } else {
                format!("no operator version has a field {name}, so it is dropped")
            };
            let finding = report.at_path(path.clone(), what);
            finding.at_key().reason(Reason::NotSupported);
            if let Some(text) = value {
                finding.value(*text);
            }
            if !changes_meaning || is_beyond {
                finding.severity(Severity::Warning);
            }
            let replacement = did_you_mean.as_ref().or(replaced_by.as_ref());
            if !changes_meaning && replacement.is_none() {
                finding.help(if is_beyond { FIND_OUT } else { "remove it" });
                if *is_listed && !is_beyond {
                    finding.fix(Fix::remove(FixKind::Safe, "remove it", path.clone()));
                }
                continue;
            }
            finding.help(match did_you_mean {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => hint(replacement, plain_note(*note)),
            });
            if let Some(fix) = replacement.and_then(|meant| fix(subject, path, meant, did_you_mean.is_some())) {
                finding.fix(fix);
            }
        }
    }
}

/// A slip of one letter, or a name that goes on (`credentialsSecret` for `credentialsSecretRef`), is meant for certain
/// when the value fits where it goes; any other guess is only a guess.
fn fix(subject: &Subject<'_>, path: &Path, meant: &Path, is_guess: bool) -> Option<Fix> {
    let (from, to) = (path.last_key()?, meant.last_key()?);
    let is_certain = !subject.is_beyond_the_tables()
        && stands_beside(path, meant)
        && if is_guess {
            is_one_slip(from, to)
        } else {
            to.starts_with(from)
        };
    move_fix(
        subject,
        path,
        meant,
        if is_certain { FixKind::Safe } else { FixKind::Unsafe },
    )
}
