use crate::check::prelude::*;
use crate::facts::InstanceKind;
use crate::values::quantity;

declare_check! {
    /// A backup is larger than the volume that it is to be restored to.
    ///
    /// ## What it looks at
    /// The sizes that the history of the backup gives for its files, and the capacity of the volume of the first server. No
    /// operator version so far writes sizes for each backup; where there is none, nothing is said.
    ///
    /// ## Why it matters
    /// A file of a backup is smaller than the store that it becomes: where the file alone does not fit, the restore cannot
    /// end well, and the instance is stopped for nothing.
    ///
    /// ## How to mend it
    /// Enlarge the volume first, when its class allows that, or restore into an instance with larger volumes.
    ArtifactLargerThanVolume {
        code: "NB8112", name: "artifact-larger-than-volume", severity: Error,
        looks: [AtRestores], needs: [Backups, Claims], explains: ["NB8101"], since: "0.2",
    }
}

impl Check for ArtifactLargerThanVolume {
    fn check_restore(&self, restore: &Restore<'_>, cluster: &Cluster<'_>, report: &mut Report) {
        if restore.phase == "Completed" {
            return;
        }
        let spec = restore.spec();
        let backup = spec
            .backup_ref()
            .text()
            .and_then(|name| cluster.backup(&restore.namespace, name));
        let Some((backup, (file, size))) = backup.and_then(|backup| Some((backup, largest(backup, restore)?))) else {
            return;
        };
        let Some(instance) = cluster.instance(&restore.namespace, &restore.instance()) else {
            return;
        };
        let claim = match instance.kind {
            InstanceKind::Standalone => format!("neo4j-data-{}-0", instance.name),
            InstanceKind::Cluster => format!("data-{}-server-0", instance.name),
        };
        let Some(object) = cluster.object(Resource::Claims, &restore.namespace, &claim) else {
            return;
        };
        let capacity = object.at("status.capacity.storage").and_then(Node::scalar_text);
        let Some(capacity) = capacity else { return };
        let is_larger = bytes(&size) > bytes(capacity);
        if bytes(capacity).is_none() || !is_larger {
            return;
        }
        let message = format!(
            "{} of the backup has {}, and the volume of {} has {}",
            quoted(&file),
            name(&size),
            instance.name,
            name(capacity)
        );
        let reference = ObjectRef::of(&object).unwrap_or_else(|| instance.reference());
        report
            .say(restore.reference(), message)
            .help("enlarge the volume first, or restore into an instance with larger volumes")
            .evidence(Evidence::field(backup.reference(), "status.history[].size", &size))
            .evidence(Evidence::field(reference, "status.capacity.storage", capacity));
    }
}

fn bytes(text: &str) -> Option<u128> {
    quantity::parse(text).ok()?.bytes()
}

/// The largest file of the run that is restored, with its size as written.
fn largest(backup: &Backup<'_>, restore: &Restore<'_>) -> Option<(String, String)> {
    let history = backup.object.at("status.history").and_then(Node::as_list)?;
    let succeeded = |run: &&Node<'_>| run.get("status").and_then(Node::as_str) == Some("Succeeded");
    let run = history.iter().find(succeeded)?;
    let spec = restore.spec();
    let database = spec.database().text();
    let lists = [("databaseArtifacts", "database"), ("shardArtifacts", "shardName")];
    let files = lists.into_iter().flat_map(|(list, key)| {
        let files = run.get(list).and_then(Node::as_list).unwrap_or_default();
        files.iter().filter(move |file| {
            let of = file.get(key).and_then(Node::as_str);
            key == "shardName" || database.is_none() || of == database
        })
    });
    files
        .filter_map(|file| {
            let size = file.get("size")?.scalar_text()?;
            let name = file.get("filename")?.as_str()?;
            Some((bytes(size)?, (name.to_owned(), size.to_owned())))
        })
        .max_by_key(|(bytes, _)| *bytes)
        .map(|(_, file)| file)
}
