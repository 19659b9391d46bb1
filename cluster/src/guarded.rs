//! Writes that change exactly the object that was looked at, and say for people why one was refused.

use http::StatusCode;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::core::Status;
use kube::{Error, api::DynamicObject};
use serde_json::Value;

use crate::objects::{NoAnswer, ObjectName, Objects};

/// Whether something is stored, or only judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storing {
    /// It is stored.
    Real,
    /// Everything is done but that.
    DryRun,
}

impl Storing {
    fn is_dry(self) -> bool {
        self == Self::DryRun
    }
}

/// Why an object was not written. What the API server says of it is its own text.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Other field managers say otherwise of the same fields.
    #[error("other field managers hold what would be changed: {}", .0.join(", "))]
    Conflict(Vec<String>),
    /// It is not the object that was looked at.
    #[error("it was changed meanwhile")]
    Changed,
    /// Whoever asks would give rights that he does not have.
    #[error("you lack rights that it gives: {}", .0.join("; "))]
    Escalation(Vec<String>),
    /// Whoever asks may not do that.
    #[error("you may not do that: {0}")]
    Forbidden(String),
    /// Something that it needs is not there.
    #[error("something is missing: {0}")]
    Missing(String),
    /// It is not accepted: it is invalid, or somebody refuses it at admission.
    #[error("it is not accepted: {0}")]
    Rejected(String),
    /// There was no answer.
    #[error("there was no answer")]
    NoAnswer(#[source] NoAnswer),
}

impl WriteError {
    pub(crate) fn of(error: Error) -> Self {
        match error {
            Error::Api(status) => Self::of_status(*status),
            error => Self::NoAnswer(error.into()),
        }
    }

    fn of_status(status: Status) -> Self {
        let message = status.message.clone();
        match StatusCode::from_u16(status.code) {
            Ok(StatusCode::CONFLICT) => {
                let holders = holders(&status);
                if holders.is_empty() {
                    Self::Changed
                } else {
                    Self::Conflict(holders)
                }
            }
            Ok(StatusCode::FORBIDDEN) => match escalated(&message) {
                missing if missing.is_empty() => Self::Forbidden(message),
                missing => Self::Escalation(missing),
            },
            Ok(StatusCode::NOT_FOUND) => Self::Missing(message),
            Ok(StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY) => Self::Rejected(message),
            _ => Self::NoAnswer(NoAnswer::of(Error::Api(status.boxed()))),
        }
    }
}

/// Whom the API server names for fields of an object on which it has kept nobody's name.
const NOBODY: &str = "before-first-apply";

/// The managers that a refused apply names: `conflict with "manager": .metadata.annotations.x`.
fn holders(status: &Status) -> Vec<String> {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let mut holders: Vec<String> = causes
        .filter(|cause| cause.reason == "FieldManagerConflict")
        .map(|cause| match cause.message.split('"').nth(1) {
            Some(NOBODY) => "one whose name was not kept".to_owned(),
            Some(manager) => manager.to_owned(),
            None => cause.message.clone(),
        })
        .collect();
    holders.sort();
    holders.dedup();
    holders
}

/// The rights that are missing, of the text of the check against escalation: a line `{APIGroups:[""], Resources:["pods"],
/// Verbs:["get" "list"]}` for each rule. Each becomes `get, list pods`.
fn escalated(message: &str) -> Vec<String> {
    if !message.contains("attempting to grant RBAC permissions not currently held") {
        return Vec::new();
    }
    let rules = message.lines().filter(|line| line.starts_with('{'));
    rules
        .map(|rule| {
            let list = |key: &str| {
                let part = rule
                    .split_once(&format!("{key}:["))
                    .and_then(|(_, rest)| rest.split_once(']'));
                let words = part.map(|(part, _)| part.split('"').skip(1).step_by(2).collect::<Vec<_>>());
                words.unwrap_or_default().join(", ")
            };
            match list("Resources") {
                resources if resources.is_empty() => rule.to_owned(),
                resources => format!("{} {resources}", list("Verbs")),
            }
        })
        .collect()
}

impl Objects {
    /// Applies an object by server-side apply. With `metadata.uid` and `metadata.resourceVersion` in the manifest, exactly
    /// that object is changed. `takes_over` takes fields over that other managers hold. Returns the object as it is then.
    pub async fn apply_guarded(
        &self,
        manifest: &Value,
        manager: &str,
        takes_over: bool,
        storing: Storing,
    ) -> Result<Value, WriteError> {
        let object = ObjectName::of(manifest);
        let parameters = PatchParams {
            dry_run: storing.is_dry(),
            force: takes_over,
            field_manager: Some(manager.to_owned()),
            ..PatchParams::default()
        };
        let api = self.api(&object);
        let applied = api.patch(&object.name, &parameters, &Patch::Apply(manifest)).await;
        applied.map(|applied| value(&applied)).map_err(WriteError::of)
    }

    /// Writes an object over the one of its `metadata.uid` and `metadata.resourceVersion`. Returns it as it is then.
    pub async fn replace_guarded(&self, object: &Value, manager: &str, storing: Storing) -> Result<Value, WriteError> {
        let name = ObjectName::of(object);
        let parameters = PostParams {
            dry_run: storing.is_dry(),
            field_manager: Some(manager.to_owned()),
        };
        let replaced = self.api(&name).replace(&name.name, &parameters, &typed(object)?).await;
        replaced.map(|replaced| value(&replaced)).map_err(WriteError::of)
    }

    /// Deletes exactly the object that was looked at: one of another `metadata.uid` or `metadata.resourceVersion` stays.
    pub async fn delete_guarded(&self, stored: &Value, storing: Storing) -> Result<(), WriteError> {
        let name = ObjectName::of(stored);
        let text = |key: &str| stored["metadata"][key].as_str().map(str::to_owned);
        let parameters = DeleteParams {
            dry_run: storing.is_dry(),
            preconditions: Some(Preconditions {
                uid: text("uid"),
                resource_version: text("resourceVersion"),
            }),
            ..DeleteParams::background()
        };
        let deleted = self.api(&name).delete(&name.name, &parameters).await;
        deleted.map(drop).map_err(WriteError::of)
    }

    /// Returns the names of the `RoleBindings` of a namespace, without `but`, that bind a Role of it.
    pub async fn bindings_of_role(&self, namespace: &str, role: &str, but: &str) -> Result<Vec<String>, NoAnswer> {
        let any = ObjectName {
            api_version: "rbac.authorization.k8s.io/v1".to_owned(),
            kind: "RoleBinding".to_owned(),
            namespace: Some(namespace.to_owned()),
            name: String::new(),
        };
        let bindings = self.api(&any).list(&kube::api::ListParams::default()).await;
        let bindings = bindings.map_err(NoAnswer::of)?.items;
        let names = bindings.into_iter().filter_map(|binding| {
            let reference = &binding.data["roleRef"];
            let name = binding.metadata.name.unwrap_or_default();
            (reference["kind"] == "Role" && reference["name"] == role && name != but).then_some(name)
        });
        Ok(names.collect())
    }

    /// Returns the namespaces that have an object of this kind and name; `within` is the only one that is asked about.
    pub async fn namespaces_with(
        &self,
        api_version: &str,
        kind: &str,
        name: &str,
        within: Option<&str>,
    ) -> Result<Vec<String>, NoAnswer> {
        let any = ObjectName {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: within.map(str::to_owned),
            name: String::new(),
        };
        let parameters = kube::api::ListParams::default().fields(&format!("metadata.name={name}"));
        let found = self.api(&any).list(&parameters).await.map_err(NoAnswer::of)?;
        Ok(found
            .items
            .into_iter()
            .filter_map(|found| found.metadata.namespace)
            .collect())
    }
}

pub(crate) fn value(object: &DynamicObject) -> Value {
    serde_json::to_value(object).unwrap_or_default()
}

/// An object of a file, as the client takes it.
pub(crate) fn typed(object: &Value) -> Result<DynamicObject, WriteError> {
    serde_json::from_value(object.clone()).map_err(|error| WriteError::Rejected(error.to_string()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(status: Value) -> WriteError {
        WriteError::of_status(serde_json::from_value(status).unwrap())
    }

    #[test]
    fn a_refusal_says_which_rights_are_missing() {
        let message = "roles.rbac.authorization.k8s.io \"neo4j-backup-role\" is forbidden: user \"jane\" \
                       (groups=[\"system:authenticated\"]) is attempting to grant RBAC permissions not currently held:\n\
                       {APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"get\" \"list\"]}\n\
                       {APIGroups:[\"\"], Resources:[\"pods/exec\"], Verbs:[\"create\"]}";
        let error = of(json!({"status": "Failure", "reason": "Forbidden", "code": 403, "message": message}));
        assert_eq!(
            error.to_string(),
            "you lack rights that it gives: get, list pods; create pods/exec"
        );
        let error = of(json!({"status": "Failure", "reason": "Forbidden", "code": 403, "message": "no"}));
        assert_eq!(error.to_string(), "you may not do that: no");
    }

    #[test]
    fn a_conflict_names_who_holds_the_fields_and_is_told_from_a_change() {
        let cause = |manager: &str| {
            json!({"reason": "FieldManagerConflict", "field": ".metadata.annotations.x",
                   "message": format!("conflict with \"{manager}\" using v1")})
        };
        let error = of(json!({
            "status": "Failure", "reason": "Conflict", "code": 409, "message": "Apply failed with 2 conflicts",
            "details": {"causes": [cause("manager"), cause("manager"), cause("before-first-apply")]},
        }));
        assert_eq!(
            error.to_string(),
            "other field managers hold what would be changed: manager, one whose name was not kept"
        );
        let error = of(json!({"status": "Failure", "reason": "Conflict", "code": 409, "message": "modified"}));
        assert!(matches!(error, WriteError::Changed), "{error:?}");
    }
}
