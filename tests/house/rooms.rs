//! The table of `ARCHITECTURE.md`: it names every room and every crate, and each uses lower layers only.
//!
//! A row of the table begins with a layer and a name in backticks. The name is a room of the program (a module
//! directly below `src`), or a folder below `crates`.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    imports,
    module_tree::{self, ModulePath, Modules},
    repository::{Crate, crates, read},
};

/// Name and layer of every row.
fn layers(text: &str) -> BTreeMap<String, u32> {
    text.lines()
        .filter_map(|line| {
            let mut cells = line.split('|').map(str::trim).skip(1);
            let layer = cells.next()?.parse().ok()?;
            let name = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
            let name = name.strip_prefix("crates/").unwrap_or(name);
            Some((name.to_owned(), layer))
        })
        .collect()
}

/// The folders below `crates`, by the names that code knows the crates by.
fn crates_by_name(manifest: &str) -> BTreeMap<String, String> {
    let manifest: toml::Table = manifest.parse().unwrap();
    let dependencies = manifest["workspace"]["dependencies"].as_table().unwrap();
    let folder = |value: &toml::Value| {
        let path = value.get("path")?.as_str()?;
        Some(path.strip_prefix("crates/")?.to_owned())
    };
    dependencies
        .iter()
        .filter_map(|(name, value)| Some((name.replace('-', "_"), folder(value)?)))
        .collect()
}

/// Where a crate uses a room or a crate that is not below the user. Links in comments count as well.
fn upward_uses(
    layers: &BTreeMap<String, u32>,
    of: &Crate,
    modules: &Modules,
    names: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = |from: Option<&String>, to: Option<&String>, place: String| {
        let (Some(from), Some(to)) = (from, to) else {
            return;
        };
        if let (Some(own), Some(layer)) = (layers.get(from), layers.get(to))
            && from != to
            && layer >= own
        {
            wrong.push(format!(
                "{place} uses `{to}` (layer {layer}) in `{from}` (layer {own})"
            ));
        }
    };
    let room = |module: &ModulePath| {
        if of.is_program() {
            module.first().cloned()
        } else {
            Some(of.name.clone())
        }
    };
    if of.is_program() {
        for import in imports::find(modules) {
            for target in import.defined_in.iter().chain([&import.named]) {
                check(
                    room(&import.from).as_ref(),
                    target.first(),
                    import.place(modules),
                );
            }
        }
    }
    for (path, module) in modules {
        for reference in &module.references {
            let first = &reference.path[0];
            let mut child = path.clone();
            child.push(first.clone());
            // A name alone is a variable, even if a crate is called the same.
            if modules.contains_key(&child) || reference.path.len() == 1 {
                continue;
            }
            let place = format!(
                "{}:{} `{}`",
                module.file.display(),
                reference.line,
                reference.path.join("::")
            );
            check(room(path).as_ref(), names.get(first), place);
        }
    }
    wrong.sort();
    wrong.dedup();
    wrong
}

#[test]
fn rooms_and_crates_use_lower_layers_only() {
    let (layers, names) = (
        layers(&read("ARCHITECTURE.md")),
        crates_by_name(&read("Cargo.toml")),
    );
    let mut wrong = Vec::new();
    for one in crates() {
        wrong.extend(upward_uses(&layers, &one, module_tree::of(&one), &names));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let between_rooms = imports::find(module_tree::of(&crates()[0]))
        .iter()
        .filter(|import| import.named.first() != import.from.first())
        .count();
    assert!(
        between_rooms > 50,
        "only {between_rooms} uses were found: does the reading still work?"
    );
}

#[test]
fn a_use_of_a_higher_room_is_found_however_it_is_written() {
    let layers = layers(
        "| layer | room |\n| ---: | --- |\n| 1 | `low` | x |\n| 2 | `high` | y |\n| 2 | `crates/tool` |",
    );
    let names = crates_by_name(
        "[workspace.dependencies]\nthe-tool = { package = \"a\", path = \"crates/tool\" }\nserde = \"1\"",
    );
    let modules = module_tree::made_up(&[
        ("lib.rs", "pub mod low;\npub mod high;"),
        (
            "low/mod.rs",
            "mod part;\nuse crate::{high::H, low::part};\nuse the_tool::T;",
        ),
        (
            "low/part.rs",
            "//! As [`crate::high`].\nfn f() { super::super::high::g(); }",
        ),
        (
            "high.rs",
            "use crate::low;\nmod the_tool {}\nuse the_tool::U;",
        ),
    ]);
    let program = Crate {
        name: "program".into(),
        folder: "".into(),
    };
    assert_eq!(
        upward_uses(&layers, &program, &modules, &names),
        [
            "made-up/low/mod.rs:2 `crate::high::H` uses `high` (layer 2) in `low` (layer 1)",
            "made-up/low/mod.rs:3 `the_tool::T` uses `tool` (layer 2) in `low` (layer 1)",
            "made-up/low/part.rs:1 `crate::high` uses `high` (layer 2) in `low` (layer 1)",
            "made-up/low/part.rs:2 `super::super::high::g` uses `high` (layer 2) in `low` (layer 1)",
        ]
    );
    // In a crate, only what it takes from other crates is a use.
    let low = Crate {
        name: "low".into(),
        folder: "crates/low".into(),
    };
    assert_eq!(
        upward_uses(&layers, &low, &modules, &names),
        ["made-up/low/mod.rs:3 `the_tool::T` uses `tool` (layer 2) in `low` (layer 1)"]
    );
}

/// What the table lacks, and what it has that is not there.
fn differences(table: &BTreeSet<String>, rooms: &BTreeSet<String>) -> Vec<String> {
    let lacks = rooms.difference(table);
    let lacks = lacks.map(|name| format!("ARCHITECTURE.md has no row for `{name}`"));
    let gone = table.difference(rooms);
    let gone =
        gone.map(|name| format!("`{name}` of ARCHITECTURE.md is neither a room nor a crate"));
    lacks.chain(gone).collect()
}

#[test]
fn the_table_has_every_room_and_every_crate_and_no_other() {
    let crates = crates();
    let program = module_tree::of(&crates[0]);
    let rooms = program.keys().filter(|path| path.len() == 1);
    let names = crates[1..].iter().map(|one| one.name.clone());
    let there: BTreeSet<String> = rooms.map(|path| path[0].clone()).chain(names).collect();
    let table: BTreeSet<String> = layers(&read("ARCHITECTURE.md")).into_keys().collect();
    let wrong = differences(&table, &there);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_room_that_the_table_lacks_and_one_that_is_gone_are_found() {
    let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(
        differences(&set(&["old", "kept"]), &set(&["kept", "new"])),
        [
            "ARCHITECTURE.md has no row for `new`",
            "`old` of ARCHITECTURE.md is neither a room nor a crate",
        ]
    );
}
