//! NB3005.

use crate::rule::prelude::*;
use crate::subject::location::annotations;
use crate::values::identity::{AWS_ROLE_ARN, AWS_TOKEN_EXPIRATION, aws};

declare_rule! {
    /// A role ARN that AWS cannot have is copied to the `ServiceAccount` all the same.
    ///
    /// ## What it checks
    /// `eks.amazonaws.com/role-arn` is `arn:aws:iam::<12 digits>:role/<name>`, in any AWS partition, with an optional path
    /// before the name. Where the cluster makes ARNs of the names of roles, the setting `identity.awsRoleNames` lets a name
    /// stand alone. `eks.amazonaws.com/token-expiration` is a whole number of seconds, 600 or more (a warning).
    ///
    /// ## Why it matters
    /// The operator copies the annotation unchanged, and the webhook of EKS only logs that it does not match and injects
    /// it. The mistake appears as `AccessDenied` in the log of a backup pod. An account id is never filled up: one with
    /// nine digits is a placeholder and not one that lost its zeros.
    ///
    /// ## Bad
    /// ```yaml
    /// eks.amazonaws.com/role-arn: arn:aws:iam::123456789:role/Neo4jBackupRole
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// eks.amazonaws.com/role-arn: arn:aws:iam::210987654321:role/Neo4jBackupRole
    /// ```
    RoleArnMalformed {
        code: "NB3005", name: "role-arn-malformed", severity: Error,
        kinds: LOCATED, reads: ANNOTATIONS + ["spec.source.type"], needs: [], doors: All, fix: Safe, cel: Expressible,
        since: "0.1",
    }
}

impl Rule for RoleArnMalformed {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        for annotation in annotations(subject) {
            let value = annotation.value;
            match (annotation.key, aws::parse_role_arn(value)) {
                (AWS_ROLE_ARN, Err(_)) if subject.settings.identity.aws_role_names && aws::is_role_name(value) => {}
                (AWS_ROLE_ARN, Err(error)) => {
                    let finding = report.at_path(
                        annotation.path(),
                        format!("the role ARN {} is malformed: {error}", quoted(value)),
                    );
                    finding.value(value).severity(annotation.severity);
                    if aws::parse_role_arn(value.trim()).is_ok() {
                        finding.replace(FixKind::Safe, value.trim());
                    } else {
                        finding.help("use `arn:aws:iam::<12 digits>:role/<name>`");
                    }
                }
                (AWS_ROLE_ARN, Ok(role)) if !role.has_usual_partition() => {
                    report
                        .at_path(
                            annotation.path(),
                            format!("{} is in a partition that few accounts can use", quoted(value)),
                        )
                        .help("check that the cluster is in the same partition")
                        .value(value)
                        .severity(Severity::Warning);
                }
                (AWS_TOKEN_EXPIRATION, _) => token_expiration(value, &annotation.path(), report),
                _ => {}
            }
        }
    }
}

fn token_expiration(value: &str, path: &crate::document::Path, report: &mut Collector) {
    let message = match aws::parse_token_expiration(value) {
        None => format!("{} is no number of seconds, and EKS ignores it", quoted(value)),
        Some(seconds) if seconds < aws::SHORTEST_TOKEN_SECONDS => {
            format!("{} is shorter than EKS allows, which takes 600 instead", quoted(value))
        }
        Some(_) => return,
    };
    report
        .at_path(path.clone(), message)
        .help("use a whole number of seconds, 600 or more")
        .value(value)
        .severity(Severity::Warning);
}
