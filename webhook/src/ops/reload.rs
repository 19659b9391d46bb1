//! Files that change under a running server.
//!
//! Contents are compared every few seconds. A mounted Secret or `ConfigMap` changes by the swap of a symbolic link two
//! levels above the file, which watches of files miss after the first time; contents never lie.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::admission::effective_settings::CurrentSettings;
use crate::ops::metrics::Metrics;
use crate::ops::readiness::Readiness;
use crate::ops::settings_file as settings;
use crate::tls::client_check::{Callers, ClientCheck};
use crate::tls::served_certificate::{Pem, ServedCertificate};

/// How long a file must be the same before it is taken.
const WRITTEN: Duration = Duration::from_millis(50);

/// Where it is told what came of a change.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) readiness: Arc<Readiness>,
}

/// Follows the certificate files for ever. `last` is what is being served.
pub(crate) async fn follow_certificate(
    told: Told,
    served: Arc<ServedCertificate>,
    files: (PathBuf, PathBuf),
    last: Pem,
    every: Duration,
) {
    let read = move || Pem::read(&files.0, &files.1).map_err(|error| error.to_string());
    follow(every, last, read, |read| {
        let replaced = read.and_then(|pem| served.replace(pem).map_err(|error| error.to_string()));
        match replaced {
            Ok(validity) => {
                told.metrics.rotation("leaf", true);
                told.metrics.certificate("leaf", validity.not_after.as_second());
                told.readiness.set_certificate(validity);
                told.readiness.set_certificate_problem(None);
                tracing::info!(not_after = %validity.not_after, "a new certificate is in use");
            }
            Err(reason) => {
                told.metrics.rotation("leaf", false);
                tracing::error!(reason, "the new certificate cannot be used; the last good one stays");
                told.readiness.set_certificate_problem(Some(reason));
            }
        }
    })
    .await;
}

/// Follows the file of client authorities for ever.
pub(crate) async fn follow_client_authorities(told: Told, callers: Callers, every: Duration) {
    let Callers {
        check,
        file,
        authorities,
    } = callers;
    let read = move || ClientCheck::read(&file).map_err(|error| error.to_string());
    follow(every, authorities, read, |read| {
        match read.and_then(|bytes| check.replace(bytes).map_err(|error| error.to_string())) {
            Ok(()) => {
                told.metrics.client_authority_reload(true);
                told.readiness.set_client_authorities_problem(None);
                tracing::info!("new client authorities are in force");
            }
            Err(reason) => {
                told.metrics.client_authority_reload(false);
                tracing::error!(
                    reason,
                    "the new client authorities cannot be used; the last good ones stay in force"
                );
                told.readiness.set_client_authorities_problem(Some(reason));
            }
        }
    })
    .await;
}

/// Follows the settings file for ever. `last` is the content that is in force.
pub(crate) async fn follow_settings(
    told: Told,
    current: Arc<CurrentSettings>,
    file: PathBuf,
    last: Vec<u8>,
    every: Duration,
) {
    let path = file.clone();
    let read = move || settings::read(&path).map_err(|error| error.to_string());
    follow(every, last, read, |read| {
        take_settings(&told, &current, &file, read.map(Vec::as_slice));
    })
    .await;
}

fn take_settings(told: &Told, current: &CurrentSettings, file: &Path, read: Result<&[u8], String>) {
    match read.and_then(|bytes| settings::parse(file, bytes).map_err(|error| error.to_string())) {
        Ok(settings) => {
            current.replace(settings);
            told.metrics.settings_reload(true);
            told.readiness.set_settings_problem(None);
            tracing::info!(file = %file.display(), "new settings are in force");
        }
        Err(reason) => {
            told.metrics.settings_reload(false);
            tracing::error!(
                reason,
                "the new settings cannot be used; the last good ones stay in force"
            );
            told.readiness.set_settings_problem(Some(reason));
        }
    }
}

/// Reads again and again, and hands on what is not the same as the last time, failures included.
async fn follow<T: PartialEq + Send + 'static>(
    every: Duration,
    last: T,
    read: impl Fn() -> Result<T, String> + Send + Sync + 'static,
    take: impl Fn(Result<&T, String>),
) {
    let read = Arc::new(read);
    let mut last = Ok(last);
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = read_aside(&read).await;
        if now.is_none() || now.as_ref() == Some(&last) {
            continue;
        }
        // A file that somebody is writing is cut short for a moment, and half of a file can be good settings, too.
        tokio::time::sleep(WRITTEN).await;
        if read_aside(&read).await != now {
            continue;
        }
        if let Some(now) = now {
            take(now.as_ref().map_err(Clone::clone));
            last = now;
        }
    }
}

async fn read_aside<T: Send + 'static>(
    read: &Arc<impl Fn() -> Result<T, String> + Send + Sync + 'static>,
) -> Option<Result<T, String>> {
    let read = Arc::clone(read);
    tokio::task::spawn_blocking(move || read()).await.ok()
}
