//! What the API server would say to an object, which is not stored.

use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use kube::client::Body;
use neo4jbackup_core::schema::Kind;
use serde_json::Value;

use crate::objects::{NoAnswer, ObjectError, Objects};

/// What the API server said to an object that was not to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct DryRun {
    /// Whether it would have stored it.
    pub accepted: bool,
    /// The object as it would have been stored, or the status that says why not.
    pub answer: Value,
    /// The warnings that came with it, with their header syntax around them.
    pub warnings: Vec<String>,
}

/// What the API server answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The object, or a status that says why there is none.
    pub body: Value,
    /// The warnings that came with it, with their header syntax around them.
    pub warnings: Vec<String>,
}

/// The versions of the operator's kinds, the newest first.
const VERSIONS: [&str; 2] = ["v1beta1", "v1alpha1"];

/// The address of the objects of a namespace, or of one of them. Every part is escaped: what comes from a manifest must not end
/// the path, and take `dryRun=All`, which stands behind it, out of the request.
fn address(group_version: &str, plural: &str, namespace: &str, name: Option<&str>) -> String {
    let (group, version) = group_version.split_once('/').unwrap_or((group_version, ""));
    let parts = ["apis", group, version, "namespaces", namespace, plural];
    let parts = parts.into_iter().chain(name);
    parts.fold(String::new(), |address, part| {
        let part = form_urlencoded::byte_serialize(part.as_bytes());
        part.fold(address + "/", |address, piece| address + piece)
    })
}

impl Objects {
    /// Sends an object of the operator through [`Objects::dry_run_create`], in the newest version that the cluster serves; `object` makes it from the value
    /// of its `apiVersion`. `None` when the API server serves none.
    pub async fn dry_run_newest(
        &self,
        kind: Kind,
        namespace: &str,
        object: impl Fn(&str) -> Value,
    ) -> Result<Option<DryRun>, ObjectError> {
        for version in VERSIONS {
            let api_version = kind.api_version(version);
            let answer = self
                .dry_run_create(&api_version, kind.plural(), namespace, &object(&api_version))
                .await?;
            if answer.is_some() {
                return Ok(answer);
            }
        }
        Ok(None)
    }

    /// Sends an object that is not to be stored through admission. Fields that the cluster's version of the kind does not
    /// have are dropped. `None` when the API server does not serve the kind in this version.
    pub async fn dry_run_create(
        &self,
        group_version: &str,
        plural: &str,
        namespace: &str,
        object: &Value,
    ) -> Result<Option<DryRun>, ObjectError> {
        let failed = |source: NoAnswer| ObjectError::Api {
            attempted: format!("ask for a dry run of {plural}.{group_version}"),
            source,
        };
        let path = address(group_version, plural, namespace, None);
        let request = Request::post(format!("{path}?dryRun=All&fieldValidation=Ignore"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(object.to_string().into_bytes()))
            .map_err(|error| failed(error.into()))?;
        let Answer {
            status,
            body: answer,
            warnings,
        } = self.exchange(request).await.map_err(failed)?;
        match StatusCode::from_u16(status).unwrap_or_default() {
            // A namespace that is not there is a 404 as well, and is named in the answer.
            StatusCode::NOT_FOUND if answer["details"]["kind"] != "namespaces" => Ok(None),
            status if status.is_success() => Ok(Some(DryRun {
                accepted: true,
                answer,
                warnings,
            })),
            StatusCode::UNPROCESSABLE_ENTITY => Ok(Some(DryRun {
                accepted: false,
                answer,
                warnings,
            })),
            status => {
                let message = answer["message"].as_str().unwrap_or("no reason was given").to_owned();
                Err(failed(NoAnswer::Status { status, message }))
            }
        }
    }

    /// Asks what would become of a manifest that is applied, as `kubectl apply --dry-run=server` asks: it is created, or merged
    /// into the object of its name where there is one, and fields that the cluster does not know are refused. Without a name, it
    /// is created.
    pub async fn dry_run_apply(
        &self,
        group_version: &str,
        plural: &str,
        namespace: &str,
        name: Option<&str>,
        object: &Value,
    ) -> Result<Answer, NoAnswer> {
        const ASKED: &str = "dryRun=All&fieldValidation=Strict&fieldManager=kubectl-neo4jbackup";
        let path = address(group_version, plural, namespace, None);
        let body = || Body::from(object.to_string().into_bytes());
        if let Some(name) = name {
            let path = address(group_version, plural, namespace, Some(name));
            let request = Request::get(&path).body(Body::empty())?;
            let answer = self.exchange(request).await?;
            if answer.status == StatusCode::OK {
                let request = Request::patch(format!("{path}?{ASKED}"));
                let request = request.header(header::CONTENT_TYPE, "application/merge-patch+json");
                return self.exchange(request.body(body())?).await;
            }
            if answer.status != StatusCode::NOT_FOUND {
                return Ok(answer);
            }
        }
        let request = Request::post(format!("{path}?{ASKED}")).header(header::CONTENT_TYPE, "application/json");
        self.exchange(request.body(body())?).await
    }

    async fn exchange(&self, request: Request<Body>) -> Result<Answer, NoAnswer> {
        let response = self.client.send(request).await?;
        let status = response.status().as_u16();
        let warnings = response.headers().get_all(header::WARNING);
        let warnings = warnings
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        let body = response.into_body().collect().await?.to_bytes();
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Ok(Answer { status, body, warnings })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_stores_nothing_cannot_be_made_another_one() {
        assert_eq!(
            address("neo4j.neo4j.com/v1beta1", "neo4jbackups", "graph", Some("nightly.a-1")),
            "/apis/neo4j.neo4j.com/v1beta1/namespaces/graph/neo4jbackups/nightly.a-1"
        );
        let hostile = [
            "v1/namespaces/graph/neo4jbackups/victim?x=",
            "v1#",
            "v1%3f",
            "v1&a",
            "v 1\n",
            "é",
        ];
        for hostile in hostile {
            let group_version = format!("neo4j.neo4j.com/{hostile}");
            for address in [
                address(&group_version, "neo4jbackups", "graph", Some("nightly")),
                address("neo4j.neo4j.com/v1beta1", "neo4jbackups", hostile, Some("nightly")),
                address("neo4j.neo4j.com/v1beta1", "neo4jbackups", "graph", Some(hostile)),
            ] {
                let request = Request::patch(format!("{address}?dryRun=All"))
                    .body(Body::empty())
                    .unwrap();
                assert_eq!(request.uri().query(), Some("dryRun=All"), "{address}");
                assert_eq!(request.uri().path().split('/').count(), 8, "{address}");
            }
        }
    }
}
