//! `completion`: what is offered, and what is put where. The shells themselves: `completion/shells.rs`.

mod shells;

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::api_server::ApiServer;
use crate::support::Sandbox;

const CONTEXT: &str = "arn:aws:eks:eu-west-1:111122223333:cluster/prod";

/// A home with a kubeconfig that leads to a server.
fn at_home(server: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let home = sandbox.path("").display().to_string();
    sandbox.write(".kube/config", kubeconfig(server));
    sandbox.set("HOME", home.trim_end_matches('/'))
}

fn kubeconfig(server: &str) -> String {
    let context = json!({"cluster": "main", "user": "jane", "namespace": "graph"});
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": CONTEXT,
        "clusters": [{"name": "main", "cluster": {"server": server}}],
        "users": [{"name": "jane", "user": {"token": "token"}}],
        "contexts": [{"name": CONTEXT, "context": context}, {"name": "$(touch gone)", "context": context}],
    })
    .to_string()
}

/// One that has a few objects.
fn api_server() -> ApiServer {
    ApiServer::start(|path| {
        let names: &[&str] = match path.split('?').next().unwrap_or_default() {
            "/apis/neo4j.neo4j.com/v1beta1/namespaces/graph/neo4jbackups" => &["nightly", "hourly", "nightly`reboot`"],
            "/apis/neo4j.neo4j.com/v1beta1/namespaces/graph/neo4jrestores" => &["nightly"],
            "/apis/neo4j.neo4j.com/v1beta1/namespaces/dev/neo4jbackups" => &["adhoc"],
            "/api/v1/namespaces" => &["dev", "graph"],
            _ => &[],
        };
        let items = names.iter().map(|name| json!({"metadata": {"name": name}}));
        json!({"metadata": {"resourceVersion": "1"}, "items": items.collect::<Vec<_>>()})
    })
}

/// What is offered, without what it is. On a busy machine the time that names have may be over before they come: then nothing is
/// offered, and it is tried again.
fn finally_offered(sandbox: &Sandbox, words: &[&str], expected: &[&str]) {
    let ends = Instant::now() + Duration::from_secs(60);
    loop {
        let offered = offered(sandbox, words);
        if offered == expected {
            return;
        }
        assert!(
            offered == [":4"] && Instant::now() < ends,
            "{words:?}: {offered:?} and not {expected:?}"
        );
    }
}

fn offered(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let run = sandbox.run(&[&["__complete"], words].concat());
    assert_eq!((run.exit, run.stderr.as_str()), (0, ""), "{words:?}");
    let lines = run.stdout.lines();
    lines
        .map(|line| line.split('\t').next().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn commands_flags_and_values_are_offered_with_what_they_are() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(&["__complete", "sch"]);
    assert!(
        run.stdout.contains("schedule\tSay when every backup runs"),
        "{}",
        run.stdout
    );
    for (words, expected) in [
        (&["sch"][..], &["schema", "schedule", ":4"][..]),
        (&["d"], &["doctor", ":4"]),
        (&["dia"], &["diagnose", ":4"]),
        (&["schedule", "n"], &["next", ":4"]),
        (&["lint", "--fail-on", "w"], &["warning", ":4"]),
        (&["lint", "--fail-on=w"], &["warning", ":4"]),
        (&["lint", "-o", "ju"], &["junit", ":4"]),
        (&["lint", "--fi"], &["--filename", "--fix", ":4"]),
        (&["doctor", "--skip", "NB6001,NB6014"], &["NB6001,NB6014", ":4"]),
        (&["explain", "NB8001"], &["NB8001", ":4"]),
        (&["completion", "pow"], &["powershell", ":4"]),
        (&["completion", "ins"], &["install", ":4"]),
        (&["nothing", "of", "ours"], &[":4"]),
        // Names of files are for the shell to offer.
        (&["lint", ""], &[":0"]),
        (&["doctor", "--from-bundle", ""], &[":0"]),
    ] {
        assert_eq!(offered(&sandbox, words), expected, "{words:?}");
    }
    let all = offered(&sandbox, &[""]);
    assert!(
        all.contains(&"doctor".to_owned()) && !all.contains(&"probe".to_owned()),
        "{all:?}"
    );
    assert!(!all.iter().any(|word| word.starts_with('-')), "{all:?}");
}

#[test]
fn names_are_those_of_the_cluster_that_the_line_means() {
    let server = api_server();
    let sandbox = at_home(&server.url);
    for (words, expected) in [
        (
            &["doctor", ""][..],
            &["backup/hourly", "backup/nightly", "restore/nightly", ":4"][..],
        ),
        (&["doctor", "restore/"], &["restore/nightly", ":4"]),
        (&["doctor", "nig"], &["nightly", ":4"]),
        (&["status", ""], &["backup/hourly", "backup/nightly", ":4"]),
        (&["logs", "-n", "dev", "backup/"], &["backup/adhoc", ":4"]),
        (&["wait", "--namespace=dev", ""], &["backup/adhoc", ":4"]),
        (&["status", "-n", ""], &["dev", "graph", ":4"]),
        (&["status", "--context", ""], &[CONTEXT, ":4"]),
        (&["status", "--user", ""], &["jane", ":4"]),
        // Of a kubeconfig that is not there nothing is known.
        (&["status", "--kubeconfig", "gone", "--context", ""], &[":4"]),
        (&["status", "--kubeconfig", "gone", ""], &[":4"]),
    ] {
        finally_offered(&sandbox, words, expected);
    }
}

#[test]
fn who_does_not_answer_costs_a_second_and_no_word() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    for server in [silent.as_str(), "http://127.0.0.1:1", "https://no.such.host.invalid"] {
        let sandbox = at_home(server);
        nothing_within_a_second(&sandbox);
    }
}

/// A second, and what a busy machine takes for itself: the fastest of a few tries counts.
fn nothing_within_a_second(sandbox: &Sandbox) {
    let fastest = (0..5).map(|_| {
        let begun = Instant::now();
        assert_eq!(offered(sandbox, &["doctor", ""]), [":4"]);
        begun.elapsed()
    });
    let fast = fastest.into_iter().find(|took| *took < Duration::from_secs(3));
    assert!(fast.is_some(), "five tries took more than 3 s each");
}

/// Nobody who types wants to be asked for a password between two letters.
#[test]
fn a_program_that_signs_in_gets_no_keyboard_and_no_more_time() {
    let sandbox = at_home("https://127.0.0.1:1");
    let mut config: serde_json::Value = serde_json::from_str(&sandbox.read(".kube/config")).unwrap();
    config["users"][0]["user"] = json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "IfAvailable",
        "command": "sh", "args": ["-c", "cat >&2; sleep 5"],
    }});
    sandbox.write(".kube/config", config.to_string());
    nothing_within_a_second(&sandbox);
}

#[test]
fn scripts_are_for_the_name_of_the_file() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = sandbox.run(&["completion", shell]);
        assert!(run.exit == 0 && run.stdout.contains("kubectl-neo4jbackup"), "{shell}");
    }
    let script = sandbox.run(&["completion", "kubectl"]).stdout;
    assert!(script.starts_with("#!/bin/sh\n"), "{script}");
    assert_eq!(sandbox.run(&["completion"]).exit, 2);
}

/// PowerShell and Elvish ask by the script of the library.
#[test]
fn a_shell_that_asks_in_the_words_of_the_library_gets_an_answer() {
    let sandbox = Sandbox::new().set("NEO4JBACKUP_COMPLETE", "powershell");
    let run = sandbox.run(&["--", "kubectl-neo4jbackup", "lint", "--fail-on", "w"]);
    assert_eq!(run.stdout, "warning\tErrors and warnings\n");
    let sandbox = Sandbox::new().set("NEO4JBACKUP_COMPLETE", "elvish");
    let run = sandbox.run(&["--", "kubectl-neo4jbackup", "schedule", "n"]);
    assert_eq!(run.stdout, "next\n");
    // The variable alone changes nothing.
    assert!(sandbox.run(&["version"]).stdout.contains("client version"));
}

/// A home with the plugin in a folder of PATH.
fn installed() -> Sandbox {
    let sandbox = at_home("https://127.0.0.1:1");
    sandbox.write("bin/kubectl-neo4jbackup", "");
    sandbox.write(".zshrc", "setopt autocd\n");
    let path = format!("/usr/bin:{}", sandbox.path("bin").display());
    sandbox.set("PATH", &path).set("SHELL", "/bin/bash")
}

/// Every file below a folder, and what is in it.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.insert(path.display().to_string(), fs::read_to_string(&path).unwrap());
        }
    }
    files
}

#[test]
fn everything_is_put_in_place_once_and_taken_away_without_a_trace() {
    let sandbox = installed();
    let before = files(&sandbox.path(""));
    let shells = ["--shell", "bash", "--shell", "zsh", "--shell", "fish"];
    let command = [&["completion", "install"][..], &shells].concat();
    let dry = sandbox.run(&[&command[..], &["--dry-run"]].concat());
    assert_eq!(dry.stdout.matches(" would be written: ").count(), 5, "{}", dry.stdout);
    assert_eq!(files(&sandbox.path("")), before);

    let run = sandbox.run(&command);
    assert_eq!((run.exit, run.stdout.matches(" written: ").count()), (0, 5), "{run:?}");
    assert!(run.stderr.contains("kubectl has to complete as well"), "{}", run.stderr);
    let shim = sandbox.path("bin/kubectl_complete-neo4jbackup");
    assert_eq!(fs::metadata(&shim).unwrap().permissions().mode() & 0o111, 0o111);
    let settings = sandbox.read(".zshrc");
    assert!(
        settings.starts_with("setopt autocd\n# >>> kubectl neo4jbackup completion >>>\n"),
        "{settings}"
    );
    let after = files(&sandbox.path(""));

    let again = sandbox.run(&command);
    assert_eq!(again.stdout.matches(" is in place: ").count(), 5, "{}", again.stdout);
    assert_eq!(files(&sandbox.path("")), after);

    // An older version of ours gives way, and what is around our part stays.
    sandbox.write(
        "bin/kubectl_complete-neo4jbackup",
        "#!/bin/sh\n# Written by `kubectl neo4jbackup completion`\nold\n",
    );
    sandbox.write(
        ".zshrc",
        settings.replace("compinit", "oldinit") + "setopt menu_complete\n",
    );
    let renewed = sandbox.run(&command);
    assert_eq!(renewed.stdout.matches(" written: ").count(), 2, "{}", renewed.stdout);
    assert_eq!(sandbox.read(".zshrc"), settings + "setopt menu_complete\n");
    sandbox.write(".zshrc", sandbox.read(".zshrc").replace("setopt menu_complete\n", ""));

    let dry = sandbox.run(&["completion", "uninstall", "--dry-run"]);
    assert_eq!(dry.stdout.matches(" would be removed: ").count(), 5, "{}", dry.stdout);
    assert_eq!(files(&sandbox.path("")), after);
    let gone = sandbox.run(&["completion", "uninstall"]);
    assert_eq!(
        (gone.exit, gone.stdout.matches(" removed: ").count()),
        (0, 5),
        "{}",
        gone.stdout
    );
    assert_eq!(files(&sandbox.path("")), before);
    let nothing = sandbox.run(&["completion", "uninstall"]);
    assert_eq!(nothing.stdout, "nothing of completion is in place\n");
}

#[test]
fn a_file_of_somebody_else_stays_and_nothing_is_written_beside_it() {
    let sandbox = installed();
    sandbox.write("bin/kubectl_complete-neo4jbackup", "#!/bin/sh\necho mine\n");
    let before = files(&sandbox.path(""));
    let run = sandbox.run(&["completion", "install"]);
    assert_eq!(run.exit, 4, "{run:?}");
    assert!(
        run.stderr
            .contains("bin/kubectl_complete-neo4jbackup is in the way, and not ours"),
        "{}",
        run.stderr
    );
    assert_eq!(files(&sandbox.path("")), before);
    let run = sandbox.run(&["completion", "uninstall"]);
    assert!(run.stderr.contains("is not ours and stays"), "{}", run.stderr);
    assert_eq!(files(&sandbox.path("")), before);
    // Another folder will do.
    let run = sandbox.run(&["completion", "install", "--dir", "other"]);
    assert_eq!(run.exit, 0, "{run:?}");
    assert!(
        run.stderr.contains("other is not in PATH, where kubectl looks"),
        "{}",
        run.stderr
    );
    assert!(sandbox.path("other/kubectl_complete-neo4jbackup").is_file());
}

/// Somebody may have deleted the end of our part, and keep lines of his own behind it.
#[test]
fn a_part_without_its_end_takes_no_line_of_the_person_along() {
    let sandbox = installed();
    let own = "# >>> kubectl neo4jbackup completion >>>\nsetopt autocd\n";
    sandbox.write(".zshrc", own);
    for _ in 0..2 {
        assert_eq!(sandbox.run(&["completion", "install", "--shell", "zsh"]).exit, 0);
        assert!(sandbox.read(".zshrc").starts_with(own), "{}", sandbox.read(".zshrc"));
    }
    assert_eq!(sandbox.run(&["completion", "uninstall"]).exit, 0);
    assert_eq!(sandbox.read(".zshrc"), own);
}

#[test]
fn links_stay_and_what_they_lead_to_is_written() {
    let sandbox = installed();
    sandbox.write("settings/zshrc", "");
    fs::remove_file(sandbox.path(".zshrc")).unwrap();
    symlink(sandbox.path("settings/zshrc"), sandbox.path(".zshrc")).unwrap();
    assert_eq!(sandbox.run(&["completion", "install", "--shell", "zsh"]).exit, 0);
    assert!(sandbox.read("settings/zshrc").contains("completion.zsh"));
    assert_eq!(sandbox.run(&["completion", "uninstall"]).exit, 0);
    assert!(sandbox.path(".zshrc").is_symlink());
    assert_eq!(sandbox.read("settings/zshrc"), "");

    // Where a link leads nowhere, somebody wants something that is not there now.
    let link = sandbox.path("bin/kubectl_complete-neo4jbackup");
    symlink(sandbox.path("away/mine"), &link).unwrap();
    let run = sandbox.run(&["completion", "install"]);
    assert_eq!(run.exit, 4, "{run:?}");
    assert!(link.is_symlink());
}

/// kubectl passes over what cannot be run.
#[test]
fn a_script_that_cannot_be_run_is_put_in_place_again() {
    let sandbox = installed();
    assert_eq!(sandbox.run(&["completion", "install"]).exit, 0);
    let script = sandbox.path("bin/kubectl_complete-neo4jbackup");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o644)).unwrap();
    let run = sandbox.run(&["completion", "install"]);
    assert!(
        run.stdout.contains("kubectl_complete-neo4jbackup written"),
        "{}",
        run.stdout
    );
    assert_eq!(fs::metadata(&script).unwrap().permissions().mode() & 0o111, 0o111);
}

/// krew would call `neo4j-backup` so.
#[test]
fn each_name_of_the_plugin_has_its_own_script() {
    let sandbox = installed();
    sandbox.write("bin/kubectl-neo4j_backup", "");
    assert_eq!(sandbox.run(&["completion", "install"]).exit, 0);
    let script = sandbox.read("bin/kubectl_complete-neo4j_backup");
    assert!(script.contains("exec kubectl-neo4j_backup __complete"), "{script}");
}

#[test]
fn without_a_home_it_says_what_to_set() {
    let run = Sandbox::new().run(&["completion", "install"]);
    assert_eq!(run.exit, 2);
    assert!(run.stderr.contains("set HOME, or give --dir"), "{}", run.stderr);
}
