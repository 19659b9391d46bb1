//! AWS role ARNs, `arn:aws:iam::123456789012:role/path/name`.
//!
//! The webhook of EKS only logs a malformed ARN and injects it anyway, so the mistake shows as a failed login of the
//! backup pod.

use std::fmt;

/// Account ids that documentation uses.
const DOCUMENTATION_ACCOUNTS: &[&str] = &[
    "123456789012",
    "111122223333",
    "444455556666",
    "000000000000",
    "999999999999",
];

/// A role, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleArn<'a> {
    partition: &'a str,
    account: &'a str,
    path_and_name: &'a str,
}

/// Parses a role ARN. Nothing is repaired: an account id that is too short must never be filled up.
pub fn parse_role_arn(text: &str) -> Result<RoleArn<'_>, RoleArnError> {
    if text.is_empty() {
        return Err(RoleArnError::Empty);
    }
    if text.contains(char::is_whitespace) {
        return Err(RoleArnError::Blank);
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, account, resource] = parts[..] else {
        return Err(RoleArnError::Shape);
    };
    if arn != "arn" {
        return Err(RoleArnError::Shape);
    }
    let partition_character = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !partition.starts_with("aws") || !partition.bytes().all(partition_character) {
        return Err(RoleArnError::Partition);
    }
    if service != "iam" {
        return Err(RoleArnError::Service);
    }
    if !region.is_empty() {
        return Err(RoleArnError::Region);
    }
    if account.is_empty() || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(RoleArnError::Account);
    }
    if account.len() != 12 {
        return Err(RoleArnError::AccountLength(account.len()));
    }
    let path_and_name = resource.strip_prefix("role/").ok_or(RoleArnError::Resource)?;
    check_path_and_name(path_and_name)?;
    Ok(RoleArn {
        partition,
        account,
        path_and_name,
    })
}

/// Whether it is the name of a role, with the path before it where there is one, of which a cluster can make an ARN.
pub fn is_role_name(text: &str) -> bool {
    !text.starts_with('/') && check_path_and_name(text).is_ok()
}

fn check_path_and_name(text: &str) -> Result<(), RoleArnError> {
    let name = text.rsplit('/').next().unwrap_or(text);
    let name_character = |next: char| next.is_ascii_alphanumeric() || "_+=,.@-".contains(next);
    if !(1..=64).contains(&name.len()) || !name.chars().all(name_character) {
        return Err(RoleArnError::Name);
    }
    // IAM allows more in a path, but the expression of EKS does not.
    if text.len() > 512 + 64 || !text.chars().all(|next| name_character(next) || next == '/') {
        return Err(RoleArnError::Path);
    }
    Ok(())
}

impl<'a> RoleArn<'a> {
    /// The account id, twelve digits.
    pub fn account(&self) -> &'a str {
        self.account
    }

    /// The partition: `aws`, `aws-cn`.
    pub fn partition(&self) -> &'a str {
        self.partition
    }

    /// The name of the role without its path.
    pub fn name(&self) -> &'a str {
        self.path_and_name.rsplit('/').next().unwrap_or(self.path_and_name)
    }

    /// Whether the account is one that documentation uses.
    pub fn has_placeholder_account(&self) -> bool {
        DOCUMENTATION_ACCOUNTS.contains(&self.account)
    }

    /// Whether the partition is one of the public ones; the isolated ones exist, but are rare enough to ask.
    pub fn has_usual_partition(&self) -> bool {
        matches!(self.partition, "aws" | "aws-cn" | "aws-us-gov" | "aws-eusc")
    }
}

/// Why a text is not a role ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoleArnError {
    /// No text at all.
    Empty,
    /// A blank somewhere.
    Blank,
    /// Not `arn:` and five more parts.
    Shape,
    /// The second part is not `aws` or `aws-…`.
    Partition,
    /// The third part is not `iam`.
    Service,
    /// The fourth part is not empty; roles have no region.
    Region,
    /// The account id has other characters than digits.
    Account,
    /// The account id has this many digits instead of twelve.
    AccountLength(usize),
    /// The last part does not begin with `role/`: a user, an assumed role.
    Resource,
    /// The name is not 1 to 64 letters, digits or `_+=,.@-`.
    Name,
    /// The path before the name has other characters.
    Path,
}

impl fmt::Display for RoleArnError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AccountLength(digits) => {
                return write!(
                    formatter,
                    "the account id has {digits} digits and needs 12; it looks like a placeholder"
                );
            }
            Self::Empty => "the role ARN is empty",
            Self::Blank => "a role ARN has no blanks",
            Self::Shape => "not a role ARN (arn:aws:iam::<account>:role/<name>)",
            Self::Partition => "the second part must be aws or another AWS partition",
            Self::Service => "the third part must be iam",
            Self::Region => "a role has no region; the fourth part must be empty",
            Self::Account => "the account id must be 12 digits",
            Self::Resource => "not a role (the last part must begin with role/)",
            Self::Name => "the role's name must be 1 to 64 letters, digits or _+=,.@-",
            Self::Path => "the role's path has characters that EKS does not accept",
        })
    }
}

impl std::error::Error for RoleArnError {}

/// The shortest token lifetime in seconds; EKS raises smaller ones to it.
pub const SHORTEST_TOKEN_SECONDS: u64 = 600;

/// Parses the token lifetime in seconds; `None` for what EKS ignores.
pub fn parse_token_expiration(text: &str) -> Option<u64> {
    text.parse::<i64>().ok().and_then(|seconds| u64::try_from(seconds).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn roles_are_taken_apart() {
        let role = parse_role_arn("arn:aws-cn:iam::210987654321:role/team/neo4j-backup").unwrap();
        assert_eq!(
            (role.partition(), role.account(), role.name()),
            ("aws-cn", "210987654321", "neo4j-backup")
        );
        assert!(!role.has_placeholder_account());
        assert!(
            parse_role_arn("arn:aws:iam::123456789012:role/x")
                .unwrap()
                .has_placeholder_account()
        );
        assert!(
            !parse_role_arn("arn:aws-iso:iam::210987654321:role/x")
                .unwrap()
                .has_usual_partition()
        );
    }

    #[test]
    fn the_error_says_what_is_wrong() {
        use RoleArnError as Error;
        for (text, error) in [
            ("", Error::Empty),
            ("arn:aws:iam::123456789012:role/my role", Error::Blank),
            ("neo4j-backup", Error::Shape),
            ("arn:aws:iam::123456789012", Error::Shape),
            ("arn:azure:iam::123456789012:role/x", Error::Partition),
            ("arn:aws:sts::123456789012:assumed-role/x/y", Error::Service),
            ("arn:aws:iam:eu-west-1:123456789012:role/x", Error::Region),
            ("arn:aws:iam::ACCOUNT_ID:role/x", Error::Account),
            ("arn:aws:iam:::role/x", Error::Account),
            ("arn:aws:iam::123456789:role/x", Error::AccountLength(9)),
            ("arn:aws:iam::123456789012:user/x", Error::Resource),
            ("arn:aws:iam::123456789012:role/", Error::Name),
            ("arn:aws:iam::123456789012:role/größe", Error::Name),
            ("arn:aws:iam::123456789012:role/a!/x", Error::Path),
        ] {
            assert_eq!(parse_role_arn(text), Err(error), "{text}");
        }
        assert!(Error::AccountLength(9).to_string().contains("9 digits and needs 12"));
    }

    #[test]
    fn token_lifetimes_are_whole_seconds() {
        assert_eq!(parse_token_expiration("86400"), Some(86400));
        assert_eq!(parse_token_expiration("1h"), None);
        assert_eq!(parse_token_expiration("-5"), None);
    }

    proptest! {
        #[test]
        fn a_role_is_what_its_parts_say(text in "arn:aws(-cn)?:iam::[0-9]{11,13}:role/[a-z/]{0,6}[a-zA-Z0-9+=,.@_-]{0,66}|\\PC{0,40}") {
            if let Ok(role) = parse_role_arn(&text) {
                let whole = format!("arn:{}:iam::{}:role/{}", role.partition(), role.account(), role.path_and_name);
                prop_assert_eq!(whole, text);
            }
        }
    }
}
