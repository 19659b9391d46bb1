//! NB3009.

use crate::rule::prelude::*;
use crate::subject::location::annotations;
use crate::values::identity::{AWS_ROLE_ARN, AZURE_CLIENT_ID, GOOGLE_SERVICE_ACCOUNT, aws, azure, google};

declare_rule! {
    /// An account or project that only documentation uses was left in the manifest.
    ///
    /// ## What it checks
    /// Role ARNs with a word in place of the account (`ACCOUNT`) or with an account of documentation (`123456789012`,
    /// `111122223333`), Google service accounts of `project`, `my-project` and the like, and client ids that count up or
    /// repeat one digit.
    ///
    /// ## Why it matters
    /// They are copied from guides and look right. Operators before 1.8 even wrote such placeholders (`ACCOUNT`, `PROJECT`)
    /// to the `ServiceAccount` of an instance on their own. No run can sign in with them. It is a warning because nobody can
    /// rule out that somebody owns the account.
    ///
    /// ## Bad
    /// ```yaml
    /// eks.amazonaws.com/role-arn: arn:aws:iam::123456789012:role/neo4j-backup
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// eks.amazonaws.com/role-arn: arn:aws:iam::210987654321:role/neo4j-backup
    /// ```
    IdentityPlaceholder {
        code: "NB3009", name: "identity-placeholder", severity: Warning,
        kinds: LOCATED, reads: ANNOTATIONS, needs: [], doors: All, fix: None, cel: Expressible, since: "0.1",
    }
}

impl Rule for IdentityPlaceholder {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        for annotation in annotations(subject) {
            let value = annotation.value;
            let (what, placeholder) = match annotation.key {
                AWS_ROLE_ARN => ("account id", account(value)),
                GOOGLE_SERVICE_ACCOUNT => ("project", project(value)),
                AZURE_CLIENT_ID => ("client id", client_id(value)),
                _ => continue,
            };
            if let Some(placeholder) = placeholder {
                report
                    .at_path(
                        annotation.path(),
                        format!(
                            "{placeholder} is a placeholder of documentation, not your {what}",
                            placeholder = quoted(placeholder)
                        ),
                    )
                    .help(format!("put your own {what} there"))
                    .value(value);
            }
        }
    }
}

/// The account of a role ARN, when it is made up. A number of the wrong length is malformed and not our concern.
fn account(value: &str) -> Option<&str> {
    match aws::parse_role_arn(value) {
        Ok(role) => role.has_placeholder_account().then_some(role.account()),
        Err(aws::RoleArnError::Account) => value.split(':').nth(4).filter(|text| is_word(text)),
        Err(_) => None,
    }
}

/// The project of a Google service account, when it is made up.
fn project(value: &str) -> Option<&str> {
    match google::parse_service_account(value) {
        Ok(account) => account.has_placeholder_project().then_some(account.project()),
        Err(google::GoogleServiceAccountError::Project) => {
            let project = value.split_once('@')?.1.strip_suffix(".iam.gserviceaccount.com")?;
            (is_word(project) && project.to_ascii_lowercase().contains("project")).then_some(project)
        }
        Err(_) => None,
    }
}

/// A client id, when it is made up.
fn client_id(value: &str) -> Option<&str> {
    match azure::check_client_id(value) {
        Ok(()) => azure::is_placeholder(value).then_some(value),
        Err(azure::ClientIdError::Placeholder) => Some(value),
        Err(_) => None,
    }
}

/// A short word such as `ACCOUNT`, `<ACCOUNT_ID>`, `${ACCOUNT}`, `YOUR-ACCOUNT`.
fn is_word(text: &str) -> bool {
    let inner = text.trim_matches(|next| "<>{}$".contains(next));
    text.len() <= 64
        && inner.starts_with(|next: char| next.is_ascii_alphabetic())
        && inner
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
