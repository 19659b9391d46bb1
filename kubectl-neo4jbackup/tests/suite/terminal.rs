//! What `doctor` shows on terminals: narrow and wide, with colors and without, and those that show ASCII only.

use insta::assert_snapshot;
use unicode_width::UnicodeWidthStr as _;

use crate::support::{Sandbox, root, scenarios};

/// One scenario on a terminal of so many columns.
fn shown(scenario: &str, width: usize, locale: &str, arguments: &[&str]) -> String {
    let folder = root().join("tests/scenarios").join(scenario);
    let mut sandbox = Sandbox::new().set("LANG", locale);
    sandbox.terminal_width = Some(width);
    // The folder is the current one, so that no path of a machine is shown, and none breaks a line.
    for entry in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_file() {
            let name = entry.file_name().unwrap().to_str().unwrap();
            sandbox.write(name, std::fs::read(&entry).unwrap());
        }
    }
    sandbox
        .run(&[&["doctor", "--from-bundle", "."], arguments].concat())
        .stdout
}

const MORNING: &str = "one-good-and-three-broken";
/// A scenario in which something is cut.
const CUT: &str = "start-timed-out";
const UTF_8: &str = "en_US.UTF-8";

#[test]
fn text() {
    for width in [80, 120] {
        assert_snapshot!(
            format!("text_{width}"),
            shown(MORNING, width, UTF_8, &["--color", "never"])
        );
        assert_snapshot!(format!("text_{width}_color"), shown(MORNING, width, UTF_8, &[]));
    }
}

#[test]
fn table() {
    for width in [80, 120] {
        let table = |arguments: &[&str]| shown(MORNING, width, UTF_8, &[&["-o", "table"], arguments].concat());
        assert_snapshot!(format!("table_{width}"), table(&["--color", "never"]));
        assert_snapshot!(format!("table_{width}_color"), table(&[]));
    }
}

#[test]
fn ascii() {
    for format in ["text", "table", "short"] {
        let plain = ["-o", format, "--color", "never"];
        let utf_8 = shown(CUT, 80, UTF_8, &plain);
        assert!(!utf_8.is_ascii(), "{utf_8}");
        let asked = shown(CUT, 80, UTF_8, &[&plain[..], &["--ascii"]].concat());
        assert!(asked.is_ascii(), "{asked}");
        // The same of a locale that shows nothing else.
        assert_eq!(shown(CUT, 80, "C", &plain), asked);
        assert_snapshot!(format!("ascii_{format}"), asked);
    }
}

/// Colors add nothing but colors.
#[test]
fn colors_are_no_words() {
    for format in ["text", "table"] {
        let colored = shown(MORNING, 80, UTF_8, &["-o", format]);
        assert!(colored.contains("\u{1b}[1;31merror\u{1b}[0m"), "{colored}");
        let codes = ["\u{1b}[1;31m", "\u{1b}[1;33m", "\u{1b}[0m"];
        let plain = codes.into_iter().fold(colored, |text, code| text.replace(code, ""));
        assert_eq!(plain, shown(MORNING, 80, UTF_8, &["-o", format, "--color", "never"]));
    }
}

/// A command is there to be copied, and a name that is wider than a terminal stays a name; all else fits.
#[test]
fn lines_fit_the_terminal() {
    for folder in scenarios() {
        let name = folder.file_name().unwrap().to_str().unwrap();
        for width in [40, 71, 72, 80, 120] {
            for line in shown(name, width, UTF_8, &["-o", "table", "--color", "never"]).lines() {
                assert!(line.width() <= width, "{name}, {width}: {line}");
            }
            let text = shown(name, width, UTF_8, &["--color", "never"]);
            let long = text.lines().filter(|line| line.width() > width);
            for line in long.filter(|line| !line.contains(" $ ")) {
                let words = line
                    .split_whitespace()
                    .skip_while(|word| ["evidence", "fix", "field", "effects", "for"].contains(word));
                assert_eq!(words.count(), 1, "{name}, {width}: {line}");
            }
        }
    }
}
