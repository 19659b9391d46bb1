//! A `cloud` block: provider, credentials, endpoint, identity.

use std::collections::BTreeMap;

use crate::field::{Block, Field};

pub use crate::values::identity::Provider;

/// A `cloud` block, there or not.
#[derive(Debug, Clone, Copy)]
pub struct Cloud<'a> {
    /// The block itself.
    pub block: Block<'a>,
}

impl<'a> Cloud<'a> {
    /// `provider`.
    pub fn provider(&self) -> Field<'a> {
        self.block.field("provider")
    }

    /// `credentialsSecretRef`.
    pub fn credentials(&self) -> Field<'a> {
        self.block.field("credentialsSecretRef")
    }

    /// `endpointURL`.
    pub fn endpoint(&self) -> Field<'a> {
        self.block.field("endpointURL")
    }

    /// `forcePathStyle`.
    pub fn path_style(&self) -> Field<'a> {
        self.block.field("forcePathStyle")
    }

    /// `identity`.
    pub fn identity(&self) -> Field<'a> {
        self.block.field("identity")
    }

    /// `identity.provider`.
    pub fn identity_provider(&self) -> Field<'a> {
        self.block.field("identity.provider")
    }

    /// `identity.serviceAccount`.
    pub fn service_account(&self) -> Field<'a> {
        self.block.field("identity.serviceAccount")
    }

    /// `identity.autoCreate`.
    pub fn auto_create(&self) -> Field<'a> {
        self.block.field("identity.autoCreate")
    }

    /// `identity.autoCreate.annotations`.
    pub fn annotations(&self) -> Field<'a> {
        self.block.field("identity.autoCreate.annotations")
    }

    /// Returns a copy of those annotations whose values are texts, by key.
    pub fn identity_annotations(&self) -> BTreeMap<String, String> {
        let entries = self.annotations().entries();
        entries
            .filter_map(|(key, value)| Some((key.to_owned(), value.as_str()?.to_owned())))
            .collect()
    }
}
