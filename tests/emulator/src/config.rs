//! What is registered: the hooks, and where they are served.

use std::time::Duration;

use crate::endpoints::Endpoints;

/// What happens to a request when a hook cannot be asked or answers nonsense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailurePolicy {
    /// It is let through, unchecked.
    Ignore,
    /// It fails with an internal error.
    Fail,
}

/// Whether a mutating hook is asked again after a later one changed the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReinvocationPolicy {
    /// It is asked once.
    Never,
    /// It is asked at most once more.
    IfNeeded,
}

/// Which of the two rounds a hook is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookKind {
    /// May change the object; asked one after the other.
    Mutating,
    /// Judges the final object; all are asked at once.
    Validating,
}

/// One entry of a webhook configuration.
#[derive(Debug, Clone)]
pub struct Hook {
    pub(crate) name: String,
    pub(crate) kind: HookKind,
    pub(crate) path: String,
    pub(crate) failure_policy: FailurePolicy,
    pub(crate) reinvocation: ReinvocationPolicy,
    pub(crate) timeout: Duration,
}

impl Hook {
    /// A mutating hook at a path such as `/mutate`, with the defaults of the API: `Fail`, 10 s, `Never`.
    pub fn mutating(name: &str, path: &str) -> Self {
        Self::new(HookKind::Mutating, name, path)
    }

    /// A validating hook at a path such as `/validate`, with the defaults of the API: `Fail`, 10 s.
    pub fn validating(name: &str, path: &str) -> Self {
        Self::new(HookKind::Validating, name, path)
    }

    /// Sets `failurePolicy`.
    #[must_use]
    pub fn failure_policy(mut self, policy: FailurePolicy) -> Self {
        self.failure_policy = policy;
        self
    }

    /// Sets `timeoutSeconds`; the API allows 1 to 30.
    #[must_use]
    pub fn timeout_seconds(mut self, seconds: u64) -> Self {
        self.timeout = Duration::from_secs(seconds.clamp(1, 30));
        self
    }

    /// Sets `reinvocationPolicy`, which only a mutating hook has.
    #[must_use]
    pub fn reinvocation_policy(mut self, policy: ReinvocationPolicy) -> Self {
        self.reinvocation = policy;
        self
    }

    fn new(kind: HookKind, name: &str, path: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            path: path.to_owned(),
            failure_policy: FailurePolicy::Fail,
            reinvocation: ReinvocationPolicy::Never,
            timeout: Duration::from_secs(10),
        }
    }
}

/// What an [`Emulator`](crate::Emulator) calls, and how.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) service: String,
    pub(crate) namespace: String,
    pub(crate) ca_bundle: String,
    pub(crate) endpoints: Endpoints,
    pub(crate) hooks: Vec<Hook>,
    pub(crate) limits: ConnectionLimits,
}

/// How many connections are kept, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionLimits {
    pub(crate) idle: usize,
    pub(crate) idle_time: Duration,
    pub(crate) handshake: Duration,
}

impl Config {
    /// Hooks behind the Service `service` of `namespace`. Their certificate must name `<service>.<namespace>.svc` and
    /// lead to one of the authorities in `ca_bundle` (PEM, any number of them).
    pub fn new(service: &str, namespace: &str, ca_bundle: impl Into<String>) -> Self {
        Self {
            service: service.to_owned(),
            namespace: namespace.to_owned(),
            ca_bundle: ca_bundle.into(),
            endpoints: Endpoints::fixed([]),
            hooks: Vec::new(),
            limits: ConnectionLimits {
                idle: 25,
                idle_time: Duration::from_secs(90),
                handshake: Duration::from_secs(10),
            },
        }
    }

    /// Sets the replicas behind the Service.
    #[must_use]
    pub fn endpoints(mut self, endpoints: Endpoints) -> Self {
        self.endpoints = endpoints;
        self
    }

    /// Adds a hook. Hooks of one kind are asked in the order in which they were added.
    #[must_use]
    pub fn hook(mut self, hook: Hook) -> Self {
        self.hooks.push(hook);
        self
    }

    /// How many idle connections are kept for each path: 25 unless set. With 0, every call pays for a handshake.
    #[must_use]
    pub fn idle_connections(mut self, number: usize) -> Self {
        self.limits.idle = number;
        self
    }

    /// How long an idle connection is kept: 90 s unless set.
    #[must_use]
    pub fn idle_time(mut self, time: Duration) -> Self {
        self.limits.idle_time = time;
        self
    }

    /// The name that the certificate of every replica must carry.
    pub fn server_name(&self) -> String {
        format!("{}.{}.svc", self.service, self.namespace)
    }
}
