//! Single objects by their names, of whichever kind: what a task of an installation reads, applies, marks and deletes.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use http::StatusCode;
use http_body_util::{BodyExt as _, Limited};
use kube::Resource as _;
use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, Patch, PatchParams};
use kube::client::Body;
use kube::{Client, Error};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::connect::{Cluster, ConnectError};
use crate::pages::{Failure, Listing, PAGE, Patience, pages};
use crate::resource;

/// How long one page of a list may take, and all of them.
const PATIENCE: Duration = Duration::from_secs(30);
const PATIENCE_FOR_LIST: Duration = Duration::from_secs(120);

/// More of what a Service answers is not read: who answers may be anybody.
const LARGEST_ANSWER: usize = 1 << 20;

/// Why an object could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// The cluster cannot be asked.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Neither a kubeconfig was given nor does this run in a pod that has a token.
    #[error("no cluster was named: give --kubeconfig, or run in a pod with a token")]
    NoCluster,
    /// The API server refused, or did not answer.
    #[error("cannot {attempted}")]
    Api {
        /// What was attempted.
        attempted: String,
        /// What the API server or the connection said.
        source: NoAnswer,
    },
}

/// Why a request had no answer, or not the one that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// The client failed, or the API server refused.
    #[error(transparent)]
    Client(#[from] kube::Error),
    /// There is no such request.
    #[error(transparent)]
    Request(#[from] http::Error),
    /// The answer was none of those that are known.
    #[error("{status}: {message}")]
    Status {
        /// Its status.
        status: StatusCode,
        /// In the words of the API server.
        message: String,
    },
    /// The answer is something else.
    #[error("{0}")]
    NoList(String),
    /// Nobody answers.
    #[error("no answer within {} s", .0.as_secs())]
    Silence(Duration),
}

/// Single objects of the cluster of a kubeconfig, or of the cluster that this pod runs in.
#[derive(Clone)]
pub struct Objects {
    /// The client of the cluster.
    pub(crate) client: Client,
}

/// Where an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectName {
    /// Group and version, as in a manifest.
    pub api_version: String,
    /// As in a manifest.
    pub kind: String,
    /// Absent for objects of the cluster.
    pub namespace: Option<String>,
    /// Its own name.
    pub name: String,
}

impl ObjectName {
    /// Where an object that is written out belongs. Empty where the manifest says nothing.
    pub fn of(manifest: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            api_version: text(&manifest["apiVersion"]),
            kind: text(&manifest["kind"]),
            namespace: manifest["metadata"]["namespace"].as_str().map(str::to_owned),
            name: text(&manifest["metadata"]["name"]),
        }
    }

    fn resource(&self) -> ApiResource {
        resource::of_manifest(&self.api_version, &self.kind)
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind, self.name)
    }
}

impl Objects {
    /// Without a kubeconfig, for the cluster that this pod runs in. No request is sent.
    pub async fn connect(kubeconfig: Option<&Path>) -> Result<Self, ObjectError> {
        let cluster = Cluster::connect(kubeconfig).await?.ok_or(ObjectError::NoCluster)?;
        Ok(Self::of(&cluster))
    }

    /// Single objects of a cluster.
    pub fn of(cluster: &Cluster) -> Self {
        Self {
            client: cluster.client(),
        }
    }

    /// The object as it is stored; none when it is not there.
    pub async fn read(&self, object: &ObjectName) -> Result<Option<Value>, ObjectError> {
        let read = self.api(object).get_opt(&object.name).await;
        let read = read.map_err(|error| failed("read", object, error))?;
        Ok(read.map(|read| serde_json::to_value(read).unwrap_or_default()))
    }

    /// All objects of a resource, of one namespace or of all, as they are stored; none where the cluster does not know it.
    pub async fn list(
        &self,
        api_version: &str,
        kind: &str,
        namespace: Option<&str>,
    ) -> Result<Option<Vec<Value>>, NoAnswer> {
        let listing = Listing {
            path: DynamicObject::url_path(&resource::of_manifest(api_version, kind), namespace),
            selectors: Vec::new(),
            media_type: "application/json",
            page: PAGE,
            is_one: false,
        };
        let patience = Patience {
            of_request: PATIENCE,
            ends: Instant::now() + PATIENCE_FOR_LIST,
        };
        // Who answers for an aggregated API may be anybody, and what is in its list anything.
        let found = pages(&self.client, &listing, patience, |text| {
            serde_json::from_str::<Map<String, Value>>(text)
        })
        .await;
        let mut objects = found.items;
        for object in &mut objects {
            // In a list, they do not say what they are.
            object.insert("apiVersion".to_owned(), api_version.into());
            object.insert("kind".to_owned(), kind.into());
        }
        match found.failure {
            None => Ok(Some(objects.into_iter().map(Value::Object).collect())),
            Some(Failure::Refused(Error::Api(status))) if status.code == 404 => Ok(None),
            Some(Failure::Refused(error)) => Err(NoAnswer::of(error)),
            Some(Failure::Silence(patience)) => Err(NoAnswer::Silence(patience)),
            Some(Failure::NoList(why)) => Err(NoAnswer::NoList(why)),
        }
    }

    /// What a Service answers whom the API server asks for us: the status and the body. `service` is its name, with scheme and
    /// port around it where they are not the usual ones: `https:guard:443`. The API server checks no certificate then.
    pub async fn ask_service(
        &self,
        namespace: &str,
        service: &str,
        path: &str,
    ) -> Result<(StatusCode, String), NoAnswer> {
        let path = format!("/api/v1/namespaces/{namespace}/services/{service}/proxy{path}");
        let request = http::Request::get(path).body(Body::empty())?;
        let response = self.client.send(request).await?;
        let status = response.status();
        let body = Limited::new(response.into_body(), LARGEST_ANSWER).collect().await;
        let body = body.map_err(|error| NoAnswer::NoList(format!("the answer cannot be read: {error}")))?;
        Ok((status, String::from_utf8_lossy(&body.to_bytes()).into_owned()))
    }

    /// Applies an object by server-side apply and takes over the fields that somebody else holds.
    pub async fn apply(&self, manifest: &Value, manager: &str) -> Result<(), ObjectError> {
        let object = ObjectName::of(manifest);
        let parameters = PatchParams::apply(manager).force();
        let patch = Patch::Apply(manifest);
        let api = self.api(&object);
        let applied = api.patch(&object.name, &parameters, &patch).await;
        applied.map(drop).map_err(|error| failed("apply", &object, error))
    }

    /// Sets an annotation, or takes it away. False when the object is not there.
    pub async fn annotate(
        &self,
        object: &ObjectName,
        annotation: &str,
        value: Option<&str>,
        manager: &str,
    ) -> Result<bool, ObjectError> {
        let patch = json!({"metadata": {"annotations": {annotation: value}}});
        let parameters = PatchParams {
            field_manager: Some(manager.to_owned()),
            ..PatchParams::default()
        };
        let patch = Patch::Merge(patch);
        let api = self.api(object);
        let patched = api.patch(&object.name, &parameters, &patch).await;
        was_there(patched).map_err(|error| failed("annotate", object, error))
    }

    /// Deletes an object, and what it owns after it. False when it is not there.
    pub async fn delete(&self, object: &ObjectName) -> Result<bool, ObjectError> {
        let api = self.api(object);
        let deleted = api.delete(&object.name, &DeleteParams::background()).await;
        was_there(deleted).map_err(|error| failed("delete", object, error))
    }

    pub(crate) fn api(&self, object: &ObjectName) -> Api<DynamicObject> {
        let resource = object.resource();
        match &object.namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        }
    }
}

fn was_there<T>(answer: Result<T, Error>) -> Result<bool, Error> {
    match answer {
        Ok(_) => Ok(true),
        Err(Error::Api(status)) if status.code == 404 => Ok(false),
        Err(error) => Err(error),
    }
}

fn failed(verb: &str, object: &ObjectName, error: Error) -> ObjectError {
    ObjectError::Api {
        attempted: format!("{verb} {object}"),
        source: NoAnswer::of(error),
    }
}

impl NoAnswer {
    /// Whether a right is missing.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Status { status, .. } if *status == StatusCode::FORBIDDEN)
    }

    /// What a client says, without what it repeats of a refusal.
    pub(crate) fn of(error: Error) -> Self {
        match error {
            Error::Api(status) => match StatusCode::from_u16(status.code) {
                Ok(code) => Self::Status {
                    status: code,
                    message: status.message,
                },
                Err(_) => Self::Client(Error::Api(status)),
            },
            error => Self::Client(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use tower::service_fn;

    use super::*;

    #[tokio::test]
    async fn a_list_of_what_is_no_object_is_told_and_ends_nothing() {
        for (answer, expected) in [
            (r#"{"items": [{"metadata": {"name": "a"}}]}"#, Ok("Service")),
            (r#"{"items": ["x"]}"#, Err("invalid type: string")),
            (r#"{"items": [null]}"#, Err("invalid type: null")),
            ("{}", Err("missing field `items`")),
        ] {
            let service = service_fn(move |_: http::Request<Body>| async move {
                Ok::<_, Infallible>(http::Response::new(Body::from(answer.as_bytes().to_vec())))
            });
            let objects = Objects {
                client: Client::new(service, "default"),
            };
            match (objects.list("v1", "Service", None).await, expected) {
                (Ok(Some(found)), Ok(kind)) => assert_eq!(found[0]["kind"], kind),
                (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{error}"),
                (found, _) => panic!("{answer}: {found:?}"),
            }
        }
    }

    /// kube makes the plural from the kind, and the API server knows no other.
    #[test]
    fn kinds_have_the_plurals_of_the_api() {
        for (api_version, kind, plural) in [
            (
                "admissionregistration.k8s.io/v1",
                "ValidatingAdmissionPolicy",
                "validatingadmissionpolicies",
            ),
            (
                "admissionregistration.k8s.io/v1",
                "MutatingAdmissionPolicyBinding",
                "mutatingadmissionpolicybindings",
            ),
            (
                "admissionregistration.k8s.io/v1",
                "ValidatingWebhookConfiguration",
                "validatingwebhookconfigurations",
            ),
            ("apps/v1", "Deployment", "deployments"),
            ("v1", "Service", "services"),
        ] {
            let object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "n"}});
            let resource = ObjectName::of(&object).resource();
            assert_eq!(
                (resource.plural.as_str(), resource.api_version.as_str()),
                (plural, api_version)
            );
        }
    }
}
