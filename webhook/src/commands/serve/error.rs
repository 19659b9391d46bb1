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
    #[error("cannot make a certificate")]
    SelfSigned(#[from] rcgen::Error),
    /// The certificates cannot be looked after.
    #[error(transparent)]
    Certificates(#[from] CertificateStartError),
    /// The cluster that was named cannot be asked.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// An address is in use, or not one of this machine.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The status port cannot be served.
    #[error("cannot serve the status port")]
    StatusThread(#[source] io::Error),
    /// A file that was asked for cannot be written.
    #[error("cannot write {}", file.display())]
    Write {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A second signal came while calls were still being answered.
    #[error("asked a second time to stop, so it stopped at once; calls that were being answered are lost")]
    BrokenOff,
    /// Signals cannot be waited for.
    #[error("cannot wait for signals")]
    Signals(#[source] io::Error),
}
