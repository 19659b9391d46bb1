//! Where credentials come from: looked for in the order in which the provider's own SDK does, the first that is there counts.

pub(crate) mod amazon;
pub(crate) mod azure;
mod entra;
mod exchange;
pub(crate) mod google;
mod key;
mod metadata;
pub(crate) mod token;

use neo4jbackup_core::quoted::name;

use crate::class::Class;
use crate::report::Failure;
use crate::task::Surroundings;

/// Returns a variable that is part of a request, or `None` if it is not set. What ends in a line break, as a Secret made of a
/// file does, is a failure that names the variable and nothing of its value.
pub(crate) fn clean(surroundings: &Surroundings, variable: &str, class: Class) -> Result<Option<String>, Failure> {
    let Some(value) = surroundings.variable(variable) else {
        return Ok(None);
    };
    let what = if value.ends_with(['\n', '\r']) {
        "ends in a line break"
    } else if value.trim() != value {
        "begins or ends in a blank"
    } else if value.chars().any(char::is_control) {
        "holds a character that no key has"
    } else {
        return Ok(Some(value.to_owned()));
    };
    let mut failure = Failure::of(class, format!("the value of {} {what}", name(variable)));
    "Write the value again without it: printf %s VALUE instead of echo VALUE.".clone_into(&mut failure.remedy);
    Err(failure)
}
