//! What files are read, and what is said of those that cannot be.

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::symlink;

#[cfg(unix)]
use kubectl_neo4jbackup::input::{self, Exclude, Reader};

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
    symlink("..", sandbox.path("deep/up")).unwrap();
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

    // In a folder it is one as far as it is about an object of the operator.
    sandbox.write("latin1.yaml", b"apiVersion: neo4j.neo4j.com/v1beta1\nkind: \xe9\n");
    sandbox.write("others.yaml", b"kind: \xe9\n");
    sandbox.write("backup.yaml", SIX_FIELDS);
    let run = sandbox.run(&["lint", ".", "--only", "NB1001,NB5001", "-o", "short"]);
    assert!(
        run.stderr.starts_with("2 errors in 1 of 1 document (3 files)"),
        "{}",
        run.stderr
    );
}

#[cfg(unix)]
#[test]
fn a_loop_of_links_is_said_once() {
    let sandbox = Sandbox::new();
    sandbox.write("a/b/backup.yaml", SIX_FIELDS);
    symlink("..", sandbox.path("a/b/up")).unwrap();
    symlink("itself.yaml", sandbox.path("a/itself.yaml")).unwrap();
    let run = sandbox.run(&["lint", "a", "--only", "NB1002"]);
    assert_eq!(run.exit, 3, "{}", run.stderr);
    assert_eq!(
        run.stderr.matches("a/b/up is a link back to").count(),
        1,
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("error: a/itself.yaml cannot be read"),
        "{}",
        run.stderr
    );
    assert!(run.stdout.contains("(1 file)"), "{}", run.stdout);
}

#[cfg(unix)]
#[test]
fn links_are_followed_within_the_paths() {
    let sandbox = Sandbox::new();
    // As a ConfigMap is mounted.
    sandbox.write("mount/..2026/backup.yaml", SIX_FIELDS);
    symlink("..2026", sandbox.path("mount/..data")).unwrap();
    symlink("..data/backup.yaml", sandbox.path("mount/backup.yaml")).unwrap();
    assert_eq!(files(&sandbox, &["mount"]), ["mount/backup.yaml"]);
    // To a folder that is hidden, in the order of names, and with the names by which it is reached.
    sandbox.write("tree/.versions/7/sub/a.yaml", SIX_FIELDS);
    sandbox.write("tree/z.yaml", SIX_FIELDS);
    symlink(".versions/7", sandbox.path("tree/current")).unwrap();
    symlink("sub", sandbox.path("tree/.versions/7/again")).unwrap();
    assert_eq!(files(&sandbox, &["tree"]), ["tree/current/sub/a.yaml", "tree/z.yaml"]);
    assert_eq!(files(&sandbox, &["tree/*/sub/*.yaml"]), ["tree/current/sub/a.yaml"]);
    // A second name of what is found anyway is no second file, whichever comes first.
    symlink("z.yaml", sandbox.path("tree/a.yaml")).unwrap();
    assert_eq!(files(&sandbox, &["tree"]), ["tree/current/sub/a.yaml", "tree/z.yaml"]);
    // From one path into another.
    symlink(sandbox.path("mount/backup.yaml"), sandbox.path("tree/mounted.yaml")).unwrap();
    assert_eq!(
        files(&sandbox, &["tree", "mount"]),
        ["tree/current/sub/a.yaml", "tree/mounted.yaml", "tree/z.yaml"]
    );
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_out_is_neither_read_nor_mended() {
    let sandbox = Sandbox::new();
    sandbox.write("repo/backup.yaml", SIX_FIELDS.replace("0 0 2 * * *", "0 2 * * *"));
    sandbox.write("outside/backup.yaml", SIX_FIELDS);
    sandbox.write("secret", "second: line-of-a-secret\n  - x\n");
    symlink("../outside/backup.yaml", sandbox.path("repo/link.yaml")).unwrap();
    symlink("../outside", sandbox.path("repo/folder")).unwrap();
    symlink("../secret", sandbox.path("repo/x.yaml")).unwrap();
    for (name, target) in [("root", "/"), ("proc", "/proc/self"), ("up", "..")] {
        symlink(target, sandbox.path("repo").join(name)).unwrap();
    }
    let run = sandbox.run(&["lint", "repo", "--only", "NB1xxx,NB5001", "--fix", "--unsafe"]);
    assert_eq!(run.exit, 3, "{}{}", run.stdout, run.stderr);
    for name in ["link.yaml", "folder", "x.yaml", "root", "proc", "up"] {
        let said = format!("error: repo/{name} is a link that leads out of the folders that were named, to `");
        assert!(run.stderr.contains(&said), "{name}: {}", run.stderr);
    }
    assert!(run.stderr.contains("; name it itself"), "{}", run.stderr);
    assert!(!run.stdout.contains("line-of-a-secret") && !run.stderr.contains("line-of-a-secret"));
    assert!(run.stdout.contains("(1 file)"), "{}", run.stdout);
    assert_eq!(sandbox.read("outside/backup.yaml"), SIX_FIELDS);
    // Named itself it is read and fixed.
    let run = sandbox.run(&["lint", "repo/link.yaml", "--only", "NB5001", "--fix"]);
    assert_eq!(run.exit, 0, "{}", run.stderr);
    assert!(sandbox.read("outside/backup.yaml").contains("\"0 2 * * *\""));
    assert_eq!(files(&sandbox, &["repo/folder"]), Vec::<String>::new());
}

/// Between the search and the reading, whoever owns the folder puts a link in the place of a file or of a folder.
#[cfg(unix)]
#[test]
fn a_link_that_comes_in_between_is_not_followed() {
    for is_folder in [false, true] {
        let sandbox = Sandbox::new();
        sandbox.write("repo/sub/backup.yaml", SIX_FIELDS);
        sandbox.write("outside/backup.yaml", "secret: yes\n");
        let nothing = Exclude::new(&sandbox.path("."), &[]).unwrap();
        let found = input::find(&["repo".into()], &sandbox.path("."), &nothing, false);
        assert_eq!(found.sources.len(), 1);
        if is_folder {
            fs::rename(sandbox.path("repo/sub"), sandbox.path("repo/old")).unwrap();
            symlink("../outside", sandbox.path("repo/sub")).unwrap();
        } else {
            fs::remove_file(sandbox.path("repo/sub/backup.yaml")).unwrap();
            symlink("../../outside/backup.yaml", sandbox.path("repo/sub/backup.yaml")).unwrap();
        }
        let gap = Reader::new(&found.sources, 1 << 20)
            .load(&found.sources[0])
            .unwrap_err();
        assert!(gap.reason.contains("a link has taken its place"), "{}", gap.reason);
        assert!(found.sources[0].origin.parent().is_err() == is_folder);
    }
}

#[cfg(unix)]
#[test]
fn settings_and_baseline_do_not_point_out_of_the_repository() {
    let sandbox = Sandbox::new();
    sandbox.write("secret.yaml", "line-of-a-secret: 1\n");
    sandbox.write("repo/.git/HEAD", "");
    sandbox.write("repo/backup.yaml", SIX_FIELDS);
    symlink("../secret.yaml", sandbox.path("repo/.neo4jbackup.yaml")).unwrap();
    let run = sandbox.run(&["lint", "repo"]);
    assert_eq!(run.exit, 2);
    assert!(run.stderr.contains("is a link that leads out of"), "{}", run.stderr);
    assert!(!run.stderr.contains("line-of-a-secret"), "{}", run.stderr);
    let run = sandbox.run(&["lint", "repo", "--config", "repo/.neo4jbackup.yaml"]);
    assert!(
        run.stderr.contains("there is no key `line-of-a-secret`"),
        "{}",
        run.stderr
    );
    sandbox.write("repo/ours.yaml", "failOn: never\n");
    fs::remove_file(sandbox.path("repo/.neo4jbackup.yaml")).unwrap();
    symlink("ours.yaml", sandbox.path("repo/.neo4jbackup.yaml")).unwrap();
    assert_eq!(sandbox.run(&["lint", "repo"]).exit, 0);

    // What the settings name is not quoted either, when it is not in the repository.
    sandbox.write("secret.json", "\"line-of-a-secret\"");
    for baseline in ["../secret.json", "link.json"] {
        sandbox.write("repo/ours.yaml", format!("baseline: {baseline}\n"));
        let _ = symlink("../secret.json", sandbox.path("repo/link.json"));
        let run = sandbox.run(&["lint", "repo"]);
        assert_eq!(run.exit, 2, "{}", run.stderr);
        assert!(!run.stderr.contains("line-of-a-secret"), "{}", run.stderr);
        assert!(
            run.stderr.contains("the baseline of the settings leads out of"),
            "{}",
            run.stderr
        );
    }
    sandbox.write("repo/known.json", "{}");
    sandbox.write("repo/ours.yaml", "baseline: known.json\n");
    let run = sandbox.run(&["lint", "repo"]);
    assert!(run.stderr.contains("known.json is no baseline"), "{}", run.stderr);
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

#[test]
fn standard_input_takes_the_place_of_the_file_that_it_is_named_after() {
    let sandbox = Sandbox::new();
    sandbox.write("repo/.git/HEAD", "");
    sandbox.write("repo/.neo4jbackup.yaml", "skip: [NB2001]\n");
    sandbox.write("repo/deploy/backup.yaml", SIX_FIELDS);
    // What is saved is not what is judged, and the settings are those of its folder.
    let typed = SIX_FIELDS.replace("backups", "Acme_Backups").replace("0 0 2", "0 2");
    for paths in [&["-"][..], &[], &["repo", "-"]] {
        let mut arguments = vec!["lint", "--stdin-filename", "repo/deploy/backup.yaml", "-o", "short"];
        arguments.extend(paths);
        let run = sandbox.run_with(&typed, &arguments);
        assert_eq!(run.exit, 1, "{}", run.stderr);
        assert!(run.stdout.contains("repo/deploy/backup.yaml:13:13: "), "{}", run.stdout);
        assert!(run.stdout.contains("NB7002"), "{}", run.stdout);
        assert!(!run.stdout.contains("NB5001"), "{}", run.stdout);
        assert!(!run.stdout.contains("NB2001"), "{}", run.stdout);
    }
    // It was never saved, and is a patch as the file beside it says.
    sandbox.write("repo/deploy/kustomization.yaml", "patches: [{path: patch.yaml}]\n");
    let patch =
        "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata: {name: nightly}\nspec: {suspend: true}\n";
    let run = sandbox.run_with(patch, &["lint", "-", "--stdin-filename", "repo/deploy/patch.yaml"]);
    assert_eq!(run.exit, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("is a patch"), "{}", run.stdout);
    // So is a template of a chart.
    sandbox.write("repo/chart/Chart.yaml", "name: x\n");
    sandbox.write("repo/chart/templates/NOTES.txt", "");
    let template = SIX_FIELDS.replace("name: nightly", "name: {{ .Release.Name }}\n  {{- if true }}");
    let run = sandbox.run_with(
        &template,
        &["lint", "-", "--stdin-filename", "repo/chart/templates/new.yaml"],
    );
    assert!(run.stdout.contains("`helm template repo/chart"), "{}", run.stdout);
    // Fixes go to standard output, and the file stays.
    let run = sandbox.run_with(
        SIX_FIELDS,
        &["lint", "--fix", "--stdin-filename", "repo/deploy/new.yaml"],
    );
    assert_eq!(run.stdout, SIX_FIELDS.replace("0 0 2", "0 2"));
    assert!(!sandbox.path("repo/deploy/new.yaml").exists());
    // Without standard input there is nothing to name.
    let run = sandbox.run(&["lint", "repo", "--stdin-filename", "a.yaml"]);
    assert_eq!(run.exit, 2);
    assert!(run.stderr.contains("add `-`"), "{}", run.stderr);
}

#[test]
fn a_guide_that_is_not_saved_yet_is_read_as_one() {
    let sandbox = Sandbox::new();
    let block = format!("```yaml\n{SIX_FIELDS}```\n");
    let typed = format!("# Runbook\n\n{block}\nOr `{{ so`:\n\n{block}");
    sandbox.write("docs/runbook.md", "# Runbook\n");
    sandbox.write("docs/other.md", "# Other\n");
    let named = ["lint", "--only", "NB1xxx,NB5001", "--stdin-filename", "docs/runbook.md"];
    for paths in [&[][..], &["-"], &["docs", "--markdown", "-"]] {
        let run = sandbox.run_with(&typed, &[&named[..], &["-o", "short"], paths].concat());
        let places: Vec<&str> = run
            .stdout
            .lines()
            .filter_map(|line| line.split(" error ").next())
            .collect();
        assert_eq!(
            places,
            ["docs/runbook.md:13:13:", "docs/runbook.md:33:13:"],
            "{}",
            run.stdout
        );
        assert_eq!(run.exit, 1);
    }
    // The guide comes out once, with its blocks mended or as it was.
    let fix = [&named[..], &["--fix"]].concat();
    let mended = typed.replace("0 0 2", "0 2");
    assert_eq!(sandbox.run_with(&typed, &fix).stdout, mended);
    assert_eq!(sandbox.run_with(&mended, &fix).stdout, mended);
    assert_eq!(sandbox.read("docs/runbook.md"), "# Runbook\n");
}

#[test]
fn mistakes_in_files_of_somebody_else_are_counted_and_no_failure() {
    let mut sandbox = Sandbox::with(&SIX_FIELDS.replace("0 0 2 * * *", "0 2 * * *"));
    sandbox.terminal_width = Some(500);
    let others: [(&str, &[u8]); 4] = [
        ("comments.json", b"{\n  \"a\": \"b\" // for people\n}\n"),
        ("latin1.yaml", b"a: \xe9\n"),
        ("template.yaml", b"{% if a %}\na: {b\n{% endif %}\n"),
        ("twice.yaml", b"a: 1\na: 2\n"),
    ];
    for (name, text) in others {
        sandbox.write(name, text);
    }
    let said = "is no YAML or JSON without mistakes and was not judged, because it names no API of the operator";
    let run = sandbox.run(&["lint", "."]);
    assert_eq!(run.exit, 0, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stdout.contains(&format!("not checked: comments.json {said}"))
            && run.stdout.contains("(the same for 3 more files)"),
        "{}",
        run.stdout
    );
    // As a hook hands them over.
    let names: Vec<&str> = others.iter().map(|(name, _)| *name).collect();
    let handed_over = [&["lint", "--allow-incomplete", "--"][..], &names].concat();
    let run = sandbox.run(&handed_over);
    assert_eq!((run.exit, run.stdout.matches(said).count()), (0, 1), "{}", run.stdout);
    // Whoever names a file wants to know, and what is piped has no other reader.
    for name in names {
        let run = sandbox.run(&["lint", name]);
        assert!(
            run.exit == 1 && run.stdout.contains("error[NB100"),
            "{name}: {}",
            run.stdout
        );
    }
    assert_eq!(
        sandbox
            .run_with("a: 1\na: 2\n", &["lint", "-", "--allow-incomplete"])
            .exit,
        1
    );
    // What is about objects of the operator is a mistake wherever it stands.
    sandbox.write("ours.yaml", "apiVersion: neo4j.neo4j.com/v1beta1\nkind: {Neo4jBackup\n");
    for arguments in [&["lint", "."][..], &["lint", "--allow-incomplete", "ours.yaml"]] {
        let run = sandbox.run(&[arguments, &["-o", "short"]].concat());
        assert!(
            run.exit == 1 && run.stdout.contains("ours.yaml:2:19: error NB1001 "),
            "{}",
            run.stdout
        );
    }
}
