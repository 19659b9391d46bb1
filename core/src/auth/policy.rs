//! The least that a backup or restore has to be allowed.

use super::access::Access;
use super::document::{Document, Told, open};
use super::{aws, azure, google};
use crate::model::{ObjectRef, Provider};
use crate::quoted::printable;

/// What a backup or restore has to be allowed.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// The backup or restore.
    pub object: ObjectRef,
    /// The cloud.
    pub provider: Provider,
    /// What the cloud is to be told.
    pub documents: Vec<Document>,
    /// What to know beside them, each a sentence.
    pub notes: Vec<String>,
    /// What examples get wrong that many have copied, each a sentence.
    pub common_mistakes: &'static [&'static str],
    /// What a person has to fill in, because no object holds it: `<ACCOUNT_ID>`.
    pub open: Vec<String>,
}

/// The least that a backup or restore has to be allowed, or `None` if it reaches no store.
pub fn grant(access: &Access, told: &Told) -> Option<Grant> {
    let provider = access.provider()?;
    let (documents, notes, common_mistakes) = match provider {
        Provider::Aws => (
            aws::documents(access, told),
            aws::notes(access, told),
            aws::COMMON_MISTAKES,
        ),
        Provider::Gcp => (
            google::documents(access),
            google::notes(access),
            google::COMMON_MISTAKES,
        ),
        Provider::Azure => (azure::documents(access), azure::notes(access), azure::COMMON_MISTAKES),
    };
    let mut open_words = Vec::new();
    for document in &documents {
        for word in open(&document.body.to_string())
            .into_iter()
            .chain(open(&document.command))
        {
            if !open_words.contains(&word) {
                open_words.push(word);
            }
        }
    }
    Some(Grant {
        object: access.object.clone(),
        provider,
        documents: documents.into_iter().map(readable).collect(),
        notes,
        common_mistakes,
        open: open_words,
    })
}

/// The same with texts that can be printed; JSON is made printable where it is written.
fn readable(document: Document) -> Document {
    Document {
        title: printable(document.title).into_owned(),
        command: printable(document.command).into_owned(),
        ..document
    }
}
