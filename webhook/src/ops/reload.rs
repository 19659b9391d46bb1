//! Files that change under a running server.
//!
//! Contents are compared every few seconds. A mounted Secret or `ConfigMap` changes by the swap of a symbolic link two
//! levels above the file, which watches of files miss after the first time; contents never lie.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use neo4jbackup_cluster::chain;
use tokio::time::{MissedTickBehavior, interval};

use crate::admission::effective_settings::CurrentSettings;
use crate::ops::metrics::CertificateRole;
use crate::ops::settings_file::{self as settings, SettingsError};
use crate::ops::telemetry::Telemetry;
use crate::tls::client_check::{Callers, ClientCheck};
use crate::tls::served_certificate::{Pem, ServedCertificate};

/// How long a file must be the same before it is taken.
const WRITTEN: Duration = Duration::from_millis(50);

/// Follows the certificate files for as long as it is polled. `last` is the pair that is being served.
pub(crate) async fn follow_certificate(
    telemetry: Telemetry,
    served: Arc<ServedCertificate>,
    files: (PathBuf, PathBuf),
    last: Pem,
    every: Duration,
) {
    let read = move || Pem::read(&files.0, &files.1);
    follow(every, last, read, |read| {
        let replaced = read
            .map_err(said)
            .and_then(|pem| served.replace(pem).map_err(|error| said(&error)));
        match replaced {
            Ok(validity) => {
                telemetry.metrics.rotation(CertificateRole::Leaf, true);
                telemetry
                    .metrics
                    .certificate(CertificateRole::Leaf, validity.not_after.as_second());
                telemetry.readiness.set_certificate(validity);
                telemetry.readiness.set_certificate_problem(None);
                tracing::info!(not_after = %validity.not_after, "a new certificate is in use");
            }
            Err(reason) => {
                telemetry.metrics.rotation(CertificateRole::Leaf, false);
                tracing::error!(reason, "the new certificate cannot be used; the last good one stays");
                telemetry.readiness.set_certificate_problem(Some(reason));
            }
        }
    })
    .await;
}

/// Follows the file of client authorities for as long as it is polled.
pub(crate) async fn follow_client_authorities(telemetry: Telemetry, callers: Callers, every: Duration) {
    let Callers {
        check,
        file,
        authorities,
    } = callers;
    let read = move || ClientCheck::read(&file);
    follow(every, authorities, read, |read| {
        let replaced = read
            .map_err(said)
            .and_then(|bytes| check.replace(bytes).map_err(|error| said(&error)));
        match replaced {
            Ok(()) => {
                telemetry.metrics.client_authority_reload(true);
                telemetry.readiness.set_client_authorities_problem(None);
                tracing::info!("new client authorities are in force");
            }
            Err(reason) => {
                telemetry.metrics.client_authority_reload(false);
                tracing::error!(
                    reason,
                    "the new client authorities cannot be used; the last good ones stay in force"
                );
                telemetry.readiness.set_client_authorities_problem(Some(reason));
            }
        }
    })
    .await;
}

/// Follows the settings file for as long as it is polled. `last` is the content that is in force.
pub(crate) async fn follow_settings(
    telemetry: Telemetry,
    current: Arc<CurrentSettings>,
    file: PathBuf,
    last: Vec<u8>,
    every: Duration,
) {
    let path = file.clone();
    let read = move || settings::read(&path);
    follow(every, last, read, |read| {
        take_settings(&telemetry, &current, &file, read.map(Vec::as_slice));
    })
    .await;
}

fn take_settings(telemetry: &Telemetry, current: &CurrentSettings, file: &Path, read: Result<&[u8], &SettingsError>) {
    let parsed = read
        .map_err(said)
        .and_then(|bytes| settings::parse(file, bytes).map_err(|error| said(&error)));
    match parsed {
        Ok(settings) => {
            current.replace(settings);
            telemetry.metrics.settings_reload(true);
            telemetry.readiness.set_settings_problem(None);
            tracing::info!(file = %file.display(), "new settings are in force");
        }
        Err(reason) => {
            telemetry.metrics.settings_reload(false);
            tracing::error!(
                reason,
                "the new settings cannot be used; the last good ones stay in force"
            );
            telemetry.readiness.set_settings_problem(Some(reason));
        }
    }
}

/// Returns what is said of an error, in the log and by readiness.
fn said<E: Error>(error: &E) -> String {
    chain(error)
}

/// Reads in every interval, and hands on each result that differs from the last one, failures included.
async fn follow<T, E>(
    every: Duration,
    last: T,
    read: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    take: impl Fn(Result<&T, &E>),
) where
    T: PartialEq + Send + 'static,
    E: Error + Send + 'static,
{
    let read = Arc::new(read);
    let mut last = Ok(last);
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(now) = read_blocking(&read).await else {
            continue;
        };
        if is_same(&now, &last) {
            continue;
        }
        // A file that somebody is writing is cut short for a moment, and half of a file can be good settings, too.
        tokio::time::sleep(WRITTEN).await;
        if read_blocking(&read).await.is_some_and(|again| is_same(&again, &now)) {
            take(now.as_ref());
            last = now;
        }
    }
}

/// Whether two readings brought the same, or failed for the same reason.
fn is_same<T: PartialEq, E: Error>(one: &Result<T, E>, other: &Result<T, E>) -> bool {
    match (one, other) {
        (Ok(one), Ok(other)) => one == other,
        (Err(one), Err(other)) => chain(one) == chain(other),
        _ => false,
    }
}

/// Reads where waiting for a disk holds up nobody. Returns `None` when reading panicked.
async fn read_blocking<T: Send + 'static>(read: &Arc<impl Fn() -> T + Send + Sync + 'static>) -> Option<T> {
    let read = Arc::clone(read);
    tokio::task::spawn_blocking(move || read()).await.ok()
}
