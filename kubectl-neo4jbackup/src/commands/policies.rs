//! `policies`: what the API server can judge by itself, as manifests.

use neo4jbackup_core::registry;
use neo4jbackup_core::rule::Cel;
use neo4jbackup_policies::manifest::{self, Choice};

use super::usage;
use crate::cli::Policies;
use crate::{Exit, Io, suggest};

/// Runs the command.
pub(super) fn run(arguments: &Policies, io: &mut Io<'_>) -> Exit {
    let choice = match choice(arguments) {
        Ok(choice) => choice,
        Err(message) => return usage(io, &message),
    };
    let mut parts = Vec::new();
    if !arguments.no_guard {
        parts.push(manifest::guard());
    }
    parts.push(manifest::rules(&choice));
    if !arguments.no_defaults {
        parts.push(manifest::defaults());
    }
    io.print(&parts.join("---\n"));
    Exit::Good
}

fn choice(arguments: &Policies) -> Result<Choice, String> {
    Ok(Choice {
        skip: codes(&arguments.skip)?,
        warn: codes(&arguments.warn)?,
        era: arguments.operator_version.as_ref().map(|version| version.era),
    })
}

/// The codes of rules, given by code or name, that policies can express.
fn codes(words: &[String]) -> Result<Vec<&'static str>, String> {
    let code = |word: &String| {
        let word = word.trim();
        let meta = registry::rule(&word.to_ascii_uppercase()).or_else(|| registry::rule(&word.to_ascii_lowercase()));
        match meta.map(|meta| (meta.code, meta.cel)) {
            None => Err(suggest::unknown_rule(word)),
            Some((code, Cel::NotExpressible(why))) => Err(format!("no policy has the rule {code}: {why}")),
            Some((code, Cel::Expressible)) => Ok(code),
        }
    };
    words.iter().map(code).collect()
}
