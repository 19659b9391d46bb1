//! NB7004.

use crate::operator::Versions;
use crate::rule::prelude::*;
use crate::subject::location::{Location, locations};
use crate::values::names::{is_dns_subdomain, is_safe_absolute_path};
use crate::values::object_path::first_refused_character;

declare_rule! {
    /// Buckets and paths become part of a command, so the operator takes only harmless characters.
    ///
    /// ## What it checks
    /// `bucket` and `path` have only letters, digits, `.`, `_`, `-` and `/`; `options.tempPath` too, and it is absolute;
    /// `chainFromBackup` is a name that a backup can have. In restores `tempPath` gives a warning, and `path` and
    /// `backupPath` do with operators before 1.12.
    ///
    /// ## Why it matters
    /// Operators from 1.11.2 on mark such a backup `Invalid` and never run it. Older ones put the text into a shell script as
    /// it stands, where a blank splits it and `;` or `$(…)` runs as a command. The paths of a restore are not checked, and
    /// quoted in the command: `env=prod/2025` is a key like any other.
    ///
    /// ## Bad
    /// ```yaml
    /// path: "neo4j backups"
    /// ```
    ///
    /// ## Good
    /// ```yaml
    /// path: neo4j-backups
    /// ```
    CharacterRefused {
        code: "NB7004", name: "character-refused", severity: Error,
        kinds: LOCATED, reads: STORES + SOURCES + BUCKETS + PATHS + [
            "spec.chainFromBackup", "spec.options.tempPath", "spec.backups.defaultStorage.type",
            "spec.backups.defaultStorage.bucket", "spec.backups.defaultStorage.path",
        ],
        needs: [], doors: All, fix: None, cel: Expressible, since: "0.1",
        changes: [
            QUOTES_PATHS, "the paths of a restore are quoted in the command and may hold any character";
        ],
    }
}

impl Rule for CharacterRefused {
    fn check(&self, subject: &Subject<'_>, _: &Inventory, report: &mut Collector) {
        let severity = if subject.is_validated() {
            Severity::Error
        } else {
            Severity::Warning
        };
        let is_quoted = subject.kind == Kind::Neo4jRestore && subject.operator.is_in(QUOTES_PATHS);
        for location in locations(subject) {
            bucket(&location, report);
            if !is_quoted {
                characters(&location.storage.path(), severity, report);
            }
        }
        temp_path(&subject.field("spec.options.tempPath"), severity, report);
        if let Some(backup) = subject.backup() {
            chain(&backup.chain_from(), severity, report);
        }
        if let Some(restore) = subject.restore().filter(|_| !is_quoted) {
            characters(&restore.backup_path(), severity, report);
            characters(&restore.base_backup().field("backupPath"), severity, report);
        }
    }
}

/// The operators that quote the paths of a restore in its command.
const QUOTES_PATHS: Versions = Versions::range("1.12+");

fn bucket(location: &Location<'_>, report: &mut Collector) {
    let field = location.storage.bucket();
    let name = field.text().unwrap_or_default();
    // No name at all, and schemes and ARNs, are wrong in ways that other rules explain better.
    let explained = name.trim().is_empty() || name.contains("://") || name.trim().starts_with("arn:");
    if location.cloud_store().is_none() || !explained {
        // No store has a bucket with such a character, whoever reads it.
        characters(&field, location.severity(), report);
    }
}

fn characters(field: &Field<'_>, severity: Severity, report: &mut Collector) {
    let Some(text) = field.text() else { return };
    let Some(refused) = first_refused_character(text) else {
        return;
    };
    let verdict = if severity == Severity::Error {
        "which the operator refuses"
    } else {
        "which is not safe in a command"
    };
    report
        .at(
            field,
            format!("{} has the character {}, {verdict}", quoted(text), character(refused)),
        )
        .help("use only letters, digits, `.`, `_`, `-` and `/`")
        .severity(severity);
}

fn temp_path(field: &Field<'_>, severity: Severity, report: &mut Collector) {
    let Some(text) = field.text().filter(|text| !is_safe_absolute_path(text)) else {
        return;
    };
    let message = if text.starts_with('/') {
        format!("{} has characters that are not safe in a command", quoted(text))
    } else {
        format!("{} is not an absolute path", quoted(text))
    };
    report
        .at(field, message)
        .help("use an absolute path of letters, digits, `.`, `_`, `-` and `/`, such as `/tmp/neo4j`")
        .severity(severity);
}

fn chain(field: &Field<'_>, severity: Severity, report: &mut Collector) {
    let Some(text) = field.text().filter(|text| !is_dns_subdomain(text)) else {
        return;
    };
    report
        .at(field, format!("{} is a name that no backup can have", quoted(text)))
        .help("name an existing `Neo4jBackup` of this namespace")
        .severity(severity);
}
