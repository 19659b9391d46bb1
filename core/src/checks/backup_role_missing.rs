use crate::check::prelude::*;
use crate::facts::{BindingFacts, RoleReference};
use crate::field::Field;
use crate::rbac::needs::jobs_with_rights;
use crate::rbac::repair::rights_of_jobs;
use crate::rbac::rule::{Action, PolicyRule};
use crate::rbac::{CLUSTER_ROLE, ROLE, ROLE_BINDING};

declare_check! {
    /// The Jobs of an operator 0.x lack the rights that they need.
    ///
    /// ## What it looks at
    /// The Role `neo4j-backup-role` and the `RoleBinding` `neo4j-backup-rolebinding`, where an operator 0.x is installed.
    /// With a newer one the Jobs need no rights.
    ///
    /// ## Why it matters
    /// Such a Job runs a command in the backup pod of the cluster: without the right to do so every run fails. The operator
    /// makes the two where they are not there, and never repairs one that is there.
    ///
    /// ## How to mend it
    /// Delete what is wrong, and make the operator look at the backup.
    BackupRoleMissing {
        code: "NB4102", name: "backup-role-missing", severity: Error,
        looks: [AtBackups], needs: [Deployments, Roles, RoleBindings],
        explains: ["NB6001", "NB6002", "NB6003"], since: "0.2",
    }
}

impl Check for BackupRoleMissing {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let (needs_role, _) = jobs_with_rights();
        let needs = cluster.operator.is_some_and(|operator| operator.is_in(needs_role));
        // Rights that a run had are there, whoever gave them.
        let has_worked = backup.last_ended().is_some_and(|run| run.outcome == Outcome::Succeeded);
        if !needs || has_worked || backup.deleted.is_some() || backup.is_silent() {
            return;
        }
        let Some((what, wrong)) = lacking(&backup.namespace, cluster) else {
            return;
        };
        let failure = backup.series().failure();
        let diagnosis = report.say(
            backup.reference(),
            format!("its Jobs lack rights that {needs_role} needs: {what}"),
        );
        if failure.is_some_and(|(_, _, class)| class.name != "operator-rbac-forbidden") {
            diagnosis.explains = &[];
        }
        diagnosis.all_evidence(failure.map(|(failure, line, _)| Evidence::log(failure.pod, failure.container, line)));
        if let Some(wrong) = wrong {
            diagnosis.command(format!("kubectl delete {wrong} -n {}", backup.namespace));
        }
        diagnosis
            .help("delete what is wrong, if anything is, and make the operator look at the backup, which makes what is missing")
            .command(format!(
                "kubectl annotate neo4jbackup/{} -n {} {}=\"$(date +%s)\" --overwrite",
                backup.name,
                backup.namespace,
                crate::in_domain!("looked-at")
            ));
    }
}

/// What is missing or wrong, and what is to be deleted for that; `None` when all is there.
fn lacking(namespace: &str, cluster: &Cluster<'_>) -> Option<(String, Option<String>)> {
    let Some(binding) = cluster.object(Resource::RoleBindings, namespace, ROLE_BINDING) else {
        return Some((format!("there is no RoleBinding {ROLE_BINDING}"), None));
    };
    let facts = BindingFacts::of(&binding, namespace);
    let of_binding = Some(format!("rolebinding/{ROLE_BINDING}"));
    if !facts.binds_account {
        let what = format!("RoleBinding {ROLE_BINDING} does not name their account");
        return Some((what, of_binding));
    }
    match facts.role {
        RoleReference::ClusterRole(role) if role == CLUSTER_ROLE => None,
        // What another one gives is not known here.
        RoleReference::ClusterRole(_) => None,
        RoleReference::Role(role) => {
            let Some(object) = cluster.object(Resource::Roles, namespace, &role) else {
                return Some((format!("there is no Role {}", name(&role)), None));
            };
            let missing = missing(&object);
            let what = format!("Role {} does not give the right to {}", name(&role), missing.join(", "));
            let of_role = (role == ROLE).then(|| format!("role/{ROLE}"));
            (!missing.is_empty()).then_some((what, of_role))
        }
    }
}

/// What the Jobs need and a Role does not give.
fn missing(role: &Node<'_>) -> Vec<String> {
    let rules: Vec<PolicyRule> = Field::at(role, "rules").items().iter().map(PolicyRule::of).collect();
    let is_given = |action: &Action| rules.iter().any(|rule| rule.allows(action));
    let needed = rights_of_jobs().into_iter();
    let missing = needed.filter(|action| !is_given(&Action::Resource(action.clone())));
    missing.map(|action| action.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_right_that_a_role_does_not_give_is_named() {
        let rules = |rules: serde_json::Value| missing(&Node::from(json!({"rules": rules})));
        assert_eq!(
            rules(json!([{"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]}])),
            ["get pods", "list pods", "get pods/log"]
        );
        assert_eq!(
            rules(json!([
                {"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list"]},
                {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["get"]},
            ])),
            ["create pods/exec"]
        );
        let all = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
        assert_eq!(rules(all), [""; 0]);
    }
}
