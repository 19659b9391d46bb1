//! Files that another tool makes manifests of are no mistakes, and what can be judged in them is.

use crate::support::{Run, SIX_FIELDS, Sandbox};

const GOOD: &str = "\
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jBackup
metadata:
  name: nightly
  namespace: graph
spec:
  instanceRef: prod
  allDatabases: true
  schedule: 0 2 * * *
  storage:
    type: s3
    bucket: graph-backups
    path: nightly
    cloud: {provider: aws, credentialsSecretRef: s3-keys}
";

const TEMPLATE: &str = "\
{{- if .Values.backup.enabled }}
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jBackup
metadata:
  name: {{ .Release.Name }}-nightly
spec:
  schedule: {{ .Values.backup.schedule | quote }}
{{- end }}
";

/// Wide enough that no sentence is broken.
fn wide(mut sandbox: Sandbox) -> Sandbox {
    sandbox.terminal_width = Some(500);
    sandbox
}

fn with(text: &str) -> Sandbox {
    wide(Sandbox::with(text))
}

/// What was not checked of whole files, each on one line.
fn not_checked(run: &Run) -> Vec<String> {
    let text = run.stdout.replace("\n    ", " ");
    let lines = text.lines().filter_map(|line| line.strip_prefix("not checked: "));
    lines
        .filter(|line| !line.starts_with("NB"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_templates_of_a_chart_are_not_judged_and_what_renders_them_is_named_once() {
    let sandbox = wide(Sandbox::new());
    sandbox.write(
        "deploy/chart/Chart.yaml",
        "apiVersion: v2\nname: graph\nversion: 0.1.0\n",
    );
    sandbox.write(
        "deploy/chart/values.yaml",
        "backup: {enabled: true, schedule: nonsense}\n",
    );
    for name in ["a", "b/c", "d"] {
        sandbox.write(&format!("deploy/chart/templates/{name}.yaml"), TEMPLATE);
    }
    let run = sandbox.run(&["lint", "."]);
    assert_eq!(
        not_checked(&run),
        [
            "deploy/chart/templates/a.yaml is a template of a Helm chart; to judge what it becomes: `helm template deploy/chart | \
             kubectl neo4jbackup lint -` (the same for 2 more files)"
        ]
    );
    assert_eq!(run.exit, 3, "nothing was judged: {}", run.stdout);
    // A template without expressions is a manifest, and its mistakes are found.
    sandbox.write("deploy/chart/templates/plain.yaml", SIX_FIELDS);
    let run = sandbox.run(&["lint", "deploy", "-o", "short", "--only", "NB5001"]);
    assert!(
        run.stdout.starts_with("deploy/chart/templates/plain.yaml:10:"),
        "{}",
        run.stdout
    );
    assert_eq!((run.exit, run.stdout.lines().count()), (1, 1), "{}", run.stdout);
    // A repository with charts and no mistake is good.
    sandbox.write("deploy/chart/templates/plain.yaml", GOOD);
    assert_eq!(sandbox.run(&["lint", "."]).exit, 0);
}

#[test]
fn a_large_file_is_a_mistake_only_where_it_could_be_an_object_of_the_operator() {
    let sandbox = wide(Sandbox::with(GOOD));
    let description = |group: &str| format!("{{\"group\": \"{group}\", \"text\": \"{}\"}}", "x".repeat(5 << 20));
    sandbox.write("swagger.json", description("apps"));
    let run = sandbox.run(&["lint", "."]);
    assert_eq!(run.exit, 0, "{}", run.stdout);
    sandbox.write("swagger.json", description("neo4j.neo4j.com"));
    let run = sandbox.run(&["lint", ".", "-o", "short"]);
    assert!(
        run.stdout.starts_with("swagger.json:1:1: error NB1001 "),
        "{}",
        run.stdout
    );
    assert_eq!(run.exit, 1, "{}", run.stdout);
}

#[test]
fn a_chart_is_named_from_wherever_it_was_reached() {
    let sandbox = wide(Sandbox::new());
    sandbox.write("my chart/Chart.yaml", "name: x\n");
    sandbox.write("my chart/templates/a.yaml", TEMPLATE);
    let run = sandbox.run(&["lint", "my chart/templates/a.yaml"]);
    assert!(
        not_checked(&run)[0].contains("`helm template 'my chart' | kubectl"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_template_without_a_chart_is_told_by_its_text() {
    let sandbox = with(TEMPLATE);
    let run = sandbox.run(&["lint", "backup.yaml"]);
    assert_eq!(
        not_checked(&run),
        ["backup.yaml is a template; render it and give the result to `kubectl neo4jbackup lint -`"]
    );
    assert_eq!(run.exit, 3);
    assert_eq!(sandbox.run_with(TEMPLATE, &["lint", "-"]).exit, 3);
}

#[test]
fn no_fix_touches_a_template() {
    let sandbox = with(TEMPLATE);
    let run = sandbox.run(&["lint", "--fix", "--unsafe", "backup.yaml"]);
    assert_eq!((run.exit, sandbox.read("backup.yaml").as_str()), (3, TEMPLATE));
    let run = sandbox.run_with(TEMPLATE, &["lint", "--fix", "-"]);
    assert_eq!((run.exit, run.stdout.as_str()), (3, TEMPLATE));
}

/// A base and an overlay that sets one field, removes an object, and patches by operations.
fn kustomization(schedule: &str) -> Sandbox {
    let sandbox = wide(Sandbox::new());
    sandbox.write("base/kustomization.yaml", "resources: [backup.yaml]\n");
    sandbox.write("base/backup.yaml", GOOD);
    sandbox.write(
        "overlays/prod/kustomization.yml",
        "resources: [../../base]\npatches:\n- path: schedule.yaml\n- path: bucket.yaml\n  target: {kind: Neo4jBackup}\n\
         patchesStrategicMerge:\n- ../no-weekly.yaml\n- |-\n  kind: Neo4jBackup\n",
    );
    sandbox.write(
        "overlays/prod/schedule.yaml",
        format!("apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata: {{name: nightly}}\nspec:\n  schedule: {schedule}\n"),
    );
    sandbox.write(
        "overlays/prod/bucket.yaml",
        "- {op: replace, path: /spec/storage/bucket, value: x}\n",
    );
    sandbox.write(
        "overlays/no-weekly.yaml",
        "$patch: delete\napiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata: {name: weekly}\n",
    );
    sandbox
}

#[test]
fn a_patch_is_judged_by_what_it_sets() {
    let sandbox = kustomization("30 1 * * *");
    let run = sandbox.run(&["lint", "."]);
    assert_eq!(run.exit, 0, "{}", run.stdout);
    assert_eq!(
        not_checked(&run),
        [
            "overlays/no-weekly.yaml is a patch, of which only the fields that it sets were judged; to judge what it becomes: \
             `kustomize build overlays/prod | kubectl neo4jbackup lint -` (the same for 1 more file)"
        ]
    );
    let sandbox = kustomization("30 25 * * *");
    for path in [".", "overlays/prod/schedule.yaml"] {
        let run = sandbox.run(&["lint", path, "-o", "short"]);
        assert!(
            run.stdout.starts_with("overlays/prod/schedule.yaml:5:13: error NB5001"),
            "{}",
            run.stdout
        );
        assert_eq!((run.exit, run.stdout.lines().count()), (1, 1), "{}", run.stdout);
    }
}

#[test]
fn a_safe_fix_mends_what_a_patch_sets_and_adds_nothing() {
    let sandbox = kustomization("0 2 * * 7");
    let before = sandbox.read("overlays/prod/schedule.yaml");
    sandbox.run(&["lint", "--fix", "--unsafe", "."]);
    assert_eq!(
        sandbox.read("overlays/prod/schedule.yaml"),
        before.replace("0 2 * * 7", "\"0 2 * * 0\"")
    );
    assert_eq!(sandbox.read("overlays/no-weekly.yaml").lines().count(), 4);
}

#[test]
fn a_kustomization_that_cannot_be_read_names_no_patch() {
    for text in [
        "patches: [",
        "patches: 3",
        "- a",
        "patches:\n- path: ../../../etc/passwd\n- path: 7\n- x\n",
        "\0",
    ] {
        let sandbox =
            Sandbox::with("apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata: {name: a}\nspec: {}\n");
        sandbox.write("kustomization.yaml", text);
        let run = sandbox.run(&["lint", "backup.yaml", "-o", "short"]);
        assert!(run.stdout.contains("NB1007"), "{text:?}: {}", run.stdout);
    }
}

#[cfg(unix)]
#[test]
fn a_kustomization_behind_a_link_says_nothing() {
    let sandbox = Sandbox::new();
    sandbox.write("elsewhere/k.yaml", "patches:\n- path: backup.yaml\n");
    sandbox.write(
        "here/backup.yaml",
        "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata: {name: a}\nspec: {}\n",
    );
    std::os::unix::fs::symlink(
        sandbox.path("elsewhere/k.yaml"),
        sandbox.path("here/kustomization.yaml"),
    )
    .unwrap();
    let run = sandbox.run(&["lint", "here/backup.yaml", "-o", "short"]);
    assert!(run.stdout.contains("NB1007"), "{}", run.stdout);
}

#[test]
fn findings_that_depend_on_a_placeholder_are_withheld_and_all_others_stand() {
    let flux = GOOD
        .replace("0 2 * * *", "${SCHEDULE:=0 2 * * *}")
        .replace("graph-backups", "${env}-neo4j-backups")
        .replace("path: nightly", "path: /nightly//x\n    pahth: y");
    let sandbox = with(&flux);
    let run = sandbox.run(&["lint", "backup.yaml"]);
    assert_eq!(
        not_checked(&run),
        [
            "backup.yaml has the placeholder `${SCHEDULE:=0 2 * * *}` in spec.schedule and 1 more field, which were not judged; \
             to judge what it becomes: `flux envsubst < backup.yaml | kubectl neo4jbackup lint -`"
        ]
    );
    let short = sandbox.run(&["lint", "backup.yaml", "-o", "short"]);
    assert!(
        short.stdout.contains("NB1003"),
        "a field that does not exist stays one: {}",
        short.stdout
    );
    assert!(
        !short.stdout.contains("NB5001") && !short.stdout.contains("NB700"),
        "{}",
        short.stdout
    );
}

#[test]
fn each_tool_has_its_own_command() {
    for (value, command) in [
        ("$(BUCKET)", "`kustomize build DIRECTORY | kubectl neo4jbackup lint -`"),
        (
            "ENC[AES256_GCM,data:aGk=,type:str]",
            "`sops --decrypt backup.yaml | kubectl neo4jbackup lint -`",
        ),
        (
            "'{{ bucket }}'",
            "render it and give the result to `kubectl neo4jbackup lint -`",
        ),
    ] {
        let sandbox = with(&GOOD.replace("graph-backups", value));
        let run = sandbox.run(&["lint", "backup.yaml"]);
        assert_eq!(run.exit, 0, "{}", run.stdout);
        assert!(not_checked(&run)[0].ends_with(command), "{}", run.stdout);
    }
}

#[test]
fn what_sops_adds_to_an_object_is_no_mistake() {
    let sandbox = with(&format!(
        "{GOOD}sops:\n  mac: ENC[AES256_GCM,data:x]\n  version: 3.9.0\n"
    ));
    let run = sandbox.run(&["lint", "backup.yaml"]);
    assert_eq!(run.exit, 0, "{}", run.stdout);
}

#[test]
fn no_format_takes_an_unfinished_file_for_a_failure() {
    let sandbox = kustomization("30 1 * * *");
    for format in [
        "text", "table", "json", "yaml", "markdown", "github", "gitlab", "junit", "sarif", "short",
    ] {
        let run = sandbox.run(&["lint", ".", "-o", format]);
        assert_eq!(
            (run.exit, run.stderr.contains("error")),
            (0, false),
            "{format}: {}",
            run.stderr
        );
    }
    let junit = sandbox.run(&["lint", ".", "-o", "junit"]).stdout;
    assert!(
        junit.contains("failures=\"0\" errors=\"0\"") && junit.contains("<skipped message=\"overlays/"),
        "{junit}"
    );
    let sarif = sandbox.run(&["lint", ".", "-o", "sarif"]).stdout;
    let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    let invocation = &sarif["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], true, "{invocation}");
    assert_eq!(
        invocation["toolExecutionNotifications"][0]["level"], "note",
        "{invocation}"
    );
}
