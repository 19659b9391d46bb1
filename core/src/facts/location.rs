//! What is kept of a storage location.

use super::small_map::SmallMap;
use crate::field::Field;
use crate::model::{Storage, StoreType};

/// What rules ask of a storage location.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LocationFacts {
    /// `type`.
    pub store: Option<StoreType>,
    /// `bucket`, empty when absent.
    pub bucket: String,
    /// `path`, as written, empty when absent.
    pub path: String,
    /// `pvc.name`, empty when absent.
    pub pvc: String,
    /// `cloud.credentialsSecretRef`.
    pub credentials: Option<String>,
    /// `cloud.endpointURL`.
    pub endpoint: Option<String>,
    /// `cloud.identity.autoCreate.annotations`.
    pub annotations: SmallMap<String, String>,
}

impl LocationFacts {
    /// The facts of a location.
    pub fn of(storage: &Storage<'_>) -> Self {
        let owned = |field: Field<'_>| field.text().map(str::to_owned);
        Self {
            store: storage.store(),
            bucket: owned(storage.bucket()).unwrap_or_default(),
            path: owned(storage.path()).unwrap_or_default(),
            pvc: owned(storage.pvc_name()).unwrap_or_default(),
            credentials: owned(storage.cloud.credentials()),
            endpoint: owned(storage.cloud.endpoint()),
            annotations: storage.cloud.identity_annotations().into_iter().collect(),
        }
    }

    /// Whether two locations are one place. `path` counts as the object store reads it, without empty segments, and
    /// an absent one as the operator's default.
    pub fn same_place(&self, other: &Self) -> bool {
        if self.store != other.store {
            return false;
        }
        match self.store {
            Some(StoreType::Pvc) => self.pvc == other.pvc,
            Some(_) => self.bucket == other.bucket && self.segments().eq(other.segments()),
            None => false,
        }
    }

    /// Whether two locations are one place for the operator when it checks a replication source: by type, bucket and path as
    /// they are written, and not by volume claim.
    pub fn same_source_place(&self, other: &Self) -> bool {
        self.store == other.store && self.bucket == other.bucket && self.path == other.path
    }

    pub(super) fn segments(&self) -> impl Iterator<Item = &str> {
        let path = if self.path.is_empty() { "backups" } else { &self.path };
        path.split('/').filter(|segment| !segment.is_empty())
    }
}
