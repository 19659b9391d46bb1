//! The part of an API server that calls webhooks.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::client::post;
use crate::config::{Config, Hook};
use crate::dispatch::dispatch;
use crate::locked;
use crate::outcome::{Counts, Failure, Outcome};
use crate::review::Review;
use crate::transport::{Failed, Transport};
use crate::verify::{Verdict, verify};

/// Asks the hooks of a configuration about requests. Clones share connections and counts.
#[derive(Debug, Clone)]
pub struct Emulator(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    ca_bundle: Mutex<Arc<str>>,
    /// By path and `caBundle`, as the client manager keys its clients. Like there, a client that is no longer used is
    /// kept, and its connections stay open until they have been idle for too long.
    transports: Mutex<HashMap<ClientKey, Arc<Transport>>>,
    counts: Mutex<Counts>,
    asked_again: AtomicU64,
    calls: AtomicU64,
}

/// A path, and a `caBundle`.
type ClientKey = (String, Arc<str>);

impl Emulator {
    /// An emulator with no connection yet.
    pub fn new(config: Config) -> Self {
        let ca_bundle: Arc<str> = config.ca_bundle.as_str().into();
        Self(Arc::new(Inner {
            config,
            ca_bundle: Mutex::new(ca_bundle),
            transports: Mutex::default(),
            counts: Mutex::default(),
            asked_again: AtomicU64::new(0),
            calls: AtomicU64::new(0),
        }))
    }

    /// Asks every hook about one request. Must be called within a Tokio runtime.
    ///
    /// Whoever drops the future before its end gives up the request as a person does who presses Ctrl-C: nothing is
    /// counted.
    pub async fn call(&self, review: &Review) -> Outcome {
        let caller = Caller { inner: &self.0 };
        let outcome = dispatch(&caller, &self.0.config.hooks, review).await;
        let mut counts = locked(&self.0.counts);
        match &outcome {
            Outcome::Allowed(_) => counts.allowed += 1,
            Outcome::Denied(_) => counts.denied += 1,
            Outcome::Failed(_) => counts.failed += 1,
            Outcome::LetThrough(..) => counts.let_through += 1,
        }
        outcome
    }

    /// Writes another `caBundle` (PEM) into the configuration. Calls from now on use new connections.
    pub fn set_ca_bundle(&self, ca_bundle: &str) {
        *locked(&self.0.ca_bundle) = ca_bundle.into();
    }

    /// What was seen until now.
    pub fn counts(&self) -> Counts {
        let mut counts = locked(&self.0.counts).clone();
        for transport in locked(&self.0.transports).values() {
            counts.connections += transport.connections.load(Ordering::Relaxed);
            counts.resent += transport.resent.load(Ordering::Relaxed);
        }
        counts.asked_again = self.0.asked_again.load(Ordering::Relaxed);
        counts
    }

    /// The replicas that are called.
    pub fn endpoints(&self) -> &crate::Endpoints {
        &self.0.config.endpoints
    }
}

/// Makes the single calls of one request.
pub(crate) struct Caller<'a> {
    inner: &'a Inner,
}

impl Caller<'_> {
    /// Asks one hook about the object as it is now.
    pub(crate) async fn call(&self, hook: &Hook, review: &Review, object: &Value) -> Result<Verdict, Failed> {
        let inner = self.inner;
        let number = inner.calls.fetch_add(1, Ordering::Relaxed);
        let uid = format!("{:08x}-0000-4000-8000-{number:012x}", std::process::id());
        let body = review.body(&uid, object);
        let transport = inner.transport(&hook.path)?;
        let host = format!("{}:443", inner.config.server_name());
        let answer = post(&transport, &host, &hook.path, &body, hook.timeout, &inner.asked_again).await?;
        verify(&hook.name, hook.kind, &uid, &answer)
    }

    /// Counts a failure and names the hook.
    pub(crate) fn failure(&self, hook: &Hook, (reason, detail): Failed) -> Failure {
        *locked(&self.inner.counts).failures.entry(reason).or_default() += 1;
        Failure {
            hook: hook.name.clone(),
            reason,
            detail,
        }
    }
}

impl Inner {
    fn transport(&self, path: &str) -> Result<Arc<Transport>, Failed> {
        let ca_bundle = Arc::clone(&locked(&self.ca_bundle));
        let key = (path.to_owned(), ca_bundle);
        let mut transports = locked(&self.transports);
        if let Some(transport) = transports.get(&key) {
            return Ok(Arc::clone(transport));
        }
        let config = &self.config;
        let name = config.server_name();
        let made = Transport::new(&key.1, &name, config.endpoints.clone(), config.limits)?;
        let made = Arc::new(made);
        transports.insert(key, Arc::clone(&made));
        Ok(made)
    }
}
