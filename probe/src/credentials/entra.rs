//! Tokens of Azure: those that Entra gives to an application, and those of the node. They are fetched here, because the store's
//! library takes what is said of their time for true, whatever it is.

use http::{Method, Request};
use object_store::client::HttpRequestBody;

use super::exchange;
use crate::answer::Answer;
use crate::class::Class;
use crate::judge::of_tokens;
use crate::transport::{Last, Transport};

/// Who gives tokens in the public cloud.
const USUAL: &str = "https://login.microsoftonline.com";
/// What the token is for, in the words of Entra and in those of a node.
const SCOPE: &str = "https://storage.azure.com/.default";
const RESOURCE: &str = "https://storage.azure.com";
/// The version of the question to a node.
const VERSION: &str = "2019-08-01";

/// An application or managed identity, and who knows it.
pub(crate) struct Application {
    pub(super) client: String,
    pub(super) tenant: String,
    pub(super) authority: Option<String>,
}

impl Application {
    /// Its token, for what proves that it is the application.
    pub(super) async fn token(&self, transport: &Transport, proof: &[(&str, &str)]) -> Result<String, Option<Last>> {
        let authority = self.authority.as_deref().unwrap_or(USUAL).trim_end_matches('/');
        let service = format!("{authority}/{}/oauth2/v2.0/token", self.tenant);
        let mut form = vec![
            ("client_id", self.client.as_str()),
            ("scope", SCOPE),
            ("grant_type", "client_credentials"),
        ];
        form.extend(proof);
        exchange::form(transport, &service, &form, "access_token").await
    }
}

/// The token of the node, or of one of several identities that it has.
pub(super) async fn of_node(
    transport: &Transport,
    address: &str,
    client: Option<&str>,
) -> Result<String, Option<Last>> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("api-version", VERSION)
        .append_pair("resource", RESOURCE);
    if let Some(client) = client {
        query.append_pair("client_id", client);
    }
    let request = Request::builder()
        .method(Method::GET)
        .uri(format!("{address}?{}", query.finish()))
        .header("Metadata", "true")
        .body(HttpRequestBody::empty());
    exchange::ask(transport, request, "access_token").await
}

/// What a refusal of an application is. Entra numbers them; `otherwise` is the class of those that are not listed.
pub(super) fn class_of(answer: &Answer, otherwise: Class) -> Class {
    of_tokens(answer, || match number(answer) {
        // The assertion is not of this time.
        Some("700024") => Class::ClockSkew,
        Some("700016" | "90002" | "900023") => Class::AzureApplicationUnknown,
        Some("7000215" | "7000222") => Class::AzureClientSecretBad,
        _ => otherwise,
    })
}

/// The digits of `AADSTS700213: …`.
fn number(answer: &Answer) -> Option<&str> {
    let (_, rest) = answer.message.as_deref()?.split_once("AADSTS")?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit());
    Some(&rest[..end.unwrap_or(rest.len())])
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode, Uri};

    use super::*;

    fn class(status: u16, body: &str, otherwise: Class) -> Class {
        let status = StatusCode::from_u16(status).unwrap();
        let body = Bytes::copy_from_slice(body.as_bytes());
        let answer = Answer::read(Uri::from_static("https://entra"), status, &HeaderMap::new(), &body);
        class_of(&answer, otherwise)
    }

    /// The sentences are Entra's.
    #[test]
    fn each_refusal_is_of_what_it_is_about() {
        let secret = Class::Unknown;
        let identity = Class::AzureFederationMismatch;
        for (sentence, otherwise, expected) in [
            (
                "AADSTS7000215: Invalid client secret provided.",
                secret,
                Class::AzureClientSecretBad,
            ),
            (
                "AADSTS7000222: The provided client secret keys for app are expired.",
                secret,
                Class::AzureClientSecretBad,
            ),
            (
                "AADSTS700016: Application with identifier 'x' was not found in the directory 'y'.",
                secret,
                Class::AzureApplicationUnknown,
            ),
            (
                "AADSTS90002: Tenant 'x' not found.",
                secret,
                Class::AzureApplicationUnknown,
            ),
            ("AADSTS7000112: Application 'x' is disabled.", secret, Class::Unknown),
            (
                "AADSTS700016: Application with identifier 'x' was not found in the directory 'y'.",
                identity,
                Class::AzureApplicationUnknown,
            ),
            (
                "AADSTS700213: No matching federated identity record found.",
                identity,
                Class::AzureFederationMismatch,
            ),
            (
                "AADSTS700024: Client assertion is not within its valid time range.",
                identity,
                Class::ClockSkew,
            ),
            (
                "AADSTS700023: Client assertion audience claim does not match Realm issuer.",
                identity,
                Class::AzureFederationMismatch,
            ),
        ] {
            let body = serde_json::json!({"error": "invalid_client", "error_description": sentence}).to_string();
            assert_eq!(class(401, &body, otherwise), expected, "{sentence}");
        }
    }

    #[test]
    fn a_service_in_trouble_says_nothing_about_credentials() {
        let busy = "{\"error\": \"temporarily_unavailable\", \"error_description\": \"AADSTS90033: A transient error has occurred.\"}";
        for (status, body, expected) in [
            (429, busy, Class::Unknown),
            (503, busy, Class::Unknown),
            (503, "", Class::Unknown),
            (502, "<!DOCTYPE html><p>no<br>", Class::EndpointNotAStore),
            (403, "<!DOCTYPE html><p>no<br>", Class::EndpointNotAStore),
            (302, "", Class::EndpointNotAStore),
            (407, "", Class::ProxyRefused),
        ] {
            let found = class(status, body, Class::AzureFederationMismatch);
            assert_eq!(found, expected, "{status} {body}");
        }
    }
}
