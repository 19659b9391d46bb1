//! As whom a server is asked on behalf of: the headers of impersonation, as kubectl writes them.

use std::fmt::Write as _;

use http::{HeaderMap, HeaderName, HeaderValue};
use kube::config::AuthInfo;

use super::ConnectError;
use super::flags::ConnectionFlags;

/// Returns the headers; none when nobody is impersonated.
pub(super) fn headers(flags: &ConnectionFlags, user: &AuthInfo) -> Result<HeaderMap, ConnectError> {
    let mut headers = HeaderMap::new();
    let filled = |text: &&String| !text.is_empty();
    let name = flags.impersonate.as_ref().or(user.impersonate.as_ref()).filter(filled);
    let uid = flags
        .impersonate_uid
        .as_ref()
        .or(user.impersonate_uid.as_ref())
        .filter(filled);
    let groups = if flags.impersonate_groups.is_empty() {
        user.impersonate_groups.clone().unwrap_or_default()
    } else {
        flags.impersonate_groups.clone()
    };
    let extra = extra(flags, user);
    let Some(name) = name else {
        return if uid.is_none() && groups.is_empty() && extra.is_empty() {
            Ok(headers)
        } else {
            Err(ConnectError::NobodyImpersonated)
        };
    };
    headers.insert("impersonate-user", value(name)?);
    if let Some(uid) = uid {
        headers.insert("impersonate-uid", value(uid)?);
    }
    for group in &groups {
        headers.append("impersonate-group", value(group)?);
    }
    for (key, text) in &extra {
        let header = format!("impersonate-extra-{}", escaped(key));
        let header = HeaderName::try_from(header).map_err(|_| ConnectError::ImpersonationMalformed)?;
        headers.append(header, value(text)?);
    }
    Ok(headers)
}

/// Flags take the place of the values that the file has for their keys.
fn extra(flags: &ConnectionFlags, user: &AuthInfo) -> Vec<(String, String)> {
    let is_flag = |key: &str| flags.impersonate_extra.iter().any(|(named, _)| named == key);
    let of_user = user.impersonate_user_extra.iter().flatten();
    let of_user = of_user.filter(|(key, _)| !is_flag(key));
    let of_user = of_user.flat_map(|(key, values)| values.iter().map(|value| (key.clone(), value.clone())));
    let mut extra: Vec<(String, String)> = of_user.collect();
    extra.sort();
    extra.extend(flags.impersonate_extra.iter().cloned());
    extra
}

/// Header names hold few letters; the API server takes the others in the notation of URLs.
fn escaped(key: &str) -> String {
    let mut escaped = String::new();
    for byte in key.to_ascii_lowercase().bytes() {
        let is_legal = byte.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(&byte);
        if is_legal {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

fn value(text: &str) -> Result<HeaderValue, ConnectError> {
    HeaderValue::from_bytes(text.as_bytes()).map_err(|_| ConnectError::ImpersonationMalformed)
}
