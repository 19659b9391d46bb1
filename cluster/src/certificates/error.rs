//! Why a Secret or a configuration could not be read or written.

use std::time::Duration;

/// Why a Secret or a configuration could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else has written since it was read, or it has come or gone. Reading again shows what there is to do.
    #[error("{what} was changed by somebody else")]
    Conflict {
        /// The object.
        what: String,
    },
    /// The account of this program lacks a right.
    #[error("not allowed to {verb} {what}")]
    Forbidden {
        /// `get`, `create`, `update` or `patch`.
        verb: &'static str,
        /// The object.
        what: String,
    },
    /// The API server refused for another reason.
    #[error("the API server refused to {verb} {what}: {reason}")]
    Refused {
        /// `get`, `create`, `update` or `patch`.
        verb: &'static str,
        /// The object.
        what: String,
        /// In its words.
        reason: String,
    },
    /// There was no answer.
    #[error("cannot reach the API server for {what}")]
    Unreachable {
        /// The object.
        what: String,
        /// Why.
        source: Unreachable,
    },
}

/// Why there was no answer of use.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    /// The client failed. Its innermost cause is what is shown: `connection refused` says more than the three sentences
    /// around it.
    #[error("{}", root_cause(.0))]
    Client(kube::Error),
    /// There is no such request.
    #[error(transparent)]
    Request(#[from] http::Error),
    /// It took too long.
    #[error("no answer within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// What came is no Secret. Nothing of it is quoted.
    #[error("the answer is no Secret")]
    NotASecret,
    /// The API server has trouble of its own.
    #[error("{message}")]
    Trouble {
        /// In its words.
        message: String,
    },
}

impl StoreError {
    /// Makes an error of what the client says; `what` is the object as people call it.
    pub(super) fn of(verb: &'static str, what: &str, error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::of_status(verb, what, status.code, &status.message),
            _ => Self::Unreachable {
                what: what.to_owned(),
                source: Unreachable::Client(error),
            },
        }
    }

    /// Makes an error of an HTTP status and the words that came with it.
    pub(super) fn of_status(verb: &'static str, what: &str, code: u16, message: &str) -> Self {
        let what = what.to_owned();
        match code {
            // Gone between reading and writing is a change by somebody else like any other.
            404 | 409 => Self::Conflict { what },
            403 => Self::Forbidden { verb, what },
            500.. => Self::Unreachable {
                what,
                source: Unreachable::Trouble {
                    message: message.to_owned(),
                },
            },
            _ => Self::Refused {
                verb,
                what,
                reason: message.to_owned(),
            },
        }
    }
}

fn root_cause(error: &kube::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
