//! The flags of a connection, which every command has and which are spelt as kubectl spells them.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::{StringValueParser, TypedValueParser as _};
use neo4jbackup_cluster::{ConnectionFlags, SecretString};

/// Where the help lists them.
pub(super) const HEADING: &str = "Connection, as with kubectl";

/// The flags of a connection.
#[derive(Debug, Args)]
#[command(next_help_heading = HEADING)]
pub struct Connection {
    /// File to connect by, instead of $KUBECONFIG or ~/.kube/config
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig, instead of the current one
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// Cluster of the kubeconfig, instead of the one of the context
    #[arg(long, global = true, value_name = "NAME", hide_short_help = true)]
    pub cluster: Option<String>,
    /// User of the kubeconfig, instead of the one of the context
    #[arg(long, global = true, value_name = "NAME", hide_short_help = true)]
    pub user: Option<String>,
    /// User to impersonate
    #[arg(long = "as", id = "as", global = true, value_name = "USER", hide_short_help = true)]
    pub impersonate: Option<String>,
    /// Group to impersonate, with --as; may be given several times
    #[arg(long, global = true, value_name = "GROUP", hide_short_help = true)]
    pub as_group: Vec<String>,
    /// UID to impersonate, with --as
    #[arg(long, global = true, value_name = "UID", hide_short_help = true)]
    pub as_uid: Option<String>,
    /// Extra field to impersonate, with --as; may be given several times, also for one key
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = key_and_value, hide_short_help = true)]
    pub as_user_extra: Vec<(String, String)>,
    /// How long to wait for the answer to one request: 30s, 1m30s, or seconds; 0 for ever
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration)]
    pub request_timeout: Option<Duration>,
    /// Address of the API server
    #[arg(short, long, global = true, value_name = "URL", hide_short_help = true)]
    pub server: Option<String>,
    /// Bearer token
    #[arg(long, global = true, value_name = "TOKEN", value_parser = StringValueParser::new().map(SecretString::from), hide_short_help = true)]
    pub token: Option<SecretString>,
    /// Name that the certificate of the server has to be for, instead of the one in its address
    #[arg(long, global = true, value_name = "NAME", hide_short_help = true)]
    pub tls_server_name: Option<String>,
    /// File with the authorities that may have signed the certificate of the server
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub certificate_authority: Option<PathBuf>,
    /// File with a client certificate
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub client_certificate: Option<PathBuf>,
    /// File with the key of the client certificate
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub client_key: Option<PathBuf>,
    /// Believe any server, whatever certificate it shows
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          hide_short_help = true)]
    pub insecure_skip_tls_verify: Option<bool>,
    /// Ask for answers that are not compressed
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          hide_short_help = true)]
    pub disable_compression: Option<bool>,
    /// Accepted for kubectl's sake; nothing is cached
    #[arg(long, global = true, value_name = "FOLDER", hide_short_help = true)]
    pub cache_dir: Option<PathBuf>,
}

impl Connection {
    /// The flags, with the namespace that was named.
    pub fn flags(self, namespace: Option<String>) -> ConnectionFlags {
        ConnectionFlags {
            kubeconfig: self.kubeconfig.filter(|file| !file.as_os_str().is_empty()),
            context: filled(self.context),
            cluster: filled(self.cluster),
            user: filled(self.user),
            namespace: filled(namespace),
            server: filled(self.server),
            tls_server_name: filled(self.tls_server_name),
            certificate_authority: self.certificate_authority,
            insecure_skip_tls_verify: self.insecure_skip_tls_verify,
            client_certificate: self.client_certificate,
            client_key: self.client_key,
            token: self.token,
            impersonate: filled(self.impersonate),
            impersonate_groups: self.as_group,
            impersonate_uid: filled(self.as_uid),
            impersonate_extra: self.as_user_extra,
            request_timeout: self.request_timeout,
            disable_compression: self.disable_compression,
        }
    }
}

/// To kubectl, `--context=""` is the same as no context.
fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn key_and_value(text: &str) -> Result<(String, String), &'static str> {
    let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) = pair.ok_or("it is written KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Reads a time as kubectl does: whole seconds, or numbers with units, as Go writes durations.
fn duration(text: &str) -> Result<Duration, &'static str> {
    const WRONG: &str = "it is written as 30s, 1m30s or 500ms, or in whole seconds";
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(Duration::from_secs(u64::from(seconds)));
    }
    let mut nanoseconds = 0.0_f64;
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    while !rest.is_empty() {
        let end = rest
            .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
            .ok_or(WRONG)?;
        let number: f64 = rest[..end].parse().map_err(|_| WRONG)?;
        let units: [(&str, f64); 8] = [
            ("ns", 1.0),
            ("us", 1e3),
            ("µs", 1e3),
            ("μs", 1e3),
            ("ms", 1e6),
            ("s", 1e9),
            ("m", 60e9),
            ("h", 3600e9),
        ];
        let unit = units
            .into_iter()
            .find(|(unit, _)| rest[end..].starts_with(unit))
            .ok_or(WRONG)?;
        nanoseconds += number * unit.1;
        rest = &rest[end + unit.0.len()..];
    }
    if text.is_empty() {
        return Err(WRONG);
    }
    Duration::try_from_secs_f64(nanoseconds / 1e9).map_err(|_| WRONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_kubectl_does() {
        let milliseconds = Duration::from_millis;
        for (text, expected) in [
            ("0", milliseconds(0)),
            ("0s", milliseconds(0)),
            ("30", milliseconds(30_000)),
            ("30s", milliseconds(30_000)),
            ("1m", milliseconds(60_000)),
            ("1m30s", milliseconds(90_000)),
            ("1.5s", milliseconds(1_500)),
            ("250ms", milliseconds(250)),
            ("1h", milliseconds(3_600_000)),
            (".5s", milliseconds(500)),
        ] {
            assert_eq!(duration(text), Ok(expected), "{text}");
        }
        for text in ["", "s", "-1s", "1", "1x", "1 s", "five", "1.2", "1s2", "-3"] {
            assert_eq!(duration(text).is_ok(), text == "1", "{text}");
        }
    }
}
