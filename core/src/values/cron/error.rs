//! Why a text is not a schedule, in words that a person can act on.

use std::fmt;

use super::{Field, PeriodProblem, shorten};
use crate::quoted::quoted;

/// Texts longer than this get no suggestion; nobody wrote them by hand.
const LONGEST_KEPT: usize = 256;

/// A text that the API server refuses as a schedule. `Display` completes the sentence "the schedule …".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronError {
    problem: Problem,
    /// The whole text, when it is short enough to be worth correcting.
    text: Option<String>,
}

/// What is wrong with the text. The first mistake counts, from left to right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// There is no text at all.
    Empty,
    /// Not five fields between blanks.
    FieldCount {
        /// How many there are.
        found: usize,
    },
    /// Something stands where a number, or a name of three letters, is needed.
    NotANumber {
        /// The field.
        field: Field,
        /// What stands there, shortened.
        text: String,
    },
    /// A negative number, which only a step can be.
    Negative {
        /// The field.
        field: Field,
        /// The number.
        number: i64,
    },
    /// A value, or the start of a range, is smaller than the field allows.
    BelowMinimum {
        /// The field.
        field: Field,
        /// The value.
        start: u64,
    },
    /// A value, or the end of a range, is larger than the field allows.
    AboveMaximum {
        /// The field.
        field: Field,
        /// The value.
        end: u64,
    },
    /// A range runs backwards, as in `FRI-MON`. Kubernetes does not wrap around.
    Backwards {
        /// The field.
        field: Field,
        /// Where the range starts.
        start: u64,
        /// Where it ends.
        end: u64,
    },
    /// More than one hyphen in a range.
    TooManyHyphens {
        /// The field.
        field: Field,
        /// The list item, shortened.
        item: String,
    },
    /// More than one slash in a list item.
    TooManySlashes {
        /// The field.
        field: Field,
        /// The list item, shortened.
        item: String,
    },
    /// A step of 0.
    ZeroStep {
        /// The field.
        field: Field,
        /// The list item, shortened.
        item: String,
    },
    /// A word after `@` that is not one of the seven, or `@every`.
    UnknownDescriptor {
        /// The text, shortened.
        text: String,
    },
    /// What follows `@every` is not a duration as Go writes them.
    BadPeriod {
        /// What follows, shortened.
        text: String,
        /// What Go says of it.
        reason: PeriodProblem,
    },
    /// The `TZ=` prefix names a zone that does not exist.
    UnknownTimeZone {
        /// The name, shortened.
        name: String,
    },
    /// Nothing follows the `TZ=` prefix. The parser of Kubernetes crashes on this, and recovers.
    NothingAfterTimeZone,
}

impl CronError {
    pub(super) fn new(problem: Problem, text: &str) -> CronError {
        CronError {
            problem,
            text: (text.len() <= LONGEST_KEPT).then(|| text.to_owned()),
        }
    }

    /// What is wrong.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The whole text, when it is short enough to be worth correcting.
    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

impl fmt::Display for CronError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(formatter)
    }
}

impl std::error::Error for CronError {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::FieldCount { found } => {
                let fields = if *found == 1 { "field" } else { "fields" };
                write!(
                    f,
                    "has {found} {fields}, Kubernetes CronJob takes 5: minute hour day-of-month month day-of-week"
                )
            }
            Self::NotANumber { field, text } if text.is_empty() => {
                write!(f, "lacks a number in the {field} field")
            }
            Self::NotANumber { field, text } => {
                write!(
                    f,
                    "has {} in the {field} field, where {} is needed",
                    quoted(text),
                    expected(*field)
                )
            }
            Self::Negative { field, number } => write!(f, "has the negative number {number} in the {field} field"),
            Self::BelowMinimum { field, start: value } | Self::AboveMaximum { field, end: value } => {
                let (minimum, maximum) = (field.minimum(), field.maximum());
                write!(f, "has {field} {value}, which must be {minimum} to {maximum}")?;
                if *field == Field::DayOfWeek && *value == 7 {
                    f.write_str(" (Sunday is 0)")?;
                }
                Ok(())
            }
            Self::Backwards { field, start, end } => write!(
                f,
                "has the backwards range {start} to {end} in the {field} field; \
                 ranges do not wrap around, write both parts"
            ),
            Self::TooManyHyphens { field, item } => {
                write!(f, "has more than one hyphen in {} of the {field} field", quoted(item))
            }
            Self::TooManySlashes { field, item } => {
                write!(f, "has more than one slash in {} of the {field} field", quoted(item))
            }
            Self::ZeroStep { field, item } => {
                write!(
                    f,
                    "has step 0 in {} of the {field} field; the smallest step is 1",
                    quoted(item)
                )
            }
            Self::UnknownDescriptor { text } => write!(
                f,
                "is {}, not one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually \
                 or `@every 90m`",
                quoted(text)
            ),
            Self::BadPeriod { text, reason } => {
                write!(
                    f,
                    "has {} after @every, which is no Go duration such as `90m` or `24h` ({reason})",
                    quoted(text)
                )
            }
            Self::UnknownTimeZone { name } => write!(f, "names the time zone {}, which does not exist", quoted(name)),
            Self::NothingAfterTimeZone => f.write_str("has nothing after its time zone"),
        }
    }
}

fn expected(field: Field) -> &'static str {
    match field {
        Field::Minute | Field::Hour | Field::DayOfMonth => "a number",
        Field::Month => "a number or a name of three letters such as JAN",
        Field::DayOfWeek => "a number or a name of three letters such as MON",
    }
}

impl Problem {
    pub(super) fn not_a_number(field: Field, text: &str) -> Problem {
        Problem::NotANumber {
            field,
            text: shorten(text),
        }
    }
}
