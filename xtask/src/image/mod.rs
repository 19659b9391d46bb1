//! `cargo xtask image`: the container image of the webhook or of the plugin, as an OCI image layout in one tar file. Needs no
//! Docker engine.
//!
//! ```text
//! cargo build (static) ─→ layer.rs (file tree → tar) ─→ layout.rs (config, manifest, index → tar)
//! ```
//!
//! containerd takes the file with `ctr --namespace k8s.io images import`, podman and skopeo as `oci-archive:`. The
//! `Dockerfile` at the root makes the same image of the webhook where there is an engine. Each holds one program: what the
//! webhook does not need is not there to be misused.

mod elf;
mod layer;
mod layout;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use clap::{Args, ValueEnum};
use neo4jbackup_harness::{Scale, report_progress, static_program, target};

pub(crate) use elf::is_static;
pub(crate) use layer::append;
pub(crate) use layout::sha256;

/// What the chart's `image.repository` says.
pub(crate) const REPOSITORY: &str = "ghcr.io/neo4jbackup/neo4jbackup-webhook";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What an image is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Of {
    /// The admission webhook
    Webhook,
    /// The plugin, for the pods of `auth check --probe`
    Plugin,
}

impl Of {
    /// The program, which is the package and the title of the image, too.
    fn program(self) -> &'static str {
        match self {
            Self::Webhook => "neo4jbackup-webhook",
            Self::Plugin => "kubectl-neo4jbackup",
        }
    }

    fn repository(self) -> &'static str {
        match self {
            Self::Webhook => REPOSITORY,
            Self::Plugin => "ghcr.io/neo4jbackup/kubectl-neo4jbackup",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Webhook => "Admission webhook for the backup and restore resources of the Neo4j operator",
            Self::Plugin => "kubectl neo4jbackup, for the pods that ask a store of backups",
        }
    }

    /// What it listens on.
    fn ports(self) -> &'static [&'static str] {
        match self {
            Self::Webhook => &["10250/tcp", "8081/tcp"],
            Self::Plugin => &[],
        }
    }
}

/// How to build, and where to put the image.
#[derive(Args)]
pub(crate) struct Options {
    /// Of what
    #[arg(long, value_name = "PROGRAM", value_enum, default_value = "webhook")]
    of: Of,
    /// Built with this profile of cargo; `dev` takes seconds and makes a large, slow program
    #[arg(long, value_name = "PROFILE", default_value = "release")]
    profile: String,
    /// Builds with the profile `dev`
    #[arg(long, conflicts_with = "profile")]
    debug: bool,
    /// Takes this program, which must be static, instead of building one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "debug"])]
    program: Option<PathBuf>,
    /// The tag of the image; the version of the workspace when absent
    #[arg(long, value_name = "TAG", default_value = VERSION)]
    tag: String,
    /// Where to write it; `target/image/PROGRAM.tar` when absent
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Options {
    /// An image under its usual name and in its usual place: of the program as the tests build it, and for long drills,
    /// which hold it to the figures in the documents, of a release build.
    pub(crate) fn for_tests(scale: Scale) -> Self {
        Self {
            of: Of::Webhook,
            profile: scale.choose("dev", "release").to_owned(),
            debug: false,
            program: None,
            tag: VERSION.to_owned(),
            output: None,
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let profile = if options.debug { "dev" } else { &options.profile };
    let program = match &options.program {
        Some(program) => program.clone(),
        None => static_program(options.of.program(), profile)?,
    };
    let bytes = fs::read(&program).with_context(|| format!("reading {}", program.display()))?;
    ensure!(
        is_static(&bytes),
        "{} is not a static program: it would not start in an image that holds nothing else",
        program.display()
    );
    let name = format!("{}:{}", options.of.repository(), options.tag);
    let image = layout::image(options.of, &name, &layer::files(options.of.program(), &bytes)?)?;
    let file = options
        .output
        .clone()
        .unwrap_or_else(|| target().join(format!("image/{}.tar", options.of.program())));
    write(&file, &image.archive)?;
    let kilobytes = image.archive.len() / 1000;
    report_progress(&format!("{name}: {kilobytes} kB in {}", file.display()));
    // A copy that keeps digests (`skopeo copy --preserve-digests`) has it in the registry, too. Scripts take it from here.
    println!("digest: {}", image.digest);
    Ok(())
}

/// Writes beside the final name and renames: whoever imports at the same time gets a whole image.
fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    let unfinished = file.with_extension("unfinished");
    fs::write(&unfinished, bytes).with_context(|| format!("writing {}", unfinished.display()))?;
    fs::rename(&unfinished, file).with_context(|| format!("renaming {}", unfinished.display()))
}
