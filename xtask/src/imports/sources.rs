//! The modules of a crate and the paths that each names, from its source files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, Meta, UseTree};

/// One module, a file or a block inside one.
#[derive(Debug)]
pub(super) struct Module {
    /// The file that it stands in.
    pub file: PathBuf,
    /// What it calls things that stand elsewhere: the name, and the path from the root of the crate.
    pub names: BTreeMap<String, Vec<String>>,
    /// The paths that it names, each from the root of the crate, with the line.
    pub paths: Vec<(Vec<String>, usize)>,
}

/// The modules of a crate, by their path from its root; the root has the empty path.
pub(super) type Modules = BTreeMap<Vec<String>, Module>;

/// Reads a crate, beginning with the library where there is one.
pub(super) fn read(sources: &Path) -> Result<Modules> {
    let library = sources.join("lib.rs");
    let root = if library.exists() {
        library
    } else {
        sources.join("main.rs")
    };
    let mut reader = Reader {
        modules: Modules::new(),
    };
    reader.file(&[], &root, sources)?;
    Ok(reader.modules)
}

struct Reader {
    modules: Modules,
}

impl Reader {
    /// Reads the file of a module; `folder` holds the files of the modules inside it.
    fn file(&mut self, path: &[String], file: &Path, folder: &Path) -> Result<()> {
        let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        let syntax = syn::parse_file(&text).with_context(|| format!("parsing {}", file.display()))?;
        self.module(path, file, folder, &syntax.items)
    }

    fn module(&mut self, path: &[String], file: &Path, folder: &Path, items: &[Item]) -> Result<()> {
        let mut collector = Collector {
            path,
            module: Module {
                file: file.to_owned(),
                names: BTreeMap::new(),
                paths: Vec::new(),
            },
            inside: Vec::new(),
        };
        for item in items {
            collector.visit_item(item);
        }
        let Collector { module, inside, .. } = collector;
        self.modules.insert(path.to_vec(), module);
        for item in inside {
            let name = item.ident.to_string();
            let name = name.trim_start_matches("r#");
            let below = [path, &[name.to_owned()]].concat();
            let folder_below = folder.join(name);
            if let Some((_, items)) = &item.content {
                self.module(&below, file, &folder_below, items)?;
                continue;
            }
            let beside = folder.join(format!("{name}.rs"));
            let file = if beside.exists() {
                beside
            } else {
                folder_below.join("mod.rs")
            };
            self.file(&below, &file, &folder_below)?;
        }
        Ok(())
    }
}

/// Collects what one module names; the modules inside it are left for later.
struct Collector<'m, 's> {
    path: &'m [String],
    module: Module,
    inside: Vec<&'s ItemMod>,
}

impl Collector<'_, '_> {
    /// Notes a path when it begins at the root, here, or above; others are of another crate or of something imported.
    fn name(&mut self, segments: &[String], span: Span) {
        if let Some(path) = self.absolute(segments) {
            self.module.paths.push((path, span.start().line));
        }
    }

    fn absolute(&self, segments: &[String]) -> Option<Vec<String>> {
        let (first, mut rest) = segments.split_first()?;
        let mut base = match first.as_str() {
            "crate" => &[][..],
            "self" => self.path,
            "super" => self.path.split_last()?.1,
            _ => return None,
        };
        while let Some((_, above)) = rest.split_first().filter(|(first, _)| *first == "super") {
            base = base.split_last()?.1;
            rest = above;
        }
        Some([base, rest].concat())
    }

    fn uses(&mut self, tree: &UseTree, above: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => {
                above.push(path.ident.to_string());
                self.uses(&path.tree, above);
                above.pop();
            }
            UseTree::Name(name) => self.import(above, &name.ident.to_string(), None, name.ident.span()),
            UseTree::Rename(rename) => {
                let renamed = rename.rename.to_string();
                self.import(above, &rename.ident.to_string(), Some(renamed), rename.ident.span());
            }
            UseTree::Glob(glob) => self.name(above, glob.star_token.spans[0]),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.uses(tree, above)),
        }
    }

    fn import(&mut self, above: &[String], name: &str, renamed: Option<String>, span: Span) {
        let mut segments = above.to_vec();
        if name != "self" || segments.is_empty() {
            segments.push(name.to_owned());
        }
        if let Some(path) = self.absolute(&segments) {
            let last = renamed.or_else(|| segments.last().cloned()).unwrap_or_default();
            self.module.names.insert(last, path);
        }
        self.name(&segments, span);
    }

    /// Paths in what a macro is given, which is not parsed: `crate :: one :: two`.
    fn tokens(&mut self, tokens: &TokenStream) {
        let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let mut position = 0;
        while let Some(tree) = trees.get(position) {
            position += 1;
            match tree {
                TokenTree::Group(group) => self.tokens(&group.stream()),
                TokenTree::Ident(first) => {
                    let mut segments = vec![first.to_string()];
                    while let [TokenTree::Punct(one), TokenTree::Punct(two), TokenTree::Ident(next), ..] =
                        trees.get(position..).unwrap_or_default()
                        && (one.as_char(), two.as_char()) == (':', ':')
                    {
                        segments.push(next.to_string());
                        position += 3;
                    }
                    self.name(&segments, first.span());
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
}

impl<'s> Visit<'s> for Collector<'_, 's> {
    fn visit_item(&mut self, item: &'s Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'s ItemMod) {
        self.inside.push(item);
    }

    fn visit_item_use(&mut self, item: &'s ItemUse) {
        self.uses(&item.tree, &mut Vec::new());
    }

    fn visit_impl_item_fn(&mut self, item: &'s syn::ImplItemFn) {
        if !is_for_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_path(&mut self, path: &'s syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let Some(first) = path.segments.first() {
            self.name(&segments, first.ident.span());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'s syn::Macro) {
        visit::visit_path(self, &item.path);
        self.tokens(&item.tokens);
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Whether the attributes say `cfg(test)`.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}
