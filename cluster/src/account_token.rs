//! A token of a `ServiceAccount`, asked for to see what it says, and let go at once.

use http::header::CONTENT_TYPE;
use neo4jbackup_core::auth::{Claims, claims};
use secrecy::zeroize::Zeroizing;
use serde::Deserialize;
use serde_json::json;

use crate::connect::Cluster;
use crate::objects::NoAnswer;

/// The shortest life that the API server gives to a token, in seconds.
const SECONDS: u64 = 600;

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The API server gives none.
    #[error("the cluster gives no token for ServiceAccount {account} in namespace {namespace}")]
    Refused {
        /// The namespace.
        namespace: String,
        /// The account.
        account: String,
        /// What it says.
        source: NoAnswer,
    },
    /// What it gives cannot be read.
    #[error("what the cluster gives for ServiceAccount {0} is no token that can be read")]
    Unreadable(String),
}

/// The answer to a request for a token, which stays where the answer has it.
#[derive(Deserialize)]
struct Answer<'t> {
    #[serde(borrow)]
    status: Status<'t>,
}

#[derive(Deserialize)]
struct Status<'t> {
    token: &'t str,
}

/// Asks the API server for a token of an account, for this audience or else for its own, and returns what it says. The text
/// of the answer, with the token, is overwritten before this returns; the buffers of the HTTP client are not ours.
pub async fn account_claims(
    cluster: &Cluster,
    namespace: &str,
    account: &str,
    audience: Option<&str>,
) -> Result<Claims, TokenError> {
    let refused = |source| TokenError::Refused {
        namespace: namespace.to_owned(),
        account: account.to_owned(),
        source,
    };
    let audiences: Vec<&str> = audience.into_iter().collect();
    let body = json!({
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"audiences": audiences, "expirationSeconds": SECONDS},
    });
    let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token");
    let request = http::Request::post(path)
        .header(CONTENT_TYPE, "application/json")
        .body(body.to_string().into_bytes())
        .map_err(|error| refused(error.into()))?;
    let text = cluster.client().request_text(request).await;
    let text = Zeroizing::new(text.map_err(|error| refused(NoAnswer::of(error)))?);
    let unreadable = || TokenError::Unreadable(account.to_owned());
    let answer: Answer<'_> = serde_json::from_str(&text).map_err(|_| unreadable())?;
    claims(answer.status.token).ok_or_else(unreadable)
}

/// Asks the API server who issues the tokens of its accounts, or returns `None` where it does not say so.
pub async fn token_issuer(cluster: &Cluster) -> Option<String> {
    let request = http::Request::get("/.well-known/openid-configuration")
        .body(Vec::new())
        .ok()?;
    let answer: serde_json::Value = cluster.client().request(request).await.ok()?;
    answer["issuer"].as_str().map(str::to_owned)
}
