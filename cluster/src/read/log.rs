//! The end of a log.

use std::time::Duration;

use http::Request;
use kube::{Client, Error};
use neo4jbackup_core::facts::{Cause, Right};
use neo4jbackup_core::snapshot::{LogOf, LogTail};
use tokio::time::Instant;

use super::reason;

/// So many lines are read.
const LINES: usize = 400;
/// No more of them than this is read.
const BYTES: usize = 1 << 20;

/// Reads the end of the log of a container.
pub(super) async fn tail(client: &Client, of: LogOf, request_timeout: Duration, ends: Instant) -> (LogOf, LogTail) {
    let patience = request_timeout.min(ends.saturating_duration_since(Instant::now()));
    let tail = match tokio::time::timeout(patience, text(client, &of)).await {
        Ok(Ok(text)) => LogTail::Read(text),
        Ok(Err(error)) => LogTail::Missing(cause_of(&error, &of)),
        Err(_) => LogTail::Missing(Cause::Failed(format!(
            "no answer within {} s",
            patience.as_secs_f32().ceil()
        ))),
    };
    (of, tail)
}

async fn text(client: &Client, of: &LogOf) -> Result<String, Error> {
    let query = [("tailLines", LINES.to_string()), ("limitBytes", BYTES.to_string())];
    client.request_text(request(of, &query)?).await
}

/// The request for a log.
pub(super) fn request(of: &LogOf, further: &[(&str, String)]) -> Result<Request<Vec<u8>>, Error> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("container", &of.container).extend_pairs(further);
    if of.previous {
        query.append_pair("previous", "true");
    }
    let LogOf { namespace, pod, .. } = of;
    let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}/log?{}", query.finish());
    Request::get(path).body(Vec::new()).map_err(Error::HttpError)
}

/// Why a log cannot be read.
pub(super) fn cause_of(error: &Error, of: &LogOf) -> Cause {
    match error {
        Error::Api(status) if status.code == 403 => Cause::Forbidden(Right::to_read_logs(&of.namespace)),
        error => Cause::Failed(reason(error)),
    }
}
