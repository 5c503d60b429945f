//! Feed what parses hostile bytes with bytes that somebody else mutated, for a bounded time.
//!
//! The roads of a stranger's bytes into the grader, each from its real beginning to its real end: what a
//! program and the compiler print, through checks and record to the reports; a record from somebody's
//! disk, to the reports; the names and files of a submission, and archives of them, through the intake;
//! manifests, through the gate; and `/proc`, where names of programs and folders are other people's words.
//! Mutations start from real examples, so that they get past the first line of a parser. rustc's JSON has
//! such tests beside its code.
//!
//! `GRADE_FUZZ_SECONDS` says for how long altogether (default 5), `GRADE_FUZZ_SEED` repeats a run; the
//! seed of a run that failed is in its message.
//!
//! Never: runs a program, uses the network, or writes outside of a temporary folder.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsStr,
    fs,
    io::{Cursor, Write as _},
    os::unix::ffi::OsStrExt as _,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use grade::{
    build, check,
    evidence::{
        BuildEvidence, Captured, CompileFailure, Diagnostic, Evidence, Execution, FilesWitness,
        Place, Refusal, RunEvidence, Termination,
    },
    intake,
    record::Record,
    report,
    spec::{AllowedCrate, CheckSpec, IntakeLimits},
};
use ids::{CheckId, Seed};

/// What parsers trip over, to be put in anywhere.
const NASTY: &[&[u8]] = &[
    b"\0",
    b"\n",
    b"\r",
    b"\x1b[2J",
    b"\xff",
    b"\xc3",
    b"\xe2\x80\xae",
    b"\xc2\x9b",
    b"\xef\xbb\xbf",
    b"\xf0\x9f\xa6\x80",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b"null",
    b"-1",
    b"18446744073709551616",
    b"1e999",
    b"NaN",
    b"..",
    b"/",
    b"-",
    b"=",
    b"'",
    b"``````",
    b"]]>",
    b"<script>",
    b"\xd9\xa3",
    b"\xe2\x80\x8b",
    b"\xcc\x88",
    b"+",
    b"0000000000000000000000007",
    b" ",
];

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

/// Names of files in a submission, and what is in them.
const FILES: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[package]\nname = \"a\"\nedition = \"2024\"\n",
    ),
    ("src/main.rs", "fn main() {}\n"),
    ("src/größe.rs", ""),
    (".cargo/config.toml", "[build]\nrustc = \"x\"\n"),
    ("target/x", "x"),
    ("a b~", "x"),
];

/// Manifests that are accepted, and what is refused one by one.
const MANIFESTS: &[&str] = &[
    "[package]\nname = \"sum\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\nrayon = \"1\"\n",
    "[package]\nname = 'a'\nedition = '2021'\nautobins = false\n[[bin]]\nname = \"b\"\npath = \"src/main.rs\"\n",
    "package.name = \"x\"\npackage.edition = \"2024\"\n[lib]\npath = \"src/lib.rs\"\n[dependencies.r]\npackage = \"rayon\"\nversion = \">=1, <2\"\n",
    "[package]\nname = \"a\"\nbuild = \"build.rs\"\n[profile.dev]\nopt-level = 3\n[patch.crates-io]\nrayon = { path = \"../r\" }\n[workspace]\nmembers = [\"**\"]\n",
    "[package]\nname = \"a\"\n[dependencies]\nr = { git = \"https://x\" }\n[target.'cfg(unix)'.dependencies]\nlibc = \"*\"\n[features]\ndefault = []\n",
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

/// How many tests share the time.
const ROADS: u32 = 6;

/// Numbers that are the same again for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is above 0.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end as u64).unwrap_or(0)
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    /// `bytes` with a few things done to them.
    fn mutate(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..self.below(6) {
            let at = self.below(bytes.len() + 1);
            let end = (at + self.below(8)).min(bytes.len());
            match self.below(5) {
                0 => drop(bytes.splice(at..at, self.one(NASTY).iter().copied())),
                1 => drop(bytes.drain(at..end)),
                2 => {
                    let piece = bytes[at..end].repeat(1 + self.below(40));
                    drop(bytes.splice(at..at, piece));
                }
                3 => bytes.truncate(at),
                _ => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << self.below(8);
                    }
                }
            }
        }
        bytes
    }

    fn text(&mut self) -> String {
        let start = self.one(PRINTED);
        String::from_utf8_lossy(&self.mutate(start.as_bytes())).into_owned()
    }

    fn captured(&mut self) -> Captured {
        Captured {
            head: self.text(),
            tail: self.text(),
            omitted: self.roll() % 3,
            is_utf8: self.below(2) == 0,
        }
    }
}

/// Do something with ever new dice until the time is over, and tell the seed of what fails.
#[expect(clippy::disallowed_methods, reason = "a bounded time is asked for")]
fn fuzz(what: &str, share: u32, mut once: impl FnMut(&mut Dice)) {
    let number = |name: &str| {
        env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let time = Duration::from_secs(number("GRADE_FUZZ_SECONDS").unwrap_or(5)) / share;
    let given = number("GRADE_FUZZ_SEED");
    let mut seed = given.unwrap_or_else(|| getrandom::u64().expect("random numbers"));
    let start = Instant::now();
    let mut rounds = 0u64;
    while start.elapsed() < time {
        let tried = catch_unwind(AssertUnwindSafe(|| once(&mut Dice(seed))));
        assert!(tried.is_ok(), "{what}: again with GRADE_FUZZ_SEED={seed}");
        seed = seed.wrapping_add(1);
        rounds += 1;
    }
    assert!(rounds > 10, "{what}: only {rounds} rounds");
}

/// What a terminal obeys. Not the grader's own list: it tests that.
fn acts(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The report without the grader's own colours.
fn assert_harmless(record: &Record) {
    let text = anstream::adapter::strip_str(&report::human(record)).to_string();
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
                code: Some(dice.text()),
                message: dice.text(),
                place: Some(Place {
                    file: dice.text(),
                    line: 1,
                    column: 1,
                }),
                rendered: dice.text(),
            }],
            other_output: dice.text(),
        }),
        1 => BuildEvidence::Refused(vec![Refusal {
            place: dice.text(),
            problem: dice.text(),
            remedy: dice.text(),
        }]),
        _ => BuildEvidence::Built { warnings: 0 },
    }
}

fn run(dice: &mut Dice) -> RunEvidence {
    let usage = r#"{"wall":{"secs":0,"nanos":1},"user":{"secs":0,"nanos":1},"system":{"secs":0,"nanos":1},"peak_memory_bytes":1}"#;
    let execution = Execution {
        termination: Termination::Exited {
            code: i32::from(dice.below(3) == 0),
        },
        stdout: dice.captured(),
        stderr: dice.captured(),
        usage: serde_json::from_str(usage).expect("a usage"),
        left_behind: 0,
        observation: None,
    };
    RunEvidence {
        seed: Seed(0),
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
fn whatever_is_printed_becomes_a_harmless_report() {
    let template: Record = serde_json::from_str(RECORD).expect("the example is a record");
    fuzz("output", ROADS, |dice| {
        let evidence = Evidence {
            build: build(dice),
            runs: vec![run(dice)],
        };
        let findings = check::run_all(&CheckId::ALL, &evidence);
        assert_eq!(findings.len(), CheckId::ALL.len());
        let mut record = template.clone();
        record.runs = evidence.runs.iter().map(grade::record::Run::from).collect();
        record.checks = findings
            .iter()
            .map(|finding| {
                let spec = CheckSpec {
                    id: finding.id,
                    points: 1,
                    hint: None,
                };
                grade::record::Check::new(finding, &spec)
            })
            .collect();
        record.replay = dice.text();
        assert_harmless(&record);
        let answer = evidence.runs[0].execution.stdout.last_line();
        let number = answer.and_then(check::number);
        // Only digits are a number, whatever surrounds them.
        let digits = number.is_none_or(|text| {
            text.trim_start_matches('-')
                .bytes()
                .all(|b| b.is_ascii_digit())
        });
        assert!(digits, "{answer:?}");
    });
}

#[test]
fn whatever_record_is_read_becomes_a_harmless_report() {
    let mut read = 0u32;
    fuzz("record", ROADS, |dice| {
        let bytes = dice.mutate(RECORD.as_bytes());
        if let Ok(record) = serde_json::from_slice::<Record>(&bytes) {
            read += 1;
            assert_harmless(&record);
        }
    });
    assert!(read > 0, "no mutation was a record any more");
}

#[test]
fn whatever_is_handed_in_is_admitted_or_refused_and_its_like_is_copied() {
    let place = tempfile::tempdir().expect("a folder");
    let limits = IntakeLimits {
        entries: 50,
        bytes: 4096,
        depth: 4,
    };
    let mut number = 0u32;
    fuzz("submission", ROADS, |dice| {
        number += 1;
        let (source, dest) = (place.path().join("in"), place.path().join("out"));
        for folder in [&source, &dest] {
            if folder.exists() {
                fs_scratch::remove_tree(folder).expect("it can be removed");
            }
            fs::create_dir(folder).expect("a folder");
        }
        for (name, text) in FILES {
            let mut name = name.as_bytes().to_vec();
            if dice.below(3) == 0 {
                name = dice.mutate(&name);
            }
            let path = source.join(OsStr::from_bytes(&name));
            // Never outside, and never what no file system takes.
            let inside = !name.starts_with(b"/") && !name.windows(2).any(|two| two == b"..");
            if inside && let Some(parent) = path.parent() {
                let _ = fs::create_dir_all(parent);
                let _ = fs::write(&path, dice.mutate(text.as_bytes()));
            }
        }
        match intake::admit(&source, &dest, &limits).expect("no fault of ours") {
            intake::Admission::Admitted(snapshot) => {
                for file in snapshot.files() {
                    let copied = snapshot.read(&file.path).expect("the copy can be read");
                    let original = fs::read(source.join(&file.path)).ok();
                    assert_eq!(copied, original, "{}", file.path);
                    assert!(!file.path.chars().any(acts), "{:?}", file.path);
                }
            }
            intake::Admission::Refused(refusals) => {
                assert!(!refusals.is_empty());
                for refusal in refusals {
                    let text = refusal.place + &refusal.problem;
                    assert!(!text.chars().any(acts), "{text:?}");
                }
            }
        }
    });
}

#[test]
fn whatever_manifest_is_read_is_accepted_or_refused_in_harmless_words() {
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
                features: Vec::new(),
            };
            (name.clone(), krate)
        })
        .collect();
    let files = ["Cargo.toml", "src/main.rs", "src/lib.rs", "src/bin/b.rs"];
    let (mut accepted, mut refused) = (0_u32, 0_u32);
    fuzz("manifest", ROADS, |dice| {
        let start = dice.one(MANIFESTS);
        let text = dice.mutate(start.as_bytes());
        match build::read_manifest(&text, &files, &allowed, &locked) {
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
fn whatever_proc_says_is_read_or_not_without_a_panic() {
    let mut read = 0;
    fuzz("proc", ROADS, |dice| {
        let start = dice.one(PROC);
        read += sandbox::read_proc_text(&dice.mutate(start.as_bytes()));
    });
    assert!(read > 0, "no mutation was what it had been any more");
    for text in PROC {
        assert!(sandbox::read_proc_text(text.as_bytes()) > 0, "{text}");
    }
}

/// An archive of files, some of them mutated before they were packed.
fn archive(dice: &mut Dice, kind: intake::ArchiveKind) -> Vec<u8> {
    let files: Vec<(String, Vec<u8>)> = FILES
        .iter()
        .map(|(name, text)| {
            let mut name = name.as_bytes().to_vec();
            if dice.below(4) == 0 {
                name = dice.mutate(&name);
            }
            let name = String::from_utf8_lossy(&name).into_owned();
            (name, dice.mutate(text.as_bytes()))
        })
        .collect();
    match kind {
        intake::ArchiveKind::Zip => {
            let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
            let options = zip::write::SimpleFileOptions::default();
            for (name, text) in files {
                if zip.start_file(name, options).is_ok() {
                    zip.write_all(&text).expect("memory takes everything");
                }
            }
            let bytes = zip.finish().expect("memory takes everything").into_inner();
            dice.mutate(&bytes)
        }
        intake::ArchiveKind::TarGz => {
            let mut tar = tar::Builder::new(Vec::new());
            for (name, text) in files {
                let mut header = tar::Header::new_gnu();
                header.set_size(text.len() as u64);
                header.set_mode(0o644);
                // What the library does not want to write is left out.
                let _ = tar.append_data(&mut header, name, text.as_slice());
            }
            let tar = tar.into_inner().expect("memory takes everything");
            let tar = dice.mutate(&tar);
            let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gz.write_all(&tar).expect("memory takes everything");
            let bytes = gz.finish().expect("memory takes everything");
            if dice.below(3) == 0 {
                dice.mutate(&bytes)
            } else {
                bytes
            }
        }
    }
}

#[test]
fn whatever_archive_is_handed_in_is_unpacked_inside_or_refused() {
    let place = tempfile::tempdir().expect("a folder");
    let limits = IntakeLimits {
        entries: 50,
        bytes: 4096,
        depth: 4,
    };
    let (mut admitted, mut refused) = (0_u32, 0_u32);
    fuzz("archive", ROADS, |dice| {
        let (kind, name) = match dice.below(2) {
            0 => (intake::ArchiveKind::Zip, "in.zip"),
            _ => (intake::ArchiveKind::TarGz, "in.tar.gz"),
        };
        let (source, dest) = (place.path().join(name), place.path().join("out"));
        if dest.exists() {
            fs_scratch::remove_tree(&dest).expect("it can be removed");
        }
        fs::create_dir(&dest).expect("a folder");
        fs::write(&source, archive(dice, kind)).expect("a file");
        let location = intake::Location::new(place.path(), name);
        let source = intake::Source::Archive(location, kind);
        match intake::admit_source(&source, std::path::Path::new("any"), &dest, &limits)
            .expect("no fault of ours")
        {
            intake::Admission::Admitted(snapshot) => {
                admitted += 1;
                for file in snapshot.files() {
                    assert!(!file.path.chars().any(acts), "{:?}", file.path);
                    let copied = snapshot.read(&file.path).expect("the copy can be read");
                    assert!(
                        copied.is_some_and(|bytes| bytes.len() <= 4096),
                        "{}",
                        file.path
                    );
                }
            }
            intake::Admission::Refused(refusals) => {
                refused += 1;
                assert!(!refusals.is_empty());
                for refusal in refusals {
                    let text = refusal.place + &refusal.problem;
                    assert!(!text.chars().any(acts), "{text:?}");
                }
            }
        }
        let beside = fs::read_dir(place.path()).expect("a folder").flatten();
        let known = ["in.zip", "in.tar.gz", "out"];
        for entry in beside {
            let name = entry.file_name();
            assert!(known.iter().any(|&known| name == known), "{name:?}");
        }
    });
    assert!(admitted > 0 && refused > 0, "{admitted} {refused}");
}
