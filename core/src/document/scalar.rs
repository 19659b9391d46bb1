//! Plain scalars as kubectl reads them: YAML 1.1 words and numbers, as the JSON text that is sent.

use std::borrow::Cow;

use super::node::Node;

/// The value of a plain scalar without a tag; `None` for infinity and not-a-number, which kubectl cannot send.
pub(super) fn resolve(text: Cow<'_, str>) -> Option<Node<'_>> {
    let Some(first) = text.as_bytes().first() else {
        return Some(Node::Null);
    };
    match first {
        b'~' | b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => Some(word(text)),
        b'.' if is_not_finite(&text) => None,
        b'+' | b'-' if is_not_finite(&text[1..]) && !matches!(&text[1..], ".nan" | ".NaN" | ".NAN") => None,
        b'.' => Some(if is_yaml_float(&text) {
            float(&text).map_or_else(|| Node::String(text), number)
        } else {
            Node::String(text)
        }),
        b'+' | b'-' | b'0'..=b'9' => Some(numeric(text)),
        _ => Some(Node::String(text)),
    }
}

fn number<'a>(text: String) -> Node<'a> {
    Node::Number(Cow::Owned(text))
}

fn word(text: Cow<'_, str>) -> Node<'_> {
    match text.as_ref() {
        "~" | "null" | "Null" | "NULL" => Node::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Node::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Node::Bool(false),
        _ => Node::String(text),
    }
}

fn is_not_finite(text: &str) -> bool {
    matches!(text, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN")
}

fn numeric(text: Cow<'_, str>) -> Node<'_> {
    if is_canonical_integer(&text) {
        return Node::Number(text);
    }
    let plain = if text.contains('_') {
        Cow::Owned(text.replace('_', ""))
    } else {
        Cow::Borrowed(text.as_ref())
    };
    let resolved = integer(&plain).or_else(|| if is_yaml_float(&plain) { float(&plain) } else { None });
    resolved.map_or(Node::String(text), number)
}

/// Whether the text is a decimal integer that every 64 bit integer holds and that JSON spells the same way.
fn is_canonical_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    (1..=18).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (!digits.starts_with('0') || text == "0")
}

/// Go's `ParseInt` with base 0, then `ParseUint`.
fn integer(plain: &str) -> Option<String> {
    let (negative, unsigned) = match plain.as_bytes().first()? {
        b'-' => (true, &plain[1..]),
        b'+' => (false, &plain[1..]),
        _ => (false, plain),
    };
    let (radix, digits) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &unsigned[2..]),
        [b'0', b'o' | b'O', ..] => (8, &unsigned[2..]),
        [b'0', b'b' | b'B', ..] => (2, &unsigned[2..]),
        [b'0', _, ..] => (8, &unsigned[1..]),
        _ => (10, unsigned),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| char::from(byte).is_digit(radix)) {
        return None;
    }
    let value = u64::from_str_radix(digits, radix).ok()?;
    // The unsigned reading takes no sign, so that `+18446744073709551615` is a float.
    let largest = if negative {
        i64::MIN.unsigned_abs()
    } else if unsigned.len() < plain.len() {
        i64::MAX.unsigned_abs()
    } else {
        u64::MAX
    };
    match value {
        _ if value > largest => None,
        0 => Some("0".to_owned()),
        _ if negative => Some(format!("-{value}")),
        _ => Some(value.to_string()),
    }
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`, the expression that goyaml asks first.
fn is_yaml_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(place) => (&unsigned[..place], Some(&unsigned[place + 1..])),
        None => (unsigned, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
        None => digits(mantissa),
    };
    mantissa_fits && exponent.is_none_or(|text| digits(text.strip_prefix(['-', '+']).unwrap_or(text)))
}

/// A finite float as Go's JSON encoder writes it; `None` beyond the range of a double.
pub(super) fn float(text: &str) -> Option<String> {
    let value: f64 = text.parse().ok().filter(|value: &f64| value.is_finite())?;
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{value:e}");
        return Some(if text.contains("e-") {
            text
        } else {
            text.replace('e', "e+")
        });
    }
    Some(value.to_string())
}

/// A number of a JSON file as kubectl sends it on: integers of 64 bits as they are, all else as doubles.
pub(super) fn json_number(text: &str) -> Option<Node<'_>> {
    if is_canonical_integer(text) {
        return Some(Node::Number(Cow::Borrowed(text)));
    }
    match text.parse::<i64>() {
        Ok(value) => Some(number(value.to_string())),
        Err(_) => float(text).map(number),
    }
}

/// The value of a scalar that carries a tag of YAML itself (`!!int`); `None` when it cannot be sent.
pub(super) fn resolve_tagged<'a>(suffix: &str, text: Cow<'a, str>, plain: bool) -> Option<Node<'a>> {
    match suffix {
        "int" | "float" | "bool" | "null" => resolve(text),
        "str" | "binary" | "timestamp" => Some(Node::String(text)),
        _ if plain => resolve(text),
        _ => Some(Node::String(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What goyaml v2 makes of a plain scalar, as JSON.
    #[test]
    fn reads_plain_scalars_as_yaml_1_1() {
        let mut rows: Vec<(&str, &str)> = vec![
            ("", "null"),
            ("~", "null"),
            ("null", "null"),
            ("Null", "null"),
            ("NULL", "null"),
            ("nULL", "\"nULL\""),
            ("yEs", "\"yEs\""),
            ("none", "\"none\""),
            ("nope", "\"nope\""),
            ("tRUE", "\"tRUE\""),
            ("yess", "\"yess\""),
            ("0", "0"),
            ("-0", "0"),
            ("+5", "5"),
            ("007", "7"),
            ("010", "8"),
            ("-010", "-8"),
            ("0o10", "8"),
            ("08", "8"),
            ("09.5", "9.5"),
            ("0x1F", "31"),
            ("-0x1f", "-31"),
            ("0b101", "5"),
            ("-0b11", "-3"),
            ("0x", "\"0x\""),
            ("1_000", "1000"),
            ("1_0.5", "10.5"),
            ("_1", "\"_1\""),
            ("1__0", "10"),
            ("0o8", "\"0o8\""),
            ("9223372036854775807", "9223372036854775807"),
            ("9223372036854775808", "9223372036854775808"),
            ("18446744073709551615", "18446744073709551615"),
            ("18446744073709551616", "18446744073709552000"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("-9223372036854775809", "-9223372036854776000"),
            ("5.26", "5.26"),
            ("2025.10", "2025.1"),
            ("1.0", "1"),
            ("1.", "1"),
            (".5", "0.5"),
            ("-.5", "-0.5"),
            ("1e3", "1000"),
            ("1E+3", "1000"),
            ("1e21", "1e+21"),
            ("1e-7", "1e-7"),
            ("1.5e-9", "1.5e-9"),
            ("0.000001", "0.000001"),
            ("1e999", "\"1e999\""),
            ("-0.0", "-0"),
            ("1e", "\"1e\""),
            ("1.2.3", "\"1.2.3\""),
            ("2025-01-02", "\"2025-01-02\""),
            ("2025-01-02T03:04:05Z", "\"2025-01-02T03:04:05Z\""),
            ("12:30", "\"12:30\""),
            ("0 2 * * *", "\"0 2 * * *\""),
            ("10Gi", "\"10Gi\""),
            ("1e1.5", "\"1e1.5\""),
            ("-", "\"-\""),
            ("+", "\"+\""),
            ("--", "\"--\""),
            (".", "\".\""),
            ("..", "\"..\""),
            ("+.nan", "\"+.nan\""),
            ("inf", "\"inf\""),
            ("5.26.0-enterprise", "\"5.26.0-enterprise\""),
            ("infinity", "\"infinity\""),
            ("é", "\"é\""),
        ];
        for word in ["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] {
            rows.push((word, "true"));
        }
        for word in [
            "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF",
        ] {
            rows.push((word, "false"));
        }
        for (text, expected) in rows {
            let shown = match resolve(Cow::Borrowed(text)) {
                Some(Node::Number(number)) => number.into_owned(),
                Some(other) => serde_json::to_string(&other).unwrap(),
                None => "refused".to_owned(),
            };
            assert_eq!(shown, expected, "of {text:?}");
        }
        for text in [".inf", "-.INF", "+.Inf", ".nan", ".NaN"] {
            assert_eq!(resolve(Cow::Borrowed(text)), None, "of {text:?}");
        }
    }

    #[test]
    fn keeps_the_integers_of_json_and_rounds_the_rest() {
        let shown = |text: &str| match json_number(text) {
            Some(Node::Number(number)) => number.into_owned(),
            other => panic!("{other:?}"),
        };
        assert_eq!(shown("12"), "12");
        assert_eq!(shown("1.50"), "1.5");
        assert_eq!(shown("-0"), "0");
        assert_eq!(shown("18446744073709551615"), "18446744073709552000");
        assert_eq!(json_number("1e400"), None);
    }
}
