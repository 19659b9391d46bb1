//! Why a review is not answered.

use std::fmt;

use http::StatusCode;

use crate::admission::review::DecodeError;

/// Why a review is not answered. Always an HTTP error and never a denial, so that `failurePolicy` decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The body is not a review.
    Decode(DecodeError),
    /// The body did not arrive whole.
    Incomplete,
    /// The body is not JSON by its own account.
    ContentType,
    /// The body is larger than this many bytes, and its beginning does not say what is asked.
    TooLarge(usize),
    /// There was no answer in time.
    Deadline,
    /// Too many calls at once.
    Overload,
    /// A defect of this program.
    Panic,
}

impl Fault {
    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Decode(_) | Self::Incomplete => StatusCode::BAD_REQUEST,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Deadline => StatusCode::GATEWAY_TIMEOUT,
            Self::Overload => StatusCode::SERVICE_UNAVAILABLE,
            Self::Panic => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Returns the label `stage` of the metric `errors`.
    pub(crate) fn stage(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "too_large",
            Self::Decode(_) | Self::Incomplete | Self::ContentType => "decode",
            Self::Deadline => "deadline",
            Self::Overload => "shed",
            Self::Panic => "panic",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => error.fmt(formatter),
            Self::Incomplete => formatter.write_str("the body ended before it was complete"),
            Self::ContentType => formatter.write_str("the content type must be application/json"),
            Self::TooLarge(limit) => write!(formatter, "the body is larger than {limit} bytes"),
            Self::Deadline => formatter.write_str("there was no answer within the time that the caller allows"),
            Self::Overload => formatter.write_str("too many reviews at once"),
            Self::Panic => formatter.write_str("the webhook failed; its log says where"),
        }
    }
}
