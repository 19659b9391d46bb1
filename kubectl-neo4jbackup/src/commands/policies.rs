//! `policies`: what the API server can judge by itself, as manifests.

use neo4jbackup_core::registry;
use neo4jbackup_core::rule::Cel;
use neo4jbackup_policies::manifest::{self, Choice};

use super::usage;
use crate::cli::Policies;
use crate::suggest::UnknownRule;
use crate::{Exit, Io};

/// Runs the command.
pub(super) fn run(arguments: &Policies, io: &mut Io<'_>) -> Exit {
    let choice = match choice(arguments) {
        Ok(choice) => choice,
        Err(error) => return usage(io, &error),
    };
    let mut parts = Vec::new();
    if !arguments.no_guard {
        parts.push(manifest::guard());
    }
    parts.push(manifest::rules(&choice));
    if !arguments.no_defaults {
        parts.push(manifest::defaults(choice.operator));
    }
    io.print(&parts.join("---\n"));
    Exit::Good
}

/// Why a rule cannot be chosen.
#[derive(Debug, thiserror::Error)]
enum ChoiceError {
    /// No rule has this code or name.
    #[error(transparent)]
    Rule(#[from] UnknownRule),

    /// The API server cannot judge it.
    #[error("no policy has the rule {code}: {why}")]
    NotExpressible { code: &'static str, why: &'static str },
}

fn choice(arguments: &Policies) -> Result<Choice, ChoiceError> {
    Ok(Choice {
        skip: codes(&arguments.skip)?,
        warn: codes(&arguments.warn)?,
        operator: arguments.operator_version.as_ref().map(|version| version.operator),
    })
}

/// The codes of rules, given by code or name, that policies can express.
fn codes(words: &[String]) -> Result<Vec<&'static str>, ChoiceError> {
    let code = |word: &String| {
        let word = word.trim();
        let meta = registry::rule(&word.to_ascii_uppercase()).or_else(|| registry::rule(&word.to_ascii_lowercase()));
        match meta.map(|meta| (meta.code, meta.cel)) {
            None => Err(UnknownRule::new(word).into()),
            Some((code, Cel::NotExpressible(why))) => Err(ChoiceError::NotExpressible { code, why }),
            Some((code, Cel::Expressible)) => Ok(code),
        }
    };
    words.iter().map(code).collect()
}
