//! `.neo4jbackup.yaml`: what a repository has decided once, for everybody who lints it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use neo4jbackup_core::document::{self, Document, Limits, Node, Segment};
use neo4jbackup_core::operator::UnknownVersion;
use neo4jbackup_core::quoted::quoted;
use neo4jbackup_core::registry;
use neo4jbackup_core::settings::{Identity, Mutation, Settings};
use serde::de::DeserializeOwned;

use crate::cli::{FailOn, OperatorVersion, Show, operator_version};
use crate::suggest::{self, UnknownRule};

/// The name of the file.
pub const NAME: &str = ".neo4jbackup.yaml";

/// What the file says; `None` and empty where it says nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// The operator that will read the manifests.
    pub operator_version: Option<OperatorVersion>,
    /// The least severity that fails.
    pub fail_on: Option<FailOn>,
    /// The least severity that is shown.
    pub show: Option<Show>,
    /// The only rules.
    pub only: Vec<String>,
    /// Rules to leave out.
    pub skip: Vec<String>,
    /// The file of accepted findings, relative to the folder of this file.
    pub baseline: Option<PathBuf>,
    /// Files to leave out, in the notation of `.gitignore`, relative to the folder of this file.
    pub exclude: Vec<String>,
    /// Whether the webhook completes the objects.
    pub assume_webhook: Option<bool>,
    /// The namespace of objects that name none.
    pub namespace: Option<String>,
    /// Levels of rules and identity defaults.
    pub settings: Settings,
}

/// Why a file of settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A repository must not choose what else is read.
    #[error("{} is a link that leads out of {}; if it is meant, name it with --config", file.display(), root.display())]
    LeadsOut { file: PathBuf, root: PathBuf },

    /// The operating system refused.
    #[error("{shown} cannot be read: {source}")]
    Read { shown: String, source: io::Error },

    /// Something in it is wrong.
    #[error("{shown}:{line}: {source}")]
    Content {
        shown: String,
        line: usize,
        source: Mistake,
    },
}

/// What can be wrong in a file of settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// It is no YAML that can be relied on.
    #[error("{message}; {help}")]
    Yaml { message: String, help: String },

    /// Which of them would count?
    #[error("there is a second document; one is enough")]
    SecondDocument,

    /// The document is a list or a text.
    #[error("there must be keys such as `failOn: warning`")]
    NoKeys,

    /// A key that nothing reads; `above` is the key that it stands below, or empty.
    #[error("there is no key {}{}; {advice}", quoted(key), below(above))]
    UnknownKey { key: String, above: String, advice: String },

    /// A value of another type, or none of those that are known.
    #[error("`{path}` must be {expected}")]
    Value { path: String, expected: &'static str },

    /// A single value where names have values.
    #[error("`{path}` must have a name and a value on each line")]
    NoMap { path: String },

    /// A level or an exception for what is no rule.
    #[error(transparent)]
    Rule(#[from] UnknownRule),

    /// An operator version that does not exist.
    #[error(transparent)]
    OperatorVersion(#[from] UnknownVersion),
}

fn below(above: &str) -> String {
    if above.is_empty() {
        String::new()
    } else {
        format!(" below `{above}`")
    }
}

/// Where settings for a folder end: at the root of its repository. Outside a repository, as in a build container, the
/// current folder takes its place, or the folder itself where it is elsewhere.
pub fn root<'f>(folder: &'f Path, current_directory: &Path) -> &'f Path {
    folder
        .ancestors()
        .find(|folder| folder.join(".git").exists())
        .or_else(|| folder.ancestors().find(|above| *above == current_directory))
        .unwrap_or(folder)
}

/// The file for a path that is linted: in its folder or in one above, up to the [`root`].
/// A link out of there is refused: what stands in another file must not be quoted because a repository points to it.
pub fn find(start: &Path, current_directory: &Path) -> Result<Option<PathBuf>, ConfigError> {
    let Some(folder) = (if start.is_dir() { Some(start) } else { start.parent() }) else {
        return Ok(None);
    };
    let root = root(folder, current_directory);
    let within = folder.ancestors().take_while(|folder| folder.starts_with(root));
    let Some(file) = within.map(|folder| folder.join(NAME)).find(|file| file.is_file()) else {
        return Ok(None);
    };
    let is_inside =
        fs::canonicalize(&file).is_ok_and(|real| fs::canonicalize(root).is_ok_and(|root| real.starts_with(root)));
    if is_inside {
        return Ok(Some(file));
    }
    let root = root.to_owned();
    Err(ConfigError::LeadsOut { file, root })
}

/// Reads a file; `shown` is its name in messages.
pub fn read(file: &Path, shown: &str) -> Result<Config, ConfigError> {
    parse(&text_of(file, shown)?, shown)
}

fn text_of(file: &Path, shown: &str) -> Result<String, ConfigError> {
    fs::read_to_string(file).map_err(|source| ConfigError::Read {
        shown: shown.to_owned(),
        source,
    })
}

fn config(reader: &Reader<'_>) -> Result<Config, ConfigError> {
    reader.config()
}

/// Reads a text.
pub fn parse(text: &str, shown: &str) -> Result<Config, ConfigError> {
    parse_with(text, shown, config)
}

/// Reads a file that has settings and nothing else, as the webhook reads it; `shown` is its name in messages.
pub fn read_settings(file: &Path, shown: &str) -> Result<Settings, ConfigError> {
    parse_settings(&text_of(file, shown)?, shown)
}

/// Reads the text of such a file.
pub fn parse_settings(text: &str, shown: &str) -> Result<Settings, ConfigError> {
    parse_with(text, shown, |reader| reader.settings(""))
}

fn parse_with<T: Default>(
    text: &str,
    shown: &str,
    read: impl Fn(&Reader<'_>) -> Result<T, ConfigError>,
) -> Result<T, ConfigError> {
    let mistake = |line, source| ConfigError::Content {
        shown: shown.to_owned(),
        line,
        source,
    };
    let parsed = document::parse(text, &Limits::default());
    let problems = parsed
        .problems
        .iter()
        .chain(parsed.documents.iter().flat_map(|document| &document.problems));
    if let Some(problem) = problems.into_iter().next() {
        let (message, help) = (problem.message.clone(), problem.help.clone());
        return Err(mistake(problem.span.start.line, Mistake::Yaml { message, help }));
    }
    let document = match parsed.documents.as_slice() {
        [] => return Ok(T::default()),
        [document] => document,
        [_, second, ..] => return Err(mistake(second.spans.value.start.line, Mistake::SecondDocument)),
    };
    if document.root.as_map().is_none() {
        return Err(mistake(1, Mistake::NoKeys));
    }
    let reader = Reader::new(document, text, shown);
    for (path, known) in known_keys(&read) {
        reader.refuse_unknown_keys(&path, &known)?;
    }
    read(&reader)
}

/// The keys that are read, by the key that they stand below: what a reader asks an empty file for.
fn known_keys<T>(read: impl Fn(&Reader<'_>) -> Result<T, ConfigError>) -> BTreeMap<String, Vec<String>> {
    let nothing = document::parse("{}", &Limits::default());
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut add = |path: &str| {
        let (above, key) = path.rsplit_once('.').unwrap_or(("", path));
        let keys = known.entry(above.to_owned()).or_default();
        if !keys.iter().any(|known| known == key) {
            keys.push(key.to_owned());
        }
    };
    for document in &nothing.documents {
        let reader = Reader::new(document, "{}", "");
        // Nothing is there that could be wrong.
        let _ = read(&reader);
        for path in reader.asked.take() {
            if let Some((above, _)) = path.split_once('.') {
                add(above);
            }
            add(&path);
            // Read as a whole.
            if path.ends_with("identity")
                && let Ok(serde_json::Value::Object(identity)) = serde_json::to_value(Identity::default())
            {
                identity.keys().for_each(|key| add(&format!("{path}.{key}")));
            }
        }
    }
    known
}

struct Reader<'r> {
    document: &'r Document<'r>,
    text: &'r str,
    shown: &'r str,
    /// The keys that were asked for, in order.
    asked: RefCell<Vec<String>>,
}

impl<'r> Reader<'r> {
    fn new(document: &'r Document<'r>, text: &'r str, shown: &'r str) -> Self {
        Self {
            document,
            text,
            shown,
            asked: RefCell::default(),
        }
    }

    /// The value of a key, which is known from now on; none when it is null.
    fn ask(&self, path: &str) -> Option<&Node<'r>> {
        self.asked.borrow_mut().push(path.to_owned());
        self.document.root.at(path).filter(|node| !node.is_null())
    }

    fn config(&self) -> Result<Config, ConfigError> {
        Ok(Config {
            operator_version: self.operator_version()?,
            fail_on: self.value("failOn", "one of error, warning, info, never")?,
            show: self.value("show", "one of error, warning, info")?,
            only: self.value("only", "a list of rules")?.unwrap_or_default(),
            skip: self.value("skip", "a list of rules")?.unwrap_or_default(),
            baseline: self.value("baseline", "the name of a file")?,
            exclude: self.value("exclude", "a list of patterns")?.unwrap_or_default(),
            assume_webhook: self.value("assumeWebhook", "true or false")?,
            namespace: self.value("namespace", "the name of a namespace")?,
            settings: self.settings("settings.")?,
        })
    }

    /// The settings, whose keys begin with `above`.
    fn settings(&self, above: &str) -> Result<Settings, ConfigError> {
        let at = |key: &str| format!("{above}{key}");
        let mutation = at("mutation");
        let settings = Settings {
            mode: self
                .value(&at("mode"), "one of enforce, warn, audit")?
                .unwrap_or_default(),
            namespaces: self.map(&at("namespaces"), "one of enforce, warn, audit")?,
            rules: self.map(&at("rules"), "one of enforce, warn, audit, off")?,
            ignorable: self.value(&at("ignorable"), "a list of rules")?.unwrap_or_default(),
            identity: self
                .value(&at("identity"), "texts, and awsRoleNames true or false")?
                .unwrap_or_default(),
            mutation: match self.ask(&mutation) {
                Some(node) => self.word(node, &mutation, "one of apply, suggest, off")?,
                None => Mutation::default(),
            },
            oversize: self.value(&at("oversize"), "one of deny, allow")?.unwrap_or_default(),
        };
        if let Some(unknown) = registry::unknown_rules(&settings).first() {
            let path = at(&format!("rules.{unknown}"));
            let path = if self.document.root.at(&path).is_some() {
                path
            } else {
                at("ignorable")
            };
            return Err(self.mistake(&path, UnknownRule::new(unknown)));
        }
        Ok(settings)
    }

    /// The version as it stands in the text: the number `1.10` of YAML would be 1.1.
    fn operator_version(&self) -> Result<Option<OperatorVersion>, ConfigError> {
        self.ask("operatorVersion");
        let path = document::Path::dotted("operatorVersion");
        let Some(spans) = self.document.spans.find(&path) else {
            return Ok(None);
        };
        let text = match path.find(&self.document.root) {
            Some(Node::String(text)) => text.as_ref(),
            _ => self
                .text
                .get(spans.value.start.offset..spans.value.end.offset)
                .unwrap_or_default(),
        };
        operator_version(text)
            .map(Some)
            .map_err(|unknown| self.mistake("operatorVersion", unknown))
    }

    fn value<T: DeserializeOwned>(&self, path: &str, expected: &'static str) -> Result<Option<T>, ConfigError> {
        let Some(node) = self.ask(path) else {
            return Ok(None);
        };
        let value = serde_json::to_value(node).and_then(serde_json::from_value);
        value.map(Some).map_err(|_| self.unexpected(path, expected))
    }

    /// One word of several, of which `off` may be one.
    fn word<T: DeserializeOwned>(&self, node: &Node<'_>, path: &str, expected: &'static str) -> Result<T, ConfigError> {
        let value = match node {
            // YAML 1.1, as kubectl reads it, takes an `off` without quotes for a boolean.
            Node::Bool(false) => Ok(serde_json::Value::from("off")),
            _ => serde_json::to_value(node),
        };
        let value = value.and_then(serde_json::from_value);
        value.map_err(|_| self.unexpected(path, expected))
    }

    fn map<T: DeserializeOwned>(&self, path: &str, expected: &'static str) -> Result<BTreeMap<String, T>, ConfigError> {
        let Some(node) = self.ask(path) else {
            return Ok(BTreeMap::new());
        };
        let Some(map) = node.as_map() else {
            return Err(self.mistake(path, Mistake::NoMap { path: path.to_owned() }));
        };
        let mut values = BTreeMap::new();
        for (key, node) in map.iter() {
            values.insert(key.to_owned(), self.word(node, &format!("{path}.{key}"), expected)?);
        }
        Ok(values)
    }

    fn refuse_unknown_keys(&self, path: &str, known: &[String]) -> Result<(), ConfigError> {
        let node = if path.is_empty() {
            Some(&self.document.root)
        } else {
            self.document.root.at(path)
        };
        let Some(map) = node.and_then(Node::as_map) else {
            return Ok(());
        };
        for (key, _) in map.iter() {
            if known.iter().any(|known| known == key) {
                continue;
            }
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let mistake = Mistake::UnknownKey {
                key: key.to_owned(),
                above: path.to_owned(),
                advice: suggest::advice(key, &known),
            };
            let mut full = document::Path::dotted(path);
            full.0.push(Segment::Key(key.to_owned()));
            return Err(self.mistake_at(&full, mistake));
        }
        Ok(())
    }

    fn unexpected(&self, path: &str, expected: &'static str) -> ConfigError {
        let mistake = Mistake::Value {
            path: path.to_owned(),
            expected,
        };
        self.mistake(path, mistake)
    }

    fn mistake(&self, path: &str, mistake: impl Into<Mistake>) -> ConfigError {
        self.mistake_at(&document::Path::dotted(path), mistake.into())
    }

    fn mistake_at(&self, path: &document::Path, source: Mistake) -> ConfigError {
        let spans = self.document.spans.nearest(path);
        let line = spans.key.unwrap_or(spans.value).start.line;
        ConfigError::Content {
            shown: self.shown.to_owned(),
            line,
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn message(text: &str) -> String {
        parse(text, "c.yaml").unwrap_err().to_string()
    }

    #[test]
    fn reads_every_key() {
        let config = parse(
            "operatorVersion: 1.10\nfailOn: warning\nshow: error\nonly: [NB1002]\nskip: []\nbaseline: known.json\n\
             exclude: [charts/]\nassumeWebhook: yes\nnamespace: graph\nsettings:\n  mode: warn\n  rules: {NB1001: off}\n",
            "c.yaml",
        );
        let config = config.unwrap();
        assert_eq!(
            config.operator_version.map(|version| version.text).as_deref(),
            Some("1.10")
        );
        assert_eq!(config.assume_webhook, Some(true));
        assert_eq!(config.settings.rules.len(), 1);
        assert_eq!(parse("# nothing\n", "c.yaml").unwrap(), Config::default());
    }

    #[test]
    fn a_file_of_settings_alone_has_the_same_keys_without_the_one_above_them() {
        let settings = parse_settings("mode: warn\nidentity:\n  awsRoleNames: true\n", "s.yaml").unwrap();
        assert!(settings.identity.aws_role_names);
        assert_eq!(parse_settings("# nothing\n", "s.yaml").unwrap(), Settings::default());
        let message = |text: &str| parse_settings(text, "s.yaml").unwrap_err().to_string();
        assert!(message("failOn: error").starts_with("s.yaml:1: there is no key `failOn`"));
        let below = message("identity:\n  awsRole: x\n");
        assert!(
            below.starts_with("s.yaml:2: there is no key `awsRole` below `identity`"),
            "{below}"
        );
        assert!(message("mode: warn\nrules: {NB0000: off}").starts_with("s.yaml:2: "));
    }

    /// Whatever the settings have in the webhook can be said here, too, and nothing else is known.
    #[test]
    fn every_key_of_the_settings_is_known_and_no_other() {
        let settings = serde_json::to_value(Settings::default()).unwrap();
        let keys =
            |value: &serde_json::Value| -> BTreeSet<String> { value.as_object().unwrap().keys().cloned().collect() };
        let known: BTreeMap<String, BTreeSet<String>> = known_keys(config)
            .into_iter()
            .map(|(above, known)| (above, known.into_iter().collect()))
            .collect();
        assert_eq!(known["settings"], keys(&settings));
        assert_eq!(known["settings.identity"], keys(&settings["identity"]));
        assert_eq!(known.keys().collect::<Vec<_>>(), ["", "settings", "settings.identity"]);
        assert!(
            known[""].contains("operatorVersion") && known[""].contains("settings"),
            "{known:?}"
        );
        let config = parse("settings:\n  mutation: off\n", "c.yaml");
        assert_eq!(config.unwrap().settings.mutation, Mutation::Off);
        let config = parse(
            "settings:\n  mutation: suggest\n  identity: {azureClientId: x}\n",
            "c.yaml",
        )
        .unwrap();
        assert_eq!(config.settings.mutation, Mutation::Suggest);
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        assert_eq!(
            message("show: error\nfailon: error\n"),
            "c.yaml:2: there is no key `failon`; did you mean `failOn`?"
        );
        assert_eq!(
            message("settings:\n  rule: {}\n"),
            "c.yaml:2: there is no key `rule` below `settings`; did you mean `rules`?"
        );
        assert_eq!(
            message("settings:\n  rules:\n    NB1O02: warn\n"),
            "c.yaml:3: there is no rule `NB1O02`; did you mean `NB1002`?"
        );
        assert_eq!(
            message("show: all\n"),
            "c.yaml:1: `show` must be one of error, warning, info"
        );
        assert_eq!(
            message("a: 1\n---\nb: 1\n"),
            "c.yaml:3: there is a second document; one is enough"
        );
        assert_eq!(
            message("- a\n"),
            "c.yaml:1: there must be keys such as `failOn: warning`"
        );
    }
}
