//! Manifests as people write them: comments, quotes, lists with and without indentation, objects of other kinds.

use std::fmt::Write as _;

/// How many documents one generated file has.
const DOCUMENTS_PER_FILE: usize = 20;

/// The texts of files with `count` documents of about 2 kB in all: six backups, two restores, one instance and one
/// object of another group in every ten. Two in a hundred have a mistake.
pub fn files(count: usize) -> Vec<String> {
    let mut files = Vec::new();
    let mut text = String::new();
    for index in 0..count {
        if index > 0 && index % DOCUMENTS_PER_FILE == 0 {
            files.push(std::mem::take(&mut text));
        }
        text.push_str("---\n");
        text.push_str(&document(index));
    }
    files.push(text);
    files
}

/// One document, without a separator.
pub fn document(index: usize) -> String {
    let mut text = match index % 10 {
        0..=5 => backup(index),
        6 | 7 => restore(index),
        8 => instance(index),
        _ => config_map(index),
    };
    text.push_str(&notes(index));
    text
}

fn head(kind: &str, name: &str, index: usize) -> String {
    format!(
        "# Rendered for environment {environment}; change the values, not this file.
apiVersion: neo4j.neo4j.com/v1beta1
kind: {kind}
metadata:
  name: {name}
  namespace: graph-{namespace}
  labels:
    app.kubernetes.io/name: {name}
    app.kubernetes.io/instance: graph-{namespace}
    app.kubernetes.io/managed-by: argocd
    team: data-platform
    environment: {environment}
  annotations:
    argocd.argoproj.io/sync-wave: \"{wave}\"
    argocd.argoproj.io/tracking-id: graph-{namespace}:neo4j.neo4j.com/{kind}:graph-{namespace}/{name}
    example.com/owner: Data Platform <data-platform@example.com>
    example.com/change: \"CHG-{index:06}\"
    example.com/reviewed: 'yes, on 2026-01-14 by two people'
    example.com/cost-center: \"4711\"
    example.com/description: >
      Rendered by the platform chart, version 3.14.1; the values are in the repository of the team, and what is
      changed here by hand is undone at the next synchronisation.
    meta.helm.sh/release-name: graph-{namespace}
    meta.helm.sh/release-namespace: graph-{namespace}
",
        wave = index % 7,
        environment = ["production", "staging", "test"][index % 3],
        namespace = index / 50,
    )
}

fn backup(index: usize) -> String {
    let schedule = match index % 100 {
        11 => "0 0 2 * * *".to_owned(),
        _ => format!("{} {} * * *", index % 60, index / 60 % 24),
    };
    let mut text = head("Neo4jBackup", &format!("nightly-{index}"), index);
    text.push_str(&format!(
        "spec:
  instanceRef: instance-{instance}
  allDatabases: true
  schedule: \"{schedule}\"  # after the nightly import
  suspend: false
  storage:
    type: s3
    bucket: acme-graph-backups
    path: production/graph-{index}
    cloud:
      provider: aws
      identity:
        provider: aws
        autoCreate:
          enabled: true
          annotations:
            eks.amazonaws.com/role-arn: arn:aws:iam::210987654321:role/neo4j-backup
  options:
    compress: true
    backupType: AUTO
    pageCache: 4G
    additionalArgs:
    - --verbose
    - --expand-commands
",
        instance = index / 10 * 10 + 8,
    ));
    text
}

fn restore(index: usize) -> String {
    let time = match index % 100 {
        57 => "2026-01-15 11:00:00",
        _ => "2026-01-15T11:00:00Z",
    };
    let mut text = head("Neo4jRestore", &format!("restore-{index}"), index);
    text.push_str(&format!(
        "spec:
  instanceRef: 'instance-{instance}'
  database: neo4j
  stopCluster: true
  timeout: 2h
  source:
    type: backup
    backupRef: nightly-{backup}
    pointInTime: \"{time}\"
  options:
    replaceExisting: true
",
        instance = index / 10 * 10 + 8,
        backup = index / 10 * 10,
    ));
    text
}

fn instance(index: usize) -> String {
    let mut text = head("Neo4jEnterpriseStandalone", &format!("instance-{index}"), index);
    text.push_str(
        "spec:
  image:
    repo: neo4j
    tag: 2025.10.1-enterprise
    pullPolicy: IfNotPresent
  acceptLicenseAgreement: eval
  storage:
    className: standard
    size: 100Gi
  resources:
    requests: {cpu: 500m, memory: 4Gi}
    limits: {cpu: \"2\", memory: 8Gi}
  extraEnvFrom:
    - secretRef:
        name: s3-credentials
  env:
    - name: AWS_REGION
      value: eu-central-1
  config:
    server.memory.heap.initial_size: 2G
    server.memory.heap.max_size: 2G
    server.memory.pagecache.size: 1G
",
    );
    text
}

fn config_map(index: usize) -> String {
    format!(
        "apiVersion: v1
kind: ConfigMap
metadata:
  name: scripts-{index}
  namespace: graph-{namespace}
data:
  import.sh: |
    #!/bin/sh
    set -eu
    for part in /data/import/*.csv; do
      echo \"importing $part\"
      neo4j-admin database import incremental --stage=all --nodes \"$part\" neo4j
    done
  retries: \"3\"
  banner: >-
    This instance is backed up every night; restores are announced
    in the channel of the data platform team an hour before.
",
        namespace = index / 50,
    )
}

/// What fills a document up to about 2 kB, as a rendered chart is: comments.
fn notes(index: usize) -> String {
    let mut text = String::from("# Notes of the last review\n");
    for line in 0..7 {
        let _ = writeln!(
            text,
            "# - change {index}-{line}: the window was moved because the import of the day before took longer",
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_documents_have_twenty_megabytes() {
        let files = files(10_000);
        let bytes: usize = files.iter().map(String::len).sum();
        assert_eq!(files.len(), 10_000 / DOCUMENTS_PER_FILE);
        assert!(bytes.abs_diff(20_000_000) < 1_000_000, "{bytes} bytes");
    }
}
