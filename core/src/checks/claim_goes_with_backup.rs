use crate::check::prelude::*;

declare_check! {
    /// The claim with the backups belongs to the backup and is deleted with it.
    ///
    /// ## What it looks at
    /// The owners of the claim that a backup writes to. Operator 1.12.0 made itself such claims.
    ///
    /// ## Why it matters
    /// `kubectl delete neo4jbackup` deletes every backup that is on the claim.
    ///
    /// ## How to mend it
    /// Take the owner off the claim. The operator does not put it back.
    ClaimGoesWithBackup {
        code: "NB7103", name: "claim-goes-with-backup", severity: Warning,
        looks: [AtBackups], needs: [Claims], explains: [], since: "0.2",
    }
}

impl Check for ClaimGoesWithBackup {
    fn check_backup(&self, backup: &Backup<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        let spec = backup.spec();
        let Some(claim) = spec
            .storage()
            .pvc_name()
            .text()
            .and_then(|name| cluster.claim(&backup.namespace, name))
        else {
            return;
        };
        let Some(owner) = claim.backup.as_ref().filter(|owner| **owner == backup.name) else {
            return;
        };
        report
            .say(
                backup.reference(),
                format!("deleting it deletes claim {} with every backup on it", name(&claim.name)),
            )
            .evidence(Evidence::field(claim.reference(), "metadata.ownerReferences", &format!("Neo4jBackup {owner}")))
            .help("take the owner off the claim; operator 1.12.0 put it there, later ones do not")
            .command(format!(
                "kubectl patch pvc/{} -n {} --type=json -p '[{{\"op\":\"remove\",\"path\":\"/metadata/ownerReferences\"}}]'",
                claim.name, claim.namespace
            ));
    }
}
