//! That nobody has answered, or nobody could be asked, in one sentence.

use std::error::Error;
use std::path::Path;

use neo4jbackup_core::quoted::{Quoted, printable};

use super::setting::Setting;

/// Nobody has answered, or only to say that they do not know who asks.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{sentence}")]
pub struct Unanswered {
    pub(super) sentence: String,
    /// The errors behind it, for those who want to see them.
    pub(super) details: String,
}

impl Unanswered {
    /// Finds one among an error and its causes.
    pub fn of<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e Self> {
        let mut error = Some(error);
        while let Some(current) = error {
            if let Some(found) = current.downcast_ref() {
                return Some(found);
            }
            error = current.source();
        }
        None
    }

    /// The errors behind it, for those who want to see them; empty where there are none.
    pub fn details(&self) -> &str {
        &self.details
    }

    /// A program for credentials that gave none.
    pub(super) fn plugin(command: &str, why: &str, said: Option<&str>, origin: &Setting, details: &str) -> Self {
        let said = said.map_or_else(String::new, |said| format!(": {}", printable(said)));
        Self {
            sentence: format!(
                "the credential plugin {} gave no credentials: {why}{said}; it is {origin}",
                Quoted(command)
            ),
            details: details.to_owned(),
        }
    }

    /// A file with a token that cannot be read.
    pub(super) fn token_file(file: &Path, why: &str, details: &str) -> Self {
        Self {
            sentence: format!("there is no token in {}: {why}", file.display()),
            details: details.to_owned(),
        }
    }

    /// A provider of `OpenID Connect` that gave no token.
    pub(super) fn provider(why: &str, origin: &Setting, details: &str) -> Self {
        Self {
            sentence: format!("the sign-in by OpenID Connect failed: {why}; it is {origin}"),
            details: details.to_owned(),
        }
    }

    /// A token that no header can carry.
    pub(super) fn malformed_credentials() -> Self {
        Self {
            sentence: "the token has characters that no header can carry".to_owned(),
            details: String::new(),
        }
    }
}
