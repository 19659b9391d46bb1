//! Bucket and container names. Only names are judged, never whether the bucket exists.

mod rules;

use std::fmt;

use crate::quoted::character as shown;

use super::object_path::first_refused_character;

/// The kind of object store a bucket is in; the naming rules differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Store {
    /// AWS S3.
    S3,
    /// Anything that speaks S3 at an endpoint of its own (`endpointURL`).
    S3Compatible,
    /// Google Cloud Storage.
    Gcs,
    /// Azure Blob Storage, where the field holds `account/container`.
    Azure,
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It may work.
    Warning,
    /// It cannot work.
    Error,
}

/// Something wrong with a bucket name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketProblem {
    /// How bad it is.
    pub level: Level,
    /// What is wrong.
    pub kind: BucketProblemKind,
    /// What to write instead, where that is certain.
    pub fix: Option<BucketFix>,
}

/// What to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketFix {
    /// The value for the bucket.
    pub bucket: String,
    /// What was found behind the bucket; it belongs in front of the path.
    pub path: Option<String>,
}

/// What is wrong with a bucket name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BucketProblemKind {
    /// Nothing, or only blanks.
    Empty,
    /// `s3://bucket`.
    Scheme,
    /// `https://bucket.s3.amazonaws.com`.
    Url,
    /// `arn:aws:s3:::bucket`.
    Arn,
    /// `bucket/`, `bucket/folder`.
    Path,
    /// A character that the operator refuses in any store.
    OperatorCharacter(char),
    /// A character that the store does not allow.
    Character(char),
    /// Fewer than the store's minimum.
    TooShort,
    /// More than the store's maximum.
    TooLong,
    /// The first or the last character is not a letter or digit.
    Ends,
    /// `..`, `.-`, `--` where the store forbids it.
    Adjacent,
    /// It looks like an IPv4 address.
    IpAddress,
    /// A prefix or suffix that the store keeps for itself.
    Reserved,
    /// Dots in an S3-compatible store: TLS fails without path style.
    Dots,
    /// Azure: a container without its account.
    NoAccount,
    /// Azure: the account is not 3 to 24 lower-case letters and digits.
    Account,
    /// Azure: the container breaks the naming rules.
    Container,
}

/// All that is wrong with a bucket name, the most basic first. A problem of form (URL, path) hides those of spelling.
pub fn check(store: Store, text: &str) -> Vec<BucketProblem> {
    if text.trim().is_empty() {
        return vec![problem(Level::Error, BucketProblemKind::Empty, None)];
    }
    if let Some(problem) = problem_of_form(store, text) {
        return vec![problem];
    }
    if let Some(character) = first_refused_character(text) {
        // Azure's special containers begin with a dollar sign, which the operator refuses as well.
        let trimmed = fix_if_clean(store, text.trim(), None);
        return vec![problem(
            Level::Error,
            BucketProblemKind::OperatorCharacter(character),
            trimmed,
        )];
    }
    by_store(store, text)
}

/// Whether the name holds a folder that a fix takes out of it, into the path.
pub fn moves_folder(store: Store, text: &str) -> bool {
    check(store, text)
        .iter()
        .any(|problem| problem.fix.as_ref().is_some_and(|fix| fix.path.is_some()))
}

fn problem(level: Level, kind: BucketProblemKind, fix: Option<BucketFix>) -> BucketProblem {
    BucketProblem { level, kind, fix }
}

/// URLs, ARNs and folders: the field holds more than a name.
fn problem_of_form(store: Store, text: &str) -> Option<BucketProblem> {
    let text = text.trim();
    if let Some((scheme, rest)) = text.split_once("://") {
        if matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
            return Some(problem(Level::Error, BucketProblemKind::Url, None));
        }
        let expected = match store {
            Store::S3 | Store::S3Compatible => ["s3", "s3a"],
            Store::Gcs => ["gs", "gcs"],
            Store::Azure => ["azb", "azb"],
        };
        // The scheme of another store leaves open which of the two is wrong.
        let fix = expected.contains(&scheme).then(|| split_fix(store, rest)).flatten();
        return Some(problem(Level::Error, BucketProblemKind::Scheme, fix));
    }
    if text.starts_with("arn:") {
        let name = text
            .splitn(6, ':')
            .nth(5)
            .filter(|_| text.split(':').nth(2) == Some("s3"));
        let fix = name
            .filter(|_| store == Store::S3)
            .and_then(|name| split_fix(store, name));
        return Some(problem(Level::Error, BucketProblemKind::Arn, fix));
    }
    let parts = text.split('/').count();
    let allowed = if store == Store::Azure { 2 } else { 1 };
    let has_empty_part = text.split('/').any(str::is_empty);
    if parts <= allowed && !has_empty_part {
        return None;
    }
    // The operator joins the two as they stand, so that a folder behind a good name works.
    let level = if has_empty_part || text.split('/').any(|segment| matches!(segment, "." | "..")) {
        Level::Error
    } else {
        level_of(store, first_parts(text, allowed))
    };
    Some(problem(level, BucketProblemKind::Path, split_fix(store, text)))
}

/// So many parts of the text, with the slashes between them.
fn first_parts(text: &str, count: usize) -> &str {
    let end = text
        .match_indices('/')
        .nth(count - 1)
        .map_or(text.len(), |(end, _)| end);
    &text[..end]
}

/// How bad the worst is that a store says of a name, which is a warning at least.
fn level_of(store: Store, name: &str) -> Level {
    let problems = by_store(store, name);
    problems
        .into_iter()
        .map(|problem| problem.level)
        .max()
        .unwrap_or(Level::Warning)
}

fn by_store(store: Store, name: &str) -> Vec<BucketProblem> {
    match store {
        Store::Azure => rules::azure(name),
        Store::S3 | Store::S3Compatible | Store::Gcs => rules::bucket(store, name),
    }
}

/// Splits `bucket/path` (Azure: `account/container/path`), when the bucket is then faultless.
fn split_fix(store: Store, text: &str) -> Option<BucketFix> {
    let mut segments = text.split('/').filter(|segment| !segment.is_empty());
    let mut bucket = segments.next()?.to_owned();
    if store == Store::Azure {
        bucket = format!("{bucket}/{}", segments.next()?);
    }
    let path = segments.collect::<Vec<_>>().join("/");
    fix_if_clean(store, &bucket, (!path.is_empty()).then_some(path))
}

fn fix_if_clean(store: Store, bucket: &str, path: Option<String>) -> Option<BucketFix> {
    let faultless = first_refused_character(bucket).is_none()
        && problem_of_form(store, bucket).is_none()
        && by_store(store, bucket).is_empty();
    (faultless && !bucket.is_empty()).then(|| BucketFix {
        bucket: bucket.to_owned(),
        path,
    })
}

impl fmt::Display for BucketProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(formatter)
    }
}

impl fmt::Display for BucketProblemKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::OperatorCharacter(character) => {
                return write!(
                    formatter,
                    "the operator refuses the character {} (only letters, digits, '.', '_', '-' and '/')",
                    shown(*character)
                );
            }
            Self::Character(character) => {
                return write!(
                    formatter,
                    "the store does not allow the character {} here",
                    shown(*character)
                );
            }
            Self::Empty => "the bucket is empty",
            Self::Scheme => "only the name belongs here, without a scheme such as s3://",
            Self::Url => "only the name belongs here; the address of the store belongs in cloud.endpointURL",
            Self::Arn => "only the name belongs here, not an ARN",
            Self::Path => "folders belong in the path",
            Self::TooShort => "the name is too short (at least 3 characters)",
            Self::TooLong => "the name is too long for the store (at most 63 characters between dots)",
            Self::Ends => "the name must begin and end with a letter or digit",
            Self::Adjacent => "the store does not allow these separators side by side",
            Self::IpAddress => "the name must not look like an IP address",
            Self::Reserved => "the store keeps names with this prefix or suffix for itself",
            Self::Dots => "a name with dots needs path-style access, or TLS certificates do not match",
            Self::NoAccount => {
                "Azure needs account/container; with the container alone it stands in the account's place"
            }
            Self::Account => "a storage account has 3 to 24 lower-case letters and digits",
            Self::Container => {
                "a container has 3 to 63 lower-case letters and digits, with single hyphens between them"
            }
        };
        formatter.write_str(text)
    }
}

#[cfg(test)]
mod tests;
