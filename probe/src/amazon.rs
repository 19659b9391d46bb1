//! S3, and servers that speak like it.

use std::sync::Arc;

use http::{HeaderValue, Method, Request, Uri, header};
use jiff::Timestamp;
use neo4jbackup_core::quoted::quoted;
use object_store::RetryConfig;
use object_store::aws::{AmazonS3, AmazonS3Builder, AwsAuthorizer, AwsCredential};
use object_store::client::HttpRequestBody;

use crate::answer::Answer;
use crate::class::Class;
use crate::credentials::amazon::{Source, find, region_of_profile};
use crate::credentials::clean;
use crate::endpoint;
use crate::judge::{self, says};
use crate::owner::{Owner, Unknown};
use crate::report::Failure;
use crate::task::{Store, Surroundings};
use crate::transport::{Last, Transport};

/// A bucket, and how it is addressed.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    /// Its address, with the bucket in host or path.
    pub address: Uri,
    /// The server, without the bucket.
    pub server: Uri,
    name: String,
    region: String,
    is_virtual: bool,
    is_amazon: bool,
}

/// Why the token service does not say whose credentials are.
#[derive(Debug)]
pub(crate) enum Unidentified {
    /// It gives no answer.
    OutOfReach(Failure),
    /// It does not want to say, or what it says is no name.
    Refused(Failure),
}

impl From<Failure> for Unidentified {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure)
    }
}

/// Why nobody is asked whose credentials are.
const NO_TOKEN_SERVICE: Unknown = Unknown {
    why: "the store is not Amazon's, and AWS_ENDPOINT_URL_STS names no token service",
    remedy: "Name the token service of the store in AWS_ENDPOINT_URL_STS, or leave out --expect-identity.",
};

/// A bucket with credentials.
pub(crate) struct Access {
    pub store: AmazonS3,
    credential: Arc<AwsCredential>,
    source: Source,
}

impl Bucket {
    /// Puts together the address of a bucket, as the SDK does.
    pub(crate) fn of(store: &Store, surroundings: &Surroundings) -> Result<Self, Failure> {
        let of_environment = clean(surroundings, "AWS_REGION", Class::AwsNoRegion)?;
        let region = match store.region.clone().or(of_environment) {
            Some(region) => Some(region),
            None => clean(surroundings, "AWS_DEFAULT_REGION", Class::AwsNoRegion)?,
        };
        let region = region.or_else(|| region_of_profile(surroundings));
        let named = store.endpoint.as_deref();
        let named = named
            .or_else(|| surroundings.variable("AWS_ENDPOINT_URL_S3"))
            .or_else(|| surroundings.variable("AWS_ENDPOINT_URL"));
        let is_amazon = named.is_none_or(|endpoint| endpoint.trim_end_matches('/').contains(".amazonaws.com"));
        let region = match region {
            Some(region)
                if region
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '-') =>
            {
                region
            }
            Some(region) => {
                return Err(Failure::of(
                    Class::AwsNoRegion,
                    format!("{} is no region", quoted(&region)),
                ));
            }
            None if is_amazon => {
                let message = "neither the backup nor AWS_REGION nor a profile names a region";
                return Err(Failure::of(Class::AwsNoRegion, message));
            }
            None => "us-east-1".to_owned(),
        };
        let usual = format!("https://s3.{region}.{}", domain_of(&region));
        let server = endpoint::read(named.unwrap_or(&usual))?;
        // A certificate for all buckets of a domain does not cover a name with a dot.
        let fits_host = !store.bucket.contains('.') && !endpoint::is_ip_address(&server);
        let is_virtual = !store.path_style && fits_host;
        let address = if is_virtual {
            endpoint::below(&server, &store.bucket)
        } else {
            format!(
                "{}{}/{}",
                endpoint::origin(&server),
                server.path().trim_end_matches('/'),
                store.bucket
            )
        };
        let malformed = |_| Failure::of(Class::EndpointMalformed, format!("{} is no address", quoted(&address)));
        Ok(Self {
            address: address.parse().map_err(malformed)?,
            server,
            name: store.bucket.clone(),
            region,
            is_virtual,
            is_amazon,
        })
    }

    /// In words.
    pub(crate) fn in_words(&self) -> String {
        let style = if self.is_virtual { "in the host" } else { "in the path" };
        format!(
            "{}, the bucket {style}, region {}",
            endpoint::origin(&self.address),
            self.region
        )
    }

    /// Whether the server is asked with the bucket in the host, and may know it only in the path.
    pub(crate) fn may_want_path_style(&self) -> bool {
        self.is_virtual && !self.is_amazon
    }

    /// The failure of a store that knows its buckets only in the path.
    pub(crate) fn path_style_only(&self, seen: &str) -> Failure {
        let message = format!(
            "{seen}: the store at {} knows buckets only in the path",
            endpoint::origin(&self.server)
        );
        Failure::of(Class::S3PathStyleOnly, message)
    }

    /// Gets credentials.
    pub(crate) async fn access(
        &self,
        surroundings: &Surroundings,
        transport: &Transport,
        now: Timestamp,
    ) -> Result<Access, Failure> {
        let source = find(surroundings, now)?;
        let address = self.address.to_string();
        let address = address.trim_end_matches('/');
        let mut builder = AmazonS3Builder::new()
            .with_http_connector(transport.clone())
            .with_retry(no_retries())
            .with_bucket_name(&self.name)
            .with_region(&self.region)
            .with_allow_http(true)
            // With the bucket in it, whichever way: the library adds nothing to the address of a virtual host.
            .with_virtual_hosted_style_request(true)
            .with_endpoint(address)
            .with_disable_bulk_delete(true);
        let token_service = token_service(surroundings)?;
        builder = match &source {
            Source::Keys {
                key_id,
                secret_key,
                session,
                ..
            } => {
                let builder = builder.with_access_key_id(key_id).with_secret_access_key(secret_key);
                match session {
                    Some(session) => builder.with_token(session),
                    None => builder,
                }
            }
            Source::WebIdentity {
                role,
                token_file,
                session_name,
                ..
            } => {
                use object_store::aws::AmazonS3ConfigKey as Key;
                let service = token_service.clone().unwrap_or_else(|| self.usual_token_service());
                let session_name = session_name.as_deref().unwrap_or("neo4jbackup-probe");
                builder
                    .with_config(Key::WebIdentityTokenFile, token_file)
                    .with_config(Key::RoleArn, role)
                    .with_config(Key::RoleSessionName, session_name)
                    .with_config(Key::StsEndpoint, service)
            }
            Source::PodIdentity { address, token_file } => {
                use object_store::aws::AmazonS3ConfigKey as Key;
                builder
                    .with_config(Key::ContainerCredentialsFullUri, address)
                    .with_config(Key::ContainerAuthorizationTokenFile, token_file)
            }
            Source::Container { path } => builder.with_config(
                object_store::aws::AmazonS3ConfigKey::ContainerCredentialsRelativeUri,
                path,
            ),
            Source::Node {
                address: Some(address), ..
            } => builder.with_metadata_endpoint(address.trim_end_matches('/')),
            Source::Node { address: None, .. } => builder,
        };
        let store = builder.build();
        let store = store.map_err(|error| Failure::of(Class::AwsNoCredentials, error.to_string()))?;
        let credential = store.credentials().get_credential().await;
        let credential = credential.map_err(|_| refused(&source, transport.take_last()))?;
        let parts = [
            Some(&credential.key_id),
            Some(&credential.secret_key),
            credential.token.as_ref(),
        ];
        if parts
            .into_iter()
            .flatten()
            .any(|part| part.chars().any(char::is_control))
        {
            let message = format!("what {} gives holds characters that no key has", source.in_words());
            return Err(Failure::of(source.class(), message));
        }
        Ok(Access {
            store,
            credential,
            source,
        })
    }

    /// Asks the token service whose the credentials are. Returns the name, or `None` where there is no token service.
    pub(crate) async fn identity(
        &self,
        access: &Access,
        surroundings: &Surroundings,
        transport: &Transport,
    ) -> Result<Option<String>, Unidentified> {
        let service = match token_service(surroundings)? {
            Some(service) => service,
            None if self.is_amazon => self.usual_token_service(),
            None => return Ok(None),
        };
        let uri: Uri = endpoint::read(&service)?;
        let uri = format!("{}/", uri.to_string().trim_end_matches('/'));
        let body = "Action=GetCallerIdentity&Version=2011-06-15".to_owned();
        let request = Request::builder().method(Method::POST).uri(uri);
        let request = request.header(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8"),
        );
        let unusable = |error: &dyn std::fmt::Display| Failure::of(Class::Unknown, error.to_string());
        let mut request = request
            .body(HttpRequestBody::from(body))
            .map_err(|error| unusable(&error))?;
        let signing = AwsAuthorizer::new(&access.credential, "sts", &self.region).try_authorize(&mut request, None);
        signing.map_err(|error| unusable(&error))?;
        let answer = transport.send(request).await;
        let last = transport.take_last();
        let answer = match answer {
            Ok(answer) if answer.status().is_success() => answer,
            Ok(_) => return Err(self.failure(last, "the token service gives no answer").into()),
            Err(_) => {
                let failure = self.failure(last, "the token service gives no answer");
                return Err(Unidentified::OutOfReach(failure));
            }
        };
        let text = std::str::from_utf8(answer.body()).unwrap_or_default();
        let document = roxmltree::Document::parse(text).ok();
        let arn = document.as_ref().and_then(|document| {
            let mut nodes = document.descendants();
            nodes.find(|node| node.tag_name().name() == "Arn")?.text()
        });
        let message = "the token service answers with something else than a name";
        let arn = arn.ok_or_else(|| Failure::of(Class::EndpointNotAStore, message))?;
        Ok(Some(arn.to_owned()))
    }

    /// Checks that the last answer was a list.
    pub(crate) fn check_list(&self, last: Option<Last>) -> Result<(), Failure> {
        let root = match &last {
            Some(Last::Answer(answer)) if answer.status.is_success() => answer.root.as_deref(),
            _ => return Err(self.failure(last, "the list cannot be read")),
        };
        match root {
            Some("ListBucketResult") => Ok(()),
            Some("ListAllMyBucketsResult") if self.may_want_path_style() => {
                Err(self.path_style_only("asked for one bucket, the store lists all"))
            }
            root => Err(judge::no_list(root, &self.address)),
        }
    }

    /// Why a request was not granted, by what came back last.
    pub(crate) fn failure(&self, last: Option<Last>, otherwise: &str) -> Failure {
        let answer = match last {
            Some(Last::Broken(failure)) => return failure,
            Some(Last::Answer(answer)) => answer,
            None => return Failure::of(Class::Unknown, otherwise),
        };
        let class = class_of(&answer);
        let mut failure = answer.failure(class);
        let message = &mut failure.message;
        match (class, &answer.region) {
            (Class::S3WrongRegion, Some(region)) => {
                *message = format!(
                    "the store wants requests for {}, and they are signed for {}",
                    quoted(region),
                    quoted(&self.region)
                );
            }
            (Class::S3WrongRegion, None) => *message += &format!("; requests are signed for {}", quoted(&self.region)),
            (Class::Unknown, _) if answer.status.is_success() => {
                otherwise.clone_into(message);
            }
            _ => {}
        }
        failure
    }

    fn usual_token_service(&self) -> String {
        format!("https://sts.{}.{}", self.region, domain_of(&self.region))
    }
}

impl Access {
    /// Where the credentials come from, in words.
    pub(crate) fn in_words(&self) -> String {
        self.source.in_words()
    }

    /// Whose they are, with the name that the token service knows.
    pub(crate) fn owner(&self, name: Option<String>) -> Owner {
        Owner {
            name,
            is_node: self.source.is_of_node(),
            unknown: NO_TOKEN_SERVICE,
        }
    }
}

/// The token service that the environment names.
fn token_service(surroundings: &Surroundings) -> Result<Option<String>, Failure> {
    clean(surroundings, "AWS_ENDPOINT_URL_STS", Class::EndpointMalformed)
}

/// Whether a session is one of a role: `…:assumed-role/NAME/SESSION` of `…:role/PATH/NAME` in the same account.
pub(crate) fn is_same(found: &str, expected: &str) -> bool {
    if found == expected {
        return true;
    }
    let parts = |arn: &str| {
        let mut parts = arn.splitn(6, ':').skip(4);
        Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
    };
    let (Some((account, resource)), Some((of_account, role))) = (parts(found), parts(expected)) else {
        return false;
    };
    let session_of = resource
        .strip_prefix("assumed-role/")
        .and_then(|rest| rest.split('/').next());
    let role = role.strip_prefix("role/").and_then(|path| path.rsplit('/').next());
    account == of_account && session_of.is_some() && session_of == role
}

/// Why a source gives no credentials.
fn refused(source: &Source, last: Option<Last>) -> Failure {
    match last {
        Some(Last::Broken(failure)) if source.is_of_node() => {
            let message = format!(
                "there are no keys, no web identity, no profile{} and no agent, and the node gives none: {}",
                source.passed_over(),
                failure.message
            );
            Failure::of(Class::AwsNoCredentials, message)
        }
        // An agent is a part of the source. A token service is not: the way to it may be closed.
        Some(Last::Broken(failure)) if matches!(source, Source::PodIdentity { .. } | Source::Container { .. }) => {
            let message = format!("{} gives no answer: {}", source.in_words(), failure.message);
            Failure::of(source.class(), message)
        }
        Some(Last::Broken(failure)) => failure,
        Some(Last::Answer(answer)) if !answer.status.is_success() => {
            let class = match answer.code() {
                "ExpiredTokenException" | "ExpiredToken" => Class::AwsTokenExpired,
                "InvalidIdentityToken" => Class::AwsOidcProviderMissing,
                // What an agent on the node answers has no form by which it is known.
                _ if matches!(source, Source::WebIdentity { .. }) => judge::of_tokens(&answer, || source.class()),
                _ => source.class(),
            };
            answer.failure(class)
        }
        // The text of the library may hold what was answered, which may be a token.
        _ => Failure::of(
            source.class(),
            format!("{} gives nothing that can be read", source.in_words()),
        ),
    }
}

fn class_of(answer: &Answer) -> Class {
    match answer.code() {
        "SignatureDoesNotMatch" | "InvalidSignature" => Class::S3BadSignature,
        "InvalidAccessKeyId" | "InvalidClientTokenId" | "UnrecognizedClientException" | "InvalidToken" => {
            Class::S3InvalidAccessKey
        }
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => Class::AwsTokenExpired,
        "PermanentRedirect" | "TemporaryRedirect" | "IllegalLocationConstraintException" | "IncorrectEndpoint" => {
            Class::S3WrongRegion
        }
        "AuthorizationHeaderMalformed" if answer.region.is_some() || says(answer, "region") => Class::S3WrongRegion,
        "NoSuchBucket" => Class::S3BucketNotFound,
        "RequestTimeTooSkewed" | "RequestExpired" => Class::ClockSkew,
        "SlowDown" | "ServiceUnavailable" | "ThrottlingException" => Class::S3Throttled,
        "AccessDenied" if says(answer, "kms:") => Class::S3KmsDenied,
        code if code.starts_with("KMS.") => Class::S3KmsDenied,
        "AccessDenied" | "AllAccessDisabled" | "AccessDeniedException" => Class::S3AccessDenied,
        _ => match answer.status.as_u16() {
            301 | 307 if answer.region.is_some() => Class::S3WrongRegion,
            _ => judge::by_status(answer),
        },
    }
}

/// The domain of a partition, by the region.
fn domain_of(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    }
}

/// What fails once is what there is to say.
pub(crate) fn no_retries() -> RetryConfig {
    RetryConfig {
        max_retries: 0,
        ..RetryConfig::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Provider;

    fn bucket(name: &str, endpoint: Option<&str>, path_style: bool) -> Bucket {
        let store = Store {
            provider: Provider::Aws,
            bucket: name.to_owned(),
            prefix: String::new(),
            region: Some("eu-west-1".to_owned()),
            endpoint: endpoint.map(str::to_owned),
            path_style,
        };
        Bucket::of(&store, &Surroundings::default()).unwrap()
    }

    #[test]
    fn a_bucket_stands_in_the_host_where_it_can() {
        assert_eq!(
            bucket("backups", None, false).address,
            "https://backups.s3.eu-west-1.amazonaws.com"
        );
        assert_eq!(
            bucket("my.backups", None, false).address,
            "https://s3.eu-west-1.amazonaws.com/my.backups"
        );
        assert_eq!(
            bucket("backups", Some("http://minio:9000"), false).address,
            "http://backups.minio:9000"
        );
        assert_eq!(
            bucket("backups", Some("http://minio:9000/"), true).address,
            "http://minio:9000/backups"
        );
        assert_eq!(
            bucket("backups", Some("http://10.0.0.1:9000"), false).address,
            "http://10.0.0.1:9000/backups"
        );
    }

    #[test]
    fn a_session_is_of_its_role_in_the_same_account_alone() {
        let role = "arn:aws:iam::123456789012:role/team/backup";
        assert!(is_same("arn:aws:sts::123456789012:assumed-role/backup/session", role));
        assert!(!is_same("arn:aws:sts::210987654321:assumed-role/backup/session", role));
        assert!(!is_same("arn:aws:sts::123456789012:assumed-role/node/i-0123", role));
    }
}
