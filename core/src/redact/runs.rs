//! Long words without a blank: keys that have no beginning of their own, and base64.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::found::Found;
use super::kind::Kind;

/// Shorter words are not decoded: nothing that is secret fits.
const SHORTEST: usize = 10;
/// From this length on, a line of base64 goes on in the next.
const LINE: usize = 56;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Finds them in one layer of a text. `is_near_access_key` says whether there is the id of an access key of AWS beside;
/// `is_secret`, whether a text holds a secret.
pub(super) fn find(text: &str, is_near_access_key: bool, is_secret: &dyn Fn(&str) -> bool, found: &mut Vec<Found>) {
    let bytes = text.as_bytes();
    let mut place = 0;
    while place < bytes.len() {
        if !is_letter(bytes[place]) {
            place += 1;
            continue;
        }
        let start = place;
        let mut end = start;
        loop {
            let line = bytes[end..].iter().take_while(|byte| is_letter(**byte)).count();
            end += line;
            // Lines of base64, as `base64` and PEM have them.
            let gap = bytes[end..]
                .iter()
                .take_while(|byte| matches!(byte, b'\n' | b'\r'))
                .count();
            let goes_on =
                line >= LINE && (1..=2).contains(&gap) && bytes.get(end + gap).is_some_and(|byte| is_letter(*byte));
            if !goes_on {
                break;
            }
            end += gap;
        }
        let padding = bytes[end..].iter().take(2).take_while(|byte| **byte == b'=').count();
        word(text, start, end, end + padding, is_near_access_key, is_secret, found);
        place = end + padding.max(1);
    }
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)
}

fn word(
    text: &str,
    start: usize,
    end: usize,
    padded: usize,
    is_near_access_key: bool,
    is_secret: &dyn Fn(&str) -> bool,
    found: &mut Vec<Found>,
) {
    let word = &text[start..end];
    if word.len() < SHORTEST || !word.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return;
    }
    if word.len() == 86 && padded - end == 2 {
        found.push(Found::of(text, start..padded, Kind::AzureKey));
    } else if word.len() == 40 && is_secret_key(word, is_near_access_key) {
        found.push(Found::of(text, start..end, Kind::AwsSecretKey));
    } else if holds_secret(word, is_secret) {
        found.push(Found::of(text, start..padded, Kind::Encoded));
    }
}

/// Whether 40 letters are a secret access key: beside the id of one, nearly any; elsewhere only those that nothing else is.
fn is_secret_key(word: &str, is_near_access_key: bool) -> bool {
    let count = |is: fn(&u8) -> bool| word.bytes().filter(is).count();
    let (upper, lower) = (count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase));
    let (digits, others) = (count(u8::is_ascii_digit), word.len());
    let others = others - upper - lower - digits;
    if is_near_access_key {
        upper > 0 && lower > 0
    } else {
        upper >= 6 && lower >= 6 && digits >= 3 && others <= 4
    }
}

/// Whether a word is base64 of a text that holds a secret. What stands before it without a blank may shift its letters.
fn holds_secret(word: &str, is_secret: &dyn Fn(&str) -> bool) -> bool {
    let plain: Vec<u8> = word
        .bytes()
        .filter(|byte| !matches!(byte, b'\n' | b'\r'))
        .map(|byte| match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        })
        .collect();
    (0..4).any(|shift| {
        let Some(letters) = plain.get(shift..) else {
            return false;
        };
        // One letter alone at the end stands for nothing.
        let letters = if letters.len() % 4 == 1 {
            &letters[..letters.len() - 1]
        } else {
            letters
        };
        let Ok(decoded) = BASE64.decode(letters) else {
            return false;
        };
        is_secret(&String::from_utf8_lossy(&decoded))
    })
}
