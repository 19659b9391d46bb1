//! What `doctor --from-bundle` takes, and what it refuses.

use kubectl_neo4jbackup::Exit;

use crate::support::Sandbox;

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
