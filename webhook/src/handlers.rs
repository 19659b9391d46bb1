//! `/validate` and `/mutate` over HTTP: everything that can go wrong before and around a judgement.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use neo4jbackup_core::settings::Mode;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use crate::server::Gate;
use crate::state::{App, Fault, Hook, Reply};

/// A body of this size is judged within a millisecond; larger ones go to a thread of their own, so that a deadline can
/// end the wait and no other call waits behind them.
const INLINE: usize = 128 * 1024;

/// What a handler needs.
#[derive(Debug, Clone)]
pub(crate) struct Handler {
    pub(crate) app: Arc<App>,
    pub(crate) gate: Gate,
}

pub(crate) async fn validate(State(handler): State<Handler>, request: Request) -> Response {
    handler.respond(Hook::Validate, None, request).await
}

pub(crate) async fn validate_enforce(State(handler): State<Handler>, request: Request) -> Response {
    handler.respond(Hook::Validate, Some(Mode::Enforce), request).await
}

pub(crate) async fn validate_warn(State(handler): State<Handler>, request: Request) -> Response {
    handler.respond(Hook::Validate, Some(Mode::Warn), request).await
}

pub(crate) async fn validate_audit(State(handler): State<Handler>, request: Request) -> Response {
    handler.respond(Hook::Validate, Some(Mode::Audit), request).await
}

pub(crate) async fn mutate(State(handler): State<Handler>, request: Request) -> Response {
    handler.respond(Hook::Mutate, None, request).await
}

impl Handler {
    async fn respond(&self, hook: Hook, asked: Option<Mode>, request: Request) -> Response {
        let reply = match self.try_respond(hook, asked, request).await {
            Ok(reply) => reply,
            Err(fault) => self.app.fail(hook, &fault),
        };
        response(reply)
    }

    async fn try_respond(&self, hook: Hook, asked: Option<Mode>, request: Request) -> Result<Reply, Fault> {
        if !is_json(&request) {
            return Err(Fault::ContentType);
        }
        let limit = self.app.limits.body;
        if declared_length(&request).is_some_and(|length| length > limit as u64) {
            return Err(Fault::TooLarge(limit));
        }
        let permit = self.gate.enter(&self.app).ok_or(Fault::Overload)?;
        let time = self.app.limits.time_for(request.uri().query());
        within(time, self.read_and_judge(hook, asked, request.into_body(), permit)).await?
    }

    async fn read_and_judge(
        &self,
        hook: Hook,
        asked: Option<Mode>,
        body: Body,
        permit: Permit,
    ) -> Result<Reply, Fault> {
        let limit = self.app.limits.body;
        let body = Limited::new(body, limit).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                Fault::TooLarge(limit)
            } else {
                Fault::Incomplete
            }
        })?;
        let body = body.to_bytes();
        if body.len() <= INLINE {
            return Ok(self.app.answer(hook, asked, &body));
        }
        let app = Arc::clone(&self.app);
        // The permit goes along: a judgement that outlives its deadline still counts as in flight.
        let judged = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            app.answer(hook, asked, &body)
        });
        judged.await.map_err(|_| Fault::Panic)
    }
}

/// A place among the calls that are answered at once.
pub(crate) struct Permit {
    _place: OwnedSemaphorePermit,
    app: Arc<App>,
}

impl Permit {
    pub(crate) fn new(place: OwnedSemaphorePermit, app: &Arc<App>) -> Self {
        app.metrics.in_flight.inc();
        Self {
            _place: place,
            app: Arc::clone(app),
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.app.metrics.in_flight.dec();
    }
}

async fn within<T>(time: Duration, work: impl Future<Output = T>) -> Result<T, Fault> {
    timeout(time, work).await.map_err(|_| Fault::Deadline)
}

fn is_json(request: &Request) -> bool {
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    media_type.is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json"))
}

fn declared_length(request: &Request) -> Option<u64> {
    request
        .headers()
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

fn response(reply: Reply) -> Response {
    let media_type = if reply.status == StatusCode::OK {
        "application/json"
    } else {
        "text/plain; charset=utf-8"
    };
    let mut response = Response::new(body(reply.body));
    *response.status_mut() = reply.status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

fn body(bytes: Bytes) -> Body {
    Body::from(bytes)
}
