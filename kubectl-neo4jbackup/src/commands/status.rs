//! `status`: how every backup does, a line for each.

use neo4jbackup_core::live::Cluster;

use super::usage;
use crate::chosen::Asked;
use crate::cli::Status;
use crate::connection::Access;
use crate::look::{Look, Seen};
use crate::render::status::{self, Page};
use crate::status_list::StatusList;
use crate::{Exit, Io};

/// Runs the command.
pub(super) fn run(arguments: &Status, namespace: Option<&str>, access: Access, color: bool, io: &mut Io<'_>) -> Exit {
    let asked = match Asked::read(&arguments.targets, namespace) {
        Ok(asked) => asked,
        Err(error) => return usage(io, &error),
    };
    let look = Look {
        bundle: arguments.from_bundle.clone(),
        namespace: namespace.map(str::to_owned),
        all_namespaces: arguments.all_namespaces,
        only: asked.only(),
        timeout: arguments.timeout,
        reads_events: false,
        examines: false,
    };
    match look.take(access, io) {
        Ok(seen) => report(arguments, &seen, &asked, color, io),
        Err(error) => error.tell(io),
    }
}

/// Judges a snapshot and prints what it came to.
fn report(arguments: &Status, seen: &Seen, asked: &Asked, color: bool, io: &mut Io<'_>) -> Exit {
    let cluster = Cluster::of(&seen.snapshot);
    let chosen = match asked.find(&cluster) {
        Ok(chosen) => chosen,
        Err(error) => return usage(io, &error),
    };
    let bound = arguments
        .rpo
        .map(|rpo| i64::try_from(rpo.as_secs()).unwrap_or(i64::MAX));
    let list = StatusList::new(&cluster, seen.source.clone(), bound, &chosen);
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

/// Whether the locale can show more than ASCII.
fn is_utf8(io: &Io<'_>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| io.variable(name));
    locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}
