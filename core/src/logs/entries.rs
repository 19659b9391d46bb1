//! Which entries of the log of an operator or a server are about something. An entry may have several lines: a stack trace
//! goes with the message above it.

use serde_json::Value;

use super::classify;

/// What the entries that are kept are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// One object, by its kind, namespace and name.
    Object {
        /// `Neo4jBackup`.
        kind: &'static str,
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// Backups and restores.
    Backups,
}

/// Reads a log line by line and keeps the entries that are about something.
#[derive(Debug, Clone)]
pub struct Entries {
    about: About,
    keeps: bool,
}

impl Entries {
    /// Keeps the entries about something.
    pub fn about(about: About) -> Self {
        Self { about, keeps: false }
    }

    /// Whether the next line belongs to an entry that is kept.
    pub fn keeps(&mut self, line: &str) -> bool {
        if begins_entry(line) {
            self.keeps = match &self.about {
                About::Object { kind, namespace, name } => names(line, kind, namespace, name),
                About::Backups => concerns_backups(line),
            };
        }
        self.keeps
    }
}

/// Whether an entry begins here: JSON, a date, or the head that klog writes (`E1121 06:00:00.1`). Neither a frame of a stack
/// trace nor a cause does.
fn begins_entry(line: &str) -> bool {
    let bytes = line.as_bytes();
    let are_digits = |from: usize, to: usize| {
        let digits = bytes.get(from..to);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
    };
    match bytes.first() {
        Some(b'{') => true,
        Some(b'I' | b'W' | b'E' | b'F') => are_digits(1, 5),
        Some(first) if first.is_ascii_digit() => are_digits(0, 4) && matches!(bytes.get(4), Some(b'-' | b'/')),
        _ => false,
    }
}

/// Where the fields of a line begin, which are JSON: behind its last column, or the whole line; `None` for a line without.
/// A sentence before them may hold a brace of its own.
pub fn fields_of(line: &str) -> Option<usize> {
    line.rfind("\t{").map(|tab| tab + 1).or_else(|| line.find('{'))
}

/// Whether an entry names an object: in its fields where it is JSON or ends with JSON, else in its words.
fn names(line: &str, kind: &str, namespace: &str, name: &str) -> bool {
    let object = fields_of(line).and_then(|start| serde_json::from_str::<Value>(&line[start..]).ok());
    if let Some(fields) = object {
        let text = |key: &str| fields.get(key).and_then(Value::as_str);
        let of_kind = text("controllerKind").is_none_or(|of| of == kind);
        let is_it = |fields: &Value| fields["name"] == *name && fields["namespace"] == *namespace;
        let nested = || fields.get(kind).is_some_and(is_it);
        if nested() || (of_kind && is_it(&fields)) {
            return true;
        }
        // It is about another object of a controller.
        if text("controllerKind").is_some() || text("controller").is_some() {
            return false;
        }
    }
    let path = format!("{namespace}/{name}");
    has_word(line, &path) || (has_word(line, namespace) && has_word(line, name))
}

/// Whether a name stands in a text, and not as a part of a longer one; what the operator derives from it counts, too.
fn has_word(text: &str, word: &str) -> bool {
    let is_part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    !word.is_empty()
        && text.match_indices(word).any(|(start, _)| {
            let rest = &text[start + word.len()..];
            let is_derived = ["-backup", "-restore"].iter().any(|end| rest.starts_with(end));
            !is_part(text[..start].chars().next_back()) && (!is_part(rest.chars().next()) || is_derived)
        })
}

fn concerns_backups(line: &str) -> bool {
    let is_harmless = |class: &super::Class| class.severity == super::Severity::Harmless;
    if classify(line).is_some_and(|class| !is_harmless(class)) {
        return true;
    }
    let line = line.to_ascii_lowercase();
    ["backup", "restore", "seed"].iter().any(|word| line.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(about: About, lines: &[&str]) -> Vec<bool> {
        let mut entries = Entries::about(about);
        lines.iter().map(|line| entries.keeps(line)).collect()
    }

    fn nightly() -> About {
        About::Object {
            kind: "Neo4jBackup",
            namespace: "graph".to_owned(),
            name: "nightly".to_owned(),
        }
    }

    #[test]
    fn entries_are_told_by_the_object_that_they_name() {
        for (line, expected) in [
            (
                r#"{"level":"error","controller":"neo4jbackup","controllerKind":"Neo4jBackup","Neo4jBackup":{"name":"nightly","namespace":"graph"},"namespace":"graph","name":"nightly"}"#,
                true,
            ),
            (
                r#"{"level":"info","controllerKind":"Neo4jBackup","namespace":"graph","name":"hourly","msg":"graph nightly"}"#,
                false,
            ),
            (
                r#"{"level":"info","controllerKind":"Neo4jRestore","namespace":"graph","name":"nightly"}"#,
                false,
            ),
            (
                "2026-11-21T06:00:00Z\tINFO\tStarting backup\t{\"controllerKind\": \"Neo4jBackup\", \"namespace\": \"graph\", \"name\": \"nightly\"}",
                true,
            ),
            (
                "2026-11-21T06:00:00Z\tINFO\tJob nightly-backup-cron-29920680 made in graph",
                true,
            ),
            ("2026-11-21T06:00:00Z\tINFO\treconcile graph/nightly", true),
            (
                "2026-11-21T06:00:00Z\tINFO\treconcile graph/nightly2, graph/my-nightly",
                false,
            ),
            (
                "E1121 06:00:00.123456       1 controller.go:12] graph/nightly: boom",
                true,
            ),
        ] {
            assert_eq!(kept(nightly(), &[line]), [expected], "{line}");
        }
    }

    #[test]
    fn a_stack_trace_goes_with_its_message() {
        let lines = [
            "\tat before any entry",
            "2026-11-21T06:00:00Z\tERROR\tReconciler error graph/nightly",
            "sigs.k8s.io/controller-runtime/pkg/internal/controller.(*Controller).Reconcile",
            "\t/go/pkg/mod/controller.go:324",
            "2026-11-21T06:00:01Z\tERROR\tReconciler error graph/hourly",
            "\t/go/pkg/mod/controller.go:324",
        ];
        assert_eq!(kept(nightly(), &lines), [false, true, true, true, false, false]);
    }

    #[test]
    fn of_a_server_what_concerns_backups_is_kept() {
        let lines = [
            "2026-11-21 06:00:00.020+0000 INFO  Started.",
            "2026-11-21 06:00:01.020+0000 INFO  [c.n.b.BackupServer] Backup server started on 0.0.0.0:6362",
            "2026-11-21 06:00:02.020+0000 ERROR write failed: No space left on device",
            "Caused by: java.io.IOException: x",
            "2026-11-21 06:00:03.020+0000 INFO  Bolt enabled.",
        ];
        assert_eq!(kept(About::Backups, &lines), [false, true, true, true, false]);
    }
}
