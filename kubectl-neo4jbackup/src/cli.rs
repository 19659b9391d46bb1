//! The command line: what may be said, and nothing of what is done.

#![allow(
    clippy::doc_markdown,
    reason = "these comments are the help, where backticks would be noise"
)]

mod auth;
mod completion;
mod connection;
mod environment;
mod look;
mod lsp;
mod pages;
mod probe;
mod rbac;
mod report;
mod rights;
mod status_format;
mod webhook;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::num::NonZero;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use neo4jbackup_cluster::ConnectionFlags;
use neo4jbackup_core::finding::Severity;
use neo4jbackup_core::operator::{Operator, UnknownVersion};
use neo4jbackup_core::quoted::printable;
use neo4jbackup_core::values::go_duration;

use crate::since::Since;

pub use auth::{Auth, AuthCheck, AuthCommand, AuthFormat, PROBE_IMAGE};
pub use completion::{Completion, CompletionCommand, CompletionInstall, CompletionUninstall, InstallShell, Shell};
pub use connection::Connection;
pub use look::LookArguments;
pub use lsp::Lsp;
pub use pages::markdown;
pub use probe::{Probe, ProviderName};
pub use rbac::{Rbac, RbacCommand, RbacDiff, RbacRepair, RbacScope, RbacUndo, RepairScope};
pub use report::{CollectReport, Report, ReportCommand, ReportDiff, ReportDiffFormat};
pub use rights::{GenerateFor, RbacCheck, RbacGenerate, RightsFormat, RightsLevel, RightsOf};
pub use status_format::StatusFormats;
pub use webhook::{Webhook, WebhookCheck, WebhookCommand, WebhookFormat};

use crate::jsonpath::Template;

/// What the program is called in its own help.
const NAME: &str = "kubectl neo4jbackup";
/// Where the help lists flags that every command has.
const EVERYWHERE: &str = "Flags of every command";

/// Finds mistakes in Neo4jBackup and Neo4jRestore manifests before the operator meets them
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-neo4jbackup",
    bin_name = NAME,
    display_name = NAME,
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Examples:\n  # is anything wrong in these files, and what would break in the cluster?\n  \
                  kubectl neo4jbackup lint deploy/\n  kubectl neo4jbackup lint deploy/ --live\n\n  \
                  # why did it fail, and how do all backups do?\n  kubectl neo4jbackup doctor -n graph\n  \
                  kubectl neo4jbackup status -A\n\n\
                  Flags follow the name of the plugin: `kubectl neo4jbackup lint -n prod`, not `kubectl -n prod neo4jbackup`.\n\
                  Every flag marked [env] can be set in the environment; the command line goes first.\n\n\
                  Permissions: each command says what it needs. `rbac generate --for plugin` prints a Role with all that it takes to \
                  look, with --level probe or repair also what those commands write; `lint --server-dry-run` needs what \
                  `rbac generate --for user --level edit` prints.\n\n\
                  Exit codes: 0 good, 1 findings or differences, 2 wrong usage, 3 no full answer, 4 refused, \
                  124 not come about in time"
)]
pub struct Invocation {
    /// Namespace of objects that name none; for questions to a cluster the one of the context unless given
    #[arg(short, long, global = true, value_name = "NAME", help_heading = EVERYWHERE)]
    pub namespace: Option<String>,
    /// Whether to use colors
    #[arg(long, global = true, value_name = "WHEN", value_enum, help_heading = EVERYWHERE)]
    pub color: Option<ColorChoice>,
    /// The same as `--color never`
    #[arg(long, global = true, conflicts_with = "color", help_heading = EVERYWHERE)]
    pub no_color: bool,
    /// Also say which errors are behind a connection that failed
    #[arg(short, long, global = true, help_heading = EVERYWHERE)]
    pub verbose: bool,
    /// Which cluster, and as whom.
    #[command(flatten)]
    pub connection: Connection,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// When to use colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Also in files and pipes
    Always,
    /// Not at all
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check manifests in files, alone or as if they were applied to a cluster
    Lint(Box<Lint>),
    /// Say why backups and restores fail, the cause first
    #[command(visible_alias = "diagnose")]
    Doctor(Box<Doctor>),
    /// Say how every backup does: its last good run, its next one, and the line of its last runs
    Status(Box<Status>),
    /// Print what the pods of a run say, in the order of time; with more flags also the operator and the servers
    Logs(Box<Logs>),
    /// Wait until a backup or restore has ended well, or until it is clear that it will not
    Wait(Box<Wait>),
    /// Ask a store from here, step by step; `auth check --probe` runs it in a pod
    #[command(hide = true)]
    Probe(Box<Probe>),
    /// Write everything that doctor looks at into one archive, without secrets; with `diff` compare two
    Report(Box<Report>),
    /// Look after the accounts of the Jobs and their rights
    Rbac(Box<Rbac>),
    /// Say by which cloud identity backups and restores reach their stores, and what is missing for that
    Auth(Box<Auth>),
    /// Look after the admission webhook
    Webhook(Box<Webhook>),
    /// Say what a rule checks, why, and how to fix what it finds
    Explain(Explain),
    /// Print the JSON Schema of a kind, for editors
    Schema(Schema),
    /// Say what lint finds while somebody types, to an editor that starts it
    Lsp(Lsp),
    /// Print the admission policies that judge without the webhook
    Policies(Policies),
    /// Say when every backup runs, and what gets in its way; with `next` when a schedule does
    Schedule(Box<Schedule>),
    /// Print the version of this program, and with --check of the cluster and who it takes you for
    Version(Version),
    /// Print a completion script for a shell; with `install` put everything in place
    Completion(Completion),
}

/// The arguments of `lint`.
#[derive(Debug, Default, Args)]
#[command(after_help = "Examples:\n  \
        # every manifest below a folder\n  kubectl neo4jbackup lint deploy/\n\n  \
        # what Helm or kustomize renders\n  helm template ./chart | kubectl neo4jbackup lint -\n\n  \
        # in CI: short lines for people, SARIF for code scanning\n  kubectl neo4jbackup lint deploy/ -o short -o sarif=lint.sarif\n\n  \
        # see what can be fixed, then fix it\n  kubectl neo4jbackup lint deploy/ --fix --diff\n  kubectl neo4jbackup lint deploy/ --fix\n\n  \
        # by the fields that a cluster really has, or that its CRDs in a folder have\n  \
        kubectl neo4jbackup lint deploy/ --crds cluster\n  kubectl neo4jbackup lint deploy/ --crds crds/\n\n  \
        # what would break if they were applied to the cluster, and what would its API server say?\n  \
        kubectl neo4jbackup lint deploy/ --live\n  kubectl neo4jbackup lint deploy/ --server-dry-run\n\n  \
        # the examples of a runbook, and those of all guides and scripts\n  kubectl neo4jbackup lint docs/runbook.md\n  \
        kubectl neo4jbackup lint . --markdown\n\n  \
        # accept what is there today, fail on what is new\n  kubectl neo4jbackup lint deploy/ --baseline known.json --write-baseline\n  \
        kubectl neo4jbackup lint deploy/ --baseline known.json\n\n\
        Settings can be kept in `.neo4jbackup.yaml`, in the folder of the first path or in one above it. Links in folders are \
        followed to places below the paths; one that leads out of them is reported and not followed. No report replaces what is \
        linted, a manifest or a baseline, and no baseline anything but a baseline.\n\n\
        Permissions: none; with --live list in the namespaces of the files on neo4jbackups, neo4jrestores, neo4jenterpriseclusters, \
        neo4jenterprisestandalones, neo4jshardeddatabases, cronjobs, jobs, persistentvolumeclaims and serviceaccounts, get on \
        secrets and namespaces, and list on deployments everywhere; with --live or --crds cluster get on \
        customresourcedefinitions; with --server-dry-run get, create and patch on neo4jbackups and neo4jrestores, which \
        `rbac generate --for user --level edit` prints, and on whichever other kinds of the operator are in the files. What is \
        missing is listed as not checked.\n\n\
        Exit codes: 0 nothing at or above --fail-on, 1 findings (with --fix --diff: or differences), 2 wrong usage, \
        3 a file, or with --live or --server-dry-run something of the cluster, could not be read, or there was nothing to judge, 4 a file to write would replace one that must stay")]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Lint {
    /// Files, folders, globs, or `-` for standard input
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The same as PATH, as kubectl spells it
    #[arg(short, long = "filename", value_name = "PATH")]
    pub filenames: Vec<PathBuf>,
    /// Name of what comes on standard input, in the report and for the settings, the baseline and the role that the folders
    /// around it give it. Takes the place of the file of this name among the PATHs; for editors, whose text is not saved yet
    #[arg(long, value_name = "FILE")]
    pub stdin_filename: Option<PathBuf>,
    /// In folders, also read Markdown (md, markdown, mdx) and shell files (sh, bash, zsh, ksh): the manifests in their fenced
    /// blocks and here-documents, each for itself. Such a file that is named is always read so
    #[arg(long)]
    pub markdown: bool,
    /// Format of the report, and the file that it goes to; may be given several times, once without a file.
    /// Formats: text, table, short, json, yaml, sarif, junit, github, gitlab, markdown
    #[arg(short, long, value_name = "FORMAT[=FILE]", value_delimiter = ',')]
    pub output: Vec<String>,
    /// Fix what can be fixed with certainty, in place; comments and layout stay
    #[arg(long)]
    pub fix: bool,
    /// With --fix: print the changes and write nothing
    #[arg(long, requires = "fix")]
    pub diff: bool,
    /// With --fix: also make changes that are only probably meant
    #[arg(long = "unsafe", requires = "fix")]
    pub unsafe_fixes: bool,
    /// Operator that will read the manifests (1.13, 1.14, main, ...); by each object's apiVersion unless given
    #[arg(long, value_name = "VERSION", value_parser = operator_version)]
    pub operator_version: Option<OperatorVersion>,
    /// Schemas that decide which fields there are: a file or folder with the operator's CRDs, or with JSON Schemas made of
    /// them, or `cluster` for those that the cluster serves; may be given several times. They also tell the version of the
    /// operator, unless that is given
    #[arg(long, value_name = "PATH")]
    pub crds: Vec<PathBuf>,
    /// Judge the files as if they were applied to the cluster: instances, Secrets, claims and other backups that are no
    /// files are those of the cluster, and so are the fields that it takes. What is found lies in a file. Reads the
    /// namespaces of the files and the one of -n
    #[arg(long)]
    pub live: bool,
    /// With --live: look at all namespaces
    #[arg(short = 'A', long, requires = "live")]
    pub all_namespaces: bool,
    /// With --live: take what has been collected in a file, a folder or an archive (tar, tar.gz) for the cluster
    #[arg(long, value_name = "PATH", requires = "live")]
    pub from_bundle: Option<PathBuf>,
    /// Also ask the API server what it would say to each object of the operator, as `kubectl apply --dry-run=server` does, and
    /// lay its answers (schema, webhooks, policies) together with what the rules find. Nothing is stored. What is unfinished is
    /// not sent. Needs the rights get, create and patch on the kinds of the files
    #[arg(long)]
    pub server_dry_run: bool,
    /// With --live and --server-dry-run: how long to look or to ask at most, in all: 90s, 2m
    #[arg(long, value_name = "DURATION", value_parser = timeout, default_value = "60s")]
    pub timeout: Duration,
    /// Judge the objects as the admission webhook would complete them
    #[arg(long)]
    pub assume_webhook: bool,
    /// Least severity that makes the exit code 1; `error` unless given
    #[arg(long, value_name = "SEVERITY", value_enum)]
    pub fail_on: Option<FailOn>,
    /// Least severity that is shown; `info` unless given
    #[arg(long, value_name = "SEVERITY", value_enum)]
    pub show: Option<Show>,
    /// Only these rules: codes, names, or families such as NB5xxx
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Not these rules: codes, names, or families such as NB5xxx
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// File with findings that are known and accepted
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write what is found now to the file of --baseline
    #[arg(long, requires = "baseline", conflicts_with = "fix")]
    pub write_baseline: bool,
    /// Exit with 0 also when a file could not be read or there was nothing to judge
    #[arg(long)]
    pub allow_incomplete: bool,
    /// Settings to use instead of the `.neo4jbackup.yaml` that would be found
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// An operator version as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorVersion {
    /// As it was given.
    pub text: String,
    /// The operator of that version.
    pub operator: Operator,
}

/// Reads an operator version.
pub fn operator_version(text: &str) -> Result<OperatorVersion, UnknownVersion> {
    Ok(OperatorVersion {
        text: text.to_owned(),
        operator: text.parse()?,
    })
}

/// Values of `--fail-on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailOn {
    /// Only errors
    Error,
    /// Errors and warnings
    Warning,
    /// Anything
    Info,
    /// Nothing
    Never,
}

impl FailOn {
    /// Whether a finding of this severity makes the exit code 1.
    pub fn includes(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity >= Severity::Error,
            Self::Warning => severity >= Severity::Warning,
            Self::Info => true,
            Self::Never => false,
        }
    }
}

/// Values of `--show`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Show {
    /// Only errors
    Error,
    /// Errors and warnings
    Warning,
    /// Everything
    Info,
}

impl Show {
    /// Whether a finding of this severity is shown.
    pub fn includes(self, severity: Severity) -> bool {
        severity
            >= match self {
                Self::Error => Severity::Error,
                Self::Warning => Severity::Warning,
                Self::Info => Severity::Info,
            }
    }
}

/// The arguments of `doctor`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  # why did last night's backup fail?\n  kubectl neo4jbackup doctor backup/nightly -n graph\n\n  \
        # everything in a namespace, or in the cluster\n  kubectl neo4jbackup doctor -n graph\n  kubectl neo4jbackup doctor -A\n\n  \
        # what has gone wrong since yesterday, and what changes from now on\n  \
        kubectl neo4jbackup doctor -n graph --since 24h --watch\n\n  \
        # without a cluster: a folder of objects as `kubectl get -o yaml` prints them\n  \
        kubectl neo4jbackup doctor --from-bundle ./collected\n\n  \
        # for an issue, for a browser\n  kubectl neo4jbackup doctor -n graph -o markdown\n  \
        kubectl neo4jbackup doctor -A -o html > diagnosis.html\n\n\
        Permissions: list in the namespace (with -A: everywhere) on neo4jbackups, neo4jrestores, neo4jenterpriseclusters, \
        neo4jenterprisestandalones, jobs, cronjobs, pods, events, persistentvolumeclaims and serviceaccounts, get on pods/log. \
        What is missing is listed as not checked.\n\n\
        Exit codes: 0 nothing at or above --fail-on, 1 something is, 2 wrong usage, 3 no full answer: the cluster cannot be \
        asked, or a check could not be made"
)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Doctor {
    /// What to look at: backup/NAME, restore/NAME, cronjob/NAME; a NAME alone is a backup. Everything in the namespace unless
    /// given
    #[arg(value_name = "TYPE/NAME")]
    pub target: Option<String>,
    /// Where to look.
    #[command(flatten)]
    pub look: LookArguments,
    /// Format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub output: DoctorFormat,
    /// Print ASCII only, in the formats for a terminal; also when the locale is not UTF-8
    #[arg(long)]
    pub ascii: bool,
    /// Only these checks and rules: codes, names, or families such as NB6xxx
    #[arg(long, value_name = "CHECKS", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Not these checks and rules: codes, names, or families such as NB6xxx
    #[arg(long, value_name = "CHECKS", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// Leave out what is over: diagnoses whose signs are all older than this, such as 24h or 2026-06-01T00:00:00Z. What is
    /// still wrong stays, with its causes, however long ago they began, and so does what has no time
    #[arg(long, value_name = "TIME")]
    pub since: Option<Since>,
    /// Look again and again, every 10s unless given, and say what is new, gone, worse or better, a line for each; on a terminal
    /// everything is shown anew. Ctrl-C ends it, with the exit code of the last look
    #[arg(
        short,
        long,
        value_name = "INTERVAL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "10s",
        value_parser = timeout,
        conflicts_with = "from_bundle"
    )]
    pub watch: Option<Duration>,
    /// Least severity that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", value_enum, default_value = "error")]
    pub fail_on: FailOn,
    /// Least severity that is shown
    #[arg(long, value_name = "SEVERITY", value_enum, default_value = "info")]
    pub show: Show,
    /// Exit with 0 also when something could not be checked
    #[arg(long)]
    pub allow_incomplete: bool,
}

/// Why a text is no time to wait.
#[derive(Debug, thiserror::Error)]
pub enum TimeoutError {
    /// It is not written as Go writes durations.
    #[error(transparent)]
    Duration(#[from] go_duration::GoDurationError),
    /// Nobody can wait so long, or so short.
    #[error("it has to be longer than nothing")]
    Nothing,
}

/// Reads a duration as Go writes it.
pub fn timeout(text: &str) -> Result<Duration, TimeoutError> {
    let read = go_duration::parse(text)?;
    let nanoseconds = u64::try_from(read.nanoseconds()).ok();
    nanoseconds
        .filter(|nanoseconds| *nanoseconds > 0)
        .map(Duration::from_nanos)
        .ok_or(TimeoutError::Nothing)
}

/// Formats of `doctor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DoctorFormat {
    /// For people: the cause, what it rests on, what to do, what follows from it
    Text,
    /// A row for each diagnosis, with since when there are signs of it
    Table,
    /// A line for each diagnosis
    Short,
    /// JSON
    Json,
    /// YAML
    Yaml,
    /// XML for CI: a suite for each object, a case for each check
    Junit,
    /// Markdown for an issue or the channel of an incident
    Markdown,
    /// Metrics for a file that Prometheus gets to read
    Openmetrics,
    /// A page for a browser, in one file
    Html,
}

impl DoctorFormat {
    /// The names of all formats, as `-o` takes them.
    pub fn names() -> Vec<String> {
        let formats = Self::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        formats.map(|format| format.get_name().to_owned()).collect()
    }
}

/// The arguments of `status`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  # every backup of the namespace, or of the cluster\n  kubectl neo4jbackup status\n  \
        kubectl neo4jbackup status -A\n\n  \
        # for a script: is there a good run of the last 26 hours?\n  \
        kubectl neo4jbackup status nightly -n graph --rpo 26h -o json\n  \
        kubectl neo4jbackup status -A -o jsonpath='{range .items[?(@.needsAttention==true)]}{.namespace}/{.name}{\"\\n\"}{end}'\n\n  \
        # a page to show, with what doctor finds\n  kubectl neo4jbackup status -A -o html > backups.html\n\n  \
        # what changes from now on, one line for each backup that does\n  kubectl neo4jbackup status -A --watch\n\n\
        The state follows from the runs, never from the phase of the backup: Healthy, Running, Waiting, Suspended, Completed, \
        Deleting, Unknown, and those that need attention: Failing xN, Overdue, Failed, Invalid, Silent. A run that succeeded and \
        stored nothing is a failed one. Each of the last fourteen runs is a sign: \
        ✓ good, ✗ failed, · missed, ▸ goes on, ? nobody knows any more; in ASCII + x . > ?\n\n\
        With --watch a backup that is not there any more is said once more, as Gone; an API server that is away is asked again.\n\n\
        Permissions: as `doctor`.\n\n\
        Exit codes: 0 all is well, 1 a backup needs attention, 2 wrong usage, 3 no full answer, 130 --watch was ended by Ctrl-C"
)]
pub struct Status {
    /// Which backups: NAME, backup/NAME or cronjob/NAME. All in the namespace, and all CronJobs that run neo4j-admin, unless
    /// given
    #[arg(value_name = "NAME")]
    pub targets: Vec<String>,
    /// Where to look.
    #[command(flatten)]
    pub look: LookArguments,
    /// Format. Templates are kubectl's: `jsonpath={.items[*].name}`
    #[arg(short, long, value_name = "FORMAT", value_parser = StatusFormats, default_value = "text")]
    pub output: StatusFormat,
    /// Look again and again, every 10s unless given, and print what has changed: a line for each backup, with -o json and yaml a
    /// report of those alone; on a terminal the lines are shown anew. Ctrl-C ends it, with exit code 130
    #[arg(
        short,
        long,
        value_name = "INTERVAL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "10s",
        value_parser = timeout,
        conflicts_with = "from_bundle"
    )]
    pub watch: Option<Duration>,
    /// How old the last good run of a scheduled backup may be: 90m, 24h. Unless given one period of its schedule and the time
    /// that its runs take
    #[arg(long, value_name = "DURATION", value_parser = timeout)]
    pub rpo: Option<Duration>,
    /// Print no line of headers
    #[arg(long)]
    pub no_headers: bool,
    /// Print ASCII only; also when the locale is not UTF-8
    #[arg(long)]
    pub ascii: bool,
}

/// Formats of `status`.
#[derive(Debug, Clone)]
pub enum StatusFormat {
    /// A line for each backup; without the scope and the time to the next run where a terminal is too narrow
    Text,
    /// Also the place of the storage, the backup that it continues, and the newest Job
    Wide,
    /// JSON
    Json,
    /// YAML
    Yaml,
    /// TYPE/NAME
    Name,
    /// A page for people: timelines, sizes, what is wrong
    Html,
    /// What a template says of the JSON
    JsonPath(Template),
    /// The same with a template in a file
    JsonPathFile(PathBuf),
}

/// The arguments of `logs`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  # what the last run said, all its pods and containers, those that run before the others included\n  \
        kubectl neo4jbackup logs backup/nightly -n graph\n\n  \
        # the last one that failed, with what the operator and the servers said of it\n  \
        kubectl neo4jbackup logs backup/nightly --run last-failed --operator --servers\n\n  \
        # follow a run until its Job has ended\n  kubectl neo4jbackup logs backup/adhoc -f\n\n  \
        # which runs are there, and of which is there a log\n  kubectl neo4jbackup logs backup/nightly --list\n\n\
        Each line stands behind its pod and container. Lines that tell of a failure, a warning or a success are marked with their \
        class, and what they come to is said at the end on standard error; `explain --log` says more. What cannot be seen is \
        escaped, and a line of more than 16 KiB is cut. With --no-prefix nothing is added to a line. Lines of the operator are \
        those that name the object, lines of the servers those of backups and restores, both from the time of the run.\n\n\
        Permissions: get on the object, list on jobs, cronjobs and pods, get on pods/log, all in the namespace; with --operator \
        list on deployments and pods everywhere and get on pods/log in the operator's namespace.\n\n\
        Exit codes: 0 everything that was asked for is there, 2 wrong usage, 3 not everything is there any more, or may be read"
)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct Logs {
    /// Whose logs: backup/NAME, restore/NAME, cronjob/NAME; a NAME alone is a backup
    #[arg(value_name = "TYPE/NAME")]
    pub target: String,
    /// Which run: `last`, `last-failed`, or its name or the end of it as --list prints it
    #[arg(long, value_name = "RUN", default_value = "last")]
    pub run: String,
    /// List the runs and whether their logs are there
    #[arg(long, conflicts_with_all = ["follow", "previous", "operator", "servers", "tail", "since", "timestamps", "container"])]
    pub list: bool,
    /// The logs of the containers before those that run now, where these were started again
    #[arg(short, long, conflicts_with = "follow")]
    pub previous: bool,
    /// Also what the operator said of the object
    #[arg(long)]
    pub operator: bool,
    /// Also what the servers said of backups and restores
    #[arg(long)]
    pub servers: bool,
    /// Go on until the Job of the run has ended
    #[arg(short, long)]
    pub follow: bool,
    /// So many lines of each container, the newest
    #[arg(long, value_name = "N")]
    pub tail: Option<u32>,
    /// Only lines that are not older: 10m, 2h
    #[arg(long, value_name = "DURATION", value_parser = timeout)]
    pub since: Option<Duration>,
    /// Begin each line with its time
    #[arg(long)]
    pub timestamps: bool,
    /// Only containers of this name
    #[arg(short, long, value_name = "NAME")]
    pub container: Option<String>,
    /// Print the lines alone, without pod, container and class
    #[arg(long)]
    pub no_prefix: bool,
    /// Print ASCII only for what is ours; also when the locale is not UTF-8
    #[arg(long)]
    pub ascii: bool,
}

/// The arguments of `wait`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  # in a pipeline: make a backup, and go on when it is there\n  kubectl create -f adhoc.yaml\n  \
        kubectl neo4jbackup wait backup/adhoc -n graph --timeout 2h\n\n  \
        # run a scheduled backup now, and wait for it\n  \
        kubectl create job nightly-now --from=cronjob/nightly-backup-cron -n graph\n  \
        kubectl neo4jbackup wait backup/nightly -n graph --since 1m\n\n  \
        # does the next run of the schedule end well?\n  kubectl neo4jbackup wait backup/nightly --for scheduled-run --timeout 25h\n\n\
        A backup without a schedule is judged by its newest run, whenever that was: one that is good already ends the wait at once. \
        Of one with a schedule the runs count that end after this command began, and with --since also those that ended so long \
        before. Judged are Jobs and history, never the phase alone: a run that stored nothing is a failed one. It also ends when \
        it is clear that it cannot come about, with the first line that `doctor` has on the matter. An API server that does not \
        answer meanwhile is asked again until the time is over. On a terminal one line shows how it stands.\n\n\
        Permissions: get on the object and list on jobs in its namespace; with list on cronjobs and pods, and what `doctor` needs, \
        it can say more.\n\n\
        Exit codes: 0 it has come about, 1 it cannot come about any more, 2 wrong usage, 3 the cluster does not answer from the \
        beginning or a right is missing, 124 it has not come about within --timeout"
)]
pub struct Wait {
    /// For what: backup/NAME, restore/NAME, cronjob/NAME; a NAME alone is a backup
    #[arg(value_name = "TYPE/NAME")]
    pub target: String,
    /// What is to come about
    #[arg(long = "for", value_name = "WHAT", value_enum, default_value = "succeeded")]
    pub goal: WaitGoal,
    /// How long to wait at most: 90s, 2h
    #[arg(long, value_name = "DURATION", value_parser = timeout, default_value = "30m")]
    pub timeout: Duration,
    /// Of a backup with a schedule, also count runs that ended so long ago: 1m, 1h
    #[arg(long, value_name = "DURATION", value_parser = timeout)]
    pub since: Option<Duration>,
}

/// Values of `wait --for`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WaitGoal {
    /// A run has ended well and stored something
    Succeeded,
    /// A run has ended, well or not
    Completed,
    /// A run has failed, or stored nothing
    Failed,
    /// The next run of the schedule has ended well
    ScheduledRun,
}

/// The arguments of `explain`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  kubectl neo4jbackup explain NB1002\n  kubectl neo4jbackup explain duplicate-key -o markdown\n  \
                        kubectl neo4jbackup explain --list\n\n  # why a backup failed, from its log alone\n  \
                        kubectl logs job/nightly-backup --all-containers | kubectl neo4jbackup explain --log -\n\n\
                        Permissions: none.\n\n\
                        Exit codes: 0 there is such a page, or the log could be read, 2 wrong usage, 3 the log cannot be read"
)]
pub struct Explain {
    /// Code or name of a rule or check
    #[arg(value_name = "RULE", required_unless_present_any = ["list", "log"])]
    pub rule: Option<String>,
    /// List all rules and checks
    #[arg(long, conflicts_with = "rule")]
    pub list: bool,
    /// Say what the lines of a log mean, the first cause first; `-` reads standard input. With -o json: an object for each line
    #[arg(long, value_name = "FILE", conflicts_with_all = ["rule", "list"])]
    pub log: Option<PathBuf>,
    /// Format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub output: PageFormat,
}

/// Formats of `explain`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PageFormat {
    /// For a terminal
    Text,
    /// Markdown
    Markdown,
    /// JSON
    Json,
}

/// The arguments of `schema`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kubectl neo4jbackup schema\n  \
                        kubectl neo4jbackup schema neo4jbackup > neo4jbackup.schema.json\n  \
                        kubectl neo4jbackup schema neo4jrestore --operator-version 1.13\n\n\
                        docs/editor.md says how an editor uses them.\n\nPermissions: none.\n\n\
                        Exit codes: 0 printed, 2 wrong usage, also a kind that there is not")]
pub struct Schema {
    /// Kind, singular or plural; all kinds are listed when it is left out
    #[arg(value_name = "KIND")]
    pub kind: Option<String>,
    /// Operator whose fields are wanted; the newest unless given
    #[arg(long, value_name = "VERSION", value_parser = operator_version)]
    pub operator_version: Option<OperatorVersion>,
}

/// The arguments of `policies`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kubectl neo4jbackup policies | kubectl apply -f -\n  \
                        kubectl neo4jbackup policies --skip NB7003 --warn NB7002,NB3005 --no-defaults\n\n\
                        The guard, the rules and the defaults are what the Helm chart installs with `engine: policies`. The \
                        defaults need Kubernetes 1.36, the others 1.30.\n\n\
                        Permissions: none; whoever applies what is printed needs them for that.\n\n\
                        Exit codes: 0 printed, 2 wrong usage, also a rule that there is not")]
pub struct Policies {
    /// Rules to leave out: codes or names
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub skip: Vec<String>,
    /// Rules that only warn: codes or names
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub warn: Vec<String>,
    /// Operator that will read the objects: without the kinds that it does not have
    #[arg(long, value_name = "VERSION", value_parser = operator_version)]
    pub operator_version: Option<OperatorVersion>,
    /// Without the guard
    #[arg(long)]
    pub no_guard: bool,
    /// Without the policies that fill in defaults
    #[arg(long)]
    pub no_defaults: bool,
}

/// The arguments of `schedule`.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  # the next runs of every backup of the namespace, or of the cluster\n  kubectl neo4jbackup schedule\n  \
        kubectl neo4jbackup schedule -A --next 3\n\n  \
        # by the clock of somebody else\n  TZ=America/New_York kubectl neo4jbackup schedule backup/nightly -n graph\n\n  \
        # which backups will run side by side?\n  \
        kubectl neo4jbackup schedule -o json | jq '.items[] | select(.overlaps != []) | .name'\n\n\
        Schedules run in UTC, and so local times change when clocks do; local times are of the zone in $TZ, or else of this \
        machine. How long a run takes is the median of the good ones that are known. Runs of one instance that will go on at \
        the same time within seven days are told, and which of the last fourteen runs did not take place, with the reason \
        where one was noted. A backup that is called `next` is asked for as backup/next.\n\nPermissions: as `doctor`.\n\n\
        Exit codes: 0 good, 1 a schedule is none, 2 wrong usage, 3 no full answer"
)]
pub struct Schedule {
    /// What else to do with schedules.
    #[command(subcommand)]
    pub command: Option<ScheduleCommand>,
    /// Of which backups.
    #[command(flatten)]
    pub live: LiveSchedule,
}

/// Which backups, and how many of their runs.
#[derive(Debug, Args)]
pub struct LiveSchedule {
    /// Which backups: NAME, backup/NAME or cronjob/NAME. All in the namespace, and all CronJobs that run neo4j-admin, unless
    /// given
    #[arg(value_name = "NAME")]
    pub targets: Vec<String>,
    /// Where to look.
    #[command(flatten)]
    pub look: LookArguments,
    /// How many runs of each to tell of
    #[arg(long, value_name = "N", default_value = "1")]
    pub next: NonZero<u16>,
    /// Format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub output: ScheduleFormat,
}

/// Formats of `schedule`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScheduleFormat {
    /// A line for each run, and what is to be known of each backup
    Text,
    /// JSON
    Json,
    /// YAML
    Yaml,
}

/// What else to do with schedules.
#[derive(Debug, Subcommand)]
pub enum ScheduleCommand {
    /// Say when a schedule runs next, as Kubernetes computes it
    Next(Next),
}

/// The arguments of `schedule next`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kubectl neo4jbackup schedule next \"0 2 * * *\"\n  \
                        kubectl neo4jbackup schedule next \"0 2 * * 1-5\" \"@daily\" --count 5 --time-zone Europe/Paris\n  \
                        yq .spec.schedule deploy/*.yaml | kubectl neo4jbackup schedule next --stdin -o json\n\n\
                        Permissions: none.\n\n\
                        Exit codes: 0 all are valid, 1 at least one is not, 2 wrong usage")]
pub struct Next {
    /// Schedules in the notation of cron, each one quoted
    #[arg(value_name = "EXPR", required_unless_present = "stdin")]
    pub expressions: Vec<String>,
    /// Read schedules from standard input, one a line
    #[arg(long, conflicts_with = "expressions")]
    pub stdin: bool,
    /// How many runs to print
    #[arg(long, value_name = "N", default_value = "3")]
    pub count: NonZero<u16>,
    /// Start looking after this time, such as 2026-06-01T00:00:00Z; now unless given
    #[arg(long, value_name = "TIME")]
    pub from: Option<Timestamp>,
    /// Time zone in which the schedules run; the operator uses UTC
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub time_zone: String,
    /// Format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub output: PlainFormat,
}

/// Formats of commands with one kind of result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlainFormat {
    /// For people
    Text,
    /// JSON
    Json,
}

/// The arguments of `version`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kubectl neo4jbackup version\n\n  \
                        # which cluster is asked, and as whom\n  kubectl neo4jbackup version --check\n  \
                        kubectl neo4jbackup version --check --context prod --as jane -o json\n\n\
                        Permissions: none for the version; --check needs what every user who is known may do: create on selfsubjectreviews, and \
                        to read `/version`.\n\n\
                        Exit codes: 0 good, 2 wrong usage, also a context that is not there, 3 the cluster does not answer")]
pub struct Version {
    /// Also ask the cluster: its address and version, context and namespace, and who it takes you for
    #[arg(long)]
    pub check: bool,
    /// Format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub output: PlainFormat,
}

/// A command line that starts nothing.
#[derive(Debug)]
pub struct Refusal {
    /// What to print.
    pub text: String,
    /// Whether it was asked for, as help is.
    pub is_answer: bool,
}

/// Reads the arguments; what they leave open may stand in the environment.
pub fn parse(arguments: &[OsString], environment: &BTreeMap<String, String>) -> Result<Invocation, Refusal> {
    invocation(arguments.to_vec(), environment).map_err(|refusal| {
        if refusal.is_answer {
            return refusal;
        }
        // The refusal quotes what it was given, in lines of its own. So it is asked again, about words that are printable.
        let arguments = arguments
            .iter()
            .map(|word| printable(word.to_string_lossy()).into_owned().into());
        let environment = environment
            .iter()
            .map(|(name, value)| (name.clone(), printable(value.as_str()).into_owned()))
            .collect();
        let again = invocation(arguments.collect(), &environment).err();
        again.filter(|again| !again.is_answer).unwrap_or_else(|| Refusal {
            text: printable(refusal.text).into_owned(),
            is_answer: false,
        })
    })
}

fn invocation(arguments: Vec<OsString>, environment: &BTreeMap<String, String>) -> Result<Invocation, Refusal> {
    let command = environment::fill(command(), environment);
    // Who types nothing but the name wants to know what there is, and has done nothing wrong.
    let is_alone = arguments.len() < 2;
    let refuse = |error: clap::Error| Refusal {
        is_answer: is_alone || !error.use_stderr(),
        text: environment::explain(&error, environment),
    };
    let matches = command.try_get_matches_from(arguments).map_err(refuse)?;
    Invocation::from_arg_matches(&matches).map_err(refuse)
}

/// The description of the command line.
pub fn command() -> clap::Command {
    environment::describe(Invocation::command())
}

/// The connection that unfinished words and the environment say. What cannot be read yet is passed over.
pub fn unfinished_connection(words: &[String], environment: &BTreeMap<String, String>) -> Option<ConnectionFlags> {
    let command = environment::fill(command(), environment).ignore_errors(true);
    let words = std::iter::once(NAME).chain(words.iter().map(String::as_str));
    let matches = command.try_get_matches_from(words).ok()?;
    let mut deepest = &matches;
    while let Some((_, below)) = deepest.subcommand() {
        deepest = below;
    }
    let namespace = deepest.try_get_one::<String>("namespace").ok().flatten().cloned();
    Some(Connection::from_arg_matches(deepest).ok()?.flags(namespace))
}

/// The words that kubectl asks to complete: the program was called by the name under which kubectl looks for one that
/// completes, or with the hidden word in front.
pub fn words_to_complete(arguments: &[OsString]) -> Option<Vec<String>> {
    let word = |argument: &OsString| argument.to_string_lossy().into_owned();
    let name = PathBuf::from(arguments.first()?);
    let is_completer = name.file_name()?.to_string_lossy().starts_with("kubectl_complete-");
    let skipped = match arguments.get(1) {
        _ if is_completer => 1,
        Some(first) if first == "__complete" => 2,
        _ => return None,
    };
    Some(arguments[skipped..].iter().map(word).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_consistent() {
        command().debug_assert();
    }
}
