//! "Did you mean": the known word that an unknown one was probably meant to be.

use neo4jbackup_core::quoted::quoted;
use neo4jbackup_core::registry;
use neo4jbackup_core::schema::distance;

/// The known word nearest to `word`, when it is near enough to be worth naming.
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if word.len() > 64 {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    let limit = (lower.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (distance(&lower, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Says that no rule has this code or name, and which one was probably meant.
pub fn unknown_rule(word: &str) -> String {
    let names = || {
        registry::all()
            .iter()
            .flat_map(|rule| [rule.meta().code, rule.meta().name])
    };
    let contains = |name: &&str| word.len() > 3 && (name.contains(word) || word.contains(*name));
    match nearest(word, names()).or_else(|| names().find(contains)) {
        Some(meant) => format!("there is no rule {}; did you mean `{meant}`?", quoted(word)),
        None => format!(
            "there is no rule {}; `kubectl neo4jbackup explain --list` lists all rules",
            quoted(word)
        ),
    }
}
