//! What is said where no rule has a name.

use std::fmt;

use neo4jbackup_core::did_you_mean::closest;
use neo4jbackup_core::quoted::quoted;
use neo4jbackup_core::registry;

/// What should be the code or the name of a rule, and is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRule {
    word: String,
    /// The rule that was probably meant.
    meant: Option<&'static str>,
}

impl UnknownRule {
    /// Looks for the rule that was probably meant.
    pub fn new(word: &str) -> Self {
        let names = || {
            let rules = registry::all().iter().map(|rule| (rule.meta().code, rule.meta().name));
            let checks = registry::checks()
                .iter()
                .map(|check| (check.meta().code, check.meta().name));
            rules.chain(checks).flat_map(|(code, name)| [code, name])
        };
        let contains = |name: &&str| word.len() > 3 && (name.contains(word) || word.contains(*name));
        Self {
            word: word.to_owned(),
            meant: closest(word, names()).or_else(|| names().find(contains)),
        }
    }
}

impl fmt::Display for UnknownRule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "there is no rule {}; ", quoted(&self.word))?;
        match self.meant {
            Some(meant) => write!(formatter, "did you mean `{meant}`?"),
            None => formatter.write_str("`kubectl neo4jbackup explain --list` lists all rules"),
        }
    }
}

impl std::error::Error for UnknownRule {}

/// What follows `there is no …`: the known word that was probably meant, or all of them.
pub fn advice(word: &str, known: &[&str]) -> String {
    match closest(word, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("known are {}", known.join(", ")),
    }
}
