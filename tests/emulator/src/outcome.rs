//! What became of a request, and how often.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// What became of one request to the API server, as far as its webhooks decided it.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Every hook was asked, and none objected.
    Allowed(Admitted),
    /// A hook refused it.
    Denied(Denial),
    /// A hook could not be asked and its policy is `Fail`, or its patch cannot be applied. A person sees an internal
    /// error (HTTP 500).
    Failed(Failure),
    /// No hook objected, but these could not be asked and their policy is `Ignore`.
    LetThrough(Admitted, Vec<Failure>),
}

/// An object on its way into storage.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Admitted {
    /// With the changes of every mutating hook; null when there is none, as in a deletion.
    pub object: Value,
    /// What the hooks say to the person, in no fixed order.
    pub warnings: Vec<String>,
    /// By `<name of the hook>/<key>`, as in an audit event.
    pub audit_annotations: BTreeMap<String, String>,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The hook that refused.
    pub hook: String,
    /// HTTP status, at least 400.
    pub code: u64,
    /// `Invalid`, `Forbidden`, or nothing.
    pub reason: String,
    /// With the preamble that the API server puts before it.
    pub message: String,
    /// One for each field that is wrong.
    pub causes: Vec<Cause>,
    /// Hooks that could not be asked before and whose policy is `Ignore`. What a mutating one among them would have
    /// filled in is missing, which may be the very reason of the refusal.
    pub let_through: Vec<Failure>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// For example `spec.schedule`.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

/// A hook that could not be asked, or whose answer cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The name of the hook.
    pub hook: String,
    /// What kind of failure.
    pub reason: Reason,
    /// The same in words, with what was seen.
    pub detail: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "failed calling webhook {:?}: {} ({})",
            self.hook, self.reason, self.detail
        )
    }
}

/// Why a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// No replica is ready; the proxy of the Service refuses the connection.
    NoEndpoints,
    /// The replica refuses the connection, or does not take it.
    Connect,
    /// TLS: a certificate of an unknown authority, of another name, or out of its time; or no TLS at all.
    Handshake,
    /// The `caBundle` holds no certificate.
    CaBundle,
    /// The server closed a kept connection in the very moment in which it was chosen for this call.
    ClosedWhileIdle,
    /// The connection ended after the request was sent and before the first byte of an answer: `EOF`.
    EndedUnanswered,
    /// The request could not be written.
    Write,
    /// The answer is not HTTP, or ends too early.
    AnswerBroken,
    /// `timeoutSeconds` have passed.
    Deadline,
    /// An answer with a status other than 200 to 206.
    Status(u16),
    /// The body is no `AdmissionReview`.
    Undecodable,
    /// There is no `response` in it.
    NoResponse,
    /// It answers another request.
    WrongUid,
    /// It is not exactly `admission.k8s.io/v1`, `AdmissionReview`.
    WrongVersion,
    /// `patch` without `patchType`.
    PatchWithoutType,
    /// `patchType` without `patch`.
    TypeWithoutPatch,
    /// `patchType` is not `JSONPatch`.
    UnknownPatchType,
    /// A validating hook gave a patch, or a type of patch.
    PatchOfValidatingHook,
    /// The patch is no JSON patch.
    PatchUndecodable,
    /// The patch cannot be applied. An error whatever the policy of the hook.
    PatchNotApplicable,
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::NoEndpoints => "no endpoints available for service",
            Self::Connect => "cannot connect",
            Self::Handshake => "TLS handshake failed",
            Self::CaBundle => "no certificate in the caBundle",
            Self::ClosedWhileIdle => "server closed idle connection",
            Self::EndedUnanswered => "connection ended before an answer",
            Self::Write => "request could not be written",
            Self::AnswerBroken => "answer broken",
            Self::Deadline => "deadline exceeded",
            Self::Status(status) => return write!(formatter, "status {status}"),
            Self::Undecodable => "answer not decodable",
            Self::NoResponse => "no response in the answer",
            Self::WrongUid => "wrong uid",
            Self::WrongVersion => "wrong version or kind of the answer",
            Self::PatchWithoutType => "patch without patchType",
            Self::TypeWithoutPatch => "patchType without patch",
            Self::UnknownPatchType => "unknown patchType",
            Self::PatchOfValidatingHook => "patch of a validating hook",
            Self::PatchUndecodable => "patch not decodable",
            Self::PatchNotApplicable => "patch not applicable",
        };
        formatter.write_str(text)
    }
}

/// What an emulator has seen since it was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests with outcome [`Outcome::Allowed`].
    pub allowed: u64,
    /// Requests with outcome [`Outcome::Denied`].
    pub denied: u64,
    /// Requests with outcome [`Outcome::Failed`].
    pub failed: u64,
    /// Requests with outcome [`Outcome::LetThrough`].
    pub let_through: u64,
    /// Calls of hooks that failed, by reason, whatever their policy made of it.
    pub failures: BTreeMap<Reason, u64>,
    /// Connections whose TLS handshake was completed.
    pub connections: u64,
    /// Calls that the transport sent again because nothing of them had been written.
    pub resent: u64,
    /// Calls that were made again because the answer said `Retry-After`.
    pub asked_again: u64,
}

impl Counts {
    /// Requests of any outcome.
    pub fn requests(&self) -> u64 {
        self.allowed + self.denied + self.failed + self.let_through
    }

    /// Calls of hooks that failed, for any reason.
    pub fn lost(&self) -> u64 {
        self.failures.values().sum()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} requests: {} allowed, {} denied, {} failed, {} let through; {} connections",
            self.requests(),
            self.allowed,
            self.denied,
            self.failed,
            self.let_through,
            self.connections
        )?;
        for (reason, number) in &self.failures {
            write!(formatter, "; {reason}: {number}")?;
        }
        Ok(())
    }
}
