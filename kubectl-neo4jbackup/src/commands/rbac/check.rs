//! `rbac check`: may everybody do what he needs, and what may he do beyond it?

use std::collections::BTreeSet;

use neo4jbackup_cluster::{
    AccessError, AccessReader, Purpose, ReadError, Reading, WhoamiError, chain, read, read_roles, whoami,
};
use neo4jbackup_core::live::Cluster;
use neo4jbackup_core::rbac::evaluate::Caller;
use neo4jbackup_core::rbac::needs::{Party, Wanted};
use neo4jbackup_core::snapshot::Resource;

use super::ask::ask;
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
        let (namespaces, timeout) = (namespaces.unwrap_or_default(), arguments.scope.timeout);
        let roles = &read_roles(cluster, &namespaces, request_timeout(&access), timeout).await;
        let reader = AccessReader::new(cluster);
        let mut known = Vec::new();
        for subject in subjects {
            let wanted = subject.wanted();
            let actions: Vec<_> = wanted.iter().map(|wanted| wanted.action.clone()).collect();
            let answer = if subject.is_asker {
                reader.ask_for_self(&actions).await?.into()
            } else {
                ask(&reader, &subject.caller, &actions, async || roles).await?
            };
            known.push((subject, wanted, answer));
        }
        let source = Source {
            context: cluster.context().map(str::to_owned),
            bundle: None,
        };
        let unread = unread(&view, arguments, &known);
        Ok(RightsReport::new(&view, source, &known, roles, unread))
    })
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

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use neo4jbackup_core::document::Node;
    use neo4jbackup_core::facts::Cause;
    use neo4jbackup_core::snapshot::{Gap, Snapshot, StoredObject};
    use serde_json::json;

    use super::*;
    use crate::cli::{Command, Invocation, RbacCommand};

    /// What `rbac check` says that it does not know, with these words, of what was read.
    fn notes(words: &[&str], snapshot: &Snapshot) -> Vec<String> {
        let words = [&["kubectl-neo4jbackup", "rbac", "check"], words].concat();
        let Command::Rbac(rbac) = Invocation::try_parse_from(words).unwrap().command else {
            panic!("another command")
        };
        let RbacCommand::Check(arguments) = rbac.command else {
            panic!("another command")
        };
        let view = Cluster::of(snapshot);
        let operator = arguments
            .scope
            .operator_version
            .as_ref()
            .map(|version| version.operator);
        let me = Caller {
            name: "jane".to_owned(),
            groups: Vec::new(),
        };
        let subjects = subjects(&view, &arguments.of, arguments.level.party(), &me, operator);
        let known: Vec<(Subject, Vec<Wanted>, Known)> = subjects
            .into_iter()
            .map(|subject| {
                let (wanted, allowed) = (subject.wanted(), Vec::new());
                (subject, wanted, Known { way: None, allowed })
            })
            .collect();
        unread(&view, &arguments, &known)
    }

    fn read() -> Snapshot {
        let mut snapshot = Snapshot::new("2026-06-01T00:00:00Z".parse().unwrap(), None);
        for resource in [Resource::Backups, Resource::Restores, Resource::Deployments] {
            snapshot.add(resource, []);
        }
        snapshot
    }

    fn missed(snapshot: &mut Snapshot, resource: Resource) {
        let cause = Cause::Forbidden(resource.right("list", None));
        snapshot.miss(resource, Gap { namespace: None, cause });
    }

    const VERSION: [&str; 2] = ["--operator-version", "1.19"];

    #[test]
    fn whoever_is_asked_for_and_is_not_there_is_told() {
        let snapshot = read();
        assert_eq!(notes(&VERSION, &snapshot), ["no operator was found"]);
        let of_webhook = [&VERSION[..], &["--for", "webhook"]].concat();
        assert_eq!(notes(&of_webhook, &snapshot), ["no webhook was found"]);
        // A cluster without a webhook is no mistake.
        assert_eq!(notes(&[&VERSION[..], &["--for", "you"]].concat(), &snapshot), [""; 0]);
    }

    #[test]
    fn what_could_not_be_read_is_told_to_whom_it_concerns_and_nothing_is_concluded_from_it() {
        let mut snapshot = read();
        missed(&mut snapshot, Resource::Deployments);
        let said = notes(&VERSION, &snapshot);
        assert!(
            matches!(&said[..], [one] if one.starts_with("deployments: ")),
            "{said:?}"
        );
        assert_eq!(
            notes(&[&VERSION[..], &["--for", "backup"]].concat(), &snapshot),
            [""; 0]
        );

        let mut snapshot = read();
        missed(&mut snapshot, Resource::Backups);
        let said = notes(&[&VERSION[..], &["--for", "backup"]].concat(), &snapshot);
        assert!(
            matches!(&said[..], [one] if one.starts_with("neo4jbackups: ")),
            "{said:?}"
        );
        assert_eq!(
            notes(&[&VERSION[..], &["--for", "webhook"]].concat(), &snapshot),
            ["no webhook was found"]
        );
    }

    #[test]
    fn that_the_operator_is_unknown_is_told_where_it_decides_what_is_needed() {
        let mut snapshot = read();
        let backup = json!({"apiVersion": "neo4j.neo4j.com/v1alpha1", "kind": "Neo4jBackup",
            "metadata": {"name": "nightly", "namespace": "graph"}});
        snapshot.add(Resource::Backups, [StoredObject::new(&Node::from(backup))]);
        let said = notes(&["-A", "--for", "backup"], &snapshot);
        assert!(
            matches!(&said[..], [one] if one.contains("--operator-version says it")),
            "{said:?}"
        );
        assert_eq!(
            notes(&["-A", "--for", "backup", "--operator-version", "0.9"], &snapshot),
            [""; 0]
        );
        // What it takes to look is the same with all of them.
        assert_eq!(notes(&["--for", "you"], &snapshot), [""; 0]);
        let said = notes(&["--for", "you", "--level", "repair"], &snapshot);
        assert_eq!(said.len(), 1, "{said:?}");
    }
}
