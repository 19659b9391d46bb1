//! What a file of `rules` makes: the words of one rule in CEL.

use neo4jbackup_core::schema::Kind;

use super::Named;

/// How a policy says what a rule says.
#[derive(Debug, Clone, Default)]
pub struct RulePolicy {
    /// The kinds that it judges; those of the rule when empty.
    pub kinds: Vec<Kind>,
    /// Variables that other rules have as well, each using earlier ones only. The first one says whose they are.
    pub shared: Vec<Named>,
    /// Variables of its own, beside the shared ones, each using earlier ones only.
    pub variables: Vec<Named>,
    /// CEL expressions, each a list of maps: the message as `text`, and whether it `denies` or only warns.
    pub findings: Vec<String>,
    /// CEL expressions, each a list of messages that deny: `field: what is wrong; what to do`.
    pub errors: Vec<String>,
    /// The same for messages that only warn.
    pub warnings: Vec<String>,
    /// Whether all that it says is of locations and their clouds, which other kinds do not have: then none of them is asked for
    /// its kind.
    pub of_locations: bool,
    /// CEL over `spec`, by kind: where it holds, the rule surely finds nothing. Only for rules of which no part in `plain.rs`
    /// says so already.
    pub plain: Vec<(Kind, String)>,
    /// What the rule says and the policy does not, as the end of the sentence "It leaves to the other engines …".
    pub leaves: &'static str,
}

/// Where the words of a rule in CEL are.
pub(crate) struct Twin {
    /// The code of the rule.
    pub(crate) code: &'static str,
    /// Makes the words.
    pub(crate) policy: fn() -> RulePolicy,
}

impl Twin {
    pub(crate) const fn new(code: &'static str, policy: fn() -> RulePolicy) -> Self {
        Self { code, policy }
    }
}
