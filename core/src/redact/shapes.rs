//! Secrets that are known by their shape.

use std::ops::Range;

use super::found::Found;
use super::kind::Kind;
use super::view::View;

/// What tokens and keys of several makers begin with, and how many letters follow at least.
const BEGINNINGS: [(&str, usize, Kind); 14] = [
    ("AIza", 35, Kind::GoogleKey),
    ("ya29.", 20, Kind::GoogleKey),
    ("GOCSPX-", 20, Kind::GoogleKey),
    ("ghp_", 30, Kind::Token),
    ("gho_", 30, Kind::Token),
    ("ghs_", 30, Kind::Token),
    ("ghu_", 30, Kind::Token),
    ("github_pat_", 30, Kind::Token),
    ("glpat-", 16, Kind::Token),
    ("xoxb-", 16, Kind::Token),
    ("xoxp-", 16, Kind::Token),
    ("hvs.", 20, Kind::Token),
    ("dckr_pat_", 16, Kind::Token),
    ("npm_", 30, Kind::Token),
];

/// Schemes of authorization beside `Bearer` and `Basic`, after whose name a secret stands.
const SCHEMES: [&str; 10] = [
    "apikey",
    "api-key",
    "digest",
    "geniekey",
    "key",
    "negotiate",
    "oauth",
    "splunk",
    "ssws",
    "token",
];

/// More than this is not taken for the rest of a private key whose end or beginning is not in the text, in bytes.
const LONGEST_KEY: usize = 8 * 1024;

/// Finds them in one layer of a text.
pub(super) fn find(text: &str, found: &mut Vec<Found>) {
    private_keys(text, found);
    access_key_ids(text, found);
    for (beginning, least, kind) in BEGINNINGS {
        for (place, _) in text.match_indices(beginning) {
            let end = place + beginning.len() + length_of(&text[place + beginning.len()..], is_url_safe);
            if end - place >= beginning.len() + least && !follows_letter(text, place) {
                found.push(Found::of(text, place..end, kind));
            }
        }
    }
    for mark in ["8Q~", "7Q~"] {
        for (place, _) in text.match_indices(mark) {
            let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"_~.-".contains(&byte);
            let before = text[..place]
                .bytes()
                .rev()
                .take(8)
                .take_while(|byte| is_letter(*byte))
                .count();
            let after = length_of(&text[place..], is_letter);
            if before >= 2 && after >= 30 {
                found.push(Found::of(text, place - before..place + after, Kind::AzureKey));
            }
        }
    }
    tokens(text, found);
    authorizations(text, found);
    headers(text, found);
    urls(text, found);
}

/// Whether a text names an access key of AWS, in any of its layers: then what looks like its secret is one.
pub(super) fn names_access_key(layers: &[View<'_>]) -> bool {
    let mut found = Vec::new();
    for layer in layers {
        access_key_ids(&layer.text, &mut found);
    }
    !found.is_empty()
}

fn length_of(text: &str, is_letter: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| is_letter(*byte)).count()
}

fn is_url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

fn follows_letter(text: &str, place: usize) -> bool {
    text[..place]
        .bytes()
        .next_back()
        .is_some_and(|byte| byte.is_ascii_alphanumeric())
}

/// `-----BEGIN … PRIVATE KEY-----` to its end; where the beginning or the end is cut off, all that can belong to it.
fn private_keys(text: &str, found: &mut Vec<Found>) {
    let mut done = 0;
    while let Some(place) = text[done..].find("PRIVATE KEY").map(|place| done + place) {
        let line = text[..place].rfind("-----").filter(|dashes| place - dashes < 64);
        let Some(line) = line else {
            done = place + 1;
            continue;
        };
        let is_end = text[line..place].contains("END");
        let (start, end) = if is_end {
            let start = line.saturating_sub(LONGEST_KEY).max(done);
            (start, after_dashes(text, place))
        } else {
            let rest = &text[place..];
            let end = rest
                .find("-----END")
                .map(|end| after_dashes(text, place + end + "-----END".len()));
            (line, end.unwrap_or((line + LONGEST_KEY).min(text.len())))
        };
        let (mut start, mut end) = (start, end);
        while !text.is_char_boundary(start) {
            start += 1;
        }
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        found.push(Found::of(text, start..end, Kind::PrivateKey));
        done = end.max(place + 1);
    }
}

/// The end of the dashes that follow a place.
fn after_dashes(text: &str, place: usize) -> usize {
    match text[place..].find("-----") {
        Some(dashes) if dashes < 64 => place + dashes + "-----".len(),
        _ => text.len().min(place + LONGEST_KEY),
    }
}

fn access_key_ids(text: &str, found: &mut Vec<Found>) {
    for beginning in ["AKIA", "ASIA"] {
        for (place, _) in text.match_indices(beginning) {
            let length = length_of(&text[place..], |byte| {
                byte.is_ascii_uppercase() || byte.is_ascii_digit()
            });
            let ends = text
                .as_bytes()
                .get(place + length)
                .is_none_or(|byte| !byte.is_ascii_alphanumeric());
            if length == 20 && ends && !follows_letter(text, place) {
                found.push(Found::of(text, place..place + length, Kind::AwsAccessKeyId));
            }
        }
    }
}

/// JSON Web Tokens: each of the first two parts is an object in base64.
fn tokens(text: &str, found: &mut Vec<Found>) {
    for (place, _) in text.match_indices("eyJ") {
        let length = length_of(&text[place..], is_url_safe);
        let token = &text[place..place + length];
        let mut parts = token.split('.');
        let is_long = |part: Option<&str>| part.is_some_and(|part| part.len() >= 8);
        if is_long(parts.next()) && is_long(parts.next()) && !follows_letter(text, place) {
            let end = place + token.trim_end_matches('.').len();
            found.push(Found::of(text, place..end, Kind::Jwt));
        }
    }
}

/// What follows `Bearer` and `Basic`.
fn authorizations(text: &str, found: &mut Vec<Found>) {
    for word in ["earer", "EARER", "asic", "ASIC"] {
        for (place, _) in text.match_indices(word) {
            let is_word = matches!(text[..place].bytes().next_back(), Some(b'b' | b'B'));
            let after = place + word.len();
            let gap = length_of(&text[after..], |byte| byte == b' ' || byte == b':');
            let start = after + gap;
            let length = length_of(&text[start..], |byte| is_url_safe(byte) || b"~+/=".contains(&byte));
            let value = &text[start..start + length];
            // Words of a sentence have letters only.
            let is_coded = value
                .bytes()
                .any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'=');
            if is_word && gap > 0 && length >= 8 && (is_coded || length >= 32) {
                found.push(Found::of(text, start..start + length, Kind::Authorization));
            }
        }
    }
}

/// What follows `Authorization:` and the name of a scheme that is none of those two: `Token …`, `ApiKey …`, `Splunk …`.
fn headers(text: &str, found: &mut Vec<Found>) {
    let lower = text.to_ascii_lowercase();
    for (place, word) in lower.match_indices("authorization") {
        let mut start = place + word.len();
        let sign = length_of(&text[start..], |byte| b"\"':= \t[".contains(&byte));
        if !text[start..start + sign].contains([':', '=']) {
            continue;
        }
        start += sign;
        let scheme = length_of(&text[start..], |byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let gap = length_of(&text[start + scheme..], |byte| byte == b' ');
        if scheme == 0 || gap == 0 {
            continue;
        }
        let is_known = SCHEMES.contains(&&lower[start..start + scheme]);
        start += scheme + gap;
        let length = length_of(&text[start..], |byte| is_url_safe(byte) || b"~+/=:".contains(&byte));
        let value = text[start..start + length].trim_end_matches([':', '.']);
        // Of a sentence that says something of an authorization no word is so long and has a digit.
        let is_long = value.len() >= if is_known { 8 } else { 16 };
        let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
        let is_coded = has_digit || (is_known && value.bytes().any(|byte| byte.is_ascii_uppercase() || byte == b'='));
        if is_long && (is_coded || (is_known && value.len() >= 32)) {
            found.push(Found::of(text, start..start + value.len(), Kind::Authorization));
        }
    }
}

/// The password in `scheme://user:password@host`, or the user where that is all there is and looks like a token.
fn urls(text: &str, found: &mut Vec<Found>) {
    for (place, _) in text.match_indices("://") {
        let start = place + "://".len();
        let is_end = |letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '`' | '<' | '\\');
        let word = &text[start..start + text[start..].find(is_end).unwrap_or(text.len() - start)];
        // The user comes before the path, and a password may hold what a path begins with.
        let Some(at) = word.rfind('@') else { continue };
        let user = &word[..at];
        let range: Option<Range<usize>> = match user.find(':') {
            Some(colon) if !user[..colon].contains(['/', '?', '#']) => {
                let is_port = user[colon + 1..].split(['/', '?', '#']).next().unwrap_or_default();
                let is_port = user.contains(['/', '?']) && is_port.bytes().all(|byte| byte.is_ascii_digit());
                (!is_port).then_some(start + colon + 1..start + at)
            }
            None if user.len() >= 16 && !user.contains(['/', '?', '#']) => Some(start..start + at),
            _ => None,
        };
        if let Some(range) = range.filter(|range| !range.is_empty()) {
            found.push(Found::of(text, range, Kind::Authorization));
        }
    }
}
