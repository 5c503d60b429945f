//! A pull request that attacks: through links, submodules, names, configuration of git, and sizes.

use std::fs;

use super::repository::{ADA, Repository};
use crate::support::command::run;

#[test]
fn nothing_of_a_hostile_pull_request_is_run_or_followed() {
    let repository = Repository::of_class();
    let evil = repository.workspace.path("evil");
    let touch = format!("touch {}", evil.display());
    repository.branch("hostile");
    // Were a filter, a hook or an attribute of the tree obeyed, the file would be there.
    repository.write(
        ".gitattributes",
        b"* filter=evil diff=evil export-subst export-ignore\n",
    );
    repository.write(
        ".gitconfig",
        format!("[core]\nfsmonitor = {touch}\nhooksPath = hooks\n").as_bytes(),
    );
    repository.write(
        "hooks/post-checkout",
        format!("#!/bin/sh\n{touch}\n").as_bytes(),
    );
    // Its backticks would end ours, and the rest begin a list in the summary.
    repository.write("`1. x`.txt", b"");
    // The work of somebody else, by a link as file and as folder.
    repository.link("../../../bob/sum-of-products/src", &format!("{ADA}/src"));
    repository.link("../bob/sum-of-products", "students/eve/sum-of-products");
    repository.link("/etc", "students/mallory/sum-of-products/src");
    repository.write(
        "students/mallory/sum-of-products/Cargo.toml",
        b"[package]\nname = \"m\"\nversion = \"0.1.0\"\n",
    );
    repository.write("students/.hidden/sum-of-products/Cargo.toml", b"");
    repository.write(
        "students/new\nline/sum-of-products/::error::x/\x1b[2J",
        b"x",
    );
    repository.git(&["add", "--all", "--force"]);
    let object = repository.git(&["rev-parse", "main"]);
    let submodule = format!("160000,{object},students/sub/sum-of-products");
    repository.git(&["update-index", "--add", "--cacheinfo", &submodule]);
    repository.git(&["commit", "--quiet", "-m", "hostile"]);
    let commit = repository.git(&["rev-parse", "HEAD"]);
    // Even where the owner of the clone has such filters, the tree cannot ask for them.
    for part in ["smudge", "clean", "process"] {
        repository.git(&["config", &format!("filter.evil.{part}"), &touch]);
    }
    repository.git(&["config", "diff.evil.textconv", &touch]);
    repository.git(&["config", "diff.external", &touch]);
    let command = &mut repository.ci(&["--base", "main", "--head", &commit]);
    let summary = repository.workspace.path("summary");
    command.env("GITHUB_STEP_SUMMARY", &summary);
    let finished = run(command.env("GITHUB_ACTIONS", "true")).code(1);
    let summary = fs::read_to_string(summary).unwrap();
    let name = "- `\\u{60}1. x\\u{60}.txt` ";
    assert!(summary.contains(name), "{summary}");
    assert!(!evil.exists(), "git obeyed the tree");
    let finished = finished.reports(&[
        "5 submissions changed",
        "5 submissions, 5 did not pass",
        "is in a folder whose name cannot be a student's",
    ]);
    // Annotations are the grader's own: a title that it writes, and the words behind it.
    let is_own = |line: &&str| {
        ["::error ", "::notice "]
            .iter()
            .any(|start| line.starts_with(start))
            && line.contains("title=sum-of-products")
            && !line.contains("::error::")
    };
    let rest = finished.stdout.lines().filter(|line| !is_own(line));
    let rest: Vec<_> = rest.collect();
    for text in [&rest.join("\n"), &finished.stderr] {
        assert_eq!(crate::hostile::text::command(text), None, "{text}");
        assert_eq!(crate::hostile::text::acting(text), None, "{text}");
    }
    assert_eq!(repository.outputs(), ["fail", "0", "50"]);
    repository.workspace.assert_nothing_left();
}

/// A tree that no tool of git makes: `way` is a link that leads out of the submission, and a folder with a link in it.
#[test]
fn no_link_is_made_through_another_link() {
    let repository = Repository::of_class();
    let outside = repository.workspace.path("outside");
    fs::create_dir_all(&outside).unwrap();
    let object = |kind: &str, contents: &[u8]| {
        let mut command = repository.git_command();
        command
            .args(["hash-object", "-w", "--literally", "--stdin", "-t", kind])
            .write_stdin(contents);
        run(&mut command).code(0).stdout.trim_end().to_owned()
    };
    let entry = |mode: &str, name: &str, object: &str| {
        let digits = object.as_bytes().chunks(2);
        let digits = digits.map(|pair| std::str::from_utf8(pair).unwrap());
        let bytes = digits.map(|pair| u8::from_str_radix(pair, 16).unwrap());
        let mut entry = format!("{mode} {name}\0").into_bytes();
        entry.extend(bytes);
        entry
    };
    let way_out = object("blob", outside.to_string_lossy().as_bytes());
    let folder = object("tree", &entry("120000", "planted", &way_out));
    let link = entry("120000", "way", &way_out);
    let work = object("tree", &[link, entry("40000", "way", &folder)].concat());
    let student = object("tree", &entry("40000", "sum-of-products", &work));
    let students = object("tree", &entry("40000", "eve", &student));
    let root = object("tree", &entry("40000", "students", &students));
    let commit = repository.git(&["commit-tree", &root, "-p", "main", "-m", "hostile"]);
    run(&mut repository.ci(&["--base", "main", "--head", &commit])).code(1);
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    repository.workspace.assert_nothing_left();
}

/// Trees that no working tree has: git makes them only if it is asked to.
#[test]
fn a_tree_that_leads_out_of_its_folder_writes_nothing_there() {
    let repository = Repository::of_class();
    let blob = |text: &str| {
        let command = &mut repository.git_command();
        let made = run(command
            .args(["hash-object", "-w", "--stdin"])
            .write_stdin(text));
        made.code(0).stdout.trim_end().to_owned()
    };
    let tree = |entries: &[(&str, &str, &str)]| {
        let mut raw = Vec::new();
        for (mode, name, object) in entries {
            raw.extend(format!("{mode} {name}\0").bytes());
            let byte = |at: usize| u8::from_str_radix(&object[at..at + 2], 16).unwrap();
            raw.extend((0..object.len()).step_by(2).map(byte));
        }
        let command = &mut repository.git_command();
        let made = ["hash-object", "-w", "--stdin", "-t", "tree", "--literally"];
        run(command.args(made).write_stdin(raw))
            .code(0)
            .stdout
            .trim_end()
            .to_owned()
    };
    let evil = blob("evil");
    let out = repository.workspace.path("out").display().to_string();
    let link = blob(&out);
    std::fs::create_dir(&out).unwrap();
    let up = tree(&[("100644", "evil", &evil)]);
    let ada = tree(&[
        ("40000", "..", &up),
        ("100644", ".", &evil),
        // A link, and a folder of the same name: what is in it would be written through the link.
        ("120000", "src", &link),
        ("40000", "src", &up),
        ("100644", "src", &evil),
    ]);
    let students = tree(&[
        ("40000", "..", &tree(&[("40000", "sum-of-products", &up)])),
        ("40000", "ada", &tree(&[("40000", "sum-of-products", &ada)])),
    ]);
    let root = run(repository.git_command().args(["ls-tree", "main"]))
        .code(0)
        .stdout;
    let root: Vec<(String, String, String)> = root
        .lines()
        .map(|line| {
            let (head, name) = line.split_once('\t').unwrap();
            let words: Vec<_> = head.split(' ').collect();
            let object = if name == "students" {
                &students
            } else {
                words[2]
            };
            (
                words[0].trim_start_matches('0').into(),
                name.into(),
                object.into(),
            )
        })
        .collect();
    let root: Vec<_> = root
        .iter()
        .map(|(mode, name, object)| (&**mode, &**name, &**object))
        .collect();
    let root = tree(&root);
    let commit = repository.git(&["commit-tree", "-p", "main", "-m", "hostile", &root]);
    let command = &mut repository.ci(&["--base", "main", "--head", &commit]);
    let finished = run(command).code(1).reports(&[
        "1 submission changed",
        "Left out, because no disk can have such a path",
        "`students/ada/sum-of-products/../evil`",
    ]);
    assert!(
        finished.stdout.contains("cannot be a student's"),
        "{}",
        finished.stdout
    );
    assert_eq!(
        crate::support::files::names(std::path::Path::new(&out)),
        [""; 0]
    );
    repository.workspace.assert_nothing_left();
}

#[test]
#[ignore = "takes ten seconds; run by its own command, and by `.ci/run`"]
fn a_flood_of_files_is_refused_as_too_large_and_the_rest_is_graded() {
    let repository = Repository::of_class();
    repository.branch("flood");
    repository.append("students/bob/sum-of-products/src/main.rs", "// changed\n");
    repository.commit("bob");
    // A hundred thousand files, all of which have the same contents.
    fs::write(repository.root.join("small"), "1\n").unwrap();
    let object = repository.git(&["hash-object", "-w", "small"]);
    fs::remove_file(repository.root.join("small")).unwrap();
    let lines = (0..100_000).map(|n| format!("100644 {object}\t{ADA}/data/{}/{n}\n", n % 100));
    let index = lines.collect::<Vec<_>>().concat();
    let command = &mut repository.git_command();
    run(command
        .args(["update-index", "--add", "--index-info"])
        .write_stdin(index))
    .code(0);
    repository.git(&["commit", "--quiet", "-m", "flood"]);
    repository.graded(1, &[]).reports(&[
        "2 submissions changed",
        "2 submissions, 2 did not pass",
        "files",
    ]);
    repository.workspace.assert_nothing_left();
}
