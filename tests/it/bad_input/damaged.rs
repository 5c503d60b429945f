//! A cache that was damaged: what is in it is made again, and costs nobody a point.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::machine::{cache_with, grading};
use crate::support::{command::run, files::names, submission, workspace::Workspace};

/// Change one byte in every block of a file, from offset `from` on.
fn damage(file: &Path, from: usize, block: usize) {
    let mut bytes = fs::read(file).unwrap();
    let mut at = from;
    while at < bytes.len() {
        bytes[at] ^= 0x55;
        at += block;
    }
    fs::write(file, bytes).unwrap();
}

/// Every library in a cache's layers.
fn libraries(cache: &Path) -> Vec<PathBuf> {
    let layers = cache.join("layers");
    let folders = names(&layers).into_iter().map(|name| layers.join(name));
    let folders = folders.filter(|folder| folder.is_dir());
    let files = folders.flat_map(|folder| {
        names(&folder)
            .into_iter()
            .map(move |name| folder.join(name))
    });
    files
        .filter(|file| {
            file.extension()
                .is_some_and(|extension| extension == "rlib")
        })
        .collect()
}

/// A correct submission passes with damaged libraries, and by the second time they are made again.
#[track_caller]
fn costs_no_points(damage: impl Fn(&Path)) {
    let workspace = Workspace::new();
    let private = cache_with(&workspace, &["layers", "references"]);
    let libraries = libraries(&private);
    assert!(!libraries.is_empty());
    for library in &libraries {
        damage(library);
    }
    let grade = || {
        let command = &mut grading(&workspace, &submission("correct-rayon-par-iter"));
        run(command.env("GRADE_CACHE_DIR", &private)).code(0)
    };
    let output = grade();
    assert!(
        output.stderr.contains("grade: compiling crates ("),
        "{}",
        output.shown()
    );
    // The first grading kept its program, and its record.
    fs_scratch::remove_tree(&private.join("gradings")).unwrap();
    let output = grade();
    assert!(
        !output.stderr.contains("compiling crates"),
        "it was not made again: {}",
        output.shown()
    );
    workspace.assert_nothing_left();
}

#[test]
#[ignore = "compiles the course's crates anew; run by its own command, and by `.ci/run`"]
fn a_layer_that_does_not_compile_any_more_costs_no_points() {
    costs_no_points(|library| damage(library, 9, 4096));
}

#[test]
#[ignore = "takes ten seconds; run by its own command, and by `.ci/run`"]
fn a_layer_that_compiles_and_then_crashes_costs_no_points() {
    costs_no_points(spoil_machine_code);
}

#[test]
#[ignore = "compiles the course's crates anew; run by its own command, and by `.ci/run`"]
fn a_reference_is_not_built_from_a_damaged_layer() {
    let workspace = Workspace::new();
    let private = cache_with(&workspace, &["layers"]);
    for library in libraries(&private) {
        spoil_machine_code(&library);
    }
    let command = &mut grading(&workspace, &submission("correct-u64-fold"));
    run(command.env("GRADE_CACHE_DIR", &private)).code(0);
}

/// Put traps in the place of all machine code of a library, so that it still links.
fn spoil_machine_code(library: &Path) {
    let mut bytes = fs::read(library).unwrap();
    let number = |bytes: &[u8], at: usize, size: usize| {
        bytes[at..at + size]
            .iter()
            .rev()
            .fold(0_usize, |n, &byte| n << 8 | usize::from(byte))
    };
    let starts: Vec<usize> = (0..bytes.len() - 64)
        .filter(|&at| bytes[at..].starts_with(b"\x7fELF"))
        .collect();
    let mut spoiled = 0;
    for start in starts {
        // The table of sections: where it is, how large an entry is, how many there are.
        let (table, size, count) = (
            number(&bytes, start + 0x28, 8),
            number(&bytes, start + 0x3A, 2),
            number(&bytes, start + 0x3C, 2),
        );
        for entry in (0..count).map(|n| start + table + n * size) {
            let is_code = number(&bytes, entry + 8, 8) & 4 != 0;
            if is_code {
                let (at, len) = (
                    start + number(&bytes, entry + 0x18, 8),
                    number(&bytes, entry + 0x20, 8),
                );
                bytes[at..at + len].fill(0xCC);
                spoiled += len;
            }
        }
    }
    assert!(
        spoiled > 0 || !library.to_string_lossy().contains("rayon"),
        "no code in {}",
        library.display()
    );
    fs::write(library, bytes).unwrap();
}

#[test]
#[ignore = "compiles the course's crates anew; run by its own command, and by `.ci/run`"]
fn a_layer_that_lost_a_file_is_made_again() {
    let workspace = Workspace::new();
    let private = cache_with(&workspace, &["layers", "references"]);
    for library in libraries(&private) {
        if library.to_string_lossy().contains("rayon_core") {
            fs::remove_file(library).unwrap();
        }
    }
    let command = &mut grading(&workspace, &submission("correct-rayon-par-iter"));
    let output = run(command.env("GRADE_CACHE_DIR", &private)).code(0);
    assert!(
        output.stderr.contains("grade: compiling crates ("),
        "{}",
        output.shown()
    );
}

#[test]
#[ignore = "takes ten seconds; run by its own command, and by `.ci/run`"]
fn a_damaged_reference_program_is_built_again() {
    let workspace = Workspace::new();
    let private = cache_with(&workspace, &["layers", "references"]);
    let programs = || {
        let mut programs = names(&private.join("references"));
        // Another test may have made a lock file by now.
        programs.retain(|name| !name.ends_with("lock"));
        programs
    };
    let kept = programs();
    for program in &kept {
        damage(
            &private.join("references").join(program).join("program"),
            100,
            4096,
        );
    }
    let grade = || {
        let command = &mut grading(&workspace, &submission("correct-u64-fold"));
        run(command.env("GRADE_CACHE_DIR", &private).arg("--fresh")).code(0);
    };
    grade();
    assert_eq!(programs(), kept);
    let program = private.join("references").join(&kept[0]).join("program");
    let before = fs::metadata(&program).unwrap().modified().unwrap();
    grade();
    assert_eq!(
        fs::metadata(&program).unwrap().modified().unwrap(),
        before,
        "it was not kept"
    );
}
