//! What was taken out of a report, and how it says so.

use std::fmt;

use neo4jbackup_core::redact::{Count, Kind};

use crate::render::summary::number;

/// What the names of a report begin with of which nothing is redacted.
pub(super) const UNREDACTED: &str = "UNREDACTED";

/// The width of the lines in `doctor.txt` and `README.txt`.
pub(super) const WIDTH: usize = 100;

/// What was taken out of a report.
#[derive(Debug, Clone)]
pub(super) enum Redaction {
    /// Nothing.
    None,
    /// Secrets.
    Of {
        /// Whether also what says where something is.
        has_places: bool,
        /// How often, by kind.
        counts: Vec<(Kind, Count)>,
    },
}

/// `redacted: 3 values at 7 places (2 password, 1 jwt)`.
impl fmt::Display for Redaction {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = match self {
            Self::None => {
                return write!(
                    formatter,
                    "{UNREDACTED}: nothing was redacted; keep the archive to yourself"
                );
            }
            Self::Of { counts, .. } => counts,
        };
        if counts.is_empty() {
            return formatter.write_str("redacted: nothing; no secret was found");
        }
        let values: usize = counts.iter().map(|(_, count)| count.values).sum();
        let places: usize = counts.iter().map(|(_, count)| count.places).sum();
        let kinds: Vec<_> = counts
            .iter()
            .map(|(kind, count)| format!("{} {}", count.values, kind.word()))
            .collect();
        let (values, places, kinds) = (number(values, "value"), number(places, "place"), kinds.join(", "));
        write!(formatter, "redacted: {values} at {places} ({kinds})")
    }
}
