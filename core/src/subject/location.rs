//! The storage locations of an object and what the operator does with each. Shared by the rules of storage and identity.

use crate::document::Path;
use crate::field::{Block, Field};
use crate::finding::Severity;
use crate::model::{Account, Backup, Provider, Restore, SourceType, Storage, StoreType};
use crate::operator::Versions;
use crate::schema::{Era, Kind};
use crate::subject::Subject;
use crate::values::identity;

/// What the operator does with bucket, path and volume of a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Artifacts are written to it or read from it.
    Artifacts,
    /// Only its volume and its credentials reach the Job: `source.storage` of a restore of type `pitr`.
    Access,
    /// Nothing reads it.
    Nothing,
}

/// A storage location with its part in the work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Location<'a> {
    /// The location.
    pub storage: Storage<'a>,
    /// What the operator does with it.
    pub used: Use,
    /// Whether the operator reads its `cloud` block.
    pub reads_cloud: bool,
}

impl<'a> Location<'a> {
    fn new(storage: Storage<'a>, used: Use, reads_cloud: bool) -> Self {
        Self {
            storage,
            used,
            reads_cloud,
        }
    }

    /// What a wrong bucket, path or volume amounts to: where nothing reads it, it only misleads.
    pub(crate) fn severity(&self) -> Severity {
        if self.used == Use::Artifacts {
            Severity::Error
        } else {
            Severity::Warning
        }
    }

    /// What a wrong cloud block amounts to.
    pub(crate) fn cloud_severity(&self) -> Severity {
        if self.reads_cloud {
            Severity::Error
        } else {
            Severity::Warning
        }
    }

    /// The type, when it is one of the three object stores.
    pub(crate) fn cloud_store(&self) -> Option<StoreType> {
        self.storage.store().filter(|store| store.provider().is_some())
    }

    /// The cloud that the block is about: the one that is said, else the one of the type, else that of the identity.
    pub(crate) fn provider(&self) -> Option<Provider> {
        let of_identity = || self.storage.cloud.identity_provider().text().and_then(Provider::parse);
        self.storage.provider().or_else(of_identity)
    }
}

/// The locations of one object, of which a restore has most.
pub(super) type Locations<'a> = [Option<Location<'a>>; 3];

/// Every location that the object names.
pub(crate) fn locations<'s, 'a>(subject: &'s Subject<'a>) -> impl Iterator<Item = Location<'a>> + use<'s, 'a> {
    subject.locations().iter().flatten().copied()
}

/// Looks every location up that the object names.
pub(super) fn find_all<'a>(subject: &Subject<'a>) -> Locations<'a> {
    let of_backup = |backup: Backup<'a>| [Some(Location::new(backup.storage(), Use::Artifacts, true)), None, None];
    let found = match subject.kind {
        Kind::Neo4jBackup => subject.backup().map(of_backup).unwrap_or_default(),
        Kind::Neo4jRestore => subject
            .restore()
            .map(|restore| of_restore(&restore))
            .unwrap_or_default(),
        // From 1.8 on instances have no backup settings; that they are dropped is a finding of its own.
        Kind::Neo4jEnterpriseCluster | Kind::Neo4jEnterpriseStandalone if subject.era < Era::V1_8 => [
            Some(Location::new(of_instance(subject), Use::Nothing, true)),
            None,
            None,
        ],
        _ => [None, None, None],
    };
    // The cloud block of an instance stands beside its location and may be there alone.
    let is_instance = !matches!(subject.kind, Kind::Neo4jBackup | Kind::Neo4jRestore);
    let is_named = |location: &Location<'_>| {
        location.storage.block.is_set() || (is_instance && location.storage.cloud.block.is_set())
    };
    found.map(|location| location.filter(is_named))
}

fn of_restore<'a>(restore: &Restore<'a>) -> [Option<Location<'a>>; 3] {
    let source = restore.source_type();
    let used = match source {
        Some(SourceType::Storage) => Use::Artifacts,
        Some(SourceType::Pitr) => Use::Access,
        _ => Use::Nothing,
    };
    let base_is_read =
        source == Some(SourceType::Pitr) && restore.base_backup().field("type").text() == Some("storage");
    let base_used = if base_is_read { Use::Artifacts } else { Use::Nothing };
    [
        Some(Location::new(restore.storage(), used, used != Use::Nothing)),
        // The Job of a point-in-time restore takes its credentials from `source.storage` only.
        Some(Location::new(restore.base_storage(), base_used, false)),
        Some(Location::new(restore.log_storage(), Use::Nothing, false)),
    ]
}

fn of_instance<'a>(subject: &Subject<'a>) -> Storage<'a> {
    let storage = Storage::at(subject.object, "spec.backups.defaultStorage", "spec.backups.cloud");
    if storage.cloud.block.is_set() {
        return storage;
    }
    Storage::at(
        subject.object,
        "spec.backups.defaultStorage",
        "spec.backups.defaultStorage.cloud",
    )
}

/// An annotation for a `ServiceAccount`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Annotation<'a> {
    field: Field<'a>,
    /// The key.
    pub key: &'a str,
    /// The value.
    pub value: &'a str,
    /// The worst that a mistake in it can be.
    pub severity: Severity,
}

impl Annotation<'_> {
    /// Where it stands.
    pub(crate) fn path(&self) -> Path {
        self.field.path().key(self.key)
    }

    /// The cloud that its key belongs to.
    pub(crate) fn provider(&self) -> Option<Provider> {
        identity::provider_of_annotation(self.key)
    }
}

/// The annotations of one cloud block.
pub(crate) fn annotations_at(field: Field<'_>, severity: Severity) -> impl Iterator<Item = Annotation<'_>> {
    field.entries().filter_map(move |(key, value)| {
        Some(Annotation {
            field,
            key,
            value: value.as_str()?,
            severity,
        })
    })
}

/// Every annotation that the object wants on a `ServiceAccount`: that of the Jobs, or that of the servers.
pub(crate) fn annotations<'s, 'a>(subject: &'s Subject<'a>) -> impl Iterator<Item = Annotation<'a>> + use<'s, 'a> {
    let servers = subject.field("spec.podServiceAccountAnnotations");
    // Older operators have the field for clusters only, and drop it of a standalone, which another rule says.
    let has_servers = match subject.kind {
        Kind::Neo4jEnterpriseCluster => true,
        Kind::Neo4jEnterpriseStandalone => subject.operator.can_be_in(Versions::range("1.19+")),
        _ => false,
    };
    locations(subject)
        .flat_map(|location| annotations_at(location.storage.cloud.annotations(), location.cloud_severity()))
        .chain(
            has_servers
                .then(|| annotations_at(servers, Severity::Error))
                .into_iter()
                .flatten(),
        )
}

/// The account that the operator uses for this location, whatever `identity.serviceAccount` says; `None` where the block
/// already names one, or where it is not certain. `makes_account` says that an `autoCreate` block is about to be added.
///
/// Backups have run as one fixed account since operator 0.2, restores since 1.8, and the field is read for neither. For the
/// backup pod of a cluster (before 1.8) it is read, and what stands there then is the name that is derived here: an
/// account of that name is made in both cases. For a standalone it is not known. From 1.18 on a backup or restore that names
/// an account brings a warning of the operator at each reconcile.
pub(crate) fn implied_account(subject: &Subject<'_>, location: &Location<'_>, makes_account: bool) -> Option<String> {
    const MAY_BE_NAMED: Versions = Versions::range("0.1-1.17");
    let cloud = location.storage.cloud;
    if cloud.service_account().is_set() || !location.reads_cloud {
        return None;
    }
    let may_be_named = subject.operator.is_in(MAY_BE_NAMED);
    match subject.kind {
        Kind::Neo4jBackup | Kind::Neo4jRestore if !may_be_named => None,
        Kind::Neo4jBackup if subject.era >= Era::V0_2 => Some(Account::Backup.name().to_owned()),
        Kind::Neo4jRestore if subject.era >= Era::V1_8 => Some(Account::Restore.name().to_owned()),
        Kind::Neo4jEnterpriseCluster
            if Block::at(subject.object, "spec.backups.cloud").is_set()
                && (creates_account(location) || (makes_account && !cloud.identity().is_set()))
                && !subject.name().is_empty() =>
        {
            Some(format!("{}-cloud-identity", subject.name()))
        }
        _ => None,
    }
}

/// Whether the block has an `autoCreate` that is not switched off; the schema switches it on where nothing is said.
pub(crate) fn creates_account(location: &Location<'_>) -> bool {
    let cloud = location.storage.cloud;
    let is_block = cloud.auto_create().node().is_some_and(|node| node.as_map().is_some());
    is_block && !cloud.block.field("identity.autoCreate.enabled").is_false()
}
