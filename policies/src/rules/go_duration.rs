//! Durations as Go's `time.ParseDuration` reads them.

/// Numbers of so many digits, at most, can be added up without leaving Go's range; more are left alone.
const SHORT: &str = r"^[+-]?([0-9]{1,6}([.][0-9]{0,9})?h|[0-9]{1,7}([.][0-9]{0,9})?m|[0-9]{1,9}([.][0-9]{0,9})?s|[0-9]{1,12}([.][0-9]{0,9})?ms|[0-9]{1,15}([.][0-9]{0,9})?(us|µs|μs)|[0-9]{1,17}([.][0-9]{0,9})?ns){1,4}$";

/// Whether the text has the form of a duration.
pub(super) fn is_duration(text: &str) -> String {
    format!(r"{text}.matches(r'^[+-]?(0|(([0-9]+[.]?[0-9]*|[.][0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$')")
}

/// Whether the text is a duration that is surely not above zero.
pub(super) fn is_not_positive(text: &str) -> String {
    format!(
        "({text}.startsWith('-') || {text}.matches(r'^[+]?0$') ||\n  {text}.matches(r'{SHORT}') && duration({text}) <= duration('0s'))"
    )
}

/// Whether the text is a whole number of hours, minutes or seconds beyond Go's 292 years.
pub(super) fn is_beyond(text: &str) -> String {
    let units = [("h", 2_562_047_u64), ("m", 153_722_867), ("s", 9_223_372_036)].map(|(unit, most)| {
        format!("{text}.matches(r'^[+]?0*[0-9]{{1,18}}{unit}$') && int({text}.find(r'[0-9]+')) > {most}")
    });
    format!("({})", units.join(" ||\n  "))
}

/// Whether the text is a duration that is surely below the bound, which is above zero.
pub(super) fn is_below(text: &str, bound: &str) -> String {
    format!("({text}.matches(r'^[+-]?0$') || {text}.matches(r'{SHORT}') && duration({text}) < duration('{bound}'))")
}
