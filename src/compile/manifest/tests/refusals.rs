//! What is refused, where, and in which words.

use super::*;

/// One reason to refuse.
struct Case<'a> {
    files: Vec<&'a str>,
    manifest: String,
    place: &'a str,
    words: Vec<&'a str>,
}

/// The cases of `refusals.txt`, which says how they are written.
fn cases() -> Vec<Case<'static>> {
    let case = |text: &'static str| {
        let mut case = Case {
            files: vec!["src/main.rs"],
            manifest: HEAD.to_owned(),
            place: "",
            words: vec![],
        };
        let (first, rest) = text.split_once('\n').unwrap();
        let mut first = first.split(" | ");
        case.place = first.next().unwrap().trim();
        case.words.extend(first);
        for line in rest.lines().filter(|line| !line.starts_with("## ")) {
            if let Some(files) = line.strip_prefix("@files ") {
                case.files = files.split(", ").collect();
            } else if line == "@whole" {
                case.manifest.clear();
            } else {
                case.manifest.push_str(line);
                case.manifest.push('\n');
            }
        }
        case
    };
    let text = include_str!("refusals.txt");
    text.split("\n>>>").skip(1).map(case).collect()
}

/// The one refusal, if there is one alone.
#[track_caller]
fn only_refusal(manifest: &str, files: &[&str]) -> Refusal {
    let mut refusals = read(manifest, files).expect_err(manifest);
    assert_eq!(refusals.len(), 1, "{manifest}\n{refusals:#?}");
    refusals.remove(0)
}

#[track_caller]
fn check(manifest: &str, files: &[&str], place: &str, words: &[&str]) {
    let refusal = only_refusal(manifest, files);
    assert_eq!(refusal.place, place, "{manifest}\n{refusal:#?}");
    let sentences = format!("{}; {}", refusal.problem, refusal.remedy);
    for word in words {
        assert!(
            sentences.contains(word),
            "{manifest}\nno {word:?} in {sentences}"
        );
    }
    for sentence in [refusal.problem, refusal.remedy] {
        assert!(
            !sentence.is_empty() && !sentence.ends_with('.'),
            "{sentence}"
        );
    }
}

#[test]
fn each_rule_refuses_in_its_words_and_at_its_line() {
    let cases = cases();
    assert!(cases.len() > 100, "{}", cases.len());
    for case in cases {
        check(&case.manifest, &case.files, case.place, &case.words);
    }
}

#[test]
fn names_that_cargo_or_rustc_would_not_take() {
    for (name, words) in [
        ("", "`` is empty"),
        ("1sum", "starts with a digit"),
        ("-sum", "starts with `-`"),
        ("a b", "has the character ' '"),
        ("su\\u0308m", "has the character '\\u{308}'"),
        ("s\\u200bm", "has the character '\\u{200b}'"),
        ("a\\u001b[31m", "`a\\u{1b}[31m`"),
        (&"x".repeat(65), "longer than 64"),
        (&"y".repeat(65), &format!("`{}…`", "y".repeat(60))),
        ("_", "program's name `_` has no letter"),
        ("deps", "cargo's own folders"),
    ] {
        let manifest = format!("[package]\nedition = \"2021\"\nname = \"{name}\"");
        check(&manifest, &["src/main.rs"], "Cargo.toml:3", &[words]);
    }
}

#[test]
fn paths_that_are_not_files_of_the_submission() {
    for (path, words) in [
        ("../x.rs", "has `..`"),
        ("src/../src/main.rs", "has `..`"),
        ("/etc/passwd", "is absolute"),
        ("src\\\\..\\\\..\\\\x.rs", "has `..`"),
        ("\\\\\\\\host\\\\x.rs", "is absolute"),
        ("src/main.rs\\u0000", "control character"),
        ("", "is not a file of the submission"),
        (".", "is not a file of the submission"),
        ("src", "is not a file of the submission"),
        ("src/missing.rs", "is not a file of the submission"),
    ] {
        let manifest = format!("{HEAD}[[bin]]\nname = \"a\"\npath = \"{path}\"");
        check(&manifest, &["src/main.rs"], "Cargo.toml:6", &[words]);
    }
}

#[test]
fn a_course_without_crates_says_so() {
    let manifest = format!("{HEAD}[dependencies]\nrayon = \"1\"");
    let none = read_with(
        manifest.as_bytes(),
        None,
        &["src/main.rs"],
        &BTreeMap::new(),
        &BTreeMap::new(),
    );
    assert!(none.unwrap_err()[0].remedy.contains("allows no crate"));
}

#[test]
fn a_crate_is_suggested_only_if_it_is_near() {
    let remedy = |name: &str| {
        let manifest = format!("{HEAD}[dependencies]\n{name} = \"1\"");
        only_refusal(&manifest, &["src/main.rs"]).remedy
    };
    assert!(remedy("crossbeam_channel").contains("did you mean `crossbeam-channel`?"));
    assert!(!remedy("rand").contains("did you mean"));
}

#[test]
fn a_file_name_reaches_the_report_escaped() {
    let refusal = only_refusal(HEAD, &["src/bin/\u{202e}.rs"]);
    assert_eq!(refusal.place, "src/bin/\\u{202e}.rs");
}

#[test]
fn bytes_that_are_no_manifest() {
    let refusal = |bytes: &[u8]| read_bytes(bytes, &["src/main.rs"]).unwrap_err().remove(0);
    let latin1 = refusal(b"[package]\n# caf\xe9\n");
    assert_eq!(latin1.place, "Cargo.toml:2");
    assert!(latin1.problem.contains("UTF-8"), "{latin1:?}");

    let utf16: Vec<u8> = HEAD.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16 = refusal(&[&[0xff, 0xfe], utf16.as_slice()].concat());
    assert!(utf16.problem.contains("UTF-16"), "{utf16:?}");
    assert!(utf16.remedy.contains("UTF-8"), "{utf16:?}");

    let size = |bytes: usize| format!("{HEAD}{}", "#".repeat(bytes - HEAD.len()));
    assert!(read(&size(64 << 10), &["src/main.rs"]).is_ok());
    let large = refusal(size((64 << 10) + 1).as_bytes());
    assert!(large.problem.contains("65537 bytes"), "{large:?}");

    let dots = |dots: usize| format!("{HEAD}# {}", "a.".repeat(dots));
    assert!(read(&dots(490), &["src/main.rs"]).is_ok());
    assert!(read(&format!("{HEAD}# {}", ".".repeat(5000)), &["src/main.rs"]).is_ok());
    assert!(refusal(dots(510).as_bytes()).problem.contains("dots"));
}

/// Each text is a tree so deep that building, reading or dropping it might overflow the stack.
#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    let keys = vec!["a"; 79].join(".");
    let texts = [
        format!("{HEAD}x = {}", "[".repeat(100_000)),
        format!("{HEAD}x = {}", "[".repeat(60_000)),
        format!("{HEAD}x = {}{}", "[".repeat(30_000), "]".repeat(30_000)),
        format!("{HEAD}x = {}", "{a=".repeat(20_000)),
        format!("{HEAD}x = {}1{}", "{a=".repeat(15_000), "}".repeat(15_000)),
        format!("{HEAD}{} = 1", vec!["a"; 30_000].join(".")),
        format!("{HEAD}[{}]", vec!["a"; 30_000].join(".")),
        // 79 keys in each of 80 levels: below both of the parser's own limits, and 6000 deep.
        format!(
            "{HEAD}{}1{}",
            format!("{keys} = {{").repeat(79) + "x = ",
            "}".repeat(79)
        ),
    ];
    for text in texts {
        assert!(read(&text, &["src/main.rs"]).is_err());
    }
}

#[test]
fn all_reasons_come_together_in_the_order_of_the_lines() {
    let refusals = read(
        "[dependencies]\nrand = \"1\"\n[package]\nname = \"1\"\nbuild = true\nedition = \"x\"\n[[bin]]\n",
        &["src/lib.rs"],
    )
    .unwrap_err();
    let places: Vec<&str> = refusals.iter().map(|r| r.place.as_str()).collect();
    let lines = [2, 4, 5, 6, 7].map(|line| format!("Cargo.toml:{line}"));
    assert_eq!(places, lines);
}

#[test]
fn a_hostile_file_gets_a_short_answer_soon() {
    use std::fmt::Write as _;
    let mut text = format!("{HEAD}[dependencies]\n");
    let mut line = 0;
    while text.len() < (64 << 10) - 30 {
        line += 1;
        writeln!(
            text,
            "a{line} = \"{}\"",
            if line % 2 == 0 { "1" } else { "\\u001b" }
        )
        .unwrap();
    }
    let refusals = read(&text, &["src/main.rs"]).unwrap_err();
    assert_eq!(refusals.len(), 21);
    assert!(
        refusals[20].problem.contains("more problems"),
        "{:?}",
        refusals[20]
    );
    let bytes: usize = refusals
        .iter()
        .map(|r| r.problem.len() + r.remedy.len())
        .sum();
    assert!(bytes < 10_000, "{bytes}");
}

/// What a member asks of a workspace, which part is missing, and where.
#[test]
fn what_a_workspace_does_not_give_is_told_at_the_line_that_asks() {
    let refuse = |member: &str, workspace: Option<&str>| {
        let text = format!("[package]\nname = \"x\"\n{member}");
        let refusals = read_member(
            text.as_bytes(),
            workspace.map(str::as_bytes),
            &["src/main.rs"],
        );
        let mut refusals = refusals.unwrap_err();
        assert_eq!(refusals.len(), 1, "{refusals:#?}");
        let Refusal {
            place,
            problem,
            remedy,
        } = refusals.remove(0);
        format!("{place}: {problem}; {remedy}")
    };
    let edition = "edition.workspace = true";
    let alone = refuse(edition, None);
    assert!(
        alone.starts_with("Cargo.toml:3: `edition` is inherited"),
        "{alone}"
    );
    assert!(alone.contains("hand in the workspace's folder"), "{alone}");
    let lacks = refuse(edition, Some("[workspace]"));
    assert!(
        lacks.contains("`[workspace.package]` does not have it"),
        "{lacks}"
    );
    let unknown = refuse(edition, Some("[workspace.package]\nedition = \"2027\""));
    assert!(
        unknown.starts_with("Cargo.toml:3: the package's edition is `2027`"),
        "{unknown}"
    );
    let crates = "edition = \"2024\"\n[dependencies]\nrayon.workspace = true";
    assert!(refuse(crates, None).starts_with("Cargo.toml:5: `rayon` is inherited"));
    assert!(refuse(crates, Some("[workspace]")).contains("`[workspace.dependencies]`"));
    let other = refuse(crates, Some("[workspace.dependencies]\nrayon = \"2\""));
    assert!(
        other.starts_with("Cargo.toml:5: the package asks for `rayon` `2`"),
        "{other}"
    );
    let path = refuse(
        crates,
        Some("[workspace.dependencies]\nrayon = { path = \"r\" }"),
    );
    assert!(path.contains("comes from a folder"), "{path}");
    let patched =
        "[workspace.dependencies]\nrayon = \"1\"\n[patch.crates-io]\nrayon = { path = \"r\" }";
    assert!(refuse(crates, Some(patched)).contains("the workspace's `[patch]`"));
}

/// A member that asks for one large value very often.
#[test]
fn what_is_taken_from_a_workspace_is_bounded() {
    use std::fmt::Write as _;
    let workspace = format!(
        "[workspace.dependencies]\nx = {{ version = \"1\", features = [{}] }}",
        "\"a\",".repeat(15_000)
    );
    let mut member = HEAD.to_owned();
    for n in 0..100 {
        write!(member, "[target.t{n}.dependencies]\nx.workspace = true\n").unwrap();
    }
    let refusals = read_member(
        member.as_bytes(),
        Some(workspace.as_bytes()),
        &["src/main.rs"],
    );
    let refusals = refusals.unwrap_err();
    assert!(
        refusals
            .iter()
            .any(|one| one.problem.contains("too many values")),
        "{refusals:#?}"
    );
}

#[test]
fn the_line_told_keeps_what_was_asked_for() {
    for (line, told) in [
        ("rayon = \"2\"", "`rayon = \"1.11.0\"`"),
        (
            "tokio = { version = \"2\", features = [\"full\"] }",
            "`tokio = { version = \"1.48.0\", features = [\"full\"] }`",
        ),
        (
            "par = { package = \"rayon\", version = \"2\", default-features = false }",
            "`par = { package = \"rayon\", version = \"1.11.0\", default-features = false }`",
        ),
        (
            "rayon = { git = \"https://x\", features = [\"web_spin_lock\"] }",
            "`rayon = { version = \"1.11.0\", features = [\"web_spin_lock\"] }`",
        ),
        ("rayon = {}", "`rayon = \"1.11.0\"`"),
        ("rayon = \"one\"", "`rayon = \"1.11.0\"`"),
    ] {
        let manifest = format!("{HEAD}[dependencies]\n{line}");
        let remedy = only_refusal(&manifest, &["src/main.rs"]).remedy;
        assert!(remedy.contains(told), "{line}: {remedy}");
    }
}

#[test]
fn the_file_that_may_be_meant_as_the_program_is_named() {
    for (file, words) in [
        ("src/Main.rs", "only `src/Main.rs`"),
        ("Src/main.rs", "only `Src/main.rs`"),
        ("main.rs", "move `main.rs` to `src/main.rs`"),
        ("src/main.rs.txt", "move `src/main.rs.txt`"),
    ] {
        check(HEAD, &[file], file, &[words]);
    }
}
