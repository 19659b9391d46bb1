//! NB1005.

use crate::rule::prelude::*;
use crate::schema::SchemaProblem;

declare_rule! {
    /// A value of another type than the schema asks for makes the API server refuse the whole object.
    ///
    /// ## What it checks
    /// The type of every field that the operator version has. Text that YAML reads as something else is the usual case: a
    /// tag `2025.10` without quotes is the number 2025.1, `010` is 8, and `yes` is a boolean. `--fix` puts words
    /// and whole numbers in quotes as they are written.
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
        kinds: ALL, reads: ["spec"], needs: [], doors: Files, fix: Safe,
        cel: NotExpressible("the schema in the API server already says it"), since: "0.1",
    }
}

impl Rule for WrongType {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        for problem in subject.schema_problems() {
            let SchemaProblem::WrongType { path, expected, found } = problem else {
                continue;
            };
            let value = path.find(subject.object);
            let text = value.and_then(Node::scalar_text);
            // Nobody who wrote `y` knows of a boolean `true`.
            let written = subject.written(path).or(text);
            let what = match (written, text) {
                (Some(written), Some(text)) if written != text => format!(
                    "{} is read as {} {}, and {expected} belongs here",
                    quoted(written),
                    found.replacen("a ", "the ", 1),
                    quoted(text)
                ),
                (_, Some(text)) => format!("{} is {found}, and {expected} belongs here", quoted(text)),
                (_, None) => format!("{found} stands where {expected} belongs"),
            };
            let finding = report.at_path(path.clone(), what);
            if let Some(written) = written.filter(|_| text.is_some()) {
                finding.value(written);
            }
            finding.help(help(expected, text, value));
            if let Some(value) =
                value.and_then(|value| converted(expected, value, written.filter(|text| fits(subject, path, text))))
            {
                let title = format!("write {value}", value = quoted(&value.to_string()));
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

/// The value in the right type, where nothing is lost. Text without its quotes is taken as it is written, not as it was
/// read: `010` is 8 by then. A number with a point is a version that lacks more than its quotes.
fn converted(expected: &str, value: &Node<'_>, written: Option<&str>) -> Option<serde_json::Value> {
    match (expected, value) {
        ("a string", Node::Number(text)) if is_integer(text) => written.map(Into::into),
        ("a string", Node::Bool(_)) => written.map(Into::into),
        ("a boolean", Node::String(text)) => text.parse::<bool>().ok().map(Into::into),
        ("an integer", Node::String(text)) if is_integer(text) => text.parse::<i32>().ok().map(Into::into),
        _ => None,
    }
}

/// Whether the field would take the text. A number for a time is no time in quotes, either.
fn fits(subject: &Subject<'_>, path: &Path, text: &str) -> bool {
    subject.schema().is_none_or(|schema| schema.takes_text(path, text))
}

/// Plain decimal digits without a zero in front, which YAML 1.1 reads as octal.
fn is_integer(text: &str) -> bool {
    text.len() < 10
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
        && !text.is_empty()
}
