//! What is there, and what has to be done about it.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use neo4jbackup_cluster::{
    AccessError, Cluster, NoAnswer, ObjectError, ObjectName, Objects, Purpose, Read, ReadError, Reading, chain, read,
};
use neo4jbackup_core::facts::{Inventory, Lookup};
use neo4jbackup_core::live::Cluster as View;
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::quoted::{Name, quoted};
use neo4jbackup_core::rbac::repair::{Needed, Observed, OtherBindings, Part, Remark, Repair, Rights, repair};
use neo4jbackup_core::rbac::{ROLE, ROLE_BINDING};
use neo4jbackup_core::settings::{Identity, Settings};
use neo4jbackup_core::snapshot::{Resource, Snapshot};
use serde_json::Value;

use super::webhook_settings::of_webhook;
use crate::cli::{RbacScope, RepairScope};
use crate::config::{ConfigError, read_settings};
use crate::connection::{Access, ConnectionError};
use crate::look::{is_namespace, request_timeout};
use crate::unread::unread;
use crate::{Exit, Io};

/// So many namespaces are looked at, or tried, at a time.
pub(super) const SIDE_BY_SIDE: usize = 8;

/// Why it cannot be said what has to be there, or what is.
#[derive(Debug, thiserror::Error)]
pub(super) enum RbacError {
    /// No namespace has such a name.
    #[error("{} is no name of a namespace: lower-case letters, digits and `-`, at most 63", quoted(.0))]
    Namespace(String),
    /// There is none of this name.
    #[error("there is no namespace {}", Name(.0))]
    NoNamespace(String),
    /// No cluster.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// A cluster that does not answer.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// One of the objects cannot be read.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The namespaces with leftovers cannot be found.
    #[error("cannot find the namespaces with {0}")]
    Search(&'static str, #[source] NoAnswer),
    /// It is not known what the API server would say to a change.
    #[error("cannot try a change of {0}")]
    Trial(String, #[source] NoAnswer),
    /// It is not known whether a change was made.
    #[error("the change of {0} was not confirmed")]
    Write(String, #[source] NoAnswer),
    /// It is not known what an account may do.
    #[error("cannot ask what the account may do")]
    Proof(#[source] AccessError),
    /// The file of settings cannot be used.
    #[error(transparent)]
    Settings(#[from] ConfigError),
    /// What decides cannot be read.
    #[error("{0}")]
    Gap(String),
    /// The operator is not installed.
    #[error("the cluster serves no Neo4jBackup: the operator is not installed, and nothing has to be there")]
    NotServed,
    /// What has to be there depends on the version.
    #[error(
        "the version of the operator is unknown{}, and what has to be there depends on it; nothing is done on a guess: \
         --operator-version says it", range(.0.as_ref())
    )]
    UnknownOperator(Option<Operator>),
}

fn range(operator: Option<&Operator>) -> String {
    operator.map(|operator| format!(" ({operator})")).unwrap_or_default()
}

impl RbacError {
    /// Tells the person, and says what the shell is told.
    pub(super) fn tell(&self, io: &mut Io<'_>) -> Exit {
        io.say(&format!("error: {}", chain(self)));
        match self {
            Self::Namespace(_) | Self::Settings(_) => Exit::Usage,
            Self::Connection(error) => error.exit(),
            _ => Exit::Incomplete,
        }
    }
}

/// What was looked at, and what is to be done.
#[derive(Debug)]
pub(super) struct Seen {
    /// The operator whose Jobs are served.
    pub(super) operator: Operator,
    /// What it expects.
    pub(super) needed: Needed,
    /// What is there, in the order of the namespaces.
    pub(super) observed: Vec<Observed>,
    /// The namespaces among them that have backups.
    pub(super) with_backups: BTreeSet<String>,
    /// What is to be done.
    pub(super) repair: Repair,
    /// What else is to be known.
    pub(super) notes: Vec<String>,
    /// The context of the kubeconfig.
    pub(super) context: Option<String>,
    /// The address of the API server.
    pub(super) server: String,
}

impl Seen {
    /// Returns an object that is there.
    pub(super) fn object(&self, namespace: &str, part: Part) -> Option<&Value> {
        self.observed(namespace)?.objects.get(&part)
    }

    /// What is there in a namespace; `None` where nobody has looked.
    pub(super) fn observed(&self, namespace: &str) -> Option<&Observed> {
        let found = self
            .observed
            .binary_search_by(|known| known.namespace.as_str().cmp(namespace));
        self.observed.get(found.ok()?)
    }
}

/// What to look at.
#[derive(Debug, Clone)]
pub(super) struct Question {
    /// The namespace that was named; the one of the context unless given.
    pub(super) namespace: Option<String>,
    /// The rest of the command line.
    pub(super) scope: RbacScope,
    /// The settings that count; those of the installed webhook unless given.
    pub(super) settings: Option<Settings>,
    /// The time of the look.
    pub(super) now: Timestamp,
}

impl Question {
    /// A question of the command line.
    pub(super) fn new(namespace: Option<&str>, scope: &RepairScope, io: &Io<'_>) -> Result<Self, RbacError> {
        if let Some(name) = namespace.filter(|name| !is_namespace(name)) {
            return Err(RbacError::Namespace(name.to_owned()));
        }
        let settings = scope.settings.as_ref().map(|file| {
            let shown = Name(&file.to_string_lossy()).to_string();
            read_settings(&io.current_directory.join(file), &shown)
        });
        Ok(Self {
            namespace: namespace.map(str::to_owned),
            scope: scope.look.clone(),
            settings: settings.transpose()?,
            now: io.now,
        })
    }

    /// Looks, and plans.
    pub(super) async fn ask(&self, cluster: &Cluster, access: &Access) -> Result<Seen, RbacError> {
        let namespace = self.namespace.clone().unwrap_or_else(|| cluster.namespace().to_owned());
        let within = (!self.scope.all_namespaces).then_some(namespace);
        let reading = Reading {
            namespaces: within.clone().map(|namespace| BTreeSet::from([namespace])),
            only: None,
            request_timeout: request_timeout(access),
            timeout: self.scope.timeout,
            reads_events: false,
            purpose: Purpose::Rights,
        };
        let Read { snapshot, .. } = read(cluster, &reading, self.now).await?;
        let mut notes = gaps(&snapshot, within.as_deref())?;
        let view = View::of(&snapshot);
        let given = self.scope.operator_version.as_ref().map(|version| version.operator);
        let Some(operator) = given.or(view.operator) else {
            return Err(RbacError::UnknownOperator(None));
        };
        let needed = Needed::of(operator).ok_or(RbacError::UnknownOperator(Some(operator)))?;
        let objects = Objects::of(cluster);
        let inventory = &view.inventory;
        let namespaces = match &within {
            Some(namespace) if matches!(inventory.namespace(namespace), Lookup::Absent) => {
                return Err(RbacError::NoNamespace(namespace.clone()));
            }
            Some(namespace) => BTreeSet::from([namespace.clone()]),
            None => everywhere(&objects, inventory, needed).await?,
        };
        let looks = namespaces.iter().map(|namespace| observe(&objects, namespace, needed));
        let observed: Vec<Observed> = stream::iter(looks).buffered(SIDE_BY_SIDE).try_collect().await?;
        let mut settings = if let Some(settings) = &self.settings {
            settings.clone()
        } else {
            let (settings, said) = of_webhook(&objects, &view).await;
            notes.extend(said);
            settings
        };
        if snapshot.gap(Resource::Namespaces, within.as_deref()).is_some() && settings.identity != Identity::default() {
            settings.identity = Identity::default();
            notes.push(
                "what a namespace declares goes before the settings of the webhook, and is not known: the identity of the \
                 settings does not count either"
                    .to_owned(),
            );
        }
        let with_backups: BTreeSet<String> = namespaces
            .into_iter()
            .filter(|namespace| inventory.backups(namespace).next().is_some())
            .collect();
        if let Some(namespace) = within
            .filter(|namespace| !with_backups.contains(namespace) && inventory.restores(namespace).next().is_none())
        {
            notes.push(format!("there is no backup and no restore in {}", Name(&namespace)));
        }
        let mut repair = repair(&observed, inventory, &settings, needed);
        repair.remarks.dedup();
        notes.extend(repair.remarks.iter().map(Remark::sentence));
        Ok(Seen {
            operator,
            needed,
            observed,
            with_backups,
            repair,
            notes,
            context: cluster.context().map(str::to_owned),
            server: cluster.server().to_owned(),
        })
    }
}

/// The namespaces with something that has to be there, or that has to go.
async fn everywhere(objects: &Objects, inventory: &Inventory, needed: Needed) -> Result<BTreeSet<String>, RbacError> {
    let mut namespaces: BTreeSet<String> = inventory.namespaces_at_work().map(str::to_owned).collect();
    if needed.rights == Rights::None {
        for part in [Part::Role, Part::RoleBinding] {
            let found = objects
                .namespaces_with(part.api_version(), part.kind(), part.name(), None)
                .await;
            namespaces.extend(found.map_err(|source| RbacError::Search(part.name(), source))?);
        }
    }
    Ok(namespaces)
}

/// What the plan rests on must have been read in full; a declaration that may have been missed is only told.
fn gaps(snapshot: &Snapshot, namespace: Option<&str>) -> Result<Vec<String>, RbacError> {
    for resource in [Resource::Backups, Resource::Restores] {
        if snapshot.is_served(resource) == Some(false) {
            return Err(RbacError::NotServed);
        }
        if let Some(cause) = snapshot.gap(resource, namespace) {
            return Err(RbacError::Gap(unread(resource, &cause)));
        }
    }
    let of_namespaces = snapshot.gap(Resource::Namespaces, namespace);
    let note = |cause| {
        let what = unread(Resource::Namespaces, &cause);
        format!("{what}; an identity that a namespace declares is not seen")
    };
    Ok(of_namespaces.map(note).into_iter().collect())
}

/// The objects of a namespace as they are now.
async fn observe(objects: &Objects, namespace: &str, needed: Needed) -> Result<Observed, ObjectError> {
    let reads = Part::ALL.map(|part| async move {
        let object = objects.read(&name_of(namespace, part)).await?;
        Ok::<_, ObjectError>(object.map(|object| (part, object)))
    });
    let there: BTreeMap<Part, Value> = try_join_all(reads).await?.into_iter().flatten().collect();
    // Who else uses a Role is of interest where it is to go.
    let others = if needed.rights == Rights::None && there.contains_key(&Part::Role) {
        let others = objects.bindings_of_role(namespace, ROLE, ROLE_BINDING).await;
        others.map_or(OtherBindings::Unknown, OtherBindings::Known)
    } else {
        OtherBindings::Unknown
    };
    Ok(Observed {
        namespace: namespace.to_owned(),
        objects: there,
        others,
    })
}

/// Where an object is.
pub(super) fn name_of(namespace: &str, part: Part) -> ObjectName {
    ObjectName {
        api_version: part.api_version().to_owned(),
        kind: part.kind().to_owned(),
        namespace: Some(namespace.to_owned()),
        name: part.name().to_owned(),
    }
}
