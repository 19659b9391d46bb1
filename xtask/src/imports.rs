//! `cargo xtask imports`: whether the modules of the shipped crates import each other in circles.
//!
//! A circle means that none of its modules can be read, tested or moved without the others. At each level of the tree of
//! modules the siblings must have an order, so that each imports only what stands below it. Imports between a module and
//! the modules inside it do not count: those are one module in several files. Tests do not count either.

mod graph;
mod sources;

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use neo4jbackup_harness::report_progress;

use self::graph::{Circle, circles};
use self::sources::read;

/// The crates that are looked at, by folder.
const CRATES: [&str; 5] = ["core", "policies", "cluster", "webhook", "kubectl-neo4jbackup"];

/// The circles that are known: the crate, and every module of the circle. This list only ever gets shorter.
const KNOWN: &[(&str, &[&str])] = &[];

/// Fails when there is a circle that is not known, or a known one that is gone or smaller now.
pub(crate) fn check(root: &Path) -> Result<()> {
    let (unknown, stale) = compare(root)?;
    for circle in &unknown {
        report_progress(&circle.to_string());
    }
    for name in &stale {
        report_progress(&format!(
            "{name} is no such circle any more: shorten `KNOWN` in xtask/src/imports.rs"
        ));
    }
    ensure!(
        unknown.is_empty() && stale.is_empty(),
        "modules import each other in circles"
    );
    Ok(())
}

/// The circles that are not known, and the known ones that are not there as they are listed.
fn compare(root: &Path) -> Result<(Vec<Circle>, Vec<String>)> {
    let mut unknown = Vec::new();
    let mut stale = Vec::new();
    for name in CRATES {
        let modules = read(&root.join(name).join("src")).with_context(|| format!("reading the modules of {name}"))?;
        let found = circles(&modules);
        let known = KNOWN.iter().filter(|(of, _)| *of == name).map(|(_, modules)| *modules);
        let gone = known
            .clone()
            .filter(|known| !found.iter().any(|circle| circle.modules == **known));
        stale.extend(gone.map(|modules| format!("{name}: {}", modules.join(", "))));
        unknown.extend(found.into_iter().filter(|circle| {
            !known
                .clone()
                .any(|known| circle.modules.iter().all(|module| known.contains(&module.as_str())))
        }));
    }
    Ok((unknown, stale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_module_is_in_a_circle_of_imports() {
        let (unknown, stale) = compare(&crate::root()).unwrap();
        let unknown: Vec<String> = unknown.iter().map(Circle::to_string).collect();
        assert!(
            unknown.is_empty() && stale.is_empty(),
            "{}\nnot there any more: {stale:?}",
            unknown.join("\n")
        );
    }

    /// The circles of a crate of these files.
    fn circles_of(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let modules = read(folder.path()).unwrap();
        circles(&modules).into_iter().map(|circle| circle.modules).collect()
    }

    #[test]
    fn a_circle_is_found_however_the_path_is_written() {
        let above = "use crate::b::Thing;";
        for below in [
            "use crate::{a::{self as x, Y}, c};",
            "use super::a::*;",
            "fn f() -> crate::a::Y { todo!() }",
            "fn f() { let y = super::a::Y; }",
            "fn f() { println!(\"{}\", crate::a::Y); }",
            "macro_rules! m { () => { $crate::a::Y } }",
            "mod inner { use super::super::a::Y; }",
            "impl crate::a::Trait for Thing {}",
        ] {
            let files = [
                ("lib.rs", "mod a; mod b; mod c;"),
                ("a.rs", above),
                ("b.rs", below),
                ("c.rs", ""),
            ];
            assert_eq!(circles_of(&files), [["a", "b"]], "{below}");
        }
    }

    #[test]
    fn a_circle_is_found_through_others_and_below_the_top() {
        let files = [
            ("main.rs", "mod top;"),
            ("top/mod.rs", "mod a; mod b; mod c; pub use self::c::Thing;"),
            ("top/a.rs", "use super::b::f;"),
            ("top/b.rs", "use crate::top::Thing;"),
            ("top/c.rs", "use super::a::g;"),
        ];
        assert_eq!(circles_of(&files), [["top::a", "top::b", "top::c"]]);
    }

    #[test]
    fn tests_parents_and_children_make_no_circle() {
        let files = [
            ("lib.rs", "mod a; mod b; pub(crate) fn root() {}"),
            (
                "a.rs",
                "mod inner; use self::inner::X; pub struct Y; #[cfg(test)] mod tests { use crate::b::Z; }",
            ),
            ("a/inner.rs", "use super::Y; use crate::root; pub struct X;"),
            (
                "b.rs",
                "use crate::a::Y; /// As [`crate::b`].\npub struct Z; #[cfg(test)] use crate::b::Z as W;",
            ),
        ];
        assert_eq!(circles_of(&files), Vec::<Vec<String>>::new());
    }
}
