//! `TZ=` and `CRON_TZ=` in front of a schedule.

/// What stands behind the equals sign of the prefix, when the text begins with one.
pub(super) fn behind(text: &str) -> Option<&str> {
    text.strip_prefix("TZ=").or_else(|| text.strip_prefix("CRON_TZ="))
}

/// Returns the name of the zone and the rest of the schedule, or `None` when the text does not begin with a prefix.
///
/// It is the prefix that a person sees: the operator looks for one behind blanks too, and refuses it whatever follows.
/// What the scheduler would make of it is stricter, and [`Schedule::parse`](super::Schedule::parse) has it.
pub fn zone_prefix(text: &str) -> Option<(&str, &str)> {
    let rest = behind(text.trim_start())?;
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (zone, schedule) = rest.split_at(end);
    Some((zone, schedule.trim()))
}

#[cfg(test)]
mod tests {
    use super::zone_prefix;

    #[test]
    fn a_prefix_ends_at_any_blank_and_may_stand_behind_some() {
        assert_eq!(zone_prefix("TZ=UTC 0 2 * * *"), Some(("UTC", "0 2 * * *")));
        assert_eq!(
            zone_prefix(" \tCRON_TZ=Europe/Berlin\t0 2 * * * "),
            Some(("Europe/Berlin", "0 2 * * *"))
        );
        assert_eq!(zone_prefix("TZ="), Some(("", "")));
        assert_eq!(zone_prefix("0 2 * * *"), None);
        assert_eq!(zone_prefix("tz=UTC 0 2 * * *"), None);
    }
}
