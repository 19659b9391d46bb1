//! NB7003.

use crate::{Named, RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    let is_cloud = "at.block.?type.orValue('') in ['s3', 'gcs', 'azure']";
    let key = format!(
        "at.block.?bucket.orValue('') == '' ? '<bucket>' : {}",
        cel::start("at.block.bucket")
    );
    let root = format!(
        "variables.spec.?chainFromBackup.orValue('') == '' ? object.metadata.?name.orValue('<name>') : {}",
        cel::start("variables.spec.chainFromBackup")
    );
    let variables = vec![
        Named::new(
            "cloudPaths",
            format!(
                "variables.locations.filter(at, {is_cloud} && at.block.?path.orValue('') != '').map(at, {{
  'field': dyn(at.path + '.path'), 'path': dyn({}), 'bucket': dyn({key})}}).filter(at, !at.path.contains('://'))",
                cel::start("at.block.path"),
            ),
        ),
        Named::new(
            "judgedPaths",
            format!(
                "variables.cloudPaths.map(at, {{
  'field': at.field, 'path': at.path,
  'slash': dyn(at.path.startsWith('/') || at.path.endsWith('/') || at.path.matches('[^/]//+[^/]')),
  'dot': dyn(at.path.matches(r'(^|/)[.]{{1,2}}(/|$)')),
  'key': dyn(at.bucket + '/' + at.path + '/' + ({root}) + '/'),
  'mended': dyn(at.path.split('/').filter(part, part != '').join('/'))}})"
            ),
        ),
        Named::new(
            "artifactPaths",
            format!(
                "variables.locations.filter(at, variables.isRestore && at.used == 'artifacts' && {is_cloud})
.map(at, at.path == 'spec.source.storage' ?
  {{'field': dyn('spec.source.backupPath'), 'path': dyn(variables.source.?backupPath.orValue(''))}} :
  {{'field': dyn('spec.source.pitr.baseBackup.backupPath'), 'path': dyn(variables.base.?backupPath.orValue(''))}})
.map(at, {{
  'field': at.field, 'path': dyn({}),
  'below': dyn({}.replace('/backup/', '', at.path.startsWith('/backup/') ? 1 : 0).split('/').filter(part, part != '').join('/'))}})
.filter(at, !at.path.contains('://') && (at.path.startsWith('/') || at.path.matches('[^/]//+[^/]')))",
                cel::start("at.path"),
                cel::start("at.path"),
            ),
        ),
        Named::new(
            "mountedPaths",
            format!(
                "variables.locations.filter(at, variables.isRestore && at.used == 'artifacts' && at.block.?type.orValue('') == 'pvc')
.map(at, at.path == 'spec.source.storage' ?
  {{'field': dyn('spec.source.backupPath'), 'path': dyn(variables.source.?backupPath.orValue(''))}} :
  {{'field': dyn('spec.source.pitr.baseBackup.backupPath'), 'path': dyn(variables.base.?backupPath.orValue(''))}})
.filter(at, at.path == '/backup' || at.path.startsWith('/backup/'))
.map(at, {{'field': at.field, 'path': dyn({}),
  'below': dyn({}.substring(7).split('/').filter(part, part != '').join('/'))}})",
                cel::start("at.path"),
                cel::start("at.path"),
            ),
        ),
    ];
    RulePolicy {
        variables,
        findings: vec![artifact()],
        warnings: vec![
            mounted(),
            format!(
                "variables.judgedPaths.map(at, at.slash || at.dot, at.field + ': ' + {path} +
  (!at.slash ? ' has a `.` or `..`, which object stores take as a name; write the path without it' :
  ' gives keys with an empty part' +
  (variables.isBackup ? ' (' + {key} + '), which a restore does not look for' : '') +
  (at.mended == '' ? '; remove it; the operator then uses `backups`' : '; use ' + {mended})))",
                path = cel::quoted("at.path"),
                key = cel::quoted("at.key"),
                mended = cel::quoted("at.mended"),
            ),
        ],
        ..RulePolicy::default()
    }
}

fn mounted() -> String {
    format!(
        "variables.mountedPaths.map(at, at.field + ': ' + {path} + ' is looked for below /backup, where the volume is mounted' + {advice})",
        path = cel::quoted("at.path"),
        advice = relative(),
    )
}

/// What the path is below the location.
fn relative() -> String {
    format!(
        "(at.below == '' ? '; use the path of the artifact below the location, `<backup>/<artifact>.backup`' :
  '; use ' + {} + ', the path below the location')",
        cel::quoted("at.below")
    )
}

fn artifact() -> String {
    let message = format!(
        "at.field + ': ' + (at.path.startsWith('/') ?
  'the absolute path ' + {path} + ' gives a key with an empty part below a bucket, which no backup has written' :
  {path} + ' gives a key with an empty part') +
  {advice}",
        path = cel::quoted("at.path"),
        advice = relative(),
    );
    format!(
        "variables.artifactPaths.map(at, {})",
        cel::found("variables.isBeta && at.path.startsWith('/')", &message)
    )
}
