//! NB1012.

use crate::{Named, RulePolicy, cel};

/// More arguments than this are left alone.
const MOST: usize = 64;

/// Arguments are told by their places in the list.
pub(crate) fn policy() -> RulePolicy {
    let removed = "--(cc-graph|cc-indexes|cc-label-scan-store|legacy-format)";
    let unsafe_character = "[^A-Za-z0-9._/=:,+@%-]";
    let found = |condition: &str| {
        format!(
            "variables.wrong.map(at, {condition} && at.message != '', 'spec.options.additionalArgs[' + string(at.index) + ']: ' + at.message)"
        )
    };
    let places: Vec<String> = (0..MOST).map(|place| place.to_string()).collect();
    RulePolicy {
        variables: vec![
            Named::new("refuses", "object.kind == 'Neo4jBackup' && variables.isBeta"),
            Named::new("arguments", "variables.options.?additionalArgs.orValue([])"),
            Named::new(
                "places",
                format!("size(variables.arguments) > {MOST} ? [] :\n[{}].filter(place, place < size(variables.arguments))", places.join(", ")),
            ),
            Named::new(
                "wrong",
                format!(
                    "variables.places.map(place, {{'index': dyn(place), 'text': dyn({text})}})
.map(at, {{'index': at.index, 'message': dyn(
  at.text.matches('^{removed}') ?
  'Neo4j 5.26 and later have no option `' + at.text.find('^{removed}') + '`; remove it' :
  !at.text.startsWith('-') ? (at.text == '' ? 'an empty text is no option' :
  '`' + {short} + '` is no option, because it does not begin with `-`') +
  '; write an option and its value in one text, as in `--parallel-recovery=true`' : '')}})",
                    text = cel::start("variables.arguments[place]"),
                    short = cel::short("at.text"),
                ),
            ),
            Named::new(
                "unsafe",
                format!(
                    "variables.isBeta ? [] : variables.places.filter(place, !variables.wrong.exists(at, at.index == place && at.message != ''))
.map(place, {{'index': dyn(place), 'character': dyn({text}.find('{unsafe_character}'))}}).filter(at, at.character != '')",
                    text = cel::start("variables.arguments[place]"),
                ),
            ),
        ],
        errors: vec![found("variables.refuses")],
        warnings: vec![
            found("!variables.refuses"),
            format!(
                "variables.unsafe.map(at, 'spec.options.additionalArgs[' + string(at.index) + ']: ' + {} +\n  \
                 ' means something to the shell, and this operator does not quote it; leave it out')",
                cel::character("at.character")
            ),
        ],
        leaves: "lists of more than 64 arguments",
        ..RulePolicy::default()
    }
}
