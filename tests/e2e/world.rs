//! One control plane with one webhook beside it, shared by all tests of the process.

use std::sync::OnceLock;

use neo4jbackup_core::schema::Era;
use neo4jbackup_harness::{
    Binaries, ControlPlane, Namespace, Options, WebhookServer, report_progress, shared, webhook_program,
};
use neo4jbackup_tests::crds;

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
        WORLD.get_or_init(|| Self::start(&crds::rendered()))
    }

    /// With the CRDs of the operator, when they are there.
    pub(crate) fn upstream() -> Option<&'static Self> {
        static WORLD: OnceLock<Option<World>> = OnceLock::new();
        let start = || shared("upstream/crds/F").map(|folder| Self::start(&crds::read(&folder)));
        WORLD.get_or_init(start).as_ref()
    }

    /// With the CRDs that the schema tables give, and the controllers that make Jobs of `CronJobs` and pods of Jobs.
    pub(crate) fn with_controllers() -> &'static Self {
        static WORLD: OnceLock<World> = OnceLock::new();
        WORLD.get_or_init(|| {
            let binaries = Binaries::locate_or_build(&report_progress).unwrap();
            let binaries = binaries.with_controller_manager(&report_progress).unwrap();
            let control_plane = start_programs(&binaries, &crds::rendered());
            let webhook = start_webhook(&control_plane);
            Self { control_plane, webhook }
        })
    }

    /// With the CRDs that the schema tables give of an era, to be replaced by others.
    pub(crate) fn of_era(era: Era) -> Self {
        Self::start(&crds::rendered_of(era))
    }

    /// With the CRDs of another era, and a webhook that knows the operator version and looks after accounts and roles.
    pub(crate) fn ensured(era: Era, operator_version: &str) -> Self {
        let (control_plane, program) = (start_control_plane(&crds::rendered_of(era)), webhook_program().unwrap());
        let further = ["--ensure-rbac", "--operator-version", operator_version];
        let webhook = WebhookServer::start_with(program, control_plane.kubeconfig(), &further).unwrap();
        Self { control_plane, webhook }
    }

    /// With the CRDs of operator 0.x and the chart, whose account is the one that the webhook has: the rights of the chart
    /// and no others.
    pub(crate) fn legacy() -> Self {
        let control_plane = start_control_plane(&crds::rendered_of(Era::V0_2));
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
        let webhook = WebhookServer::start_with(webhook_program().unwrap(), &file, &further).unwrap();
        Self { control_plane, webhook }
    }

    fn start(crds: &str) -> Self {
        let control_plane = start_control_plane(crds);
        let webhook = start_webhook(&control_plane);
        Self { control_plane, webhook }
    }

    /// A namespace with instances, whose objects no webhook looks at yet.
    pub(crate) fn namespace(&self) -> Namespace {
        self.control_plane.namespace("guarded").unwrap().with_instances()
    }

    /// The same, guarded by the shared webhook.
    pub(crate) fn guarded_namespace(&self) -> Namespace {
        let namespace = self.namespace();
        namespace.guard_with(&self.webhook);
        namespace
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

/// A control plane with these CRDs and nothing else.
pub(crate) fn start_control_plane(crds: &str) -> ControlPlane {
    start_programs(&Binaries::locate_or_build(&report_progress).unwrap(), crds)
}

fn start_programs(binaries: &Binaries, crds: &str) -> ControlPlane {
    let control_plane = ControlPlane::start(binaries, &Options::default()).unwrap();
    control_plane.install_crds(crds).unwrap();
    control_plane
}

fn start_webhook(control_plane: &ControlPlane) -> WebhookServer {
    WebhookServer::start(webhook_program().unwrap(), control_plane.kubeconfig()).unwrap()
}
