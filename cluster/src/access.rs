//! Who may do what: asked of the API server in the ways that it allows.

use std::sync::atomic::{AtomicBool, Ordering};

use futures::StreamExt as _;
use futures::stream;
use http::Request;
use kube::{Client, Error};
use neo4jbackup_core::rbac::evaluate::Caller;
use neo4jbackup_core::rbac::rule::ResourceAction;
use serde_json::{Value, json};

use crate::connect::Cluster;
use crate::objects::NoAnswer;

/// So many questions are under way at a time.
const SIDE_BY_SIDE: usize = 16;

/// By which way the API server answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// By a `SubjectAccessReview`, which asks what somebody else may do.
    Review,
    /// By a `SelfSubjectAccessReview`, which everybody may make.
    SelfReview,
    /// By a `SelfSubjectAccessReview` in the name of somebody else.
    Impersonation,
}

/// What the API server says of some actions.
#[derive(Debug)]
pub struct Answered {
    /// By which way.
    pub way: Way,
    /// Whether each of them is allowed, in the order of the question.
    pub allowed: Vec<bool>,
}

/// Why the API server says nothing.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// Neither way is open to whoever asks.
    #[error("neither subjectaccessreviews nor impersonation is allowed")]
    Forbidden,
    /// There was no answer.
    #[error("the cluster does not say who may do what")]
    NoAnswer(#[source] NoAnswer),
}

/// Asks the API server who may do what.
pub struct AccessReader {
    client: Client,
    may_review: AtomicBool,
    may_impersonate: AtomicBool,
}

impl AccessReader {
    /// Asks in the name of whoever the connection is for.
    pub fn new(cluster: &Cluster) -> Self {
        Self {
            client: cluster.client(),
            may_review: AtomicBool::new(true),
            // A request is made in one name.
            may_impersonate: AtomicBool::new(!cluster.impersonates()),
        }
    }

    /// Asks what whoever asks may do himself.
    pub async fn ask_for_self(&self, actions: &[ResourceAction]) -> Result<Answered, AccessError> {
        let answers = self.ask(Way::SelfReview, None, actions).await;
        let allowed = answers.map_err(|error| AccessError::NoAnswer(NoAnswer::of(error)))?;
        Ok(Answered {
            way: Way::SelfReview,
            allowed,
        })
    }

    /// Asks what somebody else may do: by a review where that is allowed, else in his name.
    pub async fn ask_for(&self, caller: &Caller, actions: &[ResourceAction]) -> Result<Answered, AccessError> {
        for (way, may) in [
            (Way::Review, &self.may_review),
            (Way::Impersonation, &self.may_impersonate),
        ] {
            if !may.load(Ordering::Relaxed) {
                continue;
            }
            match self.ask(way, Some(caller), actions).await {
                Ok(allowed) => return Ok(Answered { way, allowed }),
                // Who may not make reviews may make none, and need not ask again. The right to impersonate may be for one account.
                Err(Error::Api(status)) if status.code == 403 => {
                    if way == Way::Review {
                        may.store(false, Ordering::Relaxed);
                    }
                }
                Err(error) => return Err(AccessError::NoAnswer(NoAnswer::of(error))),
            }
        }
        Err(AccessError::Forbidden)
    }

    async fn ask(&self, way: Way, caller: Option<&Caller>, actions: &[ResourceAction]) -> Result<Vec<bool>, Error> {
        let mut allowed = Vec::with_capacity(actions.len());
        let mut rest = actions.iter();
        // The first answer says whether the others are worth a question.
        if let Some(first) = rest.next() {
            allowed.push(self.is_allowed(way, caller, first).await?);
        }
        let questions = rest.map(|action| self.is_allowed(way, caller, action));
        let mut answers = stream::iter(questions).buffered(SIDE_BY_SIDE);
        while let Some(answer) = answers.next().await {
            allowed.push(answer?);
        }
        Ok(allowed)
    }

    async fn is_allowed(&self, way: Way, caller: Option<&Caller>, action: &ResourceAction) -> Result<bool, Error> {
        let attributes = json!({
            "verb": action.verb, "group": action.group, "resource": action.resource, "subresource": action.subresource,
            "name": action.name, "namespace": action.namespace,
        });
        let (kind, path) = match way {
            Way::Review => ("SubjectAccessReview", "subjectaccessreviews"),
            Way::SelfReview | Way::Impersonation => ("SelfSubjectAccessReview", "selfsubjectaccessreviews"),
        };
        let mut review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": {"resourceAttributes": attributes},
        });
        let mut request =
            Request::post(format!("/apis/authorization.k8s.io/v1/{path}")).header("Content-Type", "application/json");
        match (way, caller) {
            (Way::Review, Some(caller)) => {
                review["spec"]["user"] = caller.name.as_str().into();
                review["spec"]["groups"] = json!(caller.groups);
            }
            (Way::Impersonation, Some(caller)) => {
                request = request.header("Impersonate-User", &caller.name);
                // To an account the API server adds its groups itself.
                let groups = caller.groups.iter().filter(|_| caller.as_service_account().is_none());
                for group in groups {
                    request = request.header("Impersonate-Group", group);
                }
            }
            _ => {}
        }
        self.answer(request, &review).await
    }

    async fn answer(&self, request: http::request::Builder, review: &Value) -> Result<bool, Error> {
        let request = request
            .body(review.to_string().into_bytes())
            .map_err(Error::HttpError)?;
        let answer: Value = self.client.request(request).await?;
        Ok(answer["status"]["allowed"].as_bool().unwrap_or_default())
    }
}
