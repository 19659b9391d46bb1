//! How values stand in messages.

/// Longer values are cut in messages; the finding itself carries the whole value.
const LONGEST: usize = 60;

/// The text on one line, cut where a person has seen enough of it.
pub(super) fn short(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    // A quoted value never needs its own quotes escaped: the messages use backticks.
    short.replace("\\\"", "\"").replace("\\'", "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_odd_values_stay_on_one_short_line() {
        assert_eq!(short("0 2 * * *"), "0 2 * * *");
        assert_eq!(short("'a'\n\"b\""), "'a'\\n\"b\"");
        assert_eq!(short(&"x".repeat(61)), format!("{}…", "x".repeat(60)));
    }
}
