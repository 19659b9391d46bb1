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
