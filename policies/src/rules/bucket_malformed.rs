//! NB7002.

use crate::{Named, RulePolicy, cel};

/// The first problem of each name, as text: problems of form hide those of spelling.
pub(crate) fn policy() -> RulePolicy {
    let named = "variables.locations.filter(at, at.isCloud && at.block.?bucket.orValue('').trim() != '')";
    let variables = vec![
        Named::new(
            "bucketNames",
            format!(
                "{named}.map(at, {{
  'field': dyn(at.path + '.bucket'), 'denies': dyn(at.used == 'artifacts'), 'name': dyn({name}),
  'store': dyn(at.type == 's3' && at.cloud.?endpointURL.orValue('') != '' ? 'compatible' : at.type)}})
.map(at, {{
  'denies': at.denies, 'name': at.name, 'trimmed': dyn(at.name.trim()), 'store': at.store,
  'told': dyn(at.field + ': the ' + (at.store == 'azure' ? 'container' : 'bucket') + ' ' + {quoted}),
  'part': dyn(at.name.trim().find(at.store == 'azure' ? '^[^/]*(/[^/]*)?' : '^[^/]*'))}})",
                name = cel::start("at.block.bucket"),
                quoted = cel::quoted("at.name"),
            ),
        ),
        Named::new(
            "judgedBuckets",
            format!(
                "variables.bucketNames.map(at, {{
  'bucket': dyn(at), 'form': dyn({FORM}),
  'spelling': dyn({spelling})}})
.map(at, {{'bucket': at.bucket, 'form': at.form, 'spelling': at.spelling, 'isFolder': dyn({IS_FOLDER})}})",
                spelling = spelling()
            ),
        ),
    ];
    let found = |condition: &str, denies: &str, verdict: &str, problem: &str| {
        format!(
            "variables.judgedBuckets.map(at, {condition}, {})",
            cel::found(denies, &format!("at.bucket.told + ' {verdict}: ' + at.{problem}"))
        )
    };
    let of_store = "at.form == '' && at.spelling != '' && at.bucket.store";
    RulePolicy {
        variables,
        findings: vec![
            found(
                "at.form != '' && !at.isFolder",
                "at.bucket.denies",
                "is malformed",
                "form",
            ),
            found("at.isFolder", "false", "is more than a name", "form"),
            found(
                &format!("{of_store} != 'compatible'"),
                "at.bucket.denies",
                "is malformed",
                "spelling",
            ),
            found(
                &format!("{of_store} == 'compatible'"),
                "false",
                "may not work",
                "spelling",
            ),
        ],
        leaves: "second problems of one name, and how to split it",
        of_locations: true,
        ..RulePolicy::default()
    }
}

/// A URL, an ARN or folders. Folders in a name with characters that no store has are another rule's.
const FORM: &str = r"at.trimmed.matches(r'^(?i:https?)://') ?
    'only the name belongs here; the address of the store belongs in cloud.endpointURL; put the name of the bucket here and the address into `cloud.endpointURL`' :
    at.trimmed.contains('://') || at.trimmed.startsWith('arn:') ?
    'only the name belongs here, ' + (at.trimmed.contains('://') ? 'without a scheme such as s3://' : 'not an ARN') +
    '; put only the name here, and check that the type is that of the store' :
    at.name.matches(r'^[A-Za-z0-9._/-]+$') && (at.trimmed.matches(r'(^|/)(/|$)') || size(at.trimmed.split('/')) > (at.store == 'azure' ? 2 : 1)) ?
    'folders belong in the path; put the name of the bucket here and folders into `path`' : ''";

/// Folders behind a good name, which work.
const IS_FOLDER: &str = "at.form.startsWith('folders') &&
  (at.spelling == '' || at.bucket.store == 'compatible') && !at.bucket.trimmed.matches('(^|/)[.]{0,2}(/|$)')";

/// What most names need.
const EXISTING: &str = "; use the name of an existing bucket: 3 to 63 lower-case letters, digits and hyphens";

/// The rules of each store, for names without characters that the operator refuses.
fn spelling() -> String {
    format!(
        r#"!at.name.matches(r'^[A-Za-z0-9._/-]+$') ? '' : at.store == 'azure' ?
    (at.part.contains('/') && !at.part.matches(r'^[a-z0-9]{{3,24}}/') ? 'a storage account has 3 to 24 lower-case letters and digits; use `<account>/<container>`' :
      !at.part.matches(r'(^|/)[a-z0-9]+(-[a-z0-9]+)*$') || !at.part.matches(r'(^|/)[a-z0-9-]{{3,63}}$') ?
      'a container has 3 to 63 lower-case letters and digits, with single hyphens between them; use `<account>/<container>`' : '') :
    [at.part.find(at.store == 'gcs' ? r'[^a-z0-9._-]' : r'[^a-z0-9.-]')].map(foreign, foreign != '' ? "the store does not allow the character '" + foreign + "' here" :
      size(at.part) < 3 ? 'the name is too short (at least 3 characters)' :
      (at.store == 'gcs' && at.part.contains('.') ? size(at.part) > 222 || at.part.split('.').exists(part, size(part) > 63) :
        size(at.part) > 63) ? 'the name is too long for the store (at most 63 characters between dots)' :
      !at.part.matches(r'^[A-Za-z0-9](.*[A-Za-z0-9])?$') ? 'the name must begin and end with a letter or digit' :
      at.part.contains('..') || at.store == 'gcs' && at.part.matches('[.]-|-[.]') ? 'the store does not allow these separators side by side' :
      at.part.matches(r'^[0-9]{{1,3}}([.][0-9]{{1,3}}){{3}}$') ? 'the name must not look like an IP address' :
      at.store == 's3' && at.part.matches(r'^(xn--|sthree-|amzn-s3-demo-)|(--ol-s3|[.]mrap|--x-s3|--table-s3)$') ||
      at.store == 'gcs' && (at.part.startsWith('goog') || at.part.replace('0', 'o').replace('1', 'l').contains('google')) ?
      'the store keeps names with this prefix or suffix for itself' : '')
    .map(problem, problem != '' ? problem + '{EXISTING}' : at.store == 'compatible' && at.part.contains('.') ?
      'a name with dots needs path-style access, or TLS certificates do not match; set `cloud.forcePathStyle: true`, or use a name without dots' : '')[0]"#
    )
}
