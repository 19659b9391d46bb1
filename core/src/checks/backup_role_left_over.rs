use std::collections::BTreeMap;

use crate::check::prelude::*;
use crate::facts::{BindingFacts, RoleFacts, RoleReference};
use crate::operator::Versions;
use crate::rbac::needs::jobs_with_rights;
use crate::rbac::{CLUSTER_ROLE, ROLE, ROLE_BINDING};

declare_check! {
    /// A Role of an old operator still lets the Jobs run commands in every pod.
    ///
    /// ## What it looks at
    /// The Role `neo4j-backup-role` and the `RoleBinding` `neo4j-backup-rolebinding` of operators 0.x, where a newer one is
    /// installed, and who else has that Role by another binding.
    ///
    /// ## Why it matters
    /// From 1.0 on the Jobs run neo4j-admin themselves and need no right in Kubernetes at all. Whoever gets hold of the
    /// account can run commands in every pod of the namespace.
    ///
    /// ## How to mend it
    /// Remove both with `rbac repair --prune`, which leaves alone what somebody else has written. Nothing makes them again.
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
        let grants_exec = |role: &Node<'_>| RoleFacts::of(role).grants_exec();
        // The bindings that give the Role, by namespace.
        let mut giving: BTreeMap<&str, Vec<Giving<'_>>> = BTreeMap::new();
        for stored in cluster.snapshot.objects(Resource::RoleBindings) {
            if !cluster.snapshot.covers(&stored.namespace) {
                continue;
            }
            let binding = stored.node();
            let facts = BindingFacts::of(&binding, &stored.namespace);
            let is_operators = &*stored.name == ROLE_BINDING && facts.binds_account;
            match &facts.role {
                RoleReference::Role(role) if role == ROLE => {
                    let role = cluster.object(Resource::Roles, &stored.namespace, ROLE);
                    if is_operators && role.as_ref().is_some_and(grants_exec) {
                        say(&binding, &facts.role, needs_no_role, report);
                    }
                    giving.entry(&stored.namespace).or_default().push(Giving {
                        name: &stored.name,
                        is_operators,
                        binds_account: facts.binds_account,
                    });
                }
                RoleReference::ClusterRole(role) if role == CLUSTER_ROLE && is_operators => {
                    say(&binding, &facts.role, needs_no_role, report);
                }
                _ => {}
            }
        }
        for stored in cluster.snapshot.objects(Resource::Roles) {
            if &*stored.name != ROLE || !cluster.snapshot.covers(&stored.namespace) {
                continue;
            }
            let bindings = giving.get(&*stored.namespace).map(Vec::as_slice).unwrap_or_default();
            let role = stored.node();
            if grants_exec(&role) && !bindings.iter().any(|binding| binding.is_operators) {
                say_alone(&role, bindings, needs_no_role, report);
            }
        }
    }
}

/// A binding that gives the Role.
struct Giving<'s> {
    name: &'s str,
    /// Whether it is the one that the operator has made.
    is_operators: bool,
    binds_account: bool,
}

fn say(binding: &Node<'_>, role: &RoleReference, needs_no_role: Versions, report: &mut Report) {
    let Some(object) = ObjectRef::of(binding) else { return };
    let message = format!(
        "RoleBinding {ROLE_BINDING} of an operator 0.x still lets the Jobs run commands in every pod of the namespace, and \
         {needs_no_role} needs no such right"
    );
    let (named, command) = match role {
        RoleReference::Role(name) => (name, prune(&object.namespace)),
        // The operator has not made that one, and a repair leaves it alone.
        RoleReference::ClusterRole(name) => (
            name,
            format!("kubectl delete rolebinding/{ROLE_BINDING} -n {}", object.namespace),
        ),
    };
    report
        .say(object.clone(), message)
        .evidence(Evidence::field(object, "roleRef.name", named))
        .help("delete it; nothing makes it again")
        .command(command);
}

/// Says of a Role that the operator's own binding does not give to the Jobs.
fn say_alone(role: &Node<'_>, bindings: &[Giving<'_>], needs_no_role: Versions, report: &mut Report) {
    let Some(object) = ObjectRef::of(role) else { return };
    if bindings.is_empty() {
        let message = format!(
            "Role {ROLE} of an operator 0.x is still there; nobody has it, and {needs_no_role} needs no such right"
        );
        report
            .say(object.clone(), message)
            .severity(Severity::Info)
            .help("delete it; nothing makes it again")
            .command(prune(&object.namespace));
        return;
    }
    let names: Vec<String> = bindings.iter().map(|binding| name(binding.name).to_string()).collect();
    let has_account = bindings.iter().any(|binding| binding.binds_account);
    let whom = if has_account {
        "the Jobs"
    } else {
        "others than the Jobs"
    };
    let message = format!(
        "Role {ROLE} of an operator 0.x still lets {whom} run commands in every pod of the namespace, by RoleBinding {}, and \
         {needs_no_role} needs no such right",
        names.join(", ")
    );
    let diagnosis = report.say(object, message);
    diagnosis.help("nobody but who made such a binding knows whether it is needed; without it, delete the Role");
    if !has_account {
        diagnosis.severity(Severity::Info);
    }
}

fn prune(namespace: &str) -> String {
    format!("kubectl neo4jbackup rbac repair --prune -n {namespace}")
}
