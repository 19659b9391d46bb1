//! NB7006.

use crate::rule_policy::QUANTITY;
use crate::{Named, RulePolicy, cel};

/// Longer maps and lists are left alone; the guard looks at more of them for what would blind the operator.
const MOST: usize = 256;

pub(crate) fn policy() -> RulePolicy {
    let size = |field: &str| {
        let value = field.replace('.', ".?").replacen("spec.?", "variables.spec.?", 1);
        format!("[{{'field': dyn('{field}'), 'written': dyn({value}.orValue('0'))}}].filter(at, {value}.hasValue())")
    };
    let sizes = [
        "variables.locations.filter(at, at.block.?pvc.?size.orValue('') != '').map(at, {
  'field': dyn(at.path + '.pvc.size'), 'written': dyn(at.block.pvc.size)})"
            .to_owned(),
        size("spec.options.tempStorage.size"),
        size("spec.storage.size"),
        size("spec.storage.backupStorage.size"),
    ];
    let resources = [
        "spec.options.resources.limits",
        "spec.options.resources.requests",
        "spec.resources.limits",
        "spec.resources.requests",
    ]
    .map(|field| {
        let value = field.replace('.', ".?").replacen("spec.?", "variables.spec.?", 1);
        format!(
            "(size({value}.orValue({{}})) > {MOST} ? [] : {value}.orValue({{}}).map(name, {{
  'field': dyn('{field}' + (name.matches('^[A-Za-z0-9_-]+$') ? '.' + name : '[' + name + ']')),
  'written': dyn(string({value}.value()[name]))}}))"
        )
    });
    let places: Vec<String> = (0..MOST / 4).map(|place| place.to_string()).collect();
    let divisors = [
        "spec.env",
        "spec.options.preRestore.job.template.container.env",
        "spec.options.postRestore.job.template.container.env",
    ]
    .map(|field| {
        let list = format!("{}.orValue([])", field.replace('.', ".?").replacen("spec.?", "variables.spec.?", 1));
        let divisor = format!("{list}[place].?valueFrom.?resourceFieldRef.?divisor");
        format!(
            "(size({list}) > {} ? [] : variables.places.filter(place, place < size({list}) && {divisor}.hasValue()).map(place, {{
  'field': dyn('{field}[' + string(place) + '].valueFrom.resourceFieldRef.divisor'), 'written': dyn(string({divisor}.value()))}}))",
            places.len()
        )
    });
    let cut = |list: String| {
        format!(
            "({list})\n.map(at, {{'field': at.field, 'text': dyn({})}})",
            cel::start("at.written")
        )
    };
    let no_quantity = |list: &str| {
        format!(
            "variables.{list}.map(at, !at.text.matches(r'{QUANTITY}'), at.field + ': ' + {} +
  ' is no quantity that the operator can use; use a number with a unit, such as `10Gi`')",
            cel::quoted("at.text")
        )
    };
    let is_zero = "at.text.matches(r'^[+-]?[0.]+([^0-9.].*)?$')";
    let out_of_range = |list: &str, condition: &str, what: &str| {
        format!(
            "variables.{list}.map(at, at.text.matches(r'{QUANTITY}') && ({condition}), at.field + ': ' + {} + {what})",
            cel::quoted("at.text")
        )
    };
    RulePolicy {
        variables: vec![
            Named::new("sizes", cut(sizes.join(" +\n"))),
            Named::new("resources", cut(resources.join(" +\n"))),
            Named::new("places", format!("[{}]", places.join(", "))),
            Named::new("divisors", cut(divisors.join(" +\n"))),
        ],
        errors: vec![
            no_quantity("sizes"),
            no_quantity("resources"),
            no_quantity("divisors"),
            out_of_range(
                "sizes",
                &format!("at.text.startsWith('-') || {is_zero} || at.text.matches('[num]$')"),
                &format!(
                    "({is_zero} ? ' is no size, and the API server would refuse the volume claim; use a size above zero, such as \
                     `10Gi`' :\n  at.text.startsWith('-') ? ' is less than nothing; use a size above zero, such as `10Gi`' :\n  \
                     ' is in thousandths of a byte or less; for storage, `m` is not mega; use `Mi` or `Gi`')"
                ),
            ),
            out_of_range(
                "resources",
                &format!("at.text.startsWith('-') && !{is_zero}"),
                "' is less than nothing, and the API server would refuse the pod; use a quantity of zero or more'",
            ),
        ],
        leaves: "maps of more than 256 resources and lists of more than 64 variables, what the operator does with each value, and \
                 what was meant",
        ..RulePolicy::default()
    }
}
