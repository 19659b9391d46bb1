//! Why the server does not start, or ends with an error.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use neo4jbackup_cluster::ConnectError;

use crate::certificates::CertificateStartError;
use crate::ops::log::LogError;
use crate::ops::settings_file::SettingsError;
use crate::tls::client_check::ClientCheckError;
use crate::tls::served_certificate::TlsError;

/// Why the server does not start, or ends with an error.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The log cannot be set up.
    #[error(transparent)]
    Log(#[from] LogError),
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
