//! `auth-provider` `oidc`: a token that a provider of `OpenID Connect` gave, and renews when it has expired. As with kubectl,
//! the new ones are written into the kubeconfig.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use neo4jbackup_core::quoted::Quoted;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;

use super::ConnectError;
use super::flags::{ConnectionFlags, Surroundings};
use super::provider::Provider;
use super::setting::Setting;
use super::token_store::{TokenStore, Tokens};
use super::unanswered::Unanswered;

/// A token that expires this soon is renewed already.
const EARLY: Duration = Duration::from_secs(10);

/// A provider, and what it has given.
#[derive(Clone)]
pub(super) struct OpenIdConnect(Arc<Account>);

struct Account {
    provider: Provider,
    state: Mutex<State>,
    store: Option<TokenStore>,
    origin: Setting,
    may_renew: bool,
}

struct State {
    tokens: Tokens,
    /// Whether the kubeconfig has these, or newer ones of another program.
    is_stored: bool,
}

impl fmt::Debug for OpenIdConnect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OpenIdConnect({})", self.0.origin)
    }
}

impl OpenIdConnect {
    /// Reads what a kubeconfig says. No request is sent. `origin` is the field `auth-provider` of the user.
    pub(super) fn of(
        config: &HashMap<String, String>,
        flags: &ConnectionFlags,
        surroundings: &Surroundings,
        origin: Setting,
    ) -> Result<Self, ConnectError> {
        let token = |key: &str| {
            let text = config.get(key).filter(|text| !text.is_empty())?;
            Some(SecretString::from(text.as_str()))
        };
        let store = match &origin {
            Setting::Field { name, file, .. } => Some(TokenStore {
                file: surroundings.current_directory.join(file),
                user: name.clone(),
            }),
            _ => None,
        };
        Ok(Self(Arc::new(Account {
            provider: Provider::of(config, flags, surroundings, origin.clone())?,
            state: Mutex::new(State {
                tokens: Tokens {
                    id: token("id-token"),
                    refresh: token("refresh-token"),
                },
                is_stored: true,
            }),
            store,
            origin,
            may_renew: !surroundings.gives_up_soon,
        })))
    }

    /// Returns a token that is valid, and what a person should know of how it came about.
    ///
    /// Whoever asks may give up meanwhile. A provider takes a refresh token once: what it gives for it is stored all the same, as
    /// long as the runtime goes on. A command that ends before that loses it, and its user has to sign in again.
    pub(super) async fn token(&self) -> Result<(SecretString, Option<String>), Unanswered> {
        let account = Arc::clone(&self.0);
        let asking = tokio::spawn(async move { account.token().await });
        asking.await.unwrap_or_else(|error| {
            let why = "its token could not be renewed";
            Err(self.0.provider.failed(why, &error.to_string()))
        })
    }
}

impl Account {
    async fn token(&self) -> Result<(SecretString, Option<String>), Unanswered> {
        let mut state = self.state.lock().await;
        let State { tokens, is_stored } = &mut *state;
        if let Some(token) = self.valid(tokens)? {
            return Ok((token, None));
        }
        if *is_stored && let Some(stored) = self.store.as_ref().and_then(TokenStore::load) {
            *tokens = stored;
            if let Some(token) = self.valid(tokens)? {
                return Ok((token, None));
            }
        }
        let Some(refresh) = tokens.refresh.clone() else {
            let why = "its id-token has expired, and there is no refresh-token to renew it by: sign in again";
            return Err(self.provider.failed(why, ""));
        };
        if !self.may_renew {
            return Err(self.provider.failed("its id-token has expired", ""));
        }
        let given = match self.provider.renewed(&refresh).await {
            Ok(given) => given,
            Err(error) => {
                // Another program may have used the same refresh token a moment before, and stored what it got.
                if *is_stored
                    && let Some(stored) = self.store.as_ref().and_then(TokenStore::load)
                    && let Some(token) = self.valid(&stored)?
                {
                    *tokens = stored;
                    return Ok((token, None));
                }
                return Err(error);
            }
        };
        let Some(token) = given.id_token else {
            let why = format!(
                "{} gave no id_token when the refresh-token was used: sign in again, with the scope openid",
                self.provider.address()
            );
            return Err(self.provider.failed(&why, ""));
        };
        tokens.id = Some(token.clone());
        tokens.refresh = given.refresh_token.or(Some(refresh));
        let stored = self.store.as_ref().map(|store| (store, store.save(tokens)));
        *is_stored = matches!(stored, Some((_, Ok(()))));
        let note = match stored {
            Some((store, Err(error))) => Some(format!(
                "the renewed tokens of the user {} are not stored in {}: {error}; the next command may have to sign in again",
                Quoted(&store.user),
                store.file.display()
            )),
            _ => None,
        };
        Ok((token, note))
    }

    /// Returns the token, if it is there and valid.
    fn valid(&self, tokens: &Tokens) -> Result<Option<SecretString>, Unanswered> {
        let Some(token) = &tokens.id else { return Ok(None) };
        let expires = expiry(token.expose_secret());
        let expires = expires.ok_or_else(|| {
            self.provider
                .failed("its id-token is no token of OpenID Connect: sign in again", "")
        })?;
        let is_valid = Timestamp::now().as_second() + EARLY.as_secs().cast_signed() < expires;
        Ok(is_valid.then(|| token.clone()))
    }
}

/// When a token expires, in seconds since 1970.
#[expect(clippy::cast_possible_truncation, reason = "times far from now are only compared")]
fn expiry(token: &str) -> Option<i64> {
    let payload = token.split('.').nth(1)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?).ok()?;
    let expires = claims.get("exp")?;
    expires.as_i64().or_else(|| Some(expires.as_f64()? as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expiry_of_a_token_is_a_number_of_any_kind() {
        let token = |claims: &str| format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
        assert_eq!(expiry(&token(r#"{"exp": 1700000000}"#)), Some(1_700_000_000));
        assert_eq!(expiry(&token(r#"{"exp": 1.7e9}"#)), Some(1_700_000_000));
        for nonsense in [token("{}"), token("nonsense"), "opaque".to_owned(), String::new()] {
            assert_eq!(expiry(&nonsense), None, "{nonsense}");
        }
    }
}
