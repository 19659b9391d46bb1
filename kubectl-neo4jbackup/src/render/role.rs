//! Roles and their bindings, as YAML with a comment for each rule.

use neo4jbackup_core::quoted::printable;
use neo4jbackup_core::rbac::needs::{Plan, WrittenRole};
use neo4jbackup_core::rbac::rule::PolicyRule;
use serde_json::Value;

use crate::json;

/// What is written.
#[derive(Debug)]
pub(crate) struct Written<'w> {
    /// The roles.
    pub(crate) plan: &'w Plan,
    /// What they and their bindings are called.
    pub(crate) name: &'w str,
    /// To whom they are given.
    pub(crate) subject: &'w Value,
    /// What they are for.
    pub(crate) title: &'w str,
    /// The namespace that was named.
    pub(crate) namespace: Option<&'w str>,
}

/// The documents, each of them with a binding behind it.
pub(crate) fn render(written: &Written<'_>) -> String {
    let mut output = String::new();
    for requirement in &written.plan.left_out {
        let actions: Vec<String> = requirement.rule.actions().map(|action| action.to_string()).collect();
        output += &format!(
            "# Left out, since it reaches beyond the namespace: {}. {}.\n",
            actions.join(", "),
            requirement.reason
        );
    }
    for role in &written.plan.roles {
        output += &document(role, written);
    }
    output
}

fn document(role: &WrittenRole, written: &Written<'_>) -> String {
    // In one namespace the cluster may hold the same roles for others: their names say for which they are.
    let name = match (&role.namespace, written.namespace) {
        (Some(of), Some(asked)) if of != asked => format!("{}.{asked}", written.name),
        (None, Some(asked)) => format!("{}.{asked}", written.name),
        _ => written.name.to_owned(),
    };
    let prefix = if role.namespace.is_some() { "" } else { "Cluster" };
    let head = |kind: &str| {
        let mut head = format!("---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {prefix}{kind}\nmetadata:\n");
        head += &format!("  name: {}\n", text(&name));
        if let Some(namespace) = &role.namespace {
            head += &format!("  namespace: {}\n", text(namespace));
        }
        head + &format!(
            "  labels:\n    app.kubernetes.io/part-of: neo4jbackup\n    app.kubernetes.io/component: {}\n",
            text(written.title)
        )
    };
    let mut output = head("Role") + "rules:\n";
    for rule in &role.rules {
        output += &format!("# {}\n{}", printable(rule.reason.as_str()), rule_of(&rule.rule));
    }
    output += &head("RoleBinding");
    output += &format!(
        "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: {prefix}Role\n  name: {}\nsubjects:\n",
        text(&name)
    );
    let members = written.subject.as_object().into_iter().flatten();
    for (position, (key, value)) in members.enumerate() {
        let dash = if position == 0 { "- " } else { "  " };
        output += &format!("{dash}{key}: {}\n", text(value.as_str().unwrap_or_default()));
    }
    output
}

fn rule_of(rule: &PolicyRule) -> String {
    let lists = [
        ("apiGroups", &rule.groups),
        ("resources", &rule.resources),
        ("resourceNames", &rule.names),
        ("verbs", &rule.verbs),
    ];
    let mut output = String::new();
    for (key, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        let dash = if output.is_empty() { "- " } else { "  " };
        let items: Vec<String> = list.iter().map(|item| text(item)).collect();
        output += &format!("{dash}{key}: [{}]\n", items.join(", "));
    }
    output
}

/// A text as YAML takes it for one: in quotes unless nothing else can be read in it.
fn text(text: &str) -> String {
    let is_plain = text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-./".contains(&byte))
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&&*text.to_ascii_lowercase());
    if is_plain {
        text.to_owned()
    } else {
        // JSON is YAML, and has a line feed behind it here.
        json::line(&text).trim_end().to_owned()
    }
}
