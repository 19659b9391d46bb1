//! Whose credentials are, beside whose they are to be.

use neo4jbackup_core::quoted::quoted;

use crate::class::Class;
use crate::report::Failure;

/// Whose credentials are.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    /// As the provider calls him; `None` where nobody says it.
    pub name: Option<String>,
    /// Whether he is the node, whose credentials every pod on it has.
    pub is_node: bool,
    /// Why nobody says it.
    pub unknown: Unknown,
}

/// Why nobody says whose credentials are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unknown {
    /// As a sentence without a full stop.
    pub why: &'static str,
    /// What helps where somebody was expected.
    pub remedy: &'static str,
}

impl Owner {
    /// Compares him with the annotated one. What nobody knows is not the same.
    pub(crate) fn compare(&self, expected: &str, is_same: impl Fn(&str, &str) -> bool) -> Result<(), Failure> {
        let found = self.name.as_deref();
        if found.is_some_and(|found| is_same(found, expected)) {
            return Ok(());
        }
        if self.is_node {
            let found = found.map_or_else(String::new, |found| format!(", {}", quoted(found)));
            let message = format!(
                "the credentials are the node's{found}, and not those of the annotated {}",
                quoted(expected)
            );
            return Err(Failure::of(Class::IdentityOfNode, message));
        }
        let Some(found) = found else {
            let message = format!(
                "{}, so that nobody knows whether the credentials are of the annotated {}",
                self.unknown.why,
                quoted(expected)
            );
            let mut failure = Failure::of(Class::IdentityNotKnown, message);
            self.unknown.remedy.clone_into(&mut failure.remedy);
            return Err(failure);
        };
        let message = format!(
            "the credentials are of {}, and annotated is {}",
            quoted(found),
            quoted(expected)
        );
        Err(Failure::of(Class::IdentityOfOther, message))
    }
}
