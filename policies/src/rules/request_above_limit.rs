//! NB1015.

use crate::changes::QUANTITY;
use crate::{Named, RulePolicy, cel};
use neo4jbackup_core::schema::Kind;

/// Longer maps are left alone.
const MOST: usize = 256;

pub(crate) fn policy() -> RulePolicy {
    let compared = format!(
        "!variables.runsJobs || size(variables.requests) > {MOST} ? [] :
variables.requests.filter(name, name in variables.limits).map(name, {{
  'name': dyn(name), 'request': dyn(string(variables.requests[name])), 'limit': dyn(string(variables.limits[name]))}})
.filter(at, [at.request, at.limit].all(text, size(text) <= 64 && text.matches(r'{QUANTITY}')))
.filter(at, quantity(at.request).isGreaterThan(quantity(at.limit)))"
    );
    let plain = "[spec.?options.?resources.orValue({})].all(of, of.?requests.orValue({}).all(name,
  of.?limits[?name].orValue(of.requests[name]) == of.requests[name] ||
  !quantity(string(of.requests[name])).isGreaterThan(quantity(string(of.limits[name])))))";
    RulePolicy {
        variables: vec![
            Named::new("requests", "variables.options.?resources.?requests.orValue({})"),
            Named::new("limits", "variables.options.?resources.?limits.orValue({})"),
            Named::new("aboveLimits", compared),
        ],
        errors: vec![format!(
            "variables.aboveLimits.map(at, 'spec.options.resources.requests' +
  (at.name.matches('^[A-Za-z0-9_-]+$') ? '.' + at.name : '[' + at.name + ']') + ': ' + {} + ' is above the limit ' + {} +
  ', and the API server refuses such a Job; lower the request, or raise the limit')",
            cel::quoted("at.request"),
            cel::quoted("at.limit")
        )],
        plain: [Kind::Neo4jBackup, Kind::Neo4jRestore]
            .map(|kind| (kind, plain.to_owned()))
            .to_vec(),
        leaves: "maps of more than 256 resources and quantities of more than 64 characters",
        ..RulePolicy::default()
    }
}
