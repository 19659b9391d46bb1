//! `report`: everything that `doctor` looks at, in one archive, without secrets.

mod contents;
mod destination;
pub(in crate::commands) mod diff;
mod readme;
mod redaction;
mod versions;

use std::path::Path;

use neo4jbackup_cluster::Purpose;
use neo4jbackup_core::quoted::Name;
use neo4jbackup_core::redact::{Extent, Redactor};

use self::contents::Contents;
use self::destination::{Destination, DestinationError};
use self::redaction::Redaction;
use super::usage;
use crate::bundle::{Bundle, pack};
use crate::cli::CollectReport;
use crate::connection::Access;
use crate::look::{Look, LookError, Seen};
use crate::render::summary::number;
use crate::target::{TargetError, Wanted};
use crate::{Exit, Io};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
enum ReportError {
    /// Nothing could be looked at.
    #[error(transparent)]
    Look(#[from] LookError),
    /// It is not there of what it was to be.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Of what was collected a part is wanted, and a report has all of it.
    #[error(
        "a report of {bundle} holds everything that is in it, and not only {part}; leave {part} out here, and name it where the \
         report is read"
    )]
    Part {
        /// What was collected.
        bundle: String,
        /// The part, as the command line has it.
        part: String,
    },
    /// It cannot be written.
    #[error(transparent)]
    Destination(#[from] DestinationError),
    /// Nobody has said that nothing is to be redacted.
    #[error(
        "--no-redact leaves every password, token and key in the report that somebody has written into an object or a log; \
         if you are sure, say --no-redact --yes"
    )]
    Unredacted,
}

impl ReportError {
    fn tell(&self, io: &mut Io<'_>) -> Exit {
        let exit = match self {
            Self::Look(error) => return error.tell(io),
            Self::Target(_) | Self::Part { .. } => return usage(io, self),
            Self::Destination(error) => error.exit(),
            Self::Unredacted => Exit::Refused,
        };
        io.say(&format!("error: {self}"));
        exit
    }
}

/// Runs the command.
pub(super) fn run(arguments: &CollectReport, namespace: Option<&str>, access: Access, io: &mut Io<'_>) -> Exit {
    match make(arguments, namespace, access, io) {
        Ok(is_complete) if is_complete || arguments.allow_incomplete => Exit::Good,
        Ok(_) => Exit::Incomplete,
        Err(error) => error.tell(io),
    }
}

/// Makes a report. Returns whether everything is known that a diagnosis rests on.
fn make(
    arguments: &CollectReport,
    namespace: Option<&str>,
    access: Access,
    io: &mut Io<'_>,
) -> Result<bool, ReportError> {
    if arguments.no_redact && !arguments.yes {
        return Err(ReportError::Unredacted);
    }
    let wanted = arguments.target.as_deref().map(Wanted::read).transpose()?;
    let is_named = arguments.output.is_some() && !arguments.dry_run;
    if is_named {
        // Who has to wait for a cluster wants to hear before that nothing can come of it.
        Destination::choose(arguments, Path::new(""), io)?;
    }
    let seen = look(arguments, namespace, wanted.as_ref(), access, io)?;
    refuse_part(&seen, wanted.as_ref(), namespace)?;
    let (wanted, namespace) = seen.asked(wanted.as_ref(), namespace)?;
    let (wanted, namespace) = (wanted.cloned(), namespace.map(str::to_owned));
    let mut bundle = Bundle {
        snapshot: seen.snapshot,
        target: wanted.as_ref().map(Wanted::word),
        server_version: seen.server_version,
    };
    let redaction = redact(arguments, &mut bundle);
    let contents = Contents::of(&bundle, wanted.as_ref(), namespace.as_deref(), redaction)?;
    let default = contents.file_name();
    if arguments.dry_run {
        io.print(&contents.list());
        return Ok(contents.is_complete);
    }
    let destination = Destination::choose(arguments, Path::new(&default), io)?;
    let time = bundle.snapshot.taken.as_second();
    let packed = pack(&contents.files, &contents.folder, time, Vec::new()).map_err(DestinationError::Pack)?;
    destination.write(&packed, arguments.force, io)?;
    tell(&contents, &destination, packed.len(), io);
    Ok(contents.is_complete)
}

/// Nothing is left out of what was collected: who names a part of it would hand on more than was meant.
fn refuse_part(seen: &Seen, wanted: Option<&Wanted>, namespace: Option<&str>) -> Result<(), ReportError> {
    let Some(bundle) = &seen.source.bundle else {
        return Ok(());
    };
    let is_same = |wanted: &Wanted| {
        seen.collected
            .as_ref()
            .is_some_and(|collected| collected.wanted == *wanted)
    };
    let is_all = |namespace: &str| {
        let collected = seen.snapshot.namespaces.as_ref();
        collected.is_some_and(|names| names.len() == 1 && names.contains(namespace))
    };
    let part = match (wanted, namespace) {
        (Some(wanted), _) if !is_same(wanted) => wanted.word(),
        (_, Some(namespace)) if !is_all(namespace) => format!("namespace {}", Name(namespace)),
        _ => return Ok(()),
    };
    Err(ReportError::Part {
        bundle: bundle.clone(),
        part,
    })
}

fn look(
    arguments: &CollectReport,
    namespace: Option<&str>,
    wanted: Option<&Wanted>,
    access: Access,
    io: &mut Io<'_>,
) -> Result<Seen, LookError> {
    let look = Look {
        only: wanted
            .filter(|wanted| wanted.narrows())
            .map(|wanted| wanted.name.clone()),
        asks_version: true,
        ..Look::at(&arguments.look, namespace, Purpose::Causes)
    };
    look.take(access, io)
}

fn redact(arguments: &CollectReport, bundle: &mut Bundle) -> Redaction {
    if arguments.no_redact {
        return Redaction::None;
    }
    let extent = if arguments.redact_names {
        Extent::Places
    } else {
        Extent::Secrets
    };
    let mut redactor = Redactor::new(extent);
    redactor.snapshot(&mut bundle.snapshot);
    Redaction::Of {
        has_places: arguments.redact_names,
        counts: redactor.counts().collect(),
    }
}

/// Says what was written, what was taken out, what is missing, and what to do with it.
fn tell(contents: &Contents<'_>, destination: &Destination, bytes: usize, io: &mut Io<'_>) {
    let files = number(contents.files.len(), "file");
    let mut lines = vec![format!("wrote {destination} ({}, {files})", contents::size(bytes))];
    lines.push(contents.redaction.to_string());
    if let Some(missing) = contents.missing_line() {
        lines.push(missing);
    }
    if let Some(file) = destination.shown() {
        let file = Name(&file.to_string_lossy()).to_string();
        lines.push(format!("look at it: kubectl neo4jbackup doctor --from-bundle {file}"));
    }
    for line in lines {
        if destination.is_output() {
            io.say(&line);
        } else {
            io.print(&format!("{line}\n"));
        }
    }
}
