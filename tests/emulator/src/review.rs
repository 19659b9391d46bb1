//! The question: an `AdmissionReview`, as the API server writes it.

use serde_json::{Value, json};

/// What is being done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `CREATE`
    Create,
    /// `UPDATE`
    Update,
    /// `DELETE`
    Delete,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }

    fn options(self) -> &'static str {
        match self {
            Self::Create => "CreateOptions",
            Self::Update => "UpdateOptions",
            Self::Delete => "DeleteOptions",
        }
    }
}

/// One request to the API server, about which its hooks are asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    operation: Operation,
    object: Value,
    old_object: Value,
    resource: String,
    dry_run: bool,
}

impl Review {
    /// The creation of `object`, a whole manifest.
    pub fn create(object: Value) -> Self {
        Self::new(Operation::Create, object, Value::Null)
    }

    /// The change of `old_object` into `object`.
    pub fn update(old_object: Value, object: Value) -> Self {
        Self::new(Operation::Update, object, old_object)
    }

    /// The deletion of `old_object`.
    pub fn delete(old_object: Value) -> Self {
        Self::new(Operation::Delete, Value::Null, old_object)
    }

    /// Sets the name of the resource, where it is not the lower-case kind with an `s`.
    #[must_use]
    pub fn resource(mut self, plural: &str) -> Self {
        plural.clone_into(&mut self.resource);
        self
    }

    /// Makes it a dry run.
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    pub(crate) fn object(&self) -> &Value {
        &self.object
    }

    /// The body of one call: every call of every hook has a uid of its own.
    pub(crate) fn body(&self, uid: &str, object: &Value) -> Vec<u8> {
        let shown = self.shown();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (group, version) = group_and_version(shown);
        let kind = json!({"group": group, "version": version, "kind": shown["kind"]});
        let resource = json!({"group": group, "version": version, "resource": self.resource});
        let review = json!({
            "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
            "request": {
                "uid": uid,
                "kind": kind, "resource": resource, "requestKind": kind, "requestResource": resource,
                "name": text(&shown["metadata"]["name"]), "namespace": text(&shown["metadata"]["namespace"]),
                "operation": self.operation.name(),
                "userInfo": {"username": "kubernetes-admin", "groups": ["kubeadm:cluster-admins", "system:authenticated"]},
                "object": object, "oldObject": self.old_object, "dryRun": self.dry_run,
                "options": {"apiVersion": "meta.k8s.io/v1", "kind": self.operation.options()},
            },
        });
        review.to_string().into_bytes()
    }

    fn new(operation: Operation, object: Value, old_object: Value) -> Self {
        let mut review = Self {
            operation,
            object,
            old_object,
            resource: String::new(),
            dry_run: false,
        };
        let kind = review.shown()["kind"].as_str().unwrap_or_default();
        review.resource = format!("{}s", kind.to_lowercase());
        review
    }

    fn shown(&self) -> &Value {
        if self.object.is_null() {
            &self.old_object
        } else {
            &self.object
        }
    }
}

fn group_and_version(object: &Value) -> (&str, &str) {
    let version = object["apiVersion"].as_str().unwrap_or_default();
    version.split_once('/').unwrap_or(("", version))
}
