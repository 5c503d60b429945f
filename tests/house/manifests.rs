//! What a crate may depend on: those that must not touch a disk, a process or the kernel cannot, because
//! nothing that could is among their dependencies.

use std::process::Command;

use crate::repository::{crates, root};

/// Crates that only compute. The standard library is the most that they write files with.
const PURE: &[&str] = &["dataset", "evidence", "gradebook", "ids", "judge", "report"];

/// Pure crates that still depend on one of the forbidden packages. The list only gets shorter.
const NOT_PURE_YET: &[&str] = &["dataset"];

/// Packages that no pure crate has among its dependencies, directly or not.
const FORBIDDEN: &[&str] = &[
    "anstream",
    "clap",
    "csv",
    "getrandom",
    "indicatif",
    "landlock",
    "libc",
    "nix",
    "rawzip",
    "rustix",
    "signal-hook",
    "tar",
    "tempfile",
    "terminal_size",
    "walkdir",
];

/// The forbidden packages of a list of packages.
fn forbidden_of(packages: &[String]) -> Vec<&str> {
    let packages = packages.iter().map(String::as_str);
    packages.filter(|name| FORBIDDEN.contains(name)).collect()
}

/// The names of all packages that the package in a folder is built from, those for its tests apart.
fn dependencies(folder: &std::path::Path) -> Vec<String> {
    #[expect(clippy::disallowed_methods, reason = "asks cargo about dependencies")]
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--edges", "normal,build"])
        .args(["--prefix", "none", "--format", "{p}", "--manifest-path"])
        .arg(root().join(folder).join("Cargo.toml"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let names = text.lines().filter_map(|line| line.split(' ').next());
    names.map(str::to_owned).collect()
}

#[test]
fn pure_crates_depend_on_nothing_that_touches_a_disk() {
    for &name in PURE {
        let all = crates();
        let one = all.iter().find(|one| one.name == name);
        let packages = dependencies(&one.unwrap_or_else(|| panic!("no crate `{name}`")).folder);
        let forbidden = forbidden_of(&packages);
        if NOT_PURE_YET.contains(&name) {
            assert!(
                !forbidden.is_empty(),
                "{name} is pure: take it off the list"
            );
        } else {
            assert_eq!(forbidden, [""; 0], "{name} depends on these");
        }
    }
}

#[test]
fn what_touches_a_disk_is_found_among_dependencies() {
    // The program does everything, so it has them all.
    let packages = dependencies(std::path::Path::new(""));
    for name in ["rustix", "landlock", "libc", "tempfile"] {
        assert!(forbidden_of(&packages).contains(&name), "{packages:?}");
    }
}
