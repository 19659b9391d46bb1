//! `status`: how every backup does, a line for each.

use neo4jbackup_core::check::Looks;
use neo4jbackup_core::examine::Target;
use neo4jbackup_core::live::Cluster;

use super::usage;
use crate::cli::Status;
use crate::connection::Access;
use crate::locale::is_utf8;
use crate::look::{Look, Seen};
use crate::render::status::{self, Page};
use crate::status_list::StatusList;
use crate::target::{TargetError, Wanted};
use crate::{Exit, Io};

/// Runs the command.
pub(super) fn run(arguments: &Status, namespace: Option<&str>, access: Access, color: bool, io: &mut Io<'_>) -> Exit {
    let read: Result<Vec<Wanted>, TargetError> = arguments.targets.iter().map(|word| Wanted::read(word)).collect();
    let wanted = match read {
        Ok(wanted) => wanted,
        Err(error) => return usage(io, &error),
    };
    if let Some(restore) = wanted.iter().find(|wanted| wanted.looks == Looks::AtRestores) {
        let message = format_args!("restore/{} is no backup; `doctor` looks at restores", restore.name);
        return usage(io, &message);
    }
    let look = Look {
        bundle: arguments.from_bundle.clone(),
        namespace: namespace.map(str::to_owned),
        all_namespaces: arguments.all_namespaces,
        // Of a CronJob the Jobs have no label of ours.
        only: match &wanted[..] {
            [one] if one.looks == Looks::AtBackups => Some(one.name.clone()),
            _ => None,
        },
        timeout: arguments.timeout,
        examines: false,
    };
    match look.take(access, io) {
        Ok(seen) => report(arguments, namespace, &seen, &wanted, color, io),
        Err(error) => error.tell(io),
    }
}

/// Judges a snapshot and prints what it came to.
fn report(
    arguments: &Status,
    namespace: Option<&str>,
    seen: &Seen,
    wanted: &[Wanted],
    color: bool,
    io: &mut Io<'_>,
) -> Exit {
    let cluster = Cluster::of(&seen.snapshot);
    let found: Result<Vec<Target>, TargetError> =
        wanted.iter().map(|wanted| wanted.find(namespace, &cluster)).collect();
    let targets = match found {
        Ok(targets) => targets,
        Err(error) => return usage(io, &error),
    };
    let bound = arguments
        .rpo
        .map(|rpo| i64::try_from(rpo.as_secs()).unwrap_or(i64::MAX));
    let within = |place: &str| namespace.is_none_or(|namespace| namespace == place);
    let selects = |looks: Looks, place: &str, name: &str| {
        let is_target = |target: &Target| target.looks == looks && target.namespace == place && target.name == name;
        within(place) && (targets.is_empty() || targets.iter().any(is_target))
    };
    let list = StatusList::new(&cluster, seen.source.clone(), bound, &selects);
    let knows_width = io.variable("COLUMNS").is_some() || io.terminal_width.is_some();
    let page = Page {
        has_namespaces: arguments.all_namespaces || list.spans_namespaces(),
        has_headers: !arguments.no_headers,
        is_ascii: arguments.ascii || !is_utf8(io),
        color,
        // Who reads it by a program gets every column.
        width: if knows_width { io.width() } else { usize::MAX },
    };
    io.print(&status::render(&list, arguments.output, &page));
    for reason in &list.not_read {
        io.say(&format!("not everything is known: {reason}"));
    }
    if let Some(line) = status::attention(&list, arguments.from_bundle.as_deref()) {
        io.say(&line);
    }
    list.exit()
}
