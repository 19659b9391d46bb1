//! The first step of a start: everything that may fail.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use neo4jbackup_cluster::{OperatorWatch, References};
use neo4jbackup_core::settings::Settings;
use rustls::ServerConfig;
use tokio::net::TcpListener;

use crate::app::App;
use crate::certificates::{self, CertificateContext, CertificateTask};
use crate::commands::arguments::ServeArguments;
use crate::commands::serve::error::StartError;
use crate::commands::serve::files::write;
use crate::commands::serve::listen::listen;
use crate::commands::serve::references;
use crate::commands::serve::signals::StopSignals;
use crate::limits::file_limit::room_for_connections;
use crate::limits::{Limits, memory};
use crate::ops::log;
use crate::ops::metrics::CertificateRole;
use crate::ops::settings_file::{self, SettingsError};
use crate::tls::client_check::Callers;
use crate::tls::self_signed::self_signed;
use crate::tls::served_certificate::{Pem, ServedCertificate};

/// A server that is ready to start. Its ports are taken, and callers wait there; nothing runs yet.
pub(crate) struct Prepared {
    /// The command line.
    pub(crate) arguments: ServeArguments,
    /// What answers reviews.
    pub(crate) app: Arc<App>,
    /// What is known of other objects: nothing, before the watches start.
    pub(crate) references: References,
    /// What tells which operator the cluster has: nothing, before the watches start.
    pub(crate) operator: Option<OperatorWatch>,
    /// For the API server, over TLS.
    pub(crate) listener: TcpListener,
    /// How connections from the API server are secured.
    pub(crate) tls: Arc<ServerConfig>,
    /// For the kubelet and Prometheus, in the clear, to be served on a thread of its own.
    pub(crate) status_listener: std::net::TcpListener,
    /// What asks the program to stop.
    pub(crate) stop: StopSignals,
    /// The certificate that the server shows; none yet where the task below makes it.
    pub(crate) served: Arc<ServedCertificate>,
    /// What was in the files that are followed.
    pub(crate) followed: Followed,
    /// What looks after certificates, or compares them with the cluster.
    pub(crate) certificates: Option<CertificateTask>,
}

/// What was in the files that are followed, where there are any.
pub(crate) struct Followed {
    /// The files of certificate and key, and the pair that they hold.
    pub(crate) certificate: Option<((PathBuf, PathBuf), Pem)>,
    /// The check of callers, with the authorities that it began with.
    pub(crate) callers: Option<Callers>,
    /// The settings that are in force.
    pub(crate) settings: Option<SettingsFile>,
}

/// The settings file, and its content.
type SettingsFile = (PathBuf, Vec<u8>);

/// Does everything that may fail, and starts no task and no thread. In this order, because each part needs those before it:
///
/// 1. the log, which all others write to;
/// 2. the files that were named: settings, certificate and key, authorities of callers;
/// 3. both ports, and the signals that ask to stop;
/// 4. the cluster whose objects are looked up: nothing is sent to it yet;
/// 5. what the server answers by, with the certificate that it begins with;
/// 6. the task that looks after certificates;
/// 7. the file with the addresses: from then on callers may connect, and wait for the server to start.
pub(crate) async fn prepare(arguments: ServeArguments) -> Result<Prepared, StartError> {
    log::set_up(arguments.log_format, &arguments.log_level)?;

    let (settings, settings_file) = initial_settings(arguments.settings.as_deref())?;
    let certificate = Certificate::of(&arguments)?;
    let served = ServedCertificate::empty();
    let callers = arguments.client_ca.as_deref();
    let callers = callers.map(|file| Callers::new(file, arguments.client_name.clone()));
    let callers = callers.transpose()?;
    let tls = served.server_config_for(callers.as_ref().map(|callers| &callers.check))?;

    let (listener, address) = listen(arguments.listen)?;
    let (status_listener, status_address) = listen(arguments.status_listen)?;
    let status_listener = status_listener.into_std().map_err(StartError::StatusThread)?;
    let stop = StopSignals::take_over().map_err(StartError::Signals)?;

    let (references, operator) = references::prepare(&arguments).await?;

    let clock = certificates::clock(&arguments.certificates);
    let app = App::new(settings, references.inventory(), move || clock.now());
    let app = Arc::new(
        app.with_operator(arguments.operator_version)
            .with_limits(limits(&arguments)),
    );
    app.readiness.set_warming_up(true);
    let certificate = match certificate {
        Some(Certificate { pem, files }) => {
            let validity = served.replace(&pem)?;
            app.metrics
                .certificate(CertificateRole::Leaf, validity.not_after.as_second());
            app.readiness.set_certificate(validity);
            files.map(|files| (files, pem))
        }
        None => None,
    };

    let context = CertificateContext {
        telemetry: app.telemetry(),
        served: Arc::clone(&served),
    };
    let kubeconfig = arguments.kubeconfig.as_deref();
    let own_identity = callers.as_ref().map(|callers| callers.check.own_identity());
    let certificates =
        CertificateTask::prepare(&arguments.certificates, kubeconfig, context, address, own_identity).await?;

    announce(&arguments, address, status_address)?;
    Ok(Prepared {
        arguments,
        app,
        references,
        operator,
        listener,
        tls,
        status_listener,
        stop,
        served,
        followed: Followed {
            certificate,
            callers,
            settings: settings_file,
        },
        certificates,
    })
}

/// Returns the settings, and the file that they came from with its content.
fn initial_settings(file: Option<&Path>) -> Result<(Settings, Option<SettingsFile>), SettingsError> {
    let Some(file) = file else {
        return Ok((Settings::default(), None));
    };
    let bytes = settings_file::read(file)?;
    Ok((settings_file::parse(file, &bytes)?, Some((file.to_owned(), bytes))))
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

fn announce(arguments: &ServeArguments, address: SocketAddr, status: SocketAddr) -> Result<(), StartError> {
    tracing::info!(%address, %status, version = env!("CARGO_PKG_VERSION"), "serving");
    match &arguments.address_file {
        Some(file) => write(file, format!("listen={address}\nstatus={status}\n").as_bytes()),
        None => Ok(()),
    }
}
