//! Credentials of AWS, in the order of the Java SDK that neo4j-admin uses: keys, web identity, profile, container, node.

use std::path::{Path, PathBuf};

use http::Uri;
use jiff::Timestamp;
use neo4jbackup_core::quoted::{name, quoted};

use super::clean;
use super::token;
use crate::class::Class;
use crate::endpoint;
use crate::report::Failure;
use crate::task::Surroundings;

/// Where the credentials come from.
#[derive(Clone)]
pub(crate) enum Source {
    /// Two keys, and for temporary ones a session token.
    Keys {
        origin: String,
        key_id: String,
        secret_key: String,
        session: Option<String>,
    },
    /// A token of the ServiceAccount, exchanged for credentials of a role: IRSA.
    WebIdentity {
        role: String,
        token_file: String,
        session_name: Option<String>,
        token: String,
    },
    /// An agent on the node that knows the pod by its token: EKS Pod Identity.
    PodIdentity { address: String, token_file: String },
    /// An agent beside the container.
    Container { path: String },
    /// The metadata service of the node, which gives the role of the node.
    Node {
        address: Option<String>,
        /// What was passed over on the way, in words.
        passed_over: Option<String>,
    },
}

impl Source {
    /// In words.
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::Keys {
                origin, session: None, ..
            } => format!("keys from {origin}"),
            Self::Keys {
                origin,
                session: Some(_),
                ..
            } => format!("temporary keys from {origin}"),
            Self::WebIdentity { role, token, .. } => format!("the role {} for the token of {token}", quoted(role)),
            Self::PodIdentity { address, .. } => format!("EKS Pod Identity at {}", quoted(&endpoint::shown(address))),
            Self::Container { .. } => "the credentials of the container".to_owned(),
            Self::Node { .. } => {
                let passed_over = self.passed_over();
                format!("the metadata service of the node: nothing names an identity of the pod's own{passed_over}")
            }
        }
    }

    /// What was passed over on the way to it, in brackets; may be empty.
    pub(crate) fn passed_over(&self) -> String {
        match self {
            Self::Node { passed_over, .. } => in_brackets(passed_over.as_deref()),
            _ => String::new(),
        }
    }

    /// Whether it is the identity of the node, which every pod on it has.
    pub(crate) fn is_of_node(&self) -> bool {
        matches!(self, Self::Node { .. })
    }

    /// The class of a failure to get credentials of it, where nothing else says why.
    pub(crate) fn class(&self) -> Class {
        match self {
            Self::WebIdentity { .. } => Class::AwsWebIdentityDenied,
            Self::PodIdentity { .. } | Self::Container { .. } => Class::EksPodIdentityFailed,
            Self::Keys { .. } | Self::Node { .. } => Class::AwsNoCredentials,
        }
    }
}

/// Finds the first source that is there.
pub(crate) fn find(surroundings: &Surroundings, now: Timestamp) -> Result<Source, Failure> {
    if let Some(keys) = keys(surroundings)? {
        return Ok(keys);
    }
    if let Some(identity) = web_identity(surroundings, now)? {
        return Ok(identity);
    }
    if let Some(keys) = profile(surroundings)? {
        return Ok(keys);
    }
    if let Some(agent) = agent(surroundings)? {
        return Ok(agent);
    }
    let is_off = surroundings
        .variable("AWS_EC2_METADATA_DISABLED")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let passed_over = unreadable_profiles(surroundings);
    if is_off {
        let message = format!(
            "there are no keys, no web identity, no profile{} and no agent, and AWS_EC2_METADATA_DISABLED is set",
            in_brackets(passed_over.as_deref())
        );
        return Err(Failure::of(Class::AwsNoCredentials, message));
    }
    let address = clean(
        surroundings,
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        Class::AwsNoCredentials,
    )?;
    Ok(Source::Node { address, passed_over })
}

fn in_brackets(text: Option<&str>) -> String {
    text.map_or_else(String::new, |text| format!(" ({text})"))
}

/// Says of the file that `AWS_SHARED_CREDENTIALS_FILE` names why it cannot be read. The SDK passes over it without a word.
fn unreadable_profiles(surroundings: &Surroundings) -> Option<String> {
    let file = surroundings.variable("AWS_SHARED_CREDENTIALS_FILE")?;
    let error = std::fs::read_to_string(file).err()?;
    Some(format!(
        "AWS_SHARED_CREDENTIALS_FILE names {}, which cannot be read: {error}",
        name(file)
    ))
}

fn keys(surroundings: &Surroundings) -> Result<Option<Source>, Failure> {
    let key_id = clean(surroundings, "AWS_ACCESS_KEY_ID", Class::S3InvalidAccessKey)?;
    let secret_key = clean(surroundings, "AWS_SECRET_ACCESS_KEY", Class::S3BadSignature)?;
    let session = clean(surroundings, "AWS_SESSION_TOKEN", Class::AwsTokenExpired)?;
    let missing = |variable: &str, other: &str| {
        let message = format!("{other} is set and {variable} is not");
        Err(Failure::of(Class::AwsNoCredentials, message))
    };
    match (key_id, secret_key) {
        (Some(key_id), Some(secret_key)) => Ok(Some(Source::Keys {
            origin: "AWS_ACCESS_KEY_ID".to_owned(),
            key_id,
            secret_key,
            session,
        })),
        (Some(_), None) => missing("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
        (None, Some(_)) => missing("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        (None, None) => Ok(None),
    }
}

fn web_identity(surroundings: &Surroundings, now: Timestamp) -> Result<Option<Source>, Failure> {
    let Some(token_file) = clean(surroundings, "AWS_WEB_IDENTITY_TOKEN_FILE", Class::AwsWebIdentityDenied)? else {
        return Ok(None);
    };
    let Some(role) = clean(surroundings, "AWS_ROLE_ARN", Class::AwsWebIdentityDenied)? else {
        let message = "AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not";
        return Err(Failure::of(Class::AwsNoCredentials, message));
    };
    let claims = token::read(&token_file, now);
    let claims = claims.map_err(|error| error.failure(Class::AwsTokenExpired, Class::AwsWebIdentityDenied))?;
    Ok(Some(Source::WebIdentity {
        role,
        token_file,
        session_name: clean(surroundings, "AWS_ROLE_SESSION_NAME", Class::AwsWebIdentityDenied)?,
        token: claims.in_words(),
    }))
}

/// Keys of a profile in the file of credentials. A profile that signs in elsewhere needs the AWS CLI.
fn profile(surroundings: &Surroundings) -> Result<Option<Source>, Failure> {
    let named = surroundings.variable("AWS_PROFILE");
    let profile = named.unwrap_or("default");
    let file = surroundings.variable("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from);
    let home = surroundings.variable("HOME").map(Path::new);
    let Some(file) = file.or_else(|| Some(home?.join(".aws/credentials"))) else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let value = |key: &str| value_of(&text, profile, key);
    match (value("aws_access_key_id"), value("aws_secret_access_key")) {
        (Some(key_id), Some(secret_key)) => Ok(Some(Source::Keys {
            origin: format!(
                "the profile {} in {}",
                quoted(profile),
                name(&file.display().to_string())
            ),
            key_id,
            secret_key,
            session: value("aws_session_token"),
        })),
        _ if named.is_some() => {
            if let Some(message) = unreadable_profiles(surroundings) {
                return Err(Failure::of(Class::AwsNoCredentials, message));
            }
            let message = format!(
                "the profile {} has no keys in {}; one that signs in elsewhere is not read",
                quoted(profile),
                name(&file.display().to_string())
            );
            let mut failure = Failure::of(Class::AwsNoCredentials, message);
            "Let the AWS CLI sign in: eval \"$(aws configure export-credentials --format env)\""
                .clone_into(&mut failure.remedy);
            Err(failure)
        }
        _ => Ok(None),
    }
}

/// The value of a key in a section of a file of settings.
fn value_of(text: &str, section: &str, key: &str) -> Option<String> {
    let mut is_inside = false;
    for line in text.lines().map(str::trim) {
        if let Some(title) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            is_inside = title.trim() == section;
        } else if is_inside
            && let Some((name, value)) = line.split_once('=')
            && name.trim() == key
        {
            let value = value.trim();
            return Some(value.to_owned()).filter(|value| !value.is_empty() && !value.chars().any(char::is_control));
        }
    }
    None
}

/// The region that the profile names in the file of settings, where other profiles than the default one have a word before
/// their name.
pub(crate) fn region_of_profile(surroundings: &Surroundings) -> Option<String> {
    let named = surroundings.variable("AWS_CONFIG_FILE").map(PathBuf::from);
    let file = named.or_else(|| Some(Path::new(surroundings.variable("HOME")?).join(".aws/config")))?;
    let text = std::fs::read_to_string(file).ok()?;
    match surroundings.variable("AWS_PROFILE").unwrap_or("default") {
        "default" => value_of(&text, "default", "region"),
        profile => value_of(&text, &format!("profile {profile}"), "region"),
    }
}

fn agent(surroundings: &Surroundings) -> Result<Option<Source>, Failure> {
    let class = Class::EksPodIdentityFailed;
    if let Some(path) = clean(surroundings, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", class)? {
        return Ok(Some(Source::Container { path }));
    }
    let Some(address) = clean(surroundings, "AWS_CONTAINER_CREDENTIALS_FULL_URI", class)? else {
        return Ok(None);
    };
    if address.parse::<Uri>().is_err() {
        let message = format!(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI is {}, which is no address",
            quoted(&endpoint::shown(&address))
        );
        return Err(Failure::of(class, message));
    }
    let Some(token_file) = clean(surroundings, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", class)? else {
        let message = "AWS_CONTAINER_CREDENTIALS_FULL_URI is set and AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE is not";
        return Err(Failure::of(class, message));
    };
    if let Err(error) = std::fs::read_to_string(&token_file) {
        let message = format!("the token in {} cannot be read: {error}", name(&token_file));
        return Err(Failure::of(class, message));
    }
    Ok(Some(Source::PodIdentity { address, token_file }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(pairs: &[(&str, &str)]) -> Failure {
        find(&Surroundings::of(pairs), Timestamp::UNIX_EPOCH).err().unwrap()
    }

    #[test]
    fn a_key_with_a_line_break_is_named_and_not_shown() {
        let failure = failure(&[("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_SECRET_ACCESS_KEY", "hidden\n")]);
        assert_eq!(failure.class, "s3-bad-signature");
        assert_eq!(
            failure.message,
            "the value of AWS_SECRET_ACCESS_KEY ends in a line break"
        );
    }

    #[test]
    fn half_of_the_keys_is_none() {
        let failure = failure(&[("AWS_ACCESS_KEY_ID", "AKIA")]);
        assert_eq!(
            failure.message,
            "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not"
        );
    }

    #[test]
    fn keys_go_before_every_other_source_and_the_node_comes_last() {
        let both = Surroundings::of(&[
            ("AWS_ACCESS_KEY_ID", "AKIA"),
            ("AWS_SECRET_ACCESS_KEY", "hidden"),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere"),
        ]);
        assert!(matches!(find(&both, Timestamp::UNIX_EPOCH), Ok(Source::Keys { .. })));
        assert!(
            find(&Surroundings::of(&[]), Timestamp::UNIX_EPOCH)
                .unwrap()
                .is_of_node()
        );
    }

    #[test]
    fn files_that_cannot_be_read_are_named() {
        let agent = failure(&[
            (
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                "http://169.254.170.23/v1/credentials",
            ),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nowhere/token"),
        ]);
        assert_eq!(agent.class, "eks-pod-identity-failed");
        assert!(
            agent.message.starts_with("the token in /nowhere/token cannot be read"),
            "{agent:?}"
        );
        let expected = "AWS_SHARED_CREDENTIALS_FILE names /nowhere/credentials, which cannot be read";
        let file = ("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials");
        let of_profile = failure(&[file, ("AWS_PROFILE", "backup")]);
        assert!(of_profile.message.starts_with(expected), "{of_profile:?}");
        let off = failure(&[file, ("AWS_EC2_METADATA_DISABLED", "true")]);
        assert!(off.message.contains(expected), "{off:?}");
        // The SDK goes on to the node, and so does the probe, but not in silence.
        let node = find(&Surroundings::of(&[file]), Timestamp::UNIX_EPOCH).unwrap();
        assert!(
            node.is_of_node() && node.in_words().contains(expected),
            "{}",
            node.in_words()
        );
    }

    #[test]
    fn a_login_in_the_address_of_an_agent_is_not_shown() {
        let variable = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
        let failure = failure(&[(variable, "http://user:hidden@an agent?hidden")]);
        assert_eq!(
            failure.message,
            format!("{variable} is `http://an agent`, which is no address")
        );
        let agent = Source::PodIdentity {
            address: "http://user:hidden@agent/v1?hidden".to_owned(),
            token_file: String::new(),
        };
        assert_eq!(agent.in_words(), "EKS Pod Identity at `http://agent/v1`");
    }

    #[test]
    fn a_profile_is_read_from_its_section_alone() {
        let text = "[default]\naws_access_key_id = A\n[backup]\naws_access_key_id=B\n";
        assert_eq!(value_of(text, "backup", "aws_access_key_id").as_deref(), Some("B"));
        assert_eq!(value_of(text, "backup", "aws_secret_access_key"), None);
    }
}
