//! The house rules: what the documents promise about the code, held by tests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use ra_ap_rustc_lexer::{FrontmatterAllowed, TokenKind, tokenize};

use common::{
    course, fitting, grade, record, record_of,
    scene::{Scene, not_graded},
    submission,
};
use evidence::{Captured, Execution, FilesWitness, Observed, Termination, Usage};
use judge::evidence::{BuildEvidence, Evidence, RunEvidence};

fn read(path: &str) -> String {
    fs::read_to_string(course().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every Rust file below `folder`.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Every Rust file below `src`, with the room it belongs to.
fn sources() -> Vec<(String, PathBuf)> {
    let src = course().join("src");
    let files = rust_files(&src);
    let room = |path: &Path| {
        let first = path
            .strip_prefix(&src)
            .unwrap()
            .components()
            .next()
            .unwrap();
        first
            .as_os_str()
            .to_string_lossy()
            .trim_end_matches(".rs")
            .to_owned()
    };
    files.into_iter().map(|file| (room(&file), file)).collect()
}

/// Room and layer, as the table in `ARCHITECTURE.md` has them in its first two columns.
fn layers() -> BTreeMap<String, u32> {
    read("ARCHITECTURE.md")
        .lines()
        .filter_map(|line| {
            let mut cells = line.split('|').map(str::trim).skip(1);
            let layer = cells.next()?.parse().ok()?;
            let room = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
            Some((room.to_owned(), layer))
        })
        .collect()
}

/// The rooms that a file's code names behind `crate::`, tests beside the code included.
fn used_rooms(text: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    let word = |text: &str| -> String {
        text.chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect()
    };
    for (at, _) in text.match_indices("crate::") {
        // `pub(crate)` and the like are not uses; a doc comment's link is one.
        let rest = &text[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => rooms.push(word(rest)),
            Some(list) => {
                let (mut depth, mut at_name) = (0, true);
                for (at, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => at_name = true,
                        c if at_name && c.is_ascii_alphabetic() => {
                            rooms.push(word(&list[at..]));
                            at_name = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    rooms
}

#[test]
fn a_use_is_read_as_the_compiler_reads_it() {
    assert_eq!(used_rooms("use crate::ids::Seed;"), ["ids"]);
    assert_eq!(
        used_rooms("use crate::{\n    a::{B, c::D},\n    e,\n    f::G,\n};"),
        ["a", "e", "f"]
    );
}

#[test]
fn rooms_use_lower_layers_only() {
    let layers = layers();
    let mut seen = 0;
    for (room, file) in sources() {
        if matches!(room.as_str(), "lib" | "main") {
            continue;
        }
        let own = layers[&room];
        for used in used_rooms(&fs::read_to_string(&file).unwrap()) {
            let Some(&layer) = layers.get(&used) else {
                panic!(
                    "{}: `crate::{used}` is no room of ARCHITECTURE.md",
                    file.display()
                );
            };
            seen += 1;
            assert!(
                used == room || layer < own,
                "{}: `{room}` (layer {own}) uses `{used}` (layer {layer})",
                file.display()
            );
        }
    }
    assert!(
        seen > 50,
        "only {seen} uses were found: does the reading still work?"
    );
}

#[test]
fn the_map_has_every_room_and_no_other() {
    let mut rooms: Vec<String> = sources().into_iter().map(|(room, _)| room).collect();
    rooms.retain(|room| !matches!(room.as_str(), "lib" | "main"));
    rooms.sort();
    rooms.dedup();
    let mapped: Vec<String> = layers().into_keys().collect();
    assert_eq!(rooms, mapped);
}

#[test]
fn every_module_says_what_it_is_for_and_none_is_too_long() {
    let crates = rust_files(&course().join("crates")).into_iter();
    let ours = sources().into_iter().map(|(_, file)| file).chain(crates);
    for file in ours {
        let text = fs::read_to_string(&file).unwrap();
        let lines = text.lines().count();
        assert!(lines <= 600, "{} has {lines} lines", file.display());
        let is_tests = file.components().any(|part| part.as_os_str() == "tests")
            || file.file_stem().is_some_and(|stem| stem == "tests");
        assert!(
            text.starts_with("//! ") || is_tests,
            "{} opens without a word",
            file.display()
        );
    }
}

#[test]
fn unsafe_code_is_in_small_modules_and_argued_for() {
    let mut blocks = 0;
    for (room, file) in sources() {
        let text = fs::read_to_string(&file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (n, line) in lines.iter().enumerate() {
            let code = line.trim_start();
            if code.starts_with("//") || !code.contains("unsafe {") {
                continue;
            }
            blocks += 1;
            assert_eq!(room, "sandbox", "{} has unsafe code", file.display());
            let argued = lines[n.saturating_sub(6)..n]
                .iter()
                .any(|line| line.contains("// SAFETY:"));
            assert!(
                argued,
                "{}:{}: unsafe without SAFETY",
                file.display(),
                n + 1
            );
        }
    }
    assert!(
        blocks > 0,
        "no unsafe block was found: does the reading still work?"
    );
}

/// What the `use` items of a file name, each as the words of a path, up to the tests beside the code.
fn imports(text: &str) -> Vec<Vec<String>> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() && !tokens[at..].starts_with(&["mod", "tests", "{"]) {
        at += 1;
        if tokens[at - 1] == "use" {
            at = import(&tokens, at, &[], &mut found);
        }
    }
    found
}

/// Read one branch of a `use` item, which begins at `at` behind `prefix`; where it ends.
fn import(tokens: &[&str], mut at: usize, prefix: &[&str], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = prefix.to_vec();
    loop {
        match tokens.get(at).copied() {
            Some("{") => {
                while !matches!(tokens[at], "}" | ";") {
                    at = import(tokens, at + 1, &path, found);
                }
                return at + 1;
            }
            Some(":") => {}
            Some("as") => at += 1,
            Some("," | "}" | ";") | None => {
                if path.len() > prefix.len() {
                    found.push(path.into_iter().map(str::to_owned).collect());
                }
                return at;
            }
            Some(word) => path.push(word),
        }
        at += 1;
    }
}

/// The module of a file below `root`.
fn module_of(root: &Path, file: &Path) -> Vec<String> {
    let path = file.strip_prefix(root).unwrap().with_extension("");
    let words = path.iter().map(|word| word.to_str().unwrap().to_owned());
    let mut module: Vec<String> = words.collect();
    module.pop_if(|last| matches!(last.as_str(), "mod" | "lib"));
    module
}

/// The modules that each module below `root` imports from.
fn import_graph(root: &Path) -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let of_tests = |module: &Vec<String>| module.iter().any(|word| word == "tests");
    let files = rust_files(root).into_iter();
    let files: BTreeMap<_, _> = files.map(|file| (module_of(root, &file), file)).collect();
    let mut graph = BTreeMap::new();
    for (module, file) in files.iter().filter(|(module, _)| !of_tests(module)) {
        let mut uses = BTreeSet::new();
        for path in imports(&fs::read_to_string(file).unwrap()) {
            let mut whole = module.clone();
            let mut rest = &path[..];
            match rest[0].as_str() {
                "crate" => whole.clear(),
                "super" => {
                    while rest[1] == "super" {
                        whole.pop();
                        rest = &rest[1..];
                    }
                    whole.pop();
                }
                "self" => {}
                child => {
                    whole.push(child.to_owned());
                    if !files.contains_key(&whole) {
                        continue;
                    }
                }
            }
            whole.extend_from_slice(&rest[1..]);
            while !files.contains_key(&whole) && !whole.is_empty() {
                whole.pop();
            }
            if whole != *module {
                uses.insert(whole);
            }
        }
        graph.insert(module.clone(), uses);
    }
    graph
}

#[test]
fn imports_are_read_as_the_compiler_reads_them() {
    let text = "pub(crate) use a::{self, b::{C, D as E}, f};\nuse super::g::H; // use x::Y;\n\
                #[cfg(test)]\nmod tests {\n    use super::*;\n}\n";
    let read: Vec<String> = imports(text).iter().map(|path| path.join("::")).collect();
    assert_eq!(
        read,
        ["a::self", "a::b::C", "a::b::D", "a::f", "super::g::H"]
    );
}

#[test]
fn no_module_imports_from_the_one_above_it_or_in_a_circle() {
    // These two rooms become crates of their own.
    let is_held = |module: &[String]| !matches!(module[0].as_str(), "sandbox" | "intake" | "main");
    let mut seen = 0;
    for root in ["src", "crates/judge/src", "crates/dataset/src"] {
        let graph = import_graph(&course().join(root));
        for (module, uses) in &graph {
            if module.is_empty() || !is_held(module) {
                continue;
            }
            let mut reached: BTreeSet<&Vec<String>> = BTreeSet::new();
            let mut waiting: Vec<&Vec<String>> = uses.iter().collect();
            while let Some(used) = waiting.pop() {
                seen += 1;
                if reached.insert(used) {
                    waiting.extend(graph.get(used).into_iter().flatten());
                }
            }
            assert!(
                !reached.contains(module),
                "{root}: {module:?} imports itself, in a circle"
            );
            for used in uses {
                assert!(
                    !module.starts_with(used),
                    "{root}: {module:?} imports from {used:?}"
                );
            }
        }
    }
    assert!(
        seen > 300,
        "only {seen} imports were found: does the reading still work?"
    );
}

/// The words and signs of a file's code: comments, strings and blanks are not code.
fn tokens(text: &str) -> Vec<&str> {
    let mut rest = text;
    let tokens = tokenize(text, FrontmatterAllowed::No).filter_map(|token| {
        let (word, behind) = rest.split_at(token.len as usize);
        rest = behind;
        let is_code =
            matches!(token.kind, TokenKind::Ident) || word.len() == 1 && !word.trim().is_empty();
        is_code.then_some(word)
    });
    tokens.collect()
}

/// The modules and types of `std` that code names behind `std::`, in a path or in a list. Comments and strings
/// are not code.
fn named_of_std(text: &str) -> Vec<String> {
    let tokens = tokens(text);
    let mut named = Vec::new();
    for at in 0..tokens.len() {
        if tokens[at..].starts_with(&["std", ":", ":"]) {
            let behind = tokens[at + 3..].iter();
            let end = |word: &&&str| !matches!(**word, ";" | "(" | ")" | "=" | "<" | ">");
            named.extend(behind.take_while(end).map(|word| (*word).to_owned()));
        }
    }
    named
}

/// What of `std` reaches out of a computation.
const EFFECTS: [&str; 12] = [
    "fs",
    "io",
    "net",
    "os",
    "env",
    "process",
    "thread",
    "sync",
    "Instant",
    "SystemTime",
    "Path",
    "PathBuf",
];

#[test]
fn effects_are_seen_in_paths_and_lists_and_not_in_text() {
    let effects = |text: &str| -> Vec<String> {
        let named = named_of_std(text).into_iter();
        named
            .filter(|word| EFFECTS.contains(&word.as_str()))
            .collect()
    };
    assert_eq!(effects("use std::{fmt, fs::{self, File}};"), ["fs"]);
    assert_eq!(effects("let now = std::time::Instant::now();"), ["Instant"]);
    let plain = "use std::fmt; // std::fs\nlet hint = \"std::thread::scope\"; fn fs() {}";
    assert_eq!(effects(plain), [""; 0]);
}

#[test]
fn judging_touches_no_disk_no_process_and_no_clock() {
    let judge = course().join("crates/judge");
    let files = rust_files(&judge.join("src"));
    assert!(files.len() > 15, "only {} files were found", files.len());
    for file in files {
        for named in named_of_std(&fs::read_to_string(&file).unwrap()) {
            assert!(
                !EFFECTS.contains(&named.as_str()),
                "{}: `{named}` reaches out of a computation",
                file.display()
            );
        }
    }
    // Each of these computes. Whoever adds one reads first what it can touch.
    let pure = [
        "anstyle",
        "bytesize",
        "csv-core",
        "evidence",
        "humantime",
        "ids",
        "schemars",
        "serde",
        "serde_json",
        "textwrap",
    ];
    let manifest: toml::Table = read("crates/judge/Cargo.toml").parse().unwrap();
    let direct: Vec<&String> = manifest["dependencies"]
        .as_table()
        .unwrap()
        .keys()
        .collect();
    assert_eq!(direct, pure);
    // And nothing that they bring along is made to touch anything.
    let lock: toml::Table = read("Cargo.lock").parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    let mut waiting: Vec<&str> = vec!["run-evidence"];
    waiting.extend(pure.iter().filter(|name| **name != "evidence"));
    let mut closure = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        if !closure.insert(name) {
            continue;
        }
        let package = packages
            .iter()
            .find(|package| package["name"].as_str() == Some(name));
        let package = package.unwrap_or_else(|| panic!("Cargo.lock lacks `{name}`"));
        // A library of ours lists what its tests need as well.
        if matches!(name, "ids" | "run-evidence") {
            waiting.extend(["serde", "sha2", "thiserror"]);
        } else if let Some(below) = package.get("dependencies") {
            let below = below.as_array().unwrap().iter();
            waiting.extend(below.map(|name| name.as_str().unwrap().split(' ').next().unwrap()));
        }
    }
    for able in [
        "rustix",
        "nix",
        "tempfile",
        "landlock",
        "walkdir",
        "signal-hook",
        "getrandom",
        "anstream",
        "indicatif",
        "terminal_size",
        "csv",
        "clap",
        "zip",
        "tar",
    ] {
        assert!(!closure.contains(able), "`judge` has `{able}`");
    }
}

#[test]
fn exit_codes_are_the_same_in_code_and_readme() {
    let code = read("src/cli/exit_code.rs");
    let readme = read("README.md");
    let mut found = 0;
    for line in code.lines() {
        let Some((_, number)) = line.trim().trim_end_matches(',').split_once(" = ") else {
            continue;
        };
        let Ok(number) = number.parse::<u8>() else {
            continue;
        };
        assert!(
            readme.contains(&format!("| {number} |")),
            "README.md lacks exit code {number}"
        );
        found += 1;
    }
    assert_eq!(found, 7);
}

#[test]
fn check_ids_are_documented() {
    let readme = read("README.md");
    for id in ids::CheckId::ALL {
        assert!(
            readme.contains(&format!("`{id}`")),
            "README.md lacks the check `{id}`"
        );
    }
}

#[test]
fn the_changelog_has_this_version() {
    let version = env!("CARGO_PKG_VERSION");
    assert!(
        read("CHANGELOG.md").contains(&format!("## {version}")),
        "no entry for {version}"
    );
}

#[test]
fn the_course_locks_the_versions_that_the_project_builds_with() {
    let versions = |lock: &str| -> BTreeMap<String, String> {
        let lock: toml::Table = read(lock).parse().unwrap();
        let packages = lock["package"].as_array().unwrap().iter();
        packages
            .map(|package| {
                let text = |key: &str| package[key].as_str().unwrap().to_owned();
                (text("name"), text("version"))
            })
            .collect()
    };
    // So that whoever has compiled this program has fetched what the reference needs.
    let (ours, course) = (versions("Cargo.lock"), versions("grader.lock"));
    for name in [
        "rayon",
        "rayon-core",
        "crossbeam-deque",
        "crossbeam-epoch",
        "crossbeam-utils",
    ] {
        assert_eq!(ours[name], course[name], "{name}");
    }
}

const SCHEMA: &str = "schema/grade-record-1.schema.json";
const BATCH_SCHEMA: &str = "schema/grade-batch-1.schema.json";

#[test]
fn the_published_schemas_are_the_codes_own() {
    for (path, schema) in [
        (SCHEMA, judge::record::json_schema()),
        (BATCH_SCHEMA, grade::batch::json_schema()),
    ] {
        if std::env::var_os("GRADE_BLESS").is_some() {
            fs::write(course().join(path), &schema).unwrap();
        }
        // Not `assert_eq`: the two are some hundred lines long.
        assert!(
            read(path) == schema,
            "run GRADE_BLESS=1 cargo test --test house, and read the diff"
        );
    }
}

#[test]
fn every_kind_of_record_fits_the_published_schema() {
    let mut verdicts = Vec::new();
    for name in [
        "correct-rayon-par-iter",
        "type-error",
        "panics",
        "crate-not-allowed",
        "prints-label",
    ] {
        verdicts.push(record(&submission(name))["verdict"].clone());
    }
    assert_eq!(verdicts, ["pass", "fail", "fail", "fail", "fail"]);
}

#[test]
fn a_record_of_what_was_not_graded_fits_the_published_schema() {
    let scene = Scene::new();
    let folder = scene.submission("inside", "", "fn main() {}");
    let record = record_of(&mut not_graded(&scene, &folder));
    assert_eq!(record["verdict"], "not-graded");
    assert_eq!(record["score"], serde_json::Value::Null);
    assert_eq!(record["faults"][0]["kind"], "usage");
}

/// A run of which everything is known but how it read.
fn run_without_observer() -> RunEvidence {
    RunEvidence {
        seed: ids::Seed(7),
        expected: "42".into(),
        reference_concurrency: None,
        execution: Execution {
            termination: Termination::Exited { code: 0 },
            stdout: Captured::complete("42\n"),
            stderr: Captured::complete(""),
            usage: Usage::default(),
            left_behind: 0,
            observation: Some(Observed::Unavailable {
                reason: "no seccomp here".into(),
            }),
        },
        files: FilesWitness {
            expected: 2,
            read: 2,
            ..FilesWitness::default()
        },
    }
}

#[test]
fn a_record_of_what_was_inconclusive_fits_the_published_schema() {
    let course = grade::course::Course::load(&course()).unwrap();
    let exercise = course.exercise("sum-of-products").unwrap();
    let ids: Vec<_> = exercise.checks.iter().map(|check| check.id).collect();
    let evidence = Evidence {
        build: BuildEvidence::Built { warnings: 0 },
        runs: vec![run_without_observer()],
    };
    let findings = judge::check::run_all(&ids, &evidence);
    let (verdict, score) = judge::verdict::decide(&findings, &exercise.checks);
    let record = judge::record::Record {
        schema: judge::record::SCHEMA.into(),
        grader: judge::record::Grader {
            version: env!("CARGO_PKG_VERSION").into(),
            tier: "weak".into(),
            observer: "file-times".into(),
        },
        exercise: exercise.id,
        submission: judge::record::Submission {
            id: "alice".parse().unwrap(),
            digest: None,
        },
        verdict: verdict.into(),
        score: score.map(judge::record::Score::from),
        checks: findings
            .iter()
            .zip(&exercise.checks)
            .map(|(finding, spec)| judge::record::Check::new(finding, spec))
            .collect(),
        runs: evidence.runs.iter().map(judge::record::Run::from).collect(),
        faults: Vec::new(),
        notice: exercise.notice,
        replay: String::new(),
    };
    let record = fitting(serde_json::to_value(record).unwrap());
    assert_eq!(record["verdict"], "not-graded");
    assert_eq!(record["checks"][4]["status"], "inconclusive");
}

#[test]
#[should_panic(expected = "does not fit its schema")]
fn a_record_that_lacks_a_field_does_not_fit() {
    // A schema that takes everything proves nothing.
    fitting(serde_json::json!({"schema": "grade-record/1"}));
}

#[test]
fn the_readme_opens_with_the_two_commands() {
    let readme = read("README.md");
    let head: String = readme.lines().take(24).collect::<Vec<_>>().join("\n");
    assert!(
        head.contains("cargo run --release -- sum-of-products"),
        "{head}"
    );
    assert!(head.contains("cargo test"), "{head}");
    let help = grade().arg("--help").output().unwrap();
    assert!(help.status.success());
}

#[test]
fn the_report_in_the_readme_is_a_real_one() {
    let line = "grade sum-of-products tests/submissions/mutex-around-read --seed 7131";
    let arguments: Vec<&str> = line.split(' ').skip(1).collect();
    let output = grade().args(arguments).output().unwrap();
    // How well a machine isolates is its own.
    let plain = |text: &str| {
        let lines = text
            .lines()
            .filter(|line| !line.starts_with("  Isolation: "));
        lines.collect::<Vec<_>>().join("\n")
    };
    let report = plain(&String::from_utf8(output.stdout).unwrap());
    let readme = plain(&read("README.md"));
    assert!(
        readme.contains(&format!("$ {line}\n{report}")),
        "it is now:\n{report}"
    );
}

/// The answer by the plainest road: one loop over the generated files.
fn oracle(seed: u64) -> String {
    let course = grade::course::Course::load(&course()).unwrap();
    let exercise = course.exercise("sum-of-products").unwrap();
    let dataset = dataset::generate(&exercise.recipe, seed);
    let mut total: i128 = 0;
    for (_, contents) in dataset.files() {
        let lines: Vec<i128> = std::str::from_utf8(contents)
            .unwrap()
            .lines()
            .map(|line| line.parse().unwrap())
            .collect();
        total += lines[2] * lines[16];
    }
    total.to_string()
}

#[test]
fn the_reference_agrees_with_a_serial_oracle() {
    assert_eq!(oracle(0), "2483973");
    // 268 draws a name twice.
    let seeds = [1, 268, 4_294_967_297, u64::MAX];
    let mut command = grade();
    command.args(["sum-of-products", "reference/sum-of-products"]);
    for seed in seeds {
        command.args(["--seed", &seed.to_string()]);
    }
    let record = record_of(&mut command);
    let runs = record["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 5);
    for run in runs {
        let seed: u64 = run["seed"].as_str().unwrap().parse().unwrap();
        assert_eq!(run["expected"], oracle(seed), "seed {seed}");
        assert_eq!(run["answer"], oracle(seed), "seed {seed}");
    }
}
