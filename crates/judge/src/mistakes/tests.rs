//! Mistakes on data made by hand: each is recognised, and nothing is recognised by chance.

use std::time::Duration;

use super::*;
use evidence::{Captured, Execution, FilesWitness, Termination, Usage};

/// Fewer files than in the exercise, with numbers of a simple generator.
fn data(seed: u64) -> DataFiles {
    let mut state = seed.wrapping_mul(2) + 1;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % 99 + 1
    };
    let files: Vec<(String, String)> = (0..200)
        .map(|file| {
            let lines: Vec<String> = (0..20).map(|_| next().to_string()).collect();
            (format!("f{file:04}"), lines.join("\n"))
        })
        .collect();
    let names: Vec<String> = files.iter().rev().map(|(name, _)| name.clone()).collect();
    let files = files.iter();
    DataFiles::new(files.map(|(name, text)| (name.as_str(), text.as_bytes()))).listed(&names)
}

fn three() -> [DataFiles; 3] {
    [data(0), data(1), data(2)]
}

fn spec() -> TotalSpec {
    TotalSpec {
        value: Expression::parse("line(3) * line(17)", Scope::File).unwrap(),
        value_text: "line(3) * line(17)".into(),
        mistakes: vec![Mistake {
            id: "lines-from-zero".into(),
            computed: Computed::Files {
                value: Some(Expression::parse("line(4) * line(18)", Scope::File).unwrap()),
                files: Choice::All,
                combine: Combine::Sum,
                number: None,
            },
            says: "lines are counted from zero".into(),
            advice: "count again".into(),
            example: None,
        }],
    }
}

fn products(data: &DataFiles, one: u32, two: u32) -> Vec<i128> {
    let files = data.files().iter();
    files
        .map(|file| i128::from(file.line(one).unwrap() * file.line(two).unwrap()))
        .collect()
}

fn run(seed: usize, data: &DataFiles, printed: &str) -> RunEvidence {
    RunEvidence {
        expected_saved: None,
        saved: None,
        slow: None,
        seed: Seed(seed as u64),
        is_public: false,
        expected: products(data, 3, 17).iter().sum::<i128>().to_string(),
        reference_concurrency: None,
        execution: Execution {
            termination: Termination::Exited { code: 0 },
            stdout: Captured::complete(printed),
            stderr: Captured::default(),
            usage: Usage {
                wall: Duration::from_millis(9),
                ..Usage::default()
            },
            left_behind: 0,
            observation: None,
            standing: Vec::new(),
        },
        files: FilesWitness::default(),
    }
}

fn outcome(data: &[DataFiles], runs: &[RunEvidence]) -> Outcome {
    let data: Vec<_> = data.iter().collect();
    let spec = spec();
    diagnose(
        runs,
        &Asked {
            exercise: "sum-of-products",
            spec: &spec,
            known: &[(Seed(0), "123456".into())],
            data: &data,
        },
    )
}

/// The diagnosis of a program that computes this of the products of one dataset.
fn of(program: impl Fn(usize, &DataFiles) -> i128) -> Option<String> {
    let data = three();
    let runs: Vec<_> = data
        .iter()
        .enumerate()
        .map(|(seed, data)| run(seed, data, &program(seed, data).to_string()))
        .collect();
    outcome(&data, &runs).0.map(|found| found.id)
}

/// What is told of a program that does not read the files at these places, and adds up the others.
fn of_unread(places: &[usize]) -> Found {
    let data = three();
    let runs: Vec<_> = data
        .iter()
        .enumerate()
        .map(|(seed, data)| {
            let values = products(data, 3, 17);
            let left: i128 = places.iter().map(|&place| values[place]).sum();
            let total = values.iter().sum::<i128>() - left;
            let mut run = run(seed, data, &total.to_string());
            let name = |&place: &usize| data.files()[place].name.clone();
            run.files.unread = places.iter().map(name).collect();
            run
        })
        .collect();
    outcome(&data, &runs).0.unwrap()
}

/// The same, of the right products in the order of the names.
fn of_products(program: impl Fn(usize, &[i128]) -> i128) -> Option<String> {
    of(|seed, data| program(seed, &products(data, 3, 17)))
}

#[test]
fn each_family_is_recognised() {
    let sum = |values: &[i128]| values.iter().sum::<i128>();
    let every = |values: &[i128], start, step| values.iter().skip(start).step_by(step).sum();
    for (name, found) in [
        ("lines-from-zero", of(|_, data| sum(&products(data, 4, 18)))),
        ("other-lines", of(|_, data| sum(&products(data, 3, 16)))),
        ("other-lines", of(|_, data| sum(&products(data, 3, 3)))),
        ("remembered-answer", of(|_, _| 123_456)),
        ("same-on-all-data", of(|_, _| 77_777)),
        (
            "every-file-many-times",
            of_products(|_, values| 8 * sum(values)),
        ),
        (
            "one-file-missing",
            of_products(|_, values| sum(values) - values[100]),
        ),
        (
            "one-file-twice",
            of_products(|_, values| sum(values) + values[199]),
        ),
        (
            "one-line-only",
            of(|_, data| {
                data.files()
                    .iter()
                    .map(|file| i128::from(file.line(3).unwrap()))
                    .sum()
            }),
        ),
        (
            "one-thread-kept",
            of_products(|_, values| sum(&values[175..])),
        ),
        (
            "one-thread-kept",
            of_products(|seed, values| every(values, seed, 8)),
        ),
        (
            "one-thread-kept",
            of_products(|_, values| sum(&values[60..80])),
        ),
        (
            "one-thread-lost",
            of_products(|_, values| sum(values) - every(values, 3, 4)),
        ),
        (
            "one-file-kept",
            of_products(|seed, values| values[seed * 7 + 1]),
        ),
        ("same-difference", of_products(|_, values| sum(values) + 1)),
    ] {
        assert_eq!(found.as_deref(), Some(name));
    }
}

#[test]
fn files_that_were_read_are_no_rest_of_a_division() {
    // One of eight threads is not joined: all files were read.
    let sum = |values: &[i128]| values.iter().sum::<i128>();
    let lost = |found: Option<String>| assert_eq!(found.as_deref(), Some("one-thread-lost"));
    lost(of_products(|_, values| sum(&values[..175])));
    lost(of_products(|_, values| sum(&values[25..])));
    lost(of_products(|_, values| sum(&values[..196])));
}

#[test]
fn files_at_the_end_that_were_not_read_are_a_rest_if_they_are_few() {
    let places = |range: std::ops::Range<usize>| range.collect::<Vec<_>>();
    let found = of_unread(&places(196..200));
    assert_eq!(found.id, "rest-dropped");
    assert!(found.says.contains("200 = 7 × 28 + 4"), "{}", found.says);
    // The listing is the names backwards.
    assert_eq!(of_unread(&places(0..4)).id, "rest-dropped");
    let found = of_unread(&places(110..200));
    assert_eq!(found.id, "last-files-missing");
    assert!(!found.says.contains("divided"), "{}", found.says);
    for (place, says) in [
        (
            0,
            "the value of one file is missing: the first in the order of their names",
        ),
        (
            199,
            "the value of one file is missing: the last in the order of their names",
        ),
    ] {
        let found = of_unread(&[place]);
        assert_eq!(
            (found.id.as_str(), found.says.as_str()),
            ("one-file-missing", says)
        );
    }
}

#[test]
fn each_mistake_that_is_explained_has_a_name_of_its_own_in_its_check() {
    let mut names: Vec<_> = explained()
        .into_iter()
        .map(|one| (one.check, one.name))
        .collect();
    let others = crate::check::mistakes().into_iter();
    names.extend(others.map(|one| (one.check, one.name)));
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all, "{names:?}");
    for name in [
        "rest-dropped",
        "race",
        "one-thread-lost",
        "printed-as-float",
    ] {
        assert!(names.iter().any(|(_, other)| other == name), "{name}");
    }
}

#[test]
fn a_sum_that_each_thread_prints_is_no_race() {
    let data = three();
    let printed = |data: &DataFiles| -> String {
        let values = products(data, 3, 17);
        let parts = values.chunks(25).map(|part| part.iter().sum::<i128>());
        let parts: Vec<String> = parts.map(|part| part.to_string()).collect();
        parts.join("\n")
    };
    let runs: Vec<_> = data
        .iter()
        .enumerate()
        .map(|(seed, data)| run(seed, data, &printed(data)))
        .collect();
    let evidence = crate::evidence::Evidence {
        left_out: Vec::new(),
        build: crate::evidence::BuildEvidence::Built {
            warnings: 0,
            notes: Vec::new(),
        },
        runs,
        source: crate::Source::default(),
    };
    let questions = crate::questions::Questions {
        checks: vec![ids::CheckId::Total],
        ..Default::default()
    };
    let findings = crate::check::run_all(&questions, &evidence);
    let mut finding = findings[0].clone();
    assert_eq!(finding.diagnosis.as_deref(), Some("parts-printed"));
    assert!(
        finding.hint.as_ref().unwrap().contains("all 8 lines"),
        "{finding:?}"
    );
    assert!(!is_open(&finding));
    // Also where a person asks for more runs.
    let repeated = Repeated {
        seed: Seed(0),
        expected: "42".into(),
        answers: vec!["7".into(), "8".into()],
    };
    tell(
        &mut finding,
        &evidence.runs,
        None,
        Outcome(None),
        &[repeated],
    );
    assert_eq!(finding.diagnosis.as_deref(), Some("parts-printed"));
}

#[test]
fn a_hypothesis_must_hold_on_every_dataset() {
    let found = of(|seed, data| {
        let (one, two) = if seed == 1 { (3, 16) } else { (4, 18) };
        products(data, one, two).iter().sum()
    });
    assert_eq!(found, None);
}

#[test]
fn what_was_read_explains_what_is_missing() {
    let data = three();
    let runs: Vec<_> = data
        .iter()
        .enumerate()
        .map(|(seed, data)| {
            let values = products(data, 3, 17);
            let odd = |place: &usize| place % 7 == seed || place % 5 == 1;
            let unread = (0..200)
                .filter(odd)
                .map(|place| data.files()[place].name.clone());
            let read: i128 = (0..200)
                .filter(|place| !odd(place))
                .map(|place| values[place])
                .sum();
            let mut run = run(seed, data, &read.to_string());
            run.files.unread = unread.collect();
            run
        })
        .collect();
    let found = outcome(&data, &runs).0.unwrap();
    assert_eq!(found.id, "some-files-missing");
    assert!(
        found.says.contains("of 200 files were not read"),
        "{}",
        found.says
    );
}

/// A number at random, of a simple generator: quicker than proptest's, and there are many tries.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

fn no_chance(tries: u32) {
    let data = three();
    let mut runs: Vec<_> = data
        .iter()
        .enumerate()
        .map(|(seed, data)| run(seed, data, ""))
        .collect();
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for _ in 0..tries {
        // As far from the right total as mistakes are, small distances as often as large ones.
        let distance = 10_u64.pow(2 + u32::try_from(random.below(4)).unwrap());
        for run in &mut runs {
            let away = i128::from(random.below(18 * distance)) - 9 * i128::from(distance);
            let away = if away == 0 { 77 } else { away };
            let wrong = run.expected.parse::<i128>().unwrap() + away;
            run.execution.stdout = Captured::complete(&wrong.to_string());
        }
        let found = outcome(&data, &runs);
        assert_eq!(found, Outcome(None), "{runs:?}");
    }
}

#[test]
fn no_total_at_random_is_recognised() {
    no_chance(50);
}

#[test]
#[ignore = "takes a minute; run by its own command, and by `.ci/run`"]
fn no_total_at_random_is_recognised_in_very_many_tries() {
    no_chance(2_000);
}

#[test]
fn what_changes_from_run_to_run_is_told_with_how_often() {
    let data = three();
    let runs: Vec<_> = data
        .iter()
        .enumerate()
        .map(|(n, data)| run(n, data, "7"))
        .collect();
    let data: Vec<_> = data.iter().collect();
    let spec = spec();
    let asked = Asked {
        exercise: "sum-of-products",
        spec: &spec,
        known: &[],
        data: &data,
    };
    let repeated = Repeated {
        seed: Seed(1),
        expected: "42".into(),
        answers: ["42", "40", "42", "", "41", "x`y", "42"]
            .map(str::to_owned)
            .into(),
    };
    let mut finding = Finding::pass(ids::CheckId::Total, "right on all 3 datasets");
    tell(
        &mut finding,
        &runs,
        Some(&asked),
        Outcome(None),
        &[repeated],
    );
    assert_eq!(finding.status, Status::Fail);
    let message = "the total changes from run to run on the same data: right 3 of 7 times; 42 came 3 times, \
                   nothing came 1 time, 40 came 1 time, and 2 other values";
    assert_eq!(finding.message, message);
    assert_eq!(finding.diagnosis.as_deref(), Some("unsteady"));
}

#[test]
fn what_fits_nothing_is_told_with_files_to_compute_by_hand() {
    let data = three();
    let runs: Vec<_> = data
        .iter()
        .enumerate()
        .map(|(seed, data)| run(seed, data, &(1_234_567 + seed * 977).to_string()))
        .collect();
    let data: Vec<_> = data.iter().collect();
    let spec = spec();
    let asked = Asked {
        exercise: "sum-of-products",
        spec: &spec,
        known: &[],
        data: &data,
    };
    let mut finding = Finding::fail(
        ids::CheckId::Total,
        "wrong on all 3 datasets",
        crate::check::Details::default(),
    );
    let outcome = diagnose(&runs, &asked);
    assert!(outcome.may_be_race());
    tell(&mut finding, &runs, Some(&asked), outcome, &[]);
    assert!(
        finding.message.contains("too large by"),
        "{}",
        finding.message
    );
    assert_eq!(finding.diagnosis.as_deref(), Some("unknown"));
    assert_eq!(finding.details.more.len(), 3);
    assert!(finding.details.more[0].starts_with("`f0000`: line 3 is "));
    assert!(
        finding
            .hint
            .unwrap()
            .contains("`grade data sum-of-products DIR --seed 0`")
    );
}
