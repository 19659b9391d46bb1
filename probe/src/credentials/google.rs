//! Credentials of Google, in the order of its own libraries: the file that `GOOGLE_APPLICATION_CREDENTIALS` names, the one of
//! gcloud, the metadata server. Tokens are fetched here, because the store's library signs them itself and asks nobody: then a
//! key that was revoked is told from a right that is missing only by Google's silence.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Request, header};
use jiff::Timestamp;
use neo4jbackup_core::quoted::{name, quoted};
use object_store::client::HttpRequestBody;
use serde::Deserialize;
use serde_json::Value;

use super::clean;
use super::exchange::{self, NOTHING};
use super::key::signed;
use super::{metadata, token};
use crate::class::Class;
use crate::judge::{failure, of_tokens, says};
use crate::owner::{Owner, Unknown};
use crate::report::Failure;
use crate::task::Surroundings;
use crate::transport::{Last, Transport};

/// What the token is for.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";
/// Who exchanges keys where they do not say it themselves.
const TOKENS: &str = "https://oauth2.googleapis.com/token";

/// Why nobody says whose the token of a person is.
const OF_LOGIN: Unknown = Unknown {
    why: "Google does not say whose the token is",
    remedy: "Take the login away, which goes before the annotated account.",
};
/// Why nobody says whose the token of a federation is.
const OF_FEDERATION: Unknown = Unknown {
    why: "the federation is in the place of no service account",
    remedy: "Name the annotated account in service_account_impersonation_url of the file, or take the annotation away.",
};

/// Where the credentials come from.
pub(crate) struct Source {
    /// The file or variable, in words; empty for the metadata server.
    origin: String,
    kind: Kind,
}

/// What they are.
enum Kind {
    /// The key of a service account.
    Key(ServiceAccount),
    /// The login of a person.
    Person(Person),
    /// A token of the pod, for which Google gives one of its own.
    Federation(Federation),
    /// What the metadata server gives, at this host.
    Metadata(String),
}

#[derive(Deserialize)]
struct ServiceAccount {
    client_email: String,
    private_key: String,
    #[serde(default)]
    private_key_id: String,
    token_uri: Option<String>,
}

#[derive(Deserialize)]
struct Person {
    client_id: String,
    client_secret: String,
    refresh_token: String,
    token_uri: Option<String>,
}

#[derive(Deserialize)]
struct Federation {
    audience: String,
    subject_token_type: String,
    token_url: String,
    service_account_impersonation_url: Option<String>,
    credential_source: Value,
}

impl Source {
    /// In words.
    pub(crate) fn in_words(&self) -> String {
        match &self.kind {
            Kind::Key(key) => format!("the key of {} from {}", quoted(&key.client_email), self.origin),
            Kind::Person(_) => format!("the login of a person from {}", self.origin),
            Kind::Federation(of) => format!("a token for {} by {}", quoted(&of.audience), self.origin),
            Kind::Metadata(_) => "the metadata server of the node: there is no key".to_owned(),
        }
    }

    /// Fetches a token, and says whose it is.
    /// `expected` is the annotated account.
    pub(crate) async fn token(
        &self,
        transport: &Transport,
        expected: Option<&str>,
        now: Timestamp,
    ) -> Result<(String, Owner), Failure> {
        let owner = |name: Option<String>| Owner {
            name,
            is_node: false,
            unknown: match self.kind {
                Kind::Federation(_) => OF_FEDERATION,
                _ => OF_LOGIN,
            },
        };
        match &self.kind {
            Kind::Key(key) => Ok((key.token(transport, now).await?, owner(Some(key.client_email.clone())))),
            Kind::Person(person) => Ok((person.token(transport).await?, owner(None))),
            Kind::Federation(federation) => {
                let token = federation.token(transport, now).await?;
                Ok((token, owner(federation.account())))
            }
            Kind::Metadata(host) => metadata::token(host, expected, transport).await,
        }
    }
}

/// Finds the first source that is there.
pub(crate) fn find(surroundings: &Surroundings) -> Result<Source, Failure> {
    let class = Class::GcsNoCredentials;
    let file = clean(surroundings, "GOOGLE_APPLICATION_CREDENTIALS", class)?.map(PathBuf::from);
    if let Some(file) = file {
        let origin = format!(
            "{}, which GOOGLE_APPLICATION_CREDENTIALS names",
            name(&file.display().to_string())
        );
        let text = std::fs::read_to_string(&file);
        let text = text.map_err(|error| Failure::of(class, format!("{origin}, cannot be read: {error}")))?;
        return read(&text, origin);
    }
    if let Some(text) = surroundings.variable("GOOGLE_APPLICATION_CREDENTIALS_JSON") {
        // Google's libraries know no such variable: what hands it on is a matter of the operator and of neo4j-admin.
        let origin = "GOOGLE_APPLICATION_CREDENTIALS_JSON, which Google's own libraries do not read".to_owned();
        let plain = STANDARD.decode(text.trim()).ok();
        let plain = plain.and_then(|bytes| String::from_utf8(bytes).ok());
        return read(plain.as_deref().unwrap_or(text), origin);
    }
    let of_gcloud = surroundings.variable("CLOUDSDK_CONFIG").map(PathBuf::from);
    let home = surroundings.variable("HOME").map(Path::new);
    let of_gcloud = of_gcloud.or_else(|| Some(home?.join(".config/gcloud")));
    let file = of_gcloud.map(|folder| folder.join("application_default_credentials.json"));
    if let Some(file) = file
        && let Ok(text) = std::fs::read_to_string(&file)
    {
        return read(&text, name(&file.display().to_string()).to_string());
    }
    let is_off = surroundings
        .variable("NO_GCE_CHECK")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if is_off {
        let message = "there is no key, and NO_GCE_CHECK forbids to ask the metadata server";
        return Err(Failure::of(class, message));
    }
    let host = clean(surroundings, "GCE_METADATA_HOST", class)?;
    Ok(Source {
        origin: String::new(),
        kind: Kind::Metadata(host.unwrap_or_else(|| metadata::HOST.to_owned())),
    })
}

/// Reads what a file or variable holds. Nothing of it is shown.
fn read(text: &str, origin: String) -> Result<Source, Failure> {
    let unreadable = |why: &str| Failure::of(Class::GcsNoCredentials, format!("what is in {origin}, {why}"));
    let value: Value = serde_json::from_str(text).map_err(|_| unreadable("is no JSON"))?;
    let incomplete = |_| unreadable("lacks a field, or has one of another kind");
    let kind = match value["type"].as_str() {
        Some("service_account") => Kind::Key(serde_json::from_value(value).map_err(incomplete)?),
        Some("authorized_user") => Kind::Person(serde_json::from_value(value).map_err(incomplete)?),
        Some("external_account") => Kind::Federation(serde_json::from_value(value).map_err(incomplete)?),
        Some(other) => {
            return Err(unreadable(&format!(
                "is of the type {}, which is not read here",
                quoted(other)
            )));
        }
        None => return Err(unreadable("has no type")),
    };
    Ok(Source { origin, kind })
}

impl ServiceAccount {
    async fn token(&self, transport: &Transport, now: Timestamp) -> Result<String, Failure> {
        let service = self.token_uri.as_deref().unwrap_or(TOKENS);
        let seconds = now.as_second();
        let header = serde_json::json!({"alg": "RS256", "typ": "JWT", "kid": self.private_key_id});
        let claims = serde_json::json!({
            "iss": self.client_email, "scope": SCOPE, "aud": service, "iat": seconds, "exp": seconds + 3600,
        });
        let assertion = signed(&header, &claims, self.private_key.as_bytes());
        let assertion = assertion.map_err(|why| {
            let message = format!("the key of {} {why}", quoted(&self.client_email));
            Failure::of(Class::GcsInvalidGrant, message)
        })?;
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", &assertion),
        ];
        exchange::form(transport, service, &form, "access_token")
            .await
            .map_err(refused_key)
    }
}

impl Person {
    async fn token(&self, transport: &Transport) -> Result<String, Failure> {
        let service = self.token_uri.as_deref().unwrap_or(TOKENS);
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", &self.client_id),
            ("client_secret", &self.client_secret),
            ("refresh_token", &self.refresh_token),
        ];
        let token = exchange::form(transport, service, &form, "access_token").await;
        token.map_err(|last| {
            let mut refused = refused_key(last);
            if refused.class == Class::GcsInvalidGrant.name() {
                "Sign in again: gcloud auth application-default login".clone_into(&mut refused.remedy);
            }
            refused
        })
    }
}

impl Federation {
    /// The service account in whose place it is, where it is in the place of one.
    fn account(&self) -> Option<String> {
        let url = self.service_account_impersonation_url.as_deref()?;
        let account = url.rsplit('/').next()?.split(':').next()?;
        Some(account.to_owned())
    }

    async fn token(&self, transport: &Transport, now: Timestamp) -> Result<String, Failure> {
        let class = Class::GkeWorkloadIdentityDenied;
        let Some(file) = self.credential_source["file"].as_str() else {
            let message = "the token to exchange is not in a file, and no other source of it is read here";
            return Err(Failure::of(Class::GcsNoCredentials, message));
        };
        let subject = match self.credential_source["format"]["subject_token_field_name"].as_str() {
            Some(field) => {
                let unreadable = |why: String| Failure::of(class, format!("the token in {} {why}", name(file)));
                let text = std::fs::read_to_string(file);
                let text = text.map_err(|error| unreadable(format!("cannot be read: {error}")))?;
                let value: Value = serde_json::from_str(&text).map_err(|_| unreadable("is no JSON".to_owned()))?;
                let token = value[field].as_str().map(str::to_owned);
                token.ok_or_else(|| unreadable(format!("has no field {}", quoted(field))))?
            }
            None => token::text(file, now).map_err(|error| Failure::of(class, error.to_string()))?,
        };
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ("audience", &self.audience),
            ("scope", SCOPE),
            ("subject_token_type", &self.subject_token_type),
            ("subject_token", &subject),
        ];
        let token = exchange::form(transport, &self.token_url, &form, "access_token").await;
        let refused = |last| failure(last, NOTHING, |answer| of_tokens(answer, || class));
        let token = token.map_err(refused)?;
        let Some(url) = &self.service_account_impersonation_url else {
            return Ok(token);
        };
        let body = serde_json::json!({"scope": [SCOPE]}).to_string();
        let request = Request::builder()
            .method(Method::POST)
            .uri(url)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(HttpRequestBody::from(body));
        let token = exchange::ask(transport, request, "accessToken").await;
        token.map_err(refused)
    }
}

fn refused_key(last: Option<Last>) -> Failure {
    failure(last, NOTHING, |answer| match answer.code() {
        // Google's sentence for a key that was signed at a time that is none.
        "invalid_grant" if says(answer, "reasonable timeframe") => Class::ClockSkew,
        "invalid_grant" | "invalid_client" | "unauthorized_client" => Class::GcsInvalidGrant,
        _ => of_tokens(answer, || Class::GcsNoCredentials),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pairs: &[(&str, &str)]) -> Result<Source, Failure> {
        find(&Surroundings::of(pairs))
    }

    #[test]
    fn a_key_is_read_from_its_variable_as_it_is_and_in_base64() {
        let key = r#"{"type": "service_account", "client_email": "backup@acme.iam.gserviceaccount.com", "private_key": "hidden"}"#;
        for text in [key.to_owned(), STANDARD.encode(key)] {
            let source = found(&[("GOOGLE_APPLICATION_CREDENTIALS_JSON", &text)]).unwrap();
            let words = source.in_words();
            assert!(
                words.starts_with("the key of `backup@acme.iam.gserviceaccount.com` from"),
                "{words}"
            );
            assert!(!words.contains("hidden"), "{words}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_named_and_not_shown() {
        for (text, expected) in [
            ("hidden", "is no JSON"),
            ("{\"hidden\": 1}", "has no type"),
            ("{\"type\": \"service_account\", \"hidden\": 1}", "lacks a field"),
            ("{\"type\": \"gdch\", \"hidden\": 1}", "is of the type `gdch`"),
        ] {
            let failure = found(&[("GOOGLE_APPLICATION_CREDENTIALS_JSON", text)]).err().unwrap();
            assert_eq!(failure.class, "gcs-no-credentials");
            assert!(failure.message.contains(expected), "{failure:?}");
            assert!(!failure.message.contains("hidden"), "{failure:?}");
        }
        let nowhere = found(&[("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")])
            .err()
            .unwrap();
        assert!(
            nowhere
                .message
                .starts_with("/nowhere/key.json, which GOOGLE_APPLICATION_CREDENTIALS names, cannot be read")
        );
    }

    #[test]
    fn a_federation_in_the_place_of_an_account_names_it() {
        let federation = Federation {
            audience: String::new(),
            subject_token_type: String::new(),
            token_url: String::new(),
            service_account_impersonation_url: Some(
                "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/backup@acme.iam.gserviceaccount.com:generateAccessToken"
                    .to_owned(),
            ),
            credential_source: Value::Null,
        };
        assert_eq!(
            federation.account().as_deref(),
            Some("backup@acme.iam.gserviceaccount.com")
        );
    }
}
