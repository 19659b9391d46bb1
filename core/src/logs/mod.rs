//! What a line of a log or an event says: which failure, which success, or nothing.
//!
//! The table is `core/logs/signatures.yaml`. A line is told by its sentence, so that the same failure is known from another
//! version, another SDK or another name; see the head of the table for the notation.

mod entries;
mod line;
mod merge;
mod position;
mod table;

use serde::Serialize;

pub use entries::{About, Entries, fields_of};
pub use line::{LONGEST, Line};
pub use merge::Merge;
pub use position::Position;
pub use table::{CLASSES, Class, Severity};

/// More of a line than this is not looked at; what decides stands at its beginning.
const LONGEST_LINE: usize = 16 * 1024;

/// The classes that say that a cloud does not know who asks, or does not let them.
pub const REFUSED_BY_CLOUD: [&str; 16] = [
    "aws-no-credentials",
    "aws-oidc-provider-missing",
    "aws-token-expired",
    "aws-web-identity-denied",
    "azure-client-secret-bad",
    "azure-federation-mismatch",
    "azure-no-credentials",
    "azure-permission-mismatch",
    "eks-pod-identity-failed",
    "gcs-invalid-grant",
    "gcs-no-credentials",
    "gcs-permission-denied",
    "gke-metadata-error",
    "gke-workload-identity-denied",
    "s3-access-denied",
    "s3-kms-denied",
];

/// The levels of a line that speaks of tries and not of results. A failure is never logged below `INFO` alone.
const QUIET: [&str; 2] = ["debug", "trace"];

/// Returns the class of a line, or `None` when it says nothing that the table knows.
pub fn classify(line: &str) -> Option<&'static Class> {
    let text = Text::of(line)?;
    let mut classes = CLASSES.iter();
    classes.find(|class| (class.is_calm() || !text.is_quiet) && class.matches(&text))
}

/// Returns the class of what the operator says of a restore that failed, or `None` when the table does not know it.
pub fn of_restore_message(message: &str) -> Option<&'static Class> {
    let text = Text::of(message)?;
    table::RESTORE_CLASSES.iter().find(|class| class.matches(&text))
}

/// A line as it is compared: in small letters, without what a logger puts before the message.
struct Text {
    /// The whole line.
    line: String,
    /// The line without names in single quotes, where a name may not decide: a database may be called `permission denied`.
    calm: Option<String>,
    is_quiet: bool,
}

impl Text {
    /// `None` for a frame of a stack trace and for a blank line: their names say where, and not what.
    fn of(line: &str) -> Option<Self> {
        let line = beginning(line.trim(), LONGEST_LINE);
        let is_frame = line.starts_with("at ") && line.contains('(') || is_omission(line);
        if line.is_empty() || is_frame {
            return None;
        }
        let line = line.to_lowercase();
        let level = |word: &str| has_word(&line, word);
        let is_quiet = QUIET.into_iter().any(level);
        // A virtual machine puts `INFO:` before its own failures; a logger puts it before progress.
        let is_progress = level("info") && !line.contains("vm warning");
        let calm = is_progress.then(|| without_names(&line));
        Some(Self { line, calm, is_quiet })
    }

    fn for_class(&self, class: &Class) -> &str {
        match (&self.calm, class.is_calm()) {
            (Some(calm), false) => calm,
            _ => &self.line,
        }
    }
}

/// `... 12 more`, which ends a stack trace.
fn is_omission(line: &str) -> bool {
    line.strip_prefix("... ").is_some_and(|rest| rest.ends_with(" more"))
}

/// Whether a level stands near the beginning of the line, as a word of its own.
fn has_word(line: &str, word: &str) -> bool {
    let head = beginning(line, 120);
    head.match_indices(word).any(|(start, _)| {
        let is_letter = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        !is_letter(head[..start].chars().next_back()) && !is_letter(head[start + word.len()..].chars().next())
    })
}

fn without_names(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    for (position, part) in line.split('\'').enumerate() {
        text.push_str(if position % 2 == 0 { part } else { "''" });
    }
    text
}

fn beginning(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    &text[..end.unwrap_or_default()]
}

/// What a whole log comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// Lines that were read.
    pub lines: usize,
    /// How many lines say that something failed.
    pub failures: usize,
    /// How many warn.
    pub warnings: usize,
    /// How many prove that something went well.
    pub successes: usize,
    /// How many look like a failure and are none.
    pub harmless: usize,
    /// The number of the first line that names a cause, from 1, with its class.
    pub cause: Option<(usize, &'static str)>,
    /// The number of the first line that says only that something failed.
    pub failed: Option<(usize, &'static str)>,
}

impl Summary {
    /// Adds the next line.
    pub fn add(&mut self, class: Option<&'static Class>) {
        self.lines += 1;
        let Some(class) = class else { return };
        match class.severity {
            Severity::Failure => {
                self.failures += 1;
                let first = if class.decides {
                    &mut self.cause
                } else {
                    &mut self.failed
                };
                first.get_or_insert((self.lines, &class.name));
            }
            Severity::Warning => self.warnings += 1,
            Severity::Success => self.successes += 1,
            Severity::Harmless => self.harmless += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(line: &str) -> Option<&'static str> {
        classify(line).map(|class| class.name.as_str())
    }

    #[test]
    fn the_classes_of_refusals_are_in_the_table() {
        for class in REFUSED_BY_CLOUD {
            assert!(CLASSES.iter().any(|known| known.name == class), "{class}");
        }
    }

    #[test]
    fn a_failure_is_known_by_its_sentence() {
        for (line, expected) in [
            ("write /backups/x: no space left on device", "no-space-left"),
            ("Caused by: java.io.IOException: Disk quota exceeded", "no-space-left"),
            (
                "S3Exception: Access Denied (Service: S3, Status Code: 403, Request ID: X)",
                "s3-access-denied",
            ),
            (
                "An error occurred (ExpiredToken) when calling the PutObject operation",
                "aws-token-expired",
            ),
            (
                "dial tcp 10.0.0.7:6362: connect: connection refused",
                "backup-port-refused",
            ),
            (
                "0/5 nodes are available: 5 Insufficient memory. preemption: none",
                "unschedulable-resources",
            ),
            (
                "There is insufficient memory for the Java Runtime Environment to continue.",
                "jvm-native-oom",
            ),
        ] {
            assert_eq!(name(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn what_only_has_the_words_of_a_failure_is_none() {
        for line in [
            "",
            "    at software.amazon.awssdk.services.s3.model.NoSuchBucketException.build(S3.java:12)",
            "... 27 more",
            "DEBUG [o.a.h.w] << \"AccessDenied\"",
            "2026-11-20 02:04:11.020+0000 INFO  [c.n.b.b.Backup] Starting backup of database 'permission denied'",
            "Everything is fine.",
        ] {
            assert_eq!(name(line), None, "{line}");
        }
        let success =
            "INFO  [c.n.b.b.BackupOutputMonitor] Finished artifact creation 'no space left.backup' for database 'x'";
        assert_eq!(name(success), Some("backup-succeeded"));
    }

    #[test]
    fn what_the_operator_says_of_a_restore_is_known_in_the_words_of_each_version() {
        let name = |message: &str| of_restore_message(message).map(|class| class.name.as_str());
        for (message, expected) in [
            (
                "restore \"r\" cannot run against a live cluster: 1 server pod(s) of \"s\" are still present. Set \
                 spec.stopCluster=true to let the operator coordinate the scale-down",
                "target-runs",
            ),
            (
                "restore \"r\" cannot run against a running standalone (it restores offline: the backup did not record the \
                 artifact to seed from)",
                "target-runs-offline",
            ),
            (
                "Failed to create restore job: failed to build restore command: no backup source path could be determined \
                 for PITR restore",
                "base-backup-missing",
            ),
            (
                "Failed to create restore job: Job.batch \"bad-restore\" is invalid: \
                 spec.template.spec.containers[0].volumeMounts[0].name: Not found: \"backup-storage\"",
                "storage-missing",
            ),
            (
                "Database check failed: database x already exists. Use replaceExisting option or force flag to overwrite",
                "database-exists",
            ),
            (
                "Database check failed: failed to create Neo4j client: failed to verify Neo4j connectivity",
                "server-not-reached",
            ),
            ("Validation failed: backup \"x\" not found: …", "backup-missing"),
            (
                "Validation failed: backupRef is required when source type is 'backup'",
                "not-valid",
            ),
            (
                "restore Job disappeared before completion was observed (TTL-collected); re-create the Neo4jRestore to retry",
                "job-gone",
            ),
        ] {
            assert_eq!(name(message), Some(expected), "{message}");
        }
        assert_eq!(name("Restore job nightly-restore created"), None);
    }

    #[test]
    fn the_first_line_with_a_cause_counts_and_not_the_first_that_failed() {
        let mut summary = Summary::default();
        for line in [
            "Backup failed",
            "something",
            "No space left on device",
            "Connection refused: a:6362",
            "Backup job failed",
        ] {
            summary.add(classify(line));
        }
        assert_eq!(summary.cause, Some((3, "no-space-left")));
        assert_eq!(summary.failed, Some((1, "backup-failed-generic")));
        assert_eq!((summary.lines, summary.failures), (5, 4));
    }

    #[test]
    fn every_class_finds_each_of_its_own_signatures() {
        let mut hidden = Vec::new();
        for class in CLASSES.iter() {
            for example in class.signatures().iter().map(table::Signature::example) {
                let found = classify(&example);
                // Another class may be tried first; one that means something else may not.
                if found.is_none_or(|found| found.severity != class.severity) {
                    hidden.push(format!(
                        "{}: «{example}» is {:?}",
                        class.name,
                        found.map(|found| &found.name)
                    ));
                }
            }
        }
        assert!(hidden.is_empty(), "{}", hidden.join("\n"));
    }

    proptest! {
        #[test]
        fn any_line_gets_an_answer(line in r"[a-zA-Z0-9 :.'…\x00-\x20é…𝄞-]{0,400}") {
            let _ = classify(&line);
        }
    }
}
