//! Names of what is there now. There is one second for them, and silence where they cannot be had.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use neo4jbackup_cluster::{
    Cluster, ConnectionFlags, KubeconfigNames, NamesError, Surroundings, namespace_names, object_names,
};
use neo4jbackup_core::schema::Kind;

use crate::connection::{self, Access, ConnectionError};
use crate::{Io, cli};

/// How long a cluster has. With what it takes to start, an answer comes within a second, or none does.
const DEADLINE: Duration = Duration::from_millis(800);

/// Whom to ask, by what the line already says.
pub(super) struct Live {
    words: Vec<String>,
    environment: BTreeMap<String, String>,
    current_directory: PathBuf,
    now: Timestamp,
}

/// Why there are no names.
#[derive(Debug, thiserror::Error)]
enum NoNames {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error(transparent)]
    Names(#[from] NamesError),
}

impl Live {
    pub(super) fn new(words: &[String], io: &Io<'_>) -> Self {
        // The word that is being typed says nothing yet.
        let finished = words.split_last().map_or(&[][..], |(_, finished)| finished);
        Self {
            words: finished.to_vec(),
            environment: io.environment.clone(),
            current_directory: io.current_directory.clone(),
            now: io.now,
        }
    }

    pub(super) fn kubeconfig(&self) -> KubeconfigNames {
        let surroundings = Surroundings {
            environment: self.environment.clone(),
            current_directory: self.current_directory.clone(),
            ..Surroundings::default()
        };
        let flags = self.flags();
        KubeconfigNames::read(flags.kubeconfig.as_deref(), &surroundings).unwrap_or_default()
    }

    pub(super) fn namespaces(&self) -> Vec<String> {
        self.ask(async |cluster| Ok(namespace_names(cluster).await?))
            .unwrap_or_default()
    }

    /// The names of the objects of each kind, in the namespace that is meant.
    pub(super) fn objects(&self, kinds: &[Kind]) -> Vec<Vec<String>> {
        let names = self.ask(async |cluster| {
            let mut names = Vec::new();
            for kind in kinds {
                names.push(object_names(cluster, *kind).await?);
            }
            Ok(names)
        });
        names.unwrap_or_default()
    }

    fn flags(&self) -> ConnectionFlags {
        cli::unfinished_connection(&self.words, &self.environment).unwrap_or_default()
    }

    fn ask<T>(&self, question: impl AsyncFnOnce(&Cluster) -> Result<T, NoNames>) -> Option<T> {
        let access = Access {
            flags: self.flags(),
            // Whoever types has the keyboard, and no program that signs in.
            standard_input: Some("a command line"),
            deadline: Some(DEADLINE),
            ..Access::default()
        };
        // A line that somebody types has no place for what a server warns of.
        let mut silent = Io {
            stdin: &mut std::io::empty(),
            stdout: &mut std::io::sink(),
            stderr: &mut std::io::sink(),
            environment: self.environment.clone(),
            now: self.now,
            current_directory: self.current_directory.clone(),
            machine_zone: || None,
            terminal_width: None,
            stdin_is_terminal: false,
            output_lost: false,
        };
        connection::ask(&access, &mut silent, question).ok()
    }
}
