//! The second step of a start: what was prepared begins to run.

use neo4jbackup_core::operator::Operator;
use std::io;
use std::sync::Arc;
use std::thread;

use tokio::net::TcpListener;

use crate::app::App;
use crate::commands::serve::error::StartError;
use crate::commands::serve::prepare::{Followed, Prepared};
use crate::commands::serve::references::{self, reconciler};
use crate::ops::operator::follow_operator;
use crate::ops::reload::{follow_certificate, follow_client_authorities, follow_settings};
use crate::serve::server::{Leaving, serve, serve_status};

/// Starts everything, and answers until the program is asked to stop. In this order:
///
/// 1. the status port, on a thread of its own, so that the kubelet is answered however busy the rest is; it is the only part
///    that can fail, where the system gives no thread;
/// 2. signals are counted;
/// 3. the watches, of the operator and of what rules ask for, then what acts on what they see: the reconciler of accounts and roles, and readiness;
/// 4. what follows files;
/// 5. the task that looks after certificates, which calls the server over its own port;
/// 6. the server. Callers that came since the port was taken are answered now.
pub(crate) async fn start(prepared: Prepared) -> Result<(), StartError> {
    let Prepared {
        arguments,
        app,
        mut references,
        operator,
        listener,
        tls,
        status_listener,
        stop,
        served,
        followed,
        certificates,
    } = prepared;
    start_status(Arc::clone(&app), status_listener)?;
    let stop = stop.count();

    if let Some(watch) = operator {
        let (operator, metrics) = (app.operator(), app.telemetry().metrics);
        let follow = follow_operator(operator, metrics, watch.facts(), arguments.operator_version);
        tokio::spawn(follow);
        tokio::spawn(watch.run());
    }
    references.start();
    if arguments.ensure_rbac {
        tokio::spawn(references.reconcile_rbac(reconciler(&app, arguments.operator_version.map(Operator::era))));
    }
    tokio::spawn(references::tend(Arc::clone(&app), references));

    let telemetry = app.telemetry();
    let every = arguments.reload_interval;
    let Followed {
        certificate,
        callers,
        settings,
    } = followed;
    if let Some((files, pem)) = certificate {
        tokio::spawn(follow_certificate(telemetry.clone(), served, files, pem, every));
    }
    if let Some(callers) = callers {
        tokio::spawn(follow_client_authorities(telemetry.clone(), callers, every));
    }
    if let Some((file, content)) = settings {
        tokio::spawn(follow_settings(telemetry, app.settings(), file, content, every));
    }

    if let Some(task) = certificates {
        tokio::spawn(task.run());
    }

    let leaving = Leaving {
        lame_duck: arguments.lame_duck,
        ..Leaving::default()
    };
    let served = serve(app, listener, tls, stop.once(), leaving);
    tokio::select! {
        () = served => {}
        () = stop.twice() => return Err(StartError::BrokenOff),
    }
    tracing::info!("stopped");
    Ok(())
}

/// Serves the status port on a thread of its own: the kubelet is answered however busy the rest is.
fn start_status(app: Arc<App>, listener: std::net::TcpListener) -> Result<(), StartError> {
    let serve_all = move || -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async move {
            serve_status(app, TcpListener::from_std(listener)?).await;
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
