//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use neo4jbackup_cluster::DeploymentName;
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::values::quantity;

use crate::certificates::CertificateArguments;
use crate::commands::check_admission::CheckArguments;
use crate::commands::remove_configurations::RemoveArguments;
use crate::commands::switch::SwitchArguments;
use crate::durations::{duration, positive_duration};
use crate::ops::log::LogFormat;

/// Admission webhook for the backup and restore resources of the Neo4j operator.
#[derive(Debug, Parser)]
#[command(name = "neo4jbackup-webhook", version)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one, once")]
pub enum Command {
    /// Answers the API server until it is asked to stop.
    Serve(ServeArguments),
    /// Deletes webhook configurations: what is to be done before the webhook goes away.
    RemoveConfigurations(RemoveArguments),
    /// Has the API server judge a bad backup, without storing it, and fails when nobody objects.
    CheckAdmission(CheckArguments),
    /// Does one part of a switch between webhook and policies: what the chart runs around an upgrade.
    SwitchEngine(SwitchArguments),
}

/// How to serve.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// Certificate in PEM format, the leaf first; read again when it changes.
    #[arg(long, value_name = "FILE", required_unless_present_any = ["self_signed", "self_managed"], requires = "key")]
    pub cert: Option<PathBuf>,
    /// Private key of the certificate in PEM format; read again when it changes.
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    /// Make a certificate for this machine, to try things out.
    #[arg(long, conflicts_with_all = ["cert", "key", "self_managed"])]
    pub self_signed: bool,
    /// Where to write the authority of the certificate that was made: the `caBundle` of a webhook configuration.
    #[arg(long, value_name = "FILE", requires = "self_signed")]
    pub self_signed_ca: Option<PathBuf>,
    /// Answer only callers with a certificate that an authority of this file (PEM) has signed; read again when it changes.
    #[arg(long, value_name = "FILE")]
    pub client_ca: Option<PathBuf>,
    /// Answer only callers whose certificate has this common name or alternative name; may be given several times.
    #[arg(long, value_name = "NAME", requires = "client_ca")]
    pub client_name: Vec<String>,
    /// Certificates that the server looks after itself.
    #[command(flatten)]
    pub certificates: CertificateArguments,
    /// Address for the API server (TLS); port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:10250")]
    pub listen: SocketAddr,
    /// Address for /livez, /readyz, /metrics and /version (plain); port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8081")]
    pub status_listen: SocketAddr,
    /// Where to write both addresses once they are taken: two lines, `listen=…` and `status=…`.
    #[arg(long, value_name = "FILE")]
    pub address_file: Option<PathBuf>,
    /// Modes, levels of rules, identity defaults (YAML); read again when it changes.
    #[arg(long, value_name = "FILE", env = "NEO4JBACKUP_WEBHOOK_SETTINGS")]
    pub settings: Option<PathBuf>,
    /// The cluster whose instances, backups, restores and namespaces are looked up. In a pod, its own account is used.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Look nothing up, even where a cluster could be asked.
    #[arg(long, conflicts_with = "kubeconfig")]
    pub no_references: bool,
    /// Keep the accounts of the Jobs, and for operators of the 0.x line their Role, as they have to be in each namespace
    /// with a backup or a restore.
    #[arg(long, conflicts_with = "no_references")]
    pub ensure_rbac: bool,
    /// Version of the operator that is installed, such as 1.14, where its Deployment does not say; without either, the CRDs
    /// tell it as far as they can.
    #[arg(long, value_name = "VERSION")]
    pub operator_version: Option<Operator>,
    /// The Deployment of the operator, whose image or label `app.kubernetes.io/version` says the version.
    #[arg(long, value_name = "NAMESPACE/NAME", conflicts_with = "no_references")]
    pub operator_deployment: Option<DeploymentName>,
    /// The longest that one review may take.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = duration)]
    pub deadline: Duration,
    /// The memory that the program may use, in bytes or as a Kubernetes quantity such as 256Mi; how many connections and how
    /// large bodies it takes follow from it. Without it, what the control group allows.
    #[arg(long, value_name = "QUANTITY", env = "NEO4JBACKUP_WEBHOOK_MEMORY_LIMIT", value_parser = memory_limit)]
    pub memory_limit: Option<usize>,
    /// How often files are looked at for changes.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = positive_duration)]
    pub reload_interval: Duration,
    /// How long to keep taking connections after being asked to stop, each answer with the request to come back elsewhere.
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = duration)]
    pub lame_duck: Duration,
    /// After this time a connection is asked to close, so that calls spread over all replicas again.
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = positive_duration)]
    pub connection_age: Duration,
    /// How log lines look.
    #[arg(long, value_enum, default_value_t = LogFormat::Json)]
    pub log_format: LogFormat,
    /// Which log lines are written: `info`, `debug`, or a filter such as `warn,neo4jbackup_webhook=debug`.
    #[arg(long, value_name = "FILTER", default_value = "info", env = "NEO4JBACKUP_WEBHOOK_LOG")]
    pub log_level: String,
}

/// The text is not an amount of memory.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not an amount of memory; write it as `256Mi`")]
struct MemoryLimitError(String);

/// Reads an amount of memory, in bytes.
fn memory_limit(text: &str) -> Result<usize, MemoryLimitError> {
    let bytes = quantity::parse(text).ok().and_then(|quantity| quantity.bytes());
    bytes
        .and_then(|bytes| usize::try_from(bytes).ok())
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| MemoryLimitError(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parse(arguments: &[&str]) -> Result<ServeArguments, String> {
        let all = ["neo4jbackup-webhook", "serve"].iter().chain(arguments);
        match Arguments::try_parse_from(all)
            .map_err(|error| error.to_string())?
            .command
        {
            Command::Serve(serve) => Ok(serve),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn a_certificate_comes_with_its_key_or_is_made() {
        Arguments::command().debug_assert();
        assert!(parse(&["--self-signed"]).is_ok());
        assert!(parse(&["--cert", "c", "--key", "k"]).is_ok());
        assert!(parse(&[]).unwrap_err().contains("--cert"));
        assert!(parse(&["--cert", "c"]).unwrap_err().contains("--key"));
        assert!(parse(&["--self-signed", "--cert", "c", "--key", "k"]).is_err());
        assert!(
            parse(&["--self-signed", "--client-name", "n"])
                .unwrap_err()
                .contains("--client-ca")
        );
        let managed = ["--self-managed", "--ca-secret", "s", "--service-name", "n"];
        assert!(parse(&managed).is_ok());
        assert!(parse(&managed[..3]).unwrap_err().contains("--service-name"));
        assert!(parse(&[&managed[..], &["--cert", "c", "--key", "k"]].concat()).is_err());
        assert!(parse(&[&managed[..], &["--self-signed"]].concat()).is_err());
    }

    #[test]
    fn values_are_understood_or_refused_in_words() {
        let serve = parse(&["--self-signed", "--operator-version", "v1.13.0", "--deadline", "500ms"]).unwrap();
        assert_eq!(
            (serve.operator_version, serve.deadline),
            (Some("1.13.0".parse().unwrap()), Duration::from_millis(500))
        );
        assert!(
            parse(&["--self-signed", "--deadline", "soon"])
                .unwrap_err()
                .contains("`soon` is not a duration")
        );
        assert!(parse(&["--self-signed", "--reload-interval", "0s"]).is_err());
        assert!(parse(&["--self-signed", "--connection-age", "0s"]).is_err());
        for (text, bytes) in [("256Mi", 256 << 20), ("134217728", 128 << 20)] {
            let serve = parse(&["--self-signed", "--memory-limit", text]).unwrap();
            assert_eq!(serve.memory_limit, Some(bytes));
        }
        for wrong in ["much", "0", "-1Mi"] {
            let limit = format!("--memory-limit={wrong}");
            assert!(
                parse(&["--self-signed", &limit])
                    .unwrap_err()
                    .contains("write it as `256Mi`")
            );
        }
        let default = parse(&["--self-signed"]).unwrap();
        assert_eq!(
            (default.lame_duck, default.connection_age),
            (Duration::from_secs(15), Duration::from_secs(300))
        );
        assert!(
            parse(&["--self-signed", "--operator-version", "new"])
                .unwrap_err()
                .contains("operator version")
        );
    }
}
