//! The guides that people wrote before there was a plugin: their sections, and which scenario answers each.
//!
//! A section is a heading, or a numbered cause in bold below one: `1. **Missing RBAC Permissions**`. It is called as its
//! link is: `missing-rbac-permissions`. A scenario says at the head of its `bundle.yaml` what it answers:
//! `# answers: backup-restore-troubleshooting.md#missing-rbac-permissions`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::scenario::folders;

/// What a section is about that no scenario answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elsewhere {
    /// It describes no symptom: an introduction, a heading above others, a procedure, advice.
    NoSymptom,
    /// Another command than `doctor` answers it: what follows `kubectl neo4jbackup`.
    Command(&'static str),
    /// A command that is still to come answers it.
    ToCome(&'static str),
    /// It is about another database or another operator, and nothing of it holds for Neo4j.
    OtherProduct,
    /// It cannot be seen from outside of a pod.
    Unseen,
}

/// A guide and its sections that no scenario answers.
pub struct Guide {
    /// Its file below `seeds` of the shared folder.
    pub file: &'static str,
    /// Whether what is numbered and bold in it is a cause; else it is a step.
    pub has_causes: bool,
    pub elsewhere: &'static [(Elsewhere, &'static [&'static str])],
}

/// All of them.
pub const GUIDES: [Guide; 4] = [
    Guide {
        file: "backup-restore-troubleshooting.md",
        has_causes: true,
        elsewhere: &[
            (
                Elsewhere::NoSymptom,
                &[
                    "backup-restore-troubleshooting-guide",
                    "overview",
                    "common-backup-issues",
                    "backup-job-failures",
                    "cloud-storage-issues",
                    "scheduled-backup-issues",
                    "common-restore-issues",
                    "restore-job-failures",
                    "point-in-time-recovery-pitr-issues",
                    "backup-pod-issues-cluster",
                    "backup-pod-problems",
                    "backup-request-processing-issues",
                    "performance-issues",
                    "reduce-primary-load",
                    "network-optimization",
                    "storage-configuration",
                    "monitoring-and-alerting",
                    "emergency-recovery-procedures",
                    "best-practices-summary",
                    "backup-best-practices",
                    "restore-best-practices",
                    "performance-best-practices",
                ],
            ),
            (Elsewhere::Command("status"), &["backup-health-monitoring"]),
            (Elsewhere::Command("wait"), &["complete-database-recovery"]),
            (Elsewhere::Unseen, &["request-format-issues"]),
        ],
    },
    Guide {
        file: "runbook-backup-failure.md",
        has_causes: true,
        elsewhere: &[
            (
                Elsewhere::NoSymptom,
                &[
                    "runbook-backup-failure",
                    "overview",
                    "impact",
                    "immediate-response",
                    "diagnostic-steps",
                    "manual-backup-execution",
                    "backup-verification",
                    "root-cause-analysis",
                    "escalation",
                    "page",
                    "notify",
                    "create",
                    "document",
                    "consider",
                    "engage",
                    "prevention-hardening",
                    "implement-backup-monitoring",
                    "review-backup-strategy",
                    "improve-backup-scripts",
                    "document-recovery-procedures",
                    "related-alerts",
                    "additional-resources",
                ],
            ),
            (
                Elsewhere::Command("status"),
                &["assess-current-backup-status", "identify-failed-component"],
            ),
            (Elsewhere::ToCome("restore"), &["recovery-testing"]),
            (
                Elsewhere::OtherProduct,
                &[
                    "postgresql-backup-failure",
                    "redis-backup-failure",
                    "minio-backup-failure",
                    "postgresql-manual-backup",
                    "redis-manual-backup",
                    "minio-manual-backup",
                    "verify-postgresql-backup",
                    "verify-redis-backup",
                    "verify-minio-backup",
                ],
            ),
        ],
    },
    Guide {
        file: "non-restorable-backups.md",
        has_causes: false,
        elsewhere: &[
            (
                Elsewhere::NoSymptom,
                &[
                    "backups-complete-but-are-non-restorable-silent-failure-recovery-process",
                    "primary-recovery-method",
                    "steps",
                    "alternate-fallback-method",
                    "steps-1",
                    "recovery-targets",
                    "expected-data-loss",
                    "affected-components",
                    "assumptions-prerequisites",
                    "rollback-procedure",
                    "post-recovery-actions",
                    "related-scenarios",
                ],
            ),
            (Elsewhere::ToCome("restore"), &["verification-steps"]),
        ],
    },
    Guide {
        file: "cronjob-backup-to-spaces.md",
        has_causes: false,
        elsewhere: &[(
            Elsewhere::NoSymptom,
            &["technology-native-versus-snapshots", "restore", "step-1-1", "step-2-1"],
        )],
    },
];

impl Guide {
    /// The names of its sections, in their order.
    pub fn sections(&self, text: &str) -> Vec<String> {
        sections(text, self.has_causes)
    }
}

/// The names of the sections of a text, in their order, with what is numbered and bold or without.
pub fn sections(text: &str, has_causes: bool) -> Vec<String> {
    let mut is_code = false;
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut sections = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        let Some(title) = title(line, has_causes).filter(|_| !is_code) else {
            continue;
        };
        let name = link(title);
        let earlier = seen.entry(name.clone()).or_default();
        sections.push(match *earlier {
            0 => name,
            count => format!("{name}-{count}"),
        });
        *earlier += 1;
    }
    sections
}

/// The scenarios by the sections that they answer: `FILE#SECTION`.
pub fn answers() -> BTreeMap<String, BTreeSet<String>> {
    let mut answers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for folder in folders() {
        let about = fs::read_to_string(folder.join("bundle.yaml")).unwrap();
        let scenario = folder.file_name().unwrap().to_str().unwrap();
        for section in about.lines().filter_map(|line| line.strip_prefix("# answers: ")) {
            answers
                .entry(section.to_owned())
                .or_default()
                .insert(scenario.to_owned());
        }
    }
    answers
}

/// The title of a heading, or of a cause that is numbered and bold.
fn title(line: &str, has_causes: bool) -> Option<&str> {
    let heading = line.strip_prefix('#').map(|rest| rest.trim_start_matches('#'));
    if let Some(title) = heading.and_then(|rest| rest.strip_prefix(' ')) {
        return Some(title);
    }
    let (number, bold) = line.split_once(". **").filter(|_| has_causes)?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| bold.split("**").next()).flatten()
}

/// How a title is called in a link; `Symptom:` and a number at its front say nothing.
fn link(title: &str) -> String {
    let title = title.trim().trim_start_matches("Symptom: ");
    let title = title.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let words = title.split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '-'));
    let words: Vec<String> = words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    words.join("-")
}
