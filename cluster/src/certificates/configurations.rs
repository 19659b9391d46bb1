//! The `caBundle` fields of webhook configurations.

use k8s_openapi::ByteString;
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};

use super::error::StoreError;
use super::store::{CertificateStore, MANAGER, within};
use super::target::Configuration;
use crate::resource;

/// The `caBundle` fields of one configuration as they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaBundles {
    uid: String,
    version: String,
    /// Each webhook by name, with its bundle; `None` when it has none.
    pub webhooks: Vec<(String, Option<Vec<u8>>)>,
}

impl CertificateStore {
    /// Reads a configuration; `None` when there is none.
    pub async fn read_bundles(&self, configuration: &Configuration) -> Result<Option<CaBundles>, StoreError> {
        let read = async {
            let read = self.configurations(configuration).get_opt(configuration.name()).await;
            read.map_err(|error| StoreError::of("get", &configuration.to_string(), error))
        };
        Ok(within("a configuration", read).await?.map(|object| bundles(&object)))
    }

    /// Puts `bundle` into every webhook of a configuration that was read, by server-side apply: only the `caBundle`
    /// fields become ours, whatever else the configuration holds stays its owners'. Fails with [`StoreError::Conflict`]
    /// when the configuration has changed since it was read, or is another one of the same name.
    pub async fn apply_bundle(
        &self,
        configuration: &Configuration,
        read: &CaBundles,
        bundle: &[u8],
    ) -> Result<CaBundles, StoreError> {
        let bundle = ByteString(bundle.to_vec());
        let webhooks: Vec<Value> = read
            .webhooks
            .iter()
            .map(|(name, _)| json!({"name": name, "clientConfig": {"caBundle": bundle}}))
            .collect();
        let patch = json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": configuration.kind(),
            // Both make the write fail rather than undo what somebody else has done since.
            "metadata": {"name": configuration.name(), "uid": read.uid, "resourceVersion": read.version},
            "webhooks": webhooks,
        });
        // Whoever else wrote a `caBundle` wrote one that this server does not serve.
        let parameters = PatchParams::apply(MANAGER).force();
        let apply = async {
            let api = self.configurations(configuration);
            let applied = api
                .patch(configuration.name(), &parameters, &Patch::Apply(&patch))
                .await;
            applied.map_err(|error| StoreError::of("patch", &configuration.to_string(), error))
        };
        Ok(bundles(&within("a configuration", apply).await?))
    }

    /// Returns the API of configurations of this kind.
    pub(super) fn configurations(&self, configuration: &Configuration) -> Api<DynamicObject> {
        Api::all_with(
            self.client.clone(),
            &resource::webhook_configurations(configuration.kind()),
        )
    }
}

fn bundles(object: &DynamicObject) -> CaBundles {
    let webhooks = object.data["webhooks"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let bundle = |webhook: &Value| {
        let text = webhook["clientConfig"].get("caBundle")?;
        let ByteString(bytes) = serde_json::from_value(text.clone()).ok()?;
        (!bytes.is_empty()).then_some(bytes)
    };
    let webhooks = webhooks.iter().filter_map(|webhook| {
        let name = webhook["name"].as_str()?;
        Some((name.to_owned(), bundle(webhook)))
    });
    CaBundles {
        uid: object.metadata.uid.clone().unwrap_or_default(),
        version: object.metadata.resource_version.clone().unwrap_or_default(),
        webhooks: webhooks.collect(),
    }
}
