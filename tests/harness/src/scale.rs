//! How long the drills run.

use std::env;

/// The two sizes of a drill: rotations, restarts, traffic of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Seconds: proves that the drill works, and what fails often. Part of every test run.
    Short,
    /// Minutes: proves what the documents promise.
    Long,
}

/// [`Scale::Long`] where `NEO4JBACKUP_DRILLS` is `long`, as `cargo xtask e2e --long` sets it; [`Scale::Short`] where it
/// is `short`, empty or not set.
///
/// Panics on every other value: a drill that a misspelt word made short would prove less than its reader believes.
pub fn drill_scale() -> Scale {
    let value = env::var_os(DRILLS).unwrap_or_default();
    let value = value.to_string_lossy();
    match scale_named(&value) {
        Some(scale) => scale,
        #[allow(clippy::panic, reason = "the caller is a test, and this fails it")]
        None => panic!("{DRILLS} is `{value}`; `short` and `long` are known"),
    }
}

impl Scale {
    /// `short` or `long`, whichever this is: `drill_scale().choose(20, 200)`.
    pub fn choose<T>(self, short: T, long: T) -> T {
        match self {
            Self::Short => short,
            Self::Long => long,
        }
    }
}

fn scale_named(name: &str) -> Option<Scale> {
    match name {
        "" | "short" => Some(Scale::Short),
        "long" => Some(Scale::Long),
        _ => None,
    }
}

/// The name of the variable, for programs that set it.
pub const DRILLS: &str = "NEO4JBACKUP_DRILLS";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_means_short_and_a_misspelling_means_neither() {
        assert_eq!(scale_named(""), Some(Scale::Short));
        assert_eq!(scale_named("short"), Some(Scale::Short));
        assert_eq!(scale_named("long"), Some(Scale::Long));
        assert_eq!(scale_named("Long"), None);
        assert_eq!(Scale::Long.choose(20, 200), 200);
    }
}
