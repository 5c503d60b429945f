//! Grading again: what changed, which grades changed, and which files in the folder are used again.

use std::{fs, process::Output};

use super::class::{Class, assert_same, outputs, says};
use crate::support::{
    command::{grade, in_known_environment, shown},
    files::{append_to_program, copy_program, remove_tree},
    program,
};

#[test]
fn only_changed_submissions_are_graded_again_and_changed_grades_are_shown() {
    let class = Class::new(&[
        "correct-modules",
        "exits-nonzero",
        "lines-from-zero",
        "correct-scoped-chunks",
    ]);
    let out = class.out("out");
    class.batch("out", &["--formats", "human,jsonl"]);
    let summary = fs::read_to_string(out.join("report.txt")).unwrap();
    assert!(summary.contains("4 submissions"), "{summary}");
    assert!(
        !summary.contains('\u{1b}'),
        "a file has no colour: {summary:?}"
    );
    remove_tree(&class.folder().join("lines-from-zero")).unwrap();
    class.add("correct-rayon-par-iter", "lines-from-zero");
    let output = class.batch("out", &[]);
    says(&output, "3 unchanged, 1 graded");
    // Somebody is to be graded, so the sandbox is proven first.
    assert!(attacks(&output), "{}", shown(&output));
    says(
        &output,
        "lines-from-zero: fail 8/10 -> pass 10/10 (the submission changed)",
    );
    let kept = fs::read_to_string(out.join("previous/records/lines-from-zero.json")).unwrap();
    assert!(kept.contains("\"fail\""), "{kept}");

    // A submission that is gone is gone from the outputs, and kept.
    remove_tree(&class.folder().join("correct-scoped-chunks")).unwrap();
    let output = class.batch("out", &[]);
    says(&output, "3 unchanged, 0 graded");
    assert!(!attacks(&output), "nobody was graded: {}", shown(&output));
    says(&output, "correct-scoped-chunks: pass 10/10 -> gone");
    assert!(
        out.join("previous/records/correct-scoped-chunks.json")
            .is_file()
    );
    assert!(
        !fs::read_to_string(out.join("gradebook.csv"))
            .unwrap()
            .contains("correct-scoped-chunks")
    );
    // Earlier changes are reported until the user accepts them.
    says(&output, "lines-from-zero: fail 8/10 -> pass 10/10");
    assert!(out.join("previous/records/lines-from-zero.json").is_file());
}

/// Whether a batch has attacked its sandbox.
fn attacks(output: &Output) -> bool {
    String::from_utf8_lossy(&output.stderr).contains("attacking the sandbox")
}

#[test]
fn changed_grades_are_shown_since_the_last_accepted_ones() {
    let class = Class::new(&["correct-modules"]);
    let (out, own) = (class.out("out"), class.own_course());
    let file = own.join("exercises/sum-of-products/exercise.toml");
    let original = fs::read_to_string(&file).unwrap();
    let grade = |run: u32, total: u32, more: &[&str]| {
        let all = format!("\npoints = {}\n", 7 + run + total);
        let text = original
            .replacen("\npoints = 10\n", &all, 1)
            .replace("\"run\"\npoints = 1", &format!("\"run\"\npoints = {run}"))
            .replace(
                "\"total\"\npoints = 2",
                &format!("\"total\"\npoints = {total}"),
            );
        fs::write(&file, text).unwrap();
        let mut command = class.command("out");
        command.arg("--course").arg(&own).args(["--seed", "7"]);
        command.args(more).output().unwrap()
    };
    let silent = |output: &std::process::Output| {
        assert!(!shown(output).contains("What changed"), "{}", shown(output));
    };
    silent(&grade(1, 2, &[]));
    says(
        &grade(11, 2, &[]),
        "correct-modules: pass 10/10 -> pass 20/20 (the exercise changed)",
    );
    let output = grade(2, 2, &[]);
    says(&output, "0 unchanged, 1 graded");
    says(
        &output,
        "correct-modules: pass 10/10 -> pass 11/11 (the exercise changed)",
    );
    says(&output, "the same command with `--accept` accepts");
    // As before in sum, and not in its parts.
    says(
        &grade(2, 1, &[]),
        "correct-modules: pass 10/10 as before, but run pass 1/1 -> pass 2/2, \
         total pass 2/2 -> pass 1/1 (the exercise changed)",
    );
    // As before in all.
    silent(&grade(1, 2, &[]));

    let output = grade(2, 2, &["--accept"]);
    says(&output, "pass 10/10 -> pass 11/11");
    says(&output, "accepted: 1 grade (1 changed)");
    let output = grade(2, 2, &["--accept"]);
    says(&output, "accepted: 1 grade (nothing changed)");
    assert!(!out.join("previous").exists());
    silent(&grade(2, 2, &[]));
    says(&grade(1, 2, &[]), "pass 11/11 -> pass 10/10");

    // A later submission is new. Texts for students change no grade.
    class.add("correct-scoped-chunks", "late");
    let readme = own.join("exercises/sum-of-products/README.md");
    fs::write(readme, "Read this.").unwrap();
    let output = grade(1, 2, &[]);
    says(&output, "1 unchanged, 1 graded");
    says(&output, "late: new, pass 10/10");
}

#[test]
fn foreign_files_among_the_records_end_no_batch() {
    let class = Class::new(&["correct-modules", "correct-scoped-chunks"]);
    let out = class.out("out");
    class.batch("out", &[]);
    let whole = outputs(&out);
    let foreign = fs::read(out.join("records/correct-modules.json")).unwrap();
    let strays = [
        ("records/notes.json", &b"{}"[..]),
        ("records/backup.json", &foreign),
        ("records/readme.txt", b"mine"),
        ("previous/records/empty.json", b""),
        ("previous/records/old.txt", b"\xff\xfe"),
    ];
    fs::create_dir_all(out.join("previous/records")).unwrap();
    for (name, bytes) in strays {
        fs::write(out.join(name), bytes).unwrap();
    }
    let damages: [&[u8]; 4] = [&foreign[..100], b"", b"\xff\xfe\x00", &foreign];
    for (at, damage) in damages.into_iter().enumerate() {
        fs::write(out.join("records/correct-scoped-chunks.json"), damage).unwrap();
        // Once is enough to see that it stays so.
        let runs = if at == 0 { 2 } else { 1 };
        for graded in ["1 unchanged, 1 graded", "2 unchanged, 0 graded"]
            .into_iter()
            .take(runs)
        {
            let output = class.batch("out", &[]);
            assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
            says(&output, graded);
            says(
                &output,
                "correct-scoped-chunks: not known -> pass 10/10 (the accepted record cannot be read)",
            );
            says(
                &output,
                "left alone, because they are no records of this class: previous/records/empty.json, \
                 previous/records/old.txt, records/backup.json, records/notes.json, records/readme.txt",
            );
        }
    }
    for (name, bytes) in strays {
        assert_eq!(fs::read(out.join(name)).unwrap(), bytes, "{name}");
    }
    let mut now = outputs(&out);
    now.retain(|name, _| whole.contains_key(name));
    assert_same(&whole, &now, "with strays");

    // The same in what was set aside.
    let old = out.join("previous/records/correct-scoped-chunks.json");
    for damage in &damages[..2] {
        fs::write(&old, damage).unwrap();
        says(
            &class.batch("out", &[]),
            "correct-scoped-chunks: not known -> pass 10/10",
        );
    }
    let output = class.batch("out", &["--accept"]);
    assert_eq!(output.status.code(), Some(0), "{}", shown(&output));
    let output = class.batch("out", &[]);
    assert!(
        !shown(&output).contains("What changed"),
        "{}",
        shown(&output)
    );
}

#[test]
fn another_build_of_the_grader_uses_no_old_record() {
    let class = Class::new(&["correct-modules"]);
    class.batch("out", &[]);
    // A program with a byte more behind its end runs as before.
    let other = tempfile::Builder::new()
        .prefix("other-build-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(other.path(), open).unwrap();
    let other_program = other.path().join("grade");
    copy_program(&program(), &other_program);
    append_to_program(&other_program, "\n");
    let by_the_other = || {
        let command = assert_cmd::Command::new(&other_program);
        in_known_environment(command)
            .args(["batch", "sum-of-products", "--seed", "7"])
            .arg(class.folder())
            .arg("--out")
            .arg(class.out("out"))
            .output()
            .unwrap()
    };
    says(&by_the_other(), "0 unchanged, 1 graded");
    says(&by_the_other(), "1 unchanged, 0 graded");
    says(&class.batch("out", &[]), "0 unchanged, 1 graded");
}

#[test]
fn another_class_does_not_take_the_place_of_the_first() {
    let class = Class::new(&["correct-modules", "correct-scoped-chunks"]);
    let out = class.out("out");
    class.batch("out", &[]);
    let whole = outputs(&out);
    // The same class in a folder of another name, without one submission.
    let first = class.out("first");
    fs::rename(class.folder(), &first).unwrap();
    let moved = |from: &std::path::Path| {
        let mut command = grade();
        command.args(["batch", "sum-of-products", "--seed", "7", "--out"]);
        command.arg(&out).arg(from).output().unwrap()
    };
    says(&moved(&first), "2 unchanged, 0 graded");
    assert_eq!(outputs(&out), whole);

    fs::create_dir(class.folder()).unwrap();
    class.add("lines-from-zero", "zoe");
    let output = class.batch("out", &[]);
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    says(&output, "it is of another class");
    says(&output, "choose another place with `--out`");
    assert_eq!(outputs(&out), whole);

    // Without the list of the class, the records identify it.
    fs::write(out.join("class.json"), "{").unwrap();
    let output = class.batch("out", &[]);
    assert_eq!(output.status.code(), Some(2), "{}", shown(&output));
    assert_eq!(outputs(&out), whole);
    class.add("correct-modules", "correct-modules");
    let output = class.batch("out", &[]);
    says(&output, "1 unchanged, 1 graded");
    says(&output, "correct-scoped-chunks: pass 10/10 -> gone");
    says(&output, "zoe: new, fail 8/10");
}

#[test]
fn damaged_and_exchanged_records_are_noticed_and_graded_again() {
    let class = Class::new(&[
        "correct-modules",
        "lines-from-zero",
        "correct-scoped-chunks",
    ]);
    let out = class.out("out");
    class.batch("out", &[]);
    let whole = outputs(&out);
    let path = |part: &str, id: &str| out.join(format!("{part}/{id}.json"));
    let damages: [(&str, &dyn Fn()); 4] = [
        ("a better record", &|| {
            let record = path("records", "lines-from-zero");
            let text = fs::read_to_string(&record).unwrap();
            fs::write(&record, text.replace("\"fail\"", "\"pass\"")).unwrap();
        }),
        ("another submission's record and key", &|| {
            for part in ["records", "keys"] {
                fs::copy(
                    path(part, "correct-scoped-chunks"),
                    path(part, "lines-from-zero"),
                )
                .unwrap();
            }
        }),
        ("half a key", &|| {
            let key = path("keys", "lines-from-zero");
            let text = fs::read(&key).unwrap();
            fs::write(&key, &text[..text.len() / 2]).unwrap();
        }),
        ("a record that is gone", &|| {
            fs::remove_file(path("records", "lines-from-zero")).unwrap();
        }),
    ];
    for (what, damage) in damages {
        damage();
        let output = class.batch("out", &[]);
        says(
            &output,
            "2 unchanged, 1 graded (1 damaged and made again: lines-from-zero)",
        );
        assert_same(&whole, &outputs(&out), what);
    }
}

#[test]
fn seeds_that_the_exercise_changed_are_graded_on_and_drawn_ones_stay() {
    let class = Class::new(&["correct-scoped-chunks"]);
    let own = class.own_course();
    let file = own.join("exercises/sum-of-products/exercise.toml");
    let original = fs::read_to_string(&file).unwrap();
    let graded_on = |fixed: &str, fresh: u32| {
        let text = original
            .replace("fixed = [\"0\"]", &format!("fixed = {fixed}"))
            .replace("fresh = 2", &format!("fresh = {fresh}"));
        fs::write(&file, text).unwrap();
        let output = class.command("out").arg("--course").arg(&own).output();
        says(&output.unwrap(), "1 submission, 1 passed");
        let record = super::class::record(&class.out("out"), "correct-scoped-chunks");
        let runs = record["runs"].as_array().unwrap().iter();
        runs.map(|run| run["seed"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let first = graded_on("[\"0\"]", 2);
    assert_eq!(first.len(), 3);
    let more = graded_on("[\"0\", \"42\"]", 2);
    assert_eq!(more, ["0", "42", &first[1], &first[2]]);
    assert_eq!(graded_on("[\"42\"]", 1), ["42", &first[1]]);
}
