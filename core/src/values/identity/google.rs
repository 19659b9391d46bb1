//! Google service accounts, `name@project.iam.gserviceaccount.com`.

use std::fmt;

/// Projects that documentation uses.
const PLACEHOLDER_PROJECTS: &[&str] = &[
    "project",
    "project-id",
    "my-project",
    "my-project-id",
    "your-project",
    "your-project-id",
    "example-project",
    "my-gcp-project",
];

/// A Google service account, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoogleServiceAccount<'a> {
    name: &'a str,
    project: &'a str,
    default: bool,
}

/// Parses the e-mail address of a service account, also of the default ones of Compute Engine and App Engine.
pub fn parse_service_account(text: &str) -> Result<GoogleServiceAccount<'_>, GoogleServiceAccountError> {
    use GoogleServiceAccountError as Error;

    if text.is_empty() {
        return Err(Error::Empty);
    }
    if text.contains(char::is_whitespace) {
        return Err(Error::Blank);
    }
    let (name, domain) = text.split_once('@').ok_or(Error::Shape)?;
    if is_default_account(name, domain) {
        let project = name.strip_suffix("-compute").unwrap_or(name);
        return Ok(GoogleServiceAccount {
            name,
            project,
            default: true,
        });
    }
    let project = domain.strip_suffix(".iam.gserviceaccount.com").ok_or(Error::Domain)?;
    if !is_id(name) {
        return Err(Error::Name);
    }
    // A project that belongs to a domain has the domain behind it: `acme-prod.example.com`.
    let (id, scope) = project
        .split_once('.')
        .map_or((project, None), |(id, scope)| (id, Some(scope)));
    let scope_fits = scope.is_none_or(super::super::names::is_dns_subdomain);
    if !is_id(id) || !scope_fits {
        return Err(Error::Project);
    }
    Ok(GoogleServiceAccount {
        name,
        project,
        default: false,
    })
}

/// `123-compute@developer.gserviceaccount.com` and `project@appspot.gserviceaccount.com`.
fn is_default_account(name: &str, domain: &str) -> bool {
    let compute = || {
        name.strip_suffix("-compute")
            .is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
    };
    match domain {
        "developer.gserviceaccount.com" => compute(),
        "appspot.gserviceaccount.com" => is_id(name),
        _ => false,
    }
}

/// `[a-z]([-a-z0-9]*[a-z0-9])`, 6 to 30 characters: the ids of service accounts and of projects.
fn is_id(text: &str) -> bool {
    (6..=30).contains(&text.len())
        && text.starts_with(|next: char| next.is_ascii_lowercase())
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

impl<'a> GoogleServiceAccount<'a> {
    /// What stands before the `@`.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The project, with its domain where it has one; the project's number for the default account of Compute Engine.
    pub fn project(&self) -> &'a str {
        self.project
    }

    /// Whether it is a default account, which usually may do more than a backup should.
    pub fn is_default(&self) -> bool {
        self.default
    }

    /// Whether the project is one that documentation uses.
    pub fn has_placeholder_project(&self) -> bool {
        PLACEHOLDER_PROJECTS.contains(&self.project)
    }
}

/// Why a text is not a Google service account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GoogleServiceAccountError {
    /// No text at all.
    Empty,
    /// A blank somewhere.
    Blank,
    /// No `@`.
    Shape,
    /// It does not end with `.iam.gserviceaccount.com`.
    Domain,
    /// The name is not 6 to 30 lower-case letters, digits and hyphens.
    Name,
    /// The project is not 6 to 30 lower-case letters, digits and hyphens.
    Project,
}

impl fmt::Display for GoogleServiceAccountError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "the service account is empty",
            Self::Blank => "a service account has no blanks",
            Self::Shape => "not a service account (<name>@<project>.iam.gserviceaccount.com)",
            Self::Domain => "the address must end with .iam.gserviceaccount.com",
            Self::Name => {
                "the name before the @ must be 6 to 30 lower-case letters, digits and hyphens, a letter first"
            }
            Self::Project => "the project must be 6 to 30 lower-case letters, digits and hyphens, a letter first",
        })
    }
}

impl std::error::Error for GoogleServiceAccountError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accounts_are_taken_apart() {
        let account = parse_service_account("neo4j-backup@acme-prod.iam.gserviceaccount.com").unwrap();
        assert_eq!((account.name(), account.project()), ("neo4j-backup", "acme-prod"));
        assert!(!account.is_default() && !account.has_placeholder_project());
        let placeholder = parse_service_account("neo4j-backup@project.iam.gserviceaccount.com").unwrap();
        assert!(placeholder.has_placeholder_project());
        let scoped = parse_service_account("neo4j-backup@acme-prod.example.com.iam.gserviceaccount.com").unwrap();
        assert_eq!(scoped.project(), "acme-prod.example.com");
        assert!(
            parse_service_account("123456-compute@developer.gserviceaccount.com")
                .unwrap()
                .is_default()
        );
        assert!(
            parse_service_account("acme-prod@appspot.gserviceaccount.com")
                .unwrap()
                .is_default()
        );
    }

    #[test]
    fn the_error_says_what_is_wrong() {
        use GoogleServiceAccountError as Error;
        for (text, error) in [
            ("", Error::Empty),
            ("neo4j backup@acme-prod.iam.gserviceaccount.com", Error::Blank),
            ("neo4j-backup", Error::Shape),
            ("neo4j-backup@gmail.com", Error::Domain),
            ("neo4j@acme-prod.iam.gserviceaccount.com", Error::Name),
            ("Neo4j-backup@acme-prod.iam.gserviceaccount.com", Error::Name),
            ("neo4j-backup-@acme-prod.iam.gserviceaccount.com", Error::Name),
            ("neo4j-backup@PROJECT_ID.iam.gserviceaccount.com", Error::Project),
            ("neo4j-backup@acme.iam.gserviceaccount.com", Error::Project),
            ("neo4j-backup@a@b.iam.gserviceaccount.com", Error::Project),
            ("neo4j-backup@acme-prod.-x.iam.gserviceaccount.com", Error::Project),
        ] {
            assert_eq!(parse_service_account(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_an_answer(text in "[a-z-]{0,32}@[a-z.-]{0,32}(\\.iam)?\\.gserviceaccount\\.com|\\PC{0,40}") {
            if let Ok(account) = parse_service_account(&text) {
                prop_assert!(text.starts_with(account.name()));
            }
        }
    }
}
