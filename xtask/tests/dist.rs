//! A release of the plugin, from the archive to what a person types, with the real krew and the real kubectl.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by them")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use neo4jbackup_harness::{Binaries, Krew, report_progress, root, shared_control_plane, workspace_program};
use serde_json::Value;
use tempfile::TempDir;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const HERE: &str = "x86_64-unknown-linux-gnu";
const OTHERS: [&str; 5] = [
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "aarch64-pc-windows-msvc",
];

/// Archives of all platforms and the manifest. That of Linux has the real program, the others hold a text in its place.
struct Release {
    folder: TempDir,
    url: String,
}

fn release() -> &'static Release {
    static RELEASE: OnceLock<Release> = OnceLock::new();
    RELEASE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        dist(
            folder.path(),
            &["--target", HERE, "--program", program().to_str().unwrap()],
        );
        let pretended = folder.path().join("pretended");
        fs::write(&pretended, "a program of another system\n").unwrap();
        for triple in OTHERS {
            dist(
                folder.path(),
                &["--target", triple, "--program", pretended.to_str().unwrap()],
            );
        }
        let url = serve(folder.path().to_owned());
        dist(folder.path(), &["--manifest", "--url", &url]);
        Release { folder, url }
    })
}

impl Release {
    fn manifest(&self) -> PathBuf {
        self.folder.path().join("index/plugins/neo4jbackup.yaml")
    }

    fn archive(&self, os: &str, arch: &str) -> PathBuf {
        let ending = if os == "windows" { "zip" } else { "tar.gz" };
        self.folder
            .path()
            .join(format!("kubectl-neo4jbackup_v{VERSION}_{os}_{arch}.{ending}"))
    }
}

/// The plugin as the tests have it, without what only debuggers read.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let built = workspace_program("kubectl-neo4jbackup").unwrap();
        let stripped = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kubectl-neo4jbackup");
        let strip = Command::new("strip").arg("-o").arg(&stripped).arg(&built).status();
        if strip.is_ok_and(|status| status.success()) {
            stripped
        } else {
            built
        }
    })
}

fn dist(output: &Path, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("dist").args(arguments).arg("--output").arg(output);
    good(&mut command);
}

fn good(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Serves the files of a folder, whatever version their address names, until the process ends.
fn serve(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            answer(&folder, &stream.unwrap());
        }
    });
    url
}

/// A client that has gone away is no matter.
fn answer(folder: &Path, mut stream: &TcpStream) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(request) = lines.next() else { return };
    let _ = lines.find(String::is_empty);
    let name = request
        .split([' ', '/'])
        .rfind(|word| word.contains("kubectl-neo4jbackup"));
    let file = name.and_then(|name| fs::read(folder.join(name)).ok());
    let (status, body) = file.map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(&body);
}

/// A home with nothing in it but what a test installs there.
struct Home(TempDir);

impl Home {
    /// With krew, as a plugin of kubectl.
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(home.tools()).unwrap();
        symlink(&krew().krew, home.tools().join("kubectl-krew")).unwrap();
        home
    }

    fn tools(&self) -> PathBuf {
        self.0.path().join("tools")
    }

    fn command(&self, program: &Path) -> Command {
        let kubectl = kubectl().parent().unwrap();
        let folders =
            [self.bin().as_path(), self.tools().as_path(), kubectl].map(|folder| folder.display().to_string());
        let path = format!("{}:/usr/bin:/bin", folders.join(":"));
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", self.0.path())
            .env("PATH", path)
            .env("KREW_ROOT", self.0.path().join("krew"))
            .env("KREW_NO_UPGRADE_CHECK", "1")
            .current_dir(self.0.path());
        command
    }

    /// The folder that a person who uses krew has in PATH.
    fn bin(&self) -> PathBuf {
        self.0.path().join("krew/bin")
    }

    fn krew(&self, arguments: &[&str]) -> String {
        self.kubectl(&[&["krew"], arguments].concat())
    }

    fn kubectl(&self, arguments: &[&str]) -> String {
        good(self.command(kubectl()).args(arguments))
    }
}

fn kubectl() -> &'static Path {
    static KUBECTL: OnceLock<PathBuf> = OnceLock::new();
    KUBECTL.get_or_init(|| Binaries::locate_or_build(&report_progress).unwrap().kubectl)
}

fn krew() -> &'static Krew {
    static KREW: OnceLock<Krew> = OnceLock::new();
    KREW.get_or_init(|| Krew::locate_or_build(&report_progress).unwrap())
}

#[test]
fn the_archive_has_the_program_its_licences_and_the_script_for_kubectl() {
    let release = release();
    let archive = release.archive("linux", "amd64");
    let folder = tempfile::tempdir().unwrap();
    good(
        Command::new("tar")
            .arg("-xzf")
            .arg(&archive)
            .arg("-C")
            .arg(folder.path()),
    );
    let mut names: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "LICENSE",
            "THIRD-PARTY-LICENSES.txt",
            "kubectl-neo4jbackup",
            "kubectl_complete-neo4jbackup",
            "man"
        ]
    );
    let page = fs::read_to_string(folder.path().join("man/man1/kubectl-neo4jbackup-lint.1")).unwrap();
    assert!(page.contains("EXIT STATUS"), "{page}");
    let licences = fs::read_to_string(folder.path().join("THIRD-PARTY-LICENSES.txt")).unwrap();
    for words in [
        "Copyright (c) The Rust Project Contributors",
        "\n  kube ",
        "\n  tikv-jemalloc-sys ",
        "Jason Evans",
        "CDLA-Permissive-2.0",
    ] {
        assert!(licences.contains(words), "{words}");
    }
    assert!(
        !licences.contains("\n  criterion "),
        "a crate of the tests is in no program"
    );
    // Each name under which somebody may call it.
    for (name, arguments, answer) in [
        ("kubectl-neo4jbackup", &["version"][..], "client version"),
        ("kubectl-neo4j_backup", &["version"], "client version"),
        ("kubectl_complete-neo4jbackup", &["schedule", "n"], "next\t"),
    ] {
        let named = folder.path().join("named").join(name);
        fs::create_dir_all(named.parent().unwrap()).unwrap();
        fs::hard_link(folder.path().join("kubectl-neo4jbackup"), &named).unwrap();
        let printed = good(Command::new(&named).args(arguments));
        assert!(printed.starts_with(answer), "{name}: {printed}");
    }
}

#[test]
fn two_archives_of_one_program_are_the_same_file_by_file_and_sum_by_sum() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program");
    fs::write(&program, "of which nothing but the bytes matters\n").unwrap();
    let make = |name: &str, zone: &str, umask: &str, triple: &str| {
        let script = format!("umask {umask}; exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.args([
            "-c",
            &script,
            env!("CARGO_BIN_EXE_xtask"),
            "dist",
            "--target",
            triple,
            "--program",
        ]);
        command.arg(&program).arg("--output").arg(folder.path().join(name));
        good(command.env("TZ", zone).current_dir(folder.path()));
    };
    for triple in [HERE, "x86_64-pc-windows-msvc"] {
        make("one", "UTC", "022", triple);
        make("other", "Asia/Tokyo", "077", triple);
    }
    let files = |name: &str| {
        let entries = fs::read_dir(folder.path().join(name)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .map(|path| (path.file_name().unwrap().to_owned(), fs::read(&path).unwrap()))
            .collect::<BTreeMap<_, _>>()
    };
    let (one, other) = (files("one"), files("other"));
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
    assert_eq!(one.len(), 5);
    for (name, bytes) in &one {
        assert!(bytes == &other[name], "{}", name.display());
    }
    // By the program that everybody checks them with.
    good(
        Command::new("sha256sum")
            .args(["--check", "--strict", "SHA256SUMS"])
            .current_dir(folder.path().join("one")),
    );
}

#[test]
fn what_is_in_the_program_is_said_in_cyclonedx() {
    let file = format!("kubectl-neo4jbackup_v{VERSION}_linux_amd64.cdx.json");
    let text = fs::read_to_string(release().folder.path().join(file)).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&document["bomFormat"], &document["specVersion"]),
        (&"CycloneDX".into(), &"1.6".into())
    );
    let components = document["components"].as_array().unwrap();
    let rustls = components
        .iter()
        .find(|component| component["name"] == "rustls")
        .unwrap();
    assert!(
        rustls["purl"].as_str().unwrap().starts_with("pkg:cargo/rustls@0.23."),
        "{rustls}"
    );
    assert!(components.iter().all(|component| component["name"] != "insta"));
    let named: Vec<&Value> = components.iter().map(|component| &component["bom-ref"]).collect();
    let needed: Vec<&Value> = document["dependencies"][0]["dependsOn"]
        .as_array()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(named, needed);
}

/// A namespace with two backups and a restore, whose name begins like this.
fn namespace_with_backups(prefix: &str) -> String {
    let control_plane = shared_control_plane().unwrap();
    let client = control_plane.client();
    client
        .install_crds(&["Backup", "Restore"].map(definition).join("---\n"))
        .unwrap();
    let namespace = control_plane.create_namespace(prefix).unwrap();
    for (kind, name) in [("Backup", "nightly"), ("Backup", "hourly"), ("Restore", "drill")] {
        let metadata = format!("{{name: {name}, namespace: {namespace}}}");
        let object = format!("apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4j{kind}\nmetadata: {metadata}\n");
        client.apply_yaml(&object).unwrap();
    }
    namespace
}

impl Home {
    /// What is offered behind these words of a line of kubectl.
    fn offered(&self, words: &[&str]) -> Vec<String> {
        let mut command = self.command(kubectl());
        command
            .env("KUBECONFIG", shared_control_plane().unwrap().kubeconfig())
            .args(["__complete", "neo4jbackup"])
            .args(words);
        let begun = Instant::now();
        let offered = good(&mut command);
        println!(
            "figure: kubectl __complete neo4jbackup {}: {} ms",
            words.join(" "),
            begun.elapsed().as_millis()
        );
        offered.lines().map(str::to_owned).collect()
    }

    /// Where the machine is too busy for their second, nothing is offered.
    fn await_offered(&self, words: &[&str], expected: &[&str]) {
        let ends = Instant::now() + Duration::from_secs(60);
        loop {
            let offered = self.offered(words);
            if offered == expected {
                return;
            }
            assert!(offered == [":4"] && Instant::now() < ends, "{words:?}: {offered:?}");
        }
    }
}

/// Unpacked into a folder of PATH, without krew.
#[test]
fn names_of_a_cluster_come_through_kubectl_within_a_second() {
    let namespace = namespace_with_backups("completed");
    let home = Home::new();
    fs::create_dir_all(home.bin()).unwrap();
    let archive = release().archive("linux", "amd64");
    good(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(home.bin()));
    home.await_offered(
        &["doctor", "-n", &namespace, ""],
        &["backup/hourly", "backup/nightly", "restore/drill", ":4"],
    );
    home.await_offered(&["status", "-n", &namespace, "backup/n"], &["backup/nightly", ":4"]);
    home.await_offered(
        &["doctor", "-n", &namespace[..namespace.len() - 1]],
        &[&namespace, ":4"],
    );
    // Who may not list gets nothing, and no message in the middle of a line.
    assert_eq!(
        home.offered(&["doctor", "--as", "nobody", "-n", &namespace, ""]),
        [":4"]
    );
}

/// The lines of kubectl in the README, from its top to where the webhook is told of in more words.
fn lines_of_the_readme() -> Vec<String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (top, _) = readme.split_once("\n## The webhook").unwrap();
    let blocks = top.split("```").skip(1).step_by(2);
    let lines = blocks.flat_map(str::lines).map(str::to_owned);
    lines.filter(|line| line.starts_with("kubectl ")).collect()
}

/// In a new home, with kubectl, krew, and the two files that the README names.
#[test]
fn who_follows_the_readme_has_a_doctor_and_completion() {
    let namespace = namespace_with_backups("followed");
    let home = Home::new();
    let folder = home.0.path();
    fs::copy(release().manifest(), folder.join("neo4jbackup.yaml")).unwrap();
    let archive = release().archive("linux", "amd64");
    fs::copy(&archive, folder.join(archive.file_name().unwrap())).unwrap();
    let backup =
        "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata: {name: b}\nspec: {schedule: often}\n";
    fs::write(folder.join("backup.yaml"), backup).unwrap();

    let mut answers = BTreeMap::new();
    for line in lines_of_the_readme() {
        let mut shell = home.command(Path::new("bash"));
        shell.env("KUBECONFIG", shared_control_plane().unwrap().kubeconfig());
        let output = shell.env("SHELL", "/bin/bash").args(["-c", &line]).output().unwrap();
        // 1 says that something is wrong with what was asked about, and not with the command.
        assert!(matches!(output.status.code(), Some(0 | 1)), "{line}: {}", said(&output));
        println!("$ {line}\n{}", said(&output));
        answers.insert(line, said(&output));
    }
    let answer = |line: &str| &answers[line];
    assert!(
        answer("kubectl neo4jbackup lint .").contains("backup.yaml:4"),
        "{answers:#?}"
    );
    for line in ["kubectl neo4jbackup status -A", "kubectl neo4jbackup doctor -A"] {
        assert!(
            answer(line).contains(&namespace) && answer(line).contains("nightly"),
            "{answers:#?}"
        );
    }
    home.await_offered(&["doctor", "-n", &namespace, "backup/n"], &["backup/nightly", ":4"]);
    assert!(
        folder
            .join(".local/share/bash-completion/completions/kubectl-neo4jbackup")
            .exists()
    );
}

fn definition(kind: &str) -> String {
    let plural = format!("neo4j{}s", kind.to_lowercase());
    let schema = "{openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}";
    format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: {plural}.neo4j.neo4j.com}}\n\
         spec:\n  group: neo4j.neo4j.com\n  scope: Namespaced\n  names: {{kind: Neo4j{kind}, plural: {plural}}}\n  \
         versions: [{{name: v1beta1, served: true, storage: true, schema: {schema}}}]\n"
    )
}

#[test]
fn the_manifest_is_one_that_the_index_of_krew_would_take() {
    let home = Home::new();
    let manifest = release().manifest();
    let output = home
        .command(&krew().validate_manifest)
        .arg("-manifest")
        .arg(&manifest)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let text = fs::read_to_string(&manifest).unwrap();
    assert!(
        text.starts_with("apiVersion: krew.googlecontainertools.github.com/v1alpha2\n"),
        "{text}"
    );
    assert!(
        text.contains(&format!("  version: v{VERSION}\n")) && !text.contains("v0.0.0"),
        "{text}"
    );
    let manifest: Value = serde_saphyr::from_str(&text).unwrap();
    let short = manifest["spec"]["shortDescription"].as_str().unwrap();
    assert!(short.len() <= 50, "the review of krew's index takes 50 characters");
    let description = manifest["spec"]["description"].as_str().unwrap();
    assert!(description.contains("not affiliated") && description.lines().all(|line| line.len() <= 80));
    let caveats = manifest["spec"]["caveats"].as_str().unwrap();
    assert!(
        caveats.contains("Developer Mode") && caveats.contains("krew is not needed"),
        "{caveats}"
    );
    for platform in manifest["spec"]["platforms"].as_array().unwrap() {
        let uri = platform["uri"].as_str().unwrap();
        assert!(uri.starts_with(&release().url), "{uri}");
    }
}

#[test]
fn each_platform_gets_its_archive_and_one_file_to_link() {
    let release = release();
    for (os, arch) in [
        ("linux", "amd64"),
        ("linux", "arm64"),
        ("darwin", "amd64"),
        ("darwin", "arm64"),
        ("windows", "amd64"),
        ("windows", "arm64"),
    ] {
        let home = Home::new();
        let mut install = home.command(kubectl());
        install
            .args(["krew", "install"])
            .arg("--manifest")
            .arg(release.manifest());
        install.arg("--archive").arg(release.archive(os, arch));
        good(install.env("KREW_OS", os).env("KREW_ARCH", arch));
        let linked: Vec<String> = fs::read_dir(home.bin())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let ending = if os == "windows" { ".exe" } else { "" };
        assert_eq!(linked, [format!("kubectl-neo4jbackup{ending}")], "{os} {arch}");
        let mut begins = [0; 9];
        let mut file = fs::File::open(home.bin().join(&linked[0])).unwrap();
        file.read_exact(&mut begins).unwrap();
        let is_real = (os, arch) == ("linux", "amd64");
        assert_eq!(&begins[..] == b"a program", !is_real, "{os} {arch}");
    }
}

#[test]
fn from_our_index_it_is_installed_run_completed_upgraded_and_taken_away() {
    let release = release();
    let home = Home::new();
    let index = home.0.path().join("index");
    let git = |arguments: &[&str]| {
        let mut command = home.command(Path::new("git"));
        command
            .args(["-c", "user.name=test", "-c", "user.email=test@example.org", "-C"])
            .arg(&index);
        good(command.args(arguments));
    };
    let publish = |manifest: &str| {
        fs::write(index.join("plugins/neo4jbackup.yaml"), manifest).unwrap();
        git(&["add", "."]);
        git(&["commit", "--quiet", "--message", "A release"]);
    };
    fs::create_dir_all(index.join("plugins")).unwrap();
    git(&["init", "--quiet"]);
    let manifest = fs::read_to_string(release.manifest()).unwrap();
    publish(&manifest);

    home.krew(&["index", "add", "neo4jbackup", index.to_str().unwrap()]);
    home.krew(&["install", "neo4jbackup/neo4jbackup"]);
    let version = home.kubectl(&["neo4jbackup", "version"]);
    assert!(
        version.starts_with(&format!("client version     {VERSION}\n")),
        "{version}"
    );
    let installed = home.kubectl(&["neo4jbackup", "completion", "install"]);
    assert!(
        installed.contains("krew/bin/kubectl_complete-neo4jbackup written"),
        "{installed}"
    );
    for (words, expected) in [
        (
            &["__complete", "neo4jbackup", ""][..],
            "doctor\tSay why backups and restores fail",
        ),
        (
            &["__complete", "neo4jbackup", "explain", "NB600"],
            "NB6001\truns-failing",
        ),
        (
            &["__complete", "neo4jbackup", "lint", "--fail-on=w"],
            "warning\tErrors and warnings",
        ),
    ] {
        let offered = home.kubectl(words);
        assert!(
            offered.contains(expected) && offered.trim_end().ends_with(":4"),
            "{words:?}: {offered}"
        );
    }

    publish(&manifest.replace(&format!("  version: v{VERSION}\n"), "  version: v99.0.0\n"));
    home.krew(&["update"]);
    home.krew(&["upgrade", "neo4jbackup"]);
    let receipt = fs::read_to_string(home.0.path().join("krew/receipts/neo4jbackup.yaml")).unwrap();
    assert!(receipt.contains("  version: v99.0.0\n"), "{receipt}");
    home.kubectl(&["neo4jbackup", "completion", "uninstall"]);
    home.krew(&["uninstall", "neo4jbackup"]);
    assert_eq!(fs::read_dir(home.bin()).unwrap().count(), 0);
    let gone = home
        .command(kubectl())
        .args(["neo4jbackup", "version"])
        .output()
        .unwrap();
    assert!(
        said(&gone).contains("unknown command \"neo4jbackup\""),
        "{}",
        said(&gone)
    );
}
