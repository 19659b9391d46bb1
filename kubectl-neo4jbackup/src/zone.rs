//! The zone of the person who reads.

use jiff::tz::TimeZone;
use neo4jbackup_core::quoted::{Name, quoted};
use neo4jbackup_core::values::time_zone;

use crate::Io;

/// The zone in which local times are written.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    /// The zone.
    pub(crate) clock: TimeZone,
    /// What it is called: `Europe/Berlin`.
    pub(crate) name: String,
    /// Who said so: `$TZ`, or `this machine`; `None` when nobody did, and it is UTC.
    pub(crate) said_by: Option<&'static str>,
}

impl Zone {
    /// The zone that `TZ` names, or else that of the machine, or else UTC. What cannot be used is said.
    pub(crate) fn of_reader(io: &mut Io<'_>) -> Self {
        if let Some(text) = io.variable("TZ").map(str::to_owned) {
            // glibc allows a colon in front of a name.
            let name = text.strip_prefix(':').unwrap_or(&text);
            let zone = time_zone::lookup(name).ok().or_else(|| TimeZone::posix(name).ok());
            if let Some(zone) = zone {
                let name = Name(name).to_string();
                return Self {
                    clock: zone,
                    name,
                    said_by: Some("$TZ"),
                };
            }
            io.say(&format!(
                "TZ is {}, which is no time zone: local times are in UTC",
                quoted(&text)
            ));
            return Self::utc();
        }
        let named = (io.machine_zone)();
        let known = named.and_then(|name| Some((time_zone::lookup(&name).ok()?, name)));
        known.map_or_else(Self::utc, |(zone, name)| Self {
            clock: zone,
            name,
            said_by: Some("this machine"),
        })
    }

    fn utc() -> Self {
        Self {
            clock: TimeZone::UTC,
            name: "UTC".to_owned(),
            said_by: None,
        }
    }
}
