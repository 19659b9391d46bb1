//! Credentials of Azure: those of the storage account itself, and else in the order of Azure's own libraries: the secret of an
//! application, a workload identity, the identity of the node.

use jiff::Timestamp;
use neo4jbackup_core::quoted::{name, quoted};
use object_store::azure::{AzureConfigKey as Setting, MicrosoftAzureBuilder};
use serde::Deserialize;

use super::clean;
use super::entra::{self, Application};
use super::exchange::NOTHING;
use super::token;
use crate::answer::Answer;
use crate::class::Class;
use crate::endpoint;
use crate::judge::{failure, of_tokens};
use crate::owner::{Owner, Unknown};
use crate::report::Failure;
use crate::task::Surroundings;
use crate::transport::{Last, Transport};

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
        assertion: String,
        /// Whose it is, in words.
        token: String,
    },
    /// The metadata service of the node, for which `client` names one of several identities.
    Node { address: String, client: Option<String> },
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

    /// Fetches a token; `None` for what signs requests itself.
    pub(crate) async fn token(&self, transport: &Transport) -> Result<Option<String>, Failure> {
        let token = match self {
            Self::Key(_) | Self::Signature(_) => return Ok(None),
            Self::Secret { application, secret } => {
                application
                    .token(transport, &[("client_secret", secret.as_str())])
                    .await
            }
            Self::WorkloadIdentity {
                application, assertion, ..
            } => {
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                let proof = [
                    ("client_assertion_type", kind),
                    ("client_assertion", assertion.as_str()),
                ];
                application.token(transport, &proof).await
            }
            Self::Node { address, client } => entra::of_node(transport, address, client.as_deref()).await,
        };
        token.map(Some).map_err(|last| self.refused(last))
    }

    /// Hands what signs requests itself to the library.
    pub(crate) fn put_into(&self, builder: MicrosoftAzureBuilder) -> MicrosoftAzureBuilder {
        match self {
            Self::Key(key) => builder.with_access_key(key),
            Self::Signature(signature) => builder.with_config(Setting::SasKey, signature),
            Self::Secret { .. } | Self::WorkloadIdentity { .. } | Self::Node { .. } => builder,
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
                Class::AzureBadSignature,
                "the value of AZURE_STORAGE_SAS_TOKEN is no shared access signature",
            ),
            _ => Failure::of(Class::Unknown, format!("{} cannot be used", self.in_words())),
        }
    }

    /// Why it gives no token.
    fn refused(&self, last: Option<Last>) -> Failure {
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

    fn class_of(&self, answer: &Answer) -> Class {
        match self {
            Self::WorkloadIdentity { .. } => entra::class_of(answer, Class::AzureFederationMismatch),
            Self::Node { .. } => of_tokens(answer, || Class::AzureNoCredentials),
            // What is not said of the secret is something else: a policy, an application that is switched off.
            Self::Secret { .. } | Self::Key(_) | Self::Signature(_) => entra::class_of(answer, Class::Unknown),
        }
    }

    /// Whose it is.
    pub(crate) fn owner(&self, token: Option<&str>) -> Owner {
        let claims: Option<Claims> = token.and_then(token::claims_of);
        Owner {
            name: claims.and_then(|claims| claims.appid.or(claims.azp).or(claims.oid)),
            is_node: matches!(self, Self::Node { .. }),
            unknown: match token {
                Some(_) => Unknown {
                    why: "the token does not say whose it is",
                    remedy: "Look at who gives the token: those of Entra name their application.",
                },
                None => Unknown {
                    why: "keys and signatures of a storage account are nobody's",
                    remedy: "Take the key or signature away, which goes before the annotated identity.",
                },
            },
        }
    }
}

/// Finds the first source that is there.
pub(crate) fn find(surroundings: &Surroundings, now: Timestamp) -> Result<Source, Failure> {
    if let Some(key) = clean(surroundings, "AZURE_STORAGE_KEY", Class::AzureBadKey)? {
        return Ok(Source::Key(key));
    }
    if let Some(signature) = clean(surroundings, "AZURE_STORAGE_SAS_TOKEN", Class::AzureBadSignature)? {
        return Ok(Source::Signature(signature.trim_start_matches('?').to_owned()));
    }
    let class = Class::AzureNoCredentials;
    let secret = clean(surroundings, "AZURE_CLIENT_SECRET", Class::AzureClientSecretBad)?;
    let certificate = clean(surroundings, "AZURE_CLIENT_CERTIFICATE_PATH", class)?;
    let token_file = clean(surroundings, "AZURE_FEDERATED_TOKEN_FILE", class)?;
    let client = clean(surroundings, "AZURE_CLIENT_ID", class)?;
    let tenant = clean(surroundings, "AZURE_TENANT_ID", class)?;
    let (client, tenant) = match (client, tenant) {
        (Some(client), Some(tenant)) => (client, tenant),
        (client, tenant) => {
            let proofs = [
                ("AZURE_CLIENT_SECRET", secret.is_some()),
                ("AZURE_CLIENT_CERTIFICATE_PATH", certificate.is_some()),
                ("AZURE_FEDERATED_TOKEN_FILE", token_file.is_some()),
            ];
            return match proofs.iter().find(|(_, is_set)| *is_set) {
                Some((proof, _)) => Err(half(proof, client.is_some(), tenant.is_some())),
                None => node(surroundings, client),
            };
        }
    };
    let application = Application {
        client,
        tenant,
        authority: authority(surroundings)?,
    };
    match (secret, certificate, token_file) {
        (Some(secret), ..) => Ok(Source::Secret { application, secret }),
        (None, Some(certificate), _) => {
            let message = format!(
                "AZURE_CLIENT_CERTIFICATE_PATH names {}, and certificates of applications are not read here",
                name(&certificate)
            );
            Err(Failure::of(class, message))
        }
        (None, None, Some(file)) => {
            let claims = token::read(&file, now);
            let read = claims.and_then(|claims| Ok((claims, token::text(&file, now)?)));
            let read = read.map_err(|error| error.failure(Class::AzureTokenExpired, Class::AzureFederationMismatch));
            let (claims, assertion) = read?;
            Ok(Source::WorkloadIdentity {
                application,
                assertion,
                token: claims.in_words(),
            })
        }
        (None, None, None) => node(surroundings, Some(application.client)),
    }
}

/// The failure of what proves that somebody is an application, and does not say which.
fn half(proof: &str, has_client: bool, has_tenant: bool) -> Failure {
    let missing = match (has_client, has_tenant) {
        (false, false) => "neither AZURE_CLIENT_ID nor AZURE_TENANT_ID is",
        (false, true) => "AZURE_CLIENT_ID is not",
        (true, _) => "AZURE_TENANT_ID is not",
    };
    let mut failure = Failure::of(Class::AzureNoCredentials, format!("{proof} is set and {missing}"));
    failure.remedy =
        format!("Set what is missing, or take {proof} away: Azure's libraries pass over half an application.");
    failure
}

/// Who gives tokens to applications, where it is not the public cloud.
fn authority(surroundings: &Surroundings) -> Result<Option<String>, Failure> {
    let authority = clean(surroundings, "AZURE_AUTHORITY_HOST", Class::AzureNoCredentials)?;
    if let Some(authority) = &authority {
        endpoint::read(authority).map_err(|failure| {
            let message = format!("AZURE_AUTHORITY_HOST: {}", failure.message);
            Failure { message, ..failure }
        })?;
    }
    Ok(authority)
}

fn node(surroundings: &Surroundings, client: Option<String>) -> Result<Source, Failure> {
    let host = clean(
        surroundings,
        "AZURE_POD_IDENTITY_AUTHORITY_HOST",
        Class::AzureNoCredentials,
    )?;
    let host = host.unwrap_or_else(|| "http://169.254.169.254".to_owned());
    Ok(Source::Node {
        address: format!("{}/metadata/identity/oauth2/token", host.trim_end_matches('/')),
        client,
    })
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
        let gone = found(&[token, ("AZURE_TENANT_ID", "tenant"), ("AZURE_CLIENT_ID", "client")]);
        assert_eq!(gone.err().unwrap().class, "azure-federation-mismatch");
        assert!(matches!(
            found(&[("AZURE_CLIENT_ID", "client")]),
            Ok(Source::Node { client: Some(_), .. })
        ));
    }

    #[test]
    fn half_an_application_is_not_taken_for_the_node() {
        let (client, tenant) = (("AZURE_CLIENT_ID", "client"), ("AZURE_TENANT_ID", "tenant"));
        for proof in [
            "AZURE_CLIENT_SECRET",
            "AZURE_CLIENT_CERTIFICATE_PATH",
            "AZURE_FEDERATED_TOKEN_FILE",
        ] {
            let set = (proof, "/nowhere/hidden");
            for (half, missing) in [
                (
                    &[set, client, ("AZURE_TENANTID", "misspelt")][..],
                    "AZURE_TENANT_ID is not",
                ),
                (&[set, tenant], "AZURE_CLIENT_ID is not"),
                (&[set], "neither AZURE_CLIENT_ID nor AZURE_TENANT_ID is"),
            ] {
                let failure = found(half).err().unwrap();
                assert_eq!(failure.class, "azure-no-credentials");
                assert_eq!(failure.message, format!("{proof} is set and {missing}"));
                assert!(failure.remedy.contains(proof), "{failure:?}");
            }
        }
        let whole = found(&[("AZURE_CLIENT_SECRET", "hidden"), client, tenant]);
        assert!(matches!(whole, Ok(Source::Secret { .. })));
        let certificate = found(&[("AZURE_CLIENT_CERTIFICATE_PATH", "/nowhere/pem"), client, tenant]);
        let message = certificate.err().unwrap().message;
        assert!(
            message.contains("/nowhere/pem, and certificates of applications are not read"),
            "{message}"
        );
    }

    #[test]
    fn a_key_that_ends_in_a_line_break_is_named_and_not_shown() {
        let failure = found(&[("AZURE_STORAGE_KEY", "hidden\n")]).err().unwrap();
        assert_eq!(failure.message, "the value of AZURE_STORAGE_KEY ends in a line break");
    }
}
