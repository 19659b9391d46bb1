//! Which run somebody means.

use super::run::Run;

/// A run as somebody names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// The newest.
    Last,
    /// The newest that failed, or stored nothing.
    LastFailed,
    /// The one whose name this is, or the end of it.
    Named(String),
}

/// Why it is not clear which run is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoRun {
    /// There is none at all.
    Never,
    /// None failed.
    NoneFailed,
    /// None has this name.
    Unknown,
    /// Several have a name that ends so.
    Several(Vec<String>),
}

impl Wish {
    /// Reads a word of the command line.
    pub fn read(word: &str) -> Self {
        match word {
            "last" => Self::Last,
            "last-failed" => Self::LastFailed,
            name => Self::Named(name.to_owned()),
        }
    }

    /// Finds the run. `runs` are all of them, the newest first.
    pub fn choose<'r, 's>(&self, runs: &'r [Run<'s>]) -> Result<&'r Run<'s>, NoRun> {
        let is_bad = |run: &&Run<'_>| run.has_ended() && !run.is_good();
        match self {
            _ if runs.is_empty() => Err(NoRun::Never),
            Self::Last => runs.first().ok_or(NoRun::Never),
            Self::LastFailed => runs.iter().find(is_bad).ok_or(NoRun::NoneFailed),
            Self::Named(name) => named(runs, name),
        }
    }
}

fn named<'r, 's>(runs: &'r [Run<'s>], name: &str) -> Result<&'r Run<'s>, NoRun> {
    if let Some(run) = runs.iter().find(|run| run.id == name) {
        return Ok(run);
    }
    let ends = |run: &&Run<'_>| !name.is_empty() && run.id.ends_with(name);
    let found: Vec<&Run<'_>> = runs.iter().filter(ends).collect();
    match found[..] {
        [run] => Ok(run),
        [] => Err(NoRun::Unknown),
        _ => Err(NoRun::Several(found.iter().map(|run| run.id.to_string()).collect())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::document::Node;

    #[test]
    fn a_run_is_chosen_by_its_place_its_outcome_or_the_end_of_its_name() {
        let entry = |id: &str, status: &str, file: &str| {
            let entry = json!({"runID": id, "status": status, "artifactFilename": file});
            Run::of_entry(&Node::from(entry))
        };
        let runs = [
            entry("x-backup-cron-29920902", "Succeeded", "a"),
            entry("x-backup-cron-29920901", "Succeeded", ""),
            entry("x-backup-cron-29920801", "Failed", ""),
        ];
        let choose = |word: &str| Wish::read(word).choose(&runs).map(|run| run.id.to_string());
        assert_eq!(choose("last").as_deref(), Ok("x-backup-cron-29920902"));
        // It stored nothing.
        assert_eq!(choose("last-failed").as_deref(), Ok("x-backup-cron-29920901"));
        assert_eq!(choose("29920801").as_deref(), Ok("x-backup-cron-29920801"));
        assert_eq!(
            choose("x-backup-cron-29920901").as_deref(),
            Ok("x-backup-cron-29920901")
        );
        assert_eq!(choose("7"), Err(NoRun::Unknown));
        assert!(matches!(choose("01"), Err(NoRun::Several(names)) if names.len() == 2));
        assert_eq!(Wish::LastFailed.choose(&runs[..1]), Err(NoRun::NoneFailed));
        assert_eq!(Wish::Last.choose(&[]), Err(NoRun::Never));
    }
}
