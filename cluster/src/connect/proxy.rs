//! Which proxy leads to a server, by the rules of kubectl.
//!
//! `proxy-url` of a kubeconfig always counts. Else the environment does: `HTTPS_PROXY` or `HTTP_PROXY` by the scheme of the
//! server, in capitals before small letters, unless `NO_PROXY` names the server or the server is this machine.

use std::net::IpAddr;

use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use ipnet::IpNet;

use super::ConnectError;
use super::flags::Surroundings;
use super::setting::Setting;

/// A proxy, and where it is named.
#[derive(Debug, Clone)]
pub(super) struct Proxy {
    /// Its address, and what it is told of the person who uses it.
    pub(super) address: Intercept,
    pub(super) origin: Setting,
}

/// Reads the address of a proxy that a kubeconfig names.
pub(super) fn named(address: &str, origin: Setting) -> Result<Proxy, ConnectError> {
    // client-go refuses every other scheme, and an address without one.
    let has_scheme = ["http://", "https://", "socks5://"]
        .iter()
        .any(|scheme| address.starts_with(scheme));
    let address = Some(address).filter(|_| has_scheme).and_then(parse);
    match address {
        Some(address) => Ok(Proxy { address, origin }),
        None => Err(ConnectError::Unusable {
            origin,
            why: "it is no address of a proxy of HTTP or SOCKS 5",
        }),
    }
}

/// Returns the proxy that the environment names for a server.
pub(super) fn of_environment(server: &Uri, surroundings: &Surroundings) -> Result<Option<Proxy>, ConnectError> {
    let names: [&'static str; 2] = match server.scheme_str() {
        Some("https") => ["HTTPS_PROXY", "https_proxy"],
        // A server of CGI scripts sets this variable to whatever a request says.
        _ if surroundings.variable("REQUEST_METHOD").is_some() => return Ok(None),
        _ => ["HTTP_PROXY", "http_proxy"],
    };
    let set = names
        .into_iter()
        .find_map(|name| Some((name, surroundings.variable(name)?)));
    let Some((name, address)) = set else { return Ok(None) };
    let except = ["NO_PROXY", "no_proxy"]
        .into_iter()
        .find_map(|name| surroundings.variable(name));
    if is_excepted(server, except.unwrap_or_default()) {
        return Ok(None);
    }
    let origin = Setting::Variable(name);
    match parse(address) {
        Some(address) => Ok(Some(Proxy { address, origin })),
        None => Err(ConnectError::Unusable {
            origin,
            why: "it is no address of a proxy of HTTP or SOCKS 5",
        }),
    }
}

fn parse(address: &str) -> Option<Intercept> {
    let matcher = Matcher::builder().all(address).build();
    matcher.intercept(&Uri::from_static("https://server"))
}

/// Whether a server is asked without the proxy of the environment.
fn is_excepted(server: &Uri, except: &str) -> bool {
    let host = server
        .host()
        .unwrap_or_default()
        .trim_matches(['[', ']'])
        .to_ascii_lowercase();
    let host = host.strip_suffix('.').unwrap_or(&host);
    let usual_port = if server.scheme_str() == Some("https") { 443 } else { 80 };
    let port = server.port_u16().unwrap_or(usual_port);
    let address: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    except.split(',').any(|entry| {
        let entry = entry.trim().to_ascii_lowercase();
        if entry == "*" {
            return true;
        }
        if let Ok(net) = entry.parse::<IpNet>() {
            return address.is_some_and(|address| net.contains(&address));
        }
        let (name, of_port) = split_port(&entry);
        if name.is_empty() || of_port.is_some_and(|of_port| of_port != port) {
            return false;
        }
        match (name.trim_matches(['[', ']']).parse::<IpAddr>(), address) {
            (Ok(named), Some(address)) => named == address,
            (Ok(_), None) | (Err(_), Some(_)) => false,
            (Err(_), None) => is_below(host, name),
        }
    })
}

fn split_port(entry: &str) -> (&str, Option<u16>) {
    match entry.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, port.parse().ok()),
        _ => (entry, None),
    }
}

/// `example.com` is itself and all below it, `.example.com` and `*.example.com` only what is below.
fn is_below(host: &str, name: &str) -> bool {
    let name = name
        .strip_prefix('*')
        .filter(|rest| rest.starts_with('.'))
        .unwrap_or(name);
    if name.starts_with('.') {
        return host.ends_with(name);
    }
    host == name || host.strip_suffix(name).is_some_and(|front| front.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cases of Go's own table, `golang.org/x/net/http/httpproxy`.
    #[test]
    fn servers_are_excepted_as_go_does() {
        let except = "foobar.com, .barbaz.net, 192.168.1.1, 192.168.1.2:81, 192.168.1.3:80, 10.0.0.0/30, 2001:db8::52:0:1, [2001:db8::52:0:2]:443, *.star.org";
        for (server, excepted) in [
            ("http://localhost", true),
            ("http://127.0.0.1", true),
            ("http://127.0.0.2:6443", true),
            ("http://[::1]", true),
            ("http://[::2]", false),
            ("http://192.168.1.1", true),
            ("http://192.168.1.2:80", false),
            ("http://192.168.1.2:81", true),
            ("http://192.168.1.3", true),
            ("http://192.168.1.4", false),
            ("http://10.0.0.2", true),
            ("http://10.0.0.4", false),
            ("https://[2001:db8::52:0:1]:6443", true),
            ("https://[2001:db8::52:0:2]", true),
            ("https://[2001:db8::52:0:2]:6443", false),
            ("http://www.barbaz.net", true),
            ("http://barbaz.net", false),
            ("http://foobar.com", true),
            ("http://www.foobar.com", true),
            ("http://foofoobar.com", false),
            ("http://a.star.org", true),
            ("http://star.org", false),
            ("http://localhost.net", false),
        ] {
            assert_eq!(is_excepted(&Uri::from_static(server), except), excepted, "{server}");
        }
        assert!(is_excepted(&Uri::from_static("https://anything"), "*"));
        assert!(!is_excepted(&Uri::from_static("https://anything"), ""));
    }
}
