//! Azure Blob.

use std::sync::Arc;

use http::{Method, Request, Uri};
use jiff::Timestamp;
use neo4jbackup_core::quoted::quoted;
use object_store::StaticCredentialProvider;
use object_store::azure::{AzureAuthorizer, AzureCredential, MicrosoftAzure, MicrosoftAzureBuilder};
use object_store::client::HttpRequestBody;
use object_store::path::Path;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::amazon::no_retries;
use crate::answer::Answer;
use crate::class::Class;
use crate::credentials::azure::{Source, find};
use crate::credentials::clean;
use crate::endpoint;
use crate::judge::{self, by_status, says};
use crate::owner::Owner;
use crate::report::Failure;
use crate::task::{Store, Surroundings};
use crate::transport::{Last, Transport};

/// Where accounts of the public cloud are.
const DOMAIN: &str = "blob.core.windows.net";

/// What is written otherwise in the path of an address.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A container in a storage account.
#[derive(Debug, Clone)]
pub(crate) struct Container {
    /// The account's own server.
    pub address: Uri,
    account: String,
    name: String,
    is_usual: bool,
}

/// A container with credentials.
pub(crate) struct Access {
    pub store: MicrosoftAzure,
    pub owner: Owner,
    credential: Arc<AzureCredential>,
    source: Source,
}

impl Container {
    /// Its address. Where only the container is named, the environment names the account.
    pub(crate) fn of(store: &Store, surroundings: &Surroundings) -> Result<Self, Failure> {
        let malformed = |message: String| {
            let mut failure = Failure::of(Class::EndpointMalformed, message);
            "Write the bucket as ACCOUNT/CONTAINER, as neo4j-admin wants it behind azb://."
                .clone_into(&mut failure.remedy);
            failure
        };
        let of_environment = clean(surroundings, "AZURE_STORAGE_ACCOUNT", Class::EndpointMalformed)?;
        let (account, name) = match (store.bucket.split_once('/'), of_environment) {
            (Some((account, name)), _) => (account.to_owned(), name),
            (None, Some(account)) => (account, store.bucket.as_str()),
            (None, None) => {
                return Err(malformed(format!(
                    "{} names a container and no storage account, and AZURE_STORAGE_ACCOUNT is not set",
                    quoted(&store.bucket)
                )));
            }
        };
        let is_account = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        if !(3..=24).contains(&account.len()) || !account.chars().all(is_account) {
            let message = format!("{} is no name of a storage account", quoted(&account));
            return Err(malformed(message));
        }
        let usual = format!("https://{account}.{DOMAIN}");
        Ok(Self {
            address: endpoint::read(store.endpoint.as_deref().unwrap_or(&usual))?,
            name: name.to_owned(),
            account,
            is_usual: store.endpoint.is_none(),
        })
    }

    /// In words.
    pub(crate) fn in_words(&self) -> String {
        format!(
            "{}, container {} of storage account {}",
            endpoint::origin(&self.address),
            quoted(&self.name),
            quoted(&self.account)
        )
    }

    /// What is behind a name that nobody knows; may be empty.
    pub(crate) fn hint_to_name(&self) -> &'static str {
        if self.is_usual {
            "; a storage account that does not exist has no name either"
        } else {
            ""
        }
    }

    /// Gets credentials.
    pub(crate) async fn access(
        &self,
        surroundings: &Surroundings,
        transport: &Transport,
        now: Timestamp,
    ) -> Result<Access, Failure> {
        let source = find(surroundings, now)?;
        let builder = MicrosoftAzureBuilder::new()
            .with_http_connector(transport.clone())
            .with_retry(no_retries())
            .with_account(&self.account)
            .with_container_name(&self.name)
            .with_endpoint(self.address.to_string().trim_end_matches('/').to_owned())
            .with_allow_http(true)
            .with_disable_tagging(true);
        let token = source.token(transport).await?;
        let owner = source.owner(token.as_deref());
        let builder = match token {
            Some(token) => {
                let credential = AzureCredential::BearerToken(token);
                builder.with_credentials(Arc::new(StaticCredentialProvider::new(credential)))
            }
            None => source.put_into(builder),
        };
        // The text of an error may hold a part of the key.
        let store = builder.build().map_err(|_| source.unusable())?;
        let credential = store.credentials().get_credential().await;
        let credential = credential.map_err(|_| source.unusable())?;
        Ok(Access {
            store,
            owner,
            credential,
            source,
        })
    }

    /// Deletes an object; returns whether it is gone. The library deletes in batches, whose answer is a success whatever came of
    /// each object.
    pub(crate) async fn delete(&self, access: &Access, transport: &Transport, location: &Path) -> bool {
        let address = self.address.to_string();
        let key = utf8_percent_encode(location.as_ref(), IN_PATH);
        let request = Request::builder()
            .method(Method::DELETE)
            .uri(format!("{}/{}/{key}", address.trim_end_matches('/'), self.name))
            .body(HttpRequestBody::empty());
        let Ok(mut request) = request else { return false };
        let signed = AzureAuthorizer::new(&access.credential, &self.account).try_authorize(&mut request);
        if signed.is_err() {
            return false;
        }
        let answered = transport.send(request).await;
        answered.is_ok_and(|answer| answer.status().is_success())
    }

    /// Checks that the last answer was a list.
    pub(crate) fn check_list(&self, access: &Access, last: Option<Last>) -> Result<(), Failure> {
        judge::check_list(last, "EnumerationResults", &self.address, |answer| {
            access.class_of(answer)
        })
    }
}

impl Access {
    /// Where the credentials come from, in words.
    pub(crate) fn in_words(&self) -> String {
        self.source.in_words()
    }

    /// What a refusal of the store is.
    pub(crate) fn class_of(&self, answer: &Answer) -> Class {
        class_of(answer, &self.credential)
    }
}

/// What a refusal of the store is. Azure has one word for what is wrong with a key, a signature and a token, and each of them is
/// mended elsewhere.
fn class_of(answer: &Answer, credential: &AzureCredential) -> Class {
    let (bad, lacks_right) = match credential {
        AzureCredential::AccessKey(_) => (Class::AzureBadKey, Class::AzurePermissionMismatch),
        AzureCredential::SASToken(_) => (Class::AzureBadSignature, Class::AzureSignatureTooNarrow),
        AzureCredential::BearerToken(_) => (Class::AzureTokenRefused, Class::AzurePermissionMismatch),
    };
    let is_of_time = ["date header", "time frame", "lifetime validation", "expired"];
    match answer.code() {
        "ContainerNotFound" | "ContainerBeingDeleted" | "ContainerDisabled" => Class::AzureContainerNotFound,
        "AuthenticationFailed" | "InvalidAuthenticationInfo" if says(answer, "date header") => Class::ClockSkew,
        "AuthenticationFailed" | "InvalidAuthenticationInfo" if is_of_time.iter().any(|words| says(answer, words)) => {
            Class::AzureTokenExpired
        }
        "AuthenticationFailed" | "InvalidAuthenticationInfo" => bad,
        // Azurite calls a wrong signature so, and Azure a client that its network rules shut out.
        "AuthorizationFailure" if says(answer, "signature") => bad,
        "AuthorizationFailure"
        | "AuthorizationSourceIPMismatch"
        | "IpAuthorizationError"
        | "PublicAccessNotPermitted" => Class::AzureFirewall,
        "KeyBasedAuthenticationNotPermitted" => Class::AzureKeyNotPermitted,
        "AuthorizationPermissionMismatch"
        | "InsufficientAccountPermissions"
        | "AuthorizationServiceMismatch"
        | "AuthorizationResourceTypeMismatch"
        | "AuthorizationProtocolMismatch" => lacks_right,
        "NoAuthenticationInformation" => Class::AzureNoCredentials,
        _ => by_status(answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Provider;

    fn container(bucket: &str, account: Option<&str>) -> Result<Container, Failure> {
        let store = Store {
            provider: Provider::Azure,
            bucket: bucket.to_owned(),
            prefix: String::new(),
            region: None,
            endpoint: None,
            path_style: false,
        };
        let account = account.map(|account| ("AZURE_STORAGE_ACCOUNT".to_owned(), account.to_owned()));
        let environment = account.into_iter().collect();
        Container::of(&store, &Surroundings { environment })
    }

    #[test]
    fn the_account_stands_before_the_container_or_in_the_environment() {
        let named = container("acme/backups", Some("other")).unwrap();
        assert_eq!(named.address, "https://acme.blob.core.windows.net");
        assert_eq!(named.name, "backups");
        let alone = container("backups", Some("acme")).unwrap();
        assert_eq!(alone.address, "https://acme.blob.core.windows.net");
        assert_eq!(alone.name, "backups");
        let open = container("backups", None).unwrap_err();
        assert!(open.message.contains("AZURE_STORAGE_ACCOUNT is not set"), "{open:?}");
        let wrong = container("my-backups/graph", None).unwrap_err();
        assert_eq!(wrong.message, "`my-backups` is no name of a storage account");
    }
}
