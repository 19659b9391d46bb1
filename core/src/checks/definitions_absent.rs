use crate::check::prelude::*;

declare_check! {
    /// The cluster does not know the operator's kinds.
    ///
    /// ## What it looks at
    /// Whether the API group `neo4j.neo4j.com` serves `Neo4jBackup`.
    ///
    /// ## Why it matters
    /// Without the `CustomResourceDefinitions` there can be neither backups nor restores of the operator. They may have been
    /// deleted, and every object of theirs with them; or this is another cluster than the one that was meant.
    ///
    /// ## How to mend it
    /// Look whether the context is the right one. Then install the operator, whose chart brings the definitions.
    DefinitionsAbsent {
        code: "NB9008", name: "definitions-absent", severity: Error,
        looks: [AtCluster], needs: [], explains: [], since: "0.2",
    }
}

impl Check for DefinitionsAbsent {
    fn check_cluster(&self, cluster: &Cluster<'_>, report: &mut Report) {
        // Whoever backs up without the operator misses nothing.
        if cluster.snapshot.is_served(Resource::Backups) != Some(false) || !cluster.plain_cron_jobs.is_empty() {
            return;
        }
        let definition = ObjectRef {
            api_version: "apiextensions.k8s.io/v1".to_owned(),
            kind: "CustomResourceDefinition".to_owned(),
            namespace: String::new(),
            name: "neo4jbackups.neo4j.neo4j.com".to_owned(),
        };
        report
            .say(definition, "the cluster does not know the operator's kinds: there are no backups that it could make")
            .affects(Affects::Everything)
            .help("look whether this is the cluster that you mean; then install the operator, whose chart brings the definitions")
            .command("kubectl config current-context")
            .command("kubectl get crds | grep neo4j");
    }
}
