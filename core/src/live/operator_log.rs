//! Lines of the operator's log.

use jiff::Timestamp;

use super::operator::Installation;
use super::pod::{Container, Pod};
use super::read::{Text, text, time};
use crate::document::Node;
use crate::logs;
use crate::model::ObjectRef;

/// No line that says something is longer; one with the stack of a panic has some thousand bytes.
const LONGEST: usize = 64 * 1024;

/// A line of the operator's log, and whose log it is.
#[derive(Debug, Clone, Copy)]
pub struct Logged<'i, 's> {
    /// The pod of the operator.
    pub pod: &'i Pod<'s>,
    /// Its container.
    pub container: &'i Container<'s>,
    /// The line.
    pub line: &'s str,
}

/// What a line of the operator's log says. The operator writes its lines for people (the time, the level, the sentence and
/// an object in JSON, set apart by tabs), or as one object in JSON each.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLine<'s> {
    /// When it was written.
    pub time: Option<Timestamp>,
    /// The sentence: `Observed a panic`.
    pub sentence: Text<'s>,
    /// The kind of the object that it is about; empty when it is about none.
    pub kind: Text<'s>,
    /// The namespace of that object.
    pub namespace: Text<'s>,
    /// The name of that object.
    pub name: Text<'s>,
    /// What went wrong: `error`.
    pub error: Text<'s>,
    /// With what it panicked: `panic`.
    pub panic: Text<'s>,
}

impl<'s> LogLine<'s> {
    /// What a line says, or `None` if it is no line of a logger, a frame of a stack for example.
    pub fn of(line: &'s str) -> Option<Self> {
        if line.len() > LONGEST {
            return None;
        }
        let start = logs::fields_of(line)?;
        let (head, json) = line.split_at(start);
        let fields: Node<'s> = serde_json::from_str(json.trim_end()).ok()?;
        let kind = text(&fields, "controllerKind");
        let of = |key: &str| {
            let object = fields.get(&kind).filter(|_| !kind.is_empty());
            object.map(|object| text(object, key)).unwrap_or_default()
        };
        let mut columns = head.split('\t').map(str::trim);
        let (written, sentence) = if head.trim().is_empty() {
            (time(&fields, "ts"), text(&fields, "msg"))
        } else {
            let written = columns.next().and_then(|time| time.parse().ok());
            // Behind the level may stand the name of the logger.
            let sentence = columns.rfind(|column| !column.is_empty()).unwrap_or_default();
            (written, sentence.into())
        };
        Some(Self {
            time: written,
            sentence,
            namespace: of("namespace"),
            name: of("name"),
            error: text(&fields, "error"),
            panic: text(&fields, "panic"),
            kind,
        })
    }

    /// Whether it is about an object.
    pub fn is_about(&self, object: &ObjectRef) -> bool {
        self.kind == object.kind && self.namespace == object.namespace && self.name == object.name
    }
}

impl<'s> Installation<'s> {
    /// The lines of its logs that were read and that have a word in them, oldest first for each of its containers.
    pub fn lines_with<'i>(&'i self, word: &'i str) -> impl Iterator<Item = Logged<'i, 's>> {
        let containers = self
            .pods
            .iter()
            .flat_map(|pod| pod.containers.iter().map(move |container| (pod, container)));
        containers.flat_map(move |(pod, container)| {
            let logs = container.log_before.into_iter().chain(container.log);
            let lines = logs.flat_map(str::lines).filter(move |line| line.contains(word));
            lines.map(move |line| Logged { pod, container, line })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_in_both_forms() {
        let console = "2026-11-21T09:12:41Z\tERROR\tObserved a panic\t{\"controller\": \"neo4jrestore\", \
            \"controllerKind\": \"Neo4jRestore\", \"Neo4jRestore\": {\"name\":\"bad\",\"namespace\":\"graph\"}, \
            \"name\": \"bad\", \"panic\": \"runtime error: nil\"}";
        let json = r#"{"level":"error","ts":"2026-11-21T09:12:41Z","msg":"Observed a panic","controllerKind":"Neo4jRestore","Neo4jRestore":{"name":"bad","namespace":"graph"},"panic":"runtime error: nil"}"#;
        let [console, json] = [console, json].map(|line| LogLine::of(line).unwrap());
        assert_eq!(console, json);
        assert_eq!(
            (&*console.sentence, &*console.name, &*console.panic),
            ("Observed a panic", "bad", "runtime error: nil")
        );
        assert_eq!(LogLine::of("\truntime.gopanic({0x1, 0x2})"), None);
        let named = "2026-11-21T09:12:41Z\tERROR\tcontroller-runtime.cache\tFailed to watch\t{\"error\": \"no\"}";
        assert_eq!(LogLine::of(named).unwrap().sentence, "Failed to watch");
    }
}
