//! The modules of one crate, as the compiler sees them: what each defines, re-exports and refers to.
//!
//! The files are parsed by `syn`, beginning at the crate's root and following `mod` declarations. What a
//! macro is given is searched token by token for paths that begin with `crate`, `super` or `self`.
//!
//! Hides the syntax tree. Never: knows which references are allowed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, Item, UseTree,
    spanned::Spanned as _,
    visit::{self, Visit},
};

use crate::repository::{Crate, crates, root};

/// The path of a module in its crate: nothing for the root.
pub(crate) type ModulePath = Vec<String>;

/// One path that the code of a module names.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    /// Its parts, as they are written: `["super", "os", "clock"]`.
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
    /// Whether all of what it names is imported: `use super::*`.
    pub(crate) is_glob: bool,
    /// Whether it is only there for tests.
    pub(crate) in_test: bool,
    /// Whether it is a link in a comment, which the compiler of programs does not follow.
    pub(crate) in_comment: bool,
}

/// One module.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// The file that its code is in.
    pub(crate) file: PathBuf,
    /// What it defines itself, child modules apart.
    pub(crate) items: BTreeSet<String>,
    /// The names that it imports from elsewhere, re-exports among them, with what they stand for.
    pub(crate) imports: BTreeMap<String, Vec<String>>,
    /// The paths of which it imports everything.
    pub(crate) globs: Vec<Vec<String>>,
    pub(crate) references: Vec<Reference>,
}

/// All modules of a crate, by their paths.
pub(crate) type Modules = BTreeMap<ModulePath, Module>;

/// The modules of a crate of this repository; each crate is parsed once.
pub(crate) fn of(one: &Crate) -> &'static Modules {
    static PARSED: LazyLock<BTreeMap<PathBuf, Modules>> = LazyLock::new(|| {
        let read = |path: &Path| fs::read_to_string(root().join(path)).ok();
        let roots = crates().into_iter().map(|one| one.root_file());
        roots
            .map(|file| (file.clone(), parse(&file, &read)))
            .collect()
    });
    &PARSED[&one.root_file()]
}

/// Parse a crate, given the file of its root and what reads a file.
pub(crate) fn parse(root: &Path, read: &dyn Fn(&Path) -> Option<String>) -> Modules {
    let mut modules = Modules::new();
    let text = read(root).unwrap_or_else(|| panic!("{} cannot be read", root.display()));
    let folder = root.parent().unwrap().to_path_buf();
    add_file(&mut modules, read, Vec::new(), root, &folder, &text, false);
    modules
}

/// Parse a crate of which files and texts are given, `lib.rs` among them. For tests of the rules.
pub(crate) fn made_up(files: &[(&str, &str)]) -> Modules {
    let read = |path: &Path| {
        let file = files
            .iter()
            .find(|(name, _)| path == Path::new("made-up").join(name));
        file.map(|(_, text)| (*text).to_owned())
    };
    parse(Path::new("made-up/lib.rs"), &read)
}

/// Add the module of one file, and all below it. Its child modules are files in `folder`.
fn add_file(
    modules: &mut Modules,
    read: &dyn Fn(&Path) -> Option<String>,
    path: ModulePath,
    file: &Path,
    folder: &Path,
    text: &str,
    in_test: bool,
) {
    let parsed =
        syn::parse_file(text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut visitor = Visitor::new(in_test);
    for attribute in &parsed.attrs {
        visitor.visit_attribute(attribute);
    }
    add_items(modules, read, path, file, folder, &parsed.items, visitor);
}

/// Add a module with these items; `visitor` has seen its attributes.
fn add_items(
    modules: &mut Modules,
    read: &dyn Fn(&Path) -> Option<String>,
    path: ModulePath,
    file: &Path,
    folder: &Path,
    items: &[Item],
    mut visitor: Visitor,
) {
    let in_test = visitor.in_test;
    for item in items {
        let Item::Mod(module) = item else {
            visitor.visit_item(item);
            visitor.define(item);
            continue;
        };
        for attribute in &module.attrs {
            visitor.visit_attribute(attribute);
        }
        let name = module.ident.to_string();
        let in_test = in_test || is_for_tests(&module.attrs);
        let mut child = path.clone();
        child.push(name.clone());
        if let Some((_, items)) = &module.content {
            let visitor = Visitor::new(in_test);
            add_items(
                modules,
                read,
                child,
                file,
                &folder.join(&name),
                items,
                visitor,
            );
            continue;
        }
        let has_path = module.attrs.iter().any(|one| one.path().is_ident("path"));
        assert!(!has_path, "{}: `mod {name}` has `#[path]`", file.display());
        let places = [
            folder.join(format!("{name}.rs")),
            folder.join(&name).join("mod.rs"),
        ];
        let found = places.iter().find_map(|place| Some((place, read(place)?)));
        let Some((place, text)) = found else {
            panic!("{}: `mod {name}` has no file", file.display());
        };
        add_file(
            modules,
            read,
            child,
            place,
            &folder.join(&name),
            &text,
            in_test,
        );
    }
    visitor.module.file = file.to_path_buf();
    modules.insert(path, visitor.module);
}

/// Whether these attributes keep what they stand on out of the program.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|one| {
        one.path().is_ident("test")
            || one.path().is_ident("cfg")
                && one.meta.require_list().is_ok_and(|list| {
                    list.tokens
                        .clone()
                        .into_iter()
                        .any(|token| token.to_string() == "test")
                })
    })
}

/// Gathers what one module defines and refers to.
struct Visitor {
    module: Module,
    in_test: bool,
}

impl Visitor {
    fn new(in_test: bool) -> Self {
        Self {
            module: Module::default(),
            in_test,
        }
    }

    /// Note what an item defines in its module.
    fn define(&mut self, item: &Item) {
        let name = match item {
            Item::Const(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Fn(item) => &item.sig.ident,
            Item::Static(item) => &item.ident,
            Item::Struct(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::Type(item) => &item.ident,
            Item::Union(item) => &item.ident,
            Item::Macro(item) => match &item.ident {
                Some(name) => name,
                None => return,
            },
            Item::Use(item) => {
                let mut leaves = Vec::new();
                flatten(&item.tree, &mut Vec::new(), &mut leaves);
                for leaf in leaves {
                    match leaf.name {
                        None => self.module.globs.push(leaf.path),
                        Some(name) => drop(self.module.imports.insert(name, leaf.path)),
                    }
                }
                return;
            }
            _ => return,
        };
        self.module.items.insert(name.to_string());
    }

    fn refer(&mut self, path: Vec<String>, line: usize) -> &mut Reference {
        let references = &mut self.module.references;
        references.push(Reference {
            path,
            line,
            is_glob: false,
            in_test: self.in_test,
            in_comment: false,
        });
        references.last_mut().unwrap()
    }

    fn search(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Group(group) => self.search(group.stream()),
                TokenTree::Ident(first) => {
                    let line = first.span().start().line;
                    let mut path = vec![first.to_string()];
                    loop {
                        let mut ahead = tokens.clone();
                        let colons = [ahead.next(), ahead.next()].map(|token| {
                            matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
                        });
                        let (true, Some(TokenTree::Ident(next))) =
                            (colons == [true, true], ahead.next())
                        else {
                            break;
                        };
                        path.push(next.to_string());
                        tokens = ahead;
                    }
                    if path.len() > 1 {
                        self.refer(path, line);
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Visitor {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes: &[Attribute] = match item {
            Item::Const(item) => &item.attrs,
            Item::Enum(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Macro(item) => &item.attrs,
            Item::Mod(item) => &item.attrs,
            Item::Static(item) => &item.attrs,
            Item::Struct(item) => &item.attrs,
            Item::Trait(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => &[],
        };
        let before = self.in_test;
        self.in_test |= is_for_tests(attributes);
        visit::visit_item(self, item);
        self.in_test = before;
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        for attribute in &item.attrs {
            self.visit_attribute(attribute);
        }
        let mut leaves = Vec::new();
        flatten(&item.tree, &mut Vec::new(), &mut leaves);
        for leaf in leaves {
            let is_glob = leaf.name.is_none();
            self.refer(leaf.path, leaf.line).is_glob = is_glob;
        }
    }

    // `pub(in path)` uses nothing.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts = path.segments.iter().map(|part| part.ident.to_string());
        self.refer(parts.collect(), path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.search(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let syn::Meta::NameValue(pair) = &attribute.meta
            && pair.path.is_ident("doc")
            && let syn::Expr::Lit(literal) = &pair.value
            && let syn::Lit::Str(text) = &literal.lit
        {
            for path in paths_in_text(&text.value()) {
                self.refer(path, text.span().start().line).in_comment = true;
            }
        }
    }
}

/// The paths in a comment that begin with `crate` or `super`.
fn paths_in_text(text: &str) -> Vec<Vec<String>> {
    let is_of_path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
    text.split(|c| !is_of_path(c))
        .filter(|word| word.starts_with("crate::") || word.starts_with("super::"))
        .map(|word| {
            let parts = word.split("::").filter(|part| !part.is_empty());
            parts
                .map(|part| part.trim_end_matches(':').to_owned())
                .collect()
        })
        .collect()
}

/// One name that a `use` brings: none for all names of a module.
struct Leaf {
    path: Vec<String>,
    name: Option<String>,
    line: usize,
}

fn flatten(tree: &UseTree, before: &mut Vec<String>, leaves: &mut Vec<Leaf>) {
    let mut leaf = |last: Option<&syn::Ident>, name: Option<String>, line| {
        let mut path = before.clone();
        // `use a::{self}` names `a`.
        path.extend(
            last.map(ToString::to_string)
                .filter(|last| last != "self" || before.is_empty()),
        );
        let name = name.map(|name| match name.as_str() {
            "self" => before.last().cloned().unwrap_or(name),
            _ => name,
        });
        leaves.push(Leaf { path, name, line });
    };
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, leaves);
            before.pop();
        }
        UseTree::Name(name) => {
            let line = name.ident.span().start().line;
            leaf(Some(&name.ident), Some(name.ident.to_string()), line);
        }
        UseTree::Rename(name) => {
            let line = name.ident.span().start().line;
            leaf(Some(&name.ident), Some(name.rename.to_string()), line);
        }
        UseTree::Glob(glob) => leaf(None, None, glob.span().start().line),
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, before, leaves);
            }
        }
    }
}

#[test]
fn a_module_is_read_as_the_compiler_reads_it() {
    let modules = made_up(&[
        (
            "lib.rs",
            "//! See [`crate::a::B`].\npub mod a;\nmod b { fn f() { crate::a::g(); } }\npub use a::{self as c, B};",
        ),
        (
            "a/mod.rs",
            "mod deep;\nuse super::b::{f, *};\npub struct B;\n#[cfg(test)]\nmod tests { use super::*; }\n\
             fn h() { assert!(matches!(x, super::b::Y)); }",
        ),
        ("a/deep.rs", "pub(in crate::a) fn i(x: super::super::B) {}"),
    ]);
    let paths: Vec<String> = modules.keys().map(|path| path.join("::")).collect();
    assert_eq!(paths, ["", "a", "a::deep", "a::tests", "b"]);
    let of = |path: &[&str]| &modules[&path.iter().map(|&part| part.into()).collect::<Vec<_>>()];
    let references = |path: &[&str]| -> Vec<String> {
        let all = of(path).references.iter();
        all.map(|one| one.path.join("::"))
            .filter(|path| path.contains("::"))
            .collect()
    };
    assert_eq!(references(&[]), ["crate::a::B", "a::B"]);
    assert!(of(&[]).references[0].in_comment);
    assert_eq!(of(&[]).imports["B"], ["a", "B"]);
    assert_eq!(of(&[]).imports["c"], ["a"]);
    assert_eq!(references(&["b"]), ["crate::a::g"]);
    assert_eq!(
        references(&["a"]),
        ["super::b::f", "super::b", "super::b::Y"]
    );
    assert_eq!(of(&["a"]).globs, [["super", "b"]]);
    assert!(of(&["a"]).items.contains("B"));
    assert_eq!(references(&["a", "deep"]), ["super::super::B"]);
    assert!(of(&["a", "tests"]).references.iter().all(|one| one.in_test));
}
