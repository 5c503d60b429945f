//! Give mutated bytes to every parser of untrusted bytes, for a bounded time.
//!
//! Untrusted bytes enter the grader in five ways, and each is tested from its beginning to its end: what a
//! program and the compiler print, through checks and record to the reports; a record from a user's disk, to
//! the reports; the plan of a class; manifests; and `/proc`, which holds names of other users' programs and folders. The crate
//! `intake` has such tests of its own, and rustc's JSON beside its code. `GRADE_FUZZ_SECONDS` and
//! `GRADE_FUZZ_SEED` are explained in the crate `mutate`.
//!
//! Never: runs a program, uses the network, or writes outside of a temporary folder.

use std::collections::BTreeMap;

use evidence::{Captured, Execution, FilesWitness, Termination};
use grade::{batch::PlanFile, compile, course::AllowedCrate};
use ids::{CheckId, Seed};
use judge::{
    Source, check,
    evidence::{BuildEvidence, CompileFailure, Diagnostic, Evidence, Place, Refusal, RunEvidence},
    questions::Questions,
    record::Record,
    verdict::CheckSpec,
};
use test_support::mutate::{Dice, acts, fuzz};

/// What a program and the compiler print.
const PRINTED: &[&str] = &[
    "2483973\n",
    "file 1: 7\nfile 2: 8\n+2483973  \n\n",
    "Total: 2483973",
    "thread 'main' panicked at src/main.rs:7:9:\nindex out of bounds: the len is 20 but the index is 20\n",
    "error[E0308]: mismatched types\n --> src/main.rs:3:5\n  |\n3 |     \"x\"\n  |     ^^^ expected `u64`\n",
    "",
];

/// A record as the grader writes it.
const RECORD: &str = r#"{"schema":"grade-record/1","grader":{"version":"0.1.0","tier":"none","observer":"file-times"},
"exercise":"sum-of-products","submission":{"id":"alice","digest":"sha256:00"},"verdict":"fail","score":{"earned":1,"possible":6},
"checks":[{"id":"total","status":"fail","earned":0,"possible":2,"message":"wrong","hint":"try","details":{"seed":"0","expected":"1","seen":"`2`","place":"a.rs:1:1","output":"x\ny","more":["z"]}}],
"runs":[{"seed":"0","expected":"1","answer":"2","termination":{"kind":"exited","code":0},"usage":{"wall_ms":1,"cpu_ms":1,"peak_memory_bytes":1,"memory_by":"polling","voluntary_switches":1,"involuntary_switches":1},"files":{"expected":1,"read":1,"tampered":0}}],
"faults":[{"kind":"disk","message":"failed","cause":"because","hint":"do"}],"notice":"n","replay":"grade x --seed 0"}"#;

/// A plan as `grade plan` writes it.
const PLAN: &str = r#"{"schema":"grade-plan/1","plan":{"schema":"grade-seeds/1","exercise":"largest","seeds":["0","7"],"observe":{"seed":"7"},
"more":{"drawn":["7"]},"run_limit_ms":10000,"limit_for":"sha256:1667db9df5df513759b447c20cb024866602780fd68269634181054e0bc5f1d9",
"generation":0,"is_under_way":false,"made_from":{"generation":"0","isolation":"full","observed":"7","seeds":"0 7"}},
"roster":{"schema":"grade-class/1","ids":["ada","fr_d_ric"],"class":{"size":2,"attempts":{"fr_d_ric":[{"name":"fr\ufffdd\ufffdric","late":false}]},
"ignored":[{"name":"notes.txt","why":"is neither a folder nor an archive"}],"absent":["Max Moe (1003)"]}},
"sources":{"ada":{"kind":"folder","path":"ada"},"fr_d_ric":{"kind":"folder","path":[102,114,233,100,233,114,105,99]}},
"entries":{"below":"","others":["notes.txt"]}}"#;

/// Manifests that are accepted, and what is refused one by one.
const MANIFESTS: &[&str] = &[
    "[package]\nname = \"sum\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\nrayon = \"1\"\n",
    "[package]\nname = 'a'\nedition = '2021'\nautobins = false\n[[bin]]\nname = \"b\"\npath = \"src/main.rs\"\n",
    "package.name = \"x\"\npackage.edition = \"2024\"\n[lib]\npath = \"src/lib.rs\"\n[dependencies.r]\npackage = \"rayon\"\nversion = \">=1, <2\"\n",
    "[package]\nname = \"a\"\nbuild = \"build.rs\"\n[profile.dev]\nopt-level = 3\n[patch.crates-io]\nrayon = { path = \"../r\" }\n[workspace]\nmembers = [\"**\"]\n",
    "[package]\nname = \"a\"\nedition.workspace = true\nversion.workspace = true\n[dependencies]\nrayon.workspace = true\nr = { workspace = true, optional = true }\n[features]\ndefault = [\"dep:r\", \"r?/x\"]\n",
    "[package]\nname = \"a\"\n[dependencies]\nr = { git = \"https://x\" }\n[target.'cfg(unix)'.dependencies]\nlibc = \"*\"\n[features]\ndefault = []\n",
];

/// Manifests from which the others may take values.
const WORKSPACES: &[&str] = &[
    "[workspace]\nmembers = [\"*\"]\n[workspace.package]\nedition = \"2024\"\nversion = \"1.0.0\"\n[workspace.dependencies]\nrayon = \"1\"\n",
    "workspace.dependencies.r = { package = \"rayon\", version = \"1\", features = [\"a\"] }\n[patch.crates-io]\nrayon = { path = \"r\" }\n",
];

/// What the kernel writes.
const PROC: &[&str] = &[
    "4242 (a) b) S 1 4242 4242 0 -1 4194560 113 0 0 0 7 3 0 0 20 0 3 0 8837 227946496 1337 18446744073709551615 1 1 0 0\n",
    "559e-7ffc ---p 00000000 00:00 0 [rollup]\nRss:                1184 kB\nPss:                 210 kB\nPss_Dirty:           104 kB\n",
    "         0          0 4294967295\n",
    "         0     100000      65536\n     65536       1000          1\n",
    "30 20 0:26 / /sys/fs/cgroup/memory rw,nosuid shared:9 - cgroup cgroup rw,memory\n31 20 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\n4:memory:/a/b\n2:cpu,cpuacct:/\n0::/c\n",
    "30 20 0:26 /x\\040y /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n\n0::/user.slice/user-1000.slice\n",
];

/// How many tests share the time, here and in the crate `intake`.
const TESTS: u32 = 7;

fn text(dice: &mut Dice) -> String {
    let start = dice.one(PRINTED);
    String::from_utf8_lossy(&dice.mutate(start.as_bytes())).into_owned()
}

fn captured(dice: &mut Dice) -> Captured {
    Captured {
        head: text(dice),
        tail: text(dice),
        omitted: dice.roll() % 3,
        is_utf8: dice.below(2) == 0,
    }
}

/// The report without the grader's own colours.
fn assert_harmless(record: &Record) {
    let text = anstream::adapter::strip_str(&report::human(record, &report::Context::default()))
        .to_string();
    assert_eq!(text.chars().find(|&c| acts(c)), None, "{text:?}");
    let json = report::json(record);
    let again: Record = serde_json::from_str(&json).expect("what was written can be read");
    assert_eq!(&again, record);
}

fn build(dice: &mut Dice) -> BuildEvidence {
    match dice.below(4) {
        0 => BuildEvidence::Failed(CompileFailure {
            termination: Termination::Exited { code: 1 },
            diagnostics: vec![Diagnostic {
                is_error: true,
                code: Some(text(dice)),
                message: text(dice),
                place: Some(Place {
                    file: text(dice),
                    line: 1,
                    column: 1,
                }),
                rendered: text(dice),
            }],
            other_output: text(dice),
            notes: vec![text(dice)],
        }),
        1 => BuildEvidence::Refused(vec![Refusal {
            place: text(dice),
            problem: text(dice),
            remedy: text(dice),
        }]),
        _ => BuildEvidence::Built {
            warnings: 0,
            notes: Vec::new(),
        },
    }
}

fn run(dice: &mut Dice) -> RunEvidence {
    let usage = r#"{"wall":{"secs":0,"nanos":1},"user":{"secs":0,"nanos":1},"system":{"secs":0,"nanos":1},"peak_memory_bytes":1}"#;
    let execution = Execution {
        termination: Termination::Exited {
            code: i32::from(dice.below(3) == 0),
        },
        stdout: captured(dice),
        stderr: captured(dice),
        usage: serde_json::from_str(usage).expect("a usage"),
        left_behind: 0,
        standing: Vec::new(),
        observation: None,
    };
    RunEvidence {
        expected_saved: None,
        saved: None,
        slow: None,
        seed: Seed(0),
        is_public: false,
        expected: "2483973".into(),
        reference_concurrency: None,
        execution,
        files: FilesWitness {
            expected: 1,
            read: 1,
            unread: Vec::new(),
            tampered: Vec::new(),
        },
    }
}

#[test]
fn any_output_becomes_a_harmless_report() {
    let template: Record = serde_json::from_str(RECORD).expect("the example is a record");
    fuzz("output", TESTS, |dice| {
        let evidence = Evidence {
            source: Source::default(),
            left_out: Vec::new(),
            build: build(dice),
            runs: vec![run(dice)],
        };
        let questions = Questions {
            checks: CheckId::ALL.to_vec(),
            ..Questions::default()
        };
        let findings = check::run_all(&questions, &evidence);
        assert_eq!(findings.len(), CheckId::ALL.len());
        let mut record = template.clone();
        let published = |run| judge::record::Run::new(run, &questions);
        record.runs = evidence.runs.iter().map(published).collect();
        record.checks = findings
            .iter()
            .map(|finding| {
                let spec = CheckSpec {
                    id: finding.id,
                    points: 1,
                    hint: None,
                };
                judge::record::Check::new(finding, &spec)
            })
            .collect();
        record.replay = text(dice);
        assert_harmless(&record);
        let answer = evidence.runs[0].execution.stdout.last_line();
        let number = answer.and_then(check::number);
        // Only digits are a number, also inside of other text.
        let digits = number.is_none_or(|text| {
            text.trim_start_matches('-')
                .bytes()
                .all(|b| b.is_ascii_digit())
        });
        assert!(digits, "{answer:?}");
    });
}

#[test]
fn any_record_becomes_a_harmless_report() {
    let mut read = 0u32;
    fuzz("record", TESTS, |dice| {
        let bytes = dice.mutate(RECORD.as_bytes());
        if let Ok(record) = serde_json::from_slice::<Record>(&bytes) {
            read += 1;
            assert_harmless(&record);
        }
    });
    assert!(read > 0, "no mutation was a record any more");
}

#[test]
fn any_manifest_is_accepted_or_refused_in_harmless_words() {
    let locked: BTreeMap<String, _> = [
        ("rayon", semver::Version::new(1, 11, 0)),
        ("tokio", semver::Version::new(1, 48, 0)),
    ]
    .map(|(name, version)| (name.to_owned(), version))
    .into();
    let allowed: BTreeMap<_, _> = locked
        .keys()
        .map(|name| {
            let krate = AllowedCrate {
                requirement: semver::VersionReq::STAR,
                default_features: true,
                features: Vec::new(),
            };
            (name.clone(), krate)
        })
        .collect();
    let files = ["Cargo.toml", "src/main.rs", "src/lib.rs", "src/bin/b.rs"];
    let (mut accepted, mut refused) = (0_u32, 0_u32);
    fuzz("manifest", TESTS, |dice| {
        let start = dice.one(MANIFESTS);
        let text = dice.mutate(start.as_bytes());
        let workspace = dice.one(WORKSPACES);
        let workspace = dice.mutate(workspace.as_bytes());
        let workspace = Some(workspace.as_slice()).filter(|_| dice.below(2) == 0);
        match compile::read_manifest(&text, workspace, &files, &allowed, &locked) {
            Ok(()) => accepted += 1,
            Err(refusals) => {
                refused += 1;
                assert!(!refusals.is_empty());
                for refusal in refusals {
                    let text = refusal.place + &refusal.problem + &refusal.remedy;
                    // What is quoted is cut, and escaped where it is shown.
                    assert!(text.len() < 4096, "{text}");
                }
            }
        }
    });
    assert!(accepted > 0 && refused > 0, "{accepted} {refused}");
}

#[test]
fn any_bytes_are_a_plan_or_are_refused_without_a_panic() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("plan.json");
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).expect("the plan is written");
        PlanFile::read(&path)
    };
    let sound = read(PLAN.as_bytes()).expect("the example is a plan");
    assert_eq!(sound.size(), 2);
    let (mut plans, mut others) = (0, 0);
    fuzz("plan", TESTS, |dice| {
        match read(&dice.mutate(PLAN.as_bytes())) {
            Ok(plan) => {
                plans += 1;
                assert!(plan.tier().is_ok() || plan != sound);
            }
            Err(fault) => {
                others += 1;
                assert!(fault.hint.is_some(), "{fault}");
            }
        }
    });
    assert!(plans > 0 && others > 0, "{plans} plans, {others} others");
}

#[test]
fn any_text_of_proc_is_read_without_a_panic() {
    let mut read = 0;
    fuzz("proc", TESTS, |dice| {
        let start = dice.one(PROC);
        read += sandbox::read_proc_text(&dice.mutate(start.as_bytes()));
    });
    assert!(read > 0, "no mutation was what it had been any more");
    for text in PROC {
        assert!(sandbox::read_proc_text(text.as_bytes()) > 0, "{text}");
    }
}
