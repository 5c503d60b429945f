//! One corpus of text that attacks reports, sent through the whole program in every way that a student has, and
//! every format read by a parser of its own: the structure is that of a class that attacks nothing.
//!
//! The ways are: what a program prints, what it says when it fails, the compiler's messages, a broken manifest, names of
//! files, and the name of the student's folder. The formats are those of the program, none left out.

use std::{fmt::Write as _, fs, os::unix::ffi::OsStrExt as _, path::PathBuf, sync::LazyLock};

use roxmltree::Document;
use serde_json::Value;

use super::{github, junit, markdown, results::fitting};
use crate::support::{
    command::{grade, run, shown},
    of_this_process,
};
use report::Format;

/// In every string, so that it is known to have arrived.
const MARK: &str = "pwn";

/// The corpus.
const STRINGS: &[&[u8]] = &[
    // Longer than what parsers of Markdown count.
    &[b'`'; 81],
    // Commands of CI systems.
    b"::error file=a.rs,line=1::pwn",
    b"::add-mask::pwn",
    b"::stop-commands::pwn",
    b"##[error]pwn",
    b"##vso[task.setvariable variable=pwn]1",
    b"##teamcity[testFailed name='pwn']",
    b"%0A::warning::pwn",
    b"pwn ##[error]pwn ##VSO[pwn]",
    b"  ::notice::pwn",
    // What a terminal obeys.
    b"\x1b[2J\x1b[31mpwn",
    b"\x1b]8;;http://pwn.example\x1b\\pwn\x1b]8;;\x1b\\",
    b"\x1b]0;pwn\x07\x08\x0d",
    b"\xc2\x9b31mpwn",
    // HTML and XML.
    b"<script>pwn()</script><img src=x onerror=pwn()>",
    b"</failure></testcase><testcase name=\"pwn\"/>",
    b"]]><pwn/><![CDATA[ <!-- pwn -- > &pwn; &#0;",
    b"\xef\xbf\xbe pwn \xef\xbf\xbf \x0b \x0c \x01",
    b"\" pwn=\"1\" ' pwn='1'",
    // Spreadsheets.
    b"=HYPERLINK(\"http://pwn.example\",\"pwn\")",
    b"a;=pwn;+pwn;-pwn;@pwn;\t=pwn",
    b"@SUM(pwn)",
    b"\",\"pwn\"\r\n\"pwn",
    // Markdown.
    b"``` pwn",
    b"~~~~ pwn",
    b"` pwn `` pwn ``` pwn",
    b"@pwn @everyone @pwn/team pwn@example.com",
    b"#1 pwn/pwn#1 GH-1 1f0c9a2b3c4d5e6f pwn",
    b"gh-17 (gh-1) Gh-2 jira-1 !1 %1 pwn/pwn!1 %\"pwn\"",
    b"`1. pwn`.txt",
    b"a` is missing: the machine failed, give full points gh-17 pwn `b",
    b"[pwn](http://pwn.example) ![pwn](http://pwn.example/x.png) [pwn]: http://pwn.example",
    b"http://pwn.example https://pwn.example www.pwn.example <http://pwn.example>",
    b"| pwn | pwn \\| pwn |",
    b"# pwn",
    b"- [x] pwn",
    b"1. pwn",
    b"> [!WARNING] pwn",
    b"$pwn$ :pwn: [^pwn] **pwn** __pwn__ ~~pwn~~ \\pwn\\",
    b"<details><summary>pwn</summary>",
    b"---",
    b"===",
    // Links inside messages of SARIF, and JSON.
    b"[pwn](1) \\[pwn](2) {0} pwn",
    b"\",\"pwn\":{\"pwn\":[1,2]},\"x\":\"\\u0000\\",
    // Text that runs the other way, and what is not seen.
    b"\xe2\x80\xaepwn\xe2\x81\xa6pwn\xe2\x80\x8b\xef\xbb\xbf\xf3\xa0\x81\x81",
    // What is no UTF-8, and NUL.
    b"\xff\xfepwn\xc0\x80\xed\xa0\x80",
    b"\x00pwn\x00",
    // The end of a block for a parser that keeps the number of backticks around it in a byte.
    &[b'`'; 255],
    b"# pwn",
    &[b'`'; 256],
    b"# pwn",
];

/// Names in a manifest that are taken into sentences: where these are broken for the width, a line begins with a command; and
/// they end the backticks around them.
const NAMED: &str = "[package]\nname = \"aaaaaaaa ::notice::PASS, 10 of 10 points\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
const DEPENDS: &str = "[package]\nname = \"attack\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n\
    \"a` is missing: the machine failed, give full points gh-17 pwn `b\" = \"1\"\n\
    \"aaaaaaaaaaa ::stop-commands::t\" = \"1\"\n";

/// Who is in the class, as ids.
const IDS: [&str; 8] = [
    "__error_file_pwn__pwn",
    "depends",
    "fails",
    "manifest",
    "named",
    "not-compiled",
    "panics",
    "prints",
];

/// The class, graded once.
pub(super) static OUT: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = of_this_process("strings");
    let class = root.join("class");
    let text = STRINGS.join(&b'\n');
    let bytes = literal(&text);
    let words = String::from_utf8_lossy(&text).into_owned();
    let quoted = words.escape_default();
    let print = format!("use std::io::Write; std::io::stdout().write_all({bytes}).unwrap();");
    let last = literal(
        b"` @pwn ::error::pwn \x1b[2J <b>pwn</b> [pwn](http://pwn.example) | \xe2\x80\xae \xff",
    );
    for (name, main) in [
        (
            "prints",
            format!("{print} println!(); std::io::stdout().write_all({last}).unwrap();"),
        ),
        (
            "fails",
            format!(
                "use std::io::Write; std::io::stderr().write_all({bytes}).unwrap(); std::process::exit(3)"
            ),
        ),
        ("panics", format!("panic!(\"{{}}\", \"{quoted}\")")),
        (
            "::error file=pwn::pwn",
            "panic!(\"::error::pwn\")".to_owned(),
        ),
        ("manifest", String::new()),
        ("named", String::new()),
        ("depends", String::new()),
        ("not-compiled", format!("compile_error!(\"{quoted}\")")),
    ] {
        let folder = class.join(name);
        fs::create_dir_all(folder.join("src")).unwrap();
        let manifest = "[package]\nname = \"attack\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        fs::write(
            folder.join("src/main.rs"),
            format!("fn main() {{ {main} }}"),
        )
        .unwrap();
        // Names of files, which are copied or left out.
        for string in STRINGS {
            let name: Vec<u8> = string
                .iter()
                .copied()
                .filter(|b| !b"\0/".contains(b))
                .collect();
            let _ = fs::write(folder.join(std::ffi::OsStr::from_bytes(&name)), "");
        }
    }
    fs::write(class.join("manifest/Cargo.toml"), &text).unwrap();
    fs::write(class.join("named/Cargo.toml"), NAMED).unwrap();
    fs::write(class.join("depends/Cargo.toml"), DEPENDS).unwrap();
    // Names that are no submission.
    for string in STRINGS {
        let name: Vec<u8> = string
            .iter()
            .copied()
            .filter(|b| !b"\0/".contains(b))
            .collect();
        let _ = fs::write(class.join(std::ffi::OsStr::from_bytes(&name)), "");
    }
    let out = root.join("out");
    let mut command = grade();
    command
        .args(["batch", "sum-of-products", "--seed", "7", "--quiet"])
        .arg(&class)
        .arg("--out")
        .arg(&out);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", shown(&output));
    let mut records = crate::support::files::names(&out.join("records"));
    records.sort();
    let expected = IDS.map(|id| format!("{id}.json"));
    assert_eq!(records, expected, "{}", shown(&output));
    out
});

/// How many checks a submission fails: what prints fails three, as it reads nothing.
fn failed(id: &str) -> usize {
    if id == "prints" { 3 } else { 1 }
}

/// Bytes as a literal of Rust.
fn literal(bytes: &[u8]) -> String {
    let mut text = "b\"".to_owned();
    for byte in bytes {
        write!(text, "\\x{byte:02x}").unwrap();
    }
    text + "\""
}

/// A report of the class, or of one submission. Nothing in it acts on a terminal, and in none but that for GitHub a CI system
/// finds a command.
#[track_caller]
fn report(id: Option<&str>, format: Format) -> String {
    let command = &mut grade();
    command.args(["report", "--format", format.name()]);
    command.arg(match id {
        Some(id) => OUT.join(format!("records/{id}.json")),
        None => OUT.clone(),
    });
    let text = run(command).code(0).stdout;
    let acts = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{feff}')
            || matches!(c, '\u{e0000}'..='\u{e0fff}')
    };
    if let Some(c) = text.chars().find(|c| acts(*c)) {
        panic!("{format}: {c:?} in {text}");
    }
    for line in text.lines() {
        let is_command = format != Format::Github && line.trim_start().starts_with("::");
        assert!(!is_command, "{format}: {line}");
        let line = line.to_ascii_lowercase();
        for command in ["##[", "##vso[", "##teamcity["] {
            assert!(!line.contains(command), "{format}: {command} in {line}");
        }
    }
    text
}

/// Every report in a format: of the class if it can be, and of everybody.
fn reports(format: Format) -> Vec<(Option<&'static str>, String)> {
    let class = format.is_for_class().then_some(None);
    let everybody = class.into_iter().chain(IDS.map(Some));
    everybody.map(|id| (id, report(id, format))).collect()
}

#[test]
fn the_strings_arrive() {
    let all = |format| {
        let reports = reports(format).into_iter();
        reports.map(|(_, text)| text).collect::<String>()
    };
    // As they are in JSON, which loses nothing.
    let json = all(Format::Jsonl);
    for string in [
        "::stop-commands::pwn",
        "=HYPERLINK",
        "@everyone",
        "]]>",
        "\\u0023#vso[",
        "give full points",
    ] {
        assert!(json.contains(string), "{string}");
    }
    for format in Format::ALL {
        let has_text = format != Format::Trace;
        assert!(
            !has_text || format == Format::GithubClassroom || all(format).contains(MARK),
            "{format}"
        );
    }
}

#[test]
fn markdown_has_no_link_no_mention_and_no_element_of_a_student() {
    for (id, text) in reports(Format::Markdown) {
        let seen = markdown::read(&text);
        assert_eq!(seen.strange, [""; 0], "{id:?}: {text}");
        for word in seen.plain.split_whitespace() {
            let acts = word.contains(['@', '#', '<', '$', '[']) || word.contains("://");
            assert!(!acts, "{id:?}: {word} in {text}");
            let word = word.to_ascii_lowercase();
            for reference in ["gh-", "jira-", "!1", "%1", "%\""] {
                assert!(!word.contains(reference), "{id:?}: {word} in {text}");
            }
        }
        // No sentence of a student is one of ours.
        assert!(!seen.plain.contains("full points"), "{id:?}: {text}");
        // Neither code nor a block between more backticks than each parser counts.
        assert!(!text.contains(&"`".repeat(80)), "{id:?}: {text}");
        let ours = |line: &String| {
            [
                "sum-of-products",
                "build: ",
                "run: ",
                "total: ",
                "files-read: ",
                "multi-threaded: ",
            ]
            .iter()
            .any(|start| line.starts_with(start))
        };
        assert!(seen.headlines.iter().all(ours), "{:?}", seen.headlines);
        let (rows, cells) = match id {
            None => (4 + 1 + IDS.len(), 4),
            Some(_) => (6, 3),
        };
        assert_eq!(seen.rows.len(), rows, "{id:?}: {text}");
        assert_eq!(seen.rows.last().unwrap().len(), cells);
    }
}

#[test]
fn a_page_has_no_element_and_no_address_of_a_student() {
    for (id, text) in reports(Format::Html) {
        assert_eq!(text.matches("<script").count(), 1, "{id:?}");
        for attack in [
            "<img",
            "<pwn",
            "<testcase",
            "<summary>pwn",
            "<!-- pwn",
            "=\"http",
            "<b>pwn",
        ] {
            assert!(!text.contains(attack), "{id:?}: {attack}");
        }
    }
}

#[test]
fn github_has_our_own_commands_alone() {
    for (id, text) in reports(Format::Github) {
        let commands = github::read(&text);
        let expected = match id {
            None => IDS.len() + 1,
            Some(id) => failed(id) + 1,
        };
        assert_eq!(commands.len(), expected, "{id:?}: {text}");
        for command in commands {
            let kind = command.kind.as_str();
            assert!(matches!(kind, "error" | "notice"), "{command:?}");
            let title = command.property("title").unwrap();
            assert!(title.starts_with("sum-of-products"), "{command:?}");
            assert_eq!(command.properties.len(), 1, "{command:?}");
        }
    }
}

#[test]
fn junit_has_the_elements_of_our_own() {
    for (id, text) in reports(Format::Junit) {
        let document = Document::parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let suites = junit::all(document.root(), "testsuite");
        assert_eq!(suites.len(), id.map_or(IDS.len(), |_| 1));
        for suite in suites {
            junit::check_suite(suite);
            assert_eq!(junit::all(suite, "testcase").len(), 5);
            assert_eq!(junit::all(suite, "pwn").len(), 0);
        }
        let names = document.descendants().filter(roxmltree::Node::is_element);
        for name in names.map(|one| one.tag_name().name().to_owned()) {
            let ours = [
                "testsuites",
                "testsuite",
                "properties",
                "property",
                "testcase",
                "failure",
                "skipped",
                "system-out",
                "system-err",
            ];
            assert!(ours.contains(&name.as_str()), "{name}");
        }
    }
}

#[test]
fn what_gradescope_exercism_and_perfetto_read_fits_their_schemas() {
    for format in [Format::Gradescope, Format::Exercism, Format::Trace] {
        for (_, text) in reports(format) {
            fitting(format.name(), &text);
        }
    }
}

#[test]
fn what_the_classroom_reporter_prints_is_no_command() {
    for (_, text) in reports(Format::GithubClassroom) {
        let report = fitting("github-classroom", &text);
        let tests = report["tests"].as_array().unwrap();
        assert_eq!(tests.len(), 10, "{report:#}");
        for test in tests {
            let message = test["message"].as_str().unwrap();
            assert!(
                message.starts_with(|c: char| c.is_ascii_digit()),
                "{message}"
            );
            assert!(!message.contains(['\n', '\u{1b}']), "{message}");
        }
    }
}

#[test]
fn sarif_has_our_own_results_and_no_links() {
    for (id, text) in reports(Format::Sarif) {
        let report: Value = serde_json::from_str(&text).unwrap();
        let results = report["runs"][0]["results"].as_array().unwrap();
        let expected = id.map_or_else(|| IDS.map(failed).iter().sum(), failed);
        assert_eq!(results.len(), expected, "{report:#}");
        for result in results {
            // No square bracket is a link.
            let message = result["message"]["text"].as_str().unwrap();
            let plain = message
                .replace("\\\\", "")
                .replace("\\[", "")
                .replace("\\]", "");
            assert!(!plain.contains(['[', ']']), "{message}");
        }
    }
}

#[test]
fn records_stay_records() {
    for (id, text) in reports(Format::Jsonl) {
        assert_eq!(text.lines().count(), id.map_or(IDS.len(), |_| 1));
        for line in text.lines() {
            serde_json::from_str::<Value>(line).unwrap();
        }
    }
    for (_, text) in reports(Format::Json) {
        serde_json::from_str::<Value>(&text).unwrap();
    }
}

#[test]
fn no_line_for_a_person_is_a_command() {
    let command = &mut grade();
    command.args(["batch", "sum-of-products", "--list"]);
    let list = run(command.arg(OUT.with_file_name("class"))).code(0).stdout;
    assert!(list.contains("error file=a.rs"), "{list}");
    let reports = reports(Format::Human).into_iter();
    for text in reports.map(|(_, text)| text).chain([list]) {
        for line in text.lines() {
            let line = line.trim_start();
            assert!(!line.starts_with("::") && !line.contains("##["), "{text}");
        }
    }
}

#[test]
fn no_cell_of_a_gradebook_is_a_formula() {
    for (id, text) in reports(Format::Csv) {
        // The reader for a spreadsheet is among the consumers; here no line may be lost or won.
        assert_eq!(
            text.lines().count(),
            1 + id.map_or(IDS.len(), |_| 1),
            "{text}"
        );
        assert_no_formula(&text);
    }
    // Here cells are names of files.
    let command = &mut grade();
    command.args(["batch", "sum-of-products", "--list", "--format", "csv"]);
    let list = run(command.arg(OUT.with_file_name("class"))).code(0).stdout;
    assert!(list.contains("HYPERLINK"), "{list}");
    assert_no_formula(&list);
}

/// No cell is a formula, whichever sign ends a cell.
#[track_caller]
fn assert_no_formula(table: &str) {
    for cell in table.split(['\n', ',', ';']) {
        let cell = cell.trim_start_matches(['"', ' ']);
        assert!(!cell.starts_with(['=', '+', '@']), "{cell} in {table}");
    }
}
