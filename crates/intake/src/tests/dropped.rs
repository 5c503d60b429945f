//! What is left out.

use super::*;

#[test]
fn leftovers_of_tools_are_not_copied_at_any_level() {
    let handed = Handed::good();
    for folder in ["", "src/", "src/a/"] {
        for name in [
            ".cargo/config.toml",
            ".git/config",
            ".hg/hgrc",
            ".svn/entries",
            ".idea/x",
            ".vscode/x",
            "__MACOSX/x",
            "rust-toolchain",
            "rust-toolchain.toml",
            "Cargo.lock",
            ".DS_Store",
            ".main.rs.swp",
            "main.rs~",
            "._main.rs",
            ".venv/bin/python",
            "node_modules/a/b",
            "__pycache__/x",
            ".vs/x",
        ] {
            handed.file(format!("{folder}{name}"), "x");
        }
    }
    let (snapshot, dest) = handed.admitted();
    assert_eq!(paths(&snapshot), ["Cargo.toml", "src/main.rs"]);
    let mut copied: Vec<_> = tree(dest.path()).into_iter().map(|file| file.0).collect();
    copied.retain(|path| path.is_file());
    assert_eq!(copied.len(), 2, "{copied:?}");
}

#[test]
fn what_a_person_should_know_of_is_told_and_nothing_else() {
    let handed = Handed::good();
    for file in [
        ".cargo/config",
        ".cargo/config.toml",
        ".cargo/registry",
        ".git/config",
        ".venv/x",
        "Cargo.lock",
        "rust-toolchain",
        "src/.cargo/x",
        "target/x",
        "target (1)/CACHEDIR.TAG",
        "target (1)/debug/x",
        "tools/target/CACHEDIR.TAG",
        "venv/pyvenv.cfg",
        "venv/lib/x",
    ] {
        handed.file(file, "x");
    }
    symlink("/usr/bin/python3", handed.path("venv/python3")).unwrap();
    assert_eq!(
        told(&handed.admitted().0),
        [
            ".cargo/config.toml is configuration, and the course's own is used",
            ".cargo/config is configuration, and the course's own is used",
            ".venv is what a tool has made",
            "rust-toolchain is configuration, and the course's own is used",
            "target (1) is what a tool has made",
            "venv is what a tool has made",
        ]
    );
}

#[test]
fn the_contents_of_what_a_tool_has_made_cost_nothing() {
    let handed = Handed::good();
    handed.file("target 2/CACHEDIR.TAG", "");
    for n in 0..200 {
        handed
            .file(format!("target 2/{n}"), "x")
            .file(format!("node_modules/{n}"), "x");
    }
    let limits = Limits {
        entries: 10,
        bytes: 100,
        depth: 2,
    };
    assert_eq!(
        paths(&handed.admitted_within(limits).0),
        ["Cargo.toml", "src/main.rs"]
    );
}

#[test]
fn what_is_left_out_may_be_anything() {
    let handed = Handed::good();
    symlink("/", handed.path(".git")).unwrap();
    symlink("nowhere", handed.path(".cargo")).unwrap();
    symlink("/tmp", handed.path("target")).unwrap();
    mkfifoat(CWD, handed.path("rust-toolchain"), Mode::RUSR).unwrap();
    handed.file(".idea/a/b/c/d", "");
    symlink("nowhere", handed.path(".idea/link")).unwrap();
    handed.file(OsStr::from_bytes(b"\xff\x1b~"), "");
    let (snapshot, _dest) = handed.admitted_within(Limits { depth: 1, ..LIMITS });
    assert_eq!(paths(&snapshot), ["Cargo.toml", "src/main.rs"]);
}

#[test]
fn what_cargo_has_built_is_left_out() {
    let handed = Handed::good();
    handed.file("target/debug/x", "").file("target/x", "");
    handed.file("tools/target/CACHEDIR.TAG", "Signature: …");
    handed.file("tools/target/x", "");
    // A module of that name, and a file.
    handed.file("src/target/mod.rs", "");
    handed.file("src/a/target", "");
    let (snapshot, dest) = handed.admitted();
    let kept = [
        "Cargo.toml",
        "src/a/target",
        "src/main.rs",
        "src/target/mod.rs",
    ];
    assert_eq!(paths(&snapshot), kept);
    assert!(!dest.path().join("tools/target").exists());
}

#[test]
fn a_top_target_is_left_out_even_if_it_cannot_be_read() {
    let handed = Handed::good();
    handed.file("target/x", "");
    fs::set_permissions(handed.path("target"), Permissions::from_mode(0o000)).unwrap();
    let (snapshot, _dest) = handed.admitted();
    assert_eq!(paths(&snapshot), ["Cargo.toml", "src/main.rs"]);
    fs::set_permissions(handed.path("target"), Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn a_file_called_target_is_kept_and_a_pipe_called_so_is_told() {
    let handed = Handed::good();
    handed.file("target", "");
    assert!(handed.admitted().0.contains("target"));
    fs::remove_file(handed.path("target")).unwrap();
    mkfifoat(CWD, handed.path("target"), Mode::RUSR).unwrap();
    let (snapshot, _dest) = handed.admitted();
    assert_eq!(told(&snapshot), ["target is a named pipe, not a file"]);
}
