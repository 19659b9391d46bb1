//! `lint --live`: what would break if the files were applied to the cluster, which is a folder here.

use kubectl_neo4jbackup::Exit;
use serde_json::Value;

use crate::support::Sandbox;

/// What is in the cluster: an instance, a backup that has run, its claim and its `CronJob`, and a Secret.
const CLUSTER: &str = r#"apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jEnterpriseCluster
metadata: {name: prod, namespace: graph}
spec: {image: {repo: neo4j, tag: 5.26.0-enterprise}, topology: {servers: 3}}
---
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jBackup
metadata: {name: nightly, namespace: graph, uid: "7"}
spec:
  instanceRef: prod
  allDatabases: true
  schedule: "0 2 * * *"
  storage: {type: pvc, pvc: {name: backups}}
status:
  phase: Scheduled
  history:
    - {status: Succeeded, startTime: "2026-01-14T02:00:00Z", completionTime: "2026-01-14T02:10:00Z"}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: backups, namespace: graph}
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: nightly-backup-cron
  namespace: graph
  ownerReferences: [{apiVersion: neo4j.neo4j.com/v1beta1, kind: Neo4jBackup, name: nightly, uid: "7", controller: true}]
---
apiVersion: v1
kind: Secret
metadata: {name: cloud, namespace: graph}
data: {AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_REGION: ""}
"#;

const HEAD: &str = "takenAt: \"2026-01-15T12:00:00Z\"\ncomplete: true\n";

/// A backup in namespace `graph` with this name and these lines of its `spec`.
fn backup(name: &str, spec: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata:\n  name: {name}\n  namespace: graph\nspec:\n{spec}"
    )
}

fn bucket(path: &str, rest: &str) -> String {
    format!(
        "instanceRef: prod\ndatabase: sales\nstorage:\n  type: s3\n  bucket: acme\n  path: {path}\n  cloud:\n    provider: aws\n{rest}"
    )
}

fn sandbox(file: &str, more: &str, head: &str) -> Sandbox {
    let sandbox = Sandbox::with(file);
    sandbox.write("cluster/bundle.yaml", head);
    sandbox.write("cluster/objects.yaml", format!("{CLUSTER}---\n{more}"));
    sandbox
}

/// The report about a file over a cluster that also has these objects, and the exit code.
fn lint_over(file: &str, more: &str, head: &str) -> (u8, Value) {
    let sandbox = sandbox(file, more, head);
    let arguments = [
        "lint",
        "backup.yaml",
        "--live",
        "--from-bundle",
        "cluster",
        "-o",
        "json",
    ];
    let run = sandbox.run(&arguments);
    let report =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {} {}", run.stdout, run.stderr));
    (run.exit, report)
}

/// The findings of a file over the cluster, by code.
fn found(file: &str, more: &str) -> Vec<(String, Value)> {
    let (_, report) = lint_over(file, more, HEAD);
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| (finding["code"].as_str().unwrap().to_owned(), finding.clone()))
        .collect()
}

/// The only finding, which has this code.
fn only(code: &str, file: &str, more: &str) -> Value {
    let found = found(file, more);
    let codes: Vec<&str> = found.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(codes, [code], "{found:#?}");
    assert_eq!(found[0].1["location"]["file"], "backup.yaml");
    found[0].1.clone()
}

/// The object of the cluster that a finding names.
fn in_cluster(finding: &Value) -> (&str, &str) {
    let related = &finding["related"][0];
    assert_eq!(related["inCluster"], true, "{finding:#}");
    let text = |key: &str| related["object"][key].as_str().unwrap();
    (text("namespace"), text("name"))
}

const ROLE: &str = "    identity:\n      provider: aws\n      autoCreate:\n        enabled: true\n        annotations:\n          \
                    eks.amazonaws.com/role-arn: arn:aws:iam::210987654321:role/";

#[test]
fn what_fits_in_the_cluster_has_no_finding() {
    let file = backup("hourly", &bucket("hourly", "    credentialsSecretRef: cloud\n"))
        .replace("database: sales", "database: sales\n  schedule: \"30 * * * *\"");
    let (exit, report) = lint_over(&file, "", HEAD);
    assert_eq!(
        (exit, &report["findings"]),
        (Exit::Good.code(), &Value::Array(Vec::new()))
    );
    assert_eq!(report["complete"], true, "{report:#}");
}

/// Also where it stands alone and lists no run, though its own version in the cluster has run.
#[test]
fn an_object_has_no_conflict_with_its_own_version_in_the_cluster() {
    let own =
        "instanceRef: prod\nallDatabases: true\nschedule: \"0 2 * * *\"\nstorage: {type: pvc, pvc: {name: backups}}";
    assert_eq!(found(&backup("nightly", own), ""), []);
    let role = |name: &str| backup("hourly", &bucket("hourly", &format!("{ROLE}{name}\n")));
    assert_eq!(found(&role("sales"), &role("sales")), []);
    // What its own version says no longer holds.
    assert_eq!(found(&role("sales"), &role("hr")), []);
    let differential = backup("nightly", &format!("{own}\noptions: {{backupType: DIFF}}"));
    assert_eq!(found(&differential, ""), [], "a full backup is in the cluster");
}

#[test]
fn another_identity_on_the_shared_account() {
    let file = backup("hourly", &bucket("hourly", &format!("{ROLE}sales\n")));
    let live = backup("hr", &bucket("hr", &format!("{ROLE}hr\n")));
    let finding = only("NB3004", &file, &live);
    assert_eq!(in_cluster(&finding), ("graph", "hr"));
}

#[test]
fn two_writers_to_one_place_in_one_namespace_and_in_two() {
    let file = backup(
        "hourly",
        "instanceRef: prod\ndatabase: sales\nchainFromBackup: nightly\nstorage: {type: pvc, pvc: {name: backups}}",
    );
    let codes: Vec<String> = found(&file, "").into_iter().map(|(code, _)| code).collect();
    assert!(codes.contains(&"NB7010".to_owned()), "{codes:?}");
    let file = backup("hourly", &bucket("a//b", "    credentialsSecretRef: cloud\n")).replace("a//b", "a/b");
    let live = backup("hourly", &bucket("/a/b/", "")).replace("namespace: graph", "namespace: staging");
    let finding = only("NB7010", &file, &live);
    assert_eq!(in_cluster(&finding), ("staging", "hourly"));
    let elsewhere = live.replace("bucket: acme", "bucket: other");
    assert_eq!(found(&file, &elsewhere), []);
}

#[test]
fn what_a_file_names_and_the_cluster_lacks() {
    let fits = bucket("hourly", "    credentialsSecretRef: cloud\n");
    let of_instance = backup("hourly", &fits.replace("prod", "prdo"));
    assert_eq!(only("NB2001", &of_instance, "")["field"], "spec.instanceRef");
    let of_secret = backup(
        "hourly",
        &fits.replace("credentialsSecretRef: cloud", "credentialsSecretRef: clod"),
    );
    let finding = only("NB2005", &of_secret, "");
    assert!(
        finding["message"]
            .as_str()
            .unwrap()
            .starts_with("there is no Secret `clod`"),
        "{finding}"
    );
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: keyless, namespace: graph}\n\
                  data: {AWS_ACCESS_KEY_ID: \"\", AWS_SECRET_ACCESS_KEY: \"\"}\n";
    let of_key = backup(
        "hourly",
        &fits.replace("credentialsSecretRef: cloud", "credentialsSecretRef: keyless"),
    );
    let finding = only("NB2005", &of_key, secret);
    assert!(finding["message"].as_str().unwrap().contains("AWS_REGION"), "{finding}");
    let on_claim = |claim: &str| {
        backup(
            "hourly",
            &format!("instanceRef: prod\ndatabase: sales\nstorage: {{type: pvc, pvc: {{name: {claim}}}}}"),
        )
    };
    assert_eq!(
        only("NB2009", &on_claim("backup"), "")["field"],
        "spec.storage.pvc.name"
    );
    assert_eq!(found(&on_claim("backups"), ""), []);
    let of_parent = backup(
        "hourly",
        "instanceRef: prod\ndatabase: sales\nchainFromBackup: weekly\nstorage: {type: pvc, pvc: {name: backups}}",
    );
    assert_eq!(only("NB2004", &of_parent, "")["field"], "spec.chainFromBackup");
}

#[test]
fn a_schedule_that_meets_one_that_runs() {
    let file = backup(
        "hourly",
        "instanceRef: prod\ndatabase: sales\nschedule: \"0 * * * *\"\nstorage: {type: pvc, pvc: {name: backups}}",
    );
    let finding = only("NB5004", &file, "");
    assert_eq!(in_cluster(&finding), ("graph", "nightly"));
    let sandbox = sandbox(&file, "", HEAD);
    let run = sandbox.run(&["lint", "backup.yaml", "--live", "--from-bundle", "cluster"]);
    let words: Vec<&str> = run.stdout.split_whitespace().collect();
    let text = words.join(" ");
    assert!(text.contains("(cluster: Neo4jBackup graph/nightly)"), "{text}");
}

#[test]
fn a_name_that_belongs_to_somebody_else() {
    let owned = |kind: &str, name: &str, version: &str| {
        format!(
            "apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: graph\n  ownerReferences: \
             [{{apiVersion: example.com/v1, kind: Janitor, name: jane, uid: \"1\", controller: true}}]\n"
        )
    };
    let spec =
        "instanceRef: prod\ndatabase: sales\nschedule: \"30 5 * * *\"\nstorage: {type: pvc, pvc: {name: backups}}";
    let file = backup("weekly", spec);
    let finding = only("NB2010", &file, &owned("CronJob", "weekly-backup-cron", "batch/v1"));
    assert!(
        finding["message"].as_str().unwrap().contains("Janitor `jane`"),
        "{finding}"
    );
    let finding = only(
        "NB2010",
        &file,
        &owned("Neo4jBackup", "weekly", "neo4j.neo4j.com/v1beta1"),
    );
    assert_eq!(
        finding["evidence"][0],
        "metadata.ownerReferences in the cluster: Janitor `jane`"
    );
}

/// The fields that the cluster takes decide, and not those that a newer operator would take.
#[test]
fn a_field_that_the_cluster_drops() {
    let definition = r"apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: neo4jbackups.neo4j.neo4j.com}
spec:
  group: neo4j.neo4j.com
  names: {kind: Neo4jBackup, plural: neo4jbackups}
  scope: Namespaced
  versions:
    - name: v1beta1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                instanceRef: {type: string}
                database: {type: string}
                storage: {type: object, x-kubernetes-preserve-unknown-fields: true}
";
    let spec = "instanceRef: prod\ndatabase: sales\nsuspend: false\nstorage: {type: pvc, pvc: {name: backups}}";
    let file = backup("hourly", spec);
    assert_eq!(found(&file, ""), []);
    let found = found(&file, definition);
    let fields: Vec<(&str, &Value)> = found
        .iter()
        .map(|(code, finding)| (code.as_str(), &finding["field"]))
        .collect();
    assert_eq!(fields, [("NB1004", &Value::from("spec.suspend"))]);
}

#[test]
fn what_lies_only_in_the_cluster_is_not_reported() {
    let broken = backup("broken", "instanceRef: nobody\nschedule: never\nstorage: {type: tape}");
    let file = backup("hourly", &bucket("hourly", "    credentialsSecretRef: cloud\n"));
    assert_eq!(found(&file, &broken), []);
}

#[test]
fn what_could_not_be_read_is_told_with_the_right_that_is_missing() {
    let file = backup("hourly", &bucket("hourly", "    credentialsSecretRef: clod\n"));
    let head = format!("{HEAD}gaps: [{{resource: secrets, namespace: graph, kind: forbidden}}]\n");
    let (exit, report) = lint_over(&file, "", &head);
    assert_eq!(exit, Exit::Incomplete.code(), "{report:#}");
    let skipped = &report["skipped"][0];
    assert_eq!(skipped["code"], "NB2005");
    assert_eq!(skipped["causes"][0]["right"]["resource"], "secrets");
    let reason = skipped["reason"].as_str().unwrap();
    assert!(
        reason.ends_with("(missing: list secrets in namespace graph)"),
        "{reason}"
    );
    // What was found counts for more.
    let wrong = file.replace("instanceRef: prod", "instanceRef: prod\n  schedule: never");
    assert_eq!(lint_over(&wrong, "", &head).0, Exit::NotGood.code());
    let sandbox = sandbox(&file, "", &head);
    let arguments = [
        "lint",
        "backup.yaml",
        "--live",
        "--from-bundle",
        "cluster",
        "--allow-incomplete",
    ];
    assert_eq!(sandbox.run(&arguments).exit, Exit::Good.code());
}

/// Of a namespace that nobody looked at, nothing is known, and that is no failure.
#[test]
fn another_namespace_is_not_taken_for_empty() {
    let file = backup("hourly", &bucket("hourly", "    credentialsSecretRef: cloud\n"));
    let head = format!("{HEAD}namespaces: [graph]\n");
    assert_eq!(lint_over(&file, "", &head).1["complete"], true);
    let (exit, report) = lint_over(&file.replace("namespace: graph", "namespace: sales"), "", &head);
    assert_eq!(
        (exit, &report["findings"]),
        (Exit::Good.code(), &Value::Array(Vec::new()))
    );
    let reason = report["skipped"][0]["reason"].as_str().unwrap();
    assert!(reason.ends_with("its namespace was not looked at"), "{reason}");
}

#[test]
fn the_flags_of_a_cluster_belong_to_live() {
    let sandbox = Sandbox::with(&backup("hourly", "{}"));
    for flag in [&["-A"][..], &["--from-bundle", "cluster"]] {
        let run = sandbox.run(&[&["lint", "backup.yaml"], flag].concat());
        assert_eq!(run.exit, Exit::Usage.code(), "{flag:?}");
        assert!(run.stderr.contains("--live"), "{}", run.stderr);
    }
}
