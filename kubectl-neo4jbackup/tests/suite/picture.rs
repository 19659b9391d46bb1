//! The picture of the README, `docs/pictures/terminal.svg`: drawn from what the program prints. `UPDATE=1` draws it anew.

use std::fmt::Write as _;
use std::{env, fs};

use anstyle_svg::Term;
use roxmltree::Document;
use unicode_width::UnicodeWidthStr as _;

use crate::support::{Sandbox, root};

const PICTURE: &str = "docs/pictures/terminal.svg";
const MANIFEST: &str = "examples/demo/20-bad-six-field-cron.yaml";
const SCENARIO: &str = "tests/scenarios/one-good-and-three-broken";
/// As wide as a README is shown.
const WIDTH: usize = 96;

/// What is typed in a clone of this repository; nothing of it needs a cluster.
const TYPED: [(&[&str], u8); 2] = [
    (&["lint", MANIFEST], 1),
    (
        &["doctor", "backup/invoices", "-n", "graph", "--from-bundle", SCENARIO],
        1,
    ),
];

#[test]
fn the_picture_of_the_readme_shows_what_is_printed_now() {
    let session = session();
    let drawn = Term::new().render_svg(&session);
    let file = root().join(PICTURE);
    if env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &drawn).unwrap();
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == drawn,
        "{PICTURE} is stale: UPDATE=1 cargo test -p kubectl-neo4jbackup --test suite picture"
    );
    // Every viewer has to read it.
    let document = Document::parse(&drawn).unwrap();
    let words: String = document.descendants().filter_map(|node| node.text()).collect();
    for line in ["$ kubectl neo4jbackup doctor backup/invoices", "error[NB5001]"] {
        assert!(words.contains(line), "{line}");
    }
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(&format!("]({PICTURE})")));
}

fn session() -> String {
    let mut sandbox = Sandbox::new().set("LANG", "en_US.UTF-8");
    sandbox.terminal_width = Some(WIDTH);
    let parts = ["bundle.yaml", "objects.yaml"].map(|name| format!("{SCENARIO}/{name}"));
    for file in [MANIFEST.to_owned()].iter().chain(&parts) {
        sandbox.write(file, fs::read(root().join(file)).unwrap());
    }
    let mut session = String::new();
    for (arguments, exit) in TYPED {
        let run = sandbox.run(&[arguments, &["--color", "always"]].concat());
        assert_eq!(run.exit, exit, "{run:?}");
        let _ = write!(
            session,
            "$ kubectl neo4jbackup {}\n{}{}\n",
            arguments.join(" "),
            run.stdout,
            run.stderr
        );
    }
    for line in session.lines() {
        assert!(line.width() < 2 * WIDTH, "{line}");
    }
    session
}
