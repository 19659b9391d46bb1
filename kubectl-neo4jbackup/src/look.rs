//! Where the objects come from that a command looks at: a cluster, or what was collected from one.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use neo4jbackup_cluster::{Purpose, Read, ReadError, Reading, chain, read, server_version};
use neo4jbackup_core::quoted::{Name, quoted};
use neo4jbackup_core::snapshot::Snapshot;
use neo4jbackup_core::values::names::{LONGEST_LABEL, is_label_of_any_length};

use crate::bundle::{self, Bundle, BundleError};
use crate::cli::LookArguments;
use crate::connection::{self, Access, ConnectionError};
use crate::target::{TargetError, Wanted};
use crate::{Exit, Io};

/// How long one answer may take.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// What to look at.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each is something to look at or not")]
pub(crate) struct Look {
    /// What was collected, in the place of a cluster.
    pub(crate) bundle: Option<PathBuf>,
    /// The namespace that was named; the one of the context unless given.
    pub(crate) namespace: Option<String>,
    /// Whether to look at all namespaces.
    pub(crate) all_namespaces: bool,
    /// The only object of interest.
    pub(crate) only: Option<String>,
    /// How long everything may take.
    pub(crate) timeout: Duration,
    /// Whether to read events.
    pub(crate) reads_events: bool,
    /// What it is for, which decides what is read.
    pub(crate) purpose: Purpose,
    /// Whether to ask for the version of the API server.
    pub(crate) asks_version: bool,
}

/// What was looked at.
#[derive(Debug)]
pub(crate) struct Seen {
    /// What is there.
    pub(crate) snapshot: Snapshot,
    /// Where it comes from.
    pub(crate) source: Source,
    /// The only object that was asked about when it was collected; of others, not everything is there.
    pub(crate) collected: Option<Collected>,
    /// The version of the API server, when it is known.
    pub(crate) server_version: Option<String>,
}

/// The only object that a bundle was collected for.
#[derive(Debug, Clone)]
pub(crate) struct Collected {
    /// The object.
    pub(crate) wanted: Wanted,
    /// The namespace that it is in, where only one was collected.
    pub(crate) namespace: Option<String>,
}

/// Where objects come from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Source {
    /// The context of the kubeconfig.
    pub(crate) context: Option<String>,
    /// What was collected.
    pub(crate) bundle: Option<String>,
}

/// Why nothing could be looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookError {
    /// What was collected cannot be used.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// No namespace has such a name.
    #[error("{} is no name of a namespace: lower-case letters, digits and `-`, at most 63", quoted(.0))]
    Namespace(String),
    /// What was collected says of no object that it is of it.
    #[error("bundle.yaml names an object that it cannot be of")]
    Target(#[from] TargetError),
    /// No cluster.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// A cluster that does not answer.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl LookError {
    /// Tells the person, and says what the shell is told.
    pub(crate) fn tell(&self, io: &mut Io<'_>) -> Exit {
        io.say(&format!("error: {}", chain(self)));
        match self {
            Self::Bundle(_) | Self::Namespace(_) | Self::Target(_) => Exit::Usage,
            Self::Connection(error) => error.exit(),
            Self::Read(_) => Exit::Incomplete,
        }
    }
}

impl Seen {
    /// What was collected; `shown` is its path as the command line has it.
    pub(crate) fn of_bundle(path: &Path, shown: &Path) -> Result<Self, LookError> {
        let Bundle {
            snapshot,
            target,
            server_version,
        } = bundle::open(path)?;
        let one = snapshot.namespaces.as_ref().filter(|namespaces| namespaces.len() == 1);
        let namespace = one.and_then(|namespaces| namespaces.first().cloned());
        let wanted = target.map(|target| Wanted::read(&target)).transpose()?;
        Ok(Self {
            collected: wanted.map(|wanted| Collected { wanted, namespace }),
            source: Source {
                context: None,
                bundle: Some(Name(&shown.to_string_lossy()).to_string()),
            },
            snapshot,
            server_version,
        })
    }

    /// The object that is asked about, and the namespace that it is in: those of the command line, or else those for which
    /// everything was collected.
    pub(crate) fn asked<'s>(
        &'s self,
        wanted: Option<&'s Wanted>,
        namespace: Option<&'s str>,
    ) -> Result<(Option<&'s Wanted>, Option<&'s str>), TargetError> {
        let Some(collected) = &self.collected else {
            return Ok((wanted, namespace));
        };
        match wanted {
            None => Ok((Some(&collected.wanted), namespace.or(collected.namespace.as_deref()))),
            Some(wanted) if *wanted == collected.wanted || !collected.wanted.narrows() => Ok((Some(wanted), namespace)),
            Some(wanted) => Err(TargetError::NotCollected {
                wanted: wanted.word(),
                collected: collected.wanted.word(),
            }),
        }
    }
}

impl Look {
    /// Looks at everything, with its events.
    pub(crate) fn at(arguments: &LookArguments, namespace: Option<&str>, purpose: Purpose) -> Self {
        Self {
            bundle: arguments.from_bundle.clone(),
            namespace: namespace.map(str::to_owned),
            all_namespaces: arguments.all_namespaces,
            only: None,
            timeout: arguments.timeout,
            reads_events: true,
            purpose,
            asks_version: false,
        }
    }

    /// Looks.
    pub(crate) fn take(&self, access: Access, io: &mut Io<'_>) -> Result<Seen, LookError> {
        if let Some(path) = &self.bundle {
            return Seen::of_bundle(&io.current_directory.join(path), path);
        }
        if let Some(name) = self.namespace.as_ref().filter(|name| !is_namespace(name)) {
            return Err(LookError::Namespace(name.clone()));
        }
        let access = Access {
            // What has been read by then is worth more than the rest.
            patience: Some(self.timeout + REQUEST_TIMEOUT),
            ..access
        };
        let taken = io.now;
        connection::ask(&access, io, async |cluster| {
            let namespace = self.namespace.clone().unwrap_or_else(|| cluster.namespace().to_owned());
            let reading = Reading {
                namespaces: (!self.all_namespaces).then(|| BTreeSet::from([namespace.clone()])),
                only: self.only.clone().map(|name| (namespace, name)),
                request_timeout: request_timeout(&access),
                timeout: self.timeout,
                purpose: self.purpose.clone(),
                reads_events: self.reads_events,
            };
            let Read { snapshot, requests } = read(cluster, &reading, taken).await?;
            let source = Source {
                context: cluster.context().map(str::to_owned),
                bundle: None,
            };
            // Who may not ask for the version has everything else.
            let server_version = if self.asks_version {
                server_version(cluster).await.ok()
            } else {
                None
            };
            let seen = Seen {
                snapshot,
                source,
                collected: None,
                server_version,
            };
            Ok((seen, requests + usize::from(self.asks_version)))
        })
        .map(|(seen, requests)| {
            if access.verbose {
                io.say(&format!("asked the API server {requests} times"));
            }
            seen
        })
    }
}

/// How long one answer may take; as kubectl has it, 0 is for ever.
pub(crate) fn request_timeout(access: &Access) -> Duration {
    match access.flags.request_timeout {
        None => REQUEST_TIMEOUT,
        Some(Duration::ZERO) => Duration::MAX,
        Some(timeout) => timeout,
    }
}

/// Whether a namespace can have this name, which becomes part of the address of every request.
pub(crate) fn is_namespace(name: &str) -> bool {
    name.len() <= LONGEST_LABEL && is_label_of_any_length(name)
}
