//! A provider of `OpenID Connect`, as far as it renews tokens: found by discovery, reached through the proxies of the
//! environment, and believed by the authority that it has of its own.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::{Serializer, byte_serialize};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Bytes, Incoming};
use kube::client::Body;
use neo4jbackup_core::quoted::printable;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use tokio::time::timeout;

use super::ConnectError;
use super::dial::{Sender, sender};
use super::failure::Server;
use super::flags::{ConnectionFlags, Surroundings};
use super::material::{Material, of_kubeconfig};
use super::proxy;
use super::setting::Setting;
use super::tls::{self, Shown, Trust};
use super::unanswered::Unanswered;

/// The most that is read of an answer.
const ANSWER_BYTES: usize = 1 << 20;
/// How long an answer may take where nobody says how long.
const PATIENCE: Duration = Duration::from_secs(30);
/// So much of what a provider says is quoted.
const QUOTED: usize = 200;
const NO_ADDRESS: &str = "its idp-issuer-url is no address of a server";

/// A provider.
pub(super) struct Provider {
    issuer: Uri,
    client_id: String,
    client_secret: SecretString,
    send: Sender,
    server: Server,
    limit: Option<Duration>,
    origin: Setting,
}

/// What a provider says of itself.
#[derive(Deserialize)]
struct Metadata {
    token_endpoint: Option<String>,
}

/// What it gives.
#[derive(Deserialize)]
pub(super) struct Given {
    #[serde(default, deserialize_with = "token")]
    pub(super) id_token: Option<SecretString>,
    #[serde(default, deserialize_with = "token")]
    pub(super) refresh_token: Option<SecretString>,
}

/// An empty one is none.
fn token<'de, D: Deserializer<'de>>(read: D) -> Result<Option<SecretString>, D::Error> {
    let text = Option::<String>::deserialize(read)?;
    Ok(text.filter(|text| !text.is_empty()).map(SecretString::from))
}

impl Provider {
    /// Reads what a kubeconfig says. No request is sent. `origin` is the field `auth-provider` of the user.
    pub(super) fn of(
        config: &HashMap<String, String>,
        flags: &ConnectionFlags,
        surroundings: &Surroundings,
        origin: Setting,
    ) -> Result<Self, ConnectError> {
        let value = |key: &str| config.get(key).filter(|value| !value.is_empty());
        let unusable = |why| ConnectError::Unusable {
            origin: origin.clone(),
            why,
        };
        let issuer = value("idp-issuer-url").ok_or_else(|| unusable("it has no idp-issuer-url"))?;
        let client_id = value("client-id").ok_or_else(|| unusable("it has no client-id"))?;
        let issuer: Uri = issuer.parse().map_err(|_| unusable(NO_ADDRESS))?;
        if !matches!(issuer.scheme_str(), Some("https" | "http")) {
            return Err(unusable(NO_ADDRESS));
        }
        // Another than those of a cluster, such a path starts from the folder of the caller.
        let file = value("idp-certificate-authority").map(|file| surroundings.current_directory.join(file));
        let authority = of_kubeconfig(
            value("idp-certificate-authority-data").map(String::as_str),
            file.as_ref().and_then(|file| file.to_str()),
            ["idp-certificate-authority-data", "idp-certificate-authority"],
            &|field| origin.with_field(field),
        )?;
        let proxy = proxy::of_environment(&issuer, surroundings)?;
        let trust = authority.as_ref().map_or(Trust::System, Trust::Authority);
        let configuration = tls::configuration(&trust, None, Arc::new(Shown::default()))?;
        Ok(Self {
            client_id: client_id.clone(),
            client_secret: value("client-secret").cloned().unwrap_or_default().into(),
            send: sender(proxy.as_ref(), None, configuration)?,
            server: Server {
                address: Server::shown(&issuer),
                origin: origin.with_field("idp-issuer-url"),
                authority: authority.map(|Material { origin, .. }| origin),
                authority_field: origin.with_field("idp-certificate-authority").to_string(),
                other_name: None,
                user: None,
                identity: None,
                proxy: proxy.map(|proxy| (Server::shown(proxy.address.uri()), proxy.origin)),
            },
            issuer,
            limit: Some(flags.request_timeout.unwrap_or(PATIENCE)).filter(|limit| !limit.is_zero()),
            origin,
        })
    }

    /// Its address.
    pub(super) fn address(&self) -> &str {
        &self.server.address
    }

    /// Has the provider give new tokens for the refresh token. Providers differ in where they want to read who asks, and
    /// refuse what they do not find.
    pub(super) async fn renewed(&self, refresh: &SecretString) -> Result<Given, Unanswered> {
        let (status, body) = self.ask(self.discovery()?).await?;
        let endpoint = serde_json::from_slice::<Metadata>(&body)
            .ok()
            .and_then(|metadata| metadata.token_endpoint);
        let endpoint = endpoint
            .filter(|_| status == StatusCode::OK)
            .and_then(|endpoint| endpoint.parse().ok());
        let endpoint: Uri = endpoint.ok_or_else(|| {
            let why = format!(
                "{} does not say where tokens are renewed ({}, /.well-known/openid-configuration)",
                self.server.address,
                status.as_u16()
            );
            self.failed(&why, &quotable(&body))
        })?;
        let (mut status, mut body) = self.ask(self.renewal(&endpoint, refresh, true)?).await?;
        if status != StatusCode::OK {
            let again = self.ask(self.renewal(&endpoint, refresh, false)?).await?;
            let knows_client = status != StatusCode::UNAUTHORIZED && !reason(&body).starts_with(" invalid_client");
            // What a provider says to those whom it knows is the better reason.
            if again.0 == StatusCode::OK || !knows_client {
                (status, body) = again;
            }
        }
        if status == StatusCode::OK {
            // Not quoted, as there may be tokens in it.
            let why = format!(
                "{} renews the token in an answer that is no JSON of the protocol",
                self.server.address
            );
            return serde_json::from_slice(&body).map_err(|_| self.failed(&why, ""));
        }
        let why = format!(
            "{} does not renew the token ({}{}): sign in again",
            self.server.address,
            status.as_u16(),
            reason(&body)
        );
        Err(self.failed(&why, &quotable(&body)))
    }

    fn discovery(&self) -> Result<Request<Body>, Unanswered> {
        let address = format!(
            "{}/.well-known/openid-configuration",
            self.issuer.to_string().trim_end_matches('/')
        );
        let request = Request::get(address)
            .header(ACCEPT, "application/json")
            .body(Body::empty());
        request.map_err(|error| self.failed(NO_ADDRESS, &error.to_string()))
    }

    fn renewal(&self, endpoint: &Uri, refresh: &SecretString, in_header: bool) -> Result<Request<Body>, Unanswered> {
        let secret = self.client_secret.expose_secret();
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "refresh_token");
        form.append_pair("refresh_token", refresh.expose_secret());
        let mut request = Request::builder().method(Method::POST).uri(endpoint);
        if in_header {
            let escaped = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
            let both = format!("{}:{}", escaped(&self.client_id), escaped(secret));
            request = request.header(AUTHORIZATION, format!("Basic {}", STANDARD.encode(both)));
        } else {
            form.append_pair("client_id", &self.client_id);
            if !secret.is_empty() {
                form.append_pair("client_secret", secret);
            }
        }
        let request = request
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .body(Body::from(form.finish().into_bytes()));
        request.map_err(|error| self.failed("its token_endpoint is no address of a server", &error.to_string()))
    }

    async fn ask(&self, request: Request<Body>) -> Result<(StatusCode, Bytes), Unanswered> {
        let asking = async {
            let answer: Response<Incoming> = (self.send)(request)
                .await
                .map_err(|error| self.server.explain(&error))?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), ANSWER_BYTES).collect().await;
            let body = body.map_err(|error| self.failed("the answer of its provider broke off", &error.to_string()))?;
            Ok((status, body.to_bytes()))
        };
        match self.limit {
            Some(limit) => timeout(limit, asking).await.map_err(|_| self.server.silent(limit))?,
            None => asking.await,
        }
    }

    /// Why there is no token.
    pub(super) fn failed(&self, why: &str, details: &str) -> Unanswered {
        Unanswered::provider(why, &self.origin, details)
    }
}

/// What a provider says of why it refuses, by the protocol.
fn reason(body: &[u8]) -> String {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |key| {
        answer
            .get(key)
            .and_then(Value::as_str)
            .map(|text| quotable(text.as_bytes()))
    };
    match (text("error"), text("error_description")) {
        (Some(error), Some(description)) => format!(" {error}: {description}"),
        (Some(error), None) => format!(" {error}"),
        _ => String::new(),
    }
}

/// Text of others, in one line and not too long.
fn quotable(body: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(body).chars().take(QUOTED).collect();
    printable(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_quoted_in_one_line() {
        assert_eq!(
            reason(br#"{"error": "invalid_grant", "error_description": "used\nup"}"#),
            " invalid_grant: used\\nup"
        );
        assert_eq!(reason(b"<html>"), "");
    }
}
