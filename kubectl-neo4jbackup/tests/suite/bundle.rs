//! What `doctor --from-bundle` takes, and what it refuses.

use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use kubectl_neo4jbackup::Exit;
use serde_json::Value;

use crate::support::{Run, Sandbox, scenarios};

const BACKUP: &str = "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata: {name: nightly, namespace: graph}\n\
                      spec: {instanceRef: prod, database: neo4j, storage: {type: pvc, pvc: {name: claim}}}\n";

fn doctor(sandbox: &Sandbox) -> (u8, String, String) {
    let run = sandbox.run(&["doctor", "--from-bundle", "."]);
    (run.exit, run.stdout, run.stderr)
}

/// A name becomes part of a command that somebody copies.
#[test]
fn a_name_that_a_shell_would_run_is_refused() {
    for name in ["x; rm -rf ~", "$(id)", "a`b`", "a b", "a'b", "A"] {
        let sandbox = Sandbox::new();
        let quoted = format!("name: \"{name}\"");
        sandbox.write("backup.yaml", BACKUP.replace("name: nightly", &quoted));
        let (exit, stdout, stderr) = doctor(&sandbox);
        assert_eq!((exit, stdout.as_str()), (Exit::Usage.code(), ""), "{name}: {stderr}");
        assert!(
            stderr.contains("backup.yaml") && stderr.contains("no cluster takes"),
            "{stderr}"
        );
    }
}

#[test]
fn what_cannot_be_used_is_named_with_its_file() {
    let sandbox = Sandbox::new();
    let (exit, _, stderr) = doctor(&sandbox);
    assert!(
        exit == Exit::Usage.code() && stderr.contains("holds no object"),
        "{stderr}"
    );
    sandbox.write("backup.yaml", BACKUP);
    sandbox.write("pods.json", "{\"kind\": ");
    let (exit, _, stderr) = doctor(&sandbox);
    assert!(exit == Exit::Usage.code() && stderr.contains("pods.json:1"), "{stderr}");
    sandbox.write("pods.json", "{}");
    sandbox.write("bundle.yaml", "gaps: [{resource: unicorns, kind: forbidden}]\n");
    let (exit, _, stderr) = doctor(&sandbox);
    assert!(exit == Exit::Usage.code() && stderr.contains("unicorns"), "{stderr}");
}

/// Of a resource that nobody collected, nobody knows anything: that is said, and the exit code says it as well.
#[test]
fn what_was_not_collected_is_not_taken_for_absent() {
    let sandbox = Sandbox::new();
    sandbox.write("backup.yaml", BACKUP);
    let run = sandbox.run(&["doctor", "--from-bundle", ".", "-o", "json", "--only", "NB6001"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (run.exit, &report["complete"]),
        (Exit::Incomplete.code(), &false.into())
    );
    assert_eq!(report["skipped"][0]["code"], "NB6001", "{report:#}");
    let allowed = sandbox.run(&["doctor", "--from-bundle", ".", "--only", "NB6001", "--allow-incomplete"]);
    assert_eq!(allowed.exit, Exit::Good.code());
}

/// A folder as an archive, below a folder of that name in it.
fn packed(folder: &Path, below: &str) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    builder.append_dir_all(below, folder).unwrap();
    builder.into_inner().unwrap().finish().unwrap()
}

fn report(run: &Run) -> Value {
    let mut report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr));
    report["bundle"] = Value::Null;
    report
}

#[test]
fn an_archive_says_what_its_folder_says() {
    let sandbox = Sandbox::new();
    for folder in scenarios() {
        let run = |command: &str, path: &str| sandbox.run(&[command, "--from-bundle", path, "-o", "json"]);
        for command in ["doctor", "status"] {
            let expected = run(command, folder.to_str().unwrap());
            for below in [".", "collected"] {
                sandbox.write("bundle.tar.gz", packed(&folder, below));
                let archive = run(command, "bundle.tar.gz");
                assert_eq!(
                    archive.exit,
                    expected.exit,
                    "{command} {}: {}",
                    folder.display(),
                    archive.stderr
                );
                assert_eq!(
                    report(&archive),
                    report(&expected),
                    "{command} {} {below}",
                    folder.display()
                );
            }
        }
        let mut builder = tar::Builder::new(Vec::new());
        builder.append_dir_all(".", &folder).unwrap();
        sandbox.write("bundle.tar", builder.into_inner().unwrap());
        assert_eq!(
            report(&run("doctor", "bundle.tar")),
            report(&run("doctor", folder.to_str().unwrap()))
        );
    }
}

#[test]
fn an_archive_that_cannot_be_used_is_refused() {
    let refused = |name: &str, bytes: &[u8], why: &str| {
        let sandbox = Sandbox::new();
        sandbox.write(name, bytes);
        let run = sandbox.run(&["doctor", "--from-bundle", name]);
        assert_eq!(
            (run.exit, run.stdout.as_str()),
            (Exit::Usage.code(), ""),
            "{}",
            run.stderr
        );
        assert!(
            run.stderr.starts_with("error: ") && run.stderr.contains(why),
            "{}",
            run.stderr
        );
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    };
    let whole = packed(&scenarios()[0], ".");
    // Cut short anywhere: in an entry, and in what gzip says of the whole.
    for end in [whole.len() / 2, whole.len() - 1, 3] {
        refused("a.tar.gz", &whole[..end], " cannot be read: ");
    }
    let mut wrong = whole.clone();
    let checksum = wrong.len() - 8;
    wrong[checksum] ^= 1;
    refused("a.tar.gz", &wrong, " cannot be read: ");
    let mut text = GzEncoder::new(Vec::new(), Compression::fast());
    std::io::Write::write_all(&mut text, BACKUP.as_bytes()).unwrap();
    refused("a.gz", &text.finish().unwrap(), " cannot be read: ");
    let mut many = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Directory);
    header.set_path("a").unwrap();
    header.set_size(0);
    header.set_cksum();
    for _ in 0..=65_536 {
        many.append(&header, std::io::empty()).unwrap();
    }
    refused(
        "a.tar.gz",
        &many.into_inner().unwrap().finish().unwrap(),
        "more than 65536 entries",
    );
}

/// A link in an archive leads nowhere, as one in a folder, and an object in it is named with its entry.
#[test]
fn no_link_of_an_archive_is_followed() {
    let sandbox = Sandbox::new();
    sandbox.write("secret.yaml", BACKUP);
    let target = sandbox.path("secret.yaml");
    let mut builder = tar::Builder::new(Vec::new());
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        builder.append_link(&mut header, "backup.yaml", &target).unwrap();
    }
    sandbox.write("links.tar", builder.into_inner().unwrap());
    let run = sandbox.run(&["doctor", "--from-bundle", "links.tar"]);
    assert_eq!(run.exit, Exit::Usage.code());
    assert!(run.stderr.contains("links.tar holds no object"), "{}", run.stderr);

    sandbox.write("b/x/pods.json", "{\"kind\": ");
    sandbox.write("b.tar.gz", packed(&sandbox.path("b"), "."));
    let run = sandbox.run(&["doctor", "--from-bundle", "b.tar.gz"]);
    assert!(run.stderr.contains("pods.json:1"), "{}", run.stderr);
}
