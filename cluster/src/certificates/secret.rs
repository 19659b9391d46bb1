//! The Secret, and the time at the API server.

use std::collections::BTreeMap;

use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, ObjectMeta, PostParams};
use kube::client::Body;

use super::error::{StoreError, Unreachable};
use super::store::{CertificateStore, within};

/// A Secret as it was read. Writing it back keeps everything that is not replaced.
#[derive(Clone, PartialEq)]
pub struct StoredSecret(Secret);

impl std::fmt::Debug for StoredSecret {
    /// Names of keys, never values.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys: Vec<_> = self.0.data.iter().flatten().map(|(key, _)| key).collect();
        formatter.debug_tuple("StoredSecret").field(&keys).finish()
    }
}

impl StoredSecret {
    /// The values by key.
    pub fn data(&self) -> BTreeMap<String, Vec<u8>> {
        let data = self.0.data.iter().flatten();
        data.map(|(key, value)| (key.clone(), value.0.clone())).collect()
    }

    /// The value of an annotation.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.0.metadata.annotations.as_ref()?.get(name).map(String::as_str)
    }
}

/// What one look at the Secret showed.
#[derive(Debug, Clone, PartialEq)]
pub struct SecretReading {
    /// The Secret; `None` when there is none.
    pub secret: Option<StoredSecret>,
    /// The time at the API server while it answered, to the second; `None` when the answer did not say.
    pub server_time: Option<Timestamp>,
}

impl CertificateStore {
    /// Reads the Secret. The answer also tells the time at the API server, which is the clock that certificates have to
    /// be valid by.
    pub async fn read_secret(&self) -> Result<SecretReading, StoreError> {
        within("the Secret", self.try_read_secret()).await
    }

    async fn try_read_secret(&self) -> Result<SecretReading, StoreError> {
        let (what, path) = (self.secret_text(), self.secret_path());
        let unreachable = |source: Unreachable| StoreError::Unreachable {
            what: what.clone(),
            source,
        };
        let request = Request::get(path)
            .header(header::ACCEPT, "application/json")
            .body(Body::empty())
            .map_err(|error| unreachable(error.into()))?;
        let response = self.client.send(request).await;
        let response = response.map_err(|error| StoreError::of("get", &what, error))?;
        let status = response.status();
        let server_time = response
            .headers()
            .get(header::DATE)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| rfc2822::DateTimeParser::new().parse_timestamp(text).ok());
        let body = response.into_body().collect().await;
        let body = body
            .map_err(|error| unreachable(Unreachable::Client(error)))?
            .to_bytes();
        let secret = match status {
            StatusCode::NOT_FOUND => None,
            status if status.is_success() => {
                let secret = serde_json::from_slice(&body).map_err(|_| unreachable(Unreachable::NotASecret))?;
                Some(StoredSecret(secret))
            }
            status => {
                let message = format!("HTTP status {status}");
                return Err(StoreError::of_status("get", &what, status.as_u16(), &message));
            }
        };
        Ok(SecretReading { secret, server_time })
    }

    /// Replaces the values of the Secret that was read, and drops an annotation when one is named. Values that are
    /// `None` are removed, keys that are not named stay. Fails with [`StoreError::Conflict`] when it has changed since.
    pub async fn replace_secret(
        &self,
        read: &StoredSecret,
        values: &BTreeMap<&'static str, Option<Vec<u8>>>,
        drop_annotation: Option<&str>,
    ) -> Result<StoredSecret, StoreError> {
        let mut secret = read.0.clone();
        put(&mut secret, values);
        if let (Some(annotations), Some(name)) = (&mut secret.metadata.annotations, drop_annotation) {
            annotations.remove(name);
        }
        let (what, name) = (self.secret_text(), self.secret_name());
        let replace = async {
            let written = self.secrets().replace(name, &PostParams::default(), &secret).await;
            written
                .map(StoredSecret)
                .map_err(|error| StoreError::of("update", &what, error))
        };
        within("the Secret", replace).await
    }

    /// Makes the Secret anew, with the labels and annotations of one that was read before. Fails with
    /// [`StoreError::Conflict`] when it is there.
    pub async fn create_secret(
        &self,
        values: &BTreeMap<&'static str, Option<Vec<u8>>>,
        like: Option<&StoredSecret>,
    ) -> Result<StoredSecret, StoreError> {
        let mut secret = Secret {
            metadata: ObjectMeta {
                name: Some(self.secret_name().to_owned()),
                namespace: Some(self.target.namespace.clone()),
                labels: like.and_then(|like| like.0.metadata.labels.clone()),
                annotations: like.and_then(|like| like.0.metadata.annotations.clone()),
                ..ObjectMeta::default()
            },
            type_: Some("Opaque".to_owned()),
            ..Secret::default()
        };
        put(&mut secret, values);
        let what = self.secret_text();
        let create = async {
            let written = self.secrets().create(&PostParams::default(), &secret).await;
            written
                .map(StoredSecret)
                .map_err(|error| StoreError::of("create", &what, error))
        };
        within("the Secret", create).await
    }

    /// Returns the API of Secrets of the namespace.
    pub(super) fn secrets(&self) -> Api<Secret> {
        Api::namespaced(self.client.clone(), &self.target.namespace)
    }

    /// Returns the name of the Secret; empty when only configurations are read.
    pub(super) fn secret_name(&self) -> &str {
        self.target.secret.as_deref().unwrap_or_default()
    }

    fn secret_path(&self) -> String {
        format!(
            "/api/v1/namespaces/{}/secrets/{}",
            self.target.namespace,
            self.secret_name()
        )
    }

    fn secret_text(&self) -> String {
        format!("the Secret {}/{}", self.target.namespace, self.secret_name())
    }
}

fn put(secret: &mut Secret, values: &BTreeMap<&'static str, Option<Vec<u8>>>) {
    let data = secret.data.get_or_insert_default();
    for (key, value) in values {
        match value {
            Some(value) => data.insert((*key).to_owned(), ByteString(value.clone())),
            None => data.remove(*key),
        };
    }
}
