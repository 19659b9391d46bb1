//! The policies as YAML, with the bindings that put them in force.

use std::collections::BTreeMap;

use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::fix::FixKind;
use neo4jbackup_core::operator::{NEWEST, Operator, Versions};
use neo4jbackup_core::registry;
use neo4jbackup_core::rule::Cel;
use neo4jbackup_core::schema::Kind;

use crate::{GROUP, MutatingPolicy, Named, Policy, Validation, defaults, guard, rule_policy};

/// The label of a namespace that decides how far findings reach there.
const MODE_LABEL: &str = "neo4jbackup.github.io/mode";

/// A mode of a namespace.
struct Mode {
    /// The end of a binding's name, and the value of the label.
    name: &'static str,
    /// The action for errors.
    errors: &'static str,
    /// The action for warnings.
    warnings: &'static str,
}

/// The modes; the first binds where the label says nothing that is known.
const MODES: [Mode; 4] = [
    Mode {
        name: "default",
        errors: "Deny",
        warnings: "Warn",
    },
    Mode {
        name: "enforce",
        errors: "Deny",
        warnings: "Warn",
    },
    Mode {
        name: "warn",
        errors: "Warn",
        warnings: "Warn",
    },
    Mode {
        name: "audit",
        errors: "Audit",
        warnings: "Audit",
    },
];

/// Which rules the policies have, and how far they reach.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// The codes of rules that are left out.
    pub skip: Vec<&'static str>,
    /// The codes of rules that warn where they would deny.
    pub warn: Vec<&'static str>,
    /// The operator; kinds that it does not have and rules that say nothing about it are left out. All kinds, and the
    /// newest operator that is known, when absent.
    pub operator: Option<Operator>,
}

/// Returns how bad the finding of a rule is at most with an operator; `None` where the rule says nothing about it.
fn reach(code: &str, operator: Option<Operator>) -> Option<Severity> {
    let operator = operator.unwrap_or(Operator::exactly(NEWEST));
    registry::rule(code)?.reach(operator).map(|reach| reach.most)
}

/// Returns how far each rule reaches by operator version, for those that depend on it, in the words of the chart: the level
/// that is the most for versions that a constraint of Semantic Versioning covers, and `off` for those that none does.
pub fn operators() -> String {
    let mut text = String::new();
    comment(
        &mut text,
        "How far the rules reach that depend on the version of the operator.",
    );
    put(&mut text, &format!("newest: \"{NEWEST}\"\nrules:\n"));
    for meta in registry::all().iter().map(|rule| rule.meta()) {
        let fills_in = meta.fix == FixKind::Default;
        if meta.operators.is_empty() || (meta.cel != Cel::Expressible && !fills_in) {
            continue;
        }
        put(&mut text, &format!("  {}:\n", meta.code));
        for behavior in meta.operators {
            let level = match behavior.severity {
                Some(Severity::Error) => "enforce",
                Some(Severity::Warning) => "warn",
                Some(Severity::Info) if fills_in => "audit",
                Some(Severity::Info) | None => "off",
            };
            let constraint = constraint(behavior.operators);
            put(
                &mut text,
                &format!("  - {{operators: \"{constraint}\", level: \"{level}\"}}\n"),
            );
        }
    }
    text
}

/// Returns versions as a constraint of Semantic Versioning. The prerelease `-0` at its ends takes prereleases in, too.
fn constraint(versions: Versions) -> String {
    let [major, minor, patch] = versions.first().parts().map(Option::unwrap_or_default);
    let from = format!(">={major}.{minor}.{patch}-0");
    let before = match versions.last().parts() {
        [None, ..] => return from,
        [Some(major), None, _] => format!("{}.0.0", major + 1),
        [Some(major), Some(minor), None] => format!("{major}.{}.0", minor + 1),
        [Some(major), Some(minor), Some(patch)] => format!("{major}.{minor}.{}", patch + 1),
    };
    format!("{from} <{before}-0")
}

/// Returns the guard and its binding, as one YAML stream.
pub fn guard() -> String {
    let policy = guard::policy();
    let mut text = String::new();
    comment(&mut text, &policy.about);
    write_policy(&mut text, &policy, "Fail", Variables::Plain, &mut Messages::default());
    let name = &policy.name;
    put(
        &mut text,
        &format!(
            "---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {name}
spec:
  policyName: {name}
  validationActions: [Deny]
"
        ),
    );
    text
}

/// Returns the policies of the rules and their bindings, as one YAML list, in which all policies share one list of variables.
///
/// Rules that are turned to warnings stand in a policy of their own, `<name>-warn`.
pub fn rules(choice: &Choice) -> String {
    let [denying, warning] = rule_policy::policies();
    let mut warned = denying.clone();
    warned.name = format!("{}-warn", denying.name).into();
    warned.about = "What the rules call errors and what is only warned of here.".into();
    let of_level = |mut policy: Policy, is_warned: Option<bool>| {
        let is_known = |kind: &Kind| {
            let eras = kind.schema().eras;
            choice.operator.is_none_or(|operator| eras.contains(operator.era()))
        };
        policy
            .resources
            .retain(|plural| Kind::named(plural).is_none_or(|kind| is_known(&kind)));
        policy.validations.retain(|validation| {
            let reach = reach(validation.code, choice.operator);
            let is_warning = choice.warn.contains(&validation.code) || reach != Some(Severity::Error);
            let is_kept = is_warned.is_none_or(|wanted| wanted == is_warning);
            is_kept && reach > Some(Severity::Info) && !choice.skip.contains(&validation.code)
        });
        policy
    };
    let policies = [
        (of_level(denying, Some(false)), Severity::Error),
        (of_level(warned, Some(true)), Severity::Warning),
        (of_level(warning, None), Severity::Warning),
    ];
    let all: Vec<&Validation> = policies.iter().flat_map(|(policy, _)| &policy.validations).collect();
    let mut text = String::new();
    comment(&mut text, "The rules; docs/policies.md lists them.");
    put(&mut text, "apiVersion: v1\nkind: List\n");
    let policies = policies.iter().filter(|(policy, _)| !policy.validations.is_empty());
    if let Some((policy, _)) = policies.clone().next() {
        comment(&mut text, "What all policies below have in common.");
        for (key, expressions) in shared_parts(policy) {
            put(&mut text, &format!("x-{key}: &{key}\n"));
            for named in expressions {
                write_named(&mut text, named, false, "");
            }
        }
    }
    put(&mut text, "items:\n");
    let mut messages = Messages::of(&all);
    for (number, (policy, severity)) in policies.enumerate() {
        let mut item = String::new();
        comment(&mut item, &policy.about);
        write_policy(&mut item, policy, "Ignore", Variables::Alias, &mut messages);
        put_item(&mut text, &item);
        for mode in &MODES {
            let mut item = String::new();
            write_binding(&mut item, policy, *severity, mode, number == 0);
            put_item(&mut text, &item);
        }
    }
    text
}

/// Writes an object as an item of a list.
fn put_item(text: &mut String, object: &str) {
    let mut start = "- ";
    for line in object.lines() {
        if line.starts_with('#') {
            put(text, &format!("{line}\n"));
        } else {
            put(text, &format!("{start}{line}\n"));
            start = "  ";
        }
    }
}

/// How the conditions and variables of a policy stand in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variables {
    /// Written out.
    Plain,
    /// Those of the head of the list.
    Alias,
}

/// Returns the policies that fill in defaults, for the newest operator that is known where nobody says which one it is, and their bindings, as one YAML list, in which a variable that several of
/// them have is written once.
pub fn defaults(operator: Option<Operator>) -> String {
    let mut text = String::new();
    comment(&mut text, "The defaults; docs/policies-defaults.md.");
    put(&mut text, "apiVersion: v1\nkind: List\nitems:\n");
    let policies = defaults::policies(operator);
    let all: Vec<&Named> = policies.iter().flat_map(|policy| &policy.variables).collect();
    let mut written = 0;
    for (place, policy) in policies.iter().enumerate() {
        let mut variables = String::new();
        for variable in &policy.variables {
            let (before, behind) = all.split_at(written);
            // An alias means the last anchor of its name.
            let last = before.iter().rev().find(|other| other.name == variable.name);
            if last.is_some_and(|last| variable.is_like(last)) {
                put(&mut variables, &format!("  - *{}\n", variable.name));
            } else {
                let recurs = behind.iter().skip(1).any(|other| variable.is_like(other));
                write_named(&mut variables, variable, recurs, "  ");
            }
            written += 1;
        }
        let mut item = String::new();
        comment(&mut item, policy.about);
        let others = (&policies[..place], &policies[place + 1..]);
        write_mutating_policy(&mut item, policy, &variables, others);
        put_item(&mut text, &item);
        let mut item = String::new();
        write_mutating_binding(&mut item, policy, others.0);
        put_item(&mut text, &item);
    }
    text
}

/// The messages that stand in several policies of a list: the first policy writes them out, the others refer to them.
#[derive(Default)]
struct Messages {
    /// The codes of those that recur, and whether each was written out.
    recurring: BTreeMap<&'static str, bool>,
}

impl Messages {
    fn of(all: &[&Validation]) -> Self {
        let count = |code: &str| all.iter().filter(|other| other.code == code).count();
        let recurring = all.iter().filter(|validation| count(validation.code) > 1);
        Self {
            recurring: recurring.map(|validation| (validation.code, false)).collect(),
        }
    }

    fn write(&mut self, text: &mut String, validation: &Validation) {
        let code = validation.code;
        match self.recurring.get_mut(code) {
            None => block(text, "  ", "  message", "", &validation.message),
            Some(true) => put(text, &format!("    message: *{code}\n")),
            Some(is_written) => {
                *is_written = true;
                block(text, "  ", "  message", &format!("&{code} "), &validation.message);
            }
        }
    }
}

fn comment(text: &mut String, about: &str) {
    for line in about.lines() {
        put(text, &format!("# {line}\n"));
    }
}

fn write_policy(
    text: &mut String,
    policy: &Policy,
    failure_policy: &str,
    variables: Variables,
    messages: &mut Messages,
) {
    put(
        text,
        &format!(
            "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: {}
spec:
  failurePolicy: {failure_policy}
  matchConstraints:
    resourceRules:
    - apiGroups: [{GROUP}]
      apiVersions: [\"*\"]
      operations: [CREATE, UPDATE]
      resources: [{}]
      scope: Namespaced
",
            policy.name,
            policy.resources.join(", ")
        ),
    );
    for (key, expressions) in shared_parts(policy) {
        match variables {
            Variables::Plain => list(text, key, expressions),
            Variables::Alias => put(text, &format!("  {key}: *{key}\n")),
        }
    }
    put(text, "  validations:\n");
    for validation in &policy.validations {
        block(text, "  ", "- expression", "", &validation.expression);
        if !validation.message_expression.is_empty() {
            block(text, "  ", "  messageExpression", "", &validation.message_expression);
        }
        messages.write(text, validation);
    }
}

/// The lists that several policies may have in common, by their keys.
fn shared_parts(policy: &Policy) -> [(&'static str, &[Named]); 2] {
    [
        ("matchConditions", &policy.match_conditions),
        ("variables", &policy.variables),
    ]
}

/// The bindings of the first policy say which namespaces a mode has, the others refer to them.
fn write_binding(text: &mut String, policy: &Policy, severity: Severity, mode: &Mode, is_first: bool) {
    let name = &policy.name;
    let action = match severity {
        Severity::Error => mode.errors,
        _ => mode.warnings,
    };
    put(
        text,
        &format!(
            "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {name}-{mode}
spec:
  policyName: {name}
  validationActions: [{action}]
",
            mode = mode.name
        ),
    );
    if !is_first {
        put(text, &format!("  matchResources: *{}\n", mode.name));
        return;
    }
    let (operator, values) = if mode.name == "default" {
        ("NotIn", "enforce, warn, audit")
    } else {
        ("In", mode.name)
    };
    put(
        text,
        &format!(
            "  matchResources: &{mode}
    namespaceSelector:
      matchExpressions:
      - key: {MODE_LABEL}
        operator: {operator}
        values: [{values}]
",
            mode = mode.name
        ),
    );
}

/// Nothing where requests in other versions are looked at as well, as they are by default.
fn match_policy(policy: &MutatingPolicy) -> &'static str {
    if policy.matched.exact {
        "    matchPolicy: Exact\n"
    } else {
        ""
    }
}

/// `variables` are written already. Additions that a policy before it has as well are not written again.
fn write_mutating_policy(
    text: &mut String,
    policy: &MutatingPolicy,
    variables: &str,
    (before, behind): (&[MutatingPolicy], &[MutatingPolicy]),
) {
    let (name, matched) = (policy.name, &policy.matched);
    let match_policy = match_policy(policy);
    put(
        text,
        &format!(
            "apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata:
  name: {name}
spec:
  failurePolicy: Ignore
  reinvocationPolicy: IfNeeded
  matchConstraints:
{match_policy}    resourceRules:
    - apiGroups: [{:?}]
      apiVersions: [{:?}]
      operations: [CREATE]
      resources: [{}]
      scope: Namespaced
",
            matched.group,
            matched.version,
            matched.resources.join(", ")
        ),
    );
    list(text, "matchConditions", &policy.match_conditions);
    put(text, &format!("  variables:\n{variables}"));
    put(text, "  mutations:\n  - patchType: JSONPatch\n    jsonPatch:\n");
    let is_same = |other: &&MutatingPolicy| other.additions == policy.additions;
    if let Some(first) = before.iter().find(is_same) {
        put(text, &format!("      expression: *{}\n", anchor(first)));
        return;
    }
    let anchor = if behind.iter().any(|other| is_same(&other)) {
        format!("&{} ", anchor(policy))
    } else {
        String::new()
    };
    put(text, &format!("      expression: {anchor}|-\n"));
    let additions: Vec<String> = policy
        .additions
        .iter()
        .map(|addition| format!("({addition})"))
        .collect();
    for line in additions.join(" +\n").lines() {
        put(text, &format!("        {line}\n"));
    }
}

/// The name of the additions of a policy: the last word of its own.
fn anchor(policy: &MutatingPolicy) -> String {
    let word = policy.name.rsplit('-').next().unwrap_or_default();
    format!("{word}Additions")
}

/// The first binding says which namespaces it is for; those behind it refer to that, where requests are matched alike.
fn write_mutating_binding(text: &mut String, policy: &MutatingPolicy, before: &[MutatingPolicy]) {
    let name = policy.name;
    put(
        text,
        &format!(
            "apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata:
  name: {name}
spec:
  policyName: {name}
"
        ),
    );
    if !policy.matched.exact && !before.is_empty() {
        put(text, "  matchResources: *notAudited\n");
        return;
    }
    let anchor = if before.is_empty() { " &notAudited" } else { "" };
    let match_policy = match_policy(policy);
    put(
        text,
        &format!(
            "  matchResources:{anchor}
{match_policy}    namespaceSelector:
      matchExpressions:
      - key: {MODE_LABEL}
        operator: NotIn
        values: [audit]
"
        ),
    );
}

fn list(text: &mut String, key: &str, expressions: &[Named]) {
    put(text, &format!("  {key}:\n"));
    for named in expressions {
        write_named(text, named, false, "  ");
    }
}

/// `margin` stands before each line.
fn write_named(text: &mut String, named: &Named, is_anchor: bool, margin: &str) {
    let Named {
        name,
        expression,
        about,
    } = named;
    if !about.is_empty() {
        put(text, &format!("{margin}# {about}\n"));
    }
    let start = if is_anchor {
        format!("&{name}\n{margin}  ")
    } else {
        String::new()
    };
    put(text, &format!("{margin}- {start}name: {name}\n"));
    block(text, margin, "  expression", "", expression);
}

/// In one line where nothing needs escaping, else as a literal block, where nothing ever does. `anchor` is empty, or the name by
/// which others refer to it.
fn block(text: &mut String, margin: &str, key: &str, anchor: &str, value: &str) {
    let is_plain = value.starts_with(|first: char| first.is_ascii_alphabetic())
        && !matches!(value, "true" | "false")
        && !value.contains(": ")
        && !value.contains(" #")
        && !value.ends_with(':')
        && !value.contains('\n');
    if is_plain {
        put(text, &format!("{margin}{key}: {anchor}{value}\n"));
        return;
    }
    if !value.contains(['\n', '"', '\\']) {
        put(text, &format!("{margin}{key}: {anchor}\"{value}\"\n"));
        return;
    }
    put(text, &format!("{margin}{key}: {anchor}|-\n"));
    for line in value.lines() {
        put(text, &format!("{margin}    {line}\n"));
    }
}

fn put(text: &mut String, more: &str) {
    text.push_str(more);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the API server and a person are given to read, in bytes.
    const MOST_BYTES: usize = 150_000;

    /// What a terminal shows at once.
    const MOST_LINES: usize = 50;

    /// The lines of each part of what the policies share, by the comment above it.
    fn lines_by_part(manifest: &str) -> BTreeMap<&str, usize> {
        let mut parts = BTreeMap::new();
        let mut part = None;
        for line in manifest.lines().take_while(|line| *line != "items:") {
            if let Some(about) = line.strip_prefix("# ") {
                part = Some(about);
            } else if !line.starts_with(['-', ' ']) {
                part = None;
            }
            if let Some(about) = part {
                *parts.entry(about).or_default() += 1;
            }
        }
        parts
    }

    #[test]
    fn all_policies_together_stay_small() {
        let parts = [guard(), rules(&Choice::default()), defaults(None), operators()];
        let lengths = parts.each_ref().map(String::len);
        let bytes: usize = lengths.iter().sum();
        assert!(bytes < MOST_BYTES, "{bytes} bytes: {lengths:?}");
    }

    #[test]
    fn what_one_rule_does_is_seen_on_one_screen() {
        let manifest = rules(&Choice::default());
        let parts = lines_by_part(&manifest);
        let twins = registry::all()
            .iter()
            .filter(|rule| rule.meta().cel == Cel::Expressible);
        assert!(parts.len() >= twins.count(), "{parts:#?}");
        let long: Vec<_> = parts.iter().filter(|(_, lines)| **lines > MOST_LINES).collect();
        assert!(long.is_empty(), "more than {MOST_LINES} lines: {long:#?}");
    }
}
