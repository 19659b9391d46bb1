//! `schema`: the fields of a kind for editors.

use neo4jbackup_core::did_you_mean::closest;
use neo4jbackup_core::quoted::quoted;
use neo4jbackup_core::schema::{Kind, Profile, json_schema};

use super::usage;
use crate::cli::Schema;
use crate::json::pretty;
use crate::render::grid;
use crate::{Exit, Io, suggest};

/// Runs the command.
pub(super) fn run(arguments: &Schema, io: &mut Io<'_>) -> Exit {
    let profile = arguments
        .operator_version
        .as_ref()
        .map_or(Profile::V1Beta1, |version| version.operator.era().profile());
    let text = match &arguments.kind {
        None => list(profile, io.width()),
        Some(name) => match Kind::named(name) {
            Some(kind) => pretty(&json_schema(kind, profile)),
            None => return usage(io, &unknown(name)),
        },
    };
    io.print(&text);
    Exit::Good
}

fn list(profile: Profile, width: usize) -> String {
    let mut rows = grid::plain(width);
    rows.set_header(["KIND", "APIVERSION", "PLURAL"]);
    for kind in Kind::ALL {
        let api_version = kind.api_version(profile.newest_era().api_version());
        rows.add_row([kind.name(), &api_version, kind.plural()]);
    }
    grid::lines(&rows)
}

/// What should be the name of a kind, and is none.
fn unknown(name: &str) -> String {
    let names: Vec<&str> = Kind::ALL.into_iter().map(Kind::name).collect();
    let lower = name.to_ascii_lowercase();
    let is_part = |known: &&&str| lower.len() > 3 && known.to_ascii_lowercase().contains(&lower);
    let advice = match names.iter().find(is_part) {
        Some(meant) if closest(name, names.iter().copied()).is_none() => format!("did you mean `{meant}`?"),
        _ => suggest::advice(name, &names),
    };
    format!("there is no kind {}; {advice}", quoted(name))
}
