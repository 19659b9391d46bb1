//! What the program says to the shell.

use std::process::ExitCode;

/// The exit codes of every command. They depend on the results alone, never on the format of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// 0: nothing at or above `--fail-on`, no difference.
    Good,
    /// 1: findings, a difference, an invalid schedule.
    NotGood,
    /// 2: the command line or a configuration file cannot be used.
    Usage,
    /// 3: no full answer: something could not be read, a cluster has not answered, or there was nothing to judge. Findings win over this.
    Incomplete,
    /// 4: refused, because going on could do harm.
    Refused,
    /// 124: what was waited for has not come about in time.
    TimedOut,
    /// 130: somebody has pressed Ctrl-C.
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
            // As timeout(1) has it.
            Self::TimedOut => 124,
            // As a shell has it of a program that this signal has ended.
            Self::Interrupted => 130,
        }
    }

    /// What it means, for a reader of the documentation.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Good => "good: nothing at or above `--fail-on`, no difference",
            Self::NotGood => "not good: findings, a difference, an invalid schedule",
            Self::Usage => "the command line or a configuration file cannot be used",
            Self::Incomplete => {
                "no full answer: a file could not be read, a cluster has not answered, or there was nothing to judge; findings win over gaps"
            }
            Self::Refused => {
                "refused, because going on could do harm: a report would replace what is linted, a manifest or a baseline, or a link leads it elsewhere; `rbac`: a tool keeps the object, a right is missing, or there is nobody to ask; `report`: a file is in the way, or nothing would be redacted; `completion install`: a file of somebody else is in the way"
            }
            Self::TimedOut => "`wait`: it has not come about within `--timeout`",
            Self::Interrupted => "`status --watch`, `auth check --probe`: somebody has pressed Ctrl-C",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
