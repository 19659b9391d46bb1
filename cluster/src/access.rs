//! Who may do what: asked of the API server in the ways that it allows, and the roles from which it is reckoned otherwise.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::StreamExt as _;
use futures::stream;
use http::Request;
use kube::{Client, Error};
use neo4jbackup_core::document::Node;
use neo4jbackup_core::facts::{Cause, Right};
use neo4jbackup_core::rbac::evaluate::{Caller, Roles};
use neo4jbackup_core::rbac::rule::ResourceAction;
use serde_json::{Value, json};

use crate::connect::Cluster;
use crate::objects::NoAnswer;

/// So many questions are under way at a time.
const SIDE_BY_SIDE: usize = 16;

/// So many objects are asked for at a time.
const PAGE: usize = 500;

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
        let allowed = answers.map_err(|error| AccessError::NoAnswer(error.into()))?;
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
                // What is refused once is refused always, and need not be asked again.
                Err(Error::Api(status)) if status.code == 403 => may.store(false, Ordering::Relaxed),
                Err(error) => return Err(AccessError::NoAnswer(error.into())),
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

/// The roles and bindings of a cluster, as far as they may be read.
#[derive(Debug, Default)]
pub struct ReadRoles {
    /// What was read.
    pub roles: Roles,
    /// Why the rest was not.
    pub missing: Vec<Cause>,
    /// Whether Roles and `RoleBindings` of all namespaces were read.
    pub has_all_namespaces: bool,
}

/// Reads the roles and bindings of a cluster; those of namespaces from all of them, or where that is not allowed from these.
pub async fn read_roles(cluster: &Cluster, namespaces: &BTreeSet<String>) -> ReadRoles {
    let client = cluster.client();
    let mut read = ReadRoles {
        has_all_namespaces: true,
        ..ReadRoles::default()
    };
    for (plural, kind) in [
        ("clusterroles", "ClusterRole"),
        ("clusterrolebindings", "ClusterRoleBinding"),
    ] {
        if let Err(cause) = read_into(&client, None, plural, kind, &mut read.roles).await {
            read.missing.push(cause);
        }
    }
    for (plural, kind) in [("roles", "Role"), ("rolebindings", "RoleBinding")] {
        match read_into(&client, None, plural, kind, &mut read.roles).await {
            Ok(()) => continue,
            Err(Cause::Forbidden(_)) if !namespaces.is_empty() => read.has_all_namespaces = false,
            Err(cause) => {
                read.has_all_namespaces = false;
                read.missing.push(cause);
                continue;
            }
        }
        for namespace in namespaces {
            if let Err(cause) = read_into(&client, Some(namespace), plural, kind, &mut read.roles).await {
                read.missing.push(cause);
            }
        }
    }
    read
}

async fn read_into(
    client: &Client,
    namespace: Option<&str>,
    plural: &str,
    kind: &str,
    roles: &mut Roles,
) -> Result<(), Cause> {
    let right = || Right {
        verbs: vec!["list".to_owned()],
        group: "rbac.authorization.k8s.io".to_owned(),
        resource: plural.to_owned(),
        name: None,
        namespace: namespace.map(str::to_owned),
        called: kind.to_owned(),
    };
    let place = namespace.map_or_else(String::new, |name| format!("/namespaces/{name}"));
    let mut next = String::new();
    loop {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("limit", &PAGE.to_string());
        if !next.is_empty() {
            query.append_pair("continue", &next);
        }
        let path = format!("/apis/rbac.authorization.k8s.io/v1{place}/{plural}?{}", query.finish());
        let request = Request::get(path).body(Vec::new());
        let request = request.map_err(|error| Cause::Failed(error.to_string()))?;
        let page: Value = match client.request(request).await {
            Ok(page) => page,
            Err(Error::Api(status)) if status.code == 403 => return Err(Cause::Forbidden(right())),
            Err(error) => return Err(Cause::Failed(crate::chain(&error))),
        };
        let Value::Array(items) = &page["items"] else {
            return Err(Cause::Failed("the answer is no list of objects".to_owned()));
        };
        for item in items {
            let mut item = item.clone();
            // Lists leave it out.
            item["kind"] = kind.into();
            roles.add(&Node::from(item));
        }
        page["metadata"]["continue"]
            .as_str()
            .unwrap_or_default()
            .clone_into(&mut next);
        if next.is_empty() {
            return Ok(());
        }
    }
}
