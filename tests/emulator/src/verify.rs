//! What the API server demands of an answer: `VerifyAdmissionResponse` and the decoding before it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use json_patch::Patch;
use serde_json::Value;

use crate::config::HookKind;
use crate::outcome::{Cause, Denial, Reason};
use crate::transport::Failed;

/// An answer that can be used.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) denial: Option<Denial>,
    pub(crate) patch: Option<Patch>,
    pub(crate) warnings: Vec<String>,
    pub(crate) audit_annotations: BTreeMap<String, String>,
}

/// Reads the answer of the hook `name` to the call `uid`.
pub(crate) fn verify(name: &str, kind: HookKind, uid: &str, body: &[u8]) -> Result<Verdict, Failed> {
    let undecodable = |detail: &str| (Reason::Undecodable, detail.to_owned());
    if body.is_empty() {
        return Err(undecodable("0-length response"));
    }
    let review: Value = serde_json::from_slice(body).map_err(|error| undecodable(&error.to_string()))?;
    let response = match &review["response"] {
        Value::Null => return Err((Reason::NoResponse, "webhook response was absent".to_owned())),
        response @ Value::Object(_) => response,
        _ => return Err(undecodable("response is no object")),
    };
    let decoded = Decoded::read(response).map_err(undecodable)?;
    if decoded.uid != uid {
        let detail = format!("expected response.uid={uid:?}, got {:?}", decoded.uid);
        return Err((Reason::WrongUid, detail));
    }
    if review["apiVersion"] != "admission.k8s.io/v1" || review["kind"] != "AdmissionReview" {
        let detail = format!(
            "expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got {}, Kind={}",
            review["apiVersion"], review["kind"]
        );
        return Err((Reason::WrongVersion, detail));
    }
    let patch = decoded.patch(kind)?;
    Ok(Verdict {
        denial: (!decoded.allowed).then(|| denial(name, &response["status"])),
        patch: patch.filter(|_| decoded.allowed),
        warnings: decoded.warnings,
        audit_annotations: decoded.audit_annotations,
    })
}

/// The fields of a response, each of the type that it must have.
struct Decoded {
    uid: String,
    allowed: bool,
    patch: Vec<u8>,
    patch_type: Option<String>,
    warnings: Vec<String>,
    audit_annotations: BTreeMap<String, String>,
}

impl Decoded {
    fn read(response: &Value) -> Result<Self, &'static str> {
        let text = |name: &str| match &response[name] {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            _ => Err("a field that must be text is not"),
        };
        let allowed = match response["allowed"] {
            Value::Null => false,
            Value::Bool(allowed) => allowed,
            _ => return Err("allowed is no boolean"),
        };
        let patch = match &response["patch"] {
            Value::Null => Vec::new(),
            Value::String(text) => STANDARD.decode(text).map_err(|_| "patch is not base64")?,
            // Bytes as numbers are what some servers write, and Go reads them.
            Value::Array(numbers) => {
                let bytes = numbers.iter().map(|number| u8::try_from(number.as_u64()?).ok());
                bytes.collect::<Option<_>>().ok_or("patch is no list of bytes")?
            }
            _ => return Err("patch is not base64"),
        };
        let warnings = serde_json::from_value(non_null(&response["warnings"], "[]"));
        let annotations = serde_json::from_value(non_null(&response["auditAnnotations"], "{}"));
        Ok(Self {
            uid: text("uid")?.unwrap_or_default(),
            allowed,
            patch,
            patch_type: text("patchType")?,
            warnings: warnings.map_err(|_| "warnings is no list of texts")?,
            audit_annotations: annotations.map_err(|_| "auditAnnotations is no map of texts")?,
        })
    }

    fn patch(&self, kind: HookKind) -> Result<Option<Patch>, Failed> {
        let failed = |reason, detail: &str| Err((reason, detail.to_owned()));
        let has_patch = !self.patch.is_empty();
        match (kind, has_patch, self.patch_type.as_deref()) {
            (_, false, None) => return Ok(None),
            (HookKind::Validating, ..) => {
                return failed(
                    Reason::PatchOfValidatingHook,
                    "validating webhook may not return response.patch or response.patchType",
                );
            }
            (_, true, None) => {
                return failed(
                    Reason::PatchWithoutType,
                    "webhook returned response.patch but not response.patchType",
                );
            }
            (_, false, Some(_)) => {
                return failed(
                    Reason::TypeWithoutPatch,
                    "webhook returned response.patchType but not response.patch",
                );
            }
            (_, true, Some("JSONPatch")) => {}
            // Looked at only where there is something to apply.
            (_, true, Some(_)) if !self.allowed => return Ok(None),
            (_, true, Some(other)) => {
                return failed(Reason::UnknownPatchType, &format!("unsupported patch type {other:?}"));
            }
        }
        if !self.allowed {
            return Ok(None);
        }
        match serde_json::from_slice::<Patch>(&self.patch) {
            Ok(patch) => Ok((!patch.0.is_empty()).then_some(patch)),
            Err(error) => failed(Reason::PatchUndecodable, &error.to_string()),
        }
    }
}

fn non_null(value: &Value, otherwise: &str) -> Value {
    if value.is_null() {
        otherwise.parse().unwrap_or_default()
    } else {
        value.clone()
    }
}

/// `webhookerrors.ToStatusErr`.
fn denial(name: &str, status: &Value) -> Denial {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let reason = text(&status["reason"]);
    let said = match (text(&status["message"]), reason.as_str()) {
        (message, _) if !message.is_empty() => format!(": {message}"),
        (_, "") => " without explanation".to_owned(),
        (_, reason) => format!(": {reason}"),
    };
    let causes = status["details"]["causes"].as_array().into_iter().flatten();
    Denial {
        hook: name.to_owned(),
        code: status["code"].as_u64().unwrap_or_default().max(400),
        reason,
        message: format!("admission webhook {name:?} denied the request{said}"),
        causes: causes
            .map(|cause| Cause {
                field: text(&cause["field"]),
                message: text(&cause["message"]),
            })
            .collect(),
        let_through: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(response: &Value) -> Vec<u8> {
        json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response})
            .to_string()
            .into_bytes()
    }

    fn reason(kind: HookKind, response: &Value) -> Option<Reason> {
        verify("hook", kind, "1", &answer(response))
            .err()
            .map(|(reason, _)| reason)
    }

    #[test]
    fn patch_and_type_come_together_and_from_a_mutating_hook_only() {
        let encoded = STANDARD.encode(r#"[{"op":"add","path":"/spec","value":{}}]"#);
        let with_both = json!({"uid": "1", "allowed": true, "patch": encoded, "patchType": "JSONPatch"});
        assert_eq!(reason(HookKind::Mutating, &with_both), None);
        assert_eq!(
            reason(HookKind::Validating, &with_both),
            Some(Reason::PatchOfValidatingHook)
        );
        for (response, expected) in [
            (
                json!({"uid": "1", "allowed": true, "patch": encoded}),
                Reason::PatchWithoutType,
            ),
            (
                json!({"uid": "1", "allowed": true, "patchType": "JSONPatch"}),
                Reason::TypeWithoutPatch,
            ),
            (
                json!({"uid": "1", "allowed": true, "patch": encoded, "patchType": "Merge"}),
                Reason::UnknownPatchType,
            ),
            (
                json!({"uid": "1", "allowed": true, "patch": "e30=", "patchType": "JSONPatch"}),
                Reason::PatchUndecodable,
            ),
            (
                json!({"uid": "1", "allowed": true, "patch": "#", "patchType": "JSONPatch"}),
                Reason::Undecodable,
            ),
        ] {
            assert_eq!(reason(HookKind::Mutating, &response), Some(expected), "{response}");
        }
    }

    #[test]
    fn uid_and_version_are_compared_exactly() {
        let validating = HookKind::Validating;
        assert_eq!(reason(validating, &json!({"uid": "1", "allowed": true})), None);
        assert_eq!(
            reason(validating, &json!({"uid": "2", "allowed": true})),
            Some(Reason::WrongUid)
        );
        assert_eq!(reason(validating, &json!({"allowed": true})), Some(Reason::WrongUid));
        assert_eq!(
            reason(validating, &json!({"uid": "1", "allowed": "yes"})),
            Some(Reason::Undecodable)
        );
        assert_eq!(reason(validating, &Value::Null), Some(Reason::NoResponse));
        let old = json!({"apiVersion": "admission.k8s.io/v1beta1", "kind": "AdmissionReview",
            "response": {"uid": "1", "allowed": true}});
        let result = verify("hook", validating, "1", old.to_string().as_bytes());
        assert_eq!(result.unwrap_err().0, Reason::WrongVersion);
        assert_eq!(verify("hook", validating, "1", b"").unwrap_err().0, Reason::Undecodable);
    }

    #[test]
    fn a_denial_is_at_least_a_bad_request_and_says_who_denied() {
        let denied = |status: Value| {
            let body = answer(&json!({"uid": "1", "allowed": false, "status": status}));
            verify("hook", HookKind::Validating, "1", &body)
                .unwrap()
                .denial
                .unwrap()
        };
        let silent = denied(Value::Null);
        assert_eq!(silent.code, 400);
        assert_eq!(
            silent.message,
            "admission webhook \"hook\" denied the request without explanation"
        );
        let invalid = denied(json!({"code": 422, "reason": "Invalid", "message": "no", "details": {
            "causes": [{"field": "spec.schedule", "message": "six fields"}]}}));
        assert_eq!((invalid.code, invalid.causes[0].field.as_str()), (422, "spec.schedule"));
        assert_eq!(invalid.message, "admission webhook \"hook\" denied the request: no");
        assert_eq!(
            denied(json!({"reason": "Forbidden"})).message,
            "admission webhook \"hook\" denied the request: Forbidden"
        );
    }
}
