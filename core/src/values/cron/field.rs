//! One of the five fields: its bounds, its names and the set of values that it selects.

use std::fmt;

/// The marker of a star, beyond every value of every field.
const STAR: u64 = 1 << 63;

/// Which of the five fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// 1 to 31.
    DayOfMonth,
    /// 1 to 12, or JAN to DEC.
    Month,
    /// 0 (Sunday) to 6, or SUN to SAT.
    DayOfWeek,
}

impl Field {
    /// All five, in the order in which they are written.
    pub const ALL: [Field; 5] = [
        Field::Minute,
        Field::Hour,
        Field::DayOfMonth,
        Field::Month,
        Field::DayOfWeek,
    ];

    /// The smallest value.
    pub fn minimum(self) -> u32 {
        match self {
            Field::Minute | Field::Hour | Field::DayOfWeek => 0,
            Field::DayOfMonth | Field::Month => 1,
        }
    }

    /// The largest value.
    pub fn maximum(self) -> u32 {
        match self {
            Field::Minute => 59,
            Field::Hour => 23,
            Field::DayOfMonth => 31,
            Field::Month => 12,
            Field::DayOfWeek => 6,
        }
    }

    /// How many values there are.
    pub(super) fn length(self) -> u32 {
        self.maximum() - self.minimum() + 1
    }

    /// The full English names of the values, from the smallest value on. The first three letters are what cron takes.
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            Field::Minute | Field::Hour | Field::DayOfMonth => &[],
            Field::Month => &[
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ],
            Field::DayOfWeek => &[
                "Sunday",
                "Monday",
                "Tuesday",
                "Wednesday",
                "Thursday",
                "Friday",
                "Saturday",
            ],
        }
    }

    /// The value that a three-letter name stands for.
    pub(super) fn named(self, text: &str) -> Option<u32> {
        // Go lower-cases by characters, and the dotted capital İ is an `i` to it.
        let same = |name: &str| {
            text.chars()
                .map(|c| if c == 'İ' { 'i' } else { c.to_ascii_lowercase() })
                .eq(name.chars().take(3).map(|c| c.to_ascii_lowercase()))
        };
        // Six bytes hold three characters of at most two bytes each.
        if text.len() > 6 {
            return None;
        }
        (self.minimum()..)
            .zip(self.names())
            .find(|(_, name)| same(name))
            .map(|(value, _)| value)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Field::Minute => "minute",
            Field::Hour => "hour",
            Field::DayOfMonth => "day-of-month",
            Field::Month => "month",
            Field::DayOfWeek => "day-of-week",
        })
    }
}

/// The values that a field selects, a bit each, and whether a star with step 1 was among its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Set(pub(super) u64);

impl Set {
    /// Every value of the field, marked as a star.
    pub(super) fn star(field: Field) -> Set {
        Set(Set::stepped(field.minimum(), field.maximum(), 1).0 | STAR)
    }

    /// The values from `start` to `end` (at most 62) in steps of `step`, which is at least 1.
    pub(super) fn stepped(start: u32, end: u32, step: u64) -> Set {
        let step = usize::try_from(step).unwrap_or(usize::MAX).max(1);
        Set((start..=end.min(62))
            .step_by(step)
            .fold(0, |bits, value| bits | 1 << value))
    }

    /// The values of both, and the star of either.
    pub(super) fn union(self, other: Set) -> Set {
        Set(self.0 | other.0)
    }

    /// Whether `value` is selected.
    pub(super) fn contains(self, value: u32) -> bool {
        value < 63 && self.0 & 1 << value != 0
    }

    /// The smallest selected value above `value`.
    pub(super) fn after(self, value: u32) -> Option<u32> {
        let above = self.bits() & u64::MAX.checked_shl(value + 1)?;
        (above != 0).then(|| above.trailing_zeros())
    }

    pub(super) fn has_star(self) -> bool {
        self.0 & STAR != 0
    }

    /// The selected values without the star.
    pub(super) fn bits(self) -> u64 {
        self.0 & !STAR
    }

    /// How many values are selected.
    pub(super) fn count(self) -> u32 {
        self.bits().count_ones()
    }

    pub(super) fn is_empty(self) -> bool {
        self.bits() == 0
    }

    /// Whether the field selects all that it can, with a star or without.
    pub(super) fn is_full(self, field: Field) -> bool {
        self.count() == field.length()
    }

    /// The selected values, ascending.
    pub(super) fn values(self) -> impl Iterator<Item = u32> + Clone {
        (0..63).filter(move |value| self.contains(*value))
    }
}
