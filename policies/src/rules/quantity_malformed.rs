//! NB7006.

use crate::changes::QUANTITY;
use crate::shared::MOST_ITEMS;
use crate::{Named, RulePolicy, cel};

/// Longer maps and lists are left alone; the guard looks at more of them for what would blind the operator.
const MOST: usize = 256;

pub(crate) fn policy() -> RulePolicy {
    let field =
        |field: &str, absent: &str| format!("[dyn('{field}'), dyn(variables.{}{absent})]", field.replace('.', ".?"));
    let all = |fields: &[&str], absent: &str| {
        let fields: Vec<String> = fields.iter().map(|path| field(path, absent)).collect();
        fields
            .chunks(2)
            .map(|pair| pair.join(", "))
            .collect::<Vec<_>>()
            .join(",\n ")
    };
    // The operator makes a claim for backups only, when it has a name for it, and no operator of v1alpha1 made any.
    let claim_sizes = "variables.locations.filter(at, at.block.?pvc.?size.orValue('') != '').map(at, {
  'field': dyn(at.path + '.pvc.size'), 'sort': dyn('size'), 'written': at.block.pvc.size,
  'isRead': dyn(!variables.isRestore && (!variables.isBackup ||
    variables.isBeta && at.type == 'pvc' && at.block.pvc.?name.orValue('') != ''))})";
    let sizes = format!(
        "variables.claimSizes.filter(at, at.isRead) +
(!variables.isBackup || variables.options.?splitArchivePartSize.orValue('') == '' ? [] : [{{
  'field': dyn('spec.options.splitArchivePartSize'), 'sort': dyn('part'), 'written': dyn(variables.options.splitArchivePartSize)}}]) +
[{}]
.filter(at, at[1].hasValue()).map(at, {{'field': dyn(at[0]), 'sort': dyn('size'), 'written': dyn(at[1].value())}})",
        all(
            &[
                "spec.options.tempStorage.size",
                "spec.storage.size",
                "spec.storage.backupStorage.size"
            ],
            ""
        )
    );
    let resources = format!(
        "[{}]
.filter(at, size(at[1]) <= {MOST}).map(at, at[1].map(name, {{
  'field': dyn(at[0] + (name.matches('^[A-Za-z0-9_-]+$') ? '.' + name : '[' + name + ']')),
  'sort': dyn('resource'), 'written': dyn(string(at[1][name]))}}))",
        all(
            &[
                "spec.options.resources.limits",
                "spec.options.resources.requests",
                "spec.resources.limits",
                "spec.resources.requests"
            ],
            ".orValue({})"
        )
    );
    let divisor = "at[1][place].?valueFrom.?resourceFieldRef.?divisor";
    let divisors = format!(
        "[{}]
.filter(at, size(at[1]) <= {MOST_ITEMS})
.map(at, variables.places.filter(place, place < size(at[1]) && {divisor}.hasValue()).map(place, {{
  'field': dyn(at[0] + '[' + string(place) + '].valueFrom.resourceFieldRef.divisor'),
  'sort': dyn('divisor'), 'written': dyn(string({divisor}.value()))}}))",
        all(
            &[
                "spec.env",
                "spec.options.preRestore.job.template.container.env",
                "spec.options.postRestore.job.template.container.env"
            ],
            ".orValue([])"
        )
    );
    let is_zero = "at.text.matches(r'^[+-]?[0.]+([^0-9.].*)?$')";
    let problem = format!(
        "!at.text.matches(r'{QUANTITY}') ?
  ' is not a quantity that the operator can use; use a number with a unit, such as `10Gi`' :
  at.sort == 'size' ? ({is_zero} ?
  ' is not above zero, and the API server would refuse the volume claim; use a size above zero, such as `10Gi`' :
  at.text.startsWith('-') ? ' is negative; use a size above zero, such as `10Gi`' :
  at.text.matches('[num]$') ? ' is in thousandths of a byte or less; for storage, `m` is not mega; use `Mi` or `Gi`' : '') :
  at.sort == 'part' ? (!{is_zero} && quantity(at.text).isLessThan(quantity('1Gi')) ?
  ' is less than the smallest part of an archive, which is `1Gi`; use `1Gi` or more, or `0` for one file' : '') :
  at.sort == 'resource' && at.text.startsWith('-') && !{is_zero} ? ' is negative, and the API server would refuse the pod; use a quantity of zero or more' : ''"
    );
    RulePolicy {
        variables: vec![
            Named::new("claimSizes", claim_sizes),
            Named::new("sizes", sizes),
            Named::new("resources", resources),
            Named::new("divisors", divisors),
        ],
        // The lists cannot be made one, but the messages can.
        errors: vec![format!(
            "([variables.sizes] + variables.resources + variables.divisors).map(list, list.map(at, {{'field': at.field, 'sort': at.sort, 'text': dyn({text})}})
.map(at, {{'field': at.field, 'text': at.text, 'problem': dyn({problem})}})
.map(at, at.problem != '', at.field + ': ' + {quoted} + at.problem).join(' [NB7006]; ')).filter(text, text != '')",
            text = cel::start("at.written"),
            quoted = cel::quoted("at.text"),
        )],
        warnings: vec![format!(
            "variables.claimSizes.filter(at, !at.isRead).map(at, {{'field': at.field, 'sort': at.sort, 'text': dyn({text})}})
.map(at, !at.text.matches(r'{QUANTITY}') || {is_zero} || at.text.matches('^-|[num]$'),
  at.field + ': ' + {quoted} + ' is no size of a volume, and nothing reads it here; remove it')",
            text = cel::start("at.written"),
            quoted = cel::quoted("at.text"),
        )],
        leaves: "maps of more than 256 resources and lists of more than 64 variables, what the operator does with each value, and \
                 what was meant",
        ..RulePolicy::default()
    }
}
