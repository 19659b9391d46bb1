//! The resources of the API that are asked for, by group, version, kind and plural.

use kube::core::GroupVersionKind;
use kube::discovery::ApiResource;
use neo4jbackup_core::schema::Kind;

/// The API group of Roles.
const RBAC: &str = "rbac.authorization.k8s.io";

/// The API group of webhook configurations.
const ADMISSION: &str = "admissionregistration.k8s.io";

/// The API group of `CustomResourceDefinitions`.
const EXTENSIONS: &str = "apiextensions.k8s.io";

/// Returns a kind of an operator in one of the versions of its group.
pub(crate) fn of_operator(version: &str, kind: Kind) -> ApiResource {
    resource(kind.group().name(), version, kind.name(), kind.plural())
}

/// Returns the resource of namespaces.
pub(crate) fn namespaces() -> ApiResource {
    resource("", "v1", "Namespace", "namespaces")
}

/// Returns the resource of `ServiceAccounts`.
pub(crate) fn service_accounts() -> ApiResource {
    resource("", "v1", "ServiceAccount", "serviceaccounts")
}

/// Returns the resource of Events.
pub(crate) fn events() -> ApiResource {
    resource("", "v1", "Event", "events")
}

/// Returns the resource of Roles.
pub(crate) fn roles() -> ApiResource {
    resource(RBAC, "v1", "Role", "roles")
}

/// Returns the resource of `RoleBindings`.
pub(crate) fn role_bindings() -> ApiResource {
    resource(RBAC, "v1", "RoleBinding", "rolebindings")
}

/// Returns the resource of webhook configurations of a kind: `ValidatingWebhookConfiguration`, for example.
pub(crate) fn webhook_configurations(kind: &str) -> ApiResource {
    resource(ADMISSION, "v1", kind, &format!("{}s", kind.to_ascii_lowercase()))
}

/// Returns the resource of any kind, `api_version` as in a manifest. The plural is made from the kind.
pub(crate) fn of_manifest(api_version: &str, kind: &str) -> ApiResource {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind))
}

/// Returns the resource of `CustomResourceDefinitions`.
pub(crate) fn definitions() -> ApiResource {
    resource(
        EXTENSIONS,
        "v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
    )
}

/// Returns the resource of Deployments.
pub(crate) fn deployments() -> ApiResource {
    resource("apps", "v1", "Deployment", "deployments")
}

fn resource(group: &str, version: &str, kind: &str, plural: &str) -> ApiResource {
    ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, version, kind), plural)
}
