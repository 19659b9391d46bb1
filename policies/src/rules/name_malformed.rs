//! NB1014.

use super::character_refused::SUBDOMAIN;
use crate::{Named, RulePolicy, cel};

pub(crate) fn policy() -> RulePolicy {
    let instance = "cluster or standalone";
    let backup = "`Neo4jBackup`";
    let entry = |field: &str, what: &str, text: &str| format!("[dyn('{field}'), dyn('{what}'), dyn({text})]");
    let of_others =
        |field: &str| format!("variables.isBackup || variables.isInstance ? '' : variables.spec.?{field}.orValue('')");
    let of_claims = |field: &str, what: &str| {
        format!(
            "variables.locations.filter(at, at.type == 'pvc' && at.used != 'nothing').map(at,
  [dyn(at.path + '.pvc.{field}'), dyn('{what}'), dyn(at.block.?pvc.?{field}.orValue(''))])"
        )
    };
    let names = [
        entry(
            "spec.instanceRef",
            instance,
            "variables.isInstance ? '' : variables.spec.?instanceRef.orValue('')",
        ),
        entry("spec.clusterRef", instance, &of_others("clusterRef")),
        entry("spec.targetCluster", instance, &of_others("targetCluster")),
        entry(
            "spec.target.clusterRef",
            instance,
            "variables.legacyTarget.?clusterRef.orValue('')",
        ),
        entry(
            "spec.target.name",
            instance,
            "variables.legacyTarget.?kind.orValue('') == 'Cluster' ? variables.legacyTarget.?name.orValue('') : ''",
        ),
        entry(
            "spec.source.backupRef",
            backup,
            "variables.source.?backupRef.orValue('')",
        ),
        entry(
            "spec.source.pitr.baseBackup.backupRef",
            backup,
            "variables.base.?backupRef.orValue('')",
        ),
        entry(
            "spec.options.tempStorage.storageClassName",
            "StorageClass",
            "variables.options.?tempStorage.?storageClassName.orValue('')",
        ),
        entry(
            "spec.seedCredentials.secretRef",
            "Secret",
            "variables.spec.?seedCredentials.?secretRef.orValue('')",
        ),
    ];
    let of_locations = [
        of_claims("name", "PersistentVolumeClaim"),
        of_claims("storageClassName", "StorageClass"),
        "variables.locations.filter(at, at.readsCloud).map(at,
  [dyn(at.cloudPath + '.credentialsSecretRef'), dyn('Secret'), dyn(at.cloud.?credentialsSecretRef.orValue(''))])"
            .to_owned(),
    ];
    RulePolicy {
        variables: vec![
            Named::new(
                "legacyTarget",
                "variables.isBackup && !variables.isBeta && variables.spec.?instanceRef.orValue('') == '' ?\n  \
                 variables.spec.?target.orValue({}) : {}",
            ),
            Named::new(
                "referredNames",
                format!("[{}] +\n{}", names.join(",\n "), of_locations.join(" +\n")),
            ),
            Named::new(
                "namesOfNothing",
                format!(
                    "variables.referredNames.filter(at, at[2] != '').map(at, {{'field': dyn(at[0]), 'what': dyn(at[1]), 'text': dyn({})}})
.filter(at, at.text.trim() != '' && (size(at.text) > 253 || !at.text.matches(r'{SUBDOMAIN}')))",
                    cel::start("at[2]")
                ),
            ),
        ],
        warnings: vec![format!(
            "variables.namesOfNothing.map(at, at.field + ': ' + {} + ' is a name that no ' + at.what + ' can have; name an existing ' + at.what)",
            cel::quoted("at.text")
        )],
        leaves: "the object's own name, which the API server judges itself, and targets of operators before 1.14",
        ..RulePolicy::default()
    }
}
