//! Calls admission webhooks as kube-apiserver 1.36 does, without a cluster.
//!
//! A webhook that answers well can still lose calls: while it restarts, while its certificate changes, while it is
//! overloaded. Whether a call is lost is decided by the caller, by how it keeps connections, chooses replicas, retries,
//! waits and checks answers. This crate does those things in the same way, so that a test can count what would be lost
//! in a cluster, at a rate and in a number that no test on a real API server reaches.
//!
//! ```no_run
//! # use neo4jbackup_emulator::{Config, Emulator, Endpoints, FailurePolicy, Hook, Outcome, Review};
//! # async fn example(address: std::net::SocketAddr, authority: String, object: serde_json::Value) {
//! let config = Config::new("guard", "neo4j", authority)
//!     .endpoints(Endpoints::fixed([address]))
//!     .hook(Hook::mutating("defaults.example.com", "/mutate"))
//!     .hook(Hook::validating("rules.example.com", "/validate").failure_policy(FailurePolicy::Fail));
//! let emulator = Emulator::new(config);
//! match emulator.call(&Review::create(object)).await {
//!     Outcome::Allowed(admitted) => println!("stored: {}", admitted.object),
//!     Outcome::Denied(denial) => println!("{}", denial.message),
//!     Outcome::Failed(failure) => println!("error: {failure}"),
//!     Outcome::LetThrough(_, failures) => println!("stored unchecked: {failures:?}"),
//! }
//! println!("{}", emulator.counts());
//! # }
//! ```
//!
//! # What it does as Kubernetes does, and where that is written
//!
//! | behaviour | source |
//! |---|---|
//! | HTTP/1.1 only, server name `<service>.<namespace>.svc`, one client for each path and `caBundle` | apiserver `pkg/util/webhook/client.go` |
//! | 25 idle connections are kept for each client, for 90 seconds; no TLS session is resumed | client-go `transport/cache.go`, apimachinery `pkg/util/net/http.go` |
//! | the idle connection that was used last is taken first; a call that finds none dials, and takes one that becomes idle meanwhile | Go `net/http/transport.go`, `queueForIdleConn`, `tryPutIdleConn` |
//! | a connection is bound to one replica when it is dialled and keeps to it | the proxy of a Service balances connections, not requests |
//! | `?timeout=`, whole seconds, rounded up; the deadline ends the call | `plugin/webhook/{validating,mutating}/dispatcher.go` |
//! | the dispatcher never repeats a call | as above |
//! | the transport repeats it, on another connection, only when a kept connection broke before one byte of the request was written: a POST is never replayable | `net/http/transport.go` `shouldRetryRequest`, `request.go` `isReplayable` |
//! | the client repeats it, up to ten times, when the answer is 429 or 5xx **and** carries `Retry-After: <seconds>` | client-go `rest/with_retry.go`, `rest/request.go` |
//! | every demand on an answer: uid, version and kind, patch and patch type | `plugin/webhook/request/admissionreview.go` |
//! | `failurePolicy` decides on every failure of a call; a patch that cannot be applied is an error beyond it | `plugin/webhook/mutating/dispatcher.go` |
//! | mutating hooks in order, once more where `reinvocationPolicy` asks for it and a later hook changed the object; then all validating hooks at once | `mutating/reinvocationcontext.go`, `pkg/admission/reinvocation.go` |
//! | replicas come and go with their readiness, after a delay | `EndpointSlices` and the proxy that reads them, see [`Endpoints`] |
//!
//! # What it leaves out
//!
//! Rules, selectors and match conditions (every hook is called), schemas and defaults of the API server between the two
//! rounds, `admission.k8s.io/v1beta1`, compression, proxies, and client certificates.

mod client;
mod config;
mod dispatch;
mod emulator;
mod endpoints;
mod outcome;
mod review;
mod transport;
mod verify;

pub use config::{Config, FailurePolicy, Hook, HookKind, ReinvocationPolicy};
pub use emulator::Emulator;
pub use endpoints::{Endpoints, Propagation, Replica};
pub use outcome::{Admitted, Cause, Counts, Denial, Failure, Outcome, Reason};
pub use review::{Operation, Review};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The content of a mutex. What is kept behind one here is whole at every moment, also after a panic elsewhere.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
