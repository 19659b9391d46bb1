//! What the server knows of other objects and of the operator, and the reconciler that goes by it.

use std::sync::Arc;
use std::time::Duration;

use neo4jbackup_cluster::{Cluster, ConnectError, OperatorWatch, RbacReconciler, References, Watching, chain};
use neo4jbackup_core::schema::Era;

use crate::app::App;
use crate::commands::arguments::ServeArguments;
use crate::ops::rbac_metrics;

/// How long the first lists may keep the server from being ready. After that it answers with what it knows: an unknown
/// never denies.
const WARM_UP: Duration = Duration::from_secs(10);

/// How often the age of the references is noted.
const AGE_INTERVAL: Duration = Duration::from_secs(5);

/// Returns the references that the arguments ask for, and the watches of the operator where there is a cluster to ask. No
/// request is sent.
pub(crate) async fn prepare(arguments: &ServeArguments) -> Result<(References, Option<OperatorWatch>), ConnectError> {
    let unknown = |why: &str| Ok((References::none(why), None));
    if arguments.no_references {
        return unknown("looking up other objects is switched off");
    }
    let watching = if arguments.ensure_rbac {
        Watching::Accounts
    } else {
        Watching::References
    };
    match Cluster::connect(arguments.kubeconfig.as_deref()).await {
        Ok(Some(cluster)) => Ok((
            References::new(&cluster, watching),
            Some(OperatorWatch::new(&cluster, arguments.operator_deployment.clone())),
        )),
        Ok(None) => unknown("no cluster was asked"),
        // What was named must work; what was merely found need not.
        Err(error) if arguments.kubeconfig.is_some() => Err(error),
        Err(error) => {
            let reason = chain(&error);
            tracing::warn!(reason, "other objects stay unknown");
            unknown(&reason)
        }
    }
}

/// The reconciler of accounts and roles, by the settings that are in force, and with what it does among the metrics.
pub(crate) fn reconciler(app: &App, operator: Option<Era>) -> RbacReconciler {
    let (settings, metrics) = (app.settings(), Arc::clone(&app.metrics));
    RbacReconciler::new(
        move || settings.own(),
        operator,
        move |event| rbac_metrics::count(&metrics, event),
    )
}

/// Keeps the references alive, and says when the first lists are complete and how old they are.
pub(crate) async fn tend(app: Arc<App>, references: References) {
    if !references.settled(WARM_UP).await {
        tracing::warn!(patience = ?WARM_UP, "ready although not all references are known");
    }
    app.readiness.set_warming_up(false);
    loop {
        for (kind, age) in references.ages() {
            if let Some(age) = age {
                app.metrics.reference_age(kind, age);
            }
        }
        tokio::time::sleep(AGE_INTERVAL).await;
    }
}
