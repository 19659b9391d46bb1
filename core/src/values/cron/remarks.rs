//! What is legal in a schedule and yet probably not meant.

use super::field::Field;
use super::parse::Item;
use super::words::is_spread_out;
use super::{Schedule, Timing};

/// One thing about a legal schedule that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// What kind of thing.
    pub kind: RemarkKind,
    /// One sentence that says what happens.
    pub explanation: String,
    /// A schedule that runs at the same times and does not deserve the remark, where there is one.
    pub better: Option<String>,
}

/// The kinds of remarks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RemarkKind {
    /// It never runs.
    Never,
    /// It runs less than once a year: only on 29 February.
    Rare,
    /// It runs every minute, or more often, for an hour or longer.
    EveryMinute,
    /// Both day fields are restricted, and a day needs to satisfy only one of them.
    DayOrWeekday,
    /// A step that does not divide its field, so that the last gap is shorter: `*/45`.
    UnevenStep {
        /// The field.
        field: Field,
        /// The step.
        step: u64,
    },
    /// A step so large that only the first value is left: `*/60`.
    StepBeyondRange {
        /// The field.
        field: Field,
        /// The step.
        step: u64,
    },
    /// An empty item of a list, which is ignored: `1,,2`.
    EmptyListItem {
        /// The field.
        field: Field,
    },
    /// Characters after a star, which are ignored: `*-5`.
    JunkAfterStar {
        /// The field.
        field: Field,
    },
}

impl Schedule {
    /// What is legal and probably not meant: the weightiest first, then field by field, each kind once in a field.
    pub fn remarks(&self) -> Vec<Remark> {
        let mut remarks = Vec::new();
        self.remark_on_runs(&mut remarks);
        // Nicknames and periods are written for what they mean.
        if !self.expression.starts_with('@') {
            for (field, text) in Field::ALL.into_iter().zip(self.expression.split_whitespace()) {
                self.remark_on_field(field, text, &mut remarks);
            }
        }
        remarks
    }

    fn remark_on_runs(&self, remarks: &mut Vec<Remark>) {
        let mut add = |kind, explanation: &str| {
            remarks.push(Remark {
                kind,
                explanation: explanation.to_owned(),
                better: None,
            });
        };
        let calendar = match &self.timing {
            Timing::Every(seconds) if *seconds <= 60 => {
                add(RemarkKind::EveryMinute, "It runs every minute or more often.");
                return;
            }
            Timing::Every(_) => return,
            Timing::Calendar(calendar) => calendar,
        };
        if calendar.never_fires() {
            add(
                RemarkKind::Never,
                "It never runs, because no date or time satisfies all of its fields.",
            );
        } else if calendar.only_leap_days() {
            add(
                RemarkKind::Rare,
                "It runs only on 29 February, every four years at best.",
            );
        }
        if calendar.minute.is_full(Field::Minute) {
            let explanation = if calendar.hour.is_full(Field::Hour) {
                "It runs every minute."
            } else {
                "It runs every minute of the selected hours; for one run an hour the minute field must be one number."
            };
            add(RemarkKind::EveryMinute, explanation);
        }
        let is_either =
            !calendar.needs_both_days() && !calendar.day_of_month.is_empty() && !calendar.day_of_week.is_empty();
        if is_either {
            let is_daily =
                calendar.day_of_month.is_full(Field::DayOfMonth) || calendar.day_of_week.is_full(Field::DayOfWeek);
            let explanation = if is_daily {
                "It runs every day: a day needs to satisfy only one of the two day fields, and one of them lists all \
                 days without being a star."
            } else {
                "It runs on each of the days of the month and also on each of the weekdays; a day need not be both."
            };
            add(RemarkKind::DayOrWeekday, explanation);
        }
    }

    fn remark_on_field(&self, field: Field, text: &str, remarks: &mut Vec<Remark>) {
        let items: Vec<&str> = text.split(',').collect();
        let mut seen_beyond = false;
        let mut seen_junk = false;
        for item in &items {
            let Ok(parsed) = Item::parse(item, field) else { continue };
            let step = parsed.step;
            if parsed.has_junk && !seen_junk {
                seen_junk = true;
                let explanation = format!("What follows the star in the {field} field is ignored.");
                let better = self.with_field(field, &map_items(&items, without_junk));
                remarks.push(Remark {
                    kind: RemarkKind::JunkAfterStar { field },
                    explanation,
                    better,
                });
            }
            let leaves_one = step > 1 && parsed.set(field).count() == 1;
            if leaves_one && !seen_beyond {
                seen_beyond = true;
                let start = parsed.start;
                let explanation = format!(
                    "The step {step} in the {field} field leads beyond its last value, so that only {start} is left."
                );
                let better = self.with_field(field, &map_items(&items, |item| without_step(item, field)));
                remarks.push(Remark {
                    kind: RemarkKind::StepBeyondRange { field, step },
                    explanation,
                    better,
                });
            }
            // A step within a range is deliberate, and among other items nobody expects even gaps.
            let goes_to_the_end = parsed.end == field.maximum() && step > 1 && items.len() == 1;
            let is_open = parsed.is_star || !item.contains('-') || parsed.start == field.minimum();
            let is_even = || leaves_one || is_spread_out(parsed.set(field), field).is_some();
            if goes_to_the_end && is_open && !is_even() {
                let explanation = uneven(field, &parsed);
                remarks.push(Remark {
                    kind: RemarkKind::UnevenStep { field, step },
                    explanation,
                    better: None,
                });
            }
        }
        if items.contains(&"") {
            let explanation = format!("The list in the {field} field has an empty item, which is ignored.");
            let filled: Vec<&str> = items.iter().copied().filter(|item| !item.is_empty()).collect();
            let better = self.with_field(field, &filled.join(","));
            remarks.push(Remark {
                kind: RemarkKind::EmptyListItem { field },
                explanation,
                better,
            });
        }
    }

    /// The schedule with one field rewritten, if that changes nothing about when it runs.
    fn with_field(&self, field: Field, replacement: &str) -> Option<String> {
        // A text as long as that is no help to anybody, and not worth reading again.
        if self.prefix.is_some() || self.expression.len() > 256 {
            return None;
        }
        let fields = Field::ALL.into_iter().zip(self.expression.split_whitespace());
        let fields: Vec<&str> = fields
            .map(|(other, text)| if other == field { replacement } else { text })
            .collect();
        let better = fields.join(" ");
        Schedule::parse(&better)
            .is_ok_and(|schedule| schedule.timing == self.timing)
            .then_some(better)
    }
}

fn uneven(field: Field, item: &Item) -> String {
    let values: Vec<u32> = item.set(field).values().collect();
    let last = values.last().copied().unwrap_or(item.start);
    let (step, start) = (item.step, item.start);
    let gap = field.maximum() - last + 1 + start - field.minimum();
    if field == Field::DayOfMonth {
        return format!(
            "The step {step} starts again at day {start} of each month, so that the gap after day {last} differs."
        );
    }
    format!(
        "The step {step} in the {field} field does not go round evenly: \
         from {last} to the next {start} the gap is {gap}."
    )
}

fn map_items(items: &[&str], change: impl Fn(&str) -> String) -> String {
    let changed: Vec<String> = items.iter().map(|item| change(item)).collect();
    changed.join(",")
}

/// `*-foo/5` as `*/5`.
fn without_junk(item: &str) -> String {
    let (range, step) = item
        .split_once('/')
        .map_or((item, None), |(range, step)| (range, Some(step)));
    match (range.starts_with(['*', '?']), range.split_once('-'), step) {
        (true, Some((star, _)), Some(step)) => format!("{star}/{step}"),
        (true, Some((star, _)), None) => star.to_owned(),
        _ => item.to_owned(),
    }
}

/// `*/60` as `0`.
fn without_step(item: &str, field: Field) -> String {
    match Item::parse(item, field) {
        Ok(parsed) if parsed.step > 1 && parsed.set(field).count() == 1 => parsed.start.to_string(),
        _ => item.to_owned(),
    }
}
