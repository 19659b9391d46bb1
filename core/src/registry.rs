//! Which rules and checks there are. Stands above them and below everything that runs them, counts them or looks one up.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::check::{Check, CheckMeta};
use crate::checks;
use crate::rule::{Rule, RuleMeta};
use crate::rules;
use crate::settings::Settings;

/// The codes of rules that are gone. No other rule ever gets one of them.
pub const RETIRED: &[&str] = &[];

/// Returns every rule, by code.
pub fn all() -> &'static [&'static dyn Rule] {
    rules::ALL
}

/// Returns the metadata of a rule by its code or name, or `None` if no rule has it.
pub fn rule(code_or_name: &str) -> Option<&'static RuleMeta> {
    static BY_NAME: LazyLock<HashMap<&str, &RuleMeta>> = LazyLock::new(|| {
        let metas = all().iter().map(|rule| rule.meta());
        metas.flat_map(|meta| [(meta.code, meta), (meta.name, meta)]).collect()
    });
    BY_NAME.get(code_or_name).copied()
}

/// Returns every check of a live cluster, by code.
pub fn checks() -> &'static [&'static dyn Check] {
    checks::ALL
}

/// Returns the metadata of a check by its code or name, or `None` if no check has it.
pub fn check(code_or_name: &str) -> Option<&'static CheckMeta> {
    let metas = checks().iter().map(|check| check.meta());
    metas
        .into_iter()
        .find(|meta| meta.code == code_or_name || meta.name == code_or_name)
}

/// Returns the codes and names in the settings that no rule has, in the order of the settings. A typo there must not go
/// unnoticed.
pub fn unknown_rules(settings: &Settings) -> Vec<&str> {
    settings.named_rules().filter(|name| rule(name).is_none()).collect()
}
