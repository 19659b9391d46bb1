//! What is known of a rule without running it.

use crate::facts::Need;
use crate::finding::Severity;
use crate::fix::FixKind;
use crate::schema::{Group, Kind};

/// Everything about a rule that is known without running it.
#[derive(Debug)]
pub struct RuleMeta {
    /// The permanent code, never reused: `NB5001`.
    pub code: &'static str,
    /// Reads as "allow …" and names the defect: `schedule-invalid`.
    pub name: &'static str,
    /// The worst severity that it reports.
    pub severity: Severity,
    /// The kinds that it looks at.
    pub kinds: &'static [Kind],
    /// The fields that its verdict depends on. On UPDATE a finding warns and does not deny while these are unchanged.
    pub reads: &'static [&'static str],
    /// What it must know of other objects; without it the rule says what it could not check.
    pub needs: &'static [Need],
    /// Where it runs.
    pub doors: Doors,
    /// The widest kind of fix that it offers.
    pub fix: FixKind,
    /// Whether a policy in the API server can say the same.
    pub cel: Cel,
    /// The version that brought it.
    pub since: &'static str,
    /// The page, in Markdown; the first line is the summary.
    pub docs: &'static str,
}

/// Where a rule runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doors {
    /// In files and in reviews.
    All,
    /// In files only: the API server judges this by the schema that it really has, before any webhook.
    Files,
    /// In reviews only: it compares what was sent with what was stored.
    Reviews,
}

/// Whether CEL, the language of admission policies in the API server, can express a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cel {
    /// It can; the words are in the file of the same name in `policies/src/rules`.
    Expressible,
    /// It cannot, and why.
    NotExpressible(&'static str),
}

impl RuleMeta {
    /// The first line of the page.
    pub fn summary(&self) -> &'static str {
        self.docs.trim_start().lines().next().unwrap_or_default().trim()
    }

    /// The groups of its kinds: whose operators it is for.
    pub fn groups(&self) -> impl Iterator<Item = Group> {
        let has_kind = |group: &Group| self.kinds.iter().any(|kind| kind.group() == *group);
        Group::ALL.into_iter().filter(has_kind)
    }

    /// The address of the page.
    pub fn url(&self) -> String {
        format!(
            "https://github.com/neo4jbackup/neo4jbackup/blob/main/docs/rules/{}.md",
            self.code
        )
    }
}
