//! What is known of a rule without running it.

use super::behavior::{Behavior, Change, Reach, covers};
use crate::facts::Need;
use crate::finding::Severity;
use crate::fix::FixKind;
use crate::operator::{Operator, Versions};
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
    /// What operators of which versions do; empty for a rule that holds for all of them alike. The engine runs the rule
    /// only for versions that a row covers, and lowers what it finds to the severity of that row.
    pub operators: &'static [Behavior],
    /// What operators of some versions do otherwise in a part of the rule.
    pub changes: &'static [Change],
    /// The codes of the checks whose finding this is the cause of, on a live object.
    pub explains: &'static [&'static str],
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
    /// Returns how far the rule reaches with an operator; `None` where it has nothing to say.
    pub fn reach(&self, operator: Operator) -> Option<Reach> {
        Reach::of(self.operators, self.severity, operator)
    }

    /// The page, in Markdown, with what depends on the version of the operator as its last section.
    pub fn page(&self) -> String {
        let mut page: String = self
            .docs
            .lines()
            .map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned() + "\n")
            .collect();
        if self.operators.is_empty() && self.changes.is_empty() {
            return page;
        }
        page.push_str("\n## By operator version\n");
        for Change { operators, text } in self.changes {
            page.push_str(&format!("- {operators}: {text}\n"));
        }
        if self.operators.is_empty() {
            return page;
        }
        for Behavior {
            operators,
            severity,
            text,
        } in self.operators
        {
            let severity = severity.map_or_else(|| "no finding".to_owned(), |severity| severity.to_string());
            page.push_str(&format!("- {operators}: {text} ({severity})\n"));
        }
        if !covers(self.operators.iter().map(|row| row.operators), Versions::range("0.1+")) {
            page.push_str("\nOther versions: no finding.\n");
        }
        page
    }

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
