//! The fields that several rules read, by name: `reads: STORES + BUCKETS + ["spec.chainFromBackup"]`.
//!
//! A backup has one storage location and a restore has three. Operators up to 1.7 read one more, of an instance, which the
//! rules list themselves.

/// The type of each location.
pub const STORES: &[&str] = &[
    "spec.storage.type",
    "spec.source.storage.type",
    "spec.source.pitr.baseBackup.storage.type",
    "spec.source.pitr.logStorage.type",
];

/// What decides which locations of a restore the operator reads.
pub const SOURCES: &[&str] = &["spec.source.type", "spec.source.pitr.baseBackup.type"];

/// The bucket of each location.
pub const BUCKETS: &[&str] = &[
    "spec.storage.bucket",
    "spec.source.storage.bucket",
    "spec.source.pitr.baseBackup.storage.bucket",
    "spec.source.pitr.logStorage.bucket",
];

/// The path of each location, and those of artifacts below a location.
pub const PATHS: &[&str] = &[
    "spec.storage.path",
    "spec.source.storage.path",
    "spec.source.backupPath",
    "spec.source.pitr.baseBackup.storage.path",
    "spec.source.pitr.baseBackup.backupPath",
    "spec.source.pitr.logStorage.path",
];

/// The volume claim of each location.
pub const CLAIMS: &[&str] = &[
    "spec.storage.pvc",
    "spec.source.storage.pvc",
    "spec.source.pitr.baseBackup.storage.pvc",
    "spec.source.pitr.logStorage.pvc",
];

/// The two places of the cloud block of a backup. `spec.cloud` is read only while `spec.storage.cloud` is not there, so that
/// a rule which reads anything of the first depends on the whole of the second.
pub const BACKUP_CLOUDS: &[&str] = &["spec.storage.cloud", "spec.cloud"];

/// The cloud block of each location.
pub const CLOUDS: &[&str] = &[
    "spec.storage.cloud",
    "spec.cloud",
    "spec.source.storage.cloud",
    "spec.source.pitr.baseBackup.storage.cloud",
    "spec.source.pitr.logStorage.cloud",
];

/// The cloud blocks whose credentials reach a Job, and what decides whether they do.
pub const JOB_CLOUDS: &[&str] = &[
    "spec.storage.cloud",
    "spec.cloud",
    "spec.source.type",
    "spec.source.storage.cloud",
];

/// The cloud blocks of an instance; the second is read only while the first is not there.
pub const INSTANCE_CLOUDS: &[&str] = &["spec.backups.cloud", "spec.backups.defaultStorage.cloud"];

/// The annotations for `ServiceAccounts`, with the blocks whose presence decides which of them are read.
pub const ANNOTATIONS: &[&str] = &[
    "spec.storage.cloud",
    "spec.cloud",
    "spec.source.storage.cloud.identity",
    "spec.source.pitr.baseBackup.storage.cloud.identity",
    "spec.source.pitr.logStorage.cloud.identity",
    "spec.backups.cloud",
    "spec.backups.defaultStorage.cloud.identity",
    "spec.podServiceAccountAnnotations",
];

/// The instance that a backup names, in the words of every version; a target also says what is backed up.
pub const BACKED_UP: &[&str] = &["spec.instanceRef", "spec.target"];

/// What decides whether the operator lets one backup of an instance wait for another.
pub const TURNS: &[&str] = &["spec.chainFromBackup", "spec.storage.type"];

/// The instance that a restore names, in the words of every version.
pub const RESTORED: &[&str] = &["spec.instanceRef", "spec.clusterRef", "spec.targetCluster"];

/// What decides whether a restore can be done without a Job.
pub const ONLINE: &[&str] = &[
    "spec.source.type",
    "spec.source.backupRef",
    "spec.source.pointInTime",
    "spec.allDatabases",
];

/// What says which artifact a restore reads that names a place.
pub const ARTIFACTS: &[&str] = &[
    "spec.source.type",
    "spec.source.backupPath",
    "spec.source.storage",
    "spec.source.pitr.baseBackup",
];

/// What says which databases a restore takes out of which backup.
pub const FROM_BACKUP: &[&str] = &[
    "spec.source.type",
    "spec.source.backupRef",
    "spec.database",
    "spec.databaseName",
    "spec.allDatabases",
];

/// What the operator compares of two backups of one chain.
pub const CHAIN: &[&str] = &[
    "spec.chainFromBackup",
    "spec.instanceRef",
    "spec.target",
    "spec.database",
    "spec.allDatabases",
    "spec.shardedDatabase",
    "spec.storage",
];

/// The number of paths in all lists together.
pub const fn count(lists: &[&[&str]]) -> usize {
    let (mut total, mut list) = (0, 0);
    while list < lists.len() {
        total += lists[list].len();
        list += 1;
    }
    total
}

/// The paths of all lists, one list after the other; `N` is their [`count`].
pub const fn joined<const N: usize>(lists: &[&[&'static str]]) -> [&'static str; N] {
    let mut paths = [""; N];
    let (mut next, mut list) = (0, 0);
    while list < lists.len() {
        let mut position = 0;
        while position < lists[list].len() {
            paths[next] = lists[list][position];
            next += 1;
            position += 1;
        }
        list += 1;
    }
    paths
}
