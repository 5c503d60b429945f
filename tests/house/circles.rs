//! No modules import from each other in a circle, and none imports through its own parents.
//!
//! A module may import from what is below it: that is how a room is put together. What is below may import
//! what its parents define, but not what they only pass on: an item is imported from the module that
//! defines it, so that the imports show what depends on what. Code for tests is not looked at.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{
    imports::{self, Import, shown},
    module_tree::{self, ModulePath, Modules},
    repository::{Crate, crates},
};

/// The imports of the program itself that go from one module to another.
fn of_the_program(modules: &Modules) -> Vec<Import> {
    let mut all = imports::find(modules);
    all.retain(|one| !one.reference.in_test && !one.reference.in_comment);
    all
}

fn is_parent(parent: &ModulePath, of: &ModulePath) -> bool {
    parent.len() < of.len() && of.starts_with(parent)
}

/// The circles of a crate: of each group of modules that reach each other, a shortest one.
fn circles(of: &Crate, modules: &Modules) -> Vec<String> {
    let all = of_the_program(modules);
    let mut edges: BTreeMap<&ModulePath, BTreeMap<&ModulePath, &Import>> = BTreeMap::new();
    for import in &all {
        let Some(target) = &import.defined_in else {
            continue;
        };
        if target != &import.from && !is_parent(&import.from, target) {
            let from = edges.entry(&import.from).or_default();
            from.entry(target).or_insert(import);
        }
    }
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for &start in edges.keys() {
        if seen.contains(start) {
            continue;
        }
        let Some(circle) = shortest_circle(start, &edges) else {
            continue;
        };
        seen.extend(group_of(start, &edges));
        let steps = circle.iter().map(|import| {
            let target = import.defined_in.as_ref().unwrap();
            let place = import.place(modules);
            format!(
                "\n  `{}` imports from `{}`: {place}",
                shown(&import.from),
                shown(target)
            )
        });
        findings.push(format!(
            "{}: these modules import from each other in a circle{}",
            of.name,
            steps.collect::<String>()
        ));
    }
    findings
}

type Edges<'a> = BTreeMap<&'a ModulePath, BTreeMap<&'a ModulePath, &'a Import>>;

/// The imports that lead from a module back to it, as few as possible.
fn shortest_circle<'a>(start: &'a ModulePath, edges: &Edges<'a>) -> Option<Vec<&'a Import>> {
    let mut came_by: BTreeMap<&ModulePath, &Import> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for (&next, &import) in edges.get(at).into_iter().flatten() {
            if next == start {
                let mut circle = vec![import];
                while &circle.last().unwrap().from != start {
                    circle.push(came_by[&circle.last().unwrap().from]);
                }
                circle.reverse();
                return Some(circle);
            }
            if !came_by.contains_key(next) {
                came_by.insert(next, import);
                queue.push_back(next);
            }
        }
    }
    None
}

/// All modules that a module reaches and that reach it.
fn group_of<'a>(start: &'a ModulePath, edges: &Edges<'a>) -> BTreeSet<&'a ModulePath> {
    let reached_from = |start: &'a ModulePath| {
        let mut reached = BTreeSet::new();
        let mut queue = vec![start];
        while let Some(at) = queue.pop() {
            for &next in edges.get(at).into_iter().flat_map(BTreeMap::keys) {
                if reached.insert(next) {
                    queue.push(next);
                }
            }
        }
        reached
    };
    let mut group = reached_from(start);
    group.retain(|&other| reached_from(other).contains(start));
    group
}

/// The imports of a crate that work only because a parent of the module imports or re-exports the item.
fn through_parents(_: &Crate, modules: &Modules) -> Vec<String> {
    let all = of_the_program(modules);
    let wrong = all.iter().filter_map(|import| {
        let place = import.place(modules);
        Some(
            if import.reference.is_glob && is_parent(&import.named, &import.from) {
                format!("{place} imports everything of a parent: name what is used")
            } else {
                let parent = import.through.as_ref()?;
                if !is_parent(parent, &import.from) {
                    return None;
                }
                let place_of_item = import.defined_in.as_ref().map_or_else(
                    || "the crate that defines it".to_owned(),
                    |module| format!("`crate::{}`", module.join("::")),
                );
                format!(
                    "{place} imports through its parent `{}`: import it from {place_of_item}",
                    shown(parent)
                )
            },
        )
    });
    wrong.collect()
}

/// Hold a rule for all crates.
fn hold(rule: fn(&Crate, &Modules) -> Vec<String>) {
    let crates = crates();
    let findings: Vec<String> = crates
        .iter()
        .flat_map(|one| rule(one, module_tree::of(one)))
        .collect();
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}

#[test]
fn no_modules_import_from_each_other_in_a_circle() {
    hold(circles);
}

#[test]
fn no_module_imports_through_its_own_parents() {
    hold(through_parents);
}

fn made_up() -> Crate {
    Crate {
        name: "made-up".into(),
        folder: "crates/made-up".into(),
    }
}

#[test]
fn a_circle_is_found_and_named() {
    let circle = |files: &[(&str, &str)]| -> Vec<String> {
        let modules = module_tree::made_up(files);
        circles(&made_up(), &modules)
    };
    let found = circle(&[
        ("lib.rs", "mod a;\nmod b;\nmod c;"),
        ("a.rs", "use crate::b::B;\npub struct A;"),
        ("b.rs", "pub struct B;\nfn f() { super::c::f() }"),
        ("c.rs", "use crate::a::A;\npub fn f() {}"),
    ]);
    assert_eq!(
        found,
        ["made-up: these modules import from each other in a circle\
          \n  `a` imports from `b`: made-up/a.rs:1 `crate::b::B`\
          \n  `b` imports from `c`: made-up/b.rs:2 `super::c::f`\
          \n  `c` imports from `a`: made-up/c.rs:1 `crate::a::A`"]
    );
    // Through a re-export, and from a module below to one beside its parent.
    let found = circle(&[
        ("lib.rs", "mod a;\nmod b;"),
        ("a/mod.rs", "pub mod deep;\npub use deep::D;"),
        ("a/deep.rs", "pub struct D(crate::b::B);"),
        (
            "b.rs",
            "pub struct B;\nimpl B { fn d(&self) -> super::a::D { todo!() } }",
        ),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("`a::deep` imports from `b`"), "{found:?}");
    // A parent and what is below it are no circle, nor are tests.
    let found = circle(&[
        ("lib.rs", "mod a;\nmod b;"),
        ("a.rs", "mod deep;\npub struct A;\nfn f() { deep::g(); }"),
        ("a/deep.rs", "pub fn g(a: super::A) { crate::b::h(); }"),
        (
            "b.rs",
            "pub fn h() {}\n#[cfg(test)]\nmod tests { use crate::a::A; }\n#[test]\nfn t() { crate::a::f(); }",
        ),
    ]);
    assert_eq!(found, [""; 0]);
}

#[test]
fn an_import_through_a_parent_is_found_and_named() {
    let found = |files: &[(&str, &str)]| -> Vec<String> {
        let modules = module_tree::made_up(files);
        through_parents(&made_up(), &modules)
    };
    let told = found(&[
        ("lib.rs", "mod a;\npub use a::deep::D;"),
        (
            "a/mod.rs",
            "pub mod deep;\nmod other;\nuse std::path::Path;\npub use deep::D;\npub struct Own;",
        ),
        ("a/deep.rs", "pub struct D;"),
        (
            "a/other.rs",
            "use super::{D, Own, Path};\nuse super::deep::D as E;\nuse super::*;\nfn f(d: crate::D) {}",
        ),
    ]);
    assert_eq!(
        told,
        [
            "made-up/a/other.rs:1 `super::D` imports through its parent `a`: import it from `crate::a::deep`",
            "made-up/a/other.rs:1 `super::Path` imports through its parent `a`: import it from the crate \
             that defines it",
            "made-up/a/other.rs:3 `super::*` imports everything of a parent: name what is used",
            "made-up/a/other.rs:4 `crate::D` imports through its parent `lib.rs`: import it from \
             `crate::a::deep`",
        ]
    );
}
