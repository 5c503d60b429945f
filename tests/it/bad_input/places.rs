//! Paths that cannot be written to or read from: the temporary folder, the report, the cache.

use std::{fs, path::Path};

use assert_cmd::Command;

use crate::support::{
    command::run,
    files::{Locked, copy_tree, names, write_script},
    submission, sysroot,
    workspace::Workspace,
};

/// The program in a mount namespace of its own, with a file system of the test as the temporary folder.
fn with_temp_on(workspace: &Workspace, options: &str) -> Command {
    let script = format!(
        "mount -t tmpfs -o {options} grade-test '{}' || \
         {{ echo 'hint: error: this test needs user and mount namespaces: install util-linux and allow \
         unprivileged user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0)' >&2; \
         exit 99; }}; exec \"$@\"",
        workspace.temp().display()
    );
    let namespace = [
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        &script,
        "sh",
    ];
    let mut command = workspace.grade_behind(&namespace.map(str::to_owned));
    command.args([
        "sum-of-products",
        "--seed",
        "0",
        "reference/sum-of-products",
    ]);
    command
}

#[test]
fn a_temporary_folder_that_is_missing_is_named() {
    let workspace = Workspace::new();
    let command = &mut workspace.grade();
    command.args(["sum-of-products", "--temp-dir", "/no/such/place"]);
    run(command).refuses(2, &["failed to use", "`/no/such/place`", "--temp-dir DIR"]);
}

#[test]
fn a_temporary_folder_that_is_a_file_is_named() {
    let workspace = Workspace::new();
    fs::write(workspace.path("file"), "kept").unwrap();
    let command = &mut workspace.grade();
    command
        .args(["sum-of-products", "--temp-dir"])
        .arg(workspace.path("file"));
    run(command).refuses(2, &["failed to use", "/file`", "--temp-dir DIR"]);
    assert_eq!(fs::read_to_string(workspace.path("file")).unwrap(), "kept");
}

#[test]
fn a_temporary_folder_that_is_read_only_is_named() {
    let workspace = Workspace::new();
    let locked = Locked::new(&workspace.temp(), 0o555);
    let temp = workspace.temp().display().to_string();
    let words = [
        "failed to write into",
        &temp,
        "Permission denied",
        "--temp-dir DIR",
    ];
    run(workspace.grade_as_ordinary_user().arg("sum-of-products")).refuses(3, &words);
    drop(locked);
    let words = [
        "failed to write into",
        &temp,
        "Read-only file system",
        "--temp-dir DIR",
    ];
    run(&mut with_temp_on(&workspace, "ro")).refuses(3, &words);
}

#[test]
fn a_temporary_folder_from_which_nothing_can_be_started_is_named() {
    let workspace = Workspace::new();
    let temp = workspace.temp().display().to_string();
    run(&mut with_temp_on(&workspace, "noexec"))
        .refuses(3, &[&temp, "mounted noexec", "--temp-dir DIR"]);
}

#[test]
fn a_temporary_folder_that_records_no_reads_is_named() {
    let workspace = Workspace::new();
    let temp = workspace.temp().display().to_string();
    run(&mut with_temp_on(&workspace, "noatime")).refuses(
        3,
        &[
            &temp,
            "does not record when files are read",
            "--temp-dir DIR",
        ],
    );
}

#[test]
fn a_temporary_folder_that_is_full_is_the_machines_fault() {
    // Too small for a folder, for a program, for the data, for a thousand names; each fails elsewhere.
    for size in [
        "size=8k",
        "size=64k",
        "size=1m",
        "size=4m",
        "size=64m,nr_inodes=200",
    ] {
        let workspace = Workspace::new();
        let output = run(&mut with_temp_on(&workspace, size)).code(3);
        let output = output.complains(&[
            "No space left on device",
            "free some space",
            "--temp-dir DIR",
        ]);
        assert_eq!(output.stdout, "", "{size}: {}", output.shown());
    }
}

/// Ask for a report in `file`, which must be refused before anything is built.
#[track_caller]
fn report_refused(workspace: &Workspace, command: &mut Command, file: &str, why: &str) {
    command
        .args(["sum-of-products", "--report"])
        .arg(workspace.path(file));
    run(command).refuses(
        2,
        &[
            "failed to write the report",
            file,
            why,
            "name a file in a folder",
        ],
    );
    workspace.assert_nothing_left();
}

#[test]
fn a_report_that_cannot_be_written_is_reported_before_the_grading() {
    let workspace = Workspace::new();
    let folder = workspace.path("reports");
    fs::create_dir(&folder).unwrap();
    report_refused(
        &workspace,
        &mut workspace.grade(),
        "nowhere/report.txt",
        "No such file or directory",
    );
    report_refused(&workspace, &mut workspace.grade(), "reports", "directory");
    fs::write(workspace.path("file"), "").unwrap();
    report_refused(
        &workspace,
        &mut workspace.grade(),
        "file/report.txt",
        "Not a directory",
    );
    let locked = Locked::new(&folder, 0o555);
    let command = &mut workspace.grade_as_ordinary_user();
    report_refused(
        &workspace,
        command,
        "reports/report.txt",
        "Permission denied",
    );
    drop(locked);
    assert_eq!(names(&folder), [] as [&str; 0]);
}

#[test]
fn a_report_that_was_there_stays_as_it_was_when_nothing_is_graded() {
    let workspace = Workspace::new();
    let folder = workspace.path("reports");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("report.txt"), "of yesterday").unwrap();
    let command = &mut workspace.grade();
    command.args([
        "sum-of-products",
        "--temp-dir",
        "/no/such/place",
        "--report",
    ]);
    run(command.arg(folder.join("report.txt"))).refuses(2, &["temporary folder"]);
    assert_eq!(names(&folder), ["report.txt"]);
    assert_eq!(
        fs::read_to_string(folder.join("report.txt")).unwrap(),
        "of yesterday"
    );
}

#[test]
fn a_full_standard_output_is_reported() {
    let workspace = Workspace::new();
    let script = ["sh", "-c", "exec \"$@\" > /dev/full", "sh"].map(str::to_owned);
    let command = &mut workspace.grade_behind(&script);
    command.args(["completions", "bash"]);
    run(command).refuses(
        2,
        &[
            "failed to write the report to standard output",
            "No space left",
        ],
    );
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let workspace = Workspace::new();
    let cache = workspace.path("cache");
    fs::create_dir(&cache).unwrap();
    let locked = Locked::new(&cache, 0o555);
    let command = &mut workspace.grade_as_ordinary_user();
    command
        .args(["sum-of-products", "--seed", "0", "--cache-dir"])
        .arg(&cache);
    run(command).refuses(
        3,
        &[
            "failed to create",
            "cache",
            "Permission denied",
            "--cache-dir DIR",
        ],
    );
    drop(locked);
    workspace.assert_nothing_left();

    fs::write(workspace.path("file"), "kept").unwrap();
    let command = &mut workspace.grade();
    command
        .args(["sum-of-products", "--seed", "0", "--cache-dir"])
        .arg(workspace.path("file"));
    run(command).refuses(3, &["failed to create", "/file", "--cache-dir DIR"]);
    workspace.assert_nothing_left();
}

#[test]
fn without_any_home_the_cache_must_be_named() {
    let workspace = Workspace::new();
    let command = &mut workspace.grade();
    command
        .env_remove("HOME")
        .env_remove("GRADE_CACHE_DIR")
        .arg("sum-of-products");
    run(command).refuses(2, &["found no place for the cache", "--cache-dir DIR"]);
}

#[test]
fn data_is_only_written_into_an_empty_folder() {
    let workspace = Workspace::new();
    let folder = workspace.path("data");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("kept"), "kept").unwrap();
    let data = |folder: &Path| {
        run(workspace
            .grade()
            .args(["data", "sum-of-products"])
            .arg(folder))
    };
    data(&folder).refuses(
        2,
        &[
            "failed to write data into",
            "/data`",
            "not empty",
            "name an empty folder",
        ],
    );
    assert_eq!(names(&folder), ["kept"]);
    data(&folder.join("kept")).refuses(2, &["/kept`", "name an empty folder"]);
    data(&workspace.path("a/b")).refuses(2, &["/a/b`", "No such file", "name an empty folder"]);

    let locked = Locked::new(&folder, 0o555);
    let command = &mut workspace.grade_as_ordinary_user();
    command
        .args(["data", "sum-of-products"])
        .arg(folder.join("new"));
    run(command).refuses(2, &["/data/new`", "Permission denied", "yours to write"]);
    drop(locked);
}

#[test]
fn a_full_disk_is_reported_and_leaves_no_half_of_a_dataset() {
    let workspace = Workspace::new();
    let script = format!(
        "mount -t tmpfs -o size=1m grade-test '{0}' && \"$@\" '{0}/data'; code=$?; \
         ls '{0}/data' 2>/dev/null | wc -l; exit $code",
        workspace.temp().display()
    );
    let namespace = [
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        &script,
        "sh",
    ];
    let mut command = workspace.grade_behind(&namespace.map(str::to_owned));
    let output = run(command.args(["data", "sum-of-products"])).code(2);
    let output = output.complains(&["No space left on device"]);
    assert_eq!(
        output.stdout.trim(),
        "0",
        "files of a dataset that is not whole: {}",
        output.shown()
    );
}

/// A compiler whose libraries are in the workspace, beside other files.
fn compiler_in(workspace: &Workspace) -> std::path::PathBuf {
    let toolchain = workspace.path("toolchain");
    fs::create_dir_all(toolchain.join("lib")).unwrap();
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = --print ] && exec echo '{}'\nexec '{}' \"$@\"\n",
        toolchain.display(),
        sysroot().join("bin/rustc").display()
    );
    let path = workspace.path("rustc");
    write_script(&path, &script);
    path
}

#[test]
fn nothing_secret_may_be_in_a_folder_that_all_submissions_can_read() {
    let workspace = Workspace::new();
    let rustc = compiler_in(&workspace);
    let lib = workspace.path("toolchain/lib");
    let shown = format!("submissions can read all of `{}`", lib.display());
    let graded = || {
        let mut command = workspace.grade();
        command.env("RUSTC", &rustc);
        command.args(["sum-of-products", "--seed", "0"]);
        command.arg(submission("serial"));
        command
    };
    copy_tree(&workspace.course().root, &lib.join("course"));
    let inside = lib.join("course").display().to_string();
    run(graded().args(["--course", &inside]))
        .refuses(2, &["failed to hide the course", &shown, "move it"]);
    let inside = lib.join("cache").display().to_string();
    run(graded().args(["--cache-dir", &inside]))
        .refuses(2, &["failed to hide the cache", &shown, "--cache-dir DIR"]);
    let inside = lib.display().to_string();
    run(graded().args(["--temp-dir", &inside])).refuses(
        2,
        &[
            "failed to hide the temporary folder",
            &shown,
            "--temp-dir DIR",
        ],
    );
    // Below a link, and as a setting of the course.
    let course = workspace.course();
    std::os::unix::fs::symlink(lib.join("course/reference"), workspace.path("link")).unwrap();
    course.edit(
        "grader.toml",
        "format-version = 1",
        "format-version = 1\nreferences = \"../link\"",
    );
    let outside = course.root.display().to_string();
    run(graded().args(["--course", &outside]))
        .refuses(2, &["failed to hide the reference", &shown, "move it"]);

    let class = |dir: &Path, out: &Path| {
        let mut command = workspace.grade();
        command.env("RUSTC", &rustc);
        command.args(["batch", "sum-of-products", "--seed", "0"]);
        command.arg(dir).arg("--out").arg(out);
        command
    };
    let (hidden, seen) = (workspace.path("class"), lib.join("class"));
    for dir in [&hidden, &seen] {
        fs::create_dir(dir).unwrap();
        copy_tree(&submission("serial"), &dir.join("alice"));
    }
    run(&mut class(&seen, &workspace.path("out")))
        .refuses(2, &["failed to hide the class", &shown]);
    run(&mut class(&hidden, &lib.join("out"))).refuses(
        2,
        &["failed to hide the output folder", &shown, "--out DIR"],
    );
    let mut plan = workspace.grade();
    plan.env("RUSTC", &rustc);
    plan.args(["plan", "sum-of-products", "--seed", "0"]);
    plan.arg(&hidden).arg("--out").arg(lib.join("plan.json"));
    run(&mut plan).refuses(2, &["failed to hide the plan", &shown, "--out PLAN"]);
    workspace.assert_nothing_left();
}

#[test]
fn a_build_reads_no_more_of_the_toolchain_than_it_needs() {
    let cargo = sysroot().join("bin/cargo");
    if !cargo.is_file() || cargo.canonicalize().unwrap().starts_with("/usr") {
        return;
    }
    let workspace = Workspace::new();
    let main = format!(
        "fn main() {{ println!(\"{{}}\", include_bytes!({:?}).len()) }}",
        cargo.display()
    );
    let folder = workspace.submission("nosy", "", &main);
    let command = &mut workspace.grade();
    command.args(["sum-of-products", "--seed", "0"]).arg(folder);
    run(command).code(1).reports(&["couldn't read"]);
}
