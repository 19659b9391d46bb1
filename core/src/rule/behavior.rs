//! What operators of some versions do, as data beside a rule.

use crate::finding::Severity;
use crate::operator::{Operator, Versions};

/// What operators of some versions do about what a rule finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behavior {
    /// The versions.
    pub operators: Versions,
    /// How bad the finding is there at most; `None` where there is nothing to find.
    pub severity: Option<Severity>,
    /// What happens there, as a sentence without its full stop: `the operator refuses a chain of another instance`.
    pub text: &'static str,
}

/// A part of a rule that only some versions have: what they do otherwise, where the rule as a whole holds for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The versions, by the constant that the rule asks for.
    pub operators: Versions,
    /// What they do, as a sentence without its full stop.
    pub text: &'static str,
}

/// How far a rule reaches with one operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// How bad a finding can be at most.
    pub most: Severity,
    /// What operators of those versions do; `None` for a rule that depends on no version.
    pub behavior: Option<&'static Behavior>,
    /// Whether the finding must say for which versions it holds, because the operator may be of another.
    pub says_versions: bool,
    /// Whether only operators older than the one at hand have anything against what is found, and nobody said which one
    /// it is. Worth a remark to a person, and never a change.
    pub only_older: bool,
}

impl Reach {
    /// As far as the rule says, whatever the operator.
    pub fn whole(severity: Severity) -> Self {
        Self {
            most: severity,
            behavior: None,
            says_versions: false,
            only_older: false,
        }
    }

    /// How far a rule with these behaviors reaches with an operator; `None` where it has nothing to say.
    ///
    /// Where the operator can be of several versions, nothing is an error that is none with one of them. Where nobody says
    /// which operator it is, what only older ones refuse or warn of is worth a remark.
    #[inline]
    pub fn of(behaviors: &'static [Behavior], severity: Severity, operator: Operator) -> Option<Self> {
        if behaviors.is_empty() {
            return Some(Self::whole(severity));
        }
        Self::by_versions(behaviors, operator)
    }

    fn by_versions(behaviors: &'static [Behavior], operator: Operator) -> Option<Self> {
        let versions = operator.versions();
        let possible = || behaviors.iter().filter(|row| row.operators.overlap(versions));
        let worst = possible().max_by_key(|row| row.severity);
        let Some((behavior, most)) = worst.and_then(|row| Some((row, row.severity?))) else {
            let older = behaviors.iter().rev().find(|row| row.severity > Some(Severity::Info))?;
            return (operator.is_assumed() && older.operators.last() < versions.first()).then_some(Self {
                most: Severity::Info,
                behavior: Some(older),
                says_versions: true,
                only_older: true,
            });
        };
        if behavior.operators.include(versions) {
            return Some(Self {
                most,
                behavior: Some(behavior),
                says_versions: operator.is_assumed(),
                only_older: false,
            });
        }
        let rows_are_enough = covers(possible().map(|row| row.operators), versions);
        let least = possible()
            .map(|row| row.severity)
            .min()
            .flatten()
            .filter(|_| rows_are_enough);
        let certain = least.unwrap_or(Severity::Warning.min(most));
        Some(Self {
            most: most.min(certain.max(Severity::Warning)),
            behavior: Some(behavior),
            says_versions: true,
            only_older: false,
        })
    }
}

/// Whether ranges, which follow each other in the order of the versions, leave no gap in what they are to cover. A gap
/// between two of them is one of versions that no row speaks of.
pub(super) fn covers(ranges: impl Iterator<Item = Versions>, all: Versions) -> bool {
    let mut ranges: Vec<Versions> = ranges.collect();
    ranges.sort_by_key(|range| range.first());
    let (Some(first), Some(last)) = (ranges.first(), ranges.last()) else {
        return false;
    };
    first.first() <= all.first()
        && all.last() <= last.last()
        && ranges.windows(2).all(|pair| pair[0].are_followed_by(pair[1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Node;

    const ROWS: &[Behavior] = &[
        Behavior {
            operators: Versions::range("1.8-1.11.1"),
            severity: Some(Severity::Warning),
            text: "nobody looks at it",
        },
        Behavior {
            operators: Versions::range("1.11.2-1.17"),
            severity: Some(Severity::Error),
            text: "it is refused",
        },
        Behavior {
            operators: Versions::range("1.18+"),
            severity: None,
            text: "it is taken",
        },
    ];

    fn reach(operator: Operator) -> Option<(Severity, &'static str, bool)> {
        Reach::of(ROWS, Severity::Error, operator)
            .map(|reach| (reach.most, reach.behavior.unwrap().text, reach.says_versions))
    }

    fn exactly(text: &str) -> Operator {
        Operator::exactly(text.parse().unwrap())
    }

    fn one_of(text: &str) -> Operator {
        Operator::one_of(Versions::range(text))
    }

    #[test]
    fn a_known_version_has_its_own_row() {
        assert_eq!(reach(exactly("1.7")), None);
        assert_eq!(
            reach(exactly("1.11.1")),
            Some((Severity::Warning, "nobody looks at it", false))
        );
        assert_eq!(reach(exactly("1.14")), Some((Severity::Error, "it is refused", false)));
        assert_eq!(reach(exactly("1.18")), None);
        assert_eq!(reach(exactly("1.27")), None);
    }

    #[test]
    fn what_one_of_the_possible_versions_takes_is_no_error() {
        assert_eq!(
            reach(one_of("1.15-1.18")),
            Some((Severity::Warning, "it is refused", true))
        );
        assert_eq!(
            reach(one_of("1.12-1.16")),
            Some((Severity::Error, "it is refused", false))
        );
        assert_eq!(
            reach(one_of("1.8-1.14")),
            Some((Severity::Warning, "it is refused", true))
        );
        assert_eq!(
            reach(one_of("1.7-1.14")),
            Some((Severity::Warning, "it is refused", true))
        );
        assert_eq!(reach(one_of("1.18-1.19")), None);
    }

    #[test]
    fn what_only_older_ones_refuse_is_a_remark_where_nobody_says_which_it_is() {
        let assumed = Operator::assumed("v1beta1", &Node::Null);
        assert_eq!(reach(assumed), Some((Severity::Info, "it is refused", true)));
        assert_eq!(
            Reach::of(&[], Severity::Error, assumed),
            Some(Reach::whole(Severity::Error))
        );
    }
}
