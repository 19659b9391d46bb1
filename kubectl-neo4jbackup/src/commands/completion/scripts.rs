//! The scripts that shells and kubectl read.
//!
//! Those for bash, zsh and fish are ours and ask as kubectl does. Those for PowerShell and Elvish are the library's.

use clap_complete::env::{Elvish, EnvCompleter, Powershell};

use crate::cli::Shell;

/// The name of the program file.
pub(super) const PROGRAM: &str = "kubectl-neo4jbackup";
/// What krew makes of the name `neo4j-backup`, in case it is called so one day.
pub(super) const OTHER_PROGRAM: &str = "kubectl-neo4j_backup";
/// What the scripts of the library ask by.
pub(super) const VARIABLE: &str = "NEO4JBACKUP_COMPLETE";
/// Stands near the head of every script that we write, so that we know it again.
pub(super) const MARK: &str = "Written by `kubectl neo4jbackup completion`";

/// The script for a shell, or for kubectl.
pub(super) fn for_shell(shell: Shell) -> String {
    match shell {
        Shell::Bash => include_str!("scripts/completion.bash").to_owned(),
        Shell::Zsh => include_str!("scripts/completion.zsh").to_owned(),
        Shell::Fish => include_str!("scripts/completion.fish").to_owned(),
        Shell::PowerShell => of_library(&Powershell),
        Shell::Elvish => of_library(&Elvish),
        Shell::Kubectl => for_kubectl(PROGRAM, cfg!(windows)),
    }
}

/// What kubectl looks for in PATH to complete the words of a plugin: a program of a name that says which.
pub(super) fn for_kubectl(program: &str, is_windows: bool) -> String {
    if is_windows {
        return format!("@rem {MARK}\r\n@{program} __complete %* 2>nul\r\n");
    }
    format!("#!/bin/sh\n# {MARK}\nexec {program} __complete \"$@\" 2>/dev/null\n")
}

fn of_library(shell: &dyn EnvCompleter) -> String {
    let mut script = Vec::new();
    // Nothing is in the way of writing into memory.
    let _ = shell.write_registration(VARIABLE, "kubectl_neo4jbackup", PROGRAM, PROGRAM, &mut script);
    format!("# {MARK}\n{}", String::from_utf8_lossy(&script))
}
