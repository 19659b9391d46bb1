//! `rbac check`: may everybody do what he needs, and what may he do beyond it?

use std::collections::BTreeSet;

use neo4jbackup_cluster::{
    AccessError, AccessReader, Purpose, ReadError, ReadRoles, Reading, WhoamiError, chain, read, read_roles, whoami,
};
use neo4jbackup_core::live::Cluster;
use neo4jbackup_core::rbac::evaluate::Caller;
use neo4jbackup_core::rbac::needs::{Party, Wanted};
use neo4jbackup_core::rbac::rule::Action;
use neo4jbackup_core::snapshot::Resource;

use super::parties::subjects;
use crate::cli::{RbacCheck, RightsOf};
use crate::commands::usage;
use crate::connection::{self, Access, ConnectionError};
use crate::look::{REQUEST_TIMEOUT, Source, is_namespace, request_timeout};
use crate::render::rights::{self, Page};
use crate::rights_report::{Beyond, Known, RightsReport, Subject};
use crate::status_list::not_read;
use crate::{Exit, Io};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
enum Unanswered {
    /// No cluster.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// A cluster that does not answer.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Who asks is not known.
    #[error(transparent)]
    Whoami(#[from] WhoamiError),
    /// What somebody may do is not said.
    #[error(transparent)]
    Access(#[from] AccessError),
}

/// Runs the command.
pub(super) fn run(arguments: &RbacCheck, namespace: Option<&str>, access: Access, io: &mut Io<'_>) -> Exit {
    if let Some(name) = namespace.filter(|name| !is_namespace(name)) {
        return usage(io, &crate::look::LookError::Namespace(name.to_owned()));
    }
    let report = match report(arguments, namespace, access, io) {
        Ok(report) => report,
        Err(error) => {
            io.say(&format!("error: {}", chain(&error)));
            return match error {
                Unanswered::Connection(error) => error.exit(),
                Unanswered::Read(_) | Unanswered::Whoami(_) | Unanswered::Access(_) => Exit::Incomplete,
            };
        }
    };
    let page = Page {
        shows_all: arguments.all,
        width: io.width(),
    };
    io.print(&rights::render(&report, arguments.output, &page));
    for reason in &report.not_read {
        io.say(&format!("not everything is known: {reason}"));
    }
    report.exit()
}

fn report(
    arguments: &RbacCheck,
    namespace: Option<&str>,
    access: Access,
    io: &mut Io<'_>,
) -> Result<RightsReport, Unanswered> {
    let access = Access {
        patience: Some(arguments.scope.timeout + REQUEST_TIMEOUT),
        ..access
    };
    let taken = io.now;
    connection::ask(&access, io, async |cluster| {
        let namespace = namespace.map_or_else(|| cluster.namespace().to_owned(), str::to_owned);
        let namespaces = (!arguments.scope.all_namespaces).then(|| BTreeSet::from([namespace]));
        let reading = Reading {
            namespaces: namespaces.clone(),
            only: None,
            request_timeout: request_timeout(&access),
            timeout: arguments.scope.timeout,
            purpose: Purpose::Rights,
            reads_events: false,
        };
        let (me, seen) = (whoami(cluster).await?, read(cluster, &reading, taken).await?);
        let me = Caller {
            name: me.name,
            groups: me.groups,
        };
        let view = Cluster::of(&seen.snapshot);
        let operator = arguments
            .scope
            .operator_version
            .as_ref()
            .map(|version| version.operator);
        let party = arguments.level.party();
        let subjects = subjects(&view, &arguments.of, party, &me, operator);
        let roles = read_roles(cluster, &namespaces.unwrap_or_default()).await;
        let reader = AccessReader::new(cluster);
        let mut known = Vec::new();
        for subject in subjects {
            let wanted = subject.wanted();
            let answer = answer(&reader, &subject, &wanted, &roles).await?;
            known.push((subject, wanted, answer));
        }
        let source = Source {
            context: cluster.context().map(str::to_owned),
            bundle: None,
        };
        let unread = unread(&view, arguments, &known);
        Ok(RightsReport::new(&view, source, &known, &roles, unread))
    })
}

/// Asks the API server, or reckons from the roles where it may not be asked.
async fn answer(
    reader: &AccessReader,
    subject: &Subject,
    wanted: &[Wanted],
    roles: &ReadRoles,
) -> Result<Known, AccessError> {
    let actions: Vec<_> = wanted.iter().map(|wanted| wanted.action.clone()).collect();
    if actions.is_empty() {
        return Ok(Known {
            way: None,
            allowed: Vec::new(),
        });
    }
    let answered = if subject.is_asker {
        reader.ask_for_self(&actions).await
    } else {
        reader.ask_for(&subject.caller, &actions).await
    };
    match answered {
        Ok(answered) => Ok(Known {
            way: Some(answered.way),
            allowed: answered.allowed.into_iter().map(Some).collect(),
        }),
        Err(AccessError::Forbidden) => {
            let reckoned = actions.into_iter().map(|action| {
                let is_allowed = roles.roles.allows(&subject.caller, &Action::Resource(action)).is_some();
                // What part of the roles allows is allowed; what it does not, another part may.
                (is_allowed || roles.missing.is_empty()).then_some(is_allowed)
            });
            Ok(Known {
                way: None,
                allowed: reckoned.collect(),
            })
        }
        Err(error) => Err(error),
    }
}

/// What the answer rests on and could not be read.
fn unread(cluster: &Cluster<'_>, arguments: &RbacCheck, known: &[(Subject, Vec<Wanted>, Known)]) -> Vec<String> {
    let is_asked = |one| arguments.of.is_empty() || arguments.of.contains(&one);
    let mut reasons = Vec::new();
    if is_asked(RightsOf::Backup) || is_asked(RightsOf::Restore) {
        reasons.extend(not_read(cluster, &[Resource::Backups, Resource::Restores]));
    }
    if is_asked(RightsOf::Operator) || is_asked(RightsOf::Webhook) {
        reasons.extend(not_read(cluster, &[Resource::Deployments]));
    }
    let has_operator = known.iter().any(|(subject, ..)| subject.party == Party::Operator);
    let was_read = not_read(cluster, &[Resource::Deployments]).is_empty();
    if is_asked(RightsOf::Operator) && !has_operator && was_read {
        reasons.push("no operator was found".to_owned());
    }
    let has_webhook = known.iter().any(|(subject, ..)| subject.party == Party::Webhook);
    if arguments.of.contains(&RightsOf::Webhook) && !has_webhook && was_read {
        reasons.push("no webhook was found".to_owned());
    }
    let depends = known.iter().any(|(subject, wanted, _)| {
        let is_open = subject.beyond != Beyond::Ignored || wanted.iter().any(|wanted| !wanted.is_certain);
        subject.operator.is_none() && is_open
    });
    if depends {
        let help = "which operator is installed, on which depends what is needed: --operator-version says it";
        reasons.push(help.to_owned());
    }
    reasons
}
