//! Where the fields stand that findings rest on and that are in other files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path as FilePath;

use gen_lsp_types::Location;
use neo4jbackup_core::document::Path;
use neo4jbackup_core::lint::span_of;
use neo4jbackup_core::model::ObjectRef;

use super::super::lint::{Plan, single};
use super::place::{Encoding, Lines};
use super::project::Project;
use super::uri;
use crate::input::Text;
use crate::report::{Finding, Related};

/// Kind, namespace and name of an object.
type Key = (String, String, String);

/// A field as the finding has it.
type Field<'f> = (&'f ObjectRef, &'f Path);

/// All that is looked for, for all findings of a text together: hundreds of them may rest on the same file, and each text is
/// read once.
pub(super) struct Search<'s> {
    plan: &'s Plan,
    wanted: BTreeMap<Key, BTreeSet<Field<'s>>>,
    found: BTreeMap<Field<'s>, Location>,
}

impl<'s> Search<'s> {
    pub(super) fn new(findings: &'s [Finding], plan: &'s Plan) -> Self {
        let mut wanted: BTreeMap<Key, BTreeSet<Field<'s>>> = BTreeMap::new();
        let related = findings.iter().flat_map(|finding| &finding.related);
        for related in related.filter(|related| related.place.is_none()) {
            if let Some(field) = field(related) {
                wanted.entry(key(field.0, plan)).or_default().insert(field);
            }
        }
        Self {
            plan,
            wanted,
            found: BTreeMap::new(),
        }
    }

    /// Looks in a text. What stands in several is where it was found first.
    pub(super) fn look(&mut self, text: &Text, uri: &str, lines: &Lines) {
        if self.wanted.is_empty() {
            return;
        }
        let file = single::read(text, self.plan);
        for document in file.iter().flat_map(|file| &file.documents) {
            let object = ObjectRef::of(&document.root);
            let fields = object.and_then(|object| self.wanted.remove(&key(&object, self.plan)));
            for field in fields.into_iter().flatten() {
                let span = span_of(document, field.1);
                let range = lines.in_line(&text.text, span.start.offset, span.end.offset);
                self.found.insert(field, Location::new(uri.into(), range));
            }
        }
    }

    /// Looks in the files of which a project knows that the rest is there.
    pub(super) fn look_in_files(
        &mut self,
        project: &Project,
        encoding: Encoding,
        load: impl Fn(&FilePath) -> Option<Text>,
    ) {
        let objects = self.wanted.keys();
        let files = objects.filter_map(|(kind, namespace, name)| project.file_of(kind, namespace, name));
        for file in files.collect::<BTreeSet<_>>() {
            if let Some(text) = load(file) {
                let lines = Lines::of(&text.text, encoding);
                self.look(&text, &uri::uri_of(file), &lines);
            }
        }
    }

    /// Where it stands, if it was found.
    pub(super) fn place(&self, related: &Related) -> Option<Location> {
        self.found.get(&field(related)?).cloned()
    }
}

fn field(related: &Related) -> Option<Field<'_>> {
    Some((related.object.as_ref()?, &related.path))
}

fn key(object: &ObjectRef, plan: &Plan) -> Key {
    let namespace = if object.namespace.is_empty() {
        &plan.options.namespace
    } else {
        &object.namespace
    };
    (object.kind.clone(), namespace.clone(), object.name.clone())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::collections::BTreeSet;

    use super::super::project::{self, Surroundings};
    use super::*;

    /// Backups of the same instance in the same minute.
    fn backups(prefix: &str, count: usize) -> String {
        let backup = |number| {
            format!(
                "---\napiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata: {{name: {prefix}-{number}}}\nspec:\n  \
                 instanceRef: prod\n  allDatabases: true\n  schedule: \"0 2 * * *\"\n  \
                 storage: {{type: pvc, pvc: {{name: {prefix}-{number}}}}}\n"
            )
        };
        (0..count).map(backup).collect()
    }

    #[test]
    fn a_file_on_which_many_findings_rest_is_read_once() {
        let folder = tempfile::TempDir::new().unwrap();
        let root = std::fs::canonicalize(folder.path()).unwrap();
        let others = root.join("others.yaml");
        std::fs::write(&others, backups("other", 30)).unwrap();
        let mut project = Project::new(root.clone(), true, &Surroundings::of_test());
        let settings = project.settings.clone().unwrap();
        project.set_files(Project::scan(&root, &settings));

        let text = project::text(Some(&root.join("own.yaml")), "", backups("own", 30));
        let file = single::read(&text, &settings.plan).unwrap();
        let facts = single::facts(&file, &settings.plan);
        let open = BTreeMap::from([(root.join("own.yaml"), facts.as_slice())]);
        let inventory = project.inventory(&open);
        let findings = single::judge(&file, &text, inventory, &settings.plan, &settings.accepted);

        let loads = Cell::new(0);
        let mut search = Search::new(&findings, &settings.plan);
        search.look_in_files(&project, Encoding::Utf8, |path| {
            loads.set(loads.get() + 1);
            project::load(path, settings.plan.options.limits.file_bytes)
        });
        assert_eq!(loads.get(), 1);
        let related = findings.iter().flat_map(|finding| &finding.related);
        let elsewhere: Vec<_> = related.filter(|related| related.place.is_none()).collect();
        assert!(elsewhere.len() >= 30, "{}", elsewhere.len());
        let places: Vec<_> = elsewhere.iter().map(|related| search.place(related).unwrap()).collect();
        let uri = uri::uri_of(&others);
        assert!(places.iter().all(|place| place.uri.as_ref() == uri));
        // Each is the schedule of its own backup, in the eighth of nine lines.
        let objects: BTreeSet<_> = elsewhere.iter().map(|related| &related.object).collect();
        let lines: BTreeSet<_> = places.iter().map(|place| place.range.start.line).collect();
        assert_eq!(lines.len(), objects.len());
        assert!(lines.iter().all(|line| line % 9 == 7), "{lines:?}");
    }
}
