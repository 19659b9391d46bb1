//! NB3012.

use crate::rule::prelude::*;
use crate::subject::location::locations;

declare_rule! {
    /// The address of a store is a URL, and the clients of the store take nothing else.
    ///
    /// ## What it checks
    /// `cloud.endpointURL` begins with `http://` or `https://`, and a host follows, perhaps with a port. A path behind it, a
    /// query or a name and password are no part of it.
    ///
    /// ## Why it matters
    /// The operator hands the text to the Job unread. Without a scheme, `minio.storage:9000` is the scheme `minio.storage`
    /// to the client, and every run fails.
    ///
    /// ## Bad
    /// ```yaml
    /// endpointURL: minio.storage:9000
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// endpointURL: http://minio.storage:9000
    /// ```
    EndpointMalformed {
        code: "NB3012", name: "endpoint-malformed", severity: Warning,
        kinds: LOCATED, reads: CLOUDS + INSTANCE_CLOUDS, needs: [], doors: All, fix: None, cel: Expressible, since: "0.1",
    }
}

impl Rule for EndpointMalformed {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        for location in locations(subject) {
            let field = location.storage.cloud.endpoint();
            let Some(text) = field.text() else { continue };
            let (problem, help) = match Endpoint::of(text) {
                Endpoint::Good => continue,
                Endpoint::NoScheme => (
                    "has no scheme",
                    "put `http://` or `https://` in front of it, whichever the store speaks",
                ),
                Endpoint::OtherScheme => (
                    "is no address of a web server",
                    "use `http://` or `https://` and the host of the store",
                ),
                Endpoint::NoHost => ("names no host", "use `http://` or `https://` and the host of the store"),
                Endpoint::More => (
                    "has more than a host and a port",
                    "write `https://` and the host alone; the bucket and folders have fields of their own",
                ),
            };
            report
                .at(&field, format!("the endpoint {} {problem}", quoted(text)))
                .help(help);
        }
    }
}

/// What an address is.
enum Endpoint {
    Good,
    /// It may be a host and a port.
    NoScheme,
    OtherScheme,
    /// No host, or one with characters that none has.
    NoHost,
    /// A path, a query, or who signs in.
    More,
}

impl Endpoint {
    fn of(text: &str) -> Self {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Self::NoScheme;
        };
        if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return Self::OtherScheme;
        }
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#', '@']) {
            return Self::More;
        }
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit()) => {
                host
            }
            _ => authority,
        };
        let is_address = host.starts_with('[') && host.ends_with(']');
        let is_name = !host.is_empty()
            && host
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        if is_address || is_name {
            Self::Good
        } else {
            Self::NoHost
        }
    }
}
