//! `cargo xtask new-rule NAME --family 5`: the two files of a new rule, with the next free code.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use neo4jbackup_core::registry;

use crate::r#gen::camel_case;

// Both are a rule and a fixture as they stand: the tests compile the one and run it on the other.
const RULE: &str = include_str!("templates/scaffold_rule.rs");
const FIXTURE: &str = include_str!("templates/scaffold_rule.md");

/// Writes both files and says what is next.
pub(crate) fn run(root: &Path, name: &str, family: u32) -> Result<()> {
    let kebab = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) || !name.bytes().all(kebab) {
        bail!("`{name}` is not a name of lower-case words joined by `-`, such as `schedule-invalid`");
    }
    if registry::rule(name).is_some() {
        bail!("there is a rule of the name `{name}` already");
    }
    let file = name.replace('-', "_");
    let code = next_code(family);
    for (path, template) in [
        (format!("core/src/rules/{file}.rs"), RULE),
        (format!("tests/rules/{file}.md"), FIXTURE),
    ] {
        let path = root.join(path);
        write_new(&path, &fill(template, name, &code)).with_context(|| format!("writing {}", path.display()))?;
        println!("wrote {}", path.display());
    }
    println!("fill both in, then run `cargo xtask gen` and `UPDATE=1 cargo test -p neo4jbackup-tests --test suite`");
    Ok(())
}

/// Puts the name and the code of a rule in the place of the scaffold's own.
fn fill(template: &str, name: &str, code: &str) -> String {
    template
        .replace("NB0000", code)
        .replace("scaffold-rule", name)
        .replace("ScaffoldRule", &camel_case(&name.replace('-', "_")))
}

/// Beside the rules lie files that rules share; a name that one of them has must not cost it its text.
fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    File::create_new(path)?.write_all(text.as_bytes())
}

fn next_code(family: u32) -> String {
    let first = family * 1000;
    let codes = registry::all().iter().map(|rule| rule.meta().code);
    let codes = codes.chain(registry::RETIRED.iter().copied());
    let taken = codes.filter_map(|code| code.strip_prefix("NB")?.parse::<u32>().ok());
    let last = taken.filter(|code| code / 1000 == family).max().unwrap_or(first);
    format!("NB{:04}", last + 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn repository() -> TempDir {
        let root = TempDir::new().unwrap();
        for folder in ["core/src/rules", "tests/rules"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        root
    }

    #[test]
    fn a_new_rule_has_its_own_names_throughout() {
        let root = repository();
        run(root.path(), "moon-too-full", 5).unwrap();
        let read = |path: &str| fs::read_to_string(root.path().join(path)).unwrap();
        let (rule, fixture) = (
            read("core/src/rules/moon_too_full.rs"),
            read("tests/rules/moon_too_full.md"),
        );
        let code = next_code(5);
        assert!(rule.starts_with(&format!("//! {code}.\n")), "{rule}");
        assert!(rule.contains(&format!(
            "MoonTooFull {{\n        code: \"{code}\", name: \"moon-too-full\""
        )));
        assert!(rule.contains("impl Rule for MoonTooFull {"));
        assert!(fixture.starts_with("# moon-too-full\n"), "{fixture}");
        for text in [rule, fixture] {
            assert!(
                !text.contains("NB0000") && !text.to_lowercase().contains("scaffold"),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_there_already_keeps_its_text() {
        let root = repository();
        let shared = root.path().join("core/src/rules/moon.rs");
        fs::write(&shared, "shared by several rules").unwrap();
        let error = format!("{:#}", run(root.path(), "moon", 5).unwrap_err());
        assert!(error.contains("moon.rs: ") && error.contains("exists"), "{error}");
        assert_eq!(fs::read_to_string(&shared).unwrap(), "shared by several rules");
    }

    #[test]
    fn a_name_that_is_no_module_is_refused() {
        for name in ["", "Moon", "3-moons", "-moon", "moon_full"] {
            assert!(run(repository().path(), name, 5).is_err(), "{name}");
        }
    }
}
