//! The response to a review, written by hand into one buffer: the shape is fixed and small, and `patch` must be base64
//! text, which generic types get wrong.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use neo4jbackup_core::quoted::printable;
use neo4jbackup_core::verdict::Cause;

use crate::admission::review::{API_VERSION, GroupVersionKind, KIND};

/// The `response` of an `AdmissionReview`, before it is written.
#[derive(Debug, Default)]
pub(crate) struct AdmissionResponse<'a> {
    /// The uid of the request, which the API server matches the response by.
    pub(crate) uid: Cow<'a, str>,
    /// Why the object may not be stored; `None` when it may.
    pub(crate) denial: Option<Denial<'a>>,
    /// What the author of the object is to be told, one line each.
    pub(crate) warnings: Vec<String>,
    /// Annotations of the audit log: codes and modes, never values.
    pub(crate) audit: BTreeMap<&'static str, String>,
    /// The JSON text of a patch.
    pub(crate) patch: Option<Vec<u8>>,
}

/// Why an object may not be stored.
#[derive(Debug)]
pub(crate) struct Denial<'a> {
    /// The kind of the object, for `details` of the status.
    pub(crate) kind: &'a GroupVersionKind<'a>,
    /// The name of the object, or the prefix that it asks for.
    pub(crate) name: Cow<'a, str>,
    /// How many findings deny; of very many, not all are listed as causes.
    pub(crate) problems: usize,
    /// The first of them, each with field and message.
    pub(crate) causes: Vec<Cause>,
}

impl AdmissionResponse<'_> {
    /// Returns the JSON text of the whole `AdmissionReview`.
    pub(crate) fn into_json(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        out.extend_from_slice(br#"{"apiVersion":""#);
        out.extend_from_slice(API_VERSION.as_bytes());
        out.extend_from_slice(br#"","kind":""#);
        out.extend_from_slice(KIND.as_bytes());
        out.extend_from_slice(br#"","response":{"uid":"#);
        string(&mut out, &self.uid);
        match &self.denial {
            None => out.extend_from_slice(br#","allowed":true"#),
            Some(denial) => {
                out.extend_from_slice(br#","allowed":false,"status":"#);
                status(&mut out, denial);
            }
        }
        if !self.warnings.is_empty() {
            out.extend_from_slice(br#","warnings":"#);
            list(&mut out, &self.warnings, |out, warning| string(out, warning));
        }
        if !self.audit.is_empty() {
            out.extend_from_slice(br#","auditAnnotations":{"#);
            for (position, (key, value)) in self.audit.iter().enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                string(&mut out, key);
                out.push(b':');
                string(&mut out, value);
            }
            out.push(b'}');
        }
        if let Some(patch) = &self.patch {
            out.extend_from_slice(br#","patchType":"JSONPatch","patch":""#);
            out.extend_from_slice(STANDARD.encode(patch).as_bytes());
            out.push(b'"');
        }
        out.extend_from_slice(b"}}");
        out
    }
}

/// kubectl prints field and message of each cause as they are, and only for this reason; `message` is for everybody else.
fn status(out: &mut Vec<u8>, denial: &Denial<'_>) {
    out.extend_from_slice(br#"{"status":"Failure","code":422,"reason":"Invalid","message":"#);
    string(out, &message(denial.problems, &denial.causes));
    out.extend_from_slice(br#","details":{"group":"#);
    string(out, &printable(&*denial.kind.group));
    out.extend_from_slice(br#","kind":"#);
    string(out, &printable(&*denial.kind.kind));
    out.extend_from_slice(br#","name":"#);
    string(out, &printable(&*denial.name));
    out.extend_from_slice(br#","causes":"#);
    list(out, &denial.causes, |out, cause| {
        out.extend_from_slice(br#"{"reason":"#);
        string(out, cause.reason);
        out.extend_from_slice(br#","field":"#);
        string(out, &cause.field);
        out.extend_from_slice(br#","message":"#);
        string(out, &cause.message);
        out.push(b'}');
    });
    out.extend_from_slice(b"}}");
}

fn message(count: usize, causes: &[Cause]) -> String {
    let Some(first) = causes.first() else {
        return String::new();
    };
    let problems = if count == 1 { "problem" } else { "problems" };
    format!("{count} {problems}; first: {}: {}", first.field, first.message)
}

fn list<T>(out: &mut Vec<u8>, items: &[T], write: impl Fn(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

/// A JSON string. Most of what is written needs no escape and is copied as it is.
fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut copied = 0;
    for (position, byte) in bytes.iter().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..=0x1f => b"",
            _ => continue,
        };
        out.extend_from_slice(&bytes[copied..position]);
        copied = position + 1;
        if escape.is_empty() {
            out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
        } else {
            out.extend_from_slice(escape);
        }
    }
    out.extend_from_slice(&bytes[copied..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn parsed(response: AdmissionResponse<'_>) -> Value {
        serde_json::from_slice(&response.into_json()).unwrap()
    }

    #[test]
    fn an_allowed_object_takes_one_line() {
        let response = AdmissionResponse {
            uid: "u-1".into(),
            ..AdmissionResponse::default()
        };
        assert_eq!(
            String::from_utf8(response.into_json()).unwrap(),
            r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"u-1","allowed":true}}"#
        );
    }

    #[test]
    fn a_denial_has_everything_that_kubectl_looks_for() {
        let kind = GroupVersionKind {
            group: "neo4j.neo4j.com".into(),
            version: "v1beta1".into(),
            kind: "Neo4jBackup".into(),
        };
        let cause = |message: &str| Cause {
            reason: "FieldValueInvalid",
            field: "spec.schedule".to_owned(),
            message: message.to_owned(),
        };
        let denial = Denial {
            kind: &kind,
            name: "nightly".into(),
            problems: 2,
            causes: vec![cause("a \"quoted\"\tone"), cause("b")],
        };
        let response = AdmissionResponse {
            uid: "u".into(),
            denial: Some(denial),
            warnings: vec!["w\n\u{1}é".to_owned()],
            audit: BTreeMap::from([("denied", "NB5001".to_owned()), ("mode", "enforce".to_owned())]),
            patch: None,
        };
        assert_eq!(
            parsed(response)["response"],
            json!({
                "uid": "u", "allowed": false,
                "status": {
                    "status": "Failure", "code": 422, "reason": "Invalid",
                    "message": "2 problems; first: spec.schedule: a \"quoted\"\tone",
                    "details": {"group": "neo4j.neo4j.com", "kind": "Neo4jBackup", "name": "nightly", "causes": [
                        {"reason": "FieldValueInvalid", "field": "spec.schedule", "message": "a \"quoted\"\tone"},
                        {"reason": "FieldValueInvalid", "field": "spec.schedule", "message": "b"},
                    ]},
                },
                "warnings": ["w\n\u{1}é"],
                "auditAnnotations": {"denied": "NB5001", "mode": "enforce"},
            })
        );
    }

    #[test]
    fn a_patch_is_base64_text_beside_its_type() {
        let response = AdmissionResponse {
            uid: "u".into(),
            patch: Some(b"[]".to_vec()),
            ..AdmissionResponse::default()
        };
        let reply = parsed(response);
        assert_eq!(reply["response"]["patch"], "W10=");
        assert_eq!(reply["response"]["patchType"], "JSONPatch");
    }
}
