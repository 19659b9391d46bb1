//! NB7002.

use crate::{Named, RulePolicy, cel};

/// The first problem of each name, as text: problems of form hide those of spelling.
pub(crate) fn policy() -> RulePolicy {
    let named = "variables.locations.filter(at, at.block.?type.orValue('') in ['s3', 'gcs', 'azure'] &&
  at.block.?bucket.orValue('').trim() != '')";
    let variables = vec![
        Named::new(
            "bucketNames",
            format!(
                "{named}.map(at, {{
  'field': dyn(at.path + '.bucket'), 'denies': dyn(at.used == 'artifacts'),
  'store': dyn(at.block.type == 's3' && at.cloud.?endpointURL.orValue('') != '' ? 'compatible' : at.block.type),
  'what': dyn(at.block.type == 'azure' ? 'container' : 'bucket'),
  'name': dyn({})}})
.map(at, {{
  'field': at.field, 'denies': at.denies, 'store': at.store, 'what': at.what, 'name': at.name,
  'part': dyn(at.name.trim().find(at.store == 'azure' ? '^[^/]*(/[^/]*)?' : '^[^/]*'))}})",
                cel::start("at.block.bucket")
            ),
        ),
        Named::new(
            "judgedBuckets",
            format!(
                "variables.bucketNames.map(at, {{
  'field': at.field, 'denies': at.denies, 'store': at.store, 'what': at.what, 'name': at.name,
  'form': dyn({FORM}), 'spelling': dyn({spelling})}})
.map(at, {{
  'field': at.field, 'denies': at.denies, 'store': at.store, 'what': at.what, 'name': at.name,
  'form': at.form, 'spelling': at.spelling, 'isFolder': dyn({IS_FOLDER})}})",
                spelling = spelling()
            ),
        ),
    ];
    let message = |problem: &str, verdict: &str| {
        format!(
            "at.field + ': the ' + at.what + ' ' + {} + ' {verdict}: ' + {problem}",
            cel::quoted("at.name")
        )
    };
    let found = |condition: &str, denies: &str, message: &str| {
        format!(
            "variables.judgedBuckets.map(at, {condition}, {})",
            cel::found(denies, message)
        )
    };
    let spelling_alone = "at.form == '' && at.spelling != '' && at.store";
    RulePolicy {
        variables,
        findings: vec![
            found(
                "at.form != '' && !at.isFolder",
                "at.denies",
                &message("at.form", "is malformed"),
            ),
            found("at.isFolder", "false", &message("at.form", "is more than a name")),
            found(
                &format!("{spelling_alone} != 'compatible'"),
                "at.denies",
                &message("at.spelling", "is malformed"),
            ),
            found(
                &format!("{spelling_alone} == 'compatible'"),
                "false",
                &message("at.spelling", "may not work"),
            ),
        ],
        leaves: "second problems of one name, and how to split it",
        ..RulePolicy::default()
    }
}

/// A URL, an ARN or folders. Folders in a name with characters that no store has are another rule's.
const FORM: &str = r"at.name.trim().contains('://') ? (at.name.trim().matches(r'^(?i:https?)://') ?
    'only the name belongs here; the address of the store belongs in cloud.endpointURL; put the name of the bucket here and the address into `cloud.endpointURL`' :
    'only the name belongs here, without a scheme such as s3://; put only the name here, and check that the type is that of the store') :
    at.name.trim().startsWith('arn:') ?
    'only the name belongs here, not an ARN; put only the name here, and check that the type is that of the store' :
    at.name.matches(r'^[A-Za-z0-9._/-]+$') &&
    (at.name.trim().matches(r'(^|/)(/|$)') || size(at.name.trim().split('/')) > (at.store == 'azure' ? 2 : 1)) ?
    'folders belong in the path; put the name of the bucket here and folders into `path`' : ''";

/// Folders behind a good name, which work.
const IS_FOLDER: &str = "at.form.startsWith('folders') && (at.spelling == '' || at.store == 'compatible') &&
    !at.name.trim().matches('(^|/)[.]{0,2}(/|$)')";

/// The rules of each store, for names without characters that the operator refuses.
fn spelling() -> String {
    let existing = "; use the name of an existing bucket: 3 to 63 lower-case letters, digits and hyphens";
    let foreign = "at.part.find(at.store == 'gcs' ? r'[^a-z0-9._-]' : r'[^a-z0-9.-]')";
    format!(
        r#"!at.name.matches(r'^[A-Za-z0-9._/-]+$') ? '' :
    at.store == 'azure' ?
    (at.part.contains('/') && !at.part.matches(r'^[a-z0-9]{{3,24}}/') ?
      'a storage account has 3 to 24 lower-case letters and digits; use `<account>/<container>`' :
      !at.part.matches(r'(^|/)[a-z0-9]+(-[a-z0-9]+)*$') || !at.part.matches(r'(^|/)[a-z0-9-]{{3,63}}$') ?
      'a container has 3 to 63 lower-case letters and digits, with single hyphens between them; use `<account>/<container>`' : '') :
    {foreign} != '' ? "the store does not allow the character '" + {foreign} + "' here{existing}" :
    size(at.part) < 3 ? 'the name is too short (at least 3 characters){existing}' :
    (at.store == 'gcs' && at.part.contains('.') ? size(at.part) > 222 || at.part.split('.').exists(part, size(part) > 63) :
      size(at.part) > 63) ? 'the name is too long for the store (at most 63 characters between dots){existing}' :
    !at.part.matches(r'^[A-Za-z0-9](.*[A-Za-z0-9])?$') ? 'the name must begin and end with a letter or digit{existing}' :
    at.part.contains('..') || at.store == 'gcs' && (at.part.contains('.-') || at.part.contains('-.')) ?
    'the store does not allow these separators side by side{existing}' :
    at.part.matches(r'^[0-9]{{1,3}}([.][0-9]{{1,3}}){{3}}$') ? 'the name must not look like an IP address{existing}' :
    at.store == 's3' && at.part.matches(r'^(xn--|sthree-|amzn-s3-demo-)|(--ol-s3|[.]mrap|--x-s3|--table-s3)$') ||
    at.store == 'gcs' && (at.part.startsWith('goog') || at.part.replace('0', 'o').replace('1', 'l').contains('google')) ?
    'the store keeps names with this prefix or suffix for itself{existing}' :
    at.store == 'compatible' && at.part.contains('.') ?
    'a name with dots needs path-style access, or TLS certificates do not match; set `cloud.forcePathStyle: true`, or use a name without dots' : ''"#
    )
}
