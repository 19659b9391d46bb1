//! `--live`: the cluster that the files are laid over. What it says becomes the same facts as what files say, and a file
//! replaces the object of its name; so a rule cannot tell the one from the other.

use std::collections::BTreeSet;
use std::sync::Arc;

use neo4jbackup_cluster::{Purpose, Read, Reading, read};
use neo4jbackup_core::document;
use neo4jbackup_core::field::Field;
use neo4jbackup_core::live::{Cluster, wanted};
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::quoted::printable;
use neo4jbackup_core::rules::UnknownField;
use neo4jbackup_core::schema::{Group, Kind};
use neo4jbackup_core::snapshot::{Resource, Snapshot};
use neo4jbackup_core::values::names::is_dns_subdomain;

use super::overlay::Live;
use super::plan::Plan;
use crate::connection::{self, Access};
use crate::input::{Role, Text};
use crate::look::{LookError, REQUEST_TIMEOUT, is_namespace, request_timeout};
use crate::report::{self, Skipped};
use crate::{Exit, Io, bundle};

/// Why nothing can be laid over it.
#[derive(Debug, thiserror::Error)]
pub(super) enum LiveError {
    /// It cannot be looked at.
    #[error(transparent)]
    Look(#[from] LookError),
    /// It takes none of the files.
    #[error(
        "the cluster serves no kind of the group {}, and takes none of these manifests before the operator's \
         CustomResourceDefinitions are applied; `lint` without --live judges the files alone",
        Group::Neo4jNeo4jCom.name()
    )]
    NotServed,
}

impl LiveError {
    /// Tells the person, and says what the shell is told.
    pub(super) fn tell(&self, io: &mut Io<'_>) -> Exit {
        match self {
            Self::Look(error) => error.tell(io),
            Self::NotServed => {
                io.say(&format!("error: {self}"));
                Exit::Incomplete
            }
        }
    }
}

/// Says that the fields of the files were judged by the tables, where the cluster did not say which it takes.
pub(super) fn schema_gap(texts: &[Text], plan: &Plan) -> Option<Skipped> {
    let code = UnknownField::META.code;
    let cause = plan
        .live
        .as_ref()?
        .schema
        .as_ref()
        .filter(|_| plan.selection.includes(code))?;
    let right = cause
        .missing_right()
        .map(|right| format!(" (missing: {})", right.words()));
    let reason = format!("which fields the cluster takes: {cause}{}", right.unwrap_or_default());
    Some(Skipped {
        code: Some(code),
        file: texts.first()?.source.name.clone(),
        reason: printable(reason).into(),
        need: None,
        causes: Arc::new([report::Cause::from(cause)]),
        is_gap: false,
    })
}

/// Looks at the cluster, where that is asked for, and has the plan judge by what it says.
pub(super) fn look(plan: &mut Plan, texts: &[Text], access: Access, io: &mut Io<'_>) -> Result<(), LiveError> {
    let Some(look) = plan.look.clone() else {
        return Ok(());
    };
    if let Some(path) = &look.bundle {
        let snapshot = bundle::read(&io.current_directory.join(path)).map_err(LookError::Bundle)?;
        lay(plan, &snapshot);
        return Ok(());
    }
    if let Some(name) = look.namespace.as_ref().filter(|name| !is_namespace(name)) {
        return Err(LookError::Namespace(name.clone()).into());
    }
    let access = Access {
        // What has been read by then is worth more than the rest.
        patience: Some(look.timeout + REQUEST_TIMEOUT),
        ..access
    };
    let taken = io.now;
    let answered = connection::ask(&access, io, async |cluster| {
        let namespace = look.namespace.clone().unwrap_or_else(|| cluster.namespace().to_owned());
        let (mut namespaces, secrets) = demands(texts, &namespace, plan);
        // One that was named may hold what the files meet.
        namespaces.extend(look.namespace.clone());
        if namespaces.is_empty() {
            namespaces.insert(namespace.clone());
        }
        let reading = Reading {
            namespaces: (!look.all_namespaces).then_some(namespaces),
            only: None,
            request_timeout: request_timeout(&access),
            timeout: look.timeout,
            reads_events: false,
            purpose: Purpose::References(secrets),
        };
        let Read { snapshot, requests } = read(cluster, &reading, taken).await?;
        Ok::<_, LookError>((snapshot, namespace, requests))
    });
    let (snapshot, namespace, requests) = answered?;
    if access.verbose {
        io.say(&format!("asked the API server {requests} times"));
    }
    plan.options.namespace = namespace;
    let is_served = snapshot.is_served(Resource::Backups) != Some(false);
    if !is_served {
        return Err(LiveError::NotServed);
    }
    lay(plan, &snapshot);
    Ok(())
}

/// The namespaces that the files have objects for, and the Secrets that these name.
fn demands(texts: &[Text], default_namespace: &str, plan: &Plan) -> (BTreeSet<String>, BTreeSet<(String, String)>) {
    let (mut namespaces, mut secrets) = (BTreeSet::new(), BTreeSet::new());
    for text in texts.iter().filter(|text| text.role != Role::Guide) {
        for document in document::outline(&text.text, &plan.options.limits).documents {
            let object = &document.root;
            let namespace = Field::at(object, "metadata.namespace")
                .text()
                .unwrap_or(default_namespace);
            // Names become part of the addresses of requests; what no namespace can be called has no objects.
            if Kind::of(object).is_none() || !is_namespace(namespace) {
                continue;
            }
            namespaces.insert(namespace.to_owned());
            // A name becomes part of the address of a request.
            let named = wanted::secrets_of(object)
                .into_iter()
                .filter(|name| is_dns_subdomain(name));
            secrets.extend(named.map(|name| (namespace.to_owned(), name)));
        }
    }
    (namespaces, secrets)
}

/// Has the plan judge by what a snapshot says, where the command line has not said otherwise.
pub(super) fn lay(plan: &mut Plan, snapshot: &Snapshot) {
    let cluster = Cluster::of(snapshot);
    let told = cluster.served.versions();
    let is_known = plan.options.served.is_some();
    if !is_known && !cluster.served.is_empty() {
        plan.options.served = Some(Arc::new(cluster.served));
    }
    if plan.operator_version.is_none() {
        plan.options.operator = cluster.operator.or_else(|| told.map(Operator::one_of));
        plan.operator_version = plan.options.operator.map(|operator| {
            let text = operator.to_string();
            text.trim_start_matches("operator ").to_owned()
        });
    }
    plan.live = Some(Live {
        inventory: cluster.inventory,
        schema: snapshot.gap(Resource::Definitions, None).filter(|_| !is_known),
    });
}
