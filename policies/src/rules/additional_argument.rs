//! NB1012.

use crate::shared::MOST_ITEMS;
use crate::{Named, RulePolicy, cel};

/// Arguments are told by their places in the list.
pub(crate) fn policy() -> RulePolicy {
    let removed = "--(cc-graph|cc-indexes|cc-label-scan-store|legacy-format)";
    let unsafe_character = "[^A-Za-z0-9._/=:,+@%-]";
    RulePolicy {
        variables: vec![
            Named::new("refuses", "variables.isBackup && variables.isBeta"),
            Named::new("arguments", "variables.options.?additionalArgs.orValue([])"),
            Named::new(
                "judgedArguments",
                format!(
                    "(size(variables.arguments) > {MOST_ITEMS} ? [] : variables.places.filter(place, place < size(variables.arguments)))
.map(place, {{'index': dyn(place), 'text': dyn({text})}})
.map(at, {{'index': at.index, 'text': at.text, 'message': dyn(
    at.text.matches('^{removed}') ?
  'Neo4j 5.26 and later have no option `' + at.text.find('^{removed}') + '`; remove it' :
  !at.text.startsWith('-') ? (at.text == '' ? 'an empty text is no option' :
  '`' + {short} + '` is no option, because it does not begin with `-`') +
  '; write an option and its value in one text, as in `--parallel-recovery=true`' :
  at.text.startsWith('--split-archive-part-size') && variables.isBackup &&
  variables.options.?splitArchivePartSize.orValue('') != '' ?
  'the part size is set in `options.splitArchivePartSize`, too; set it in one place' : '')}})",
                    text = cel::start("variables.arguments[place]"),
                    short = cel::short("at.text"),
                ),
            ),
            Named::new(
                "unsafeArguments",
                format!(
                    "variables.isBeta ? [] : variables.judgedArguments.filter(at, at.message == '')
.map(at, {{'index': at.index, 'character': dyn(at.text.find('{unsafe_character}'))}}).filter(at, at.character != '')"
                ),
            ),
        ],
        findings: vec![format!(
            "variables.judgedArguments.map(at, at.message != '', {})",
            cel::found(
                "variables.refuses",
                "'spec.options.additionalArgs[' + string(at.index) + ']: ' + at.message"
            )
        )],
        warnings: vec![
            format!(
                "variables.unsafeArguments.map(at, 'spec.options.additionalArgs[' + string(at.index) + ']: ' + {} +\n  \
                 ' means something to the shell, and this operator does not quote it; leave it out')",
                cel::character("at.character")
            ),
        ],
        leaves: "lists of more than 64 arguments",
        ..RulePolicy::default()
    }
}
