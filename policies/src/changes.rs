//! What an update changes, by meaning: as the ratchet of the engine sees it, field by field.

use std::collections::BTreeMap;

use crate::Named;

/// The storage locations, below `spec`.
const LOCATIONS: [&str; 5] = [
    "storage",
    "source.storage",
    "source.pitr.baseBackup.storage",
    "source.pitr.logStorage",
    "backups.defaultStorage",
];

/// The cloud blocks outside of locations.
const CLOUDS: [&str; 2] = ["cloud", "backups.cloud"];

/// The other blocks whose fields are compared one by one. What is in none of them is compared as a whole.
const BLOCKS: [&str; 22] = [
    "backups",
    "image",
    "options",
    "options.postRestore.job",
    "options.postRestore.job.template",
    "options.postRestore.job.template.container",
    "options.preRestore.job",
    "options.preRestore.job.template",
    "options.preRestore.job.template.container",
    "options.resources",
    "options.tempStorage",
    "resources",
    "restoreFrom",
    "retention",
    "seedConfig",
    "source",
    "source.pitr",
    "source.pitr.baseBackup",
    "source.pitr.compression",
    "source.pitr.encryption",
    "storage.backupStorage",
    "target",
];

/// A quantity that every reader understands.
pub(crate) const QUANTITY: &str =
    r"^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)(n|u|m|k|M|G|T|P|E|[KMGTPE]i|[eE][+-]?0*(1[0-8]|[0-9]))?$";

/// A time of the years that CEL knows.
const TIME: &str = r"^(000[1-9]|00[1-9]\d|0[1-9]\d\d|[1-9]\d{3})-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$";

/// What Go leaves out.
const ZEROS: &str = "[dyn(''), dyn(0), dyn(false), dyn({}), dyn([])]";

/// - `isNew`: whether there is nothing stored to compare with;
/// - `compared`: the blocks of both objects: where they are (with a dot behind it, empty for the `spec` itself), the new and
///   the stored one;
/// - `changed`: the paths below `spec` of the fields that mean something else than the stored ones, each with a blank
///   before it and a dot behind it; `new` where there is nothing to compare with.
///
/// What is absent counts as zero, times are compared in whole seconds and quantities by value: that is how the operator
/// writes an object back.
pub(crate) fn variables() -> Vec<Named> {
    let mut by_depth: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for path in BLOCKS.iter().chain(&LOCATIONS).chain(&CLOUDS) {
        by_depth.entry(path.split('.').count()).or_default().push(path);
    }
    let blocks = by_depth.into_iter().map(|(depth, paths)| {
        let keys: String = (0..depth).map(|place| format!("[?at[{place}]]")).collect();
        format!(
            "'{}'.split(' ').map(path, path.split('.'))\n.map(at, {{'at': dyn(at.join('.') + '.'), \
             'new': dyn(variables.spec{keys}.orValue({{}})), 'old': dyn(variables.old{keys}.orValue({{}}))}})",
            paths.join(" ")
        )
    });
    let blocks: Vec<String> = blocks.collect();
    let of = |paths: &[&str]| {
        let paths: Vec<String> = paths.iter().map(|path| format!("'{path}.'")).collect();
        format!(
            "variables.comparedBlocks.filter(block, block.at in [{}])",
            paths.join(", ")
        )
    };
    let below = |name: &str| {
        format!(
            ".map(block, {{'at': dyn(block.at + '{name}.'), 'new': dyn(block.new.?{name}.orValue({{}})), 'old': \
             dyn(block.old.?{name}.orValue({{}}))}})"
        )
    };
    let identities = format!("variables.comparedClouds{}", below("identity"));
    let seconds = |text: &str| format!("int(timestamp({text}.replace(',', '.')))");
    let changed = format!(
        "variables.isNew ? 'new' : variables.compared.map(block, (block.new.map(key, key) + block.old.map(key, key).filter(key, !(key in block.new)))
.filter(key, !(block.at + key + '.' in variables.comparedPaths) &&
  [[block.new[?key].orValue(dyn('')), block.old[?key].orValue(dyn(''))]].exists(both, both[0] != both[1] &&
  !both.all(value, value in {ZEROS}) &&
  !(key in ['pointInTime', 'restoreUntil'] && both.all(text, text.matches(r'{TIME}')) &&
    {} == {}) &&
  !(key in ['limits', 'requests'] && size(both[0]) == size(both[1]) && both[0].all(name, name in both[1] &&
    [[string(both[0][name]), string(both[1][name])]].all(texts, texts[0] == texts[1] ||
      texts.all(text, text.matches(r'{QUANTITY}')) && quantity(texts[0]).compareTo(quantity(texts[1])) == 0)))))
.map(key, ' ' + block.at + key + '.').join('')).join('')",
        seconds("both[0]"),
        seconds("both[1]")
    );
    vec![
        Named::new("isNew", "oldObject == null"),
        Named::new("old", "variables.isNew ? {} : dyn(oldObject).?spec.orValue({})"),
        Named::new("comparedBlocks", blocks.join(" +\n")),
        Named::new("comparedLocations", of(&LOCATIONS)),
        Named::new(
            "comparedClouds",
            format!("{} +\nvariables.comparedLocations{}", of(&CLOUDS), below("cloud")),
        ),
        Named::new(
            "compared",
            format!(
                "[{{'at': dyn(''), 'new': dyn(variables.spec), 'old': dyn(variables.old)}}] + variables.comparedBlocks +\n\
                 variables.comparedLocations{} +\n\
                 variables.comparedLocations{} +\n{identities} +\n{identities}\n{}",
                below("pvc"),
                below("cloud"),
                below("autoCreate"),
            ),
        ),
        Named::new("comparedPaths", "variables.compared.map(block, block.at)"),
        Named::new("changed", changed),
    ]
}

/// CEL for "an update changes none of the fields that a rule reads", in the words of its metadata. What is read of several
/// locations is said once.
pub(crate) fn leaves_alone(reads: &[&str]) -> String {
    if reads.contains(&"spec") {
        return "variables.changed == ''".to_owned();
    }
    let mut of_locations: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut alternatives: Vec<String> = Vec::new();
    for path in reads.iter().filter_map(|path| path.strip_prefix("spec.")) {
        let location = LOCATIONS.iter().chain(&CLOUDS).find_map(|location| {
            let field = path.strip_prefix(location)?.strip_prefix('.')?;
            Some((*location, field))
        });
        match location {
            None => alternatives.push(path.to_owned()),
            Some((location, field)) => match of_locations.iter_mut().find(|(other, _)| *other == location) {
                Some((_, fields)) => fields.push(field),
                None => of_locations.push((location, vec![field])),
            },
        }
    }
    let mut by_fields: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    for (location, fields) in of_locations {
        match by_fields.iter_mut().find(|(other, _)| *other == fields) {
            Some((_, locations)) => locations.push(location),
            None => by_fields.push((fields, vec![location])),
        }
    }
    let one_of = |names: &[&str]| {
        if names.len() == 1 {
            names[0].to_owned()
        } else {
            format!("({})", names.join("|"))
        }
    };
    let of_locations = by_fields
        .iter()
        .map(|(fields, locations)| format!("{}.{}", one_of(locations), one_of(fields)));
    alternatives.extend(of_locations);
    let alternatives = match alternatives.as_slice() {
        [only] => only.clone(),
        several => format!("({})", several.join("|")),
    };
    format!("!variables.changed.matches('^new$| {alternatives}[.]')")
}

#[cfg(test)]
mod tests {
    use neo4jbackup_core::schema::{Kind, ObjectSchema, Shape};

    use super::*;
    use crate::rule_policy;
    use neo4jbackup_core::finding::Severity;

    /// The blocks whose fields are compared one by one.
    fn compared() -> Vec<String> {
        let clouds = CLOUDS.into_iter().map(str::to_owned);
        let clouds = clouds.chain(LOCATIONS.map(|location| format!("{location}.cloud")));
        let identities = clouds.clone().map(|cloud| format!("{cloud}.identity"));
        let accounts = identities.clone().map(|identity| format!("{identity}.autoCreate"));
        let claims = LOCATIONS.map(|location| format!("{location}.pvc"));
        let plain = [&[""], BLOCKS.as_slice(), LOCATIONS.as_slice()].concat();
        let plain = plain.into_iter().map(str::to_owned);
        plain
            .chain(claims)
            .chain(clouds)
            .chain(identities)
            .chain(accounts)
            .collect()
    }

    /// The blocks that hold fields at or below a path.
    fn parents(object: &ObjectSchema, keys: &[&str], parent: &str, found: &mut Vec<String>) {
        for field in object.fields {
            if keys.first().is_some_and(|key| *key != field.name) {
                continue;
            }
            let path = format!("{parent}{}", field.name);
            let rest = keys.get(1..).unwrap_or_default();
            for variant in field.variants {
                match &variant.shape {
                    Shape::Object(below) if !below.open => parents(below, rest, &format!("{path}."), found),
                    _ => found.push(parent.trim_end_matches('.').to_owned()),
                }
            }
        }
    }

    #[test]
    fn every_field_that_a_rule_reads_is_compared_by_itself() {
        let compared = compared();
        for rule in rule_policy::all()
            .iter()
            .filter(|rule| rule.severity == Severity::Error)
        {
            for path in rule.meta.reads.iter().filter_map(|path| path.strip_prefix("spec.")) {
                let keys: Vec<&str> = path.split('.').collect();
                let mut found = Vec::new();
                for kind in &rule.kinds {
                    let kind: Kind = *kind;
                    parents(&kind.schema().spec, &keys, "", &mut found);
                }
                for parent in found {
                    assert!(
                        compared.contains(&parent),
                        "{} reads `{path}`, and `{parent}` is compared as a whole",
                        rule.meta.code
                    );
                }
            }
        }
    }
}
