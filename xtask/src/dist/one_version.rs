//! One version is everywhere: that of the workspace.

use std::fs;

use super::VERSION;
use super::platform::PLATFORMS;
use crate::root;

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap()
}

#[test]
fn crates_chart_and_image_have_the_version_of_the_workspace() {
    let workspace = read("Cargo.toml");
    assert!(workspace.contains(&format!("\nversion = \"{VERSION}\"\n")));
    let (_, members) = workspace.split_once("members = [").unwrap();
    let (members, _) = members.split_once(']').unwrap();
    let members: Vec<&str> = members
        .split(',')
        .map(|member| member.trim().trim_matches('"'))
        .collect();
    assert!(members.len() > 5, "{members:?}");
    for member in members {
        let manifest = read(&format!("{member}/Cargo.toml"));
        assert!(
            manifest.contains("\nversion.workspace = true\n"),
            "{member} has a version of its own"
        );
    }
    let chart = read("charts/neo4jbackup-webhook/Chart.yaml");
    for line in [
        format!("\nversion: {VERSION}\n"),
        format!("\nappVersion: {VERSION}\n"),
        format!("      image: {}:{VERSION}\n", crate::image::REPOSITORY),
    ] {
        assert!(chart.contains(&line), "Chart.yaml has not{line}");
    }
    for (file, text) in [
        ("Dockerfile", format!("neo4jbackup-webhook:{VERSION} ")),
        ("README.md", format!("kubectl-neo4jbackup_v{VERSION}_linux_amd64")),
        ("docs/releasing.md", format!("neo4jbackup-webhook:{VERSION}`")),
        ("docs/releasing.md", format!("neo4jbackup-webhook-{VERSION}.tgz")),
        ("docs/releasing.md", format!("git tag v{VERSION} ")),
    ] {
        assert!(read(file).contains(&text), "{file} has not `{text}`");
    }
}

#[test]
fn the_manifest_for_krew_is_a_template_for_every_platform() {
    let template = read("krew-manifest.yaml");
    for platform in PLATFORMS {
        let archive = platform.archive().replace(VERSION, "0.0.0");
        let uri = format!("uri: {}v0.0.0/{archive}\n", super::krew::RELEASES);
        assert!(template.contains(&uri), "{uri}");
        assert!(template.contains(&format!("bin: {}\n", platform.program())));
    }
    assert_eq!(template.matches("- selector:").count(), PLATFORMS.len());
}

/// What is new is said at the head, and a version that is out has its place.
#[test]
fn the_changelog_has_a_place_for_what_is_new() {
    let changelog = read("CHANGELOG.md");
    let headings: Vec<&str> = changelog.lines().filter(|line| line.starts_with("## ")).collect();
    let first = headings.first().copied().unwrap_or_default();
    assert!(
        first == "## Unreleased" || first == format!("## {VERSION}"),
        "{headings:?}"
    );
}
