//! The settings that count for a call: those of the file, with the mode that the address of the call asks for.

use neo4jbackup_core::settings::{Mode, Settings};

/// Settings, once as they are and once for each mode that an address can ask for. They are worked out when they change
/// and not for each call.
#[derive(Debug)]
pub(crate) struct InForce {
    own: Settings,
    enforce: Settings,
    warn: Settings,
    audit: Settings,
}

impl InForce {
    pub(crate) fn new(own: Settings) -> Self {
        let with = |mode| Settings { mode, ..own.clone() };
        let (enforce, warn, audit) = (with(Mode::Enforce), with(Mode::Warn), with(Mode::Audit));
        Self {
            own,
            enforce,
            warn,
            audit,
        }
    }

    /// The mode of the address wins over `mode` of the file, and `namespaces` of the file wins over both: the label of a
    /// namespace chooses the address, and whoever may write the settings has the last word over whoever may label.
    pub(crate) fn of(&self, asked: Option<Mode>) -> &Settings {
        match asked {
            None => &self.own,
            Some(Mode::Enforce) => &self.enforce,
            Some(Mode::Warn) => &self.warn,
            Some(Mode::Audit) => &self.audit,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_named_namespace_wins_over_the_address_and_the_address_over_the_mode() {
        let own = Settings {
            mode: Mode::Audit,
            namespaces: BTreeMap::from([("graph".to_owned(), Mode::Enforce)]),
            ..Settings::default()
        };
        let in_force = InForce::new(own);
        let mode = |asked, namespace| in_force.of(asked).mode_of(namespace);
        assert_eq!(mode(None, "other"), Mode::Audit);
        for asked in [Mode::Enforce, Mode::Warn, Mode::Audit] {
            assert_eq!(mode(Some(asked), "other"), asked);
            assert_eq!(mode(Some(asked), "graph"), Mode::Enforce);
        }
    }
}
