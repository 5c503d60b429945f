//! The web page: made by the real program, and looked at in a real browser.
//!
//! The browser is Chromium. What it has to find is in `tests/browser/page.mjs`, which leaves pictures of every page in
//! `target/page`.

use std::{fs, path::Path};

use assert_cmd::Command;

use super::paths::GRADED;
use crate::{
    batch::class::record,
    support::{
        command::{grade, run, shown},
        course,
        files::copy_tree,
        submission,
        workspace::Workspace,
    },
};

/// Threads with shares of very different size: one reads 650 files, and seven read 50 each.
const UNEVEN: &str = r#"
use std::{fs, path::{Path, PathBuf}, thread};

fn product(file: &Path) -> i64 {
    let text = fs::read_to_string(file).unwrap();
    let line = |number: usize| text.lines().nth(number - 1).unwrap().parse::<i64>().unwrap();
    line(3) * line(17)
}

fn main() {
    let files = fs::read_dir(".").unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.to_string_lossy().ends_with(".numbers")).collect();
    files.sort();
    let (long, others) = files.split_at(650);
    let parts = others.chunks(50).chain([long]);
    let total: i64 = thread::scope(|scope| {
        let workers: Vec<_> = parts
            .map(|part| scope.spawn(move || part.iter().map(|file| product(file)).sum::<i64>()))
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    println!("{total}");
}
"#;

/// Prints, and panics with, text that would end an element, run a script, ask for something and turn text around.
const HOSTILE: &str = r#"
const TEXT: &str = "</td></pre></script><script>alert(1)</script><img src=http://127.0.0.1/x onerror=alert(2)>\u{202e}\u{1b}[2J &lt; `code` ]]>";

fn main() {
    println!("{TEXT}");
    panic!("{TEXT}");
}
"#;

#[test]
fn the_page_of_a_class_has_every_submission_and_takes_nothing_from_those_that_are_not_graded() {
    let page = GRADED.class("html");
    for (id, points) in super::paths::POINTS {
        assert!(page.contains(&format!("id=\"of-{id}\"")), "{id}");
        let link = format!("href=\"#of-{id}\"");
        let row = page
            .split("<tr data-verdict")
            .skip(1)
            .find(|row| row.contains(&link));
        let row = row.unwrap();
        let value = points.map_or("<td class=\"right\" data-value>–".to_owned(), |points| {
            format!("data-value=\"{points}\">{points}")
        });
        assert!(row.contains(&value), "{value}: {row}");
    }
    assert!(page.contains("Not graded, through no fault of theirs"));
}

#[test]
fn the_page_of_a_record_has_what_lies_beside_it() {
    let page = GRADED.one("serial", "html");
    // Not every machine can observe.
    let observed = GRADED.record("serial")["grader"]["observer"] == "seccomp-notify";
    assert_eq!(
        page.contains("<strong>1000</strong> rounds instead of"),
        observed
    );
    let apart = Workspace::new();
    let file = apart.path("serial.json");
    fs::copy(GRADED.file("serial"), &file).unwrap();
    let page = run(grade().args(["report", "--format", "html"]).arg(file))
        .code(0)
        .stdout;
    assert_eq!(
        page.contains("The timeline is not in this record"),
        observed
    );
}

#[test]
#[ignore = "needs chromium and packages of npm; `CONTRIBUTING.md` has the commands, and `.ci/run` runs them"]
fn pages_are_right_in_a_browser() {
    let workspace = Workspace::new();
    let class = workspace.path("class");
    for name in [
        "correct-atomic-index",
        "correct-scoped-chunks",
        "mutex-around-read",
        "serial",
        "spawn-and-join-per-file",
        "type-error",
    ] {
        copy_tree(&submission(name), &class.join(name));
    }
    copy_tree(&submission("serial"), &class.join("serial-again"));
    let hostile = workspace.submission("hostile", "", HOSTILE);
    fs::write(hostile.join("<img src=x onerror=alert(3)>\u{202e}.rs"), "").unwrap();
    for folder in [hostile, workspace.submission("uneven", "", UNEVEN)] {
        copy_tree(&folder, &class.join(folder.file_name().unwrap()));
    }

    let out = workspace.path("out");
    let mut batch = workspace.grade();
    batch.args([
        "batch",
        "sum-of-products",
        "--seed",
        "7",
        "--quiet",
        "--formats",
        "html",
    ]);
    run(batch.arg(&class).arg("--out").arg(&out)).code(1);
    let pages = workspace.path("pages");
    fs::create_dir(&pages).unwrap();
    fs::copy(out.join("report.html"), pages.join("class.html")).unwrap();
    for id in [
        "correct-atomic-index",
        "mutex-around-read",
        "uneven",
        "type-error",
        "hostile",
    ] {
        let record = out.join(format!("records/{id}.json"));
        let page = run(grade().args(["report", "--format", "html"]).arg(record)).code(0);
        fs::write(pages.join(format!("{id}.html")), page.stdout).unwrap();
    }
    fs::write(pages.join("ends.html"), GRADED.class("html")).unwrap();

    // They reached what they are here for.
    assert_eq!(record(&out, "uneven")["score"]["earned"], 6);
    assert_eq!(record(&out, "hostile")["score"]["earned"], 1);

    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("page");
    assert!(
        tools.join("node_modules").is_dir(),
        "first: npm install --prefix {} puppeteer-core axe-core html-validate",
        tools.display()
    );
    let mut look = Command::new("node");
    look.arg(course().join("tests/browser/page.mjs"))
        .args([&tools, &tools]);
    let mut files: Vec<_> = fs::read_dir(&pages)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let output = look.args(files).output().unwrap();
    assert!(output.status.success(), "{}", shown(&output));
    fs::write(tools.join("pages.txt"), &output.stdout).unwrap();
}
