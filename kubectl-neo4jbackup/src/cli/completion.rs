//! The arguments of `completion`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// The arguments of `completion`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  # put everything in place for the shell in $SHELL; look first what that is\n  \
        kubectl neo4jbackup completion install --dry-run\n  kubectl neo4jbackup completion install\n\n  \
        # take it away again\n  kubectl neo4jbackup completion uninstall\n\n  \
        # for the program itself, in this shell alone\n  source <(kubectl neo4jbackup completion bash)\n\n  \
        # in a profile of PowerShell\n  kubectl-neo4jbackup completion powershell | Out-String | Invoke-Expression\n\n\
        kubectl completes `kubectl neo4jbackup` by a program of its own, kubectl_complete-neo4jbackup, in a folder of PATH \
        (kubectl 1.26 and later, with kubectl's own completion set up). `install` puts it there, `completion kubectl` prints it.\n\n\
        Permissions: list on neo4jbackups, neo4jrestores and namespaces, for their names; without, nothing is offered.\n\n\
        Exit codes: 0 printed, 2 wrong usage"
)]
pub struct Completion {
    /// What else to do.
    #[command(subcommand)]
    pub command: Option<CompletionCommand>,
    /// Shell, or `kubectl` for the script that kubectl looks for
    #[arg(value_name = "SHELL", value_enum, required = true)]
    pub shell: Option<Shell>,
}

/// What else to do with completion.
#[derive(Debug, Subcommand)]
pub enum CompletionCommand {
    /// Put the scripts where kubectl and the shell find them
    Install(CompletionInstall),
    /// Take away what `install` has put in place
    Uninstall(CompletionUninstall),
}

/// The arguments of `completion install`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kubectl neo4jbackup completion install --dry-run\n  \
                        kubectl neo4jbackup completion install --shell bash --shell fish\n  \
                        kubectl neo4jbackup completion install --dir ~/bin\n\n\
                        A file of somebody else is never replaced. What is in place already stays, so that this can run again \
                        after every upgrade.\n\nPermissions: none in a cluster.\n\n\
                        Exit codes: 0 everything is in place, 2 wrong usage, 3 a file could not be written, \
                        4 a file of somebody else is in the way: nothing was written")]
pub struct CompletionInstall {
    /// Shell to install for; may be given several times. The one in $SHELL unless given
    #[arg(long, value_name = "SHELL", value_enum)]
    pub shell: Vec<InstallShell>,
    /// Folder of PATH for the script that kubectl looks for. The one that the plugin is in unless given, or else one below
    /// your home
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// Say what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The arguments of `completion uninstall`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kubectl neo4jbackup completion uninstall --dry-run\n  \
                        kubectl neo4jbackup completion uninstall\n\n\
                        Looks in the folders of PATH, in the one of --dir, and where `install` writes for bash, zsh and fish. Files of \
                        somebody else stay.\n\nPermissions: none in a cluster.\n\n\
                        Exit codes: 0 nothing is left, 2 wrong usage, 3 a file could not be removed")]
pub struct CompletionUninstall {
    /// Folder that was given to `install`
    #[arg(long, value_name = "FOLDER")]
    pub dir: Option<PathBuf>,
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Shells that `install` knows the places of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InstallShell {
    /// Bash, with the package bash-completion
    Bash,
    /// Zsh
    Zsh,
    /// Fish
    Fish,
}

/// Values of `completion`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// Bash
    Bash,
    /// Zsh
    Zsh,
    /// Fish
    Fish,
    /// PowerShell
    #[value(name = "powershell")]
    PowerShell,
    /// Elvish
    Elvish,
    /// kubectl's own completion
    Kubectl,
}
