//! Where something is: numbers of accounts, buckets, hosts, addresses. Redacted only on request.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::found::Found;
use super::kind::Kind;

/// Hosts that are the same for everybody.
const PUBLIC: [&str; 14] = [
    "amazonaws.com",
    "googleapis.com",
    "core.windows.net",
    "docker.io",
    "ghcr.io",
    "quay.io",
    "gcr.io",
    "pkg.dev",
    "k8s.io",
    "kubernetes.io",
    "github.com",
    "neo4j.com",
    "microsoftonline.com",
    "redacted.invalid",
];

/// Schemes whose host is a bucket or a container.
const OF_BUCKETS: [&str; 7] = ["s3", "s3a", "s3n", "gs", "az", "wasbs", "abfss"];

/// Finds them in one layer of a text.
pub(super) fn find(text: &str, found: &mut Vec<Found>) {
    resource_names(text, found);
    urls(text, found);
    fields(text, found);
    emails(text, found);
    addresses(text, found);
    for suffix in [".blob.core.windows.net", ".dfs.core.windows.net"] {
        labels(text, suffix, Kind::Account, found);
    }
    for suffix in [".s3.", ".s3-"] {
        labels(text, suffix, Kind::Bucket, found);
    }
    labels(text, ".dkr.ecr.", Kind::Account, found);
}

/// Finds what the parts of the value of a field are by its name; `may_be_azure` says whether a bucket may be one of Azure.
pub(super) fn of_field(key: &str, value: &str, may_be_azure: bool) -> Vec<(Range<usize>, Kind)> {
    match key {
        "bucket" | "bucketName" => of_bucket(value, may_be_azure),
        "nodeName" | "hostname" if value.contains('.') => vec![(0..value.len(), Kind::Host)],
        _ => Vec::new(),
    }
}

/// `bucket`, `bucket/path`, and of Azure `account/container/path`.
fn of_bucket(value: &str, may_be_azure: bool) -> Vec<(Range<usize>, Kind)> {
    let mut segments = value.split('/');
    let first = segments.next().unwrap_or_default();
    let container = segments.next().filter(|_| may_be_azure && is_account(first));
    let kind = if container.is_some() {
        Kind::Account
    } else {
        Kind::Bucket
    };
    let mut parts = Vec::new();
    if is_bucket(first) {
        parts.push((0..first.len(), kind));
    }
    if let Some(container) = container.filter(|container| is_bucket(container)) {
        let start = first.len() + 1;
        parts.push((start..start + container.len(), Kind::Bucket));
    }
    parts
}

/// The name of a storage account of Azure.
fn is_account(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (3..=24).contains(&name.len()) && name.bytes().all(is_letter)
}

/// `"bucket":"…"` in JSON that is a text itself, such as the annotation of what was applied last.
fn fields(text: &str, found: &mut Vec<Found>) {
    for name in ["\"bucket\":", "\"bucketName\":"] {
        for (place, _) in text.match_indices(name) {
            let rest = &text[place + name.len()..];
            let Some(value) = rest.trim_start_matches(' ').strip_prefix('"') else {
                continue;
            };
            let start = text.len() - value.len();
            let Some(end) = value
                .find(['"', '\n', '\\'])
                .filter(|end| value[*end..].starts_with('"'))
            else {
                continue;
            };
            let parts = of_bucket(&value[..end], true).into_iter();
            found.extend(parts.map(|(part, kind)| Found::of(text, start + part.start..start + part.end, kind)));
        }
    }
}

fn is_label(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

fn is_bucket(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte);
    (3..=63).contains(&name.len()) && name.bytes().all(is_letter)
}

/// The account and the bucket in `arn:aws:iam::123456789012:role/x` and `arn:aws:s3:::bucket/x`.
fn resource_names(text: &str, found: &mut Vec<Found>) {
    for (place, _) in text.match_indices("arn:aws") {
        let is_end = |letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '`' | '\\' | ',' | ')');
        let rest = &text[place..];
        let name = &rest[..rest.find(is_end).unwrap_or(rest.len())];
        let mut start = place;
        for (position, part) in name.splitn(6, ':').enumerate() {
            if position == 4 && part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_digit()) {
                found.push(Found::of(text, start..start + part.len(), Kind::Account));
            }
            let bucket = part.split('/').next().unwrap_or_default();
            if position == 5 && name.split(':').nth(2) == Some("s3") && is_bucket(bucket) {
                found.push(Found::of(text, start..start + bucket.len(), Kind::Bucket));
            }
            start += part.len() + 1;
        }
    }
}

fn urls(text: &str, found: &mut Vec<Found>) {
    for (place, _) in text.match_indices("://") {
        let length = text[..place]
            .bytes()
            .rev()
            .take_while(u8::is_ascii_alphanumeric)
            .count();
        let scheme = &text[place - length..place];
        let mut start = place + "://".len();
        let is_end =
            |letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '`' | '/' | '?' | '\\' | ',' | ')');
        let authority = &text[start..start + text[start..].find(is_end).unwrap_or(text.len() - start)];
        let host = authority.rsplit('@').next().unwrap_or_default();
        if scheme == "azb" {
            // The container is the first folder, and the host is the account.
            let rest = &text[start + authority.len()..];
            let is_end =
                |letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '`' | '?' | '\\' | ',' | ')');
            let path = &rest[..rest.find(is_end).unwrap_or(rest.len())];
            let parts = of_bucket(&text[start..start + authority.len() + path.len()], true).into_iter();
            found.extend(parts.map(|(part, kind)| Found::of(text, start + part.start..start + part.end, kind)));
            continue;
        }
        if OF_BUCKETS.contains(&scheme) {
            let bucket = authority.split('@').next().unwrap_or_default();
            if is_bucket(bucket) {
                found.push(Found::of(text, start..start + bucket.len(), Kind::Bucket));
            }
            continue;
        }
        start += authority.len() - host.len();
        let host = host.split(':').next().unwrap_or_default();
        let is_inside = host.contains(".svc") || !host.contains('.') || host.parse::<Ipv4Addr>().is_ok();
        let is_public = PUBLIC.iter().any(|suffix| host.ends_with(suffix));
        let is_plain = host.bytes().all(|byte| is_label(byte) || byte == b'.');
        if !is_inside && !is_public && is_plain {
            found.push(Found::of(text, start..start + host.len(), Kind::Host));
        }
    }
}

fn emails(text: &str, found: &mut Vec<Found>) {
    for (place, _) in text.match_indices('@') {
        let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"._+-".contains(byte);
        let start = place - text[..place].bytes().rev().take(64).take_while(is_letter).count();
        let domain = text[place + 1..]
            .bytes()
            .take_while(|byte| is_label(*byte) || *byte == b'.')
            .count();
        let domain = text[place + 1..place + 1 + domain].trim_end_matches('.');
        let is_in_url = text[..start].ends_with("://") || text[..start].ends_with(':');
        if start < place && domain.contains('.') && !is_in_url {
            found.push(Found::of(text, start..place + 1 + domain.len(), Kind::Email));
        }
    }
}

fn addresses(text: &str, found: &mut Vec<Found>) {
    let is_part = |byte: u8| byte.is_ascii_hexdigit() || byte == b'.' || byte == b':';
    let bytes = text.as_bytes();
    let mut start = 0;
    while start < bytes.len() {
        let length = bytes[start..].iter().take_while(|byte| is_part(**byte)).count();
        let word = text.get(start..start + length).unwrap_or_default();
        let follows = start > 0 && (bytes[start - 1].is_ascii_alphanumeric() || bytes[start - 1] == b'-');
        let precedes = bytes.get(start + length).is_some_and(|byte| is_label(*byte));
        if word.len() >= 3 && !follows && !precedes {
            address(text, start, word, found);
        }
        start += length.max(1);
        // Not from the middle of a word.
        while start < bytes.len() && bytes[start].is_ascii_alphanumeric() && bytes[start - 1].is_ascii_alphanumeric() {
            start += 1;
        }
    }
}

fn address(text: &str, start: usize, word: &str, found: &mut Vec<Found>) {
    let trimmed = word.trim_end_matches(['.', ':']);
    let whole = if word.ends_with("::") { word } else { trimmed };
    if whole.matches(':').count() > 1 {
        let is_real = whole
            .parse::<Ipv6Addr>()
            .is_ok_and(|address| !address.is_loopback() && !address.is_unspecified());
        if is_real && whole.len() > 6 {
            found.push(Found::of(text, start..start + whole.len(), Kind::Address));
        }
        return;
    }
    let host = trimmed.split(':').next().unwrap_or_default();
    let is_real = host
        .parse::<Ipv4Addr>()
        .is_ok_and(|address| !address.is_loopback() && !address.is_unspecified());
    if is_real {
        found.push(Found::of(text, start..start + host.len(), Kind::Address));
    }
}

/// The name before a suffix of a host, `company` in `company.blob.core.windows.net`.
fn labels(text: &str, suffix: &str, kind: Kind, found: &mut Vec<Found>) {
    for (place, _) in text.match_indices(suffix) {
        if kind == Kind::Bucket
            && !text[place..]
                .bytes()
                .take(64)
                .collect::<Vec<_>>()
                .ends_with(b"amazonaws.com")
        {
            let rest = &text[place..];
            let host = rest.bytes().take_while(|byte| is_label(*byte) || *byte == b'.').count();
            if !rest[..host].ends_with("amazonaws.com") && !rest[..host].ends_with("amazonaws.com.cn") {
                continue;
            }
        }
        let is_letter = |byte: &u8| is_label(*byte) || (kind == Kind::Bucket && *byte == b'.');
        let start = place - text[..place].bytes().rev().take(63).take_while(is_letter).count();
        if place > start + 2 {
            found.push(Found::of(text, start..place, kind));
        }
    }
}
