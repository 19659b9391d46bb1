//! Changes of objects as text for people, and as JSON.

use neo4jbackup_core::quoted::Name;
use neo4jbackup_core::rbac::repair::{Action, Step, content};
use serde_json::{Value, json};
use similar::TextDiff;

use super::observe::Seen;
use crate::json::pretty;
use crate::lines::lines_of;
use crate::yaml;

/// `graph/role/neo4j-backup-role`.
pub(super) fn reference(namespace: &str, part: neo4jbackup_core::rbac::repair::Part) -> String {
    format!("{}/{}", Name(namespace), part.reference())
}

/// What `diff -u` says of two states of an object; of defaults and of order it says nothing.
pub(super) fn difference(name: &str, before: Option<&Value>, after: Option<&Value>) -> String {
    let text = |object: Option<&Value>| object.map(|object| yaml::of(&content(object))).unwrap_or_default();
    let side = |side: &str, object: Option<&Value>| match object {
        Some(_) => format!("{side}/{name}"),
        None => "/dev/null".to_owned(),
    };
    let difference = TextDiff::from_lines(&text(before), &text(after))
        .unified_diff()
        .context_radius(3)
        .header(&side("a", before), &side("b", after))
        .to_string();
    let mut text = lines_of(&difference);
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// What stands in the way of a step, in general.
pub(super) fn condition(step: &Step) -> Option<String> {
    if let Some(keeper) = &step.keeper {
        return Some(format!("it is kept by {keeper}: {}", keeper.advice()));
    }
    match step.action {
        Action::Remove => Some("an operator 0.x has left it behind; `rbac repair --prune` removes it".to_owned()),
        Action::Recreate => Some(
            "what a binding binds cannot be changed; `rbac repair --allow-recreate` deletes it and makes it again"
                .to_owned(),
        ),
        Action::Create | Action::Change => None,
    }
}

/// All changes of a plan, and what is to be known beside them.
pub(super) fn text(seen: &Seen) -> String {
    let mut text = String::new();
    for step in &seen.repair.steps {
        let name = reference(&step.namespace, step.part);
        text.push_str(&difference(&name, step.before.as_ref(), step.after().as_ref()));
        if let Some(condition) = condition(step) {
            text.push_str(&format!("# {condition}\n"));
        }
    }
    text
}

/// The same for programs.
pub(super) fn json(seen: &Seen) -> String {
    let steps = seen.repair.steps.iter().map(|step| {
        json!({
            "namespace": step.namespace, "kind": step.part.kind(), "name": step.part.name(),
            "action": step.action.verb(),
            "keptBy": step.keeper.as_ref().map(ToString::to_string),
            "condition": condition(step),
            "before": step.before.as_ref().map(content),
            "after": step.after().as_ref().map(content),
        })
    });
    pretty(&json!({
        "operatorVersion": seen.operator.to_string().trim_start_matches("operator ").to_owned(),
        "isDifferent": seen.repair.is_different(),
        "differences": steps.collect::<Vec<_>>(),
        "notes": seen.notes,
    }))
}
