//! The address of a server.

use http::Uri;
use neo4jbackup_core::quoted::quoted;

use crate::class::Class;
use crate::report::Failure;

/// Reads an endpoint: `http` or `https`, a host, perhaps a port, and no query. A slash at its end is taken away.
pub(crate) fn read(text: &str) -> Result<Uri, Failure> {
    let malformed = |why: &str| {
        Failure::of(
            Class::EndpointMalformed,
            format!("the endpoint {} {why}", quoted(&shown(text))),
        )
    };
    let Some((scheme, _)) = text.split_once("://") else {
        return Err(malformed(
            "has no scheme: it begins neither with https:// nor with http://",
        ));
    };
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err(malformed("has another scheme than https or http"));
    }
    let uri: Uri = text
        .trim_end_matches('/')
        .parse()
        .map_err(|_| malformed("is no address"))?;
    // `https:` alone is read as the host of that name.
    let has_host = uri.scheme().is_some() && uri.host().is_some_and(|host| !host.is_empty());
    let has_more = uri.query().is_some()
        || uri
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@'));
    if !has_host || has_more {
        return Err(malformed(
            "is more or less than scheme, host, port and path; a login or a query is not shown",
        ));
    }
    Ok(uri)
}

/// The text of an address without what may be a password: what stands before an `@` or in a query.
pub(crate) fn shown(text: &str) -> String {
    let (scheme, rest) = text.split_at(text.find("://").map_or(0, |end| end + 3));
    let (before, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    if query.contains('@') {
        // It is open which of the two a password with such a character stands in.
        return format!("{scheme}…");
    }
    let after_login = before.rsplit('@').next().unwrap_or_default();
    format!("{scheme}{after_login}")
}

/// Returns the server of an address, as `https://host:port`, or `None` if it names none. A login is left out.
pub(crate) fn server_of(uri: &Uri) -> Option<String> {
    let (scheme, host) = (uri.scheme_str()?, uri.host()?);
    Some(match uri.port_u16() {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

/// The address without a path, as `https://host:port`.
pub(crate) fn origin(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or("https");
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    format!("{scheme}://{authority}")
}

/// Whether it is an address in the sense of the internet, which no name of a bucket can be put before.
pub(crate) fn is_ip_address(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host.parse::<std::net::IpAddr>().is_ok()
}

/// The same address with a name before its host, as buckets have it.
pub(crate) fn below(uri: &Uri, name: &str) -> String {
    let scheme = uri.scheme_str().unwrap_or("https");
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    format!("{scheme}://{name}.{authority}{}", uri.path().trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_needs_a_scheme() {
        for text in [
            "minio.storage:9000",
            "minio",
            "s3://minio",
            "https://",
            "https://u:p@minio",
            "https://minio/?a",
        ] {
            let failure = read(text).unwrap_err();
            assert_eq!(failure.class, "endpoint-malformed", "{text}");
        }
        assert_eq!(read("http://minio:9000/").unwrap(), "http://minio:9000/");
    }

    #[test]
    fn neither_a_password_nor_a_query_is_shown() {
        for (text, expected) in [
            ("https://user:hidden@minio:9000", "https://minio:9000"),
            ("https://user:hid/den@minio", "https://minio"),
            ("user:hidden@minio:9000", "minio:9000"),
            ("s3://user:hidden@minio", "s3://minio"),
            ("https://minio/?token=hidden", "https://minio/"),
            ("https://user:hid?den@minio", "https://…"),
            ("https://minio#hidden", "https://minio"),
        ] {
            assert_eq!(shown(text), expected);
            let failure = read(text).err();
            let message = failure.map_or_else(String::new, |failure| failure.message);
            assert!(!message.contains("hid"), "{message}");
        }
    }

    #[test]
    fn a_bucket_stands_before_the_host() {
        let uri = read("https://s3.example.org:8443").unwrap();
        assert_eq!(below(&uri, "backups"), "https://backups.s3.example.org:8443");
        assert_eq!(origin(&uri), "https://s3.example.org:8443");
        assert!(is_ip_address(&read("http://[::1]:9000").unwrap()));
        assert!(!is_ip_address(&uri));
    }
}
