//! NB1005.

use super::quoted::short;
use crate::declare_rule;
use crate::document::{Node, Path};
use crate::fix::{Fix, FixKind};
use crate::inventory::Inventory;
use crate::report::Report;
use crate::rule::{Rule, RuleMeta};
use crate::schema::SchemaProblem;
use crate::subject::Subject;

declare_rule! {
    /// A value of another type than the schema asks for makes the API server refuse the whole object.
    ///
    /// ## What it checks
    /// The type of every field that the operator version has. Text that YAML reads as something else is the usual case: a
    /// tag `2025.10` without quotes is the number 2025.1, and `yes` is a boolean.
    ///
    /// ## Why it matters
    /// The API server names the Go type and not the quotes that are missing. Nothing of the object is stored.
    ///
    /// ## Bad
    /// ```yaml
    /// spec:
    ///   image: {repo: neo4j, tag: 5.26}
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// spec:
    ///   image: {repo: neo4j, tag: "5.26-enterprise"}
    /// ```
    WrongType {
        code: "NB1005", name: "wrong-type", severity: Error,
        kinds: [Neo4jBackup, Neo4jRestore, Neo4jEnterpriseCluster, Neo4jEnterpriseStandalone, Neo4jDatabase, Neo4jShardedDatabase],
        reads: ["spec"], needs: [], doors: Files, fix: Safe,
        policy: NotExpressible("the schema in the API server already says it"), since: "0.1",
    }
}

impl Rule for WrongType {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Report) {
        for problem in subject.schema_problems() {
            let SchemaProblem::WrongType { path, expected, found } = problem else {
                continue;
            };
            let value = path.find(subject.object);
            let text = value.and_then(Node::scalar_text);
            let what = match text {
                Some(text) => format!("`{}` is {found}, and {expected} belongs here", short(text)),
                None => format!("{found} stands where {expected} belongs"),
            };
            let finding = report.at_path(path.clone(), what);
            if let Some(text) = text {
                finding.value(text);
            }
            finding.help(help(expected, text, value));
            if let Some(value) = value.and_then(|value| converted(expected, value)) {
                let title = format!("write `{value}`");
                finding.fix(Fix::set(FixKind::Safe, title, Path::clone(path), value));
            }
        }
    }
}

fn help(expected: &str, text: Option<&str>, value: Option<&Node<'_>>) -> String {
    match (expected, text, value) {
        ("a string", Some(_), Some(Node::Number(_))) => "put it in quotes, as it is meant to be read".to_owned(),
        ("a string", Some(_), Some(Node::Bool(_))) => "put the word in quotes".to_owned(),
        ("a boolean", Some("true" | "false"), _) => "remove the quotes".to_owned(),
        ("an integer", Some(text), _) if is_integer(text) => "remove the quotes".to_owned(),
        _ => format!("write {expected}"),
    }
}

/// The value in the right type, where nothing can be lost: `2025.10` has already lost its last digit.
fn converted(expected: &str, value: &Node<'_>) -> Option<serde_json::Value> {
    match (expected, value) {
        ("a string", Node::Number(text)) if is_integer(text) => Some(text.as_ref().into()),
        ("a boolean", Node::String(text)) => text.parse::<bool>().ok().map(Into::into),
        ("an integer", Node::String(text)) if is_integer(text) => text.parse::<i32>().ok().map(Into::into),
        _ => None,
    }
}

/// Plain decimal digits without a zero in front, which YAML 1.1 reads as octal.
fn is_integer(text: &str) -> bool {
    text.len() < 10
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
        && !text.is_empty()
}
