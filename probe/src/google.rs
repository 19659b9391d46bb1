//! Google Cloud Storage.

use std::sync::Arc;

use http::Uri;
use jiff::Timestamp;
use object_store::StaticCredentialProvider;
use object_store::gcp::{GcpCredential, GoogleCloudStorage, GoogleCloudStorageBuilder};

use crate::amazon::no_retries;
use crate::answer::Answer;
use crate::class::Class;
use crate::credentials::google::{Source, find};
use crate::endpoint;
use crate::judge::{self, by_status, says};
use crate::owner::Owner;
use crate::report::Failure;
use crate::task::{Store, Surroundings};
use crate::transport::{Last, Transport};

/// Where Google listens.
const USUAL: &str = "https://storage.googleapis.com";

/// A bucket.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    /// The server.
    pub address: Uri,
    name: String,
}

/// A bucket with credentials.
pub(crate) struct Access {
    pub store: GoogleCloudStorage,
    pub owner: Owner,
    source: Source,
}

impl Bucket {
    /// Its address: the bucket stands in the path.
    pub(crate) fn of(store: &Store) -> Result<Self, Failure> {
        Ok(Self {
            address: endpoint::read(store.endpoint.as_deref().unwrap_or(USUAL))?,
            name: store.bucket.clone(),
        })
    }

    /// In words.
    pub(crate) fn in_words(&self) -> String {
        format!("{}, the bucket in the path", endpoint::origin(&self.address))
    }

    /// Gets credentials. `expected` is the annotated account.
    pub(crate) async fn access(
        &self,
        surroundings: &Surroundings,
        transport: &Transport,
        expected: Option<&str>,
        now: Timestamp,
    ) -> Result<Access, Failure> {
        let source = find(surroundings)?;
        let (bearer, owner) = source.token(transport, expected, now).await?;
        let credentials = StaticCredentialProvider::new(GcpCredential { bearer });
        let store = GoogleCloudStorageBuilder::new()
            .with_http_connector(transport.clone())
            .with_retry(no_retries())
            .with_bucket_name(&self.name)
            .with_base_url(self.address.to_string().trim_end_matches('/'))
            .with_credentials(Arc::new(credentials))
            .build();
        let store = store.map_err(|error| Failure::of(Class::GcsNoCredentials, error.to_string()))?;
        Ok(Access { store, owner, source })
    }

    /// Checks that the last answer was a list.
    pub(crate) fn check_list(&self, last: Option<Last>) -> Result<(), Failure> {
        judge::check_list(last, "ListBucketResult", &self.address, class_of)
    }
}

impl Access {
    /// Where the credentials come from, in words.
    pub(crate) fn in_words(&self) -> String {
        self.source.in_words()
    }
}

/// What a refusal of the store is.
pub(crate) fn class_of(answer: &Answer) -> Class {
    match answer.code() {
        "NoSuchBucket" | "notFound" => Class::GcsBucketNotFound,
        "AccessDenied" | "forbidden" | "PERMISSION_DENIED" => Class::GcsPermissionDenied,
        "RequestTimeTooSkewed" => Class::ClockSkew,
        // Google goes by its own clock, and the token was fetched a moment ago: who gave it has kept it for too long.
        "ExpiredToken"
        | "AuthenticationRequired"
        | "InvalidAuthentication"
        | "InvalidSecurity"
        | "authError"
        | "UNAUTHENTICATED"
        | "required" => Class::GcsNoCredentials,
        _ => match answer.status.as_u16() {
            401 => Class::GcsNoCredentials,
            404 if says(answer, "bucket") => Class::GcsBucketNotFound,
            _ => by_status(answer),
        },
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;

    #[test]
    fn a_token_that_has_expired_is_no_clock_that_differs() {
        let class = |code: &str, message: &str| {
            let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
            let address = Uri::from_static("https://storage.googleapis.com");
            class_of(&Answer::read(
                address,
                StatusCode::BAD_REQUEST,
                &HeaderMap::new(),
                &Bytes::from(body),
            ))
        };
        let expired = class("ExpiredToken", "The provided token has expired.");
        assert_eq!(expired, Class::GcsNoCredentials);
        let skewed = class(
            "RequestTimeTooSkewed",
            "The difference between the request time and the server's time is too large.",
        );
        assert_eq!(skewed, Class::ClockSkew);
    }
}
