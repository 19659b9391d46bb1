//! The first reading of all texts: what they say of each other, and how each part of them comes to be judged.
//!
//! A tree with the places of its values takes thirty times the memory of its text. So a part of a text is read, asked for
//! what others want to know of it, and let go; it is read again, from the same bytes, when it is judged. Where all texts
//! together are short, nothing is let go and nothing read twice.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use neo4jbackup_core::document::{self, Limits, Parsed, Problem, ProblemKind, Source};
use neo4jbackup_core::facts::{Fact, Inventory};
use neo4jbackup_core::lint::{self, File};
use neo4jbackup_core::values::placeholder::Notation;

use super::plan::Plan;
use super::unfinished;
use crate::input::{Origin, Role, Text, names_us};
use crate::parallel;

/// Why something that a manifest names may exist although it was not found.
const NOT_AMONG_THE_FILES: &str = "it is not among the linted files";
const NOT_IN_THE_BLOCK: &str = "it does not stand in the same block";

/// An inventory of files that has nothing in it yet.
pub(super) fn among_files() -> Inventory {
    inventory_of(NOT_AMONG_THE_FILES)
}

fn inventory_of(reason: &'static str) -> Inventory {
    let mut inventory = Inventory::partial(reason);
    inventory.compare_namespaces();
    inventory
}

/// How much is read and kept at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Documents that one thread reads or judges at a time.
    pub(super) documents: usize,
    /// Of texts that have no more bytes than this together, the trees are kept.
    pub(super) kept_bytes: usize,
    /// A text that has no more bytes than this is read by one thread, at once.
    pub(super) whole_bytes: usize,
}

impl Bounds {
    /// For who asks what the texts say of each other, and reads them himself.
    pub(super) const LET_GO: Self = Self {
        documents: 256,
        kept_bytes: 0,
        whole_bytes: 1 << 16,
    };
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            kept_bytes: 1 << 18,
            ..Self::LET_GO
        }
    }
}

/// What the first reading came to.
pub(super) struct Survey<'t> {
    /// What the texts say of each other.
    pub(super) inventory: Inventory,
    /// The objects that stand in the texts, by kind, namespace and name, where the others are those of a cluster.
    pub(super) named: BTreeSet<(&'static str, String, String)>,
    keeps_names: bool,
    /// What is to be judged, in the order of the texts.
    pub(super) parts: Vec<Part<'t>>,
    /// The positions of the texts that are templates, which nobody can judge.
    pub(super) templates: Vec<usize>,
    /// The positions of the texts whose mistakes are somebody else's.
    pub(super) strangers: BTreeSet<usize>,
    /// What the blocks of guides say, by position. Each is for itself: two examples of a guide are two ways to do it, and the
    /// object of neither is that of a manifest.
    blocks: BTreeMap<usize, Inventory>,
}

/// Some of the documents of one text, so that one long file keeps all threads busy.
pub(super) struct Part<'t> {
    pub(super) text: usize,
    /// Position of the first document in the file.
    pub(super) first: usize,
    content: Content<'t>,
}

/// How the objects of a text are to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    is_patch: bool,
    notation: Notation,
    /// Whether the text names a group of ours.
    names_us: bool,
    /// Whether somebody wants to know of this very text: what is piped, and the file that is named. Of files in folders, and
    /// of those that a tool hands over with `--allow-incomplete`, most are of something else.
    is_asked_for: bool,
}

impl Reading {
    pub(super) fn of(text: &Text, plan: &Plan) -> Self {
        let (is_patch, notation) = unfinished::reading(text);
        let problem = text.problem.as_ref();
        Self {
            is_patch,
            notation,
            names_us: problem.map_or_else(|| names_us(&text.text), |problem| problem.names_us),
            is_asked_for: match text.source.origin {
                Origin::Stdin => true,
                Origin::Named(_) => !plan.allow_incomplete,
                Origin::Found { .. } => false,
            },
        }
    }

    /// Whether a problem is no finding. What is beyond the bounds of an object is no object, and of no matter where the text names
    /// no group of ours: a description of an API, a table of data.
    fn waives(self, problem: &Problem) -> bool {
        is_beyond(problem) && !self.names_us || self.passes_over(problem)
    }

    /// Whether a problem is a mistake of somebody else: in a template of another tool, a file for another reader, the input of
    /// a test, which names no group of ours and only stands beside manifests that do.
    pub(super) fn passes_over(self, problem: &Problem) -> bool {
        // Of templates there is more to say.
        let is_mistake = !is_beyond(problem) && problem.kind != ProblemKind::Template;
        is_mistake && !self.names_us && !self.is_asked_for
    }
}

fn is_beyond(problem: &Problem) -> bool {
    matches!(problem.kind, ProblemKind::TooLarge | ProblemKind::TooManyNodes)
}

enum Content<'t> {
    Kept(File<'t>),
    LetGo {
        extent: Extent<'t>,
        /// The index of the first document.
        index: usize,
        /// What concerns the file as a whole, when this is its first part.
        problems: Vec<Problem>,
        reading: Reading,
    },
}

impl<'t> Part<'t> {
    /// Does something with the documents.
    pub(super) fn with_file<R>(&self, limits: &Limits, work: impl FnOnce(&File<'t>) -> R) -> R {
        match &self.content {
            Content::Kept(file) => work(file),
            Content::LetGo {
                extent,
                index,
                problems,
                reading,
            } => work(&File {
                problems: problems.clone(),
                ..file(extent.read(*index, limits), *reading)
            }),
        }
    }
}

/// What was read of a text, to be judged.
pub(super) fn file(parsed: Parsed<'_>, reading: Reading) -> File<'_> {
    let mut file = File {
        is_patch: reading.is_patch,
        notation: reading.notation,
        ..parsed.into()
    };
    file.problems.retain(|problem| !reading.waives(problem));
    for document in &mut file.documents {
        document.problems.retain(|problem| !reading.waives(problem));
    }
    file
}

/// How much of a text is read at a time.
#[derive(Clone)]
enum Extent<'t> {
    /// All of it.
    Whole(&'t str),
    /// Some of the stretches of a long one.
    Stretches(Arc<Source<'t>>, Range<usize>),
}

impl<'t> Extent<'t> {
    /// Reads it; `index` is that of the first document.
    fn read(&self, index: usize, limits: &Limits) -> Parsed<'t> {
        match self {
            Self::Whole(text) => document::parse(text, limits),
            Self::Stretches(source, stretches) => source.read(stretches.clone(), index, limits),
        }
    }

    /// Reads what its documents say, without most of their places.
    fn outline(&self, limits: &Limits) -> Parsed<'t> {
        match self {
            Self::Whole(text) => document::outline(text, limits),
            Self::Stretches(source, stretches) => source.outline(stretches.clone(), limits),
        }
    }

    /// All of the text.
    fn whole(&self) -> Self {
        match self {
            Self::Whole(text) => Self::Whole(text),
            Self::Stretches(source, _) => Self::Stretches(Arc::clone(source), 0..source.len()),
        }
    }

    fn is_last(&self) -> bool {
        match self {
            Self::Whole(_) => true,
            Self::Stretches(source, stretches) => stretches.end == source.len(),
        }
    }

    fn is_whole(&self) -> bool {
        match self {
            Self::Whole(_) => true,
            Self::Stretches(_, stretches) => stretches.start == 0 && self.is_last(),
        }
    }
}

/// What of one text is read at a time.
struct Piece<'t> {
    text: usize,
    extent: Extent<'t>,
    reading: Reading,
    /// Whether it may turn out later in the text that this is a template.
    may_be_template: bool,
}

/// What stays of a piece.
struct Read<'t> {
    extent: Extent<'t>,
    documents: usize,
    indexes: usize,
    problems: Vec<Problem>,
    facts: Vec<Fact>,
    is_template: bool,
    /// Whether something was passed over that is nobody's mistake here.
    is_stranger: bool,
    file: Option<File<'t>>,
}

impl<'t> Survey<'t> {
    /// Reads all texts.
    pub(super) fn of(texts: &'t [Text], plan: &Plan, bounds: Bounds) -> Self {
        let limits = &plan.options.limits;
        let bytes: usize = texts.iter().map(|text| text.text.len()).sum();
        let keeps_all = bytes <= bounds.kept_bytes;
        let numbered: Vec<(usize, &Text)> = texts.iter().enumerate().collect();
        let cut = parallel::map(&numbered, |(position, text)| {
            let is_whole = keeps_all || text.text.len() <= bounds.whole_bytes;
            if matches!(text.role, Role::Guide) {
                return Some(Vec::new());
            }
            let reading = Reading::of(text, plan);
            (!unfinished::is_chart_template(text)).then(|| cut(*position, text, reading, is_whole, limits, bounds))
        });
        let inventory = |reason| match &plan.live {
            Some(live) => live.inventory.clone(),
            None => inventory_of(reason),
        };
        let is_block = |(position, text): (usize, &Text)| matches!(text.role, Role::Block(_)).then_some(position);
        let blocks = texts.iter().enumerate().filter_map(is_block);
        let is_no_text = |(position, text): (usize, &Text)| {
            let not_text = text.problem.as_ref()?;
            let is_stranger = Reading::of(text, plan).passes_over(&not_text.problem);
            is_stranger.then_some(position)
        };
        let mut survey = Self {
            inventory: inventory(NOT_AMONG_THE_FILES),
            blocks: blocks.map(|position| (position, inventory(NOT_IN_THE_BLOCK))).collect(),
            named: BTreeSet::new(),
            keeps_names: plan.live.is_some(),
            parts: Vec::new(),
            templates: Vec::new(),
            strangers: texts.iter().enumerate().filter_map(is_no_text).collect(),
        };
        let mut pieces = Vec::new();
        for (position, of_text) in cut.into_iter().enumerate() {
            match of_text {
                Some(of_text) => pieces.extend(of_text),
                None => survey.templates.push(position),
            }
        }
        let mut of_text: Vec<Read<'t>> = Vec::new();
        parallel::in_order(
            &pieces,
            |piece| {
                let is_kept = |documents| keeps_all || piece.extent.is_whole() && documents > bounds.documents;
                piece.read(plan, is_kept)
            },
            |piece, mut read| {
                if !piece.may_be_template {
                    survey.add(piece.text, &mut read.facts);
                }
                of_text.push(read);
                if piece.extent.is_last() {
                    survey.conclude(piece, std::mem::take(&mut of_text), limits, bounds);
                }
            },
        );
        survey.templates.sort_unstable();
        survey
    }

    /// Frees what it knows while others go on.
    pub(super) fn let_go(self) {
        parallel::let_go((self.inventory, self.blocks));
    }

    /// What is known to the text at a position.
    pub(super) fn inventory_of(&self, text: usize) -> &Inventory {
        self.blocks.get(&text).unwrap_or(&self.inventory)
    }

    fn add(&mut self, text: usize, facts: &mut Vec<Fact>) {
        if let Some(block) = self.blocks.get_mut(&text) {
            facts.drain(..).for_each(|fact| block.lay_over(fact));
            return;
        }
        for fact in facts.drain(..) {
            if let Some((kind, namespace, name)) = fact.key().filter(|_| self.keeps_names) {
                self.named.insert((kind, namespace.to_owned(), name.to_owned()));
            }
            self.inventory.lay_over(fact);
        }
    }

    /// Decides how a text is judged of which `last` is the last piece.
    fn conclude(&mut self, last: &Piece<'t>, mut pieces: Vec<Read<'t>>, limits: &Limits, bounds: Bounds) {
        if pieces.iter().any(|read| read.is_template) {
            self.templates.push(last.text);
            return;
        }
        self.strangers
            .extend(pieces.iter().any(|read| read.is_stranger).then_some(last.text));
        for read in &mut pieces {
            self.add(last.text, &mut read.facts);
        }
        let documents: usize = pieces.iter().map(|read| read.documents).sum();
        let (full, rest) = (bounds.documents, pieces.len() - 1);
        let ends_fit = pieces.iter().take(rest).all(|read| read.documents == full);
        let mut problems = pieces
            .iter_mut()
            .flat_map(|read| std::mem::take(&mut read.problems))
            .collect();
        let let_go = |extent, index, problems| Content::LetGo {
            extent,
            index,
            problems,
            reading: last.reading,
        };
        let kept = pieces.iter_mut().find_map(|read| read.file.take());
        if let Some(file) = kept {
            self.parts.extend(split(last.text, File { problems, ..file }, bounds));
        } else if documents <= bounds.documents {
            self.parts.push(Part {
                text: last.text,
                first: 0,
                content: let_go(last.extent.whole(), 0, problems),
            });
        } else if ends_fit && pieces.iter().all(|read| read.documents <= bounds.documents) {
            let (mut first, mut index) = (0, 0);
            for read in pieces {
                self.parts.push(Part {
                    text: last.text,
                    first,
                    content: let_go(read.extent, index, std::mem::take(&mut problems)),
                });
                first += read.documents;
                index += read.indexes;
            }
        } else {
            // Lists among the documents: the parts have to be counted out.
            let file = file(last.extent.whole().read(0, limits), last.reading);
            self.parts.extend(split(last.text, file, bounds));
        }
    }
}

impl<'t> Piece<'t> {
    /// Reads it. `is_kept` says whether the documents are kept, by their number.
    fn read(&self, plan: &Plan, is_kept: impl Fn(usize) -> bool) -> Read<'t> {
        let limits = &plan.options.limits;
        let parsed = if is_kept(0) {
            self.extent.read(0, limits)
        } else {
            self.extent.outline(limits)
        };
        let indexes = parsed.indexes;
        let mut of_documents = parsed.documents.iter().flat_map(|document| &document.problems);
        let passes_over = |problem: &Problem| self.reading.passes_over(problem);
        let is_stranger = of_documents.any(passes_over) || parsed.problems.iter().any(passes_over);
        let mut read = file(parsed, self.reading);
        let is_template = read.is_template();
        let documents = read.documents.len();
        let facts = if is_template {
            Vec::new()
        } else {
            lint::facts(&read, &plan.options).collect()
        };
        let problems = std::mem::take(&mut read.problems);
        // Of what is let go, the places are read when it is judged.
        let file = is_kept(documents).then(|| {
            if is_kept(0) {
                return read;
            }
            let whole = file(self.extent.read(0, limits), self.reading);
            File {
                problems: Vec::new(),
                ..whole
            }
        });
        Read {
            extent: self.extent.clone(),
            documents,
            indexes,
            facts,
            problems,
            is_template,
            is_stranger,
            file,
        }
    }
}

/// Cuts a text into pieces, of which there is at least one.
fn cut<'t>(
    position: usize,
    text: &'t Text,
    reading: Reading,
    is_whole: bool,
    limits: &Limits,
    bounds: Bounds,
) -> Vec<Piece<'t>> {
    let extents = if is_whole {
        vec![Extent::Whole(&text.text)]
    } else {
        let source = Arc::new(Source::new(&text.text, limits));
        let stretches = |start: usize| start..(start + bounds.documents).min(source.len());
        let starts = (0..source.len().max(1)).step_by(bounds.documents);
        starts
            .map(|start| Extent::Stretches(Arc::clone(&source), stretches(start)))
            .collect()
    };
    let may_be_template = unfinished::may_be_template(text);
    let piece = |extent| Piece {
        text: position,
        extent,
        reading,
        may_be_template,
    };
    extents.into_iter().map(piece).collect()
}

fn split(text: usize, file: File<'_>, bounds: Bounds) -> Vec<Part<'_>> {
    let File {
        documents,
        mut problems,
        is_patch,
        notation,
    } = file;
    let mut documents = documents.into_iter();
    let mut parts = Vec::new();
    let mut first = 0;
    loop {
        let chunk: Vec<_> = documents.by_ref().take(bounds.documents).collect();
        let count = chunk.len();
        if count == 0 && first > 0 {
            return parts;
        }
        // What concerns the file as a whole is said once, before the rest.
        let file = File {
            documents: chunk,
            problems: std::mem::take(&mut problems),
            is_patch,
            notation,
        };
        let content = Content::Kept(file);
        parts.push(Part { text, first, content });
        first += count.max(1);
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::io;

    use proptest::prelude::*;

    use neo4jbackup_core::facts::{Coverage, Need};
    use neo4jbackup_core::snapshot::{Resource, Snapshot};

    use super::super::{check, live};
    use super::*;
    use crate::Io;
    use crate::cli::{self, Command};
    use crate::connection::Access;
    use crate::input::{Origin, Source};

    fn plan() -> Plan {
        let mut io = Io {
            stdin: &mut io::empty(),
            stdout: &mut io::sink(),
            stderr: &mut io::sink(),
            environment: std::collections::BTreeMap::new(),
            now: "2026-01-15T12:00:00Z".parse().unwrap(),
            current_directory: std::env::temp_dir(),
            machine_zone: || None,
            terminal_width: None,
            stdin_is_terminal: false,
            output_lost: false,
        };
        let arguments: Vec<OsString> = ["kubectl-neo4jbackup", "lint", "-"].map(OsString::from).into();
        let mut access = Access::default();
        match cli::parse(&arguments, &io.environment).map(|invocation| invocation.command) {
            Ok(Command::Lint(arguments)) => {
                Plan::new(*arguments, None, &mut access, false, &mut io).map_err(|error| error.to_string())
            }
            _ => Err("it is no command".to_owned()),
        }
        .unwrap()
    }

    fn text(number: usize, text: String) -> Text {
        Text {
            source: Source {
                name: format!("{number}.yaml"),
                origin: Origin::Stdin,
            },
            text,
            is_verbatim: true,
            problem: None,
            role: Role::Manifests,
        }
    }

    /// A document of a stream, or what is found in place of one.
    fn document() -> impl Strategy<Value = String> {
        let backup = (0..4_u8, 0..3_u8).prop_map(|(name, role)| {
            format!(
                "{{apiVersion: neo4j.neo4j.com/v1beta1, kind: Neo4jBackup, metadata: {{name: b{name}}}, spec: {{instanceRef: i, \
                 database: d, schedule: 0 2 * * * *, chainFromBackup: b1, storage: {{type: s3, bucket: b, cloud: {{provider: aws, \
                 identity: {{provider: aws, autoCreate: {{enabled: true, annotations: {{eks.amazonaws.com/role-arn: \
                 'arn:aws:iam::210987654321:role/r{role}'}}}}}}}}}}}}}}\n"
            )
        });
        let json = "{\"apiVersion\": \"neo4j.neo4j.com/v1beta1\", \"kind\": \"Neo4jBackup\", \"metadata\": {\"name\": \"j\"}}\n";
        let restore = "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jRestore\nmetadata: {name: r}\nspec: {source: {type: backup, \
                       backupRef: b2}}\n";
        let list = (0..5_usize).prop_map(move |count| {
            let item = "- {apiVersion: neo4j.neo4j.com/v1beta1, kind: Neo4jBackup, metadata: {name: l}}\n";
            format!("kind: List\nitems:\n{}", item.repeat(count))
        });
        let rest = vec![
            "# nothing but a comment\n",
            "null\n",
            "a: [1\n",
            "%YAML 1.2\n---\na: 1\n",
            "a: 1\n...\nb: 2\n",
            "a: ${X}\nkind: Neo4jBackup\napiVersion: neo4j.neo4j.com/v1beta1\n",
            "kind: Secret\napiVersion: v1\nmetadata: {name: s}\ndata: {a: b, a: c}\n",
        ];
        prop_oneof![
            6 => backup,
            1 => (1..4_usize).prop_map(|count| json.repeat(count)),
            1 => Just(restore.to_owned()),
            1 => list,
            3 => prop::sample::select(rest).prop_map(str::to_owned),
        ]
    }

    fn stream() -> impl Strategy<Value = String> {
        let stream = prop::collection::vec(document(), 0..12).prop_map(|documents| documents.join("---\n"));
        let template = prop_oneof![12 => Just(""), 1 => Just("---\na: {{ .Values.a }}\n"), 1 => Just("# {{ a }}\n")];
        (stream, template).prop_map(|(stream, template)| stream + template)
    }

    /// What is found in texts, one by one, when everything is known to be among them.
    fn found_alone(texts: &[Text], plan: &Plan) -> Vec<String> {
        let mut inventory = Inventory::partial("never said");
        inventory.compare_namespaces();
        let needs = [
            Need::Instance,
            Need::Backups,
            Need::Restores,
            Need::ShardedDatabases,
            Need::Secrets,
            Need::Namespace,
            Need::Claims,
            Need::Accounts,
            Need::Jobs,
            Need::Clock,
        ];
        for need in needs {
            inventory.set_coverage(need, Coverage::Full);
        }
        let read = |text: &Text| text.text.clone();
        let owned: Vec<String> = texts.iter().map(read).collect();
        let files: Vec<File<'_>> = owned
            .iter()
            .map(|text| lint::read(text, &plan.options.limits))
            .collect();
        let finished = || files.iter().filter(|file| !file.is_template());
        finished().for_each(|file| lint::collect(file, &plan.options, &mut inventory));
        let judged = finished().flat_map(|file| lint::judge(file, &inventory, &plan.options).findings);
        judged
            .map(|located| {
                format!(
                    "{} {}: {}",
                    located.finding.code, located.finding.path, located.finding.message
                )
            })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn an_empty_cluster_adds_nothing_but_certainty(streams in prop::collection::vec(stream(), 1..4)) {
            let texts: Vec<Text> = streams.into_iter().enumerate().map(|(number, stream)| text(number, stream)).collect();
            let mut plan = plan();
            let alone = found_alone(&texts, &plan);
            let mut empty = Snapshot::new(plan.options.now, None);
            for resource in Resource::ALL {
                empty.add(resource, []);
            }
            live::lay(&mut plan, &empty);
            let checked = check::check(&texts, &plan);
            let over_empty: Vec<String> = checked.findings.iter()
                .map(|finding| format!("{} {}: {}", finding.code, finding.field, finding.message))
                .collect();
            prop_assert_eq!(over_empty, alone);
        }

        #[test]
        fn what_is_read_twice_says_the_same(streams in prop::collection::vec(stream(), 1..4)) {
            let texts: Vec<Text> = streams.into_iter().enumerate().map(|(number, stream)| text(number, stream)).collect();
            let plan = plan();
            let outcome = |documents, kept_bytes, whole_bytes| {
                let checked = check::check_within(&texts, &plan, Bounds { documents, kept_bytes, whole_bytes });
                let places: Vec<_> = checked.findings.iter().map(|finding| finding.place).collect();
                let findings = serde_json::to_string_pretty(&checked.findings).unwrap();
                (findings, places, checked.skipped, checked.documents, checked.judged, checked.unfinished)
            };
            for documents in [1, 2, 3, 256] {
                let read_once = outcome(documents, usize::MAX, 0);
                prop_assert_eq!(&read_once, &outcome(documents, 0, 0), "{} documents at a time", documents);
                prop_assert_eq!(&read_once, &outcome(documents, 0, usize::MAX), "{} documents at a time, twice", documents);
            }
        }
    }
}
