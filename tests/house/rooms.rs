//! The table of `ARCHITECTURE.md`: it names every room and every crate, and each uses lower layers only.
//!
//! A row of the table begins with a layer and a name in backticks. The name is a room of the program (a module
//! directly below `src`), or a folder below `crates`.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    imports::{self, shown},
    module_tree::{self, Modules},
    repository::{crates, read},
};

/// Crates that the table does not name yet. The list only gets shorter.
const NOT_IN_THE_TABLE: &[&str] = &["ids"];

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

/// Where the modules of the program use a room that is not below their own. Links in comments count as well.
fn upward_uses(layers: &BTreeMap<String, u32>, modules: &Modules) -> Vec<String> {
    let mut wrong = Vec::new();
    for import in imports::find(modules) {
        let Some(room) = import.from.first() else {
            continue;
        };
        for target in import.defined_in.iter().chain([&import.named]) {
            let Some(used) = target.first().filter(|used| *used != room) else {
                continue;
            };
            let (Some(own), Some(layer)) = (layers.get(room), layers.get(used)) else {
                continue;
            };
            if layer >= own {
                wrong.push(format!(
                    "{} uses `{used}` (layer {layer}) in `{room}` (layer {own})",
                    import.place(modules)
                ));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    wrong
}

#[test]
fn rooms_use_lower_layers_only() {
    let program = &crates()[0];
    let modules = module_tree::of(program);
    let wrong = upward_uses(&layers(&read("ARCHITECTURE.md")), modules);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let between_rooms = imports::find(modules)
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
    let layers = layers("| layer | room |\n| ---: | --- |\n| 1 | `low` | x |\n| 2 | `high` | y |");
    let modules = module_tree::made_up(&[
        ("lib.rs", "pub mod low;\npub mod high;"),
        ("low/mod.rs", "mod part;\nuse crate::{high::H, low::part};"),
        (
            "low/part.rs",
            "//! As [`crate::high`].\nfn f() { super::super::high::g(); }",
        ),
        ("high.rs", "use crate::low;"),
    ]);
    assert_eq!(
        upward_uses(&layers, &modules),
        [
            "made-up/low/mod.rs:2 `crate::high::H` uses `high` (layer 2) in `low` (layer 1)",
            "made-up/low/part.rs:1 `crate::high` uses `high` (layer 2) in `low` (layer 1)",
            "made-up/low/part.rs:2 `super::super::high::g` uses `high` (layer 2) in `low` (layer 1)",
        ]
    );
    assert_eq!(shown(&vec!["low".into(), "part".into()]), "low::part");
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
    let mut there: BTreeSet<String> = rooms.map(|path| path[0].clone()).chain(names).collect();
    let table: BTreeSet<String> = layers(&read("ARCHITECTURE.md")).into_keys().collect();
    for &name in NOT_IN_THE_TABLE {
        assert!(
            there.remove(name) && !table.contains(name),
            "`{name}` is gone or in the table by now: take it off the list"
        );
    }
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
