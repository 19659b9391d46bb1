//! `cargo xtask new-rule NAME --family 5`: the two files of a new rule, with the next free code.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use neo4jbackup_core::engine;

use crate::r#gen::camel_case;

const RULE: &str = include_str!("templates/rule.rs.txt");
const FIXTURE: &str = include_str!("templates/fixture.md.txt");

/// Writes both files and says what is next.
pub(crate) fn run(root: &Path, name: &str, family: u32) -> Result<()> {
    let kebab = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || !name.bytes().all(kebab) {
        bail!("`{name}` is not a name of lower-case words joined by `-`, such as `schedule-invalid`");
    }
    if engine::rule(name).is_some() {
        bail!("there is a rule of the name `{name}` already");
    }
    let file = name.replace('-', "_");
    let code = next_code(family);
    let fill = |template: &str| {
        template
            .replace("{code}", &code)
            .replace("{name}", name)
            .replace("{struct}", &camel_case(&file))
    };
    for (path, template) in [
        (format!("core/src/rules/{file}.rs"), RULE),
        (format!("tests/rules/{file}.md"), FIXTURE),
    ] {
        let path = root.join(path);
        fs::write(&path, fill(template)).with_context(|| format!("writing {}", path.display()))?;
        println!("wrote {}", path.display());
    }
    println!("fill both in, then run `cargo xtask gen` and `UPDATE=1 cargo test -p neo4jbackup-tests`");
    Ok(())
}

fn next_code(family: u32) -> String {
    let first = family * 1000;
    let taken = engine::all()
        .iter()
        .filter_map(|rule| rule.meta().code.strip_prefix("NB")?.parse::<u32>().ok());
    let last = taken.filter(|code| code / 1000 == family).max().unwrap_or(first);
    format!("NB{:04}", last + 1)
}
