//! The guard: refuses the values that blind or kill the operator, and nothing else.
//!
//! Policies judge after the schema of the CRD has. So the guard need only tell the values that the operator decodes from
//! those that it does not *among those that the schema lets through*: [`point_in_time::is_poison`] and
//! [`quantity::is_poison`] are what it must agree with.
//!
//! The API server gives an expression a budget that depends on the text's length times the pattern's. Hence short
//! patterns on parts of the text, which an object of 1 MiB does not exhaust.
//!
//! [`point_in_time::is_poison`]: neo4jbackup_core::values::point_in_time::is_poison
//! [`quantity::is_poison`]: neo4jbackup_core::values::quantity::is_poison

use super::cel::{join_texts, short};
use super::{Named, Policy, Validation};

/// More entries than this in one map or list are refused unseen: to look at each would exhaust the budget of the
/// expression, and no Job can have that many.
pub const MOST_ENTRIES: usize = 5_000;

/// The guard.
pub fn policy() -> Policy {
    let mut policy = Policy {
        name: "neo4jbackup-guard".into(),
        about: ABOUT.into(),
        resources: vec!["neo4jbackups", "neo4jrestores"],
        match_conditions: vec![
            Named::new("spec-is-new-or-changes", SPEC_CHANGES),
            Named::new("has-what-can-be-wrong", HAS_FIELDS),
        ],
        variables: vec![
            Named::new("spec", "dyn(object).?spec.orValue({})"),
            Named::new("oldSpec", "oldObject == null ? {} : dyn(oldObject).?spec.orValue({})"),
        ],
        validations: Vec::new(),
    };
    point_in_time(&mut policy);
    let effect = format!("'` {EFFECT} ' + object.kind +\n'; {REMEDY}'");
    policy.variables.push(Named::new("effect", effect));
    for (name, path) in [
        ("limits", "spec.options.resources.limits"),
        ("requests", "spec.options.resources.requests"),
    ] {
        quantities_by_name(&mut policy, name, path);
    }
    for (name, path) in [
        ("preRestore", "spec.options.preRestore.job.template.container.env"),
        ("postRestore", "spec.options.postRestore.job.template.container.env"),
    ] {
        divisors(&mut policy, name, path);
    }
    policy
}

const ABOUT: &str = "\
Refuses the few values of Neo4jBackup and Neo4jRestore that the schema lets through and that blind or kill the operator
for the whole cluster. It runs inside the API server, so it is always there. What is stored already can still be
labelled, finalized, fixed and deleted.";

/// Labels, finalizers and deletions of what is stored leave the spec alone, and must pass whatever it says.
const SPEC_CHANGES: &str = "\
has(object.spec) &&
(oldObject == null || !has(oldObject.spec) || object.spec != oldObject.spec)";

/// Most objects have none of the fields that are looked at.
const HAS_FIELDS: &str = "\
dyn(object).?spec.?source.?pointInTime.hasValue() || dyn(object).?spec.?options.?resources.hasValue() ||
dyn(object).?spec.?options.?preRestore.hasValue() || dyn(object).?spec.?options.?postRestore.hasValue()";

/// The API server stores whatever is no text where the schema wants a text with a format.
const TEXT_OR_UNCHANGED: &str =
    "type(variables.pointInTime) == string || variables.pointInTime == variables.oldPointInTime";

/// The schema has made sure of digits, calendar and clock. Go insists on capitals, on a point or a comma before the
/// fraction, on offsets up to 24:60, and on nothing behind the zone.
const DECODABLE_TIME: &str = r"type(variables.pointInTime) != string ||
variables.pointInTime == '' || variables.pointInTime == variables.oldPointInTime ||
size(variables.pointInTime) >= 19 + variables.zoneLength &&
variables.pointInTime.substring(0, 19).matches(r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$') &&
variables.pointInTime.substring(19, size(variables.pointInTime) - variables.zoneLength).matches(r'^([.,]\d+)?$') &&
variables.pointInTime.substring(size(variables.pointInTime) - variables.zoneLength)
  .matches(r'^(Z|[+-]([01]\d|2[0-4]):([0-5]\d|60))$')";

fn point_in_time(policy: &mut Policy) {
    let value = |spec: &str| format!("variables.{spec}.?source.?pointInTime.orValue('')");
    policy.variables.extend([
        Named::new("pointInTime", value("spec")),
        Named::new("oldPointInTime", value("oldSpec")),
        Named::new("zoneLength", "variables.pointInTime.endsWith('Z') ? 1 : 6"),
    ]);
    let field = "spec.source.pointInTime";
    let effect = "would be stored, and the operator, unable to decode it, goes blind for every";
    let remedy = "write it like `2025-01-15T14:30:00Z` [NB8001]";
    policy.validations.push(Validation {
        code: "NB8001",
        expression: TEXT_OR_UNCHANGED.to_owned(),
        message_expression: String::new(),
        message: format!(
            "{field}: must be the text of a point in time; a list or an object {effect} object of the kind; {remedy}"
        ),
    });
    policy.validations.push(Validation {
        code: "NB8001",
        expression: DECODABLE_TIME.to_owned(),
        message_expression: format!(
            "'{field}: `' + {value} +\n'` {effect} ' + object.kind + '; {remedy}'",
            value = short("variables.pointInTime")
        ),
        message: format!("{field}: the value {effect} object of the kind; {remedy}"),
    });
}

/// A map from names to quantities.
fn quantities_by_name(policy: &mut Policy, name: &str, path: &str) {
    let [new, old, poison] = names(name, "s");
    declare(policy, [&new, &old], path, "{}");
    policy.variables.push(Named::new(
        &poison,
        format!(
            "{guard} ? [] : variables.{new}.filter(name,\n  !{good} &&\n  \
             !(name in variables.{old} && variables.{old}[name] == variables.{new}[name]))",
            guard = unchanged_or_too_many(&new, &old),
            good = decodable(&format!("variables.{new}[name]")),
        ),
    ));
    validate(
        policy,
        [&new, &old, &poison],
        path,
        &format!("'.' + {}", short("found")),
        &format!("variables.{new}[found]"),
    );
}

/// The divisors in a list of environment variables.
///
/// Variables move in the list, so a divisor counts as unchanged when any variable had it.
fn divisors(policy: &mut Policy, name: &str, path: &str) {
    const DIVISOR: &str = "?valueFrom.?resourceFieldRef.?divisor";
    let [new, old, poison] = names(name, "Env");
    let old_divisors = format!("{old}Divisors");
    declare(policy, [&new, &old], path, "[]");
    policy.variables.push(Named::new(
        &old_divisors,
        format!("variables.{old}.map(variable, variable.{DIVISOR}.orValue('1'))"),
    ));
    policy.variables.push(Named::new(
        &poison,
        format!(
            "{guard} ? [] : variables.{new}.filter(variable, has(variable.valueFrom) &&\n  \
             !{good} &&\n  !(variable.{DIVISOR}.orValue('1') in variables.{old_divisors}))",
            guard = unchanged_or_too_many(&new, &old),
            good = decodable(&format!("variable.{DIVISOR}.orValue('1')")),
        ),
    ));
    let place = format!(
        "'[name=' + {} + '].valueFrom.resourceFieldRef.divisor'",
        short("found.name")
    );
    let divisor = "found.valueFrom.resourceFieldRef.divisor";
    validate(policy, [&new, &old, &poison], path, &place, divisor);
}

/// The names of the variables for the new value, the old one, and what is wrong in the new one.
fn names(name: &str, suffix: &str) -> [String; 3] {
    let name = format!("{}{suffix}", name.trim_end_matches('s'));
    let mut capital = name.clone();
    if let Some(first) = capital.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    [name, format!("old{capital}"), format!("poisonIn{capital}")]
}

fn declare(policy: &mut Policy, [new, old]: [&str; 2], path: &str, empty: &str) {
    let below_spec = path.trim_start_matches("spec.").replace('.', ".?");
    for (variable, spec) in [(new, "spec"), (old, "oldSpec")] {
        let expression = format!("variables.{spec}.?{below_spec}.orValue({empty})");
        policy.variables.push(Named::new(variable, expression));
    }
}

fn unchanged_or_too_many(new: &str, old: &str) -> String {
    format!("variables.{new} == variables.{old} || size(variables.{new}) > {MOST_ENTRIES}")
}

/// Whether the operator decodes a quantity that has the shape that the schema asks for, and comes back from it.
///
/// What follows the first `e` or `E` is nothing (no exponent, or exa), the `i` of `Ei`, or an exponent: a whole number of
/// at most 18. The `e` that is added makes sure that something follows.
fn decodable(quantity: &str) -> String {
    format!(r"(string({quantity}) + 'e').lowerAscii().split('e')[1].matches(r'^(i|[+-]?0*(1[0-8]|\d))?$')")
}

/// What comes of a quantity that the operator does not decode.
const EFFECT: &str =
    "would be stored, and the operator, unable to decode it or to come back from it, goes blind for every";
const REMEDY: &str = "exponents are whole numbers from -18 to 18; use a number with a unit, such as `10Gi`";

fn validate(policy: &mut Policy, [new, old, poison]: [&str; 3], path: &str, place: &str, value: &str) {
    let many = format!(
        "{path}: more than {MOST_ENTRIES} entries are too many to be checked for quantities that would blind the \
         operator; remove what is not needed [NB7006]"
    );
    policy.validations.push(Validation {
        code: "NB7006",
        expression: format!("variables.{new} == variables.{old} || size(variables.{new}) <= {MOST_ENTRIES}"),
        message_expression: String::new(),
        message: many.clone(),
    });
    policy.validations.push(Validation {
        code: "NB7006",
        expression: format!("size(variables.{poison}) == 0"),
        message_expression: join_texts(&format!(
            "[variables.{poison}[0]].map(found, '{path}' + {place} + ': `' +\n  \
             [string({value})].map(text, {text})[0])[0] + variables.effect + ' [NB7006]'",
            text = short("text")
        )),
        message: format!("{path}: a quantity {EFFECT} object of the kind; {REMEDY} [NB7006]"),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use neo4jbackup_core::registry;

    #[test]
    fn every_message_stands_alone() {
        for validation in policy().validations {
            let message = &validation.message;
            assert!(message.starts_with("spec."), "{message} names no field");
            assert!(!message.contains('\n'), "{message} has several lines");
            let code = message.rsplit_once('[').and_then(|(_, code)| code.strip_suffix(']'));
            assert!(code.and_then(registry::rule).is_some(), "{message} ends with no code");
            let code = code.unwrap();
            assert_eq!(code, validation.code, "{message}");
            let expression = &validation.message_expression;
            assert!(expression.is_empty() || expression.contains(code), "{expression}");
        }
    }
}
