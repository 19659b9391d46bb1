//! `auth`: by which identity are the stores reached?

use neo4jbackup_core::auth::{Access, accesses};
use neo4jbackup_core::check::Looks;
use neo4jbackup_core::live::Cluster;
use serde::Serialize;

use super::usage;
use crate::about::About;
use crate::cli::{Auth, AuthCheck, AuthCommand, AuthFormat};
use crate::connection::Access as Connection;
use crate::look::Look;
use crate::render::yaml;
use crate::target::{TargetError, Wanted};
use crate::unread::unread;
use crate::{Exit, Io, json};

/// Runs the command.
pub(super) fn run(arguments: &Auth, namespace: Option<&str>, connection: Connection, io: &mut Io<'_>) -> Exit {
    match &arguments.command {
        AuthCommand::Check(arguments) => check(arguments, namespace, connection, io),
    }
}

fn check(arguments: &AuthCheck, namespace: Option<&str>, connection: Connection, io: &mut Io<'_>) -> Exit {
    let wanted = match arguments.target.as_deref().map(Wanted::read).transpose() {
        Ok(wanted) => wanted,
        Err(error) => return usage(io, &error),
    };
    if let Some(wanted) = wanted.as_ref().filter(|wanted| wanted.looks == Looks::AtPlainCronJobs) {
        return usage(io, &TargetError::CronJob(wanted.name.clone()));
    }
    let look = Look {
        bundle: arguments.from_bundle.clone(),
        namespace: namespace.map(str::to_owned),
        all_namespaces: arguments.all_namespaces,
        // Who else wants another identity on the same account is known from the others.
        only: None,
        timeout: arguments.timeout,
        reads_events: false,
        examines: true,
        asks_version: false,
    };
    let seen = match look.take(connection, io) {
        Ok(seen) => seen,
        Err(error) => return error.tell(io),
    };
    let cluster = Cluster::of(&seen.snapshot);
    let target = wanted
        .as_ref()
        .map(|wanted| wanted.find(namespace, &cluster))
        .transpose();
    let target = match target {
        Ok(target) => target,
        Err(error) => return usage(io, &error),
    };
    let mut found = accesses(&cluster);
    found.retain(|access| {
        let object = &access.object;
        target
            .as_ref()
            .is_none_or(|of| of.kind() == object.kind && of.namespace == object.namespace && of.name == object.name)
    });
    let not_read: Vec<String> = cluster
        .snapshot
        .gaps()
        .map(|(resource, gap)| unread(resource, &gap.cause))
        .collect();
    let report = Report {
        about: About::new("AuthReport", &cluster, seen.source, not_read.is_empty()),
        not_read,
        items: found.iter().map(Item::of).collect(),
    };
    io.print(&match arguments.output {
        AuthFormat::Table => text(&report),
        AuthFormat::Json => json::pretty(&report),
        AuthFormat::Yaml => yaml::of(&report),
    });
    for reason in &report.not_read {
        io.say(&format!("not everything is known: {reason}"));
    }
    if report.about.complete {
        Exit::Good
    } else {
        Exit::Incomplete
    }
}

/// By which identity the stores are reached.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    #[serde(flatten)]
    about: About,
    not_read: Vec<String>,
    items: Vec<Item>,
}

/// A backup or restore.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    kind: String,
    namespace: String,
    name: String,
    provider: Option<&'static str>,
    method: &'static str,
    account: Option<String>,
}

impl Item {
    fn of(access: &Access) -> Self {
        Self {
            kind: access.object.kind.clone(),
            namespace: access.object.namespace.clone(),
            name: access.object.name.clone(),
            provider: access
                .place
                .as_ref()
                .and_then(|place| place.provider)
                .map(neo4jbackup_core::model::Provider::as_str),
            method: access.method.as_str(),
            account: access.actor.account().map(str::to_owned),
        }
    }
}

fn text(report: &Report) -> String {
    let lines = report.items.iter().map(|item| {
        format!(
            "{}/{}: {}, {}, ServiceAccount {}\n",
            item.namespace,
            item.name,
            item.provider.unwrap_or("no cloud"),
            item.method,
            item.account.as_deref().unwrap_or("not known"),
        )
    });
    lines.collect()
}
