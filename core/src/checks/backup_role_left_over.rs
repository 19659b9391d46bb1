use crate::check::prelude::*;
use crate::facts::RoleFacts;
use crate::operator::Versions;
use crate::rbac::needs::jobs_with_rights;
use crate::rbac::{CLUSTER_ROLE, ROLE, ROLE_BINDING};

declare_check! {
    /// A Role of an old operator still lets the Jobs run commands in every pod.
    ///
    /// ## What it looks at
    /// The Role `neo4j-backup-role` and the `RoleBinding` `neo4j-backup-rolebinding` of operators 0.x, where a newer one is
    /// installed.
    ///
    /// ## Why it matters
    /// From 1.0 on the Jobs run neo4j-admin themselves and need no right in Kubernetes at all. Whoever gets hold of the
    /// account can run commands in every pod of the namespace.
    ///
    /// ## How to mend it
    /// Delete both. Nothing makes them again.
    BackupRoleLeftOver {
        code: "NB4101", name: "backup-role-left-over", severity: Warning,
        looks: [AtCluster], needs: [Deployments, Roles, RoleBindings], explains: [], since: "0.2",
    }
}

impl Check for BackupRoleLeftOver {
    fn check_cluster(&self, cluster: &Cluster<'_>, report: &mut Report) {
        let (_, needs_no_role) = jobs_with_rights();
        if !cluster.operator.is_some_and(|operator| operator.is_in(needs_no_role)) {
            return;
        }
        for stored in cluster.snapshot.objects(Resource::RoleBindings) {
            if &*stored.name != ROLE_BINDING || !cluster.snapshot.covers(&stored.namespace) {
                continue;
            }
            let binding = stored.node();
            let named = binding.at("roleRef.name").and_then(Node::as_str).unwrap_or_default();
            let own = cluster.object(Resource::Roles, &stored.namespace, ROLE);
            let grants_exec = own.as_ref().is_some_and(|role| RoleFacts::of(role).grants_exec());
            if !(named == CLUSTER_ROLE || (named == ROLE && grants_exec)) {
                continue;
            }
            say(&binding, own.is_some(), needs_no_role, report);
        }
        for stored in cluster.snapshot.objects(Resource::Roles) {
            let is_bound = cluster
                .object(Resource::RoleBindings, &stored.namespace, ROLE_BINDING)
                .is_some();
            let is_left = &*stored.name == ROLE && cluster.snapshot.covers(&stored.namespace) && !is_bound;
            let role = is_left.then(|| stored.node());
            if let Some(role) = role.filter(|role| RoleFacts::of(role).grants_exec()) {
                say_unbound(&role, needs_no_role, report);
            }
        }
    }
}

fn say(binding: &Node<'_>, has_role: bool, needs_no_role: Versions, report: &mut Report) {
    let Some(object) = ObjectRef::of(binding) else { return };
    let named = binding.at("roleRef.name").and_then(Node::as_str).unwrap_or_default();
    let message = format!(
        "RoleBinding {ROLE_BINDING} of an operator 0.x still lets the Jobs run commands in every pod of the namespace, and \
         {needs_no_role} needs no such right"
    );
    let role = if has_role {
        format!(" role/{ROLE}")
    } else {
        String::new()
    };
    report
        .say(object.clone(), message)
        .evidence(Evidence::field(object.clone(), "roleRef.name", named))
        .help("delete it; nothing makes it again")
        .command(format!(
            "kubectl delete rolebinding/{ROLE_BINDING}{role} -n {}",
            object.namespace
        ));
}

fn say_unbound(role: &Node<'_>, needs_no_role: Versions, report: &mut Report) {
    let Some(object) = ObjectRef::of(role) else { return };
    let message = format!(
        "Role {ROLE} of an operator 0.x is still there; nobody has it, and {needs_no_role} needs no such right"
    );
    report
        .say(object.clone(), message)
        .severity(Severity::Info)
        .help("delete it; nothing makes it again")
        .command(format!("kubectl delete role/{ROLE} -n {}", object.namespace));
}
