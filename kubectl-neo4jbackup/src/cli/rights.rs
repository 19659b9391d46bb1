//! The arguments of `rbac check` and `rbac generate`.

use clap::{Args, ValueEnum};
use neo4jbackup_core::rbac::needs::{Level, Party};

use super::{OperatorVersion, RbacScope, operator_version};

/// Whose rights are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RightsOf {
    /// The account of every operator that is found
    Operator,
    /// neo4j-backup-sa, as which the Jobs of backups run
    Backup,
    /// neo4j-restore-sa, as which the Jobs of restores run
    Restore,
    /// The account of the admission webhook
    Webhook,
    /// Whoever asks, or the one who is named by --as
    You,
}

impl RightsOf {
    /// What a report calls him.
    pub fn title(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Backup => "backup account",
            Self::Restore => "restore account",
            Self::Webhook => "webhook",
            Self::You => "you",
        }
    }
}

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RightsLevel {
    /// Look, with this plugin: doctor, status, logs, wait, rbac check
    Read,
    /// Also ask for tokens of the Jobs' accounts: auth check --trust
    Probe,
    /// Also change accounts and roles: rbac repair
    Repair,
    /// See backups and restores, with kubectl
    View,
    /// Make and change backups and restores, with kubectl
    Edit,
}

impl RightsLevel {
    /// Whose needs that are.
    pub fn party(self) -> Party {
        match self {
            Self::Read => Party::Plugin(Level::Read),
            Self::Probe => Party::Plugin(Level::Probe),
            Self::Repair => Party::Plugin(Level::Repair),
            Self::View => Party::Viewer,
            Self::Edit => Party::Editor,
        }
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Probe => "probe",
            Self::Repair => "repair",
            Self::View => "view",
            Self::Edit => "edit",
        }
    }
}

/// Formats of `rbac check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RightsFormat {
    /// A line for what is missing or left over
    Table,
    /// JSON
    Json,
    /// YAML
    Yaml,
}

/// The arguments of `rbac check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  # may the operator, the Jobs, the webhook and you do what they need, and what may they do beyond it?\n  \
        kubectl neo4jbackup rbac check -n graph\n  kubectl neo4jbackup rbac check -A\n\n  \
        # what an old operator has left to the account of the Jobs\n  kubectl neo4jbackup rbac check -A --for backup\n\n  \
        # could jane repair it?\n  kubectl neo4jbackup rbac check -n graph --for you --level repair --as jane\n\n\
        What others may do is asked of the API server by SubjectAccessReview where that is allowed, else in their name by \
        impersonation, and is else reckoned from roles and bindings; the report says which. Which binding, role and rule gives a \
        right is always read from the roles.\n\n\
        Permissions: `rbac generate --for plugin` prints them; with less it says what is not known.\n\n\
        Exit codes: 0 everybody has what he needs, and the accounts of the Jobs no more, 1 a right is missing or left over, \
        2 wrong usage, 3 no full answer"
)]
pub struct RbacCheck {
    /// Where, and for which operator.
    #[command(flatten)]
    pub scope: RbacScope,
    /// Whose rights; everybody's unless given
    #[arg(long = "for", value_name = "SUBJECT", value_enum, value_delimiter = ',')]
    pub of: Vec<RightsOf>,
    /// What you want to do
    #[arg(long, value_name = "LEVEL", value_enum, default_value = "read")]
    pub level: RightsLevel,
    /// Also list what is as it has to be
    #[arg(long)]
    pub all: bool,
    /// Format
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "table")]
    pub output: RightsFormat,
}

/// For whom a role is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GenerateFor {
    /// Somebody who uses this plugin
    Plugin,
    /// The account of the operator
    Operator,
    /// The account of the admission webhook
    Webhook,
    /// Somebody who works with backups and restores by kubectl
    User,
}

/// The arguments of `rbac generate`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  # let jane look at the backups of one namespace, and at what of the cluster explains them\n  \
        kubectl neo4jbackup rbac generate --for plugin -n graph --user jane | kubectl apply -f -\n\n  \
        # nothing beyond the namespace, and no Secrets\n  \
        kubectl neo4jbackup rbac generate --for plugin -n graph --namespace-only --without secrets --group db-team\n\n  \
        # a CronJob that runs `doctor -A`\n  \
        kubectl neo4jbackup rbac generate --for plugin --service-account ops:backup-watch\n\n  \
        # make and change backups with kubectl\n  kubectl neo4jbackup rbac generate --for user --level edit -n graph --group db-team\n\n\
        Without -n everything holds in the whole cluster. Asks no cluster.\n\nPermissions: none; whoever applies what is printed \
        has to have these rights himself.\n\nExit codes: 0 printed, 2 wrong usage"
)]
pub struct RbacGenerate {
    /// For whom
    #[arg(long = "for", value_name = "WHOM", value_enum)]
    pub of: GenerateFor,
    /// What for: read, probe or repair of a plugin, view or edit of a user; the first of them unless given
    #[arg(long, value_name = "LEVEL", value_enum)]
    pub level: Option<RightsLevel>,
    /// Give nothing beyond the namespace of -n, and say what is then not known
    #[arg(long)]
    pub namespace_only: bool,
    /// Operator that is installed (0.9, 1.14, ...); the newest that is known unless given
    #[arg(long, value_name = "VERSION", value_parser = operator_version)]
    pub operator_version: Option<OperatorVersion>,
    /// Namespace that the operator runs in
    #[arg(long, value_name = "NAMESPACE", default_value = "neo4j-operator-system")]
    pub operator_namespace: String,
    /// Parts that are not used: secrets, rbac-check, with repair settings; of the webhook: certificate, certificate-mutating, references, ensure,
    /// legacy-roles, operator-deployment; of the operator: restores, instances, storage, certificates, monitoring,
    /// external-secrets, openshift, metrics
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    pub without: Vec<String>,
    /// The ServiceAccount that is given the rights
    #[arg(long, value_name = "NAMESPACE:NAME", conflicts_with_all = ["user", "group"])]
    pub service_account: Option<String>,
    /// The user who is given the rights
    #[arg(long, value_name = "NAME", conflicts_with = "group")]
    pub user: Option<String>,
    /// The group that is given the rights
    #[arg(long, value_name = "NAME")]
    pub group: Option<String>,
    /// Name of what is made; for example neo4jbackup-plugin-read unless given
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
}
