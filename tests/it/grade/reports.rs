//! The report for a person: colour, width, escapes, and one golden file.

use std::{fmt::Write as _, fs};

use assert_cmd::Command;

use crate::support::{
    command::{Finished, run},
    course,
    files::{copy_tree, names},
    submission,
    workspace::{Workspace, not_graded},
};

const ESC: char = '\u{1b}';

fn grading(workspace: &Workspace, name: &str) -> Command {
    let mut command = workspace.grade();
    command
        .args(["sum-of-products", "--seed", "0"])
        .arg(submission(name));
    command
}

/// Text without its colours.
fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn a_report_file_is_what_was_shown_without_colour() {
    let workspace = Workspace::new();
    for format in ["human", "json"] {
        let file = workspace.path("report");
        fs::write(
            &file,
            "of yesterday, and longer than what comes".repeat(200),
        )
        .unwrap();
        let command = &mut grading(&workspace, "lines-from-zero");
        let output = run(command
            .args(["--color", "always", "--format", format, "--report"])
            .arg(&file));
        let output = output.code(1);
        assert_eq!(output.stdout.contains(ESC), format == "human");
        assert_eq!(fs::read_to_string(file).unwrap(), plain(&output.stdout));
    }
    let left = names(workspace.temp().parent().unwrap());
    assert_eq!(left, ["report", "temp"]);
}

/// What programs must be able to read while they are graded is another matter.
#[test]
fn written_files_have_the_modes_of_the_umask() {
    use std::os::unix::fs::PermissionsExt as _;
    let workspace = Workspace::new();
    let class = workspace.path("class");
    fs::create_dir(&class).unwrap();
    copy_tree(&submission("no-manifest"), &class.join("alice"));
    for (umask, file, folder) in [("077", 0o600, 0o700), ("002", 0o664, 0o775)] {
        let script = format!("umask {umask}; exec \"$@\"");
        let shell = ["sh", "-c", &script, "sh"].map(str::to_owned);
        let at = |name: &str| workspace.path(umask).join(name);
        fs::create_dir(workspace.path(umask)).unwrap();
        let grade = |arguments: &[&str]| {
            let mut command = workspace.grade_behind(&shell);
            command.args(arguments);
            command
        };
        let asked = ["sum-of-products", "--seed", "0", "--report"];
        let command = &mut grade(&asked);
        command.arg(at("report")).arg(submission("no-manifest"));
        run(command).code(1);
        let command = &mut grade(&["batch", "sum-of-products", "--seed", "0"]);
        command.arg(&class).arg("--out").arg(at("new/out"));
        run(command).code(1);
        let command = &mut grade(&["data", "sum-of-products", "--seed", "0"]);
        run(command.arg(at("data"))).code(0);

        let mut waiting = vec![at("report"), at("new"), at("data")];
        let mut seen = 0;
        while let Some(path) = waiting.pop() {
            let found = fs::metadata(&path).unwrap();
            let expected = if found.is_dir() { folder } else { file };
            let mode = found.permissions().mode() & 0o777;
            assert_eq!(mode, expected, "{mode:o} {}", path.display());
            seen += 1;
            if found.is_dir() {
                waiting.extend(
                    fs::read_dir(&path)
                        .unwrap()
                        .map(|entry| entry.unwrap().path()),
                );
            }
        }
        assert!(seen > 1010, "{seen}");
    }
    workspace.assert_nothing_left();
}

#[test]
fn a_report_file_in_the_current_folder_needs_no_folder() {
    let workspace = Workspace::new();
    let mut command = grading(&workspace, "lines-from-zero");
    command
        .current_dir(workspace.path("temp").parent().unwrap())
        .arg("--course")
        .arg(course());
    let output = run(command.args(["--report", "report.txt"])).code(1);
    assert_eq!(
        fs::read_to_string(workspace.path("report.txt")).unwrap(),
        output.stdout
    );
}

#[test]
fn colour_follows_flag_environment_and_terminal() {
    let workspace = Workspace::new();
    let coloured = |flags: &[&str], variables: &[(&str, &str)]| {
        let mut command = grading(&workspace, "no-manifest");
        let output = run(command.args(flags).envs(variables.iter().copied())).code(1);
        assert!(output.stdout.contains("FAIL"), "{}", output.shown());
        output.stdout.contains(ESC)
    };
    assert!(!coloured(&[], &[]), "not a terminal");
    assert!(coloured(&["--color", "always"], &[]));
    assert!(
        coloured(&["--color", "always"], &[("NO_COLOR", "1")]),
        "a flag beats the environment"
    );
    assert!(!coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("NO_COLOR", "1")]));
    assert!(!coloured(
        &["--color", "auto"],
        &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]
    ));
}

#[test]
fn errors_are_coloured_in_the_same_way() {
    let workspace = Workspace::new();
    let error = |flag: &str| {
        run(workspace.grade().args(["nonsense", "--color", flag]))
            .code(2)
            .stderr
    };
    assert!(error("always").contains(ESC) && !error("auto").contains(ESC));
}

/// Every line fits on 80 columns and does nothing to a terminal; only what is there to be copied is longer.
#[track_caller]
fn assert_presentable(output: &Finished) {
    let mut is_command = false;
    for line in output.stdout.lines() {
        let width = unicode_width::UnicodeWidthStr::width(line);
        // A path is not wrapped either.
        let is_path = line.starts_with("  Graded: ");
        assert!(
            width <= 80 || is_command || is_path,
            "{width} columns: {line:?}"
        );
        assert!(!line.ends_with(' '), "ends with a space: {line:?}");
        is_command = line.trim() == "Again on the same data:";
    }
    let acts = |c: char| c.is_control() && c != '\n';
    assert!(!output.stdout.contains(acts), "{:?}", output.stdout);
}

#[test]
fn every_report_fits_on_80_columns() {
    let workspace = Workspace::new();
    for name in [
        "correct-u64-fold",
        "correct-with-tests",
        "crate-not-allowed",
        "git-dependency",
        "borrow-error",
        "unresolved-crate",
        "panics",
        "segfaults",
        "exits-nonzero",
        "prints-forever",
        "prints-label",
        "prints-float",
        "not-utf8-output",
        "skips-half-the-files",
        "fakes-access-times",
        "deletes-its-input",
        "leaves-a-daemon",
    ] {
        assert_presentable(&run(&mut grading(&workspace, name)));
    }
    workspace.assert_nothing_left();
}

#[test]
fn a_report_of_what_was_not_graded_fits_on_80_columns() {
    let workspace = Workspace::new();
    let name = "a-name-as-long-as-a-name-of-a-submission-may-be-and-then-not-one-letter-more";
    let folder = workspace.submission(name, "", "fn main() {}");
    let output = run(workspace
        .grade()
        .args(["sum-of-products", "--seed", "0"])
        .arg(&folder))
    .code(1);
    assert_presentable(&output);
    let output = run(&mut not_graded(&workspace, &folder)).code(2);
    assert_presentable(&output.reports(&["NOT GRADED"]));
}

/// Text with sequences that a terminal obeys: colours, a cleared screen, a title, bells, text from right to
/// left, and one line that goes back to the start of the verdict's.
const ATTACK: &str = "\\u{1b}[2J\\u{1b}]0;title\\u{7}\\u{9b}31m\\r\\u{8}\\u{202e}PASS\\u{200b}";

#[test]
fn no_control_character_reaches_the_terminal() {
    let workspace = Workspace::new();
    let mains = [
        // As an answer, as a panic's message, as a compiler's, as a file's name.
        format!("fn main() {{ println!(\"{ATTACK}\"); }}"),
        format!("fn main() {{ eprintln!(\"{ATTACK}\"); panic!(\"{ATTACK}\"); }}"),
        format!("compile_error!(\"{ATTACK}\"); fn main() {{}}"),
        format!("fn main() {{ std::fs::write(\"{ATTACK}\", \"\").unwrap(); println!(\"1\"); }}"),
        format!(
            "fn main() {{ for e in std::fs::read_dir(\".\").unwrap() {{ let e = e.unwrap().path(); \
                 let _ = std::fs::remove_file(e); }} println!(\"{ATTACK}\"); }}"
        ),
    ];
    for (number, main) in mains.iter().enumerate() {
        let folder = workspace.submission(&format!("attack-{number}"), "", main);
        let command = &mut workspace.grade();
        let output = run(command
            .args(["sum-of-products", "--seed", "0"])
            .arg(&folder))
        .code(1);
        assert_presentable(&output);
        for hidden in ['\u{202e}', '\u{200b}', '\u{9b}'] {
            assert!(!output.stdout.contains(hidden), "{}", output.shown());
        }
        assert!(
            number == 3 || output.stdout.contains("\\u{1b}"),
            "{number}: {}",
            output.shown()
        );
        assert!(!output.stderr.contains(ESC));

        // With colour, ours alone: each is a colour or a weight.
        let command = &mut workspace.grade();
        command
            .args(["sum-of-products", "--seed", "0", "--color", "always"])
            .arg(&folder);
        let coloured = run(command).code(1);
        for sequence in coloured.stdout.split(ESC).skip(1) {
            let (style, _) = sequence.split_once('m').unwrap();
            assert!(
                style
                    .strip_prefix('[')
                    .unwrap()
                    .chars()
                    .all(|c| c.is_ascii_digit() || c == ';')
            );
        }
        assert_eq!(
            without_thread_ids(&without_age(&plain(&coloured.stdout))),
            without_thread_ids(&without_age(&output.stdout))
        );
    }
}

/// A report without the numbers of threads that a panic's message has: `'main' (4711) panicked`.
fn without_thread_ids(report: &str) -> String {
    let mut parts = report.split("' (");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        text += "' (";
        text += part.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    text
}

/// A report without the age of the newest file.
fn without_age(report: &str) -> String {
    let lines = report
        .lines()
        .map(|line| match line.split_once(", saved ") {
            Some((file, _)) if file.starts_with("  Newest file: ") => format!("{file}\n"),
            _ => format!("{line}\n"),
        });
    lines.collect()
}

#[test]
fn a_submissions_name_and_path_are_escaped_as_well() {
    let workspace = Workspace::new();
    let folder = workspace.path("a\u{1b}[2Jb\u{202e}\nc");
    fs::create_dir_all(&folder).unwrap();
    let output = run(workspace
        .grade()
        .args(["sum-of-products", "--seed", "0"])
        .arg(&folder))
    .code(1);
    assert_presentable(&output);
    let command = &mut workspace.grade();
    let output = run(command
        .args(["sum-of-products", "--seed", "0"])
        .arg(folder.join("missing")))
    .code(2);
    assert!(
        !output.stderr.contains(ESC) && output.stderr.contains("\\u{1b}[2Jb"),
        "{}",
        output.shown()
    );
}

/// Compare with a golden file; `GRADE_BLESS=1 cargo test -p grade --test it grade::` writes it anew.
#[track_caller]
fn golden(name: &str, seen: &str) {
    let path = course().join("tests/golden").join(name);
    if std::env::var_os("GRADE_BLESS").is_some() {
        assert!(
            std::env::var_os("CI").is_none(),
            "a golden file is not written by CI"
        );
        fs::write(&path, seen).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(seen, expected, "see {}", path.display());
}

#[test]
fn whole_reports_are_as_in_the_golden_file() {
    let mut text = String::new();
    for arguments in [
        &["sum-of-products", "--seed", "7"][..],
        &[
            "sum-of-products",
            "reference/sum-of-products",
            "--seed",
            "7",
        ],
        &[
            "sum-of-products",
            "tests/submissions/skips-half-the-files",
            "--seed",
            "7",
        ],
        &[
            "sum-of-products",
            "tests/submissions/git-dependency",
            "--seed",
            "7",
        ],
    ] {
        let output = run(Workspace::new().grade().args(arguments));
        let code = i32::from(!output.stdout.starts_with("PASS"));
        let (arguments, report) = (arguments.join(" "), output.code(code).stdout);
        // How well a machine isolates is its own, and so are its folders. Which file is the newest is the
        // checkout's.
        let report = report.replace(course().to_str().unwrap(), "[course]");
        let masked = report.lines().map(|line| match line.split_once(". ") {
            Some((tier, rest)) if tier.starts_with("  Isolation: ") => {
                format!("  Isolation: [tier]. {rest}\n")
            }
            _ if line.starts_with("  Newest file: ") => {
                "  Newest file: [file and age]\n".to_owned()
            }
            _ => format!("{line}\n"),
        });
        let report: String = masked.collect();
        writeln!(text, "$ grade {arguments}\n{report}[exit code {code}]\n").unwrap();
    }
    golden("report.txt", &text);
}
