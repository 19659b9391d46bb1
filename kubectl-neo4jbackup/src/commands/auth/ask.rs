//! What is asked of a cluster beside its objects: what is wrong with the values of Secrets, and what tokens say.

use std::collections::BTreeSet;

use neo4jbackup_cluster::{Cluster, NoAnswer, TokenError, account_claims, chain, secret_flaws, token_issuer};
use neo4jbackup_core::auth::{Access as Way, Claims, Method, Secrets, Values, audience, trust};
use neo4jbackup_core::facts::{Cause, Right};
use neo4jbackup_core::model::Provider;

use crate::Io;
use crate::auth_report::{Token, TrustItem};
use crate::connection::{self, Access, ConnectionError};
use crate::unread::missing;

/// What was asked for beside the objects.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) secrets: Secrets,
    pub(super) tokens: Vec<Token>,
}

/// What is to be asked.
pub(super) struct Questions<'q> {
    /// The Secrets to look at, by namespace and name.
    pub(super) secrets: BTreeSet<(String, String)>,
    /// Whose tokens to ask for, each with the audience that an annotation of its account wants.
    pub(super) tokens: Vec<(&'q Way, Option<String>)>,
}

impl Questions<'_> {
    /// Asks all of it. What is not answered is part of the answer.
    pub(super) fn ask(&self, access: &Access, io: &mut Io<'_>) -> Result<Answers, ConnectionError> {
        if self.secrets.is_empty() && self.tokens.is_empty() {
            return Ok(Answers::default());
        }
        connection::ask(access, io, async |cluster| {
            let mut answers = Answers::default();
            for (namespace, name) in &self.secrets {
                let values = match secret_flaws(cluster, namespace, name).await {
                    Ok(flaws) => Values::Read(flaws),
                    Err(error) => Values::Unknown(cause(&error, right("get", "secrets", namespace, name))),
                };
                answers.secrets.insert((namespace.clone(), name.clone()), values);
            }
            for (way, of_account) in &self.tokens {
                answers.tokens.extend(token(cluster, way, of_account.as_deref()).await);
            }
            Ok(answers)
        })
    }
}

/// What the token of an access says, and what would let it in; `None` where the account is not known.
async fn token(cluster: &Cluster, way: &Way, of_account: Option<&str>) -> Option<Token> {
    let account = way.actor.account()?;
    let namespace = &way.object.namespace;
    let claims = claims(cluster, way, account, of_account).await;
    let claims = claims.map_err(|error| match &error {
        TokenError::Refused { source, .. } => {
            let right = right("create", "serviceaccounts/token", namespace, account);
            match cause(source, right) {
                Cause::Forbidden(right) => missing(&right),
                _ => chain(&error),
            }
        }
        TokenError::Unreadable(_) => chain(&error),
    });
    let issuer = match &claims {
        Ok(claims) => Some(claims.issuer.clone()),
        // Who may not have a token may perhaps know who issues it.
        Err(_) => token_issuer(cluster).await,
    };
    let audience = audience(way, issuer.as_deref(), of_account);
    let mut token = Token::new(way, account, claims);
    if token.issuer.is_none() {
        token.audiences = audience.into_iter().collect();
        token.issuer.clone_from(&issuer);
    }
    token.trust = trust(way, issuer.as_deref(), of_account).map(TrustItem::from);
    Some(token)
}

async fn claims(cluster: &Cluster, way: &Way, account: &str, of_account: Option<&str>) -> Result<Claims, TokenError> {
    let namespace = &way.object.namespace;
    if way.provider() == Some(Provider::Gcp) {
        // For whom it has to be follows from who issues it. Only where the API server does not say so, a token for itself does.
        let own = match token_issuer(cluster).await {
            Some(issuer) => Err(issuer),
            None => Ok(account_claims(cluster, namespace, account, None).await?),
        };
        let issuer = own.as_ref().map_or_else(|issuer| issuer, |own| &own.issuer);
        let audience = audience(way, Some(issuer), of_account);
        return match (audience, own) {
            (None, Ok(own)) => Ok(own),
            (audience, _) => account_claims(cluster, namespace, account, audience.as_deref()).await,
        };
    }
    let audience = audience(way, None, of_account);
    account_claims(cluster, namespace, account, audience.as_deref()).await
}

/// Whether an access is by a token of its account, or may be.
pub(super) fn takes_token(way: &Way) -> bool {
    let takes = !matches!(
        way.method,
        Method::Secret | Method::Volume | Method::NodeRole | Method::PodIdentity
    );
    takes && way.provider().is_some() && way.actor.account().is_some()
}

fn cause(error: &NoAnswer, right: Right) -> Cause {
    if error.is_forbidden() {
        return Cause::Forbidden(right);
    }
    Cause::Failed(chain(error))
}

fn right(verb: &str, resource: &str, namespace: &str, name: &str) -> Right {
    Right {
        verbs: vec![verb.to_owned()],
        group: String::new(),
        resource: resource.to_owned(),
        name: Some(name.to_owned()),
        namespace: Some(namespace.to_owned()),
        called: if resource == "secrets" { "Secret" } else { "token" }.to_owned(),
    }
}
