//! Whether a schedule can run at all, decided from its sets without a search.

use super::{Calendar, Schedule, Timing};

impl Schedule {
    /// Whether the schedule never runs, although the API server accepts it: 31 April, 30 February, an empty list.
    pub fn never_fires(&self) -> bool {
        match &self.timing {
            Timing::Calendar(calendar) => calendar.never_fires(),
            Timing::Every(_) => false,
        }
    }
}

impl Calendar {
    pub(super) fn never_fires(&self) -> bool {
        if self.minute.is_empty() || self.hour.is_empty() || self.month.is_empty() {
            return true;
        }
        if self.day_of_week.has_star() {
            !self.selects_a_date()
        } else if self.day_of_month.has_star() {
            self.day_of_week.is_empty()
        } else {
            self.day_of_week.is_empty() && !self.selects_a_date()
        }
    }

    /// Whether one of the selected months is long enough for one of the selected days.
    fn selects_a_date(&self) -> bool {
        self.month
            .values()
            .any(|month| self.day_of_month.values().any(|day| day <= longest(month)))
    }

    /// Whether the only date is 29 February, so that years pass between runs.
    pub(super) fn only_leap_days(&self) -> bool {
        let date_alone_decides =
            self.day_of_week.has_star() || (self.day_of_week.is_empty() && !self.day_of_month.has_star());
        date_alone_decides
            && !self.never_fires()
            && self.month.bits() == 1 << 2
            && self.day_of_month.values().all(|day| day >= 29)
    }
}

/// The days of a month in its longest year.
fn longest(month: u32) -> u32 {
    match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
