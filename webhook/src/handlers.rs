//! `/validate` and `/mutate` over HTTP: everything that can go wrong before and around a judgement.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use neo4jbackup_core::settings::Mode;
use tokio::time::{Instant, timeout_at};

use crate::body::Incoming;
use crate::crowd::Crowd;
use crate::state::{App, Fault, Hook, Reply};

/// A body of this size is judged within a millisecond; larger ones go to a thread of their own, so that a deadline can
/// end the wait and no other call waits behind them.
const INLINE: usize = 128 * 1024;

/// What a handler needs.
#[derive(Debug, Clone)]
pub(crate) struct Handler {
    app: Arc<App>,
    /// The calls that are under way.
    calls: Arc<Crowd>,
    /// Those of them with a large body.
    large: Arc<Crowd>,
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

/// What is neither a hook nor asked for in the right way. The body is read all the same, so that the caller sees why.
pub(crate) async fn not_found(State(handler): State<Handler>, request: Request) -> Response {
    handler.refuse(StatusCode::NOT_FOUND, request).await
}

pub(crate) async fn method_not_allowed(State(handler): State<Handler>, request: Request) -> Response {
    handler.refuse(StatusCode::METHOD_NOT_ALLOWED, request).await
}

impl Handler {
    pub(crate) fn new(app: Arc<App>) -> Self {
        let (calls, large) = (app.limits.in_flight, app.limits.large_in_flight);
        Self {
            app,
            calls: Crowd::new(calls),
            large: Crowd::new(large),
        }
    }

    async fn respond(&self, hook: Hook, asked: Option<Mode>, request: Request) -> Response {
        let end = Instant::now() + self.app.limits.time_for(request.uri().query());
        let is_json = is_json(&request);
        let mut body = Incoming::new(request.into_body(), self.app.limits.body);
        let reply = if is_json {
            let answered = timeout_at(end, self.read_and_judge(hook, asked, &mut body)).await;
            answered.unwrap_or(Err(Fault::Deadline))
        } else {
            Err(Fault::ContentType)
        };
        match reply {
            Ok(reply) => response(reply),
            Err(fault) => {
                let is_read = timeout_at(end, body.discard()).await.unwrap_or(false);
                refusal(self.app.fail(hook, &fault), is_read)
            }
        }
    }

    async fn refuse(&self, status: StatusCode, request: Request) -> Response {
        let end = Instant::now() + self.app.limits.deadline;
        let body = Incoming::new(request.into_body(), self.app.limits.body);
        let is_read = timeout_at(end, body.discard()).await.unwrap_or(false);
        let reason = status.canonical_reason().unwrap_or_default();
        let reply = Reply {
            status,
            body: Bytes::from_static(reason.as_bytes()),
        };
        refusal(reply, is_read)
    }

    async fn read_and_judge(&self, hook: Hook, asked: Option<Mode>, body: &mut Incoming) -> Result<Reply, Fault> {
        let mut place = self.calls.enter().ok_or(Fault::Overload)?;
        let in_flight = InFlight::new(&self.app);
        let turned_away = place.turned_away();
        let (body, large) = tokio::select! {
            biased;
            read = body.read(INLINE, || self.large.enter()) => read?,
            () = turned_away => return Err(Fault::Overload),
        };
        let Some(mut large) = large else {
            return Ok(self.app.answer(hook, asked, &body));
        };
        if !place.settle() || !large.settle() {
            return Err(Fault::Overload);
        }
        let app = Arc::clone(&self.app);
        // The places go along: a judgement that outlives its deadline still counts.
        let judged = tokio::task::spawn_blocking(move || {
            let _places = (place, large, in_flight);
            app.answer(hook, asked, &body)
        });
        judged.await.map_err(|_| Fault::Panic)
    }
}

/// Counts a call as long as it is under way.
struct InFlight(Arc<App>);

impl InFlight {
    fn new(app: &Arc<App>) -> Self {
        app.metrics.in_flight.inc();
        Self(Arc::clone(app))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.metrics.in_flight.dec();
    }
}

fn is_json(request: &Request) -> bool {
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    media_type.is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json"))
}

/// An answer to a request of which something may not have been read. The connection then closes behind it, and must say
/// so: otherwise the caller keeps it, and loses the next call to it.
fn refusal(reply: Reply, is_read: bool) -> Response {
    let mut response = response(reply);
    if !is_read {
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
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
