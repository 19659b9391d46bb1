//! `webhook`: does the admission webhook do its work?

mod observe;

use neo4jbackup_cluster::chain;

use super::usage;
use crate::cli::{Webhook, WebhookCheck, WebhookCommand, WebhookFormat};
use crate::connection::Access;
use crate::look::{LookError, is_namespace};
use crate::render::auth::Page;
use crate::render::webhook;
use crate::{Exit, Io, json, yaml};

/// Runs the command.
pub(super) fn run(arguments: &Webhook, namespace: Option<&str>, access: Access, color: bool, io: &mut Io<'_>) -> Exit {
    let WebhookCommand::Check(arguments) = &arguments.command;
    if let Some(name) = namespace.filter(|name| !is_namespace(name)) {
        return usage(io, &LookError::Namespace(name.to_owned()));
    }
    check(arguments, namespace, access, color, io)
}

fn check(arguments: &WebhookCheck, namespace: Option<&str>, access: Access, color: bool, io: &mut Io<'_>) -> Exit {
    let report = match observe::observe(arguments, namespace, access, io) {
        Ok(report) => report,
        Err(error) => {
            io.say(&format!("error: {}", chain(&error)));
            return error.exit();
        }
    };
    let page = Page {
        color,
        width: io.width(),
    };
    io.print(&match arguments.output {
        WebhookFormat::Table => webhook::text(&report, &page),
        WebhookFormat::Short => webhook::short(&report),
        WebhookFormat::Json => json::pretty(&report),
        WebhookFormat::Yaml => yaml::of(&report),
    });
    report.exit()
}
