//! What tells a server who asks: a token, a file with one, a password, or a program that gets some.

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use kube::config::{AuthInfo, Cluster};
use rustls::sign::CertifiedKey;
use secrecy::{ExposeSecret as _, SecretString};

use super::ConnectError;
use super::exec::Exec;
use super::flags::{ConnectionFlags, Surroundings};
use super::material::Material;
use super::oidc::OpenIdConnect;
use super::setting::Setting;
use super::unanswered::Unanswered;

/// What tells a server who asks.
#[derive(Debug)]
pub(super) enum Credentials {
    /// Nothing but perhaps a certificate.
    None,
    Token(SecretString),
    /// A file with a token that somebody keeps fresh, and the token to take where it cannot be read.
    TokenFile(PathBuf, Option<SecretString>),
    Password(String, SecretString),
    Exec(Box<Exec>),
    /// A provider of the protocol `OpenID Connect`.
    OpenIdConnect(Box<OpenIdConnect>),
}

impl Credentials {
    /// Returns what flags and the kubeconfig say. No program is started and no file is read.
    pub(super) fn of(
        flags: &ConnectionFlags,
        surroundings: &Surroundings,
        user: &AuthInfo,
        cluster: &Cluster,
        authority: Option<&Material>,
        origin: Option<Setting>,
    ) -> Result<Self, ConnectError> {
        if let Some(token) = &flags.token {
            return Ok(Self::Token(token.clone()));
        }
        let token = user.token.clone().filter(|token| !token.expose_secret().is_empty());
        if let Some(file) = user.token_file.as_ref().filter(|file| !file.is_empty()) {
            return Ok(Self::TokenFile(file.into(), token));
        }
        if let Some(token) = token {
            return Ok(Self::Token(token));
        }
        if let Some(name) = user.username.as_ref().filter(|name| !name.is_empty()) {
            return Ok(Self::Password(name.clone(), user.password.clone().unwrap_or_default()));
        }
        let origin = origin.unwrap_or(Setting::Pod);
        if let Some(exec) = &user.exec {
            return Ok(Self::Exec(Box::new(Exec::of(exec, cluster, flags, authority, origin)?)));
        }
        match &user.auth_provider {
            Some(provider) if provider.name == "oidc" => {
                let origin = origin.with_field("auth-provider");
                let provider = OpenIdConnect::of(&provider.config, flags, surroundings, origin)?;
                Ok(Self::OpenIdConnect(Box::new(provider)))
            }
            Some(provider) => Err(ConnectError::UnknownProvider {
                name: provider.name.clone(),
                origin: origin.with_field("auth-provider"),
            }),
            None => Ok(Self::None),
        }
    }

    /// The field of the user that they come from.
    pub(super) fn field(&self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Token(_) => Some("token"),
            Self::TokenFile(..) => Some("tokenFile"),
            Self::Password(..) => Some("username"),
            Self::Exec(_) => Some("exec"),
            Self::OpenIdConnect(_) => Some("auth-provider"),
        }
    }

    /// Returns the header that a request carries, and the certificate that a program has given along with it.
    pub(super) async fn present(&self) -> Result<Presented, Unanswered> {
        let bearer = |token: &str| header(&format!("Bearer {}", token.trim()));
        let header = match self {
            Self::None => None,
            Self::Token(token) => Some(bearer(token.expose_secret())?),
            Self::TokenFile(file, token) => match (tokio::fs::read_to_string(file).await, token) {
                (Ok(read), _) if !read.trim().is_empty() => Some(bearer(&read)?),
                (_, Some(token)) => Some(bearer(token.expose_secret())?),
                (Ok(_), None) => return Err(Unanswered::token_file(file, "it is empty", "")),
                (Err(error), None) => {
                    let reason = super::plain(&error);
                    return Err(Unanswered::token_file(file, &reason, &error.to_string()));
                }
            },
            Self::Password(name, password) => {
                let both = format!("{name}:{}", password.expose_secret());
                Some(header(&format!("Basic {}", STANDARD.encode(both)))?)
            }
            Self::Exec(exec) => {
                let issued = exec.issued().await?;
                return Ok(Presented {
                    header: issued
                        .token
                        .as_ref()
                        .map(|token| bearer(token.expose_secret()))
                        .transpose()?,
                    key: issued.key,
                    note: None,
                });
            }
            Self::OpenIdConnect(provider) => {
                let (token, note) = provider.token().await?;
                return Ok(Presented {
                    header: Some(bearer(token.expose_secret())?),
                    key: None,
                    note,
                });
            }
        };
        Ok(Presented {
            header,
            key: None,
            note: None,
        })
    }
}

/// What a request is made with.
pub(super) struct Presented {
    pub(super) header: Option<HeaderValue>,
    /// The certificate for connections that are yet to be made.
    pub(super) key: Option<Arc<CertifiedKey>>,
    /// What a person should know, though it stops nothing.
    pub(super) note: Option<String>,
}

fn header(text: &str) -> Result<HeaderValue, Unanswered> {
    let mut header = HeaderValue::try_from(text).map_err(|_| Unanswered::malformed_credentials())?;
    header.set_sensitive(true);
    Ok(header)
}
