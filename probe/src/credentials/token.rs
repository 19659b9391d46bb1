//! A token that the API server has projected into the pod.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use neo4jbackup_core::quoted::{name, quoted};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::class::Class;
use crate::report::Failure;

/// What a token says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Claims {
    /// Who signed it.
    #[serde(default)]
    pub iss: String,
    /// Whom it is of: `system:serviceaccount:NAMESPACE:NAME`.
    #[serde(default)]
    pub sub: String,
    /// Until when it is good, in seconds.
    pub exp: Option<i64>,
}

/// Why a token cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokenError {
    /// The file.
    #[error("the token in {} cannot be read: {source}", name(path))]
    Unreadable { path: String, source: std::io::Error },
    /// What is in it.
    #[error("what is in {} is no token", name(.0))]
    NoToken(String),
    /// Its time is over.
    #[error("the token in {} of {} has expired at {at}", name(path), quoted(subject))]
    Expired {
        path: String,
        subject: String,
        at: Timestamp,
    },
}

impl TokenError {
    /// As it stands in a report: of one class where its time is over, and of another one otherwise.
    pub(crate) fn failure(&self, expired: Class, otherwise: Class) -> Failure {
        let class = match self {
            Self::Expired { .. } => expired,
            Self::Unreadable { .. } | Self::NoToken(_) => otherwise,
        };
        Failure::of(class, self.to_string())
    }
}

/// Reads what the token in a file says of itself. Its signature is for the provider to check.
pub(crate) fn read(path: &str, now: Timestamp) -> Result<Claims, TokenError> {
    let claims = claims_of(&whole(path)?).ok_or_else(|| TokenError::NoToken(path.to_owned()))?;
    in_time(path, claims, now)
}

/// Reads the token in a file itself, which need not be one that says anything.
pub(crate) fn text(path: &str, now: Timestamp) -> Result<String, TokenError> {
    let token = whole(path)?;
    if let Some(claims) = claims_of::<Claims>(&token) {
        in_time(path, claims, now)?;
    }
    Ok(token)
}

fn whole(path: &str) -> Result<String, TokenError> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|source| TokenError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    Ok(text.trim().to_owned())
}

fn in_time(path: &str, claims: Claims, now: Timestamp) -> Result<Claims, TokenError> {
    match claims.exp.and_then(|seconds| Timestamp::from_second(seconds).ok()) {
        Some(at) if at <= now => Err(TokenError::Expired {
            path: path.to_owned(),
            subject: claims.sub,
            at,
        }),
        _ => Ok(claims),
    }
}

/// What a token says of itself, or `None` if it is another sort of text.
pub(crate) fn claims_of<C: DeserializeOwned>(token: &str) -> Option<C> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

impl Claims {
    /// In words: whose token it is, and until when.
    pub(crate) fn in_words(&self) -> String {
        let until = self.exp.and_then(|seconds| Timestamp::from_second(seconds).ok());
        let until = until.map_or_else(String::new, |at| format!(", good until {at}"));
        format!("{} by {}{until}", quoted(&self.sub), quoted(&self.iss))
    }
}
