//! What is said where no rule has a name.

use neo4jbackup_core::did_you_mean::closest;
use neo4jbackup_core::quoted::quoted;
use neo4jbackup_core::registry;

/// Says that no rule has this code or name, and which one was probably meant.
pub fn unknown_rule(word: &str) -> String {
    let names = || {
        registry::all()
            .iter()
            .flat_map(|rule| [rule.meta().code, rule.meta().name])
    };
    let contains = |name: &&str| word.len() > 3 && (name.contains(word) || word.contains(*name));
    match closest(word, names()).or_else(|| names().find(contains)) {
        Some(meant) => format!("there is no rule {}; did you mean `{meant}`?", quoted(word)),
        None => format!(
            "there is no rule {}; `kubectl neo4jbackup explain --list` lists all rules",
            quoted(word)
        ),
    }
}
