//! From a command to the cluster that it asks. Commands wait for answers; what runs meanwhile runs here and nowhere else.

use std::error::Error;
use std::io;
use std::time::Duration;

use neo4jbackup_cluster::{Cluster, ConnectError, ConnectionFlags, Surroundings, Unanswered};

use crate::interrupt::Interrupt;
use crate::{Exit, Io};

/// The longest that a command waits for a cluster, unless `--request-timeout` says how long to wait for each answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// As what the API server knows this program, in its audit log for example.
const USER_AGENT: &str = concat!("kubectl-neo4jbackup/", env!("CARGO_PKG_VERSION"));

/// What a command may know of the cluster to ask.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    /// What the command line says.
    pub flags: ConnectionFlags,
    /// Whether to say which errors are behind a failure.
    pub verbose: bool,
    /// What standard input is read for, when it is.
    pub standard_input: Option<&'static str>,
    /// How long the whole answer may take, for a command with a bound of its own.
    pub patience: Option<Duration>,
    /// How long everything may take, signing in included, for a question that nobody waits for.
    pub deadline: Option<Duration>,
    /// What ends the wait before there is an answer, for a command that goes on until then.
    pub interrupt: Option<Interrupt>,
    /// Whether the question itself hears of that, because it has to tidy up: then only signing in is ended.
    pub tidies_up: bool,
}

/// Why a cluster has not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectionError {
    /// Nothing can run here.
    #[error("cannot wait for a cluster")]
    Runtime(#[source] io::Error),

    /// It is not clear which cluster, or how to reach it.
    #[error(transparent)]
    Connect(#[from] ConnectError),

    /// The server is not reached, or does not know who asks.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),

    /// No answer.
    #[error("{server} has not answered within {} seconds; {flag} waits for longer", patience.as_secs())]
    Silence {
        /// Its address.
        server: String,
        /// How long it had.
        patience: Duration,
        /// What gives it more.
        flag: &'static str,
    },

    /// Nobody waits for the answer any more.
    #[error("interrupted")]
    Interrupted,
}

impl ConnectionError {
    /// What it says to the shell: what is configured cannot be used, or no answer came.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Connect(_) => Exit::Usage,
            Self::Runtime(_) | Self::Unanswered(_) | Self::Silence { .. } | Self::Interrupted => Exit::Incomplete,
        }
    }
}

/// Asks a cluster something, and waits for the answer. What the API server warns of is said; when the connection is why there
/// is no answer, that is the error, whatever was asked.
pub(crate) fn ask<T, E: From<ConnectionError> + Error + 'static>(
    access: &Access,
    io: &mut Io<'_>,
    question: impl AsyncFnOnce(&Cluster) -> Result<T, E>,
) -> Result<T, E> {
    converse(access, io, async |cluster, _| question(cluster).await)
}

/// The same for a question during which something is said.
pub(crate) fn converse<T, E: From<ConnectionError> + Error + 'static>(
    access: &Access,
    io: &mut Io<'_>,
    question: impl AsyncFnOnce(&Cluster, &mut Io<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let surroundings = Surroundings {
        environment: io.environment.clone(),
        current_directory: io.current_directory.clone(),
        standard_input: access.standard_input,
        user_agent: USER_AGENT.to_owned(),
        gives_up_soon: access.deadline.is_some(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(ConnectionError::Runtime)?;
    // The client has tasks of its own, which belong to a runtime from the start.
    let entered = runtime.enter();
    let cluster = Cluster::as_kubectl(&access.flags, &surroundings).map_err(ConnectionError::Connect)?;
    drop(entered);
    let answer = async {
        // Signing in may take as long as a person needs.
        let signed_in = async { cluster.sign_in().await.map_err(ConnectionError::Unanswered) };
        unless_interrupted(access.interrupt.as_ref(), signed_in).await?;
        if access.flags.request_timeout.is_some() && access.patience.is_none() {
            return question(&cluster, io).await;
        }
        let patience = access.patience.unwrap_or(PATIENCE);
        let answered = tokio::time::timeout(patience, question(&cluster, io)).await;
        let silence = || ConnectionError::Silence {
            server: cluster.server().to_owned(),
            patience,
            flag: "--request-timeout",
        };
        answered.unwrap_or_else(|_| Err(silence().into()))
    };
    let answer = async {
        let Some(deadline) = access.deadline else {
            return answer.await;
        };
        let silence = || ConnectionError::Silence {
            server: cluster.server().to_owned(),
            patience: deadline,
            flag: "--timeout",
        };
        let answered = tokio::time::timeout(deadline, answer).await;
        answered.unwrap_or_else(|_| Err(silence().into()))
    };
    let interrupt = access.interrupt.as_ref().filter(|_| !access.tidies_up);
    let answered = runtime.block_on(unless_interrupted(interrupt, answer));
    // A name server that does not answer would otherwise be waited for, whoever has given up.
    runtime.shutdown_background();
    for warning in cluster.take_warnings() {
        io.say(&format!("Warning: {warning}"));
    }
    answered.map_err(|error| {
        let Some(unanswered) = Unanswered::of(&error) else {
            return error;
        };
        if access.verbose && !unanswered.details().is_empty() {
            io.say(&format!("caused by: {}", unanswered.details()));
        }
        ConnectionError::Unanswered(unanswered.clone()).into()
    })
}

/// An answer, unless somebody presses Ctrl-C before.
async fn unless_interrupted<T, E: From<ConnectionError>>(
    interrupt: Option<&Interrupt>,
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let Some(interrupt) = interrupt else {
        return answer.await;
    };
    tokio::select! {
        answered = answer => answered,
        () = interrupt.pressed() => Err(ConnectionError::Interrupted.into()),
    }
}
