//! Names of time zones, as Kubernetes takes them in `CronJob.spec.timeZone`.
//!
//! Kubernetes asks Go's `time.LoadLocation`, which is case-sensitive, and refuses `Local` and the empty name. jiff
//! finds names in any case, so a hit only counts when its own name is the one that was asked for.

use super::shorten::shorten;
use std::fmt;

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Why a name is not a time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeZoneError {
    /// The name is empty. Leave the field out instead.
    Empty,
    /// The name is `Local`, in any case: it would mean another zone on every machine.
    Local,
    /// No IANA zone has this name.
    Unknown {
        /// The name as it was written, shortened.
        name: String,
        /// The zone that differs from it only by case.
        did_you_mean: Option<String>,
    },
}

/// The zone called `name`, spelt exactly as the IANA database spells it.
pub fn lookup(name: &str) -> Result<TimeZone, TimeZoneError> {
    if name.is_empty() {
        return Err(TimeZoneError::Empty);
    }
    if name.eq_ignore_ascii_case("local") {
        return Err(TimeZoneError::Local);
    }
    let unknown = |did_you_mean| TimeZoneError::Unknown {
        name: shorten(name),
        did_you_mean,
    };
    let Some((zone, canonical)) = find(name) else {
        return Err(unknown(None));
    };
    if canonical == name {
        Ok(zone)
    } else {
        Err(unknown(Some(canonical)))
    }
}

/// The zone in any spelling of its letters, with the right spelling.
///
/// The bundled database is asked and never the machine's own, so that the answer is the same everywhere.
fn find(name: &str) -> Option<(TimeZone, String)> {
    // The longest name has 32 bytes; a longer text needs no search.
    if name.len() > 64 {
        return None;
    }
    let zone = TimeZoneDatabase::bundled().get(name).ok()?;
    let canonical = zone.iana_name()?.to_owned();
    // jiff's own stand-in for "not known", which no IANA file has.
    (canonical != "Etc/Unknown").then_some((zone, canonical))
}

impl fmt::Display for TimeZoneError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("is empty; leave it out, or name a zone such as `Europe/Paris`"),
            Self::Local => {
                formatter.write_str("is `Local`, which Kubernetes refuses; name a zone such as `Europe/Paris`")
            }
            Self::Unknown {
                name,
                did_you_mean: Some(right),
            } => {
                write!(
                    formatter,
                    "`{name}` is not a time zone; names are case-sensitive, did you mean `{right}`?"
                )
            }
            Self::Unknown {
                name,
                did_you_mean: None,
            } => {
                write!(
                    formatter,
                    "`{name}` is not a time zone of the IANA database, such as `Europe/Paris`"
                )
            }
        }
    }
}

impl std::error::Error for TimeZoneError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bundled_name_is_found_as_it_is_spelt() {
        let mut found = 0;
        for name in TimeZoneDatabase::bundled().available() {
            if name.as_str() != "Etc/Unknown" {
                assert!(lookup(name.as_str()).is_ok(), "{}", name.as_str());
                found += 1;
            }
        }
        assert!(found > 590, "{found} zones");
    }

    #[test]
    fn a_slip_of_case_is_refused_and_put_right() {
        for (wrong, right) in [
            ("utc", "UTC"),
            ("europe/paris", "Europe/Paris"),
            ("AMERICA/NEW_YORK", "America/New_York"),
        ] {
            let did_you_mean = Some(right.to_owned());
            assert_eq!(
                lookup(wrong),
                Err(TimeZoneError::Unknown {
                    name: wrong.to_owned(),
                    did_you_mean
                })
            );
        }
    }

    #[test]
    fn what_go_or_kubernetes_does_not_know_is_refused() {
        assert_eq!(lookup(""), Err(TimeZoneError::Empty));
        assert_eq!(lookup("Local"), Err(TimeZoneError::Local));
        assert_eq!(lookup("local"), Err(TimeZoneError::Local));
        for name in [
            "Z",
            "+03:00",
            "UTC+3",
            "PST",
            "IST",
            "BST",
            "Etc/Unknown",
            "../UTC",
            "/UTC",
            "Europe/Paris ",
            "é",
        ] {
            assert!(lookup(name).is_err(), "{name}");
        }
        assert!(lookup(&"A/".repeat(32 * 1024)).is_err());
    }
}
