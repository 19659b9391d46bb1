//! What can be seen of the certificates that the server looks after itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::release::Release;

/// The state of the certificates at one moment.
pub(crate) struct Certificates {
    /// The certificate that signs, PEM, as in the Secret.
    pub(crate) authority: String,
    /// How many certificates the `caBundle` of the validating and of the mutating configuration hold.
    pub(crate) bundles: [usize; 2],
    /// How many leaves each replica has taken so far.
    pub(crate) leaves: Vec<u64>,
}

impl Certificates {
    pub(crate) fn of(release: &Release) -> Self {
        let bundle = |kind: &str| {
            let path = "--output=jsonpath={.webhooks[0].clientConfig.caBundle}";
            let answer = release.must_kubectl(&["get", kind, &release.configuration(), path]);
            decoded(&answer.stdout).matches("BEGIN CERTIFICATE").count()
        };
        let path = "--output=jsonpath={.data.ca\\.crt}";
        let secret = release.must_kubectl(&["get", "secret", "neo4jbackup-webhook-ca", path]);
        Self {
            authority: decoded(&secret.stdout),
            bundles: ["validatingwebhookconfiguration", "mutatingwebhookconfiguration"].map(bundle),
            leaves: release.pods().iter().map(|pod| leaves(release, pod)).collect(),
        }
    }
}

/// Each pod counts for itself.
fn leaves(release: &Release, pod: &str) -> u64 {
    let metrics = release.status_of(pod, "/metrics");
    let mut lines = metrics
        .lines()
        .filter(|line| line.starts_with("neo4j_backup_webhook_tls_rotations_total{"));
    let taken = lines.find(|line| line.contains("role=\"leaf\"") && line.contains("result=\"success\""));
    taken.map_or(0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
}

fn decoded(base64: &str) -> String {
    String::from_utf8(STANDARD.decode(base64).unwrap()).unwrap()
}
