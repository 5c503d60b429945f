//! The canaries, with and without what stops them.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::path::PathBuf;

use grade::{
    sandbox::{self, Abilities, CanaryOutcome, Cancellation, Fate, Isolation, Sandbox},
    spec::Tier,
};

mod users;

fn supervisor() -> PathBuf {
    std::env::var_os("GRADE_UNDER_TEST")
        .map_or_else(|| env!("CARGO_BIN_EXE_grade").into(), PathBuf::from)
}

fn abilities() -> &'static Abilities {
    static ABILITIES: std::sync::OnceLock<Abilities> = std::sync::OnceLock::new();
    ABILITIES.get_or_init(|| sandbox::probe(&supervisor()).unwrap())
}

/// What becomes of the canaries at a tier, without some rules.
fn canaries(tier: Tier, without: &[&str]) -> Vec<CanaryOutcome> {
    let isolation = Isolation::Exactly(tier);
    let sandbox = Sandbox::new(
        supervisor(),
        Cancellation::default(),
        abilities(),
        isolation,
    )
    .unwrap();
    sandbox::run_canaries(&sandbox.without(without)).unwrap()
}

fn through(outcomes: &[CanaryOutcome]) -> Vec<&str> {
    outcomes
        .iter()
        .filter(|outcome| outcome.fate == Fate::GotThrough)
        .map(|outcome| outcome.name.as_str())
        .collect()
}

#[test]
fn what_a_tier_promises_it_keeps() {
    for tier in Tier::ALL.into_iter().filter(|&tier| abilities().can(tier)) {
        let outcomes = canaries(tier, &[]);
        let breaches: Vec<_> = outcomes.iter().filter(|o| o.is_breach()).collect();
        println!(
            "{tier}: {} canaries, through: {:?}",
            outcomes.len(),
            through(&outcomes)
        );
        for outcome in &outcomes {
            println!(
                "{tier}\t{}\t{:?}\t{}",
                outcome.name, outcome.fate, outcome.detail
            );
        }
        assert!(breaches.is_empty(), "{tier}: {breaches:#?}");
    }
}

fn fate<'a>(outcomes: &'a [CanaryOutcome], name: &str) -> &'a Fate {
    let outcome = outcomes.iter().find(|outcome| outcome.name == name);
    &outcome.unwrap_or_else(|| panic!("no canary `{name}`")).fate
}

/// The best tier that rests on nothing but filters and Landlock.
fn fenced() -> Tier {
    if abilities().can(Tier::Confined) {
        Tier::Confined
    } else {
        Tier::Weak
    }
}

fn is_root() -> bool {
    // What only root has is only there for root to lose.
    abilities()
        .layers
        .iter()
        .any(|layer| layer.name == "own user" && layer.available)
}

#[test]
fn without_a_sandbox_the_canaries_get_through() {
    let outcomes = canaries(Tier::None, &[]);
    let stopped: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome.fate == Fate::Stopped && !outcome.promised)
        .map(|outcome| outcome.name.as_str())
        .collect();
    let mut excused = Vec::new();
    if !is_root() {
        excused.push("hold-capabilities");
    }
    // A container's own filter stops some.
    if users::in_a_container() {
        excused.extend([
            "gain-privileges",
            "call-clone3",
            "make-user-namespace",
            "clone-user-namespace",
        ]);
    }
    let unexplained: Vec<_> = stopped
        .iter()
        .filter(|name| !excused.contains(name))
        .collect();
    assert!(
        unexplained.is_empty(),
        "these attacks attack nothing: {unexplained:?}"
    );
}

#[test]
fn every_rule_of_the_filter_is_missed_when_it_is_gone() {
    let all = canaries(fenced(), &[]);
    for rule in sandbox::rules() {
        if rule == "clone3" && users::in_a_container() {
            continue;
        }
        let tier = if rule == "signals" {
            Tier::Weak
        } else {
            fenced()
        };
        let canary = match rule {
            "newer-calls" => "call-newer".to_owned(),
            rule => format!("call-{rule}"),
        };
        if tier == fenced() {
            assert_eq!(*fate(&all, &canary), Fate::Stopped, "{rule}");
        }
        let outcomes = canaries(tier, &[rule]);
        assert_eq!(
            *fate(&outcomes, &canary),
            Fate::GotThrough,
            "without {rule}: {outcomes:#?}"
        );
    }
}

/// A rule that others make up for is tried without those: with it the attack is stopped, without it not.
#[test]
fn every_other_rule_is_missed_when_it_is_gone() {
    let everywhere: &[(Tier, &str, &[&str], &str)] = &[
        (Tier::None, "environment", &[], "environment"),
        (Tier::None, "descriptors", &[], "descriptors"),
        (Tier::None, "session", &[], "session"),
        (Tier::None, "core-files", &[], "core-file"),
        (Tier::Weak, "paths", &[], "read-hidden-file"),
        (Tier::Confined, "paths", &[], "list-processes"),
        (Tier::Confined, "ports", &["sockets"], "connect-tcp"),
        (
            Tier::Confined,
            "abstract-sockets",
            &["sockets"],
            "connect-abstract",
        ),
        (
            Tier::Confined,
            "signal-scope",
            &["own-user"],
            "signal-supervisor",
        ),
        (
            Tier::Confined,
            "supervisor-scope",
            &["own-user", "signal-scope"],
            "kill",
        ),
    ];
    // Only root's jobs have a user of their own, and capabilities to lose.
    let for_root: &[(Tier, &str, &[&str], &str)] = &[
        (
            Tier::Confined,
            "own-user",
            &["modes"],
            "change-mode-of-hidden-file",
        ),
        (
            Tier::Confined,
            "own-user",
            &["limits-of-others"],
            "limit-process",
        ),
        (Tier::Weak, "own-user", &["signals"], "kill"),
        (
            Tier::Confined,
            "capabilities",
            &["own-user"],
            "hold-capabilities",
        ),
    ];
    let for_root = if is_root() { for_root } else { &[] };
    for &(tier, rule, others, canary) in everywhere.iter().chain(for_root) {
        if !abilities().can(tier) {
            continue;
        }
        // A limit of nothing that was inherited cannot be lifted.
        let inherited = rule == "core-files"
            && rustix::process::getrlimit(rustix::process::Resource::Core).maximum == Some(0);
        if inherited {
            continue;
        }
        let with = canaries(tier, others);
        assert_eq!(
            *fate(&with, canary),
            Fate::Stopped,
            "{tier} with {rule}, without {others:?}"
        );
        let without: Vec<&str> = others.iter().copied().chain([rule]).collect();
        let without = canaries(tier, &without);
        assert_eq!(
            *fate(&without, canary),
            Fate::GotThrough,
            "{tier} without {rule}, {others:?}"
        );
    }
}

/// What namespaces add: each attack gets through the same holes at the tier below.
#[test]
fn namespaces_make_up_for_other_rules() {
    if !abilities().can(Tier::Full) {
        return;
    }
    for (without, canary) in [
        (&["paths"][..], "see-that-a-hidden-file-exists"),
        (&["paths"], "read-hidden-file"),
        (&["paths"], "list-processes"),
        (&["sockets", "ports"], "connect-tcp"),
        (&["sockets", "datagrams", "ports"], "send-udp"),
        (&["sockets", "abstract-sockets"], "connect-abstract"),
        (&["own-user", "signal-scope", "supervisor-scope"], "kill"),
        (&["own-user", "limits-of-others"], "limit-process"),
        (
            &["own-user", "capabilities", "scheduling-of-others"],
            "pin-process",
        ),
    ] {
        let confined = canaries(Tier::Confined, without);
        assert_eq!(
            *fate(&confined, canary),
            Fate::GotThrough,
            "confined without {without:?}"
        );
        let full = canaries(Tier::Full, without);
        assert_eq!(
            *fate(&full, canary),
            Fate::Stopped,
            "full without {without:?}"
        );
    }
}

#[test]
fn all_of_this_holds_for_others_too() {
    users::run_again_as_others(&[]);
}
