//! One control plane with one webhook beside it, shared by all tests of the process.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use neo4jbackup_core::schema::{Era, GROUP, Kind, crd};
use neo4jbackup_harness::{Binaries, ControlPlane, Options, WebhookServer, report_progress, webhook_program};

use crate::chart::helm::{self, FULL_NAME, NAMESPACE, RELEASE};

/// A control plane, with the CRDs installed, and a webhook that knows its objects and is registered nowhere yet.
pub(crate) struct World {
    pub(crate) control_plane: ControlPlane,
    pub(crate) webhook: WebhookServer,
}

impl World {
    /// With the CRDs that the schema tables give.
    pub(crate) fn rendered() -> &'static Self {
        static WORLD: OnceLock<World> = OnceLock::new();
        WORLD.get_or_init(|| Self::start(&rendered_crds()))
    }

    /// With the CRDs of the operator, when they are there.
    pub(crate) fn upstream() -> Option<&'static Self> {
        static WORLD: OnceLock<Option<World>> = OnceLock::new();
        let start = || shared("upstream/crds/F").map(|folder| Self::start(&crds_in(&folder)));
        WORLD.get_or_init(start).as_ref()
    }

    /// With the CRDs that the schema tables give, and the controllers that make Jobs of `CronJobs` and pods of Jobs.
    pub(crate) fn with_controllers() -> &'static Self {
        static WORLD: OnceLock<World> = OnceLock::new();
        WORLD.get_or_init(|| {
            let binaries = Binaries::locate_or_build(&report_progress).unwrap();
            let binaries = binaries.with_controller_manager(&report_progress).unwrap();
            let control_plane = start_programs(&binaries, &rendered_crds());
            let webhook = start_webhook(&control_plane);
            Self { control_plane, webhook }
        })
    }

    /// With the CRDs of another era, and a webhook that knows the operator version and looks after accounts and roles.
    pub(crate) fn ensured(era: Era, operator_version: &str) -> Self {
        let (control_plane, program) = (start_control_plane(&crds_of(era)), program());
        let further = ["--ensure-rbac", "--operator-version", operator_version];
        let webhook = WebhookServer::start_with(program, control_plane.kubeconfig(), &further).unwrap();
        Self { control_plane, webhook }
    }

    /// With the CRDs of operator 0.x and the chart, whose account is the one that the webhook has: the rights of the chart
    /// and no others.
    pub(crate) fn legacy() -> Self {
        let control_plane = start_control_plane(&crds_of(Era::B));
        let mut install = helm::command();
        install.env("KUBECONFIG", control_plane.kubeconfig());
        install.args(["install", RELEASE]).arg(helm::chart());
        install.args(["--namespace", NAMESPACE, "--create-namespace"]);
        // Its own certificate is none of the matter here.
        install.args(["--set=rbac.ensure=true,rbac.legacyRoles=true,tls.mode=helm"]);
        let output = install.output().unwrap();
        assert!(output.status.success(), "{}", helm::text(&output.stderr));
        let token = ["create", "token", FULL_NAME, "--namespace", NAMESPACE];
        let token = control_plane.client().must_run(&token, "").unwrap();
        let kubeconfig = std::fs::read_to_string(control_plane.kubeconfig()).unwrap();
        let file = control_plane.directory().join("account.kubeconfig");
        std::fs::write(&file, kubeconfig.replace(control_plane.token(), token.trim())).unwrap();
        let further = ["--ensure-rbac", "--operator-version", "0.5"];
        let webhook = WebhookServer::start_with(program(), &file, &further).unwrap();
        Self { control_plane, webhook }
    }

    fn start(crds: &str) -> Self {
        let control_plane = start_control_plane(crds);
        let webhook = start_webhook(&control_plane);
        Self { control_plane, webhook }
    }

    /// Another webhook for this control plane, for a test that ends it or counts its calls.
    pub(crate) fn another_webhook(&self) -> WebhookServer {
        start_webhook(&self.control_plane)
    }
}

/// Repeats each test function, which takes a `&World`, on both control planes.
macro_rules! on_each_control_plane {
    ($($test:ident),+ $(,)?) => {
        mod with_rendered_crds {
            $(#[test] fn $test() { super::$test(crate::world::World::rendered()); })+
        }
        mod with_upstream_crds {
            $(#[test] fn $test() {
                match crate::world::World::upstream() {
                    Some(world) => super::$test(world),
                    None => println!("skipped: the operator's own CRDs are not there"),
                }
            })+
        }
    };
}
pub(crate) use on_each_control_plane;

/// Asks again and again until there is something. What changes in a cluster takes effect after a moment that nothing
/// announces: registrations, labels of namespaces, watches.
pub(crate) fn await_something<T>(what: &str, mut ask: impl FnMut() -> Result<T, String>) -> T {
    let start = Instant::now();
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(last) if start.elapsed() > PATIENCE => panic!("{what} did not come about: {last}"),
            Err(_) => {}
        }
    }
}

/// A file or folder of real manifests and recordings, when it is there.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let base = std::env::var_os("NEO4JBACKUP_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    Some(base.join(path)).filter(|path| path.exists())
}

fn start_control_plane(crds: &str) -> ControlPlane {
    start_programs(&Binaries::locate_or_build(&report_progress).unwrap(), crds)
}

fn start_programs(binaries: &Binaries, crds: &str) -> ControlPlane {
    let control_plane = ControlPlane::start(binaries, &Options::default()).unwrap();
    control_plane.install_crds(crds).unwrap();
    control_plane
}

fn start_webhook(control_plane: &ControlPlane) -> WebhookServer {
    WebhookServer::start(program(), control_plane.kubeconfig()).unwrap()
}

/// The webhook, built once.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| webhook_program().unwrap())
}

pub(crate) fn rendered_crds() -> String {
    crds_of(Era::F)
}

/// The CRDs of the kinds that an era has.
fn crds_of(era: Era) -> String {
    let kinds = Kind::ALL.iter().filter(|kind| kind.schema().eras.contains(era));
    let crds: Vec<String> = kinds.map(|kind| crd(*kind, era).to_string()).collect();
    crds.join("\n---\n")
}

pub(crate) fn crds_in(folder: &Path) -> String {
    let guarded = |kind: &Kind| folder.join(format!("{GROUP}_{}.yaml", kind.plural()));
    let crds: Vec<String> = Kind::ALL
        .iter()
        .map(|kind| std::fs::read_to_string(guarded(kind)).unwrap())
        .collect();
    crds.join("\n---\n")
}

/// Far more than any machine needs.
const PATIENCE: Duration = Duration::from_secs(60);
