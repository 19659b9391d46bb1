//! What answers say, for every provider alike.

use http::Uri;
use neo4jbackup_core::quoted::quoted;

use crate::answer::Answer;
use crate::class::Class;
use crate::endpoint;
use crate::report::Failure;
use crate::transport::Last;

/// Why a request was not granted, by what came back last.
pub(crate) fn failure(last: Option<Last>, otherwise: &str, class_of: impl Fn(&Answer) -> Class) -> Failure {
    match last {
        Some(Last::Broken(failure)) => failure,
        Some(Last::Answer(answer)) if !answer.status.is_success() => answer.failure(class_of(&answer)),
        Some(Last::Answer(_)) | None => Failure::of(Class::Unknown, otherwise),
    }
}

/// Checks that the last answer was a list, whose outermost element is called so.
pub(crate) fn check_list(
    last: Option<Last>,
    root: &str,
    address: &Uri,
    class_of: impl Fn(&Answer) -> Class,
) -> Result<(), Failure> {
    match last {
        Some(Last::Answer(answer)) if answer.status.is_success() => match answer.root.as_deref() {
            Some(found) if found == root => Ok(()),
            found => Err(no_list(found, address)),
        },
        last => Err(failure(last, "the list cannot be read", class_of)),
    }
}

/// The failure of what answers with something else than a list.
pub(crate) fn no_list(root: Option<&str>, address: &Uri) -> Failure {
    let found = root.map_or_else(|| "no XML".to_owned(), |root| quoted(root).to_string());
    let message = format!("asked for a list, {} answers with {found}", endpoint::origin(address));
    Failure::of(Class::EndpointNotAStore, message)
}

/// The class of a refusal whose words are no provider's.
pub(crate) fn by_status(answer: &Answer) -> Class {
    match answer.status.as_u16() {
        300..=399 => Class::EndpointNotAStore,
        407 => Class::ProxyRefused,
        _ if answer.is_foreign => Class::EndpointNotAStore,
        _ => Class::Unknown,
    }
}

/// The class of a refusal of a token service, which is the other one where it is about the credentials. A service that is busy
/// or in trouble, and what stands before it, say nothing about them.
pub(crate) fn of_tokens(answer: &Answer, otherwise: impl FnOnce() -> Class) -> Class {
    match answer.status.as_u16() {
        300..=399 | 407 | 429 | 500..=599 => by_status(answer),
        _ if answer.is_foreign => by_status(answer),
        _ => otherwise(),
    }
}

/// Whether the sentence of an answer has these words in it, in small letters.
pub(crate) fn says(answer: &Answer, words: &str) -> bool {
    let message = answer.message.as_deref();
    message.is_some_and(|message| message.to_lowercase().contains(words))
}
