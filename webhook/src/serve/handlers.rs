//! `/validate` and `/mutate` over HTTP: everything that can go wrong before and around a judgement.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use neo4jbackup_core::settings::Mode;
use tokio::time::{Instant, timeout_at};

use crate::admission::fault::Fault;
use crate::admission::hook::Hook;
use crate::admission::review::outline;
use crate::admission::tree_size::tree_size;
use crate::app::{App, Reply};
use crate::ops::metrics::{Track as _, Tracked};
use crate::serve::body::{CallBody, Received};
use crate::serve::body_memory::{BodyMemory, BodyShare};
use crate::serve::call_slots::{CallSlot, CallSlots};
use crate::serve::offload::Offload;
use crate::serve::timeout_io::RequestProgress;

/// The worst body of this size is judged within half a millisecond (docs/performance.md). Larger ones go to a thread, so
/// that a deadline can end the wait and no other call waits behind them.
const INLINE: usize = 8 * 1024;

/// The tree of a body of at most this size is not worth an account: there are as many at once as there are threads.
const SMALL_TREE: usize = 128 * 1024;

/// What all handlers share.
#[derive(Debug, Clone)]
pub(crate) struct Handler {
    app: Arc<App>,
    /// The calls that are under way.
    calls: Arc<CallSlots>,
    bodies: Arc<BodyMemory>,
    offload: Offload,
}

/// Answers `POST /validate`.
pub(crate) async fn validate(State(handler): State<Handler>, request: Request) -> Response {
    handler.respond(Hook::Validate, None, request).await
}

/// Answers `POST /validate/enforce`.
pub(crate) async fn validate_enforce(State(handler): State<Handler>, request: Request) -> Response {
    handler.respond(Hook::Validate, Some(Mode::Enforce), request).await
}

/// Answers `POST /validate/warn`.
pub(crate) async fn validate_warn(State(handler): State<Handler>, request: Request) -> Response {
    handler.respond(Hook::Validate, Some(Mode::Warn), request).await
}

/// Answers `POST /validate/audit`.
pub(crate) async fn validate_audit(State(handler): State<Handler>, request: Request) -> Response {
    handler.respond(Hook::Validate, Some(Mode::Audit), request).await
}

/// Answers `POST /mutate`.
pub(crate) async fn mutate(State(handler): State<Handler>, request: Request) -> Response {
    handler.respond(Hook::Mutate, None, request).await
}

/// What is neither a hook nor asked for in the right way. The body is read all the same, so that the caller sees why.
pub(crate) async fn not_found(State(handler): State<Handler>, request: Request) -> Response {
    handler.refuse(StatusCode::NOT_FOUND, request).await
}

/// Answers another method than POST with 405.
pub(crate) async fn method_not_allowed(State(handler): State<Handler>, request: Request) -> Response {
    handler.refuse(StatusCode::METHOD_NOT_ALLOWED, request).await
}

/// One question, as its address asks it.
#[derive(Debug, Clone, Copy)]
struct Question {
    hook: Hook,
    /// The mode that the address asks for.
    mode: Option<Mode>,
}

impl Handler {
    /// Makes room for calls by the limits of `app`.
    pub(crate) fn new(app: Arc<App>) -> Self {
        let limits = &app.limits;
        Self {
            calls: CallSlots::new(limits.in_flight),
            bodies: BodyMemory::new(limits.bodies, limits.body),
            offload: Offload::new(limits.trees),
            app,
        }
    }

    async fn respond(&self, hook: Hook, mode: Option<Mode>, request: Request) -> Response {
        let end = Instant::now() + self.app.limits.time_for(request.uri().query());
        let is_json = is_json(&request);
        let progress = request.extensions().get::<Arc<RequestProgress>>().cloned();
        let mut body = CallBody::new(request.into_body(), self.app.limits.body);
        let question = Question { hook, mode };
        let reply = if is_json {
            let answered = timeout_at(end, self.read_and_judge(question, &mut body, progress.as_deref())).await;
            answered.unwrap_or(Err(Fault::Deadline))
        } else {
            Err(Fault::ContentType)
        };
        match reply {
            Ok(reply) if body.is_at_end() => response(reply),
            reply => {
                let reply = reply.unwrap_or_else(|fault| self.app.fail(hook, &fault));
                let is_read = timeout_at(end, body.discard()).await.unwrap_or(false);
                refusal(reply, is_read)
            }
        }
    }

    async fn refuse(&self, status: StatusCode, request: Request) -> Response {
        let end = Instant::now() + self.app.limits.deadline;
        let body = CallBody::new(request.into_body(), self.app.limits.body);
        let is_read = timeout_at(end, body.discard()).await.unwrap_or(false);
        let reason = status.canonical_reason().unwrap_or_default();
        let reply = Reply {
            status,
            body: Bytes::from_static(reason.as_bytes()),
        };
        refusal(reply, is_read)
    }

    async fn read_and_judge(
        &self,
        question: Question,
        body: &mut CallBody,
        progress: Option<&RequestProgress>,
    ) -> Result<Reply, Fault> {
        let mut place = self.calls.enter().ok_or(Fault::Overload)?;
        let in_flight = self.app.metrics.in_flight.track();
        let turned_away = place.turned_away();
        let received = tokio::select! {
            biased;
            received = body.read(INLINE, &self.bodies) => received?,
            () = turned_away => return Err(Fault::Overload),
        };
        if let Some(progress) = progress {
            progress.is_whole();
        }
        let Question { hook, mode } = question;
        match received {
            Received::Small(body) => Ok(self.app.answer(hook, mode, &body)),
            Received::Large(body, share) if place.pin() => {
                self.judge_offloaded(question, body, (place, in_flight, share)).await
            }
            Received::Large(..) => Err(Fault::Overload),
            Received::TooLarge(beginning) => {
                let request = outline(&beginning).ok_or(Fault::TooLarge(self.app.limits.body))?;
                Ok(self.app.too_large(hook, mode, &request))
            }
        }
    }

    /// What the call holds goes along: a judgement that outlives its deadline still counts.
    async fn judge_offloaded(&self, question: Question, body: Bytes, held: Held) -> Result<Reply, Fault> {
        let Question { hook, mode } = question;
        let arrived = Instant::now();
        let mut thread = self.offload.thread().await;
        let mut size = body.len();
        if size > SMALL_TREE {
            let counted = body.clone();
            (thread, size) = thread
                .lend(move || tree_size(&counted))
                .await
                .map_err(|_| Fault::Panic)?;
        }
        let app = Arc::clone(&self.app);
        let fits = size <= self.offload.largest();
        let work = move || {
            let _held = held;
            app.metrics.queued(arrived.elapsed());
            if fits {
                return Ok(app.answer(hook, mode, &body));
            }
            let request = outline(&body).ok_or(Fault::TooLarge(app.limits.body))?;
            Ok(app.too_large(hook, mode, &request))
        };
        // An outline takes no memory worth a wait.
        let size = if fits { size } else { 0 };
        thread.work(size, work).await.unwrap_or(Err(Fault::Panic))
    }
}

/// What a call holds while it is under way.
type Held = (CallSlot, Tracked, BodyShare);

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
