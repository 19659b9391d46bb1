//! Certificates as they are used: the one that is served, and those that callers show.

pub(crate) mod client_check;
pub(crate) mod self_signed;
pub(crate) mod served_certificate;
