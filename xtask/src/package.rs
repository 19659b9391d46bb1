//! `cargo xtask package`: the chart as a release has it, which names its image by digest. A tag can be moved to another image
//! at any time, and then runs in every cluster that pulls it next.
//!
//! ```text
//! charts/neo4jbackup-webhook ─→ a copy with the digest ─→ helm package ─→ helm template: is it the image that was said?
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use neo4jbackup_harness::{ChartTools, report_progress, target};

use crate::image::REPOSITORY;

const CHART: &str = "neo4jbackup-webhook";
const VERSION: &str = env!("CARGO_PKG_VERSION");

#[derive(Args)]
pub(crate) struct Options {
    /// The digest of the image that was pushed, as `cargo xtask image` prints it: `sha256:…`
    #[arg(long, value_name = "DIGEST")]
    image_digest: Digest,
    /// Where to write the package; `target/chart` when absent
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

/// The digest of an image.
#[derive(Debug, Clone, PartialEq)]
struct Digest(String);

impl FromStr for Digest {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let digits = text.strip_prefix("sha256:").unwrap_or_default();
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        ensure!(
            digits.len() == 64 && digits.bytes().all(is_digit),
            "a digest is `sha256:` and 64 hexadecimal digits in lower case"
        );
        Ok(Self(text.to_owned()))
    }
}

pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let helm = ChartTools::locate_or_build(&report_progress)?.helm;
    let output = options.output.clone().unwrap_or_else(|| target().join("chart"));
    let copy = target().join("chart-of-release").join(CHART);
    if copy.exists() {
        fs::remove_dir_all(&copy).with_context(|| format!("removing {}", copy.display()))?;
    }
    copy_folder(&root.join("charts").join(CHART), &copy)?;
    edit(&copy.join("values.yaml"), |text| values(text, &options.image_digest))?;
    edit(&copy.join("Chart.yaml"), |text| chart(text, &options.image_digest))?;
    let (output_text, copy_text) = (output.display().to_string(), copy.display().to_string());
    ask(&helm, &["package", &copy_text, "--destination", &output_text])?;
    let package = output.join(format!("{CHART}-{VERSION}.tgz"));
    let rendered = ask(&helm, &["template", "release", &package.display().to_string()])?;
    let images = images(&rendered);
    let wanted = format!("{REPOSITORY}@{}", options.image_digest.0);
    ensure!(
        !images.is_empty() && images.iter().all(|image| *image == wanted),
        "the packed chart would run {images:?} and not {wanted}"
    );
    report_progress(&format!("{}: runs {wanted}", package.display()));
    Ok(())
}

/// The values with the digest, which is empty in the repository.
fn values(text: &str, digest: &Digest) -> Result<String> {
    replace_once(text, "\n  digest: \"\"\n", &format!("\n  digest: {}\n", digest.0))
}

/// The description of the chart, whose list of images is what scanners read.
fn chart(text: &str, digest: &Digest) -> Result<String> {
    let by_tag = format!("image: {REPOSITORY}:{VERSION}\n");
    replace_once(text, &by_tag, &format!("image: {REPOSITORY}@{}\n", digest.0))
}

fn replace_once(text: &str, from: &str, to: &str) -> Result<String> {
    match text.matches(from).count() {
        1 => Ok(text.replace(from, to)),
        count => bail!("`{}` is there {count} times, and not once", from.trim()),
    }
}

/// The images of everything that is rendered.
fn images(manifest: &str) -> Vec<&str> {
    let lines = manifest.lines().map(str::trim);
    let images = lines.filter_map(|line| line.trim_start_matches("- ").strip_prefix("image: "));
    images.map(|image| image.trim_matches('"')).collect()
}

fn edit(file: &Path, change: impl Fn(&str) -> Result<String>) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let text = change(&text).with_context(|| format!("changing {}", file.display()))?;
    fs::write(file, text).with_context(|| format!("writing {}", file.display()))
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("listing {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).with_context(|| format!("copying {}", entry.path().display()))?;
        }
    }
    Ok(())
}

/// Runs helm; gives what it printed.
fn ask(helm: &Path, arguments: &[&str]) -> Result<String> {
    let line = format!("helm {}", arguments.join(" "));
    let output = Command::new(helm).args(arguments).output();
    let output = output.with_context(|| format!("cannot run `{line}`"))?;
    ensure!(
        output.status.success(),
        "`{line}`: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest() -> Digest {
        format!("sha256:{}", "0123456789abcdef".repeat(4)).parse().unwrap()
    }

    #[test]
    fn a_digest_is_a_digest() {
        for text in [
            "",
            "0.1.0",
            "latest",
            "sha256:",
            "sha256:0123",
            &format!("sha512:{}", "0".repeat(64)),
            &format!("sha256:{}", "G".repeat(64)),
            &format!("sha256:{}", "A".repeat(64)),
            &format!("sha256:{}", "0".repeat(65)),
        ] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
        assert_eq!(digest().0.len(), 71);
    }

    #[test]
    fn the_files_of_the_chart_take_the_digest_in_their_one_place() {
        let folder = crate::root().join("charts").join(CHART);
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        let filled = values(&read("values.yaml"), &digest()).unwrap();
        let parsed: serde_json::Value = serde_saphyr::from_str(&filled).unwrap();
        assert_eq!(parsed["image"]["digest"], digest().0);
        let described = chart(&read("Chart.yaml"), &digest()).unwrap();
        assert!(
            described.contains(&format!("image: {REPOSITORY}@{}", digest().0)),
            "{described}"
        );
        let twice = values(&filled, &digest()).unwrap_err().to_string();
        assert!(twice.contains("0 times"), "{twice}");
    }

    #[test]
    fn images_are_found_wherever_they_stand() {
        let manifest = "containers:\n- name: a\n  image: \"one:1\"\n- image: two@sha256:0\n  imagePullPolicy: Always\n";
        assert_eq!(images(manifest), ["one:1", "two@sha256:0"]);
    }

    /// The check of the Dockerfile, by the shell that would run it.
    #[test]
    fn a_release_is_built_in_an_image_that_is_named_by_digest() {
        let file = fs::read_to_string(crate::root().join("Dockerfile")).unwrap();
        let step = file.split("\nRUN ").find(|step| step.starts_with("case ")).unwrap();
        let script = format!("{}esac", step.split("esac").next().unwrap());
        let builds = |release: &str, image: &str| {
            let mut shell = Command::new("sh");
            shell
                .args(["-c", &script])
                .env("RELEASE", release)
                .env("RUST_IMAGE", image);
            shell.stderr(std::process::Stdio::null()).status().unwrap().success()
        };
        let line = file
            .lines()
            .find_map(|line| line.strip_prefix("ARG RUST_IMAGE="))
            .unwrap();
        assert!(builds("false", line), "everybody else takes the tag");
        assert!(!builds("true", line), "a release by tag");
        assert!(!builds("true", ""), "a release of nothing");
        let (digest, other) = (format!("{line}@{}", digest().0), format!("rust:1.96.0@{}", digest().0));
        assert!(builds("true", &digest));
        assert!(!builds("true", &other), "another toolchain");
    }
}
