//! Grade the hostile corpus, and check that no attack succeeds.
//!
//! Every folder below `tests/submissions/hostile/` is one attack, a bounded one, with an `expect.toml` beside
//! it: the result that the grader must give it, and the effects that must not occur outside. All are graded
//! by the real program, several at a time, and honest submissions among them, whose grades must not change.
//! Observers outside of the grader record what an attack achieved (a listener, a secret file, a victim
//! process); the grader's own output does not count.
//!
//! Two tests of the tests: without isolation each attack must have exactly the effects that it declares (so
//! the observers work, and the attacks are real), and the checks of reports must find bad reports.
//!
//! # Running it
//!
//! `cargo test -p grade --test it hostile::` grades the honest submissions and every eighth attack, at the best tier
//! that this machine has. Two tests take long and have to be asked for (`-- --ignored`): a class of attackers
//! graded by one `grade batch`, and all of it once more as an ordinary user, with and without user
//! namespaces, at the tiers that hold there. Variables choose more:
//!
//! - `GRADE_HOSTILE_TIERS=full,confined,weak,none`: every attack at these tiers, one after the other.
//! - `GRADE_HOSTILE_ONLY=word`: only attacks whose name or group holds the word.
//! - `GRADE_HOSTILE_TABLE=FILE`: write the table attack × tier there as well.
//! - `GRADE_HOSTILE_SHOW=1`: show what the grader printed about each.
//! - `GRADE_HOSTILE_JOBS=N`: gradings at the same time (default: twice the processors).
//!
//! Where `CI` is set, nothing is left out without a known reason.
//!
//! Never relies on the grader's own output where an effect can be observed from outside. Never leaves a
//! process, a file or a key behind.

#![expect(
    clippy::print_stderr,
    reason = "the table is for the person who runs these tests"
)]

mod attempt;
mod course;
mod expect;
mod grading;
mod leftovers;
mod make;
mod observe;
mod table;
pub(crate) mod text;
mod victim;

use std::{
    collections::BTreeSet,
    env,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use self::{
    course::Course,
    expect::{Case, Effect, Outcome, Tier},
    table::{Row, Seen},
};
use crate::support::{self, files::copy_tree, processors, sysroot};
use test_support::others::{self, Again};

/// Honest and clumsy submissions among the hostile ones, and the result that each must have, independent of
/// the others.
const HONEST: &[(&str, Outcome)] = &[
    ("serial", Outcome::Honest),
    ("correct-rayon-par-iter", Outcome::Honest),
    ("correct-mpsc-workers", Outcome::Honest),
    ("correct-scoped-chunks", Outcome::Honest),
    ("correct-prints-package-name", Outcome::Honest),
    ("lines-from-zero", Outcome::Wrong),
    ("panics", Outcome::Failed),
    ("type-error", Outcome::NotCompiled),
    ("two-binaries", Outcome::Refused),
    ("exits-nonzero", Outcome::Failed),
    ("hard-coded-seed-zero", Outcome::Unread),
];

/// The repository, or a copy of what is needed of it where others can read it.
fn repository() -> PathBuf {
    env::var_os(REPOSITORY).map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
}

const REPOSITORY: &str = "GRADE_HOSTILE_REPOSITORY";

fn corpus() -> PathBuf {
    repository().join("tests/submissions/hostile")
}

/// All attacks in the order of their names, with the honest ones spread among them.
fn cases() -> Vec<Case> {
    let mut folders: Vec<PathBuf> = std::fs::read_dir(corpus())
        .expect("the corpus")
        .map(|entry| entry.expect("an entry of the corpus").path())
        .filter(|path| path.join("expect.toml").is_file())
        .collect();
    folders.sort();
    let mut cases: Vec<Case> = folders.iter().map(|folder| Case::read(folder)).collect();
    let step = cases.len() / HONEST.len();
    for (n, &(name, outcome)) in HONEST.iter().enumerate() {
        let folder = corpus().join("..").join(name);
        cases.insert(n * (step + 1), Case::honest(name, folder, outcome));
    }
    if let Ok(word) = env::var("GRADE_HOSTILE_ONLY") {
        cases.retain(|case| case.name.contains(&word) || case.group.contains(&word));
        assert!(!cases.is_empty(), "no attack is called like `{word}`");
    }
    cases
}

/// Whether everything is asked for, and not the short series of a plain `cargo test`.
fn all_is_asked_for() -> bool {
    let asked = ["GRADE_HOSTILE_TIERS", "GRADE_HOSTILE_ONLY"];
    others::is_again() || asked.iter().any(|name| env::var_os(name).is_some())
}

/// The cases to be graded: all of them, or the honest ones and every eighth attack.
fn chosen_cases() -> Vec<Case> {
    let mut cases = cases();
    if !all_is_asked_for() {
        let mut attack = 0;
        cases.retain(|case| {
            attack += usize::from(case.group != expect::HONEST);
            case.group == expect::HONEST || attack % 8 == 0
        });
    }
    cases
}

fn tiers(course: &Course) -> Vec<Tier> {
    if others::is_again() {
        // The one that only others have to do without a user for each job is the weak one.
        let best = grading::best_tier(course);
        return if best == Tier::Full {
            vec![best, Tier::Weak]
        } else {
            vec![best]
        };
    }
    match env::var("GRADE_HOSTILE_TIERS") {
        Ok(names) => names
            .split(',')
            .map(|name| Tier::named(name.trim()).unwrap_or_else(|| panic!("no tier is `{name}`")))
            .collect(),
        Err(_) => vec![grading::best_tier(course)],
    }
}

#[test]
fn every_attack_ends_as_expected_and_honest_grades_stay() {
    let _alone = processors::use_all();
    let cases = chosen_cases();
    let course = Course::make();
    let grader = grading::program();
    let mut rows: Vec<Row> = cases
        .iter()
        .map(|case| Row::new(&case.name, &case.group))
        .collect();
    let mut complaints = Vec::new();
    let left_out: Vec<&str> = cases
        .iter()
        .filter(|case| !case.is_possible())
        .map(|case| case.name.as_str())
        .collect();
    eprintln!("left out: {left_out:?}");
    if env::var_os("CI").is_some() && !others::is_again() {
        assert!(left_out.is_empty(), "these are never tried: {left_out:?}");
    }
    for tier in tiers(&course) {
        let before = leftovers::Snapshot::take(&grader);
        for ((case, row), seen) in cases
            .iter()
            .zip(&mut rows)
            .zip(grade_all(&cases, &course, tier))
        {
            if let Seen::Graded {
                outcome,
                effects,
                tail,
            } = &seen
            {
                if env::var_os("GRADE_HOSTILE_SHOW").is_some() {
                    eprintln!("{tier}: {}\n{tail}", case.name);
                }
                let wrong = case.complaints(tier, *outcome, effects);
                complaints.extend(wrong.iter().map(|what| {
                    format!(
                        "{tier}: {}: {what}\n    {}",
                        case.name,
                        tail.replace('\n', "\n    ")
                    )
                }));
            }
            row.add(tier, &seen);
        }
        // Without isolation, an attack that kills a supervisor leaves what the supervisor would have removed.
        if tier != Tier::None {
            complaints.extend(
                before
                    .left(&grader)
                    .iter()
                    .map(|thing| format!("{tier}: left behind: {thing}")),
            );
        }
    }
    let text = table::render(&rows);
    eprintln!("{text}");
    if let Ok(path) = env::var("GRADE_HOSTILE_TABLE") {
        std::fs::write(&path, &text).expect("the table can be written");
    }
    assert!(
        complaints.is_empty(),
        "{} of the expectations do not hold:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
}

/// Groups whose attacks are in the class, because they are not refused at admission.
const OF_A_CLASS: &[&str] = &[
    expect::HONEST,
    "attacks-on-the-grader",
    "forging-the-verdict",
    "report-injection",
];

#[test]
#[ignore = "takes two minutes"]
fn in_a_class_with_attacks_honest_grades_stay() {
    let mut cases = cases();
    cases.retain(|case| {
        OF_A_CLASS.contains(&case.group.as_str())
            && case.folder_name.is_none()
            && case.is_possible()
            // Its answer is right on the one dataset that a class gets here.
            && case.name != "hard-coded-seed-zero"
    });
    let _alone = processors::use_all();
    let course = Course::make();
    let tier = grading::best_tier(&course);
    let class = attempt::make_as_class(&cases, &course, tier);
    assert!(
        class.effects.is_empty(),
        "{:?}\n{}",
        class.effects,
        class.output
    );
    assert!(cases.len() > 40, "only {} stand in the class", cases.len());
    let mut complaints = Vec::new();
    for case in &cases {
        match class.outcomes.get(&case.name) {
            Some(&outcome) => {
                let none = BTreeSet::new();
                let wrong = case.complaints(tier, outcome, &none);
                complaints.extend(wrong.iter().map(|what| format!("{}: {what}", case.name)));
            }
            None => complaints.push(format!("{}: has no record", case.name)),
        }
    }
    assert!(
        complaints.is_empty(),
        "{}\n{}",
        complaints.join("\n"),
        class.output
    );
}

/// Nothing of root's that an ordinary user could not reach is needed: toolchain, corpus and compiled crates
/// are put where every user can.
#[test]
#[ignore = "takes ten minutes"]
fn every_attack_ends_the_same_as_other_users() {
    let _alone = processors::use_all();
    let folder = tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .tempdir()
        .expect("a folder");
    let at = |name: &str| folder.path().join(name);
    for name in ["bin", "lib"] {
        course::link(&sysroot().join(name), &at(name)).expect("a toolchain");
    }
    for name in [
        "tests/submissions",
        "exercises",
        "reference",
        "grader.toml",
        "grader.lock",
    ] {
        let to = at("repository").join(name);
        std::fs::create_dir_all(to.parent().expect("a parent")).expect("a folder");
        copy_tree(&repository().join(name), &to);
    }
    others::run_again_as_others(&Again {
        filter: "hostile::",
        expected: "every_attack_ends_as_expected_and_honest_grades_stay ... ok",
        program: &support::program(),
        variable: "GRADE_UNDER_TEST",
        environment: &[
            ("RUSTC", at("bin/rustc")),
            (REPOSITORY, at("repository")),
            ("GRADE_HOSTILE_CACHE", course::shared_cache()),
        ],
    });
}

/// Grade all cases at one tier, several at a time.
fn grade_all(cases: &[Case], course: &Course, tier: Tier) -> Vec<Seen> {
    let next = AtomicUsize::new(0);
    let seen: Vec<Mutex<Option<Seen>>> = cases.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..grading::jobs() {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(n) else { break };
                    let result = attempt::make(case, course, tier);
                    *seen[n].lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
                }
            });
        }
    });
    seen.into_iter()
        .map(|cell| {
            let seen = cell.into_inner().unwrap_or_else(PoisonError::into_inner);
            seen.expect("every case was graded")
        })
        .collect()
}

#[test]
fn every_group_has_attacks_and_every_attack_says_what_it_is() {
    let cases = cases();
    let groups: BTreeSet<&str> = cases.iter().map(|case| case.group.as_str()).collect();
    for group in expect::GROUPS {
        assert!(
            groups.contains(group) || env::var_os("GRADE_HOSTILE_ONLY").is_some(),
            "no attack is in the group `{group}`"
        );
    }
    for case in cases.iter().filter(|case| case.group != expect::HONEST) {
        let name = &case.name;
        assert!(
            expect::GROUPS.contains(&case.group.as_str()),
            "{name}: no group is called `{}`",
            case.group
        );
        assert!(!case.attack.ends_with('.'), "{name}: ends in a full stop");
        let main = std::fs::read_to_string(case.folder.join("src/main.rs"));
        if let Ok(main) = main {
            assert!(
                main.starts_with("//! "),
                "{name}: does not say what it does"
            );
        }
    }
}

#[test]
fn most_attacks_do_something_where_nothing_stops_them() {
    let cases = cases();
    let biting = cases.iter().filter(|case| case.bites()).count();
    assert!(
        biting >= 70 || env::var_os("GRADE_HOSTILE_ONLY").is_some(),
        "only {biting} attacks are seen by an observer or change the grade without isolation"
    );
    let mut missing: BTreeSet<Effect> = Effect::ALL.into_iter().collect();
    for case in &cases {
        for effect in case.certain_effects(Tier::None) {
            missing.remove(&effect);
        }
    }
    // Of these none is allowed at any tier; the checks for them have tests of their own.
    for of_reports in Effect::NEVER {
        missing.remove(&of_reports);
    }
    assert!(
        missing.is_empty() || env::var_os("GRADE_HOSTILE_ONLY").is_some(),
        "no attack proves that these are seen: {missing:?}"
    );
}
