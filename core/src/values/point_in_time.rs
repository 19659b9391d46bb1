//! `pointInTime` and `restoreUntil`: the instant up to which transactions are replayed.
//!
//! The value passes three readers that disagree: the CRD's `date-time` format, the operator's Go client, and
//! `neo4j-admin`, which gets `yyyy-MM-dd HH:mm:ss` in UTC. [`parse`] accepts only what all of them read the same way;
//! [`is_poison`] names what the API server stores and the operator then cannot decode, which blinds it for every
//! restore in the cluster.

mod acceptance;
mod normalise;

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

use super::scanner::{Scanner, days_in_month};

pub use acceptance::{crd_accepts, go_accepts, is_poison};
pub use normalise::normalised;

/// An instant that the CRD, the operator and `neo4j-admin` understand alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointInTime {
    timestamp: Timestamp,
    offset_minutes: i32,
    has_fraction: bool,
}

/// Parses `yyyy-MM-ddTHH:mm:ss[.fraction](Z|+hh:mm|-hh:mm)`, with the calendar and the ranges checked.
///
/// A comma before the fraction is accepted, as the CRD and Go do.
pub fn parse(text: &str) -> Result<PointInTime, PointInTimeError> {
    use PointInTimeError as Error;

    if text.trim().is_empty() {
        return Err(Error::Empty);
    }
    let mut scanner = Scanner::new(text);
    let (year, month, day) = date(&mut scanner).ok_or(Error::Shape)?;
    if year == 0 || day == 0 || day > days_in_month(year, month) {
        return Err(Error::NoSuchDate);
    }
    if scanner.is_at_end() {
        return Err(Error::NoTime);
    }
    if !scanner.eat('T') {
        return Err(Error::Separator);
    }
    let (hour, minute, second) = time(&mut scanner).ok_or(Error::Shape)?;
    if second == 60 && hour <= 23 && minute <= 59 {
        return Err(Error::LeapSecond);
    }
    if hour > 23 || minute > 59 || second > 59 {
        return Err(Error::NoSuchTime);
    }
    let (has_fraction, nanoseconds) = fraction(&mut scanner).ok_or(Error::Shape)?;
    let offset_minutes = offset(&mut scanner)?;
    if !scanner.is_at_end() {
        return Err(Error::TextAfterZone);
    }

    let timestamp = timestamp([year, month, day, hour, minute, second], nanoseconds, offset_minutes)?;
    Ok(PointInTime {
        timestamp,
        offset_minutes,
        has_fraction,
    })
}

fn date(scanner: &mut Scanner<'_>) -> Option<(u32, u32, u32)> {
    let year = scanner.number(4)?;
    let month = scanner.eat('-').then(|| scanner.number(2))??;
    let day = scanner.eat('-').then(|| scanner.number(2))??;
    Some((year, month, day))
}

fn time(scanner: &mut Scanner<'_>) -> Option<(u32, u32, u32)> {
    let hour = scanner.number(2)?;
    let minute = scanner.eat(':').then(|| scanner.number(2))??;
    let second = scanner.eat(':').then(|| scanner.number(2))??;
    Some((hour, minute, second))
}

/// Whether there is a fraction, and its first nine digits as nanoseconds; `None` for a point without digits.
fn fraction(scanner: &mut Scanner<'_>) -> Option<(bool, i32)> {
    if scanner.eat_any(&['.', ',']).is_none() {
        return Some((false, 0));
    }
    let digits = scanner.digits();
    let nanoseconds = digits.bytes().chain(std::iter::repeat(b'0')).take(9);
    let nanoseconds = nanoseconds.fold(0, |sum, digit| sum * 10 + i32::from(digit - b'0'));
    (!digits.is_empty()).then_some((true, nanoseconds))
}

/// The offset from UTC in minutes.
fn offset(scanner: &mut Scanner<'_>) -> Result<i32, PointInTimeError> {
    use PointInTimeError as Error;

    if scanner.eat('Z') {
        return Ok(0);
    }
    if scanner.is_at_end() {
        return Err(Error::NoZone);
    }
    if scanner.rest() == "z" {
        return Err(Error::LowerCaseZone);
    }
    let sign = if scanner.eat('+') {
        1
    } else if scanner.eat('-') {
        -1
    } else {
        return Err(Error::Zone);
    };
    let hours = scanner.number(2).ok_or(Error::Zone)?;
    let minutes = scanner
        .eat(':')
        .then(|| scanner.number(2))
        .flatten()
        .ok_or(Error::Zone)?;
    if hours > 23 || minutes > 59 {
        return Err(Error::NoSuchOffset);
    }
    i32::try_from(hours * 60 + minutes)
        .map(|minutes| sign * minutes)
        .map_err(|_| Error::NoSuchOffset)
}

/// The instant of checked fields. Go's zero time, and anything before it, is an error: it is written back as `null`.
fn timestamp(fields: [u32; 6], nanoseconds: i32, offset_minutes: i32) -> Result<Timestamp, PointInTimeError> {
    use PointInTimeError as Error;

    let [year, month, day, hour, minute, second] = fields.map(|field| i16::try_from(field).unwrap_or(i16::MAX));
    let small = |field: i16| i8::try_from(field).unwrap_or(i8::MAX);
    let date = Date::new(year, small(month), small(day)).map_err(|_| Error::NoSuchDate)?;
    let time = Time::new(small(hour), small(minute), small(second), nanoseconds).map_err(|_| Error::NoSuchTime)?;
    let offset = Offset::from_seconds(offset_minutes * 60).map_err(|_| Error::NoSuchOffset)?;
    let timestamp = offset
        .to_timestamp(date.to_datetime(time))
        .map_err(|_| Error::OutOfRange)?;
    let zero_time = Date::new(1, 1, 1)
        .ok()
        .and_then(|date| Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok());
    if zero_time.is_some_and(|zero_time| timestamp.as_second() <= zero_time.as_second()) {
        return Err(Error::ZeroTime);
    }
    Ok(timestamp)
}

impl PointInTime {
    /// The instant, to the nanosecond.
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// Whether a fraction of a second was written. The operator drops it.
    pub fn has_fraction(&self) -> bool {
        self.has_fraction
    }

    /// Whether no place on Earth uses the offset (beyond -12:00 and +14:00).
    pub fn unusual_offset(&self) -> bool {
        !(-12 * 60..=14 * 60).contains(&self.offset_minutes)
    }

    /// What `neo4j-admin database restore --restore-until` gets: `yyyy-MM-dd HH:mm:ss` in UTC, without the fraction.
    pub fn utc_text(&self) -> String {
        let utc = Offset::UTC.to_datetime(self.timestamp);
        let (date, time) = (utc.date(), utc.time());
        format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
            date.year(),
            date.month(),
            date.day(),
            time.hour(),
            time.minute(),
            time.second()
        )
    }

    /// Whether the operator makes the same of both: it rewrites stored values in UTC and without the fraction.
    pub fn means_the_same_as(&self, other: &Self) -> bool {
        self.utc_text() == other.utc_text()
    }
}

/// Why a text is not a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PointInTimeError {
    /// Nothing but blanks.
    Empty,
    /// Not `yyyy-MM-ddTHH:mm:ss` at all.
    Shape,
    /// A date without a time.
    NoTime,
    /// Date and time are separated by something other than `T`.
    Separator,
    /// `2025-02-29`, month 13, year 0.
    NoSuchDate,
    /// `24:00:00`, minute 61.
    NoSuchTime,
    /// Second 60.
    LeapSecond,
    /// Neither `Z` nor an offset.
    NoZone,
    /// `z` instead of `Z`.
    LowerCaseZone,
    /// Something after the time that is neither `Z` nor `+hh:mm`.
    Zone,
    /// `+25:00`, `+24:00`, `+14:60`.
    NoSuchOffset,
    /// Something after the zone.
    TextAfterZone,
    /// Go's zero time or before, which is stored as `null`.
    ZeroTime,
    /// Beyond the last instant of the year 9999.
    OutOfRange,
}

impl fmt::Display for PointInTimeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "the time is empty",
            Self::Shape => "not an RFC 3339 time such as 2025-01-15T14:30:00Z",
            Self::NoTime => "a date without a time of day",
            Self::Separator => "date and time must be joined by an upper-case T",
            Self::NoSuchDate => "no such date in the calendar",
            Self::NoSuchTime => "no such time of day",
            Self::LeapSecond => "second 60 is not accepted",
            Self::NoZone => "the time zone is missing (end with Z, or an offset such as +02:00)",
            Self::LowerCaseZone => "the Z for UTC must be upper-case",
            Self::Zone => "the time zone must be Z or an offset such as +02:00",
            Self::NoSuchOffset => "no such offset from UTC (at most 23:59)",
            Self::TextAfterZone => "text after the time zone",
            Self::ZeroTime => "the zero time of Go, which is stored as no time at all",
            Self::OutOfRange => "beyond the last instant that can be represented",
        })
    }
}

impl std::error::Error for PointInTimeError {}

/// `Neo4jDatabase.spec.seedConfig.restoreUntil`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreUntil {
    /// `txId:123`: replay up to, and without, this transaction.
    Transaction(i64),
    /// Replay what was committed before this instant.
    Instant(PointInTime),
}

/// Parses an RFC 3339 time, or `txId:` and a decimal transaction id.
pub fn restore_until(text: &str) -> Result<RestoreUntil, RestoreUntilError> {
    let Some(id) = text.strip_prefix("txId:") else {
        return parse(text)
            .map(RestoreUntil::Instant)
            .map_err(RestoreUntilError::Instant);
    };
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(RestoreUntilError::TransactionId);
    }
    id.parse()
        .map(RestoreUntil::Transaction)
        .map_err(|_| RestoreUntilError::TransactionIdTooLarge)
}

/// Why a text is not a `restoreUntil`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreUntilError {
    /// What follows `txId:` is not a decimal number.
    TransactionId,
    /// The transaction id does not fit in 64 bits.
    TransactionIdTooLarge,
    /// It does not begin with `txId:` and is not a point in time either.
    Instant(PointInTimeError),
}

impl fmt::Display for RestoreUntilError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TransactionId => formatter.write_str("txId: must be followed by a decimal transaction id"),
            Self::TransactionIdTooLarge => formatter.write_str("the transaction id does not fit in 64 bits"),
            Self::Instant(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for RestoreUntilError {}

#[cfg(test)]
mod tests;
