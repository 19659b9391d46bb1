//! The collector that rules write into.

use crate::document::{Node, Path};
use crate::field::{Block, Field};
use crate::finding::{Finding, Reason};
use crate::quoted::printable;
use crate::rule::{Need, RuleMeta};

/// Something that could not be checked, and why. Never a reason to deny.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Skipped {
    /// The rule that could not be sure.
    pub code: &'static str,
    /// What it would have needed.
    pub reason: String,
}

/// What the rules have said so far.
#[derive(Debug)]
pub struct Report {
    rule: &'static RuleMeta,
    /// The findings, in the order in which the rules spoke.
    pub findings: Vec<Finding>,
    /// What could not be checked.
    pub skipped: Vec<Skipped>,
}

impl Report {
    /// An empty report; `rule` is the first that will speak.
    pub fn new(rule: &'static RuleMeta) -> Self {
        Self {
            rule,
            findings: Vec::new(),
            skipped: Vec::new(),
        }
    }

    /// Says which rule speaks from now on.
    pub fn set_rule(&mut self, rule: &'static RuleMeta) {
        self.rule = rule;
    }

    /// A finding at a field; the value is taken from it.
    pub fn at(&mut self, field: &Field<'_>, message: impl Into<String>) -> &mut Finding {
        self.push(field.path(), scalar(field.node()), message.into())
    }

    /// A finding at a block.
    pub fn at_block(&mut self, block: &Block<'_>, message: impl Into<String>) -> &mut Finding {
        self.push(block.path(), None, message.into())
    }

    /// A finding at a path that was built by hand.
    pub fn at_path(&mut self, path: Path, message: impl Into<String>) -> &mut Finding {
        self.push(path, None, message.into())
    }

    /// A finding that a field is missing.
    pub fn missing(&mut self, field: &Field<'_>, message: impl Into<String>) -> &mut Finding {
        self.push(field.path(), None, message.into()).reason(Reason::Required)
    }

    /// Notes that the current rule could not be sure.
    pub fn skip(&mut self, need: Need, why: impl Into<String>) {
        debug_assert!(
            self.rule.needs.contains(&need),
            "{} does not declare that it needs {need:?}",
            self.rule.code
        );
        self.skipped.push(Skipped {
            code: self.rule.code,
            reason: printable(why.into()).into_owned(),
        });
    }

    fn push(&mut self, path: Path, value: Option<String>, message: String) -> &mut Finding {
        let position = self.findings.len();
        self.findings.push(Finding {
            code: self.rule.code,
            name: self.rule.name,
            severity: self.rule.severity,
            message: printable(message).into_owned(),
            help: String::new(),
            path,
            at_key: false,
            value,
            reason: Reason::Invalid,
            evidence: Vec::new(),
            fix: None,
            suppressed: None,
            ratcheted: false,
            audit_only: false,
        });
        &mut self.findings[position]
    }
}

fn scalar(node: Option<&Node<'_>>) -> Option<String> {
    node.and_then(Node::scalar_text).map(str::to_owned)
}
