//! The kinds of object that are watched, and how what is known of each adds up to what a rule may rely on.

use kube::discovery::ApiResource;
use neo4jbackup_core::facts::{Cause, Coverage, Need, Right, Why};
use neo4jbackup_core::model::Account;
use neo4jbackup_core::rbac;
use neo4jbackup_core::schema::Kind;

use crate::resource;

/// One kind that is watched. Secrets are not among them: the webhook has no business reading them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Watched {
    /// A kind of the operator.
    Operator(Kind),
    /// Namespaces, for their annotations.
    Namespaces,
    /// One of the accounts of the Jobs, in every namespace. Only the reconciler watches these and the two below.
    Account(Account),
    /// The Role of the backup account, in every namespace.
    Role,
    /// Its `RoleBinding`.
    RoleBinding,
}

impl Watched {
    /// What rules ask about.
    pub(crate) const RULES: [Self; 6] = [
        Self::Operator(Kind::Neo4jEnterpriseCluster),
        Self::Operator(Kind::Neo4jEnterpriseStandalone),
        Self::Operator(Kind::Neo4jBackup),
        Self::Operator(Kind::Neo4jRestore),
        Self::Operator(Kind::Neo4jShardedDatabase),
        Self::Namespaces,
    ];

    /// What the reconciler looks after.
    pub(crate) const RBAC: [Self; 4] = [
        Self::Account(Account::Backup),
        Self::Account(Account::Restore),
        Self::Role,
        Self::RoleBinding,
    ];

    /// Returns its name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Operator(kind) => kind.name(),
            Self::Namespaces => "Namespace",
            Self::Account(account) => account.name(),
            Self::Role => rbac::ROLE,
            Self::RoleBinding => rbac::ROLE_BINDING,
        }
    }

    /// What a rule asks for that depends on this kind.
    pub(crate) fn need(self) -> Need {
        match self {
            Self::Operator(Kind::Neo4jBackup) => Need::Backups,
            Self::Operator(Kind::Neo4jRestore) => Need::Restores,
            Self::Operator(Kind::Neo4jShardedDatabase) => Need::ShardedDatabases,
            Self::Operator(_) => Need::Instance,
            Self::Namespaces => Need::Namespace,
            Self::Account(_) => Need::Accounts,
            Self::Role | Self::RoleBinding => Need::Roles,
        }
    }

    /// The resources under which it may be served, newest first. An operator serves exactly one of them.
    pub(crate) fn resources(self) -> Vec<ApiResource> {
        match self {
            Self::Operator(kind) => ["v1beta1", "v1alpha1"]
                .map(|version| resource::of_operator(version, kind))
                .to_vec(),
            Self::Namespaces => vec![resource::namespaces()],
            Self::Account(_) => vec![resource::service_accounts()],
            Self::Role => vec![resource::roles()],
            Self::RoleBinding => vec![resource::role_bindings()],
        }
    }

    /// The right that a watch needs, for the newest resource.
    pub(crate) fn right(self) -> Right {
        let resource = self.resources().into_iter().next();
        let (group, plural) = resource.map_or_else(Default::default, |resource| (resource.group, resource.plural));
        Right {
            verbs: vec!["list".to_owned(), "watch".to_owned()],
            group,
            resource: plural,
            name: self.object_name().map(str::to_owned),
            namespace: None,
            called: self.name().to_owned(),
        }
    }

    /// The only name that is of interest. A watch of one name may be allowed for that name alone.
    pub(crate) fn object_name(self) -> Option<&'static str> {
        match self {
            Self::Operator(_) | Self::Namespaces => None,
            Self::Account(_) | Self::Role | Self::RoleBinding => Some(self.name()),
        }
    }
}

/// How far one watch has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The first list is not complete.
    Pending,
    /// Listed once, and followed since.
    Complete,
    /// It does not work, and why.
    Failing(Cause),
}

/// What may be relied on for `need`: everything only when every kind behind it is complete.
pub(crate) fn coverage(need: Need, progress: &[(Watched, Progress)]) -> Coverage {
    let behind = || progress.iter().filter(|(source, _)| source.need() == need);
    if behind().all(|(_, progress)| *progress == Progress::Complete) {
        return Coverage::Full;
    }
    let reasons = behind().filter_map(|(source, progress)| match progress {
        Progress::Complete => None,
        Progress::Pending => Some(Cause::Pending(format!(
            "the list of {} objects is not complete yet",
            source.name()
        ))),
        Progress::Failing(cause) => Some(cause.clone()),
    });
    Coverage::Partial(Why::all(reasons))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_are_known_only_when_both_kinds_are() {
        let [cluster, standalone, ..] = Watched::RULES;
        let complete = |source| (source, Progress::Complete);
        assert_eq!(
            coverage(Need::Instance, &[complete(cluster), complete(standalone)]),
            Coverage::Full
        );
        let failing = (
            standalone,
            Progress::Failing(Cause::Failed(
                "the Neo4jEnterpriseStandalone CRD is not installed".to_owned(),
            )),
        );
        let Coverage::Partial(why) = coverage(Need::Instance, &[complete(cluster), failing]) else {
            panic!()
        };
        assert_eq!(why.to_string(), "the Neo4jEnterpriseStandalone CRD is not installed");
        let Coverage::Partial(why) = coverage(Need::Instance, &[(cluster, Progress::Pending), complete(standalone)])
        else {
            panic!()
        };
        assert_eq!(
            why.to_string(),
            "the list of Neo4jEnterpriseCluster objects is not complete yet"
        );
    }
}
