//! `report diff`: what has changed from one report to another.

use std::path::Path;

use neo4jbackup_core::live::Cluster;

use super::ReportError;
use super::contents::diagnosis;
use crate::cli::{ReportDiff as Arguments, ReportDiffFormat};
use crate::look::Seen;
use crate::report_diff::{Examined, ReportDiff};
use crate::{Exit, Io, json, render};

/// Runs the command.
pub(in crate::commands) fn run(arguments: &Arguments, io: &mut Io<'_>) -> Exit {
    let compared = compare(arguments, io);
    match compared {
        Ok(diff) => {
            io.print(&match arguments.output {
                ReportDiffFormat::Text => render::report_diff::text(&diff, io.width()),
                ReportDiffFormat::Json => json::pretty(&diff),
            });
            diff.exit()
        }
        Err(error) => error.tell(io),
    }
}

fn compare(arguments: &Arguments, io: &Io<'_>) -> Result<ReportDiff, ReportError> {
    let read = |path: &Path| Seen::of_bundle(&io.current_directory.join(path), path);
    let (before, after) = (read(&arguments.before)?, read(&arguments.after)?);
    let (before, after) = (examined(&before)?, examined(&after)?);
    Ok(ReportDiff::of(&before, &after))
}

fn examined(seen: &Seen) -> Result<Examined<'_>, ReportError> {
    let (wanted, namespace) = seen.asked(None, None)?;
    let diagnosis = diagnosis(&Cluster::of(&seen.snapshot), wanted, namespace)?;
    Ok(Examined { seen, diagnosis })
}
