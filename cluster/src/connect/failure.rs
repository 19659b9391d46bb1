//! Why a server has not answered: one sentence that names the cause, the server and what to mend.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io;
use std::net::Ipv6Addr;
use std::time::Duration;

use http::Uri;
use neo4jbackup_core::quoted::{Quoted, printable};
use rustls::{AlertDescription, CertificateError};
use tower::BoxError;

use super::setting::Setting;
use super::unanswered::Unanswered;
use crate::error_chain::chain;

/// What is known of a server when it fails.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) address: String,
    pub(super) origin: Setting,
    /// Where the authorities stand; `None` for those of the operating system.
    pub(super) authority: Option<Setting>,
    /// Where some can be named.
    pub(super) authority_field: String,
    /// Where another name than that of the address stands.
    pub(super) other_name: Option<Setting>,
    pub(super) user: Option<Setting>,
    /// Where the certificate of the client stands.
    pub(super) identity: Option<Setting>,
    /// The proxy on the way, without a password.
    pub(super) proxy: Option<(String, Setting)>,
}

impl Server {
    /// An address without what it says of the person who asks.
    pub(super) fn shown(address: &Uri) -> String {
        let port = address.port().map_or_else(String::new, |port| format!(":{port}"));
        let path = address.path().trim_end_matches('/');
        let (scheme, host) = (
            address.scheme_str().unwrap_or("https"),
            address.host().unwrap_or_default(),
        );
        format!("{scheme}://{host}{port}{path}")
    }

    /// The server does not know who asks.
    pub(super) fn unauthorized(&self) -> Unanswered {
        let mend = match &self.user {
            Some(origin) => format!("does not accept the credentials (401): they are {origin}"),
            None => {
                "wants to know who asks (401), and there are no credentials: give the context a user, or use --token"
                    .to_owned()
            }
        };
        Unanswered {
            sentence: format!("{} {mend}", self.address),
            details: String::new(),
        }
    }

    /// No answer in time.
    pub(super) fn silent(&self, limit: Duration) -> Unanswered {
        Unanswered {
            sentence: format!(
                "cannot reach {}: no answer within {} (--request-timeout); the address is {}",
                self.address,
                seconds(limit),
                self.origin
            ),
            details: String::new(),
        }
    }

    /// Says why a request has failed.
    pub(super) fn explain(&self, error: &(dyn Error + 'static)) -> Unanswered {
        let to_proxy = self.proxy.as_ref().filter(|_| find::<ToProxy>(error).is_some());
        let sentence = find::<rustls::Error>(error).and_then(|error| match to_proxy {
            Some((proxy, origin)) => self.tls(error, &format!("the proxy {proxy}"), &origin.to_string(), origin),
            None => self.tls(error, &self.address, &self.name_field(), &self.origin),
        });
        Unanswered {
            sentence: sentence.unwrap_or_else(|| self.on_the_way(error)),
            details: chain(error),
        }
    }

    fn on_the_way(&self, error: &(dyn Error + 'static)) -> String {
        let name = find::<NameNotResolved>(error);
        let cause = match (name, find::<io::Error>(error).map(io::Error::kind)) {
            (Some(NameNotResolved { host, .. }), _) => format!("the name {} is not known here", Quoted(host)),
            (None, Some(io::ErrorKind::ConnectionRefused)) => {
                "the connection is refused, nothing listens there".to_owned()
            }
            (None, Some(io::ErrorKind::TimedOut)) => "the connection was not made in time".to_owned(),
            (None, Some(io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe)) => {
                "the connection was broken off".to_owned()
            }
            (None, Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable)) => {
                "there is no way to its network".to_owned()
            }
            _ => printable(innermost(error)).into_owned(),
        };
        match &self.proxy {
            Some((proxy, origin)) => format!(
                "cannot reach {} through the proxy {proxy}: {cause}; the proxy is {origin}",
                self.address
            ),
            None => format!("cannot reach {}: {cause}; the address is {}", self.address, self.origin),
        }
    }

    /// What is wrong with the TLS of the server, or of the proxy on the way to it. `mend` says where another name is given.
    fn tls(&self, error: &rustls::Error, address: &str, mend: &str, origin: &Setting) -> Option<String> {
        use rustls::Error as Tls;
        let sentence = match error {
            Tls::InvalidCertificate(problem) => {
                format!("the certificate of {address} {}", self.certificate(problem, mend))
            }
            Tls::AlertReceived(alert) if is_about_client(*alert) => match &self.identity {
                Some(origin) => format!("{address} does not accept the client certificate: it is {origin}"),
                None => format!(
                    "{address} wants a client certificate, and there is none: give the user client-certificate and client-key"
                ),
            },
            Tls::InvalidMessage(_) => {
                format!("{address} does not speak TLS: should it be http://? the address is {origin}")
            }
            _ => return None,
        };
        Some(sentence)
    }

    fn certificate(&self, problem: &CertificateError, mend: &str) -> String {
        let cluster = self.authority.as_ref().unwrap_or(&self.origin);
        match problem {
            CertificateError::Expired => "has expired: it has to be renewed there".to_owned(),
            CertificateError::ExpiredContext { not_after, .. } => {
                format!(
                    "has expired on {}: it has to be renewed there",
                    date(not_after.as_secs())
                )
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "is not valid yet: is the clock of this machine right?".to_owned()
            }
            CertificateError::NotValidForName => format!("is for another name: mend {mend}"),
            CertificateError::NotValidForNameContext { expected, presented } => {
                let names: Vec<String> = presented
                    .iter()
                    .map(|name| printable(bracketed(readable(name))).into_owned())
                    .collect();
                format!(
                    "is for {} and not for {}: mend {mend}",
                    if names.is_empty() {
                        "no name at all".to_owned()
                    } else {
                        names.join(", ")
                    },
                    Quoted(&bracketed(&expected.to_str()))
                )
            }
            CertificateError::Revoked => "is revoked".to_owned(),
            _ => match &self.authority {
                Some(_) => format!("is not trusted: none of the authorities that are {cluster} has signed it"),
                None => format!(
                    "is not trusted: no authority that this machine knows has signed it; name one in {}",
                    self.authority_field
                ),
            },
        }
    }

    fn name_field(&self) -> String {
        match &self.other_name {
            Some(origin) => origin.to_string(),
            None => match &self.origin {
                field @ Setting::Field { .. } => {
                    format!("{}, or set {}", field, "tls-server-name there or by --tls-server-name")
                }
                other => format!("{other}, or set --tls-server-name"),
            },
        }
    }
}

/// A host whose name nobody knows.
#[derive(Debug, thiserror::Error)]
#[error("no address of {host}")]
pub(super) struct NameNotResolved {
    pub(super) host: String,
    pub(super) source: io::Error,
}

/// A proxy that cannot be spoken to; what comes after it has nothing to do with it.
#[derive(Debug, thiserror::Error)]
#[error("no connection to the proxy")]
pub(super) struct ToProxy(#[source] pub(super) BoxError);

/// Finds an error of a type among an error and its causes. What an `io::Error` is made of is no cause of it, and looked into
/// all the same.
fn find<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut error = Some(error);
    while let Some(current) = error {
        let inner = current.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(found) = inner.and_then(|inner| find::<E>(inner)) {
            return Some(found);
        }
        if let Some(found) = current.downcast_ref() {
            return Some(found);
        }
        error = current.source();
    }
    None
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}

fn is_about_client(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRevoked
            | AlertDescription::UnknownCA
    )
}

/// rustls names what it means by type: `DnsName("localhost")`.
fn readable(name: &str) -> &str {
    let inner = name.split_once("(\"").and_then(|(_, rest)| rest.strip_suffix("\")"));
    inner
        .or_else(|| name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')))
        .unwrap_or(name)
}

/// An address of IPv6 as it stands in an address of a server: two colons at its beginning could be taken for something else.
fn bracketed(name: &str) -> Cow<'_, str> {
    match name.parse::<Ipv6Addr>() {
        Ok(_) => Cow::Owned(format!("[{name}]")),
        Err(_) => Cow::Borrowed(name),
    }
}

fn date(seconds: u64) -> String {
    let time = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map_or_else(|| "a day long ago".to_owned(), |time| time.to_string())
}

fn seconds(limit: Duration) -> impl fmt::Display {
    format!("{}s", limit.as_secs_f64())
}
