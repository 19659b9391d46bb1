//! `auth`: by which identity are the stores reached?

mod ask;
mod check;
mod local;
mod pod;
mod policy;
mod store;

use std::collections::BTreeSet;

use neo4jbackup_cluster::Purpose;
use neo4jbackup_core::auth::Access as Way;
use neo4jbackup_core::check::Looks;
use neo4jbackup_core::examine::Target;
use neo4jbackup_core::live::Cluster;
use neo4jbackup_core::quoted::Name;

use super::usage;
use crate::auth_report::AuthReport;
use crate::cli::{Auth, AuthCheck, AuthCommand, AuthFormat};
use crate::connection::Access;
use crate::look::{Look, Seen};
use crate::render::auth::{self, Page};
use crate::target::{TargetError, Wanted};
use crate::yaml;
use crate::{Exit, Io, json};

/// Runs the command.
pub(super) fn run(arguments: &Auth, namespace: Option<&str>, access: Access, color: bool, io: &mut Io<'_>) -> Exit {
    let AuthCommand::Check(arguments) = &arguments.command;
    if arguments.output == AuthFormat::Terraform && !arguments.policy {
        return usage(io, &"-o terraform prints policies: add --policy");
    }
    let wanted = match wanted(arguments) {
        Ok(wanted) => wanted,
        Err(error) => return usage(io, &error),
    };
    let seen = match look(arguments, namespace).take(access.clone(), io) {
        Ok(seen) => seen,
        Err(error) => return error.tell(io),
    };
    let cluster = Cluster::of(&seen.snapshot);
    let target = wanted.map(|wanted| wanted.find(namespace, &cluster)).transpose();
    let target = match target {
        Ok(target) => target,
        Err(error) => return usage(io, &error),
    };
    let question = Question {
        arguments,
        access,
        target: target.as_ref(),
        seen: &seen,
        cluster: &cluster,
        color,
    };
    if arguments.policy {
        policy::run(&question, io)
    } else if arguments.local {
        local::run(&question, io)
    } else if arguments.probe {
        pod::run(&question, io)
    } else {
        check::run(&question, io)
    }
}

/// What was asked, and what was looked at for that.
struct Question<'q> {
    arguments: &'q AuthCheck,
    access: Access,
    target: Option<&'q Target>,
    seen: &'q Seen,
    cluster: &'q Cluster<'q>,
    color: bool,
}

impl Question<'_> {
    /// Whether a backup or restore was asked about.
    fn is_asked(&self, way: &Way) -> bool {
        let object = &way.object;
        self.target
            .is_none_or(|of| of.kind() == object.kind && of.namespace == object.namespace && of.name == object.name)
    }

    /// What to say where there is nothing to look at.
    fn nothing(&self) -> String {
        let namespaces = self.cluster.snapshot.namespaces.as_ref();
        let one = namespaces
            .filter(|namespaces| namespaces.len() == 1)
            .and_then(BTreeSet::first);
        let place = one
            .map(|name| format!(" in namespace {}", Name(name)))
            .unwrap_or_default();
        format!("there are no backups and no restores{place}")
    }

    /// Prints a report, and says what the shell is told.
    fn print(&self, report: &AuthReport, io: &mut Io<'_>) -> Exit {
        let page = Page {
            color: self.color,
            width: io.width(),
        };
        io.print(&match self.arguments.output {
            AuthFormat::Json => json::pretty(report),
            AuthFormat::Yaml => yaml::of(report),
            AuthFormat::Table | AuthFormat::Terraform => auth::text(report, &page),
        });
        for reason in &report.not_read {
            io.say(&format!("not everything is known: {reason}"));
        }
        if report.items.is_empty() {
            io.say(&self.nothing());
        }
        report.exit()
    }
}

fn wanted(arguments: &AuthCheck) -> Result<Option<Wanted>, TargetError> {
    let wanted = arguments.target.as_deref().map(Wanted::read).transpose()?;
    match wanted {
        Some(wanted) if wanted.looks == Looks::AtPlainCronJobs => Err(TargetError::CronJob(wanted.name)),
        wanted => Ok(wanted),
    }
}

fn look(arguments: &AuthCheck, namespace: Option<&str>) -> Look {
    // Who else wants another identity on the same account is known from the others: all are read.
    Look::at(&arguments.look, namespace, Purpose::Causes)
}
