//! A real Kubernetes control plane (etcd, kube-apiserver, and on request kube-controller-manager) for tests and demos, and
//! a whole cluster of one [`Node`] that runs pods, on machines that have what it takes.
//!
//! [`Binaries::locate_or_build`] finds the programs or builds them with Go, [`ControlPlane::start`] runs them in a
//! directory of their own, and nothing of it outlives the process that asked for it, however that process ends.

// Much of it is called by tests and nothing else: what it does not find fails the test that asked.
#![allow(clippy::unwrap_used, clippy::panic)]

mod actionlint;
mod api_client;
mod binaries;
mod browser;
mod cargo_build;
mod certificates;
mod chart_tools;
mod control_plane;
mod daemon;
mod egress;
mod error;
mod front;
mod glua;
mod go_build;
mod go_peer;
mod http;
mod krew;
mod kubectl;
mod locations;
pub mod manifests;
mod mounted_secret;
mod namespace;
mod node;
mod play;
mod ports;
mod review_client;
mod run_directory;
mod scale;
mod settings;
mod shared;
mod stores;
mod wait;
mod watchdog;
mod webhook_configurations;
mod webhook_process;
mod webhook_replica;
mod webhook_server;

pub use actionlint::actionlint;
pub use api_client::{Answer, ApiClient};
pub use binaries::Binaries;
pub use browser::{BROWSER_PACKAGE, Browser, Scheme};
pub use cargo_build::{PROGRAMS, static_program, webhook_program, webhook_program_for, workspace_program};
pub use certificates::{CertificateAuthority, IssuedCertificate};
pub use chart_tools::{ChartTools, foreign_crds};
pub use control_plane::{ControlPlane, Options};
pub use egress::{Egress, Passage};
pub use error::HarnessError;
pub use front::{Fate, Front};
pub use glua::glua;
pub use go_peer::controller_runtime_peer;
pub use http::{Connection, HttpError, Trust};
pub use krew::Krew;
pub use kubectl::{Kubectl, KubectlOutput};
pub use locations::{KUBERNETES_VERSION, root, shared, target};
pub use mounted_secret::MountedSecret;
pub use namespace::{Namespace, Way};
pub use node::{
    Node, NodeBinaries, NodeTraces, Prerequisite, StaticImage, enter_node, missing_prerequisites, write_image,
};
pub use play::{collection, later, play, take_back};
pub use review_client::ReviewClient;
pub use run_directory::{RunDirectory, end_orphans};
pub use scale::{DRILLS, Scale, drill_scale};
pub use shared::{report_progress, shared_control_plane};
pub use stores::{Azurite, FakeGcs, Gateway, GatewayOptions, Moto, Proxy, clock_library, rsa_key};
pub use wait::{await_something, await_that, await_within};
pub use webhook_configurations::{WebhookConfigurations, webhook_configurations};
pub use webhook_replica::WebhookReplica;
pub use webhook_server::WebhookServer;
