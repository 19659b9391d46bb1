//! The metadata server of Google, which gives tokens to whoever asks from its node.

use std::time::Duration;

use http::{Method, Request};
use neo4jbackup_core::quoted::quoted;
use object_store::client::HttpRequestBody;
use tokio::time::{Instant, sleep};

use super::exchange::{self, NOTHING};
use crate::answer::Answer;
use crate::class::Class;
use crate::endpoint;
use crate::judge::{failure, says};
use crate::owner::{Owner, Unknown};
use crate::report::Failure;
use crate::transport::{Last, Transport};

/// The metadata server of the node; on GKE one that knows the pod.
pub(super) const HOST: &str = "metadata.google.internal";

/// For so long it is asked again: on GKE it does not answer for a pod in the first seconds, in which a probe asks.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long between two questions.
const PAUSE: Duration = Duration::from_millis(500);

/// The token of the metadata server, and whose it says that it is. `expected` is the annotated account.
pub(super) async fn token(
    host: &str,
    expected: Option<&str>,
    transport: &Transport,
) -> Result<(String, Owner), Failure> {
    let address = format!("http://{host}/computeMetadata/v1/instance/service-accounts/default");
    let request = |what: &str| {
        Request::builder()
            .method(Method::GET)
            .uri(format!("{address}/{what}"))
            .header("Metadata-Flavor", "Google")
            .body(HttpRequestBody::empty())
    };
    let until = Instant::now() + PATIENCE;
    let token = patiently(until, async || {
        exchange::ask(transport, request("token"), "access_token").await
    });
    let token = token.await.map_err(|last| match last {
        Some(Last::Broken(broken)) => {
            let message = format!(
                "there is no key, and the metadata server {} gives no answer: {}",
                quoted(&endpoint::shown(host)),
                broken.message
            );
            // Whose account is annotated is to have his token from there, and from no key.
            let is_error = expected.is_some() && may_pass(&broken);
            let class = if is_error {
                Class::GkeMetadataError
            } else {
                Class::GcsNoCredentials
            };
            Failure::of(class, message)
        }
        last => failure(last, NOTHING, |answer| {
            if is_denied(answer) {
                Class::GkeWorkloadIdentityDenied
            } else if answer.status.as_u16() == 404 {
                Class::GcsNoCredentials
            } else {
                Class::GkeMetadataError
            }
        }),
    })?;
    let email = patiently(until, async || exchange::answered(transport, request("email")).await);
    let email = email.await.ok().and_then(|body| String::from_utf8(body.to_vec()).ok());
    let email = email
        .map(|email| email.trim().to_owned())
        .filter(|email| email.contains('.'));
    // Where GKE knows the pod, its annotated account answers for it, and where that names nobody, the pool.
    let is_of_pod = |email: &str| expected == Some(email) || email.ends_with(".svc.id.goog");
    let owner = Owner {
        is_node: email.as_deref().is_some_and(|email| !is_of_pod(email)),
        name: email,
        unknown: Unknown {
            why: "the metadata server does not say whose the token is",
            remedy: "Ask again; if it stays, look at the gke-metadata-server pod on that node.",
        },
    };
    Ok((token, owner))
}

/// Asks until there is an answer, or one that stays as it is.
async fn patiently<T>(until: Instant, ask: impl AsyncFn() -> Result<T, Option<Last>>) -> Result<T, Option<Last>> {
    loop {
        let answered = ask().await;
        let is_too_early = match &answered {
            Err(Some(Last::Broken(broken))) => may_pass(broken),
            Err(Some(Last::Answer(answer))) => matches!(answer.status.as_u16(), 429 | 500..=599) && !is_denied(answer),
            Ok(_) | Err(None) => false,
        };
        if !is_too_early || Instant::now() >= until {
            return answered;
        }
        sleep(PAUSE).await;
    }
}

/// Whether it may be otherwise in a moment. Names were looked up before, of the store: one that nobody knows is in no cloud of
/// Google's.
fn may_pass(broken: &Failure) -> bool {
    ![Class::DnsFailure, Class::EndpointMalformed]
        .iter()
        .any(|class| broken.class == class.name())
}

fn is_denied(answer: &Answer) -> bool {
    says(answer, "iam.serviceaccounts.getaccesstoken") || says(answer, "iam returned 403")
}
