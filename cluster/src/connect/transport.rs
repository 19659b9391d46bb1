//! From what is connected to, to a client: credentials, headers, time limits, warnings.

use std::sync::Arc;
use std::time::Duration;

use futures::stream;
use http::header::{AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Bytes, Incoming};
use kube::Client;
use kube::client::Body;
use kube::client::middleware::BaseUriLayer;
use kube::client::retry::RetryPolicy;
use tokio::time::Instant;
use tower::retry::RetryLayer;
use tower::{BoxError, ServiceBuilder, service_fn};
use tower_http::decompression::DecompressionLayer;

use super::ConnectError;
use super::credentials::Credentials;
use super::dial::{Sender, sender};
use super::failure::Server;
use super::flags::{ConnectionFlags, Surroundings};
use super::target::Target;
use super::tls::{self, Shown};
use super::unanswered::Unanswered;
use super::warnings::Warnings;

type AnswerBody = UnsyncBoxBody<Bytes, BoxError>;

/// What every request goes through.
pub(super) struct Transport {
    send: Sender,
    credentials: Credentials,
    shown: Arc<Shown>,
    headers: HeaderMap,
    timeout: Option<Duration>,
    server: Server,
    pub(super) warnings: Warnings,
}

impl Transport {
    /// Puts it together. No connection is made.
    pub(super) fn new(
        target: Target,
        flags: &ConnectionFlags,
        surroundings: &Surroundings,
    ) -> Result<Self, ConnectError> {
        let shown = Arc::new(Shown::default());
        let configuration = tls::configuration(&target.trust(), target.identity.as_ref(), Arc::clone(&shown))?;
        let server = Server {
            address: Server::shown(&target.server),
            authority: target.authority.as_ref().map(|authority| authority.origin.clone()),
            authority_field: format!(
                "{}, or by --certificate-authority",
                target.server_origin.with_field("certificate-authority")
            ),
            other_name: target.server_name.as_ref().map(|(_, origin)| origin.clone()),
            user: target.user_origin.clone(),
            identity: target
                .identity
                .as_ref()
                .map(|(certificate, _)| certificate.origin.clone()),
            proxy: target
                .proxy
                .as_ref()
                .map(|proxy| (Server::shown(proxy.address.uri()), proxy.origin.clone())),
            origin: target.server_origin.clone(),
        };
        let send = sender(target.proxy.as_ref(), target.server_name.as_ref(), configuration)?;
        let mut headers = target.impersonation;
        let agent = HeaderValue::try_from(&surroundings.user_agent);
        headers.extend(agent.into_iter().map(|agent| (USER_AGENT, agent)));
        let mut credentials = target.credentials;
        if let Credentials::Exec(exec) = &mut credentials {
            exec.without_standard_input(surroundings.standard_input);
        }
        let warnings = Warnings::default();
        target.notes.into_iter().for_each(|note| warnings.add(note));
        Ok(Self {
            send,
            credentials,
            shown,
            headers,
            timeout: flags.request_timeout.filter(|timeout| !timeout.is_zero()),
            server,
            warnings,
        })
    }

    /// Gets credentials, which may start a program that asks the person something.
    pub(super) async fn sign_in(&self) -> Result<(), Unanswered> {
        let presented = self.credentials.present().await?;
        self.warn(presented.note);
        Ok(())
    }

    fn warn(&self, note: Option<String>) {
        if let Some(note) = note {
            self.warnings.add(note);
        }
    }

    async fn answer(&self, mut request: Request<Body>) -> Result<Response<AnswerBody>, Unanswered> {
        let presented = self.credentials.present().await?;
        if let Some(key) = presented.key {
            self.shown.set(key);
        }
        self.warn(presented.note);
        let headers = request.headers_mut();
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        headers.extend(presented.header.map(|header| (AUTHORIZATION, header)));
        let limit = self.timeout.map(|timeout| (Instant::now() + timeout, timeout));
        let sending = (self.send)(request);
        let answer = match limit {
            Some((deadline, timeout)) => {
                let answer = tokio::time::timeout_at(deadline, sending).await;
                answer.map_err(|_| self.server.silent(timeout))?
            }
            None => sending.await,
        };
        let answer = answer.map_err(|error| self.server.explain(&error))?;
        self.warnings.hear(answer.headers());
        if answer.status() == StatusCode::UNAUTHORIZED {
            return Err(self.server.unauthorized());
        }
        let silent = limit.map(|(deadline, timeout)| (deadline, self.server.silent(timeout)));
        Ok(answer.map(|body| match silent {
            Some((deadline, silent)) => limited(body, deadline, silent),
            None => body.map_err(BoxError::from).boxed_unsync(),
        }))
    }
}

/// A body that has to come to its end by a time.
fn limited(body: Incoming, deadline: Instant, silent: Unanswered) -> AnswerBody {
    let frames = stream::unfold(Some((body, silent)), move |state| async move {
        let (mut body, silent) = state?;
        match tokio::time::timeout_at(deadline, body.frame()).await {
            Ok(Some(Ok(frame))) => Some((Ok(frame), Some((body, silent)))),
            Ok(Some(Err(error))) => Some((Err(BoxError::from(error)), None)),
            Ok(None) => None,
            Err(_) => Some((Err(BoxError::from(silent)), None)),
        }
    });
    StreamBody::new(Box::pin(frames)).boxed_unsync()
}

/// Makes a client that goes through the transport.
pub(super) fn client(transport: &Arc<Transport>, server: Uri, compression: bool, namespace: &str) -> Client {
    let answering = Arc::clone(transport);
    let retry = RetryPolicy::new(Duration::from_millis(200), Duration::from_secs(2), 3, true);
    let service = ServiceBuilder::new()
        .layer(BaseUriLayer::new(server))
        .layer(DecompressionLayer::new().gzip(compression))
        .option_layer(retry.ok().map(RetryLayer::new))
        .map_err(BoxError::from)
        .service(service_fn(move |request| {
            let transport = Arc::clone(&answering);
            async move { transport.answer(request).await }
        }));
    Client::new(service, namespace)
}
