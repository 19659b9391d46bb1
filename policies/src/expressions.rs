//! What must be true of the expressions of any policy, told without an API server.

use cel::parser::Parser;

use crate::{MutatingPolicy, Named, Policy};

/// More characters than this in one expression are more than anybody reads.
const LONGEST: usize = 6_000;

/// The expressions of a policy: conditions, variables in their order, and what uses them.
pub(crate) struct Expressions<'p> {
    policy: &'p str,
    conditions: &'p [Named],
    variables: &'p [Named],
    users: Vec<&'p str>,
}

impl<'p> From<&'p Policy> for Expressions<'p> {
    fn from(policy: &'p Policy) -> Self {
        let users = policy
            .validations
            .iter()
            .flat_map(|validation| [validation.expression.as_str(), &validation.message_expression]);
        Self {
            policy: &policy.name,
            conditions: &policy.match_conditions,
            variables: &policy.variables,
            users: users.filter(|expression| !expression.is_empty()).collect(),
        }
    }
}

impl<'p> From<&'p MutatingPolicy> for Expressions<'p> {
    fn from(policy: &'p MutatingPolicy) -> Self {
        Self {
            policy: policy.name,
            conditions: &policy.match_conditions,
            variables: &policy.variables,
            users: policy.additions.iter().map(String::as_str).collect(),
        }
    }
}

impl Expressions<'_> {
    /// Fails unless each expression is CEL, is short enough to be read, and uses variables that are declared before it, and
    /// each variable is declared once. Conditions come before all variables.
    pub(crate) fn check(&self) {
        let mut declared: Vec<&str> = Vec::new();
        for Named { name, expression, .. } in self.conditions {
            self.check_one(name, expression, &declared);
        }
        for Named { name, expression, .. } in self.variables {
            self.check_one(name, expression, &declared);
            assert!(
                !declared.contains(&name.as_str()),
                "{} declares {name} twice",
                self.policy
            );
            declared.push(name);
        }
        for user in &self.users {
            self.check_one("what uses the variables", user, &declared);
        }
    }

    fn check_one(&self, name: &str, expression: &str, declared: &[&str]) {
        let parsed = Parser::new().enable_optional_syntax(true).parse(expression);
        if let Err(errors) = parsed {
            panic!("{name} of {} is no CEL: {errors}\n{expression}", self.policy);
        }
        let length = expression.chars().count();
        assert!(length <= LONGEST, "{name} of {} has {length} characters", self.policy);
        for used in names_in(expression) {
            assert!(
                declared.contains(&used),
                "{name} of {} uses {used}, which is not declared before it",
                self.policy
            );
        }
    }
}

/// The variables that an expression names.
fn names_in(expression: &str) -> impl Iterator<Item = &str> {
    expression.split("variables.").skip(1).map(|rest| {
        let end = rest.find(|next: char| !next.is_alphanumeric()).unwrap_or(rest.len());
        &rest[..end]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{defaults, guard, rule_policy};

    #[test]
    fn the_expressions_of_every_policy_hold_together() {
        Expressions::from(&guard::policy()).check();
        for policy in rule_policy::policies() {
            Expressions::from(&policy).check();
        }
        let operators = [None, Some("1.14".parse().unwrap())];
        for policy in operators.into_iter().flat_map(defaults::policies) {
            Expressions::from(&policy).check();
        }
    }

    fn checked(variables: &[(&str, &str)]) {
        let named = |(name, expression): &(&str, &str)| Named::new(*name, *expression);
        let variables: Vec<Named> = variables.iter().map(named).collect();
        let expressions = Expressions {
            policy: "a policy",
            conditions: &[],
            variables: &variables,
            users: vec!["variables.last == ''"],
        };
        expressions.check();
    }

    #[test]
    fn what_is_right_passes() {
        checked(&[("first", "object.?spec.?name.orValue('')"), ("last", "variables.first")]);
    }

    #[test]
    #[should_panic(expected = "is no CEL")]
    fn a_bracket_too_few_is_found() {
        checked(&[("last", "(object.name")]);
    }

    #[test]
    #[should_panic(expected = "which is not declared before it")]
    fn a_variable_that_comes_later_is_found() {
        checked(&[("first", "variables.last"), ("last", "''")]);
    }

    #[test]
    #[should_panic(expected = "declares last twice")]
    fn a_variable_with_two_meanings_is_found() {
        checked(&[("last", "'a'"), ("last", "'b'")]);
    }
}
