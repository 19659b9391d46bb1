//! Why a Secret or a configuration could not be read or written.

/// Why a Secret or a configuration could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
    #[error("cannot reach the API server for {what}: {reason}")]
    Unreachable {
        /// The object.
        what: String,
        /// Why.
        reason: String,
    },
}

impl StoreError {
    pub(super) fn of(verb: &'static str, what: &str, error: &kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::of_status(verb, what, status.code, &status.message),
            _ => Self::Unreachable {
                what: what.to_owned(),
                reason: root_cause(error),
            },
        }
    }

    pub(super) fn of_status(verb: &'static str, what: &str, code: u16, message: &str) -> Self {
        let what = what.to_owned();
        match code {
            // Gone between reading and writing is a change by somebody else like any other.
            404 | 409 => Self::Conflict { what },
            403 => Self::Forbidden { verb, what },
            500.. => Self::Unreachable {
                what,
                reason: message.to_owned(),
            },
            _ => Self::Refused {
                verb,
                what,
                reason: message.to_owned(),
            },
        }
    }
}

/// The innermost cause: `connection refused` says more than the three sentences around it.
fn root_cause(error: &kube::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
