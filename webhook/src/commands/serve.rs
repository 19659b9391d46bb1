//! The program: from arguments to a server, and from a signal to its end.

use std::io::{self, IsTerminal as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use neo4jbackup_cluster::{ConnectError, Ensure, References, Watching};
use neo4jbackup_core::schema::Era;
use neo4jbackup_core::settings::Settings;
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::app::App;
use crate::certificates::{self, CertificateStartError, Surroundings};
use crate::commands::arguments::{LogFormat, ServeArguments};
use crate::limits::Limits;
use crate::limits::file_limit::room_for_connections;
use crate::limits::memory;
use crate::ops::rbac_metrics;
use crate::ops::reload::{Told, follow_certificate, follow_client_authorities, follow_settings};
use crate::ops::settings_file::SettingsError;
use crate::ops::{log, settings_file as settings};
use crate::serve::server::{Leaving, serve, serve_status};
use crate::tls::client_check::{Callers, ClientCheckError};
use crate::tls::self_signed::self_signed;
use crate::tls::served_certificate::{Pem, ServedCertificate, TlsError};

/// How long the first lists may keep the server from being ready. After that it answers with what it knows: an unknown
/// never denies.
const WARM_UP: Duration = Duration::from_secs(10);

/// How often the age of the references is noted.
const AGE_INTERVAL: Duration = Duration::from_secs(5);

/// Why the program ends with an error.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The log filter is not one.
    #[error("`{filter}` is not a log filter: {reason}")]
    LogFilter {
        /// As given.
        filter: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Callers cannot be checked.
    #[error(transparent)]
    ClientCheck(#[from] ClientCheckError),
    /// No certificate could be made.
    #[error("cannot make a certificate: {0}")]
    SelfSigned(#[from] rcgen::Error),
    /// The certificates cannot be looked after.
    #[error(transparent)]
    Certificates(#[from] CertificateStartError),
    /// The cluster that was named cannot be asked.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// An address is taken, or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The status port cannot be served.
    #[error("cannot serve the status port: {0}")]
    StatusThread(io::Error),
    /// A file that was asked for cannot be written.
    #[error("cannot write {}: {source}", file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It was asked twice to stop.
    #[error("asked twice to stop; what was still being answered is lost")]
    BrokenOff,
    /// Signals cannot be waited for.
    #[error("cannot wait for signals: {0}")]
    Signals(io::Error),
}

/// Answers the API server until it is asked to stop.
pub(crate) async fn serve_until_stopped(arguments: ServeArguments) -> Result<(), StartError> {
    set_up_log(&arguments)?;
    let (settings, settings_bytes) = initial_settings(arguments.settings.as_deref())?;
    let certificate = Certificate::of(&arguments)?;
    let served = ServedCertificate::empty();
    let callers = arguments.client_ca.as_deref();
    let callers = callers.map(|file| Callers::new(file, arguments.client_name.clone()));
    let callers = callers.transpose()?;
    let tls = served.server_config_for(callers.as_ref().map(|callers| &callers.check))?;
    let (listener, address) = listen(arguments.listen)?;
    let (status_listener, status_address) = listen(arguments.status_listen)?;
    let stop = StopSignals::new().map_err(StartError::Signals)?;

    let references = connect(&arguments).await?;
    let limits = limits(&arguments);
    let clock = certificates::clock(&arguments.certificates);
    let state = App::new(settings, references.inventory(), move || clock.now());
    let state = Arc::new(state.with_operator(arguments.operator_version).with_limits(limits));
    state.readiness.set_warming_up(true);

    if arguments.ensure_rbac {
        tokio::spawn(references.ensure(reconciler(&state, arguments.operator_version)));
    }
    tokio::spawn(tend_references(Arc::clone(&state), references));
    let told = Told {
        metrics: Arc::clone(&state.metrics),
        readiness: Arc::clone(&state.readiness),
    };
    let surroundings = Surroundings {
        metrics: Arc::clone(&state.metrics),
        readiness: Arc::clone(&state.readiness),
        served: Arc::clone(&served),
    };
    if let Some(Certificate { pem, files }) = certificate {
        let validity = served.replace(&pem)?;
        state.metrics.certificate("leaf", validity.not_after.as_second());
        state.readiness.set_certificate(validity);
        if let Some(files) = files {
            let (served, every) = (Arc::clone(&served), arguments.reload_interval);
            tokio::spawn(follow_certificate(told.clone(), served, files, pem, every));
        }
    }
    let own_identity = callers.as_ref().map(|callers| callers.check.own_identity());
    if let Some(callers) = callers {
        let every = arguments.reload_interval;
        tokio::spawn(follow_client_authorities(told.clone(), callers, every));
    }
    let kubeconfig = arguments.kubeconfig.as_deref();
    let managed = &arguments.certificates;
    certificates::start(managed, kubeconfig, surroundings, address, own_identity).await?;
    if let Some(file) = arguments.settings.clone() {
        tokio::spawn(follow_settings(
            told,
            state.settings(),
            file,
            settings_bytes,
            arguments.reload_interval,
        ));
    }
    start_status(Arc::clone(&state), status_listener)?;
    announce(&arguments, address, status_address)?;

    let leaving = Leaving {
        lame_duck: arguments.lame_duck,
        ..Leaving::default()
    };
    let served = serve(state, listener, tls, stop.once(), leaving);
    tokio::select! {
        () = served => {}
        () = stop.twice() => return Err(StartError::BrokenOff),
    }
    tracing::info!("stopped");
    Ok(())
}

fn set_up_log(arguments: &ServeArguments) -> Result<(), StartError> {
    let filter = EnvFilter::try_new(&arguments.log_level).map_err(|error| StartError::LogFilter {
        filter: arguments.log_level.clone(),
        reason: error.to_string(),
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    // A log that somebody has set up before us is as good.
    let _ = match arguments.log_format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        // Colors are for a terminal; in a file they are characters that nobody asked for.
        LogFormat::Text => builder
            .with_ansi(io::stderr().is_terminal())
            .fmt_fields(log::fields())
            .try_init(),
    };
    quieten_panics();
    Ok(())
}

/// The message of a panic may quote a value of an object. Where it happened is enough to mend it.
fn quieten_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a defect of this program was met");
    }));
}

fn initial_settings(file: Option<&Path>) -> Result<(Settings, Vec<u8>), SettingsError> {
    let Some(file) = file else {
        return Ok((Settings::default(), Vec::new()));
    };
    let bytes = settings::read(file)?;
    Ok((settings::parse(file, &bytes)?, bytes))
}

/// The pair to serve, and the files that it came from.
struct Certificate {
    pem: Pem,
    files: Option<(PathBuf, PathBuf)>,
}

impl Certificate {
    /// `None` when the server looks after its certificates itself.
    fn of(arguments: &ServeArguments) -> Result<Option<Self>, StartError> {
        if arguments.certificates.self_managed {
            return Ok(None);
        }
        if let (Some(certificate), Some(key)) = (&arguments.cert, &arguments.key) {
            let pem = Pem::read(certificate, key)?;
            return Ok(Some(Self {
                pem,
                files: Some((certificate.clone(), key.clone())),
            }));
        }
        let made = self_signed(Timestamp::now())?;
        if let Some(file) = &arguments.self_signed_ca {
            write(file, made.authority.as_bytes())?;
        }
        Ok(Some(Self {
            pem: made.pem,
            files: None,
        }))
    }
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { address, source };
    let listener = bind(address).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// How many connections the kernel takes before we do, if it allows. Fewer would be lost in a burst, and a caller whose
/// connection is lost tries again after a second.
const BACKLOG: u32 = 4096;

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// What the memory and the open files of this process allow.
fn limits(arguments: &ServeArguments) -> Limits {
    let given = arguments.memory_limit;
    let memory = given.or_else(memory::limit_of_control_group).unwrap_or(memory::ASSUMED);
    let limits = Limits::for_memory(memory);
    tracing::info!(
        memory,
        connections = limits.connections,
        body = limits.body,
        "limits follow from memory"
    );
    Limits {
        deadline: arguments.deadline,
        connection_age: arguments.connection_age,
        connections: limits.connections.min(room_for_connections()),
        ..limits
    }
}

/// Serves the status port on a thread of its own: the kubelet is answered however busy the rest is.
fn start_status(state: Arc<App>, listener: TcpListener) -> Result<(), StartError> {
    let listener = listener.into_std().map_err(StartError::StatusThread)?;
    let serve_all = move || -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async move {
            serve_status(state, TcpListener::from_std(listener)?).await;
            Ok(())
        })
    };
    let started = thread::Builder::new().name("status".to_owned()).spawn(move || {
        if let Err(error) = serve_all() {
            tracing::error!(%error, "the status port is not served");
        }
    });
    started.map(drop).map_err(StartError::StatusThread)
}

async fn connect(arguments: &ServeArguments) -> Result<References, StartError> {
    if arguments.no_references {
        return Ok(References::none("looking up other objects is switched off"));
    }
    let watching = if arguments.ensure_rbac {
        Watching::Accounts
    } else {
        Watching::References
    };
    match neo4jbackup_cluster::references(arguments.kubeconfig.as_deref(), watching).await {
        Ok(references) => Ok(references),
        // What was named must work; what was merely found need not.
        Err(error) if arguments.kubeconfig.is_some() => Err(error.into()),
        Err(error) => {
            tracing::warn!(%error, "other objects stay unknown");
            Ok(References::none(&error.to_string()))
        }
    }
}

/// The reconciler of accounts and roles, by the settings that are in force, and with what it does among the metrics.
fn reconciler(app: &App, operator: Option<Era>) -> Ensure {
    let (settings, metrics) = (app.settings(), Arc::clone(&app.metrics));
    Ensure::new(
        move || settings.own(),
        operator,
        move |notice| rbac_metrics::count(&metrics, notice),
    )
}

/// Keeps the references alive, and says when the first lists are complete and how old they are.
async fn tend_references(state: Arc<App>, references: References) {
    if !references.settled(WARM_UP).await {
        tracing::warn!(patience = ?WARM_UP, "ready although not all references are known");
    }
    state.readiness.set_warming_up(false);
    loop {
        for (kind, age) in references.ages() {
            if let Some(age) = age {
                state.metrics.reference_age(kind, age);
            }
        }
        tokio::time::sleep(AGE_INTERVAL).await;
    }
}

fn announce(arguments: &ServeArguments, address: SocketAddr, status: SocketAddr) -> Result<(), StartError> {
    tracing::info!(%address, %status, version = env!("CARGO_PKG_VERSION"), "serving");
    match &arguments.address_file {
        Some(file) => write(file, format!("listen={address}\nstatus={status}\n").as_bytes()),
        None => Ok(()),
    }
}

/// Writes beside the file and renames: who waits for the file never sees half of it.
fn write(file: &Path, bytes: &[u8]) -> Result<(), StartError> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, file));
    written.map_err(|source| StartError::Write {
        file: file.to_owned(),
        source,
    })
}

/// Counts SIGTERM, as the kubelet sends it, and SIGINT, as a terminal does.
struct StopSignals(watch::Receiver<usize>);

impl StopSignals {
    fn new() -> io::Result<Self> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let (count, counted) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                count.send_modify(|count| *count += 1);
            }
        });
        Ok(Self(counted))
    }

    /// Resolves when the program is to leave in good order.
    fn once(&self) -> impl Future<Output = ()> + use<> {
        Self::counts(self.0.clone(), 1)
    }

    /// Resolves when it is to leave at once: whoever asks again does not want to wait.
    fn twice(&self) -> impl Future<Output = ()> + use<> {
        Self::counts(self.0.clone(), 2)
    }

    async fn counts(mut counted: watch::Receiver<usize>, wanted: usize) {
        // The other side never goes before this one.
        let _ = counted.wait_for(|count| *count >= wanted).await;
    }
}
