//! A storage location: where artifacts are written or read.

use super::cloud::{Cloud, Provider};
use crate::document::Node;
use crate::field::{Block, Field};
use crate::values::bucket::Store;

/// `storage.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoreType {
    /// `s3`.
    S3,
    /// `gcs`.
    Gcs,
    /// `azure`.
    Azure,
    /// `pvc`.
    Pvc,
}

impl StoreType {
    /// The type of this name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "s3" => Some(Self::S3),
            "gcs" => Some(Self::Gcs),
            "azure" => Some(Self::Azure),
            "pvc" => Some(Self::Pvc),
            _ => None,
        }
    }

    /// The only cloud provider that the operator accepts for this type.
    pub fn provider(self) -> Option<Provider> {
        match self {
            Self::S3 => Some(Provider::Aws),
            Self::Gcs => Some(Provider::Gcp),
            Self::Azure => Some(Provider::Azure),
            Self::Pvc => None,
        }
    }

    /// The name in a manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Gcs => "gcs",
            Self::Azure => "azure",
            Self::Pvc => "pvc",
        }
    }
}

/// A storage location, there or not.
#[derive(Debug, Clone, Copy)]
pub struct Storage<'a> {
    /// The location itself.
    pub block: Block<'a>,
    /// Its cloud block; before 1.14 a backup may have it beside the location.
    pub cloud: Cloud<'a>,
}

impl<'a> Storage<'a> {
    /// The location at the dotted path `root` with the cloud block at `cloud`.
    pub fn at(object: &'a Node<'a>, root: &'static str, cloud: &'static str) -> Self {
        Self {
            block: Block::at(object, root),
            cloud: Cloud {
                block: Block::at(object, cloud),
            },
        }
    }

    /// The location `block` with the cloud block inside it, which stands at the dotted path `cloud` of the object.
    pub fn inside(block: Block<'a>, cloud: &'static str) -> Self {
        Self {
            block,
            cloud: Cloud {
                block: block.block("cloud", cloud),
            },
        }
    }

    /// `type`.
    pub fn type_field(&self) -> Field<'a> {
        self.block.field("type")
    }

    /// `type`, when it is one of the four.
    pub fn store(&self) -> Option<StoreType> {
        self.type_field().text().and_then(StoreType::parse)
    }

    /// `bucket`.
    pub fn bucket(&self) -> Field<'a> {
        self.block.field("bucket")
    }

    /// `path`.
    pub fn path(&self) -> Field<'a> {
        self.block.field("path")
    }

    /// `pvc`.
    pub fn pvc(&self) -> Field<'a> {
        self.block.field("pvc")
    }

    /// `pvc.name`.
    pub fn pvc_name(&self) -> Field<'a> {
        self.block.field("pvc.name")
    }

    /// `pvc.size`.
    pub fn pvc_size(&self) -> Field<'a> {
        self.block.field("pvc.size")
    }

    /// Whose rules for names of buckets hold: an S3 type with an endpoint is a store that speaks S3. `None` on volumes.
    pub fn naming(&self) -> Option<Store> {
        Some(match self.store()? {
            StoreType::S3 if self.cloud.endpoint().text().is_some() => Store::S3Compatible,
            StoreType::S3 => Store::S3,
            StoreType::Gcs => Store::Gcs,
            StoreType::Azure => Store::Azure,
            StoreType::Pvc => return None,
        })
    }

    /// The provider that is said, or else the one that the type implies.
    pub fn provider(&self) -> Option<Provider> {
        self.cloud
            .provider()
            .text()
            .and_then(Provider::parse)
            .or_else(|| self.store().and_then(StoreType::provider))
    }
}
