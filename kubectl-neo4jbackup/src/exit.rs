//! What the program says to the shell.

use std::process::ExitCode;

/// The exit codes of every command. They depend on the results alone, never on the format of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: nothing at or above `--fail-on`, no difference, condition met.
    Good,
    /// 1: findings, a difference, a missing right, a failed run.
    NotGood,
    /// 2: the command line or a configuration file cannot be used.
    Usage,
    /// 3: no full answer: something could not be read, or there was nothing to judge. Findings win over this.
    Incomplete,
    /// 4: refused, because going on could do harm.
    Refused,
    /// 124: `--timeout` was reached.
    TimedOut,
    /// 130: interrupted from the keyboard.
    Interrupted,
}

impl Exit {
    /// Every exit code, for the pages that list them.
    pub const ALL: [Self; 7] = [
        Self::Good,
        Self::NotGood,
        Self::Usage,
        Self::Incomplete,
        Self::Refused,
        Self::TimedOut,
        Self::Interrupted,
    ];

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::NotGood => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
            Self::Refused => 4,
            Self::TimedOut => 124,
            Self::Interrupted => 130,
        }
    }

    /// What it means, for a reader of the documentation.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Good => "good: nothing at or above `--fail-on`, no difference",
            Self::NotGood => "not good: findings, a difference, an invalid schedule",
            Self::Usage => "the command line or a configuration file cannot be used",
            Self::Incomplete => "no full answer: a file could not be read, or there was nothing to judge",
            Self::Refused => {
                "refused, because going on could do harm: a report would replace a manifest, or a link leads it elsewhere"
            }
            Self::TimedOut => "`--timeout` was reached",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
