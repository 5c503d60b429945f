//! `grade watch`: what a person sees in a terminal, in a narrow one, without colour, and in a file.

mod pty;

use std::{fs, path::PathBuf};

use rustix::process::Signal;

use self::pty::{Besides, Place, Watch, poll, save_by_rename};
use crate::support::{
    command::{grade, run},
    files::{copy_tree, names, write_script},
    submission,
    workspace::Workspace,
};

const WIDE: Place = Place::Terminal(100, 40);

/// A crate to work in, and its program as it passes.
struct Work {
    workspace: Workspace,
    folder: PathBuf,
    main: PathBuf,
    right: String,
}

impl Work {
    fn new() -> Self {
        let workspace = Workspace::new();
        let folder = workspace.path("work");
        copy_tree(&submission("correct-scoped-chunks"), &folder);
        let main = folder.join("src/main.rs");
        let right = fs::read_to_string(&main).unwrap();
        Self {
            workspace,
            folder,
            main,
            right,
        }
    }

    fn watch(&self, place: &Place) -> Watch {
        self.watch_with(place, &Besides::default())
    }

    fn watch_with(&self, place: &Place, besides: &Besides<'_>) -> Watch {
        Watch::start(&self.workspace, &self.folder, place, besides)
    }

    fn save(&self, text: &str) {
        fs::write(&self.main, text).unwrap();
    }

    /// The same program with another answer.
    fn wrong(&self) -> String {
        self.right
            .replace("fn main() {", "fn main() {\n    println!(\"1\"); return;")
    }
}

/// A program that does not end.
const ENDLESS: &str =
    "fn main() { loop { std::thread::sleep(std::time::Duration::from_secs(1)); } }\n";

const BROKEN: &str = "fn main() { let x: i32 = \"\"; }\n";

#[test]
fn a_person_works_until_it_passes_and_looks_at_everything() {
    let work = Work::new();
    let mut watch = work.watch(&WIDE);
    watch.sees("watching ");
    watch.sees("10 of 10 points");
    watch.sees("q quit, h hint, a all, r again, o page");

    save_by_rename(&work.main, &work.wrong());
    let first = watch.sees("since the last try: ");
    assert!(
        first.ends_with("\u{1b}[2J\u{1b}[H\u{1b}[1msince the last try: "),
        "{first:?}"
    );
    watch.sees("total no longer right");
    watch.sees("of 10 points");
    watch.sees("q quit");

    work.save(BROKEN);
    watch.sees("build no longer compiles");
    watch.sees("mismatched types");
    watch.sees("q quit");

    watch.press("h");
    watch.sees("hint 1 of ");
    watch.sees("The next hint: `h`");
    watch.press("a");
    watch.sees("Again on the same data");
    watch.sees("q quit");

    work.save(BROKEN);
    watch.sees("saved, nothing changed");

    work.save(&work.right);
    watch.sees("build now compiles");
    watch.sees("10 of 10 points");
    watch.sees("q quit");

    // An arrow is no key, though it ends in a letter.
    watch.press("\u{1b}[Ax");
    watch.press("h");
    watch.sees("every check passes: there is nothing to mend");
    watch.press("r");
    watch.sees("10 of 10 points");
    watch.sees("q quit");
    watch.press("o");
    watch.sees("the page is file://");
    watch.sees("/grade-report/");
    assert_eq!(names(&work.workspace.path("grade-report")).len(), 1);

    watch.press("q");
    watch.ends_with(0);
    work.workspace.assert_nothing_left();
}

#[test]
fn of_twenty_saves_at_once_the_last_counts_and_a_save_ends_what_runs() {
    let work = Work::new();
    work.save(ENDLESS);
    let mut watch = work.watch(&WIDE);
    watch.sees("of 2 of the submission");
    for n in 0..20 {
        work.save(&format!("{}\n// {n}\n", work.wrong()));
    }
    work.save(&work.right);
    watch.sees("10 of 10 points");
    watch.sees("q quit");
    let gradings = watch.count("of 10 points");
    assert!(gradings <= 2, "{gradings}: {}", watch.printed());
    assert_eq!(
        watch.count("its time limit"),
        0,
        "it ran until its time limit"
    );

    work.save(ENDLESS);
    watch.sees("of 2 of the submission");
    watch.press("q");
    watch.ends_with(0);
    work.workspace.assert_nothing_left();
}

#[test]
fn a_folder_that_goes_and_comes_back_is_graded_again() {
    let work = Work::new();
    let mut watch = work.watch(&WIDE);
    watch.sees("10 of 10 points");
    watch.sees("q quit");
    let elsewhere = work.workspace.path("elsewhere");
    fs::rename(&work.folder, &elsewhere).unwrap();
    watch.sees("is gone; waiting until it is back");
    copy_tree(&elsewhere, &work.folder);
    work.save(BROKEN);
    watch.sees("build no longer compiles");
    watch.sees("q quit");
    // A module in a new folder is followed.
    work.save("mod more;\nfn main() {}\n");
    watch.sees("1 error (E0583)");
    watch.sees("q quit");
    fs::create_dir(work.folder.join("src/more")).unwrap();
    fs::write(work.folder.join("src/more/mod.rs"), "").unwrap();
    watch.sees("build now compiles");
    watch.press("q");
    watch.ends_with(1);
}

#[test]
fn without_colour_and_in_sixty_columns_no_line_is_longer_and_nothing_is_drawn() {
    let work = Work::new();
    work.save(BROKEN);
    let mut watch = work.watch_with(
        &Place::Terminal(60, 30),
        &Besides {
            variables: &[("NO_COLOR", "1")],
            ..Besides::default()
        },
    );
    watch.sees("does not compile");
    watch.sees("q quit");
    watch.press("ah");
    watch.sees("Again on the same data");
    watch.sees("hint 1 of ");
    work.save(&work.wrong());
    watch.sees("since the last try: build now compiles");
    watch.sees("q quit");
    watch.press("\u{4}");
    watch.ends_with(1);
    let printed = watch.printed();
    assert!(!printed.contains('\u{1b}'), "{printed}");
    for line in printed.lines() {
        let words = line.trim_start();
        let is_copied = words.starts_with("grade sum-of-products") || words.starts_with("Graded: ");
        assert!(line.chars().count() <= 60 || is_copied, "{line:?}");
    }
}

#[test]
fn a_terminal_that_becomes_narrow_gets_the_verdict_anew() {
    let work = Work::new();
    work.save(BROKEN);
    let mut watch = work.watch(&WIDE);
    watch.sees("does not compile");
    watch.sees("q quit");
    watch.resize(60, 20);
    let again = watch.sees("q quit");
    let (_, again) = again.rsplit_once("\u{1b}[2J\u{1b}[H").unwrap();
    let plain = anstream::adapter::strip_str(again).to_string();
    for line in plain.lines() {
        assert!(line.chars().count() <= 60, "{line:?}");
    }
    assert!(plain.lines().count() < 20, "{plain}");
    watch.press("\u{3}");
    watch.ends_by(Signal::INT);
}

#[test]
fn in_a_file_there_is_plain_text_and_a_signal_ends_it() {
    let work = Work::new();
    work.save(BROKEN);
    let mut watch = work.watch(&Place::Pipes);
    watch.sees("there are no keys");
    watch.sees("does not compile");
    work.save(&work.right);
    watch.sees("10 of 10 points");
    watch.signal(Signal::TERM);
    watch.ends_by(Signal::TERM);
    let printed = watch.printed();
    assert!(!printed.contains('\u{1b}'), "{printed}");
    assert!(!printed.contains("q quit"), "{printed}");
    work.workspace.assert_nothing_left();
}

#[test]
fn a_signal_gives_the_terminal_back() {
    for signal in [Signal::TERM, Signal::HUP] {
        let work = Work::new();
        work.save(ENDLESS);
        let mut watch = work.watch(&WIDE);
        watch.sees("of 2 of the submission");
        watch.signal(signal);
        watch.ends_by(signal);
        work.workspace.assert_nothing_left();
    }
}

#[test]
fn where_the_system_follows_no_folder_it_is_looked_at() {
    let work = Work::new();
    let none = "echo 0 > /proc/sys/user/max_inotify_instances && exec \"$@\"";
    let besides = Besides {
        prefix: &[
            "unshare",
            "--user",
            "--map-root-user",
            "sh",
            "-c",
            none,
            "sh",
        ],
        ..Besides::default()
    };
    let mut watch = work.watch_with(&WIDE, &besides);
    watch.sees("10 of 10 points");
    watch.sees("looked at twice a second");
    watch.sees("q quit");
    work.save(BROKEN);
    watch.sees("does not compile");
    watch.press("q");
    watch.ends_with(1);
}

#[test]
fn it_is_suspended_and_goes_on() {
    let work = Work::new();
    work.save(BROKEN);
    let mut watch = work.watch(&WIDE);
    watch.sees("q quit");
    watch.press("\u{1a}");
    watch.is_suspended();
    work.save(&work.right);
    watch.signal(Signal::CONT);
    watch.sees("build now compiles");
    watch.sees("q quit");
    watch.press("q");
    watch.ends_with(0);
}

#[test]
fn the_page_is_opened_where_there_is_a_browser_and_a_low_tier_is_told() {
    let work = Work::new();
    work.save(BROKEN);
    let programs = work.workspace.path("programs");
    fs::create_dir(&programs).unwrap();
    let opened = work.workspace.path("opened");
    let script = format!("#!/bin/sh\necho \"$1\" > '{}'\n", opened.display());
    write_script(&programs.join("xdg-open"), &script);
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", programs.display());
    let besides = Besides {
        arguments: &["--isolation", "none"],
        variables: &[("PATH", &path), ("DISPLAY", ":7")],
        ..Besides::default()
    };
    let mut watch = work.watch_with(&WIDE, &besides);
    watch.sees("Isolation: none.");
    watch.sees("q quit");
    watch.press("o");
    watch.sees("opened ");
    let page = poll("the browser", || {
        let text = fs::read_to_string(&opened).unwrap_or_default();
        text.ends_with('\n').then_some(text)
    });
    assert!(
        page.trim_end().ends_with("/grade-report/report.html"),
        "{page}"
    );
    assert!(
        fs::read_to_string(page.trim_end())
            .unwrap()
            .contains("<html")
    );
    watch.press("q");
    watch.ends_with(1);
}

#[test]
fn an_archive_and_a_missing_folder_are_refused_at_once() {
    let workspace = Workspace::new();
    let archive = workspace.path("work.zip");
    fs::write(&archive, b"PK\x03\x04").unwrap();
    for (path, words) in [
        (archive, "it is not a folder"),
        (workspace.path("missing"), "missing"),
    ] {
        let mut command = grade();
        command.args(["watch", "sum-of-products"]).arg(path);
        run(&mut command).refuses(2, &[words]);
    }
}
