//! NB1006.

use crate::did_you_mean;
use crate::rule::prelude::*;
use crate::schema::{Pattern, SchemaProblem, TextPattern};
use crate::values::quantity;

declare_rule! {
    /// A value outside the list, pattern or range of the schema makes the API server refuse the whole object.
    ///
    /// ## What it checks
    /// Lists of allowed words (`storage.type`, `options.backupType`), patterns (`database` has no underscore, `pageCache` is
    /// digits and one letter), lengths and ranges, as the operator version has them. Quantities are [NB7006](NB7006.md)'s.
    ///
    /// ## Why it matters
    /// Nothing of the object is stored. Most of these differ between versions: `deletePolicy: Archive` was accepted, and
    /// without effect, until operator 1.13.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   options: {backupType: full, pageCache: 4GB}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   options: {backupType: FULL, pageCache: 4G}
    /// ```
    ValueNotAllowed {
        code: "NB1006", name: "value-not-allowed", severity: Error,
        kinds: ALL, reads: ["spec"], needs: [], doors: Files, fix: Unsafe,
        cel: NotExpressible("the schema in the API server already says it"), since: "0.1",
    }
}

/// Nobody reads a longer list.
const MOST_WORDS: usize = 20;

impl Rule for ValueNotAllowed {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        for problem in subject.schema_problems() {
            match problem {
                SchemaProblem::NotInEnum { path, value, allowed } => not_in_enum(path, value, allowed, report),
                SchemaProblem::PatternMismatch { path, value, pattern } => match pattern {
                    TextPattern::Known(pattern) => pattern_mismatch(path, value, *pattern, report),
                    TextPattern::Other(_) => {
                        let expression = quoted(pattern.expression());
                        report
                            .at_path(
                                path.clone(),
                                format!("{} does not match the pattern {expression}", quoted(value)),
                            )
                            .help("use a value of that form")
                            .value(*value);
                    }
                },
                SchemaProblem::TooLong { path, length, maximum } => {
                    report
                        .at_path(path.clone(), format!("{length} characters are too many"))
                        .help(format!("use at most {maximum}"))
                        .reason(Reason::TooLong);
                }
                SchemaProblem::OutOfRange {
                    path,
                    value,
                    minimum,
                    maximum,
                } => {
                    report
                        .at_path(
                            path.clone(),
                            format!("{} is not between {minimum} and {maximum}", quoted(value)),
                        )
                        .help("use a number in that range")
                        .value(*value);
                }
                _ => {}
            }
        }
    }
}

fn not_in_enum(path: &Path, value: &str, allowed: &[&str], report: &mut Collector) {
    let mut words: Vec<String> = allowed
        .iter()
        .take(MOST_WORDS)
        .map(|word| quoted(word).to_string())
        .collect();
    words.extend((allowed.len() > MOST_WORDS).then(|| "…".to_owned()));
    let joined = if words.len() == 1 { "not" } else { "none of" };
    let text = format!("{} is {joined} {}", quoted(value), words.join(", "));
    let finding = report.at_path(path.clone(), text);
    finding.value(value).reason(Reason::NotSupported);
    let same = allowed.iter().find(|word| word.eq_ignore_ascii_case(value.trim()));
    let Some(meant) = same
        .copied()
        .or_else(|| did_you_mean::closest(value, allowed.iter().copied()))
    else {
        finding.help(match allowed {
            [only] => format!("use {}", quoted(only)),
            _ => "use one of them".to_owned(),
        });
        return;
    };
    let kind = if same.is_some() { FixKind::Safe } else { FixKind::Unsafe };
    finding.replace(kind, meant);
}

fn pattern_mismatch(path: &Path, value: &str, pattern: Pattern, report: &mut Collector) {
    if pattern == Pattern::Quantity || (pattern == Pattern::TempSize && quantity::parse(value).is_err()) {
        return;
    }
    let finding = report.at_path(path.clone(), format!("{} is not {}", quoted(value), pattern.in_words()));
    finding.value(value);
    match pattern {
        Pattern::PageCache => {
            // `4GB`, `4Gi` and `4GiB` all mean what Neo4j writes as `4G`.
            let meant = value
                .strip_suffix("iB")
                .or_else(|| value.strip_suffix(['B', 'i']))
                .map(str::to_ascii_uppercase);
            match meant.filter(|meant| pattern.matches(meant) && !meant.ends_with(|last: char| last.is_ascii_digit())) {
                Some(meant) => {
                    finding.replace(FixKind::Safe, &meant);
                }
                None => {
                    finding.help("use a size such as `4G`");
                }
            }
        }
        Pattern::DatabaseName if value.contains('_') => {
            finding.help("use a name without `_`; a database that has one can only be part of `allDatabases: true`");
        }
        Pattern::TempSize | Pattern::Quantity => {
            finding.help("use a size such as `20Gi`");
        }
        Pattern::DatabaseName | Pattern::ResourceName => {
            finding.help("use a name of that form");
        }
    }
}
