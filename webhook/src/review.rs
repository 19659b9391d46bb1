//! An `AdmissionReview` as it comes in. Everything borrows from the body of the request: a review is decoded once, and
//! nothing of it is copied.

use std::borrow::Cow;
use std::fmt;

use neo4jbackup_core::document::Node;
use serde::Deserialize;

/// The only version of the review that is spoken here, and the only one that the webhook is registered for.
pub(crate) const API_VERSION: &str = "admission.k8s.io/v1";
pub(crate) const KIND: &str = "AdmissionReview";

/// What the API server asks.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request<'a> {
    /// To be echoed.
    #[serde(borrow)]
    pub uid: Cow<'a, str>,
    /// The kind of the object, in the version for which the webhook is registered.
    #[serde(borrow)]
    pub kind: GroupVersionKind<'a>,
    /// `status`, `scale`, or empty for the object itself.
    #[serde(borrow, default)]
    pub sub_resource: Cow<'a, str>,
    /// Empty on CREATE with `generateName`.
    #[serde(borrow, default)]
    pub name: Cow<'a, str>,
    /// The namespace of the object.
    #[serde(borrow, default)]
    pub namespace: Cow<'a, str>,
    /// `CREATE`, `UPDATE`, `DELETE` or `CONNECT`.
    #[serde(borrow)]
    pub operation: Cow<'a, str>,
    /// Whether nothing will be stored.
    #[serde(default)]
    pub dry_run: Option<bool>,
    /// The object as it would be stored; null on DELETE.
    #[serde(borrow, default)]
    pub object: Node<'a>,
    /// The object as it is stored; null on CREATE.
    #[serde(borrow, default)]
    pub old_object: Node<'a>,
}

/// A kind, in full.
#[derive(Debug, Deserialize)]
pub struct GroupVersionKind<'a> {
    /// `neo4j.neo4j.com`.
    #[serde(borrow)]
    pub group: Cow<'a, str>,
    /// `v1beta1`.
    #[serde(borrow)]
    pub version: Cow<'a, str>,
    /// `Neo4jBackup`.
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
}

/// A body above this size is counted before it is read.
const COUNTED: usize = 128 * 1024;

/// The most that the tree of a body may take, in bytes. No object of the API server's 3 MiB comes near; without a bound,
/// 7 MiB of brackets would take a quarter of a GiB.
const MOST_MEMORY: usize = 32 * 1024 * 1024;

/// Why a body is not a review. It never quotes the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecodeError {
    /// Not JSON, or not of the shape of a review.
    Malformed {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// It would take too much memory.
    TooManyValues,
    /// A review of another version, or something else altogether.
    NotAReview,
    /// The review asks nothing.
    NoRequest,
    /// The uid is empty, so that no answer could be matched to it.
    NoUid,
    /// A CREATE without object, or an UPDATE without both.
    NoObject,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { line, column } => {
                write!(
                    formatter,
                    "the body is not an {KIND}: it cannot be read at line {line}, column {column}"
                )
            }
            Self::TooManyValues => write!(formatter, "the body holds too many values for an {KIND}"),
            Self::NotAReview => write!(formatter, "the body is not an {KIND} of {API_VERSION}"),
            Self::NoRequest => write!(formatter, "the {KIND} has no request"),
            Self::NoUid => write!(formatter, "the request of the {KIND} has no uid"),
            Self::NoObject => write!(
                formatter,
                "the request of the {KIND} lacks the object that it asks about"
            ),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Review<'a> {
    #[serde(borrow, default)]
    api_version: Cow<'a, str>,
    #[serde(borrow, default)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    request: Option<Request<'a>>,
}

/// Reads the body of a call.
pub(crate) fn decode(body: &[u8]) -> Result<Request<'_>, DecodeError> {
    if body.len() > COUNTED && memory(body) > MOST_MEMORY {
        return Err(DecodeError::TooManyValues);
    }
    let review: Review<'_> = serde_json::from_slice(body).map_err(|error| DecodeError::Malformed {
        line: error.line(),
        column: error.column(),
    })?;
    if review.api_version != API_VERSION || review.kind != KIND {
        return Err(DecodeError::NotAReview);
    }
    let request = review.request.ok_or(DecodeError::NoRequest)?;
    if request.uid.is_empty() {
        return Err(DecodeError::NoUid);
    }
    let complete = match request.operation.as_ref() {
        "CREATE" => request.object.as_map().is_some(),
        "UPDATE" => request.object.as_map().is_some() && request.old_object.as_map().is_some(),
        _ => true,
    };
    if complete {
        Ok(request)
    } else {
        Err(DecodeError::NoObject)
    }
}

/// What the tree of a body takes in bytes, at most about: a value and its key, with the room that a growing list keeps
/// free, and the least that a list or a mapping takes. Those in texts are counted as well.
fn memory(body: &[u8]) -> usize {
    let count = |wanted: [u8; 2]| body.iter().filter(|byte| wanted.contains(byte)).count();
    count([b',', b',']) * 112 + count([b'[', b'{']) * 224
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review(request: &str) -> String {
        format!(r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{request}}}"#)
    }

    fn failure(body: &str) -> DecodeError {
        decode(body.as_bytes()).unwrap_err()
    }

    const KIND_OF_BACKUP: &str = r#""kind":{"group":"neo4j.neo4j.com","version":"v1beta1","kind":"Neo4jBackup"}"#;

    #[test]
    fn borrows_from_the_body() {
        let body = review(&format!(
            r#"{{"uid":"u-1",{KIND_OF_BACKUP},"operation":"CREATE","object":{{"spec":{{"schedule":"0 2 * * *"}}}}}}"#
        ));
        let request = decode(body.as_bytes()).unwrap();
        assert!(matches!(request.uid, Cow::Borrowed("u-1")));
        assert!(matches!(request.kind.kind, Cow::Borrowed("Neo4jBackup")));
        assert!(matches!(
            request.object.at("spec.schedule"),
            Some(Node::String(Cow::Borrowed("0 2 * * *")))
        ));
    }

    #[test]
    fn says_what_is_missing_and_quotes_nothing() {
        assert_eq!(failure("{"), DecodeError::Malformed { line: 1, column: 1 });
        assert_eq!(failure("{}"), DecodeError::NotAReview);
        assert_eq!(
            failure(r#"{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview"}"#),
            DecodeError::NotAReview
        );
        assert_eq!(failure(&review("null")), DecodeError::NoRequest);
        let request = |uid: &str, rest: &str| review(&format!(r#"{{"uid":"{uid}",{KIND_OF_BACKUP},{rest}}}"#));
        assert_eq!(
            failure(&request("", r#""operation":"CREATE","object":{}"#)),
            DecodeError::NoUid
        );
        assert_eq!(
            failure(&request("u", r#""operation":"CREATE","object":null"#)),
            DecodeError::NoObject
        );
        assert_eq!(
            failure(&request("u", r#""operation":"UPDATE","object":{}"#)),
            DecodeError::NoObject
        );
        let secret = review(r#"{"uid":"u","kind":"hunter2","operation":"CREATE"}"#);
        assert!(!failure(&secret).to_string().contains("hunter2"));
    }

    #[test]
    fn a_body_of_nothing_but_brackets_is_refused_before_it_takes_memory() {
        let with = |value: &str| {
            review(&format!(
                r#"{{"uid":"u",{KIND_OF_BACKUP},"operation":"CREATE","object":{{"a":{value}}}}}"#
            ))
        };
        let list = |unit: &str, count: usize| format!("[{}0]", unit.repeat(count));
        for (unit, count) in [("[],", 1_000_000), ("0,", 1_000_000), ("{\"a\":0},", 500_000)] {
            assert_eq!(failure(&with(&list(unit, count))), DecodeError::TooManyValues);
            assert!(decode(with(&list(unit, count / 20)).as_bytes()).is_ok());
        }
        assert!(decode(with(&format!("\"{}\"", "x".repeat(7 << 20))).as_bytes()).is_ok());
    }

    #[test]
    fn a_deletion_needs_no_object() {
        let body = review(&format!(
            r#"{{"uid":"u",{KIND_OF_BACKUP},"operation":"DELETE","object":null}}"#
        ));
        assert!(decode(body.as_bytes()).is_ok());
    }
}
