//! What the modules of one crate import from each other, resolved to the modules that define it.
//!
//! Never: knows which imports are allowed.

use crate::module_tree::{Module, ModulePath, Modules, Reference};

/// One import between two modules of a crate.
#[derive(Debug, Clone)]
pub(crate) struct Import {
    pub(crate) from: ModulePath,
    /// The module that the path names.
    pub(crate) named: ModulePath,
    /// The module that defines what is imported; nothing where that is outside of the crate.
    pub(crate) defined_in: Option<ModulePath>,
    /// The module whose own import or re-export makes the path work, if one does.
    pub(crate) through: Option<ModulePath>,
    pub(crate) reference: Reference,
}

impl Import {
    /// Where it is, and as it is written.
    pub(crate) fn place(&self, modules: &Modules) -> String {
        let star = if self.reference.is_glob { "::*" } else { "" };
        format!(
            "{}:{} `{}{star}`",
            modules[&self.from].file.display(),
            self.reference.line,
            self.reference.path.join("::"),
        )
    }
}

/// Every import between modules of the crate, as it stands in the code.
pub(crate) fn find(modules: &Modules) -> Vec<Import> {
    let mut imports = Vec::new();
    for (from, module) in modules {
        for reference in &module.references {
            let Some(target) = resolve(modules, from, &reference.path, 0) else {
                continue;
            };
            imports.push(Import {
                from: from.clone(),
                named: target.named,
                defined_in: target.defined_in,
                through: target.through,
                reference: reference.clone(),
            });
        }
    }
    imports
}

/// Where a path leads.
struct Target {
    named: ModulePath,
    defined_in: Option<ModulePath>,
    through: Option<ModulePath>,
}

/// Re-exports of re-exports are followed so far.
const LONGEST_CHAIN: u32 = 10;

/// Follow a path from a module. Nothing where it does not begin in this crate.
fn resolve(modules: &Modules, from: &ModulePath, path: &[String], depth: u32) -> Option<Target> {
    let mut at = from.clone();
    let mut rest = path;
    match rest.first()?.as_str() {
        "crate" => {
            at = Vec::new();
            rest = &rest[1..];
        }
        "self" => rest = &rest[1..],
        "super" => {
            while let Some(("super", after)) = split(rest) {
                at.pop()?;
                rest = after;
            }
        }
        first => {
            if !modules.contains_key(&child(from, first)) {
                return None;
            }
        }
    }
    while let Some((part, after)) = split(rest) {
        if !modules.contains_key(&child(&at, part)) {
            break;
        }
        at = child(&at, part);
        rest = after;
    }
    let found = |named: &ModulePath| Target {
        named: named.clone(),
        defined_in: Some(named.clone()),
        through: None,
    };
    let Some((item, after)) = split(rest) else {
        return Some(found(&at));
    };
    let module = &modules[&at];
    if module.items.contains(item) || depth == LONGEST_CHAIN {
        return Some(found(&at));
    }
    let imported = stands_for(modules, &at, module, item);
    let Some(mut stands_for) = imported else {
        // What a macro defines.
        return Some(found(&at));
    };
    stands_for.extend_from_slice(after);
    let further = resolve(modules, &at, &stands_for, depth + 1);
    Some(Target {
        named: at.clone(),
        defined_in: further.and_then(|target| target.defined_in),
        through: Some(at),
    })
}

/// What a name stands for that a module imports, by itself or with everything of another module.
fn stands_for(
    modules: &Modules,
    at: &ModulePath,
    module: &Module,
    name: &str,
) -> Option<Vec<String>> {
    if let Some(path) = module.imports.get(name) {
        return Some(path.clone());
    }
    module.globs.iter().find_map(|glob| {
        let other = resolve(modules, at, glob, LONGEST_CHAIN)?.defined_in?;
        let known = &modules[&other];
        if known.items.contains(name) || known.imports.contains_key(name) {
            let mut path = glob.clone();
            path.push(name.to_owned());
            Some(path)
        } else {
            None
        }
    })
}

fn split(path: &[String]) -> Option<(&str, &[String])> {
    path.split_first().map(|(part, rest)| (part.as_str(), rest))
}

fn child(of: &ModulePath, name: &str) -> ModulePath {
    let mut path = of.clone();
    path.push(name.to_owned());
    path
}

/// A module's name for a person.
pub(crate) fn shown(module: &ModulePath) -> String {
    if module.is_empty() {
        "lib.rs".into()
    } else {
        module.join("::")
    }
}

#[test]
fn an_import_leads_to_the_module_that_defines_what_is_imported() {
    let modules = crate::module_tree::made_up(&[
        (
            "lib.rs",
            "pub mod a;\npub mod b;\nmod c { pub fn f() { std::fs::read(crate::a::X); } }",
        ),
        (
            "a.rs",
            "mod deep;\npub use deep::Y;\npub use deep::more::*;\nfn f() { super::c::f(); }",
        ),
        ("a/deep.rs", "pub mod more { pub struct Z; }\npub struct Y;"),
        (
            "b.rs",
            "use crate::a::{Y, Z, Y::New, self};\nuse std::path::Path;",
        ),
    ]);
    let imports = find(&modules);
    let told = |from: &str| -> Vec<String> {
        let own = imports.iter().filter(|one| shown(&one.from) == from);
        own.map(|one| {
            let defined = one.defined_in.as_ref().map_or("outside".into(), shown);
            let through = one.through.as_ref().map_or("-".into(), shown);
            format!("{} {defined} {through}", shown(&one.named))
        })
        .collect()
    };
    assert_eq!(told("c"), ["a a -"]);
    assert_eq!(
        told("a"),
        [
            "a::deep a::deep -",
            "a::deep::more a::deep::more -",
            "c c -"
        ]
    );
    assert_eq!(
        told("b"),
        ["a a::deep a", "a a::deep::more a", "a a::deep a", "a a -"]
    );
}
