//! The metadata server of Google, which gives tokens to whoever asks from its node.

use http::{Method, Request};
use neo4jbackup_core::quoted::quoted;
use object_store::client::HttpRequestBody;

use super::exchange::{self, NOTHING};
use crate::class::Class;
use crate::endpoint;
use crate::judge::{failure, says};
use crate::owner::Owner;
use crate::report::Failure;
use crate::transport::{Last, Transport};

/// The metadata server of the node; on GKE one that knows the pod.
pub(super) const HOST: &str = "metadata.google.internal";

/// The token of the metadata server, and whose it says that it is.
pub(super) async fn token(host: &str, transport: &Transport) -> Result<(String, Owner), Failure> {
    let address = format!("http://{host}/computeMetadata/v1/instance/service-accounts/default");
    let request = |what: &str| {
        Request::builder()
            .method(Method::GET)
            .uri(format!("{address}/{what}"))
            .header("Metadata-Flavor", "Google")
            .body(HttpRequestBody::empty())
    };
    let token = exchange::ask(transport, request("token"), "access_token").await;
    let token = token.map_err(|last| match last {
        Some(Last::Broken(failure)) => {
            let message = format!(
                "there is no key, and the metadata server {} gives no answer: {}",
                quoted(&endpoint::shown(host)),
                failure.message
            );
            Failure::of(Class::GcsNoCredentials, message)
        }
        last => failure(last, NOTHING, |answer| {
            if says(answer, "iam.serviceaccounts.getaccesstoken") || says(answer, "iam returned 403") {
                Class::GkeWorkloadIdentityDenied
            } else if answer.status.as_u16() == 404 {
                Class::GcsNoCredentials
            } else {
                Class::GkeMetadataError
            }
        }),
    })?;
    let answered = match request("email") {
        Ok(request) => transport.send(request).await.ok(),
        Err(_) => None,
    };
    transport.take_last();
    let email = answered.filter(|answer| answer.status().is_success());
    let email = email.and_then(|answer| String::from_utf8(answer.body().to_vec()).ok());
    let email = email
        .map(|email| email.trim().to_owned())
        .filter(|email| email.contains('.'));
    // Where GKE knows the pod and its account names nobody, the pool answers for it.
    let is_of_pool = email.as_deref().is_some_and(|email| email.ends_with(".svc.id.goog"));
    let owner = Owner {
        is_node: !is_of_pool,
        name: email,
        why_unknown: "the metadata server does not say whose the token is",
    };
    Ok((token, owner))
}
