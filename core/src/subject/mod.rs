//! One object under review, with everything that is known of it and of the moment.

pub(crate) mod location;
pub(crate) mod moved_field;
pub(crate) mod restored;

use std::cell::OnceCell;

use jiff::Timestamp;

use crate::document::{Document, Map, Node, Path};
use crate::facts::BackupFacts;
use crate::field::Field;
use crate::model::{self, Backup, Cloud, ObjectRef, Restore, Storage};
use crate::operator::{Operator, Versions};
use crate::schema::{Era, Kind, SchemaProblem, ServedSchemas, StructuralSchema};
use crate::settings::Settings;
use crate::values::cron::{CronError, Schedule};
use location::Locations;

/// The door through which an object came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Door<'a> {
    /// A file: everything that was written is there, and nobody has judged it by a schema.
    File,
    /// A CREATE: pruned, defaulted and judged by the schema that the API server has.
    Create,
    /// An UPDATE, with the object as it is stored.
    Update(&'a Node<'a>),
}

/// What a judgement rests on beside the object and its door.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// What the administrator decides.
    pub settings: &'a Settings,
    /// The time of the judgement.
    pub now: Timestamp,
    /// The operator that reads the object; chosen by its `apiVersion` when nobody says.
    pub operator: Option<Operator>,
    /// The schemas that the API server serves, where they are at hand; else the tables say which fields there are.
    pub served: Option<&'a ServedSchemas>,
    /// The namespace of objects that do not say.
    pub namespace: &'a str,
}

/// One object under review.
#[derive(Debug)]
pub struct Subject<'a> {
    /// The object.
    pub object: &'a Node<'a>,
    /// Its kind.
    pub kind: Kind,
    /// The operator that reads it.
    pub operator: Operator,
    /// The schema by which it is read.
    pub era: Era,
    /// How it came.
    pub door: Door<'a>,
    /// The time of the judgement.
    pub now: Timestamp,
    /// What the administrator decides.
    pub settings: &'a Settings,
    /// The namespace, when the object itself does not say.
    pub default_namespace: &'a str,
    /// What the API server takes of the kind: what it serves, or else what the tables have; none of a kind that they lack.
    structure: Option<&'a StructuralSchema>,
    /// Whether that is what the API server serves.
    is_served: bool,
    /// The document that the object was read from, when it came from a file.
    document: Option<&'a Document<'a>>,
    // Looked up once, because nearly every rule asks, and some ask for each of a thousand other objects.
    spec: Option<&'a Node<'a>>,
    name: &'a str,
    namespace: &'a str,
    backup: Option<Backup<'a>>,
    restore: Option<Restore<'a>>,
    // Worked out once, and only when a rule asks.
    locations: OnceCell<Locations<'a>>,
    schedule: OnceCell<Option<Result<Schedule, CronError>>>,
    facts: OnceCell<BackupFacts>,
    problems: OnceCell<Vec<SchemaProblem<'a>>>,
}

impl<'a> Subject<'a> {
    /// Returns an object as it came, or `None` if it is of no kind of the operator's group.
    pub fn of(object: &'a Node<'a>, door: Door<'a>, context: &Context<'a>) -> Option<Self> {
        let (kind, version) = Kind::of(object)?;
        Some(Self::of_kind(kind, version, object, door, context))
    }

    /// Returns an object of this kind and of this version of its API, whatever it says of itself.
    pub fn of_kind(kind: Kind, version: &str, object: &'a Node<'a>, door: Door<'a>, context: &Context<'a>) -> Self {
        let Context {
            settings,
            now,
            namespace: default_namespace,
            served,
            ..
        } = *context;
        let operator = context.operator.unwrap_or_else(|| Operator::assumed(version, object));
        let era = operator.era();
        let served = served.and_then(|served| served.get(kind, version));
        Self {
            object,
            kind,
            operator,
            era,
            door,
            now,
            settings,
            default_namespace,
            structure: served.or_else(|| StructuralSchema::of_era(kind, era)),
            is_served: served.is_some(),
            document: None,
            spec: object.get("spec"),
            name: Field::at(object, "metadata.name").str().unwrap_or_default(),
            namespace: Field::at(object, "metadata.namespace")
                .text()
                .unwrap_or(default_namespace),
            backup: (kind == Kind::Neo4jBackup).then(|| Backup::of(object)),
            restore: (kind == Kind::Neo4jRestore).then(|| Restore::of(object)),
            locations: OnceCell::new(),
            schedule: OnceCell::new(),
            facts: OnceCell::new(),
            problems: OnceCell::new(),
        }
    }

    /// The same object, with the document that it was read from.
    #[must_use]
    pub fn read_from(self, document: &'a Document<'a>) -> Self {
        Self {
            document: Some(document),
            ..self
        }
    }

    /// The document that the object was read from; `None` in reviews.
    pub fn document(&self) -> Option<&'a Document<'a>> {
        self.document
    }

    /// A value without quotes as it stands in the file, which may spell it otherwise than the tree; `None` in reviews.
    pub fn written(&self, path: &Path) -> Option<&'a str> {
        self.document?.plain_text_at(path)
    }

    /// `metadata.name`; empty when there is none yet.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// `metadata.namespace`, or the default.
    pub fn namespace(&self) -> &'a str {
        self.namespace
    }

    /// Names another object of the operator's in the same namespace.
    pub fn other(&self, kind: impl Into<Kind>, name: &str) -> ObjectRef {
        let kind = kind.into();
        ObjectRef {
            api_version: kind.api_version(self.era.api_version()),
            kind: kind.name().to_owned(),
            namespace: self.namespace.to_owned(),
            name: name.to_owned(),
        }
    }

    /// The same as [`Self::other`], in another namespace.
    pub fn other_in(&self, kind: impl Into<Kind>, namespace: &str, name: &str) -> ObjectRef {
        ObjectRef {
            namespace: namespace.to_owned(),
            ..self.other(kind, name)
        }
    }

    /// One annotation.
    pub fn annotation(&self, key: &str) -> Option<&'a str> {
        model::annotation(self.object, key)
    }

    /// All annotations.
    pub fn annotations(&self) -> Option<&'a Map<'a>> {
        self.object.at("metadata.annotations")?.as_map()
    }

    /// The field at a dotted path of plain keys.
    pub fn field(&self, dotted: &'static str) -> Field<'a> {
        let node = dotted
            .strip_prefix("spec.")
            .map_or_else(|| self.object.at(dotted), |leaf| self.spec?.at(leaf));
        Field::found(dotted, node)
    }

    /// The object as a backup, when it is one.
    pub fn backup(&self) -> Option<Backup<'a>> {
        self.backup
    }

    /// The schedule of a backup, parsed; `None` where there is none or an empty one.
    pub fn schedule(&self) -> Option<&Result<Schedule, CronError>> {
        let parse = || Some(Schedule::parse(self.backup?.schedule().text()?));
        self.schedule.get_or_init(parse).as_ref()
    }

    /// The facts of the object itself, for rules that compare it with other backups.
    pub fn backup_facts(&self) -> &BackupFacts {
        self.facts.get_or_init(|| BackupFacts::of(self.object))
    }

    /// The object as a restore, when it is one.
    pub fn restore(&self) -> Option<Restore<'a>> {
        self.restore
    }

    /// The locations that the object names, looked up once.
    fn locations(&self) -> &Locations<'a> {
        self.locations.get_or_init(|| location::find_all(self))
    }

    /// Every storage location that the object names, whatever its kind.
    pub fn storages(&self) -> impl Iterator<Item = Storage<'a>> + use<'a> {
        let locations = match self.kind {
            Kind::Neo4jBackup | Kind::Neo4jRestore => {
                self.locations().map(|found| found.map(|location| location.storage))
            }
            Kind::Neo4jEnterpriseCluster | Kind::Neo4jEnterpriseStandalone => [
                Some(Storage::at(
                    self.object,
                    "spec.backups.defaultStorage",
                    "spec.backups.cloud",
                )),
                None,
                None,
            ],
            _ => [None, None, None],
        };
        locations.into_iter().flatten().filter(|storage| storage.block.is_set())
    }

    /// Every cloud block that the object has, or would have beside a location of a cloud type, with that location.
    pub fn clouds(&self) -> impl Iterator<Item = (Storage<'a>, Cloud<'a>)> + use<'a> {
        let located: Vec<Storage<'a>> = match self.kind {
            // The cloud block of an instance stands on its own; the location beside it is optional.
            Kind::Neo4jEnterpriseCluster | Kind::Neo4jEnterpriseStandalone => {
                let storage = Storage::at(self.object, "spec.backups.defaultStorage", "spec.backups.cloud");
                vec![storage]
                    .into_iter()
                    .filter(|storage| storage.cloud.block.is_set())
                    .collect()
            }
            _ => self.storages().collect(),
        };
        located.into_iter().map(|storage| (storage, storage.cloud))
    }

    /// What the API server takes of the kind; `None` of a kind that the operator lacks.
    pub fn schema(&self) -> Option<&'a StructuralSchema> {
        self.structure
    }

    /// Whether [`Self::schema`] is what the API server serves, and not what the tables say of the operator.
    pub fn is_schema_served(&self) -> bool {
        self.is_served
    }

    /// Whether the operator may be newer than the tables, so that nobody here knows which fields it has.
    pub fn is_beyond_the_tables(&self) -> bool {
        !self.is_served && self.operator.is_newer_than_known()
    }

    /// What the schema says against the object; walked once, and only when a rule asks.
    pub fn schema_problems(&self) -> &[SchemaProblem<'a>] {
        let check = || self.structure.map_or_else(Vec::new, |schema| schema.check(self.object));
        self.problems.get_or_init(check)
    }

    /// Whether the operator certainly runs its validator over the object and does nothing with one that it refuses. Only
    /// backups have such a validator; operators before 1.11.2 had it too and never called it.
    pub fn is_validated(&self) -> bool {
        const CALLED: Versions = Versions::range("1.11.2+");
        self.kind == Kind::Neo4jBackup && self.operator.is_in(CALLED)
    }

    /// Whether the object is on its way out, by itself or by what is stored: nothing it says will be acted on any more.
    pub fn is_terminating(&self) -> bool {
        let has_time = |object| Field::at(object, "metadata.deletionTimestamp").is_set();
        has_time(self.object) || matches!(self.door, Door::Update(old) if has_time(old))
    }
}
