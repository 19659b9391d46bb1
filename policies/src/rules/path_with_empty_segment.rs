//! NB7003.

use crate::{Named, RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    let variables = vec![
        Named::new(
            "cloudPaths",
            format!(
                "variables.locations.filter(at, at.isCloud && at.block.?path.orValue('') != '').map(at, {{
  'field': dyn(at.path + '.path'), 'path': dyn({}),
  'bucket': dyn(at.block.?bucket.orValue('') == '' ? '<bucket>' : {})}})
.filter(at, !at.path.contains('://'))",
                cel::start("at.block.path"),
                cel::start("at.block.bucket"),
            ),
        ),
        Named::new(
            "folder",
            format!(
                "variables.spec.?chainFromBackup.orValue('') == '' ? object.metadata.?name.orValue('<name>') :\n  {}",
                cel::start("variables.spec.chainFromBackup")
            ),
        ),
        Named::new(
            "judgedPaths",
            "variables.cloudPaths.map(at, {
  'field': at.field, 'path': at.path, 'dot': dyn(at.path.matches(r'(^|/)[.]{1,2}(/|$)')),
  'slash': dyn(at.path.startsWith('/') || at.path.endsWith('/') || at.path.matches('[^/]//+[^/]')),
  'key': dyn(at.bucket + '/' + at.path + '/' + variables.folder + '/'),
  'mended': dyn(at.path.split('/').filter(part, part != '').join('/'))})",
        ),
        Named::new("restoredPaths", restored()),
    ];
    let message = format!(
        "at.field + ': ' + (at.isCloud && at.path.startsWith('/') ? 'the absolute path ' : '') + {path} +
  (!at.isCloud ? ' is looked for below /backup, where the volume is mounted' :
  ' gives a key with an empty part' + (at.path.startsWith('/') ? ' below a bucket, which no backup has written' : '')) +
  (at.below == '' ? '; use the path of the artifact below the location, `<backup>/<artifact>.backup`' :
  '; use ' + {below} + ', the path below the location')",
        path = cel::quoted("at.path"),
        below = cel::quoted("at.below"),
    );
    RulePolicy {
        variables,
        findings: vec![format!(
            "variables.restoredPaths.map(at, {})",
            cel::found("variables.isBeta && at.isCloud && at.path.startsWith('/')", &message)
        )],
        warnings: vec![format!(
            "variables.judgedPaths.map(at, at.slash || at.dot, at.field + ': ' + {path} +
  (!at.slash ? ' has a `.` or `..`, which object stores take as a name; write the path without it' :
  ' gives keys with an empty part' +
  (variables.isBackup ? ' (' + {key} + '), which a restore does not look for' : '') +
  (at.mended == '' ? '; remove it; the operator then uses `backups`' : '; use ' + {mended})))",
            path = cel::quoted("at.path"),
            key = cel::quoted("at.key"),
            mended = cel::quoted("at.mended"),
        )],
        of_locations: true,
        ..RulePolicy::default()
    }
}

/// What a restore reads where that is not what the text says, and the same path below the location: an absolute path or an
/// empty part in a bucket, the folder of the mount on a volume.
fn restored() -> String {
    format!(
        "variables.locations.filter(at, variables.isRestore && at.used == 'artifacts' && (at.isCloud || at.type == 'pvc'))
.map(at, {{'isCloud': at.isCloud, 'field': dyn(at.path.replace('storage', 'backupPath')), 'path': dyn({})}})
.filter(at, at.isCloud ? !at.path.contains('://') && (at.path.startsWith('/') || at.path.matches('[^/]//+[^/]')) :
  (at.path + '/').startsWith('/backup/'))
.map(at, {{
  'isCloud': at.isCloud, 'field': at.field, 'path': at.path,
  'below': dyn(at.path == '/backup' && !at.isCloud ? '' :
    at.path.replace('/backup/', '', at.path.startsWith('/backup/') ? 1 : 0).split('/').filter(part, part != '').join('/'))}})",
        cel::start("(at.path == 'spec.source.storage' ? variables.source : variables.base).?backupPath.orValue('')"),
    )
}
