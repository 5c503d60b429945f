//! Where the code of this repository is: its crates and their Rust files.
//!
//! Never: judges what it finds.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folder of the repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap().to_path_buf()
}

/// The text of a file, by its path in the repository.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// One crate whose structure the rules hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Crate {
    /// `grade`, or the name of the folder below `crates`.
    pub(crate) name: String,
    /// Its folder in the repository; empty for the program itself.
    pub(crate) folder: PathBuf,
}

impl Crate {
    /// The file of its root module, by its path in the repository.
    pub(crate) fn root_file(&self) -> PathBuf {
        self.folder.join("src/lib.rs")
    }

    /// Whether it is the program itself, whose rooms are its top modules.
    pub(crate) fn is_program(&self) -> bool {
        self.folder.as_os_str().is_empty()
    }
}

/// The program, and every crate below `crates`.
pub(crate) fn crates() -> Vec<Crate> {
    let program = Crate {
        name: "grade".into(),
        folder: PathBuf::new(),
    };
    let others = folders_of_crates().into_iter().map(|name| Crate {
        folder: Path::new("crates").join(&name),
        name,
    });
    std::iter::once(program).chain(others).collect()
}

/// The names of the folders below `crates`, sorted.
fn folders_of_crates() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("Cargo.toml").is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Every file below a folder of the repository whose name ends in one of these, by its path in the
/// repository; nothing where there is no such folder.
pub(crate) fn files(folder: impl AsRef<Path>, ends: &[&str]) -> Vec<PathBuf> {
    fn walk(folder: &Path, ends: &[&str], found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if !path.ends_with("target") {
                    walk(&path, ends, found);
                }
            } else if ends.iter().any(|end| path.to_string_lossy().ends_with(end)) {
                found.push(path.strip_prefix(root()).unwrap().to_path_buf());
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), ends, &mut found);
    found.sort();
    found
}

#[test]
fn the_crates_and_their_files_are_found() {
    let crates = crates();
    let names: Vec<&str> = crates.iter().map(|one| one.name.as_str()).collect();
    assert!(
        names.starts_with(&["grade"]) && names.contains(&"evidence"),
        "{names:?}"
    );
    for one in &crates {
        assert!(root().join(one.root_file()).is_file(), "{one:?}");
    }
    assert!(files("src", &[".rs"]).contains(&"src/lib.rs".into()));
}
