//! The settings that count for a call: those of the file, with the mode that the address of the call asks for.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use neo4jbackup_core::settings::{Mode, Settings};

/// The settings of the moment, which may be replaced while others read them.
#[derive(Debug)]
pub(crate) struct CurrentSettings(ArcSwap<EffectiveSettings>);

impl CurrentSettings {
    /// Starts with the settings of the file.
    pub(crate) fn new(own: Settings) -> Self {
        Self(ArcSwap::from_pointee(EffectiveSettings::new(own)))
    }

    /// Puts other settings in force, for every review that comes after.
    pub(crate) fn replace(&self, own: Settings) {
        self.0.store(Arc::new(EffectiveSettings::new(own)));
    }

    /// Returns the settings of the moment without waiting; they stay as they are for as long as they are held.
    pub(crate) fn load(&self) -> Guard<Arc<EffectiveSettings>> {
        self.0.load()
    }

    /// Returns the settings as the file says them.
    pub(crate) fn own(&self) -> Arc<Settings> {
        Arc::clone(&self.0.load().own)
    }
}

/// Settings, once as they are and once for each mode that an address can ask for. They are worked out when they change
/// and not for each call.
#[derive(Debug)]
pub(crate) struct EffectiveSettings {
    own: Arc<Settings>,
    enforce: Settings,
    warn: Settings,
    audit: Settings,
}

impl EffectiveSettings {
    /// Works out the settings of each mode from those of the file.
    pub(crate) fn new(own: Settings) -> Self {
        let with = |mode| Settings { mode, ..own.clone() };
        let (enforce, warn, audit) = (with(Mode::Enforce), with(Mode::Warn), with(Mode::Audit));
        Self {
            own: Arc::new(own),
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
        let effective = EffectiveSettings::new(own);
        let mode = |asked, namespace| effective.of(asked).mode_of(namespace);
        assert_eq!(mode(None, "other"), Mode::Audit);
        for asked in [Mode::Enforce, Mode::Warn, Mode::Audit] {
            assert_eq!(mode(Some(asked), "other"), asked);
            assert_eq!(mode(Some(asked), "graph"), Mode::Enforce);
        }
    }
}
