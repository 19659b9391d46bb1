//! From when and until when a certificate is valid, read from its DER bytes. Nothing else of it is of interest here.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The time in which a certificate is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first instant at which it is valid.
    pub not_before: Timestamp,
    /// The instant at which it ends.
    pub not_after: Timestamp,
}

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

impl Validity {
    /// Reads it from a certificate in DER. Returns `None` when the bytes are not those of an X.509 certificate.
    pub fn of(der: &[u8]) -> Option<Self> {
        let (certificate, _) = expect(SEQUENCE, der)?;
        let (to_be_signed, _) = expect(SEQUENCE, certificate)?;
        let rest = expect(VERSION, to_be_signed).map_or(to_be_signed, |(_, rest)| rest);
        let (_serial, rest) = expect(INTEGER, rest)?;
        let (_algorithm, rest) = expect(SEQUENCE, rest)?;
        let (_issuer, rest) = expect(SEQUENCE, rest)?;
        let (validity, _) = expect(SEQUENCE, rest)?;
        let (not_before, rest) = time(validity)?;
        let (not_after, _) = time(rest)?;
        Some(Self { not_before, not_after })
    }

    /// Whether an instant lies within.
    pub fn contains(self, instant: Timestamp) -> bool {
        self.not_before <= instant && instant < self.not_after
    }
}

/// The content of the first element, which must have this tag, and what comes after it.
fn expect(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = element(bytes)?;
    (found == tag).then_some((content, rest))
}

fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, length], rest) = bytes.split_first_chunk::<2>()?;
    let (length, rest) = if length < 0x80 {
        (usize::from(length), rest)
    } else {
        let digits = usize::from(length & 0x7f);
        if digits == 0 || digits > 4 {
            return None;
        }
        let (digits, rest) = rest.split_at_checked(digits)?;
        (
            digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)),
            rest,
        )
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

fn time(bytes: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (tag, content, rest) = element(bytes)?;
    let text = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
    let text = match tag {
        // RFC 5280: two digits from 50 are of the last century.
        UTC_TIME if text.get(..2)? >= "50" => format!("19{text}"),
        UTC_TIME => format!("20{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let time = DateTime::strptime("%Y%m%d%H%M%S", text).ok()?;
    Some((time.to_zoned(TimeZone::UTC).ok()?.timestamp(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_rcgen_writes() {
        let mut parameters = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(2026, 1, 2);
        parameters.not_after = rcgen::date_time_ymd(2051, 3, 4);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        let validity = Validity::of(certificate.der()).unwrap();
        assert_eq!(validity.not_before.to_string(), "2026-01-02T00:00:00Z");
        assert_eq!(validity.not_after.to_string(), "2051-03-04T00:00:00Z");
        for end in 0..certificate.der().len().min(300) {
            // Cut anywhere, it is either unreadable or reads the same.
            assert!(Validity::of(&certificate.der()[..end]).is_none_or(|cut| cut == validity));
        }
    }
}
