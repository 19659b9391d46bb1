//! The naming rules of each store, for text that is already known to be one name of letters, digits and `. _ - /`.

use super::{BucketProblem, BucketProblemKind as Kind, Level, Store, problem};

const S3_RESERVED_PREFIXES: &[&str] = &["xn--", "sthree-", "amzn-s3-demo-"];
// The alias of an access point (`…-s3alias`) is none of these: it stands wherever the name of a bucket can.
const S3_RESERVED_SUFFIXES: &[&str] = &["--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/// Judges an S3 or GCS bucket name.
pub(super) fn bucket(store: Store, name: &str) -> Vec<BucketProblem> {
    let mut kinds = Vec::new();
    let allowed = |next: &char| {
        next.is_ascii_lowercase()
            || next.is_ascii_digit()
            || matches!(next, '.' | '-')
            || (store == Store::Gcs && *next == '_')
    };
    kinds.extend(name.chars().find(|next| !allowed(next)).map(Kind::Character));
    if name.len() < 3 {
        kinds.push(Kind::TooShort);
    }
    if is_too_long(store, name) {
        kinds.push(Kind::TooLong);
    }
    let alphanumeric = |next: char| next.is_ascii_alphanumeric();
    if !name.starts_with(alphanumeric) || !name.ends_with(alphanumeric) {
        kinds.push(Kind::Ends);
    }
    let adjacent: &[&str] = if store == Store::Gcs {
        &["..", ".-", "-."]
    } else {
        &[".."]
    };
    if adjacent.iter().any(|pair| name.contains(pair)) {
        kinds.push(Kind::Adjacent);
    }
    if name.parse::<std::net::Ipv4Addr>().is_ok() || is_like_ipv4(name) {
        kinds.push(Kind::IpAddress);
    }
    if is_reserved(store, name) {
        kinds.push(Kind::Reserved);
    }
    let mut problems: Vec<_> = kinds
        .into_iter()
        .map(|kind| problem(Level::Error, kind, None))
        .collect();
    if store == Store::S3Compatible {
        // Such stores follow the alphabet of S3 as a rule, but some are laxer.
        for problem in &mut problems {
            problem.level = Level::Warning;
        }
        if name.contains('.') && problems.is_empty() {
            problems.push(problem(Level::Warning, Kind::Dots, None));
        }
    }
    problems
}

fn is_too_long(store: Store, name: &str) -> bool {
    match store {
        Store::Gcs if name.contains('.') => name.len() > 222 || name.split('.').any(|part| part.len() > 63),
        _ => name.len() > 63,
    }
}

/// Four groups of digits, as stores look at it, also `999.1.1.1`.
fn is_like_ipv4(name: &str) -> bool {
    let is_number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    name.split('.').count() == 4 && name.split('.').all(is_number)
}

fn is_reserved(store: Store, name: &str) -> bool {
    match store {
        Store::S3 => {
            S3_RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
                || S3_RESERVED_SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
        }
        Store::Gcs => name.starts_with("goog") || name.replace('0', "o").replace('1', "l").contains("google"),
        Store::S3Compatible | Store::Azure => false,
    }
}

/// Judges `account/container`; a bare name is taken for a container, as the operator's guide calls it.
pub(super) fn azure(text: &str) -> Vec<BucketProblem> {
    let mut problems = Vec::new();
    let container = if let Some((account, container)) = text.split_once('/') {
        let fits = (3..=24).contains(&account.len())
            && account
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if !fits {
            problems.push(problem(Level::Error, Kind::Account, None));
        }
        container
    } else {
        problems.push(problem(Level::Warning, Kind::NoAccount, None));
        text
    };
    if !is_azure_container(container) {
        problems.push(problem(Level::Error, Kind::Container, None));
    }
    problems
}

fn is_azure_container(name: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(alphanumeric))
}
