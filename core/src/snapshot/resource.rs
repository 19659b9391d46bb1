//! What is read of a cluster.

use crate::facts::Right;
use crate::schema::{Group, Kind};

/// A resource that checks look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// `Neo4jBackup`.
    Backups,
    /// `Neo4jRestore`.
    Restores,
    /// `Neo4jEnterpriseCluster`.
    Clusters,
    /// `Neo4jEnterpriseStandalone`.
    Standalones,
    /// `Neo4jDatabase`.
    Databases,
    /// `Neo4jShardedDatabase`.
    ShardedDatabases,
    /// Jobs.
    Jobs,
    /// `CronJobs`.
    CronJobs,
    /// Pods.
    Pods,
    /// Events.
    Events,
    /// `PersistentVolumeClaims`.
    Claims,
    /// Secrets: their names, and the names of their keys.
    Secrets,
    /// `ServiceAccounts`.
    ServiceAccounts,
    /// Roles.
    Roles,
    /// `RoleBindings`.
    RoleBindings,
    /// `NetworkPolicies`.
    NetworkPolicies,
    /// `StatefulSets`.
    StatefulSets,
    /// Deployments: the operator's, and those of its seed proxies.
    Deployments,
    /// Namespaces.
    Namespaces,
    /// `CustomResourceDefinitions`.
    Definitions,
    /// `ValidatingWebhookConfigurations`.
    ValidatingWebhooks,
    /// `MutatingWebhookConfigurations`.
    MutatingWebhooks,
    /// `ValidatingAdmissionPolicies`.
    ValidatingPolicies,
    /// Services: those of webhooks.
    Services,
    /// `EndpointSlices`: those of webhooks.
    EndpointSlices,
    /// Leases: by which the pods of the operator agree which of them works.
    Leases,
}

/// How a resource is called.
struct Entry {
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    plural: &'static str,
    is_namespaced: bool,
}

impl Resource {
    /// Every resource.
    pub const ALL: [Self; 26] = [
        Self::Backups,
        Self::Restores,
        Self::Clusters,
        Self::Standalones,
        Self::Databases,
        Self::ShardedDatabases,
        Self::Jobs,
        Self::CronJobs,
        Self::Pods,
        Self::Events,
        Self::Claims,
        Self::Secrets,
        Self::ServiceAccounts,
        Self::Roles,
        Self::RoleBindings,
        Self::NetworkPolicies,
        Self::StatefulSets,
        Self::Deployments,
        Self::Namespaces,
        Self::Definitions,
        Self::ValidatingWebhooks,
        Self::MutatingWebhooks,
        Self::ValidatingPolicies,
        Self::Services,
        Self::EndpointSlices,
        Self::Leases,
    ];

    /// The resource of a kind of the operator.
    pub fn of_kind(kind: Kind) -> Self {
        match kind {
            Kind::Neo4jBackup => Self::Backups,
            Kind::Neo4jRestore => Self::Restores,
            Kind::Neo4jEnterpriseCluster => Self::Clusters,
            Kind::Neo4jEnterpriseStandalone => Self::Standalones,
            Kind::Neo4jDatabase => Self::Databases,
            Kind::Neo4jShardedDatabase => Self::ShardedDatabases,
        }
    }

    /// The kind of the operator that it is of, or `None` if it is one of Kubernetes' own.
    pub fn operator_kind(self) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| Self::of_kind(*kind) == self)
    }

    /// The resource of an object that says this of itself, or `None` if no check looks at its kind.
    pub fn of_manifest(api_version: &str, kind: &str) -> Option<Self> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        Self::ALL
            .into_iter()
            .find(|resource| resource.kind() == kind && resource.group() == group)
    }

    /// The right to do something with its objects, in a namespace or in all.
    pub fn right(self, verb: &str, namespace: Option<&str>) -> Right {
        Right {
            verbs: vec![verb.to_owned()],
            group: self.group().to_owned(),
            resource: self.plural().to_owned(),
            name: None,
            namespace: namespace.map(str::to_owned),
            called: self.kind().to_owned(),
        }
    }

    /// The API group; empty for the core group.
    pub fn group(self) -> &'static str {
        self.entry().group
    }

    /// The version of the API that is asked for. Of the operator's kinds the cluster says which version it serves.
    pub fn version(self) -> &'static str {
        self.entry().version
    }

    /// The kind, as in a manifest.
    pub fn kind(self) -> &'static str {
        self.entry().kind
    }

    /// The plural, as in a Role.
    pub fn plural(self) -> &'static str {
        self.entry().plural
    }

    /// Whether its objects are in namespaces.
    pub fn is_namespaced(self) -> bool {
        self.entry().is_namespaced
    }

    fn entry(self) -> Entry {
        let namespaced = |group, version, kind, plural| Entry {
            group,
            version,
            kind,
            plural,
            is_namespaced: true,
        };
        let of_cluster = |group, version, kind, plural| Entry {
            group,
            version,
            kind,
            plural,
            is_namespaced: false,
        };
        let of_operator = |kind: Kind| namespaced(Group::Neo4jNeo4jCom.name(), "v1beta1", kind.name(), kind.plural());
        match self {
            Self::Backups => of_operator(Kind::Neo4jBackup),
            Self::Restores => of_operator(Kind::Neo4jRestore),
            Self::Clusters => of_operator(Kind::Neo4jEnterpriseCluster),
            Self::Standalones => of_operator(Kind::Neo4jEnterpriseStandalone),
            Self::Databases => of_operator(Kind::Neo4jDatabase),
            Self::ShardedDatabases => of_operator(Kind::Neo4jShardedDatabase),
            Self::Jobs => namespaced("batch", "v1", "Job", "jobs"),
            Self::CronJobs => namespaced("batch", "v1", "CronJob", "cronjobs"),
            Self::Pods => namespaced("", "v1", "Pod", "pods"),
            Self::Events => namespaced("", "v1", "Event", "events"),
            Self::Claims => namespaced("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
            Self::Secrets => namespaced("", "v1", "Secret", "secrets"),
            Self::ServiceAccounts => namespaced("", "v1", "ServiceAccount", "serviceaccounts"),
            Self::Roles => namespaced("rbac.authorization.k8s.io", "v1", "Role", "roles"),
            Self::RoleBindings => namespaced("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings"),
            Self::NetworkPolicies => namespaced("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies"),
            Self::StatefulSets => namespaced("apps", "v1", "StatefulSet", "statefulsets"),
            Self::Deployments => namespaced("apps", "v1", "Deployment", "deployments"),
            Self::Namespaces => of_cluster("", "v1", "Namespace", "namespaces"),
            Self::Definitions => of_cluster(
                "apiextensions.k8s.io",
                "v1",
                "CustomResourceDefinition",
                "customresourcedefinitions",
            ),
            Self::ValidatingWebhooks => of_cluster(
                "admissionregistration.k8s.io",
                "v1",
                "ValidatingWebhookConfiguration",
                "validatingwebhookconfigurations",
            ),
            Self::MutatingWebhooks => of_cluster(
                "admissionregistration.k8s.io",
                "v1",
                "MutatingWebhookConfiguration",
                "mutatingwebhookconfigurations",
            ),
            Self::ValidatingPolicies => of_cluster(
                "admissionregistration.k8s.io",
                "v1",
                "ValidatingAdmissionPolicy",
                "validatingadmissionpolicies",
            ),
            Self::Services => namespaced("", "v1", "Service", "services"),
            Self::EndpointSlices => namespaced("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"),
            Self::Leases => namespaced("coordination.k8s.io", "v1", "Lease", "leases"),
        }
    }
}
