//! What has to let an account in, exactly.

use super::access::Access;
use super::document::{Document, open};
use super::method::Method;
use super::token::audience;
use super::{aws, azure, google};
use crate::model::Provider;
use crate::quoted::printable;

/// What has to let an account in.
#[derive(Debug, Clone, PartialEq)]
pub struct Trust {
    /// `trustPolicy`, `iamBinding` or `federatedCredential`.
    pub document: Document,
    /// What a person has to fill in, because nothing says it: `<ISSUER>`.
    pub open: Vec<String>,
}

/// What has to let the account of an access in, by the issuer of its tokens where that is known; `None` for what takes no
/// token.
pub fn trust(access: &Access, issuer: Option<&str>, of_account: Option<&str>) -> Option<Trust> {
    let provider = access.provider()?;
    let account = access.actor.account()?;
    let audience = audience(access, issuer, of_account);
    let document = match provider {
        Provider::Aws => aws::trust(access, account, issuer, audience.as_deref().unwrap_or(aws::AUDIENCE))?,
        _ if access.method == Method::Secret => return None,
        Provider::Gcp => google::trust(access, account, issuer),
        Provider::Azure => azure::trust(access, account, issuer, audience.as_deref().unwrap_or(azure::AUDIENCE)),
    };
    let mut open_words = open(&document.body.to_string());
    open_words.extend(open(&document.command));
    open_words.sort();
    open_words.dedup();
    Some(Trust {
        document: Document {
            title: printable(document.title).into_owned(),
            command: printable(document.command).into_owned(),
            ..document
        },
        open: open_words,
    })
}
