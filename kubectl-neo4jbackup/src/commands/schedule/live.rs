//! `schedule`: when the backups of a cluster run, and what gets in their way.

use neo4jbackup_cluster::Purpose;
use neo4jbackup_core::live::Cluster;

use crate::chosen::Asked;
use crate::cli::LiveSchedule;
use crate::commands::usage;
use crate::connection::Access;
use crate::look::Look;
use crate::render::schedule::{self, Page};
use crate::schedule_list::ScheduleList;
use crate::zone::Zone;
use crate::{Exit, Io};

/// Runs the command.
pub(crate) fn run(arguments: &LiveSchedule, namespace: Option<&str>, access: Access, io: &mut Io<'_>) -> Exit {
    let asked = match Asked::read(&arguments.targets, namespace) {
        Ok(asked) => asked,
        Err(error) => return usage(io, &error),
    };
    // What runs beside a backup is not known from its own Jobs: all are read.
    let look = Look::at(&arguments.look, namespace, Purpose::Schedules);
    let seen = match look.take(access, io) {
        Ok(seen) => seen,
        Err(error) => return error.tell(io),
    };
    let cluster = Cluster::of(&seen.snapshot);
    let chosen = match asked.find(&seen, &cluster) {
        Ok(chosen) => chosen,
        Err(error) => return usage(io, &error),
    };
    let zone = Zone::of_reader(io);
    let count = usize::from(arguments.next.get());
    let list = ScheduleList::new(&cluster, seen.source, &chosen, &zone, count);
    let page = Page {
        has_namespaces: arguments.look.all_namespaces || list.spans_namespaces(),
        width: io.width(),
    };
    io.print(&schedule::render(&list, arguments.output, &page));
    for reason in &list.not_read {
        io.say(&format!("not everything is known: {reason}"));
    }
    if list.items.is_empty() {
        let what = if chosen.is_named() {
            "none of these"
        } else {
            "no backup"
        };
        io.say(&format!("{what} has a schedule"));
    }
    list.exit()
}
