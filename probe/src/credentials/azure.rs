//! Credentials of Azure: those of the storage account itself, and else in the order of Azure's own libraries: the secret of an
//! application, a workload identity, the identity of the node.

use jiff::Timestamp;
use neo4jbackup_core::quoted::{name, quoted};
use object_store::azure::{AzureConfigKey as Setting, MicrosoftAzureBuilder};
use serde::Deserialize;

use super::clean;
use super::exchange::NOTHING;
use super::token::{self, TokenError};
use crate::answer::Answer;
use crate::class::Class;
use crate::endpoint;
use crate::judge::{failure, says};
use crate::owner::Owner;
use crate::report::Failure;
use crate::task::Surroundings;
use crate::transport::Last;

/// Where the credentials come from.
pub(crate) enum Source {
    /// The key of the storage account.
    Key(String),
    /// A shared access signature.
    Signature(String),
    /// The secret of an application.
    Secret { application: Application, secret: String },
    /// A token of the ServiceAccount, for which Azure gives one of its own.
    WorkloadIdentity {
        application: Application,
        token_file: String,
        token: String,
    },
    /// The metadata service of the node, for which `client` names one of several identities.
    Node { address: String, client: Option<String> },
}

/// An application or managed identity, and who knows it.
pub(crate) struct Application {
    client: String,
    tenant: String,
    authority: Option<String>,
}

/// What Azure's tokens say of their owner.
#[derive(Deserialize)]
struct Claims {
    appid: Option<String>,
    azp: Option<String>,
    oid: Option<String>,
}

impl Source {
    /// In words.
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::Key(_) => "the key of the storage account from AZURE_STORAGE_KEY".to_owned(),
            Self::Signature(_) => "the shared access signature from AZURE_STORAGE_SAS_TOKEN".to_owned(),
            Self::Secret { application, .. } => format!("the secret of application {}", quoted(&application.client)),
            Self::WorkloadIdentity { application, token, .. } => {
                format!("the identity {} for the token of {token}", quoted(&application.client))
            }
            Self::Node { client: None, .. } => {
                "the metadata service of the node: nothing names an identity of the pod's own".to_owned()
            }
            Self::Node {
                client: Some(client), ..
            } => {
                format!(
                    "the metadata service of the node, asked for {}: there is no token of the pod's own",
                    quoted(client)
                )
            }
        }
    }

    /// Hands it to the library.
    pub(crate) fn put_into(&self, builder: MicrosoftAzureBuilder) -> MicrosoftAzureBuilder {
        let of = |application: &Application| {
            let builder = builder
                .clone()
                .with_client_id(&application.client)
                .with_tenant_id(&application.tenant);
            match &application.authority {
                Some(authority) => builder.with_authority_host(authority.trim_end_matches('/')),
                None => builder,
            }
        };
        match self {
            Self::Key(key) => builder.with_access_key(key),
            Self::Signature(signature) => builder.with_config(Setting::SasKey, signature),
            Self::Secret { application, secret } => of(application).with_client_secret(secret),
            Self::WorkloadIdentity {
                application,
                token_file,
                ..
            } => of(application).with_federated_token_file(token_file),
            Self::Node { address, client } => {
                let builder = builder.with_msi_endpoint(address);
                match client {
                    Some(client) => builder.with_client_id(client),
                    None => builder,
                }
            }
        }
    }

    /// Why the library cannot take it.
    pub(crate) fn unusable(&self) -> Failure {
        match self {
            Self::Key(_) => Failure::of(
                Class::AzureBadKey,
                "the value of AZURE_STORAGE_KEY is no base64, as every key is",
            ),
            Self::Signature(_) => Failure::of(
                Class::AzureBadKey,
                "the value of AZURE_STORAGE_SAS_TOKEN is no shared access signature",
            ),
            _ => Failure::of(self.class(), format!("{} cannot be used", self.in_words())),
        }
    }

    /// Why it gives no token.
    pub(crate) fn refused(&self, last: Option<Last>) -> Failure {
        match (self, last) {
            (Self::Node { .. }, Some(Last::Broken(broken))) => {
                let message = format!(
                    "there is no key and no token of the pod's own, and the node gives none: {}",
                    broken.message
                );
                Failure::of(Class::AzureNoCredentials, message)
            }
            (_, last) => failure(last, NOTHING, |answer| self.class_of(answer)),
        }
    }

    /// Whose token it is.
    pub(crate) fn owner_of(&self, token: &str) -> Result<Owner, Failure> {
        if token.is_empty() || token.contains(|letter: char| !letter.is_ascii_graphic()) {
            let message = format!("what {} gives holds characters that no token has", self.in_words());
            return Err(Failure::of(self.class(), message));
        }
        let claims: Option<Claims> = token::claims_of(token);
        Ok(Owner {
            name: claims.and_then(|claims| claims.appid.or(claims.azp).or(claims.oid)),
            is_node: matches!(self, Self::Node { .. }),
            why_unknown: "the token does not say whose it is",
        })
    }

    fn class(&self) -> Class {
        match self {
            Self::Key(_) | Self::Signature(_) => Class::AzureBadKey,
            Self::Secret { .. } => Class::AzureClientSecretBad,
            Self::WorkloadIdentity { .. } => Class::AzureFederationMismatch,
            Self::Node { .. } => Class::AzureNoCredentials,
        }
    }

    /// Entra numbers its refusals.
    fn class_of(&self, answer: &Answer) -> Class {
        // The assertion is not of this time.
        if says(answer, "aadsts700024") || says(answer, "aadsts700023") {
            return Class::ClockSkew;
        }
        match self {
            Self::WorkloadIdentity { .. } if says(answer, "aadsts") => Class::AzureFederationMismatch,
            _ if answer.is_foreign || answer.status.is_redirection() => Class::EndpointNotAStore,
            _ => self.class(),
        }
    }
}

/// Finds the first source that is there.
pub(crate) fn find(surroundings: &Surroundings, now: Timestamp) -> Result<Source, Failure> {
    if let Some(key) = clean(surroundings, "AZURE_STORAGE_KEY", Class::AzureBadKey)? {
        return Ok(Source::Key(key));
    }
    if let Some(signature) = clean(surroundings, "AZURE_STORAGE_SAS_TOKEN", Class::AzureBadKey)? {
        return Ok(Source::Signature(signature.trim_start_matches('?').to_owned()));
    }
    let class = Class::AzureNoCredentials;
    let client = clean(surroundings, "AZURE_CLIENT_ID", class)?;
    let tenant = clean(surroundings, "AZURE_TENANT_ID", class)?;
    let authority = clean(surroundings, "AZURE_AUTHORITY_HOST", class)?;
    if let Some(authority) = &authority {
        endpoint::read(authority).map_err(|failure| {
            let message = format!("AZURE_AUTHORITY_HOST: {}", failure.message);
            Failure { message, ..failure }
        })?;
    }
    let token_file = clean(surroundings, "AZURE_FEDERATED_TOKEN_FILE", class)?;
    let secret = clean(surroundings, "AZURE_CLIENT_SECRET", Class::AzureClientSecretBad)?;
    match (client, tenant, secret, token_file) {
        (Some(client), Some(tenant), Some(secret), _) => {
            let application = Application {
                client,
                tenant,
                authority,
            };
            Ok(Source::Secret { application, secret })
        }
        (Some(client), Some(tenant), None, Some(token_file)) => {
            let application = Application {
                client,
                tenant,
                authority,
            };
            let claims = token::read(&token_file, now).map_err(|error| {
                let class = match error {
                    TokenError::Expired { .. } => Class::AzureTokenExpired,
                    TokenError::Unreadable { .. } | TokenError::NoToken(_) => Class::AzureFederationMismatch,
                };
                Failure::of(class, error.to_string())
            })?;
            Ok(Source::WorkloadIdentity {
                application,
                token_file,
                token: claims.in_words(),
            })
        }
        (None, _, _, Some(file)) | (_, None, _, Some(file)) => {
            let message = format!(
                "AZURE_FEDERATED_TOKEN_FILE names {}, and AZURE_CLIENT_ID or AZURE_TENANT_ID is not set",
                name(&file)
            );
            Err(Failure::of(class, message))
        }
        (client, ..) => {
            let host = clean(surroundings, "AZURE_POD_IDENTITY_AUTHORITY_HOST", class)?;
            let host = host.unwrap_or_else(|| "http://169.254.169.254".to_owned());
            Ok(Source::Node {
                address: format!("{}/metadata/identity/oauth2/token", host.trim_end_matches('/')),
                client,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pairs: &[(&str, &str)]) -> Result<Source, Failure> {
        find(&Surroundings::of(pairs), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_key_goes_before_a_token_and_the_node_comes_last() {
        let token = ("AZURE_FEDERATED_TOKEN_FILE", "/nowhere/token");
        assert!(matches!(
            found(&[("AZURE_STORAGE_KEY", "a2V5"), token]),
            Ok(Source::Key(_))
        ));
        let half = found(&[token, ("AZURE_TENANT_ID", "tenant")]).err().unwrap();
        assert!(
            half.message.contains("AZURE_CLIENT_ID or AZURE_TENANT_ID is not set"),
            "{half:?}"
        );
        let gone = found(&[token, ("AZURE_TENANT_ID", "tenant"), ("AZURE_CLIENT_ID", "client")]);
        assert_eq!(gone.err().unwrap().class, "azure-federation-mismatch");
        assert!(matches!(
            found(&[("AZURE_CLIENT_ID", "client")]),
            Ok(Source::Node { client: Some(_), .. })
        ));
    }

    #[test]
    fn a_key_that_ends_in_a_line_break_is_named_and_not_shown() {
        let failure = found(&[("AZURE_STORAGE_KEY", "hidden\n")]).err().unwrap();
        assert_eq!(failure.message, "the value of AZURE_STORAGE_KEY ends in a line break");
    }
}
