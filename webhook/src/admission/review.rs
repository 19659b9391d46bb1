//! An `AdmissionReview` as it comes in. Everything borrows from the body of the request: a review is decoded once, and
//! nothing of it is copied.

use std::borrow::Cow;
use std::fmt;

use neo4jbackup_core::document::Node;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

/// The only version of the review that is spoken here, and the only one that the webhook is registered for.
pub(crate) const API_VERSION: &str = "admission.k8s.io/v1";
/// The kind of a review and of the response to it.
pub(crate) const KIND: &str = "AdmissionReview";

/// What the API server asks.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request<'a> {
    /// Goes into the response as it is.
    #[serde(borrow)]
    pub uid: Cow<'a, str>,
    /// The kind of the object, in the version for which the webhook is registered.
    #[serde(borrow)]
    pub kind: GroupVersionKind<'a>,
    /// `status`, `scale` or another subresource; empty for the object itself.
    #[serde(borrow, default)]
    pub sub_resource: Cow<'a, str>,
    /// Empty on CREATE with `generateName`.
    #[serde(borrow, default)]
    pub name: Cow<'a, str>,
    /// The namespace of the object.
    #[serde(borrow, default)]
    pub namespace: Cow<'a, str>,
    /// What is being done to the object.
    pub operation: Operation,
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

/// What is being done to an object. A review of anything else is not one of `admission.k8s.io/v1` and fails to decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Operation {
    /// It is stored for the first time.
    Create,
    /// What is stored is replaced.
    Update,
    /// It is taken away.
    Delete,
    /// Somebody opens a stream to it, which is no change.
    Connect,
}

impl Operation {
    /// The word of the API, for logs and metrics.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
        }
    }
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

/// Decodes the body of a call. Texts without escapes are borrowed from it.
pub(crate) fn decode(body: &[u8]) -> Result<Request<'_>, DecodeError> {
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
    let complete = match request.operation {
        Operation::Create => request.object.as_map().is_some(),
        Operation::Update => request.object.as_map().is_some() && request.old_object.as_map().is_some(),
        Operation::Delete | Operation::Connect => true,
    };
    if complete {
        Ok(request)
    } else {
        Err(DecodeError::NoObject)
    }
}

/// What is asked, without the objects that it is asked about: all that can be known of a review that is too large. Only the
/// beginning of the body has to be there. `None` when it does not say enough to be answered.
pub(crate) fn outline(body: &[u8]) -> Option<Request<'static>> {
    let mut outline = Outline::default();
    // It ends with an error where the body was cut. What was read until then is there.
    let _ = ReviewSeed(&mut outline).deserialize(&mut serde_json::Deserializer::from_slice(body));
    let is_review = outline.api_version == API_VERSION && outline.review_kind == KIND;
    let operation = outline.operation?;
    (is_review && !outline.uid.is_empty()).then(|| Request {
        uid: outline.uid.into(),
        kind: GroupVersionKind {
            group: outline.kind.group.into(),
            version: outline.kind.version.into(),
            kind: outline.kind.kind.into(),
        },
        sub_resource: outline.sub_resource.into(),
        name: outline.name.into(),
        namespace: outline.namespace.into(),
        operation,
        dry_run: outline.dry_run,
        object: Node::Null,
        old_object: Node::Null,
    })
}

#[derive(Debug, Default)]
struct Outline {
    api_version: String,
    review_kind: String,
    uid: String,
    kind: OwnedKind,
    sub_resource: String,
    name: String,
    namespace: String,
    operation: Option<Operation>,
    dry_run: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
struct OwnedKind {
    group: String,
    version: String,
    kind: String,
}

/// Reads a review into an outline, member by member.
struct ReviewSeed<'o>(&'o mut Outline);

/// The same for its request.
struct RequestSeed<'o>(&'o mut Outline);

impl<'de> DeserializeSeed<'de> for ReviewSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ReviewSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a review")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match key.as_ref() {
                "apiVersion" => self.0.api_version = map.next_value()?,
                "kind" => self.0.review_kind = map.next_value()?,
                "request" => map.next_value_seed(RequestSeed(self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for RequestSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RequestSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the request of a review")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match key.as_ref() {
                "uid" => self.0.uid = map.next_value()?,
                "kind" => self.0.kind = map.next_value()?,
                "subResource" => self.0.sub_resource = map.next_value()?,
                "name" => self.0.name = map.next_value()?,
                "namespace" => self.0.namespace = map.next_value()?,
                "operation" => self.0.operation = Some(map.next_value()?),
                "dryRun" => self.0.dry_run = map.next_value()?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
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
        let patched = review(&format!(
            r#"{{"uid":"u",{KIND_OF_BACKUP},"operation":"hunter2","object":{{}}}}"#
        ));
        assert!(matches!(failure(&patched), DecodeError::Malformed { line: 1, .. }));
        assert!(!failure(&patched).to_string().contains("hunter2"));
        assert!(outline(patched.as_bytes()).is_none(), "what is asked is not known");
        let secret = review(r#"{"uid":"u","kind":"hunter2","operation":"CREATE"}"#);
        assert!(!failure(&secret).to_string().contains("hunter2"));
    }

    #[test]
    fn the_beginning_of_a_body_says_what_is_asked() {
        let text = review(&format!(
            r#"{{"uid":"u-1",{KIND_OF_BACKUP},"name":"n","namespace":"graph","operation":"UPDATE","userInfo":{{"groups":["a"]}},"object":{{"spec":{{"a":"{}"}}}},"oldObject":{{}},"dryRun":true}}"#,
            "x".repeat(1000)
        ));
        let whole = outline(text.as_bytes()).unwrap();
        let cut = outline(&text.as_bytes()[..500]).unwrap();
        for request in [&whole, &cut] {
            assert_eq!((request.uid.as_ref(), request.namespace.as_ref()), ("u-1", "graph"));
            assert_eq!(
                (request.operation, request.kind.kind.as_ref()),
                (Operation::Update, "Neo4jBackup")
            );
            assert!(request.object.is_null());
        }
        assert_eq!((whole.dry_run, cut.dry_run), (Some(true), None));
        for end in 0..=text.len() {
            // Wherever it is cut, it is either enough or nothing.
            if let Some(request) = outline(&text.as_bytes()[..end]) {
                assert_eq!((request.uid.as_ref(), request.operation), ("u-1", Operation::Update));
            }
        }
        assert!(outline(br#"{"apiVersion":"v1","kind":"List","request":{"uid":"u","operation":"CREATE"}}"#).is_none());
        assert!(outline(b"[").is_none() && outline(b"").is_none());
    }

    #[test]
    fn operations_are_read_and_written_alike() {
        for operation in [
            Operation::Create,
            Operation::Update,
            Operation::Delete,
            Operation::Connect,
        ] {
            let text = format!("\"{}\"", operation.as_str());
            assert_eq!(serde_json::from_str::<Operation>(&text).unwrap(), operation);
        }
    }

    #[test]
    fn a_deletion_needs_no_object() {
        let body = review(&format!(
            r#"{{"uid":"u",{KIND_OF_BACKUP},"operation":"DELETE","object":null}}"#
        ));
        assert!(decode(body.as_bytes()).is_ok());
    }
}
