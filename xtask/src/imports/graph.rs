//! The imports between the modules of a crate as a graph, and the circles in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::sources::Modules;

/// Modules of which each reaches every other by its imports.
#[derive(Debug)]
pub(super) struct Circle {
    /// Their paths, in order.
    pub modules: Vec<String>,
    /// The imports between them: from, to, and where the first of them stands.
    edges: Vec<(String, String, String)>,
}

impl fmt::Display for Circle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "a circle of imports: {}", self.modules.join(", "))?;
        for (from, to, place) in &self.edges {
            writeln!(formatter, "  {from} imports {to}: {place}")?;
        }
        Ok(())
    }
}

/// From one module to another, and where it is imported first.
type Edges = BTreeMap<String, BTreeMap<String, String>>;

/// Every circle among the modules of one parent, whichever parent that is.
pub(super) fn circles(modules: &Modules) -> Vec<Circle> {
    let mut levels: BTreeMap<Vec<String>, Edges> = BTreeMap::new();
    for (from, module) in modules {
        for (path, line) in &module.paths {
            let to = resolve(modules, from, path);
            let common = from.iter().zip(&to).take_while(|(left, right)| left == right).count();
            if let (Some(_), Some(_)) = (from.get(common), to.get(common)) {
                let name = |path: &[String]| path.get(..=common).unwrap_or_default().join("::");
                let place = format!("{}:{line}", module.file.display());
                let edges = levels
                    .entry(from.get(..common).unwrap_or_default().to_vec())
                    .or_default();
                edges.entry(name(from)).or_default().entry(name(&to)).or_insert(place);
            }
        }
    }
    levels.values().flat_map(circles_among).collect()
}

/// The module that a path leads to. A name that a module above has taken from elsewhere stands for what it is there, so
/// that siblings do not hide behind their parent.
fn resolve(modules: &Modules, from: &[String], path: &[String]) -> Vec<String> {
    let mut path = path.to_vec();
    for _ in 0..8 {
        let length = (0..=path.len())
            .rev()
            .find(|length| modules.contains_key(path.get(..*length).unwrap_or_default()));
        let (module, rest) = path.split_at(length.unwrap_or_default());
        let names = modules
            .get(module)
            .filter(|_| from.starts_with(module))
            .map(|module| &module.names);
        let Some(elsewhere) = rest.first().and_then(|name| names?.get(name)) else {
            return module.to_vec();
        };
        let next = [elsewhere.as_slice(), rest.get(1..).unwrap_or_default()].concat();
        if next == path {
            return module.to_vec();
        }
        path = next;
    }
    path
}

fn circles_among(edges: &Edges) -> Vec<Circle> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        edges.keys().map(|from| (from.as_str(), reach(edges, from))).collect();
    let reaches = |from: &str, to: &str| reached.get(from).is_some_and(|reached| reached.contains(to));
    let mut circles = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for from in edges.keys().filter(|from| reaches(from, from)) {
        if seen.contains(from.as_str()) {
            continue;
        }
        let members: BTreeSet<&str> = edges
            .keys()
            .map(String::as_str)
            .filter(|to| reaches(from, to) && reaches(to, from))
            .collect();
        let inside = members.iter().flat_map(|from| {
            let targets = edges.get(*from).into_iter().flatten();
            targets.map(move |(to, place)| ((*from).to_owned(), to.clone(), place.clone()))
        });
        circles.push(Circle {
            edges: inside.filter(|(_, to, _)| members.contains(to.as_str())).collect(),
            modules: members.iter().map(|name| (*name).to_owned()).collect(),
        });
        seen.extend(members);
    }
    circles
}

/// Every module that a module reaches by its imports, over others too.
fn reach<'e>(edges: &'e Edges, from: &str) -> BTreeSet<&'e str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = edges
        .get(from)
        .into_iter()
        .flatten()
        .map(|(to, _)| to.as_str())
        .collect();
    while let Some(next) = open.pop() {
        if reached.insert(next) {
            open.extend(edges.get(next).into_iter().flatten().map(|(to, _)| to.as_str()));
        }
    }
    reached
}
