//! A folder of its own for each test, with its own environment and clock.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use kubectl_neo4jbackup::Io;
use tempfile::TempDir;

/// A backup whose schedule has six fields, which `--fix` fixes.
pub(crate) const SIX_FIELDS: &str = "\
# Nightly; see the runbook.
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jBackup
metadata:
  name: nightly
  namespace: graph
spec:
  instanceRef: prod
  allDatabases: true
  schedule: \"0 0 2 * * *\" # täglich
  storage:
    type: s3
    bucket: backups
    cloud:
      provider: aws
";

/// Three documents with a finding of every kind: an error that `--fix` fixes and one that only `--unsafe` does, a warning,
/// a remark, one that is accepted, one that rests on evidence; and rules that cannot be sure.
const RICH: &str = r#"# Nightly; see the runbook.
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jEnterpriseStandalone
metadata: {name: ledger, namespace: graph}
spec:
  image: {repo: neo4j, tag: 5.26.0-enterprise}
  acceptLicenseAgreement: eval
  storage: {className: standard, size: 10Gi}
---
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jBackup
metadata:
  name: nightly
  namespace: graph
spec:
  instanceRef: ledger
  allDatabases: true
  schedule: "0 0 2 * * *" # täglich
  retention: {maxCount: 7}
  storage:
    type: s3
    bucket: Acme_Backups # neo4jbackup:ignore NB7002 the bucket is older than the rule
    cloud:
      provider: aws
      identity:
        provider: aws
        autoCreate:
          enabled: true
          annotations:
            eks.amazonaws.com/role-arn: arn:aws:iam::210987654321:role/neo4j-backup
---
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jRestore
metadata: {name: "recovery", namespace: graph}
spec:
  instanceRef: ledger
  database: neo4j
  stopCluster: false
  source: {type: backup, backupRef: nightly, pointInTime: "2025-01-15T14:30:00Z"}
  options: {replaceExisting: true}
"#;

/// A folder with `deploy.yaml`, in which there is a finding of every kind.
pub(crate) fn rich() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("deploy.yaml", RICH);
    sandbox
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) exit: u8,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A folder and the surroundings of a run in it.
pub(crate) struct Sandbox {
    folder: TempDir,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) terminal_width: Option<usize>,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            environment: BTreeMap::new(),
            terminal_width: None,
        }
    }

    /// A folder with one file, `backup.yaml`.
    pub(crate) fn with(text: &str) -> Self {
        let sandbox = Self::new();
        sandbox.write("backup.yaml", text);
        sandbox
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_with("", arguments)
    }

    pub(crate) fn run_with(&self, stdin: &str, arguments: &[&str]) -> Run {
        self.run_in("", stdin, arguments)
    }

    /// Runs in a folder of the folder.
    pub(crate) fn run_in(&self, below: &str, stdin: &str, arguments: &[&str]) -> Run {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let words = std::iter::once("kubectl-neo4jbackup").chain(arguments.iter().copied());
        let exit = kubectl_neo4jbackup::run(
            words.map(OsString::from),
            &mut Io {
                stdin: &mut stdin.as_bytes(),
                stdout: &mut stdout,
                stderr: &mut stderr,
                environment: self.environment.clone(),
                now: "2026-06-01T00:00:00Z".parse().unwrap(),
                current_directory: self.folder.path().join(below),
                machine_zone: || None,
                terminal_width: self.terminal_width,
                stdin_is_terminal: false,
                output_lost: false,
            },
        );
        Run {
            exit: exit.code(),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }
}

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The folders of `tests/scenarios`.
pub(crate) fn scenarios() -> Vec<PathBuf> {
    let folders = fs::read_dir(root().join("tests/scenarios")).unwrap();
    let folders = folders.map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = folders.filter(|path| path.is_dir()).collect();
    folders.sort();
    assert!(!folders.is_empty());
    folders
}
