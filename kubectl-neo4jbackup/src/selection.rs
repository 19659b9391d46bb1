//! `--only` and `--skip`: which rules and checks count.

use neo4jbackup_core::registry;

use crate::suggest::UnknownRule;

/// A text that cannot be read was not judged at all, whatever the rules that are asked for.
const UNREADABLE: &str = "NB1001";

/// Which rules and checks count.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    only: Vec<Pattern>,
    skip: Vec<Pattern>,
}

#[derive(Debug)]
enum Pattern {
    Code(&'static str),
    /// The beginning of the codes of a family: `NB5`.
    Family(String),
}

impl Selection {
    /// Reads codes, names and families; the error names what is none of these.
    pub(crate) fn new(only: &[String], skip: &[String]) -> Result<Self, UnknownRule> {
        let read = |words: &[String]| -> Result<Vec<Pattern>, UnknownRule> {
            words.iter().map(|word| Pattern::new(word.trim())).collect()
        };
        Ok(Self {
            only: read(only)?,
            skip: read(skip)?,
        })
    }

    pub(crate) fn includes(&self, code: &str) -> bool {
        let named = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.includes(code));
        (self.only.is_empty() || code == UNREADABLE || named(&self.only)) && !named(&self.skip)
    }
}

impl Pattern {
    fn new(word: &str) -> Result<Self, UnknownRule> {
        let upper = word.to_ascii_uppercase();
        let family = upper.strip_prefix("NB").unwrap_or(&upper).strip_suffix("XXX");
        if let Some(digit) =
            family.filter(|family| family.len() == 1 && family.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Ok(Self::Family(format!("NB{digit}")));
        }
        let lower = word.to_ascii_lowercase();
        let named = |name: &str| {
            let rule = registry::rule(name).map(|meta| meta.code);
            rule.or_else(|| registry::check(name).map(|meta| meta.code))
        };
        match named(&upper).or_else(|| named(&lower)) {
            Some(code) => Ok(Self::Code(code)),
            None => Err(UnknownRule::new(word)),
        }
    }

    fn includes(&self, code: &str) -> bool {
        match self {
            Self::Code(own) => *own == code,
            Self::Family(beginning) => code.starts_with(beginning),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(only: &[&str], skip: &[&str]) -> Selection {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        Selection::new(&owned(only), &owned(skip)).unwrap()
    }

    #[test]
    fn codes_names_and_families_select() {
        assert!(selection(&[], &[]).includes("NB1002"));
        assert!(selection(&["duplicate-key"], &[]).includes("NB1002"));
        assert!(!selection(&["NB1002"], &[]).includes("NB1013"));
        assert!(!selection(&[], &["nb1xxx"]).includes("NB1002"));
        assert!(!selection(&["1xxx"], &["NB1002"]).includes("NB1002"));
        assert!(selection(&["NB1002"], &[]).includes("NB1001"));
    }

    #[test]
    fn what_is_no_rule_is_refused_with_advice() {
        let error = Selection::new(&["duplicate-keys".to_owned()], &[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no rule `duplicate-keys`; did you mean `duplicate-key`?"
        );
    }
}
