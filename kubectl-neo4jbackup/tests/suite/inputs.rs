//! What files are read, and what is said of those that cannot be.

use std::fs;

use crate::support::{SIX_FIELDS, Sandbox};

/// The files that a run over these paths has findings in.
fn files(sandbox: &Sandbox, paths: &[&str]) -> Vec<String> {
    let run = sandbox.run(&[&["lint", "--only", "NB5001", "-o", "short"], paths].concat());
    let file = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
    run.stdout.lines().map(file).collect()
}

#[test]
fn folders_are_searched_and_names_are_kept() {
    let sandbox = Sandbox::new();
    for name in [
        "a.yaml",
        "b/c.yml",
        "b/d.json.txt",
        ".hidden/e.yaml",
        "ignored/f.yaml",
        "g.YAML",
    ] {
        sandbox.write(name, SIX_FIELDS);
    }
    sandbox.write(".neo4jbackupignore", "ignored/\n");
    assert_eq!(files(&sandbox, &["."]), ["a.yaml", "b/c.yml", "g.YAML"]);
    assert_eq!(files(&sandbox, &["b", "b/d.json.txt"]), ["b/c.yml", "b/d.json.txt"]);
    assert_eq!(files(&sandbox, &["-f", ".hidden/e.yaml"]), [".hidden/e.yaml"]);
    assert_eq!(
        files(&sandbox, &["a.yaml", "."]),
        ["a.yaml", "b/c.yml", "g.YAML"],
        "each file once"
    );
}

#[test]
fn globs_that_the_shell_left_alone_are_expanded() {
    let sandbox = Sandbox::new();
    for name in ["x/a.yaml", "x/y/b.yaml", "x/y/c.txt"] {
        sandbox.write(name, SIX_FIELDS);
    }
    assert_eq!(files(&sandbox, &["x/*.yaml"]), ["x/a.yaml"]);
    assert_eq!(
        files(&sandbox, &["x/**/*.{yaml,txt}"]),
        ["x/a.yaml", "x/y/b.yaml", "x/y/c.txt"]
    );
    let run = sandbox.run(&["lint", "z/*.yaml"]);
    assert_eq!(
        (run.exit, run.stderr.as_str()),
        (3, "error: z/*.yaml matches no file\n")
    );
}

#[cfg(unix)]
#[test]
fn a_glob_looks_no_deeper_than_it_says() {
    let sandbox = Sandbox::new();
    sandbox.write("deep/backup.yaml", SIX_FIELDS);
    std::os::unix::fs::symlink("..", sandbox.path("deep/up")).unwrap();
    let run = sandbox.run(&["lint", "z*.yaml"]);
    assert_eq!(run.stderr, "error: z*.yaml matches no file\n");
    assert_eq!(files(&sandbox, &["*/*.yaml"]), ["deep/backup.yaml"]);
}

#[test]
fn standard_input_is_a_file_without_a_name() {
    let run = Sandbox::new().run_with(SIX_FIELDS, &["lint", "-", "--only", "NB5001", "-o", "short"]);
    assert!(run.stdout.starts_with("<stdin>:10:13: error NB5001"), "{}", run.stdout);
}

#[test]
fn what_cannot_be_read_is_said_and_the_others_are_judged() {
    let sandbox = Sandbox::with(SIX_FIELDS);
    sandbox.write("binary.yaml", b"\x7fELF\0\0\0");
    let run = sandbox.run(&[
        "lint",
        "backup.yaml",
        "binary.yaml",
        "absent.yaml",
        "--only",
        "NB1002",
        "-o",
        "json",
    ]);
    assert_eq!(run.exit, 3);
    assert!(
        run.stderr.contains("error: absent.yaml does not exist\n"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("error: binary.yaml is a binary file\n"),
        "{}",
        run.stderr
    );
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["complete"], false);
    assert_eq!(report["summary"]["judged"], 1);
    assert_eq!(report["skipped"].as_array().unwrap().len(), 2);
}

#[test]
fn text_of_another_encoding_is_a_finding() {
    let sandbox = Sandbox::new();
    sandbox.write("latin1.yaml", b"kind: \xe9\n");
    let run = sandbox.run(&["lint", "latin1.yaml", "-o", "short"]);
    assert!(
        run.stdout.starts_with("latin1.yaml:1:1: error NB1001 "),
        "{}",
        run.stdout
    );
    assert_eq!((run.exit, run.stderr.as_str()), (1, "1 error in 1 file\n"));

    sandbox.write("backup.yaml", SIX_FIELDS);
    let run = sandbox.run(&["lint", ".", "--only", "NB1001,NB5001", "-o", "short"]);
    assert!(
        run.stderr.starts_with("2 errors in 1 of 1 document (2 files)"),
        "{}",
        run.stderr
    );
}

#[cfg(unix)]
#[test]
fn a_loop_of_links_is_said_once() {
    let sandbox = Sandbox::new();
    sandbox.write("a/backup.yaml", SIX_FIELDS);
    std::os::unix::fs::symlink("..", sandbox.path("a/up")).unwrap();
    let run = sandbox.run(&["lint", "a", "--only", "NB1002"]);
    assert_eq!(run.exit, 3, "{}", run.stderr);
    assert!(run.stderr.contains("leads back to"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn a_file_that_nobody_may_read_is_said() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::with(SIX_FIELDS);
    let secret = sandbox.path("secret.yaml");
    sandbox.write("secret.yaml", SIX_FIELDS);
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&secret).is_ok() {
        println!("skipped: this user may read every file");
        return;
    }
    let run = sandbox.run(&["lint", ".", "--only", "NB1002"]);
    assert_eq!(
        (run.exit, run.stderr.as_str()),
        (3, "error: secret.yaml cannot be read: permission denied\n")
    );
}
