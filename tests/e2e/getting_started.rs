//! The page for those who begin: what it tells them to type, on a real API server, with a real kubectl.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use neo4jbackup_core::schema::Era;
use neo4jbackup_harness::{Binaries, ControlPlane, Options, play, report_progress, root, workspace_program};
use neo4jbackup_tests::crds;
use neo4jbackup_tests::scenario::Moved;
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

const PAGE: &str = "docs/getting-started.md";
/// Four backups in the namespace `graph`, one of them good.
const SCENARIO: &str = "one-good-and-three-broken";
/// Stands for any lines, and within a line for its rest.
const LEFT_OUT: &str = "…";

/// What is pasted, and what it prints; nothing where the page does not say.
struct Pasted {
    commands: String,
    printed: String,
}

fn pasted(page: &str) -> Vec<Pasted> {
    let mut blocks: Vec<Pasted> = Vec::new();
    let mut info = None;
    for event in Parser::new(page) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(of))) => {
                if of.is_empty() {
                    blocks.push(Pasted {
                        commands: String::new(),
                        printed: String::new(),
                    });
                }
                info = Some(of);
            }
            Event::Text(text) => {
                if let (Some(info), Some(block)) = (&info, blocks.last_mut()) {
                    let part = if info.is_empty() {
                        &mut block.commands
                    } else {
                        &mut block.printed
                    };
                    part.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => info = None,
            _ => {}
        }
    }
    blocks
}

/// Whether lines are those that the page shows.
fn is_shown(lines: &[&str], shown: &[&str]) -> bool {
    match shown {
        [] => lines.is_empty(),
        [LEFT_OUT, rest @ ..] => (0..=lines.len()).any(|skipped| is_shown(&lines[skipped..], rest)),
        [line, rest @ ..] => {
            let is_as_shown = |is: &&str| match line.split_once(LEFT_OUT) {
                Some((start, _)) => is.starts_with(start.trim_end()),
                None => is == line,
            };
            lines.first().is_some_and(is_as_shown) && is_shown(&lines[1..], rest)
        }
    }
}

#[test]
fn the_page_works_when_it_is_pasted() {
    let binaries = Binaries::locate_or_build(&report_progress).unwrap();
    let control_plane = ControlPlane::start(&binaries, &Options::default()).unwrap();
    control_plane.install_crds(&crds::rendered_of(Era::V1_14)).unwrap();
    control_plane
        .apply_yaml("{apiVersion: v1, kind: Namespace, metadata: {name: graph}}")
        .unwrap();
    play(
        &mut control_plane.api_client().unwrap(),
        Moved::seen_now(SCENARIO).objects,
    );

    let clone = tempfile::tempdir().unwrap();
    for name in ["examples", "bin"] {
        fs::create_dir_all(clone.path().join(name)).unwrap();
    }
    let copied = Command::new("cp")
        .arg("-R")
        .arg(root().join("examples/demo"))
        .arg(clone.path().join("examples"))
        .status();
    assert!(copied.unwrap().success());
    let plugin = workspace_program("kubectl-neo4jbackup").unwrap();
    symlink(plugin, clone.path().join("bin/kubectl-neo4jbackup")).unwrap();
    let folders = [
        clone.path().join("bin").display().to_string(),
        binaries.folder().display().to_string(),
    ];

    let page = fs::read_to_string(root().join(PAGE)).unwrap();
    let blocks = pasted(&page);
    assert!(blocks.len() > 6, "{}", blocks.len());
    for block in blocks {
        let output = Command::new("bash")
            // A terminal shows both.
            .args(["-c", &format!("exec 2>&1\n{}", block.commands)])
            .current_dir(clone.path())
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", folders.join(":")))
            .env("HOME", clone.path())
            .env("LANG", "C.UTF-8")
            .env("COLUMNS", "100")
            .env("KUBECONFIG", control_plane.kubeconfig())
            .output()
            .unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let (lines, shown): (Vec<&str>, Vec<&str>) = (stdout.lines().collect(), block.printed.lines().collect());
        assert!(
            is_shown(&lines, &shown),
            "{}prints\n{stdout}and not what {PAGE} shows:\n{}",
            block.commands,
            block.printed
        );
        // It ran, and said so in a way that scripts understand.
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "{}{}",
            block.commands,
            output.status
        );
    }
}
