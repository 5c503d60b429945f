//! A machine that lacks something, or a reference that fails: never the student's
//! failure.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{LazyLock, Once},
};

use assert_cmd::Command;

use crate::support::{
    command::run,
    files::{copy_tree, names, write_script},
    submission, sysroot,
    workspace::{CourseCopy, Workspace},
};

/// A reference, or a submission, that needs nothing but the standard library.
const STD_ONLY: &str = r#"
use std::{fs, path::PathBuf, thread};

fn product(path: &PathBuf) -> u64 {
    let text = fs::read_to_string(path).unwrap();
    let line = |n: usize| text.lines().nth(n - 1).unwrap().parse::<u64>().unwrap();
    line(3) * line(17)
}

fn main() {
    let files: Vec<PathBuf> = fs::read_dir(".").unwrap().map(|e| e.unwrap().path()).collect();
    let half = |files: &[PathBuf]| files.iter().map(product).sum::<u64>();
    let (left, right) = files.split_at(files.len() / 2);
    let total = thread::scope(|scope| {
        let left = scope.spawn(|| half(left));
        half(right) + left.join().unwrap()
    });
    println!("{total}");
}
"#;

const STD_MANIFEST: &str = "[package]\nname = \"sum\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";

/// Grade the crate with rayon in it, once, so that everything is in the shared cache.
fn warm() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let workspace = Workspace::new();
        let command = &mut grading(&workspace, &submission("correct-rayon-par-iter"));
        run(command).code(0);
    });
}

/// A cache of this workspace alone, with these parts of one that has rayon's layer and no other: in the
/// shared one a batch makes the full layer, which then serves instead and takes long to make again.
pub(super) fn cache_with(workspace: &Workspace, parts: &[&str]) -> PathBuf {
    static OF_RAYON: LazyLock<PathBuf> = LazyLock::new(|| {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rayon-cache");
        let workspace = Workspace::new();
        let command = &mut grading(&workspace, &submission("correct-rayon-par-iter"));
        run(command.env("GRADE_CACHE_DIR", &cache)).code(0);
        cache
    });
    let private = workspace.path("cache");
    fs::create_dir(&private).unwrap();
    for part in parts {
        copy_tree(&OF_RAYON.join(part), &private.join(part));
    }
    private
}

/// Grade on one seed.
pub(super) fn grading(workspace: &Workspace, folder: &Path) -> Command {
    let mut command = workspace.grade();
    command.args(["sum-of-products", "--seed", "0"]).arg(folder);
    command
}

#[test]
fn without_a_toolchain_the_error_says_where_to_get_one() {
    let workspace = Workspace::new();
    let command = &mut grading(&workspace, &submission("serial"));
    command.env("PATH", "/nonexistent").env_remove("RUSTC");
    run(command).refuses(
        3,
        &["failed to start the compiler `rustc`", "https://rustup.rs"],
    );
    let command = &mut grading(&workspace, &submission("serial"));
    command.env("RUSTC", "/nonexistent/rustc");
    run(command).refuses(
        3,
        &[
            "failed to start the compiler `/nonexistent/rustc`",
            "https://rustup.rs",
        ],
    );
    workspace.assert_nothing_left();
}

/// As a shell after `trap '' CHLD`, and daemons that let the kernel reap.
#[test]
fn a_caller_that_ignores_sigchld_changes_nothing() {
    warm();
    let workspace = Workspace::new();
    let careless = ["env", "--ignore-signal=CHLD", "--block-signal=CHLD"].map(str::to_owned);
    let command = &mut workspace.grade_behind(&careless);
    command.args(["sum-of-products", "--seed", "0"]);
    run(command.arg(submission("correct-rayon-par-iter"))).code(0);
    workspace.assert_nothing_left();
}

/// A folder with rustc in it and nothing else.
fn only_rustc(workspace: &Workspace) -> PathBuf {
    let folder = workspace.path("bin");
    fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink(sysroot().join("bin/rustc"), folder.join("rustc")).unwrap();
    folder
}

/// The limits of a shell, a service or a login bound the limits of programs.
#[test]
fn resource_limits_below_the_courses_prevent_grading() {
    warm();
    let workspace = Workspace::new();
    for (limit, what, key) in [
        (
            "--nofile=900:900",
            "4096 open files",
            "`limits.run.open-files`",
        ),
        (
            "--fsize=62000000:62000000",
            "64 MiB in one file",
            "`limits.run.file-size`",
        ),
        (
            "--cpu=20:20",
            "31 seconds of processor time",
            "`limits.run.cpu`",
        ),
        (
            "--nproc=2000:2000",
            "2048 processes and threads",
            "`limits.run.tasks`",
        ),
        ("--stack=7000000:7000000", "8 MiB of stack", "`ulimit -Hs`"),
        (
            "--as=4294967296:4294967296",
            "MiB of address space",
            "`limits.run.memory`",
        ),
        (
            "--data=4294967296:4294967296",
            "MiB of data",
            "`limits.run.memory`",
        ),
    ] {
        let command = &mut workspace.grade_behind(&["prlimit", limit].map(str::to_owned));
        command
            .args(["sum-of-products", "--seed", "0"])
            .arg(submission("serial"));
        run(command).refuses(3, &["failed to grant", what, "ulimit -H", key]);
    }
    workspace.assert_nothing_left();
}

/// A compiler that fails because of a missing resource while the command `is_short` succeeds, but not at the
/// probe crate.
fn short_of_something(workspace: &Workspace, is_short: &str) -> PathBuf {
    let toolchain = workspace.path("toolchain");
    let rustc = toolchain.join("bin/rustc");
    fs::create_dir_all(rustc.parent().unwrap()).unwrap();
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in\n\
         *--print*) exec echo '{}' ;;\n\
         -vV | *--crate-name=probe*) ;;\n\
         *) if {is_short}; then echo 'failed to spawn a thread: Resource temporarily unavailable' >&2; \
         exit 101; fi ;;\nesac\nexec '{}' \"$@\"\n",
        toolchain.display(),
        sysroot().join("bin/rustc").display()
    );
    write_script(&rustc, &script);
    rustc
}

#[test]
fn a_compiler_that_lacked_a_resource_for_a_moment_costs_no_points() {
    warm();
    let workspace = Workspace::new();
    let once = format!("mkdir '{}' 2> /dev/null", workspace.path("asked").display());
    for (is_short, code, words) in [
        (&*once, 0, "PASS"),
        // Always, and only when the submission is compiled.
        ("true", 1, "failed to spawn a thread"),
    ] {
        let command = &mut grading(&workspace, &submission("correct-u64-fold"));
        command.env("RUSTC", short_of_something(&workspace, is_short));
        // No job can read a script of the test.
        command.args(["--isolation", "none"]);
        run(command).code(code).reports(&[words]);
    }
    assert!(
        workspace.path("asked").exists(),
        "it was never short of anything"
    );
    workspace.assert_nothing_left();
}

#[test]
fn without_a_linker_a_submission_is_not_graded() {
    warm();
    let workspace = Workspace::new();
    let path = only_rustc(&workspace);
    for name in ["correct-u64-fold", "correct-rayon-par-iter"] {
        let command = &mut grading(&workspace, &submission(name));
        run(command.env_remove("RUSTC").env("PATH", &path))
            .code(3)
            .reports(&[
                "NOT GRADED",
                "no points were given or taken",
                "failed to compile even a program of one line",
                "linker `cc` not found",
                "apt install gcc",
            ]);
    }
    workspace.assert_nothing_left();
}

#[test]
fn without_a_linker_a_mistake_in_the_source_is_still_reported() {
    warm();
    let workspace = Workspace::new();
    let command = &mut grading(&workspace, &submission("type-error"));
    run(command
        .env_remove("RUSTC")
        .env("PATH", only_rustc(&workspace)))
    .code(1)
    .reports(&["FAIL build"]);
}

#[test]
fn without_a_linker_and_a_kept_reference_nothing_is_graded() {
    let workspace = Workspace::new();
    let path = only_rustc(&workspace);
    let layers = cache_with(&workspace, &["layers"]);
    for (cache, words) in [
        (
            layers,
            [
                "failed to compile even a program of one line",
                "apt install gcc",
            ],
        ),
        (
            workspace.path("empty"),
            ["failed to compile the course's crates", "apt install gcc"],
        ),
    ] {
        let command = &mut grading(&workspace, &submission("serial"));
        command
            .env_remove("RUSTC")
            .env("PATH", &path)
            .env("GRADE_CACHE_DIR", cache);
        run(command)
            .refuses(3, &words)
            .complains(&["linker `cc` not found"]);
        workspace.assert_nothing_left();
    }
}

/// A cargo that has nothing and may fetch nothing.
fn offline(workspace: &Workspace, command: &mut Command) {
    let home = workspace.path("cargo-home");
    fs::create_dir_all(&home).unwrap();
    command
        .env("CARGO_HOME", home)
        .env("CARGO_NET_OFFLINE", "true");
    command.env("GRADE_CACHE_DIR", workspace.path("cache"));
}

#[test]
fn without_a_network_the_first_grading_says_that_it_needs_one() {
    let workspace = Workspace::new();
    for name in ["correct-rayon-par-iter", "serial"] {
        let command = &mut grading(&workspace, &submission(name));
        offline(&workspace, command);
        run(command).refuses(
            3,
            &[
                "failed to fetch the course's crates",
                "needs the network for this once",
            ],
        );
        workspace.assert_nothing_left();
        let kept = names(&workspace.path("cache/layers"));
        assert!(
            kept.iter()
                .all(|name| Path::new(name).extension().is_some_and(|e| e == "lock")),
            "{kept:?}"
        );
    }
}

#[test]
fn a_submission_without_crates_needs_no_network() {
    let workspace = Workspace::new();
    let course = workspace.course();
    course.write(CourseCopy::REFERENCE, STD_ONLY);
    course.write("reference/sum-of-products/Cargo.toml", STD_MANIFEST);
    let folder = workspace.submission("std-only", "", STD_ONLY);
    let command = &mut grading(&workspace, &folder);
    offline(&workspace, command);
    run(command.arg("--course").arg(&course.root)).code(0);
    assert!(!workspace.path("cache/layers").exists());
    // Only now is there something to fetch.
    let command = &mut grading(&workspace, &submission("correct-rayon-par-iter"));
    offline(&workspace, command);
    run(command.arg("--course").arg(&course.root))
        .code(3)
        .reports(&[
            "NOT GRADED",
            "failed to fetch the course's crates",
            "needs the network",
        ]);
    workspace.assert_nothing_left();
}

#[test]
fn a_lock_file_that_is_missing_is_written() {
    let workspace = Workspace::new();
    let course = workspace.course();
    course.write("grader.toml", "format-version = 1\n");
    course.write(CourseCopy::REFERENCE, STD_ONLY);
    course.write("reference/sum-of-products/Cargo.toml", STD_MANIFEST);
    fs::remove_file(course.root.join("grader.lock")).unwrap();
    let folder = workspace.submission("std-only", "", STD_ONLY);
    let grade = || {
        let mut command = grading(&workspace, &folder);
        offline(&workspace, &mut command);
        run(command.arg("--course").arg(&course.root)).code(0);
        fs::read_to_string(course.root.join("grader.lock")).unwrap()
    };
    let first = grade();
    assert!(first.contains("course-crates"), "{first}");
    assert_eq!(grade(), first);
}

#[test]
fn a_lock_file_that_cannot_be_made_is_reported_and_not_begun() {
    let workspace = Workspace::new();
    let course = workspace.course();
    fs::remove_file(course.root.join("grader.lock")).unwrap();
    let command = &mut grading(&workspace, &submission("serial"));
    offline(&workspace, command);
    run(command.arg("--course").arg(&course.root)).refuses(
        3,
        &[
            "failed to lock the course's crates",
            "needs the network once",
            "`grader.lock`",
        ],
    );
    assert_eq!(
        names(&course.root),
        ["exercises", "grader.toml", "reference"]
    );
}

/// Damage the reference of a copy of the course: nothing may be graded.
#[track_caller]
fn reference_fails(main: &str, words: &[&str]) {
    let workspace = Workspace::new();
    let course = workspace.course();
    course.write(CourseCopy::REFERENCE, main);
    let command = &mut grading(&workspace, &submission("correct-u64-fold"));
    run(command.arg("--course").arg(&course.root))
        .refuses(4, &["so nothing was graded"])
        .complains(words);
    workspace.assert_nothing_left();
}

#[test]
fn a_reference_that_fails_means_that_nothing_is_graded() {
    reference_fails(
        "fn main() { println!(\"2483973\") }",
        &["`files-read`", "no data file was read"],
    );
    reference_fails(
        "fn main() { panic!(\"so sad\") }",
        &["`run`", "panicked", "so sad"],
    );
    reference_fails(
        &STD_ONLY.replace("{total}", "the total is {total}"),
        &["`total`", "the total is 2483973"],
    );
    reference_fails(
        "fn main() { 1 + }",
        &["`build`", "does not compile", "src/main.rs:1"],
    );
}

#[test]
fn a_reference_that_is_missing_or_refused_means_that_nothing_is_graded() {
    for (file, with, words) in [
        (
            "reference/sum-of-products/Cargo.toml",
            Some("[package"),
            "Cargo.toml",
        ),
        ("reference/sum-of-products", None, "there is no folder"),
    ] {
        let workspace = Workspace::new();
        let course = workspace.course();
        match with {
            Some(text) => course.write(file, text),
            None => fs::rename(course.root.join(file), workspace.path("elsewhere")).unwrap(),
        }
        let command = &mut grading(&workspace, &submission("correct-u64-fold"));
        run(command.arg("--course").arg(&course.root)).refuses(
            4,
            &["nothing was graded", words, "reference/sum-of-products"],
        );
    }
}
