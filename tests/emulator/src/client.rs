//! One call of one hook, up to the bytes of its answer: client-go's `rest.Request.Do`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::outcome::Reason;
use crate::transport::{Answer, Failed, Transport, request};

/// How often client-go asks again when it is told to.
const MAX_RETRIES: u32 = 10;

/// Posts a review and gives back the body of the answer, whose status was good.
///
/// `asked_again` counts the calls that were made again because the answer said so.
pub(crate) async fn post(
    transport: &Arc<Transport>,
    host: &str,
    path: &str,
    body: &[u8],
    time: Duration,
    asked_again: &AtomicU64,
) -> Result<Vec<u8>, Failed> {
    let target = format!("{path}?timeout={}s", whole_seconds(time));
    let request = request(host, &target, body);
    let attempts = attempt(transport, &request, asked_again);
    match timeout(time, attempts).await {
        Ok(answer) => body_of(answer?),
        Err(_) => Err((Reason::Deadline, "context deadline exceeded".to_owned())),
    }
}

/// The dispatcher rounds up, so that a hook never hears of less time than it has.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

async fn attempt(transport: &Arc<Transport>, request: &[u8], asked_again: &AtomicU64) -> Result<Answer, Failed> {
    for _ in 0..MAX_RETRIES {
        let answer = transport.round_trip(request).await?;
        let Some(seconds) = answer
            .retry_after
            .filter(|_| answer.status == 429 || answer.status >= 500)
        else {
            return Ok(answer);
        };
        asked_again.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_secs(seconds)).await;
    }
    transport.round_trip(request).await
}

fn body_of(answer: Answer) -> Result<Vec<u8>, Failed> {
    if (200..=206).contains(&answer.status) {
        return Ok(answer.body);
    }
    // A `Status` in the body says more than a number.
    let message = serde_json::from_slice::<Value>(&answer.body)
        .ok()
        .filter(|status| status["kind"] == "Status")
        .and_then(|status| status["message"].as_str().map(str::to_owned));
    let detail = message.unwrap_or_else(|| {
        let text = String::from_utf8_lossy(&answer.body);
        text.trim().chars().take(200).collect()
    });
    Err((Reason::Status(answer.status), detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_hears_whole_seconds_and_never_less_than_it_has() {
        assert_eq!(whole_seconds(Duration::from_secs(3)), 3);
        assert_eq!(whole_seconds(Duration::from_millis(2001)), 3);
    }
}
