//! NB7004.

use crate::{Named, RulePolicy, cel};

/// A character that the operator's check of buckets and paths refuses.
const REFUSED: &str = "[^A-Za-z0-9._/-]";

/// Operators before 1.8 had the check and never called it; restores have none, and the paths of those of v1beta1 are quoted.
/// Buckets are judged by their stores, too.
pub(crate) fn policy() -> RulePolicy {
    let explained = "at.isCloud &&
  (at.block.bucket.contains('://') || at.block.bucket.trim() == '' || at.block.bucket.trim().startsWith('arn:'))";
    let texts = [
        format!(
            "variables.locations.filter(at, at.block.?bucket.orValue('') != '' && !({explained}))
.map(at, {{'field': dyn(at.path + '.bucket'), 'text': at.block.bucket, 'denies': dyn(at.used == 'artifacts')}})"
        ),
        "variables.locations.filter(at, at.block.?path.orValue('') != '' && !(variables.isRestore && variables.isBeta))
.map(at, {'field': dyn(at.path + '.path'), 'text': at.block.path, 'denies': dyn(variables.refuses)})"
            .to_owned(),
        // What no restore of v1beta1 is judged by.
        "(!variables.isRestore || variables.isBeta ? [] :
  [{'field': dyn('spec.source.backupPath'), 'text': dyn(variables.source.?backupPath.orValue('')), 'denies': dyn(false)},
   {'field': dyn('spec.source.pitr.baseBackup.backupPath'), 'text': dyn(variables.base.?backupPath.orValue('')), 'denies': dyn(false)}])"
            .to_owned(),
    ];
    let found = format!(
        "variables.refusedTexts.map(at, {})",
        cel::found(
            "at.denies",
            &format!(
                "at.field + ': ' + {} + ' has the character ' + {} +\n(at.denies ? ', which the operator refuses' : ', which is \
                 not safe in a command') + '; use only letters, digits, `.`, `_`, `-` and `/`'",
                cel::quoted("at.text"),
                cel::character("at.character")
            )
        )
    );
    let findings = vec![
        found,
        cel::finding_that(
            "variables.refuses",
            "variables.tempPath != '' && !variables.tempPath.matches('^/[A-Za-z0-9._/-]*$')",
            &format!(
                "'spec.options.tempPath: ' + {} + (variables.tempPath.startsWith('/') ? ' has characters that are not safe \
                 in a command' :\n ' is not an absolute path') + '; use an absolute path of letters, digits, `.`, `_`, `-` \
                 and `/`, such as `/tmp/neo4j`'",
                cel::quoted("variables.tempPath")
            ),
        ),
        cel::finding_that(
            "variables.refuses",
            &format!(
                "variables.chain != '' && (size(variables.chain) > 253 || !variables.chain.matches(r'{SUBDOMAIN}'))"
            ),
            &format!(
                "'spec.chainFromBackup: ' + {} + ' is a name that no backup can have; name an existing `Neo4jBackup` of \
                 this namespace'",
                cel::quoted("variables.chain")
            ),
        ),
    ];
    RulePolicy {
        variables: vec![
            Named::new("refuses", "variables.isBackup && variables.isBeta"),
            Named::new("writtenTexts", texts.join(" +\n")),
            Named::new(
                "refusedTexts",
                format!(
                    "variables.writtenTexts.map(at, {{'field': at.field, 'denies': at.denies, 'text': dyn({})}})
.map(at, {{'field': at.field, 'denies': at.denies, 'text': at.text, 'character': dyn(at.text.find('{REFUSED}'))}})
.filter(at, at.character != '')",
                    cel::start("at.text")
                ),
            ),
            Named::new("tempPath", cel::start("variables.options.?tempPath.orValue('')")),
            Named::new(
                "chain",
                cel::start("(variables.isBackup ? variables.spec.?chainFromBackup.orValue('') : '')"),
            ),
        ],
        findings,
        ..RulePolicy::default()
    }
}

/// The name of an object, of any length.
pub(super) const SUBDOMAIN: &str = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
