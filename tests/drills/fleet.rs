//! A Deployment in miniature: replicas that share a certificate, and come and go as a rollout lets them.

use std::path::Path;
use std::time::{Duration, Instant};

use neo4jbackup_emulator::{Config, Emulator, Endpoints, FailurePolicy, Hook, Propagation, Replica};
use neo4jbackup_harness::{CertificateAuthority, MountedSecret, WebhookReplica, webhook_program};
use tokio::task::block_in_place;

/// The Service that the certificates are for.
pub(crate) const SERVER_NAME: &str = "guard.neo4j.svc";

/// News of a replica take longer than this only in clusters in trouble.
pub(crate) const PROPAGATION: Propagation = Propagation {
    poll: Duration::from_millis(100),
    failures: 3,
    delay: Duration::from_millis(1500),
};

pub(crate) struct Fleet {
    pub(crate) endpoints: Endpoints,
    pub(crate) replicas: Vec<WebhookReplica>,
    pub(crate) secret: MountedSecret,
    pub(crate) authority: CertificateAuthority,
    program: &'static Path,
    arguments: Vec<String>,
    leaving: Vec<WebhookReplica>,
}

impl Fleet {
    /// Starts replicas with these arguments, and waits until every node knows them.
    pub(crate) async fn start(number: usize, arguments: &[&str]) -> Self {
        let authority = CertificateAuthority::new().unwrap();
        let issued = authority.issue_server_certificate(&[SERVER_NAME]).unwrap();
        let secret = MountedSecret::mount(&issued).unwrap();
        let own = ["--no-references", "--log-format=text"].iter();
        let mut all: Vec<String> = own.chain(arguments).map(|&argument| argument.to_owned()).collect();
        all.extend(secret.arguments());
        let mut fleet = Self {
            endpoints: Endpoints::watching(PROPAGATION),
            replicas: Vec::new(),
            secret,
            authority,
            program: block_in_place(webhook_program).unwrap(),
            arguments: all,
            leaving: Vec::new(),
        };
        for _ in 0..number {
            let replica = fleet.launch();
            fleet.replicas.push(replica);
        }
        fleet.endpoints.wait_until(|visible| visible.len() == number).await;
        fleet
    }

    /// An API server that calls them: defaults first, then the rules, both with this policy.
    pub(crate) fn emulator(&self, policy: FailurePolicy) -> Emulator {
        Emulator::new(self.config(policy))
    }

    /// With the default timeout of the API: a machine that is short of processor time is not what is being drilled.
    pub(crate) fn config(&self, policy: FailurePolicy) -> Config {
        let hook = |hook: Hook| hook.failure_policy(policy).timeout_seconds(10);
        Config::new("guard", "neo4j", self.authority.certificate_pem())
            .endpoints(self.endpoints.clone())
            .hook(hook(Hook::mutating("defaults", "/mutate")))
            .hook(hook(Hook::validating("rules", "/validate")))
    }

    /// Replaces every replica, as a Deployment with `maxSurge: 1` and `maxUnavailable: 0` does: one more, and when it is
    /// known everywhere, one less. Whoever leaves takes its time; nobody waits for it.
    pub(crate) async fn roll(&mut self) {
        for _ in 0..self.replicas.len() {
            self.add_one().await;
            let old = self.replicas.remove(0);
            // A pod that is being deleted leaves the EndpointSlice at once, whatever its probes say; the nodes hear of it
            // after the delay.
            self.endpoints.remove(old.address());
            old.terminate().unwrap();
            self.leaving.push(old);
        }
    }

    /// Starts one more replica and waits until it gets calls.
    pub(crate) async fn add_one(&mut self) {
        let new = self.launch();
        let address = new.address();
        self.replicas.push(new);
        self.endpoints.wait_until(|visible| visible.contains(&address)).await;
    }

    /// Waits for those that were asked to leave. Each must end by itself, and well.
    pub(crate) async fn see_off(&mut self, patience: Duration) -> usize {
        let start = Instant::now();
        let number = self.leaving.len();
        for mut replica in self.leaving.drain(..) {
            let status = loop {
                if let Some(status) = replica.exit_status().unwrap() {
                    break status;
                }
                assert!(
                    start.elapsed() < patience,
                    "still running: {}",
                    replica.last_log_lines()
                );
                tokio::time::sleep(Duration::from_millis(20)).await;
            };
            assert!(status.success(), "{status}: {}", replica.last_log_lines());
        }
        number
    }

    fn launch(&self) -> WebhookReplica {
        let replica = block_in_place(|| WebhookReplica::start(self.program, None, &self.arguments)).unwrap();
        self.endpoints.add(Replica {
            address: replica.address(),
            status: replica.status_address(),
        });
        replica
    }
}
