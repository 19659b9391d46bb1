use crate::check::prelude::*;
use crate::model::Image;
use crate::values::neo4j_version::{Version, parse_as_operator};

declare_check! {
    /// A restore goes into an instance of an older Neo4j than the backup is of.
    ///
    /// ## What it looks at
    /// The version of the instance of the backup that a restore names, and that of the instance that it restores into, by
    /// the tags of their images. The version of each run is noted nowhere: the instance may have been upgraded since.
    ///
    /// ## Why it matters
    /// Neo4j reads stores of its own version and of older ones. A store of a newer one does not start.
    ///
    /// ## How to mend it
    /// Upgrade the instance that is restored into, or restore a run from before the upgrade.
    TargetOlderThanBackup {
        code: "NB8115", name: "target-older-than-backup", severity: Warning,
        looks: [AtRestores], needs: [Backups, Clusters, Standalones], explains: ["NB8101"], since: "0.2",
    }
}

impl Check for TargetOlderThanBackup {
    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        if restore.phase == "Completed" || restore.deleted.is_some() {
            return;
        }
        let spec = restore.spec();
        let named = spec
            .backup_ref()
            .text()
            .and_then(|name| cluster.backup(&restore.namespace, name));
        let Some(source) = named.and_then(|backup| {
            let instance = backup.spec().instance().text()?.to_owned();
            cluster.instance(&restore.namespace, &instance)
        }) else {
            return;
        };
        let Some(target) = cluster.instance(&restore.namespace, &restore.instance()) else {
            return;
        };
        let (Some(of_source), Some(of_target)) = (version(source), version(target)) else {
            return;
        };
        // A patch changes no store.
        if (of_source.major, of_source.minor) <= (of_target.major, of_target.minor) {
            return;
        }
        let line = restore.job.as_ref().and_then(|job| job.failure()?.line);
        let is_told = line.is_some_and(|(_, class)| class.name == "store-version-mismatch");
        let message = format!(
            "the backup is of {}, which runs Neo4j {of_source}, and {} runs {of_target}, which reads no newer store",
            name(&source.name),
            name(&target.name)
        );
        let diagnosis = report.say(restore.reference(), message);
        diagnosis
            .evidence(tag(source))
            .evidence(tag(target))
            .help("upgrade the instance that is restored into, or restore a run from before the upgrade");
        if !is_told {
            diagnosis.probable().explains = &[];
        }
    }
}

fn version(instance: &Instance<'_>) -> Option<Version> {
    parse_as_operator(Image::of(&instance.object).tag().text()?)
}

fn tag(instance: &Instance<'_>) -> Evidence {
    let image = Image::of(&instance.object);
    Evidence::field(
        instance.reference(),
        "spec.image.tag",
        image.tag().text().unwrap_or_default(),
    )
}
