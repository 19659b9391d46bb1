//! NB3012.

use crate::{Named, RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    let problem = r"!at.text.contains('://') ?
    ' has no scheme; put `http://` or `https://` in front of it, whichever the store speaks' :
    !at.text.matches('^(?i:https?)://') ? ' is no address of a web server; use `http://` or `https://` and the host of the store' :
    at.text.matches('://.*([?#@]|/.)') ?
    ' has more than a host and a port; write `https://` and the host alone; the bucket and folders have fields of their own' :
    ' names no host; use `http://` or `https://` and the host of the store'";
    RulePolicy {
        variables: vec![Named::new(
            "endpoints",
            format!(
                "variables.locations.filter(at, at.cloud.?endpointURL.orValue('') != '').map(at, {{
  'field': at.cloudPath, 'text': dyn({})}})
.filter(at, !at.text.matches(r'{GOOD}'))",
                cel::start("at.cloud.endpointURL")
            ),
        )],
        warnings: vec![format!(
            "variables.endpoints.map(at, at.field + '.endpointURL: the endpoint ' + {} + ({problem}))",
            cel::quoted("at.text")
        )],
        of_locations: true,
        ..RulePolicy::default()
    }
}

/// A web server by its host.
const GOOD: &str = r"^(?i:https?)://([A-Za-z0-9._-]+|\[[^]/?#@]*\])(:[0-9]{1,5})?/?$";
