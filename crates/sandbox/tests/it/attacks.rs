//! The attacks of the self-test, with and without each rule that stops them (`rule_tables`).

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use sandbox::{
    AttackOutcome, Job, Limits, Outcome, RefusesConnections, RefusingConfig, Tier,
    rule::{Calls, Landlock, Limit, Rule, Setup},
};

use rustix::process::{Pid, Resource, Signal, kill_process};
use test_support::others::{self, Again};

use super::{
    SUPERVISOR, abilities, at,
    rule_tables::{ELSEWHERE, EVERYWHERE, FOR_ROOT, REQUIRED},
    supervisor,
};

/// The outcomes of the self-test's attacks at a tier, without some rules.
fn attacks(tier: Tier, without: &[Rule]) -> Vec<AttackOutcome> {
    try_attacks(tier, without).unwrap()
}

fn try_attacks(tier: Tier, without: &[Rule]) -> Result<Vec<AttackOutcome>, sandbox::Error> {
    at(tier).without(without).self_test()
}

/// The same in a job that may connect, and finds nobody.
fn attacks_connecting(tier: Tier, without: &[Rule]) -> Vec<AttackOutcome> {
    let sandbox = at(tier).without(without);
    let config = |_: &Path| RefusingConfig { refuses: true };
    sandbox
        .self_test_connecting::<RefusesConnections>(config)
        .unwrap()
}

fn through(outcomes: &[AttackOutcome]) -> Vec<&str> {
    outcomes
        .iter()
        .filter(|outcome| outcome.outcome == Outcome::GotThrough)
        .map(|outcome| outcome.name.as_str())
        .collect()
}

/// What may be impossible on a machine where nothing is wrong: a file system may have no attributes or run
/// nothing, a kernel no 32-bit programs, and an ordinary user has other tasks besides.
const MAY_BE_UNTRIED: &[&str] = &[
    "set-attribute-of-hidden-file",
    "run-hidden-file",
    "call-as-32-bit",
    "exceed-tasks",
];

#[test]
fn every_tier_keeps_its_promises() {
    for tier in Tier::ALL
        .into_iter()
        .filter(|&tier| abilities().supports(tier))
    {
        let outcomes = attacks(tier, &[]);
        let breaches: Vec<_> = outcomes.iter().filter(|o| o.is_breach()).collect();
        println!(
            "{tier}: {} attacks, through: {:?}",
            outcomes.len(),
            through(&outcomes)
        );
        let untried: Vec<_> = outcomes
            .iter()
            .filter(|outcome| outcome.outcome == Outcome::NotApplicable)
            .map(|outcome| outcome.name.as_str())
            .collect();
        println!("{tier}: not tried: {untried:?}");
        if std::env::var_os("CI").is_some() {
            let unknown = untried.iter().find(|name| !MAY_BE_UNTRIED.contains(name));
            assert_eq!(
                unknown, None,
                "{tier}: this attack should be tried on every machine"
            );
        }
        for outcome in &outcomes {
            println!(
                "{tier}\t{}\t{:?}\t{}",
                outcome.name, outcome.outcome, outcome.detail
            );
        }
        assert!(breaches.is_empty(), "{tier}: {breaches:#?}");
    }
}

#[test]
fn a_job_that_may_connect_reaches_as_little_at_every_tier() {
    for tier in Tier::ALL
        .into_iter()
        .filter(|&tier| abilities().supports(tier))
    {
        let outcomes = attacks_connecting(tier, &[]);
        let breaches: Vec<_> = outcomes.iter().filter(|o| o.is_breach()).collect();
        assert!(breaches.is_empty(), "{tier}: {breaches:#?}");
        // Its monitor refuses to connect also where there is no filter of the sandbox.
        let names: &[&str] = match tier {
            Tier::None => &["connect-tcp-anew"],
            _ => &["connect-tcp", "connect-tcp-anew", "send-udp", "listen-tcp"],
        };
        for name in names {
            assert_eq!(
                *outcome_of(&outcomes, name),
                Outcome::Stopped,
                "{tier} {name}"
            );
        }
    }
}

#[test]
fn in_a_job_that_may_connect_the_rule_of_sockets_is_needed() {
    let all = attacks_connecting(fenced(), &[]);
    let open = [
        Calls::Sockets.into(),
        Calls::Datagrams.into(),
        Landlock::Ports.into(),
    ];
    let without = attacks_connecting(fenced(), &open);
    for name in [
        "call-sockets",
        "connect-tcp-while-sending",
        "send-udp",
        "listen-tcp",
    ] {
        if *outcome_of(&without, name) == Outcome::NotApplicable {
            continue;
        }
        assert_eq!(*outcome_of(&all, name), Outcome::Stopped, "{name}");
        assert_eq!(*outcome_of(&without, name), Outcome::GotThrough, "{name}");
    }
}

#[test]
fn a_job_that_may_connect_does_not_start_without_a_monitor_that_answers() {
    let folder = tempfile::tempdir().unwrap();
    let limits = super::LIMITS;
    let job = Job::new("/bin/true", folder.path(), &limits).connecting();
    for tier in super::tiers() {
        let alone = at(tier).run(&job);
        let config = RefusingConfig { refuses: false };
        let deaf = at(tier).run_monitored::<RefusesConnections>(&job, &config);
        for error in [alone.unwrap_err(), deaf.unwrap_err()] {
            let text = super::chain(&error);
            assert!(text.contains("no monitor answers"), "{tier}: {text}");
        }
    }
}

fn outcome_of<'a>(outcomes: &'a [AttackOutcome], name: &str) -> &'a Outcome {
    let outcome = outcomes.iter().find(|outcome| outcome.name == name);
    &outcome
        .unwrap_or_else(|| panic!("no attack `{name}`"))
        .outcome
}

/// The best tier that rests on nothing but filters and Landlock.
fn fenced() -> Tier {
    if abilities().supports(Tier::Confined) {
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
fn without_a_sandbox_the_attacks_get_through() {
    let outcomes = attacks(Tier::None, &[]);
    let stopped: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome.outcome == Outcome::Stopped && !outcome.promised)
        .map(|outcome| outcome.name.as_str())
        .collect();
    let mut excused = Vec::new();
    if !is_root() {
        excused.push("hold-capabilities");
    }
    // A container's own filter stops some.
    if others::in_a_container() {
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
        "these attacks fail without a sandbox: {unexplained:?}"
    );
}

#[test]
fn without_a_rule_of_the_filter_its_attack_gets_through() {
    let all = attacks(fenced(), &[]);
    for &rule in Calls::ALL {
        if rule == Calls::Clone3 && others::in_a_container() {
            continue;
        }
        let tier = if [Calls::Signals, Calls::CuttingFiles].contains(&rule) {
            Tier::Weak
        } else {
            fenced()
        };
        let attack = match rule {
            Calls::Newer => "call-newer".to_owned(),
            Calls::OtherArchitecture => "call-as-32-bit".to_owned(),
            rule => format!("call-{}", rule.as_str()),
        };
        if tier == fenced() {
            if rule == Calls::OtherArchitecture
                && *outcome_of(&all, &attack) == Outcome::NotApplicable
            {
                continue;
            }
            assert_eq!(*outcome_of(&all, &attack), Outcome::Stopped, "{rule:?}");
        }
        let outcomes = attacks(tier, &[rule.into()]);
        assert_eq!(
            *outcome_of(&outcomes, &attack),
            Outcome::GotThrough,
            "without {rule:?}: {outcomes:#?}"
        );
    }
}

/// Whether this process was itself given no more than the rule leaves, so that its absence has no effect.
fn is_inherited(rule: Rule) -> bool {
    let (resource, most) = match rule {
        Rule::Limit(limit) => match limit {
            Limit::CoreFiles => (Resource::Core, 0),
            Limit::Cpu => (Resource::Cpu, 12),
            Limit::FileSize => (Resource::Fsize, 1 << 20),
            Limit::OpenFiles => (Resource::Nofile, 256),
            Limit::Stack => (Resource::Stack, 8 << 20),
            Limit::LockedMemory => (Resource::Memlock, 1 << 20),
            Limit::Queues => (Resource::Msgqueue, 0),
            Limit::Priority => (Resource::Rtprio, 0),
            Limit::Signals => (Resource::Sigpending, 4096),
            Limit::Tasks => (Resource::Nproc, 128),
        },
        // A container's filter was put on without new privileges, for good.
        Rule::Setup(Setup::NoNewPrivileges) => return others::in_a_container(),
        _ => return false,
    };
    rustix::process::getrlimit(resource)
        .maximum
        .is_some_and(|given| given <= most)
}

/// A rule that other rules make redundant is tried without those: with the rule the attack is stopped, and without it
/// the attack gets through.
#[test]
fn without_any_other_rule_its_attack_gets_through() {
    let for_root = if is_root() { FOR_ROOT } else { &[] };
    for &(tier, rule, others, attack) in EVERYWHERE.iter().chain(for_root) {
        if !abilities().supports(tier) || is_inherited(rule) {
            continue;
        }
        let with = attacks(tier, others);
        assert_eq!(
            *outcome_of(&with, attack),
            Outcome::Stopped,
            "{tier} with {rule}, without {others:?}"
        );
        let without: Vec<Rule> = others.iter().copied().chain([rule]).collect();
        let without = attacks(tier, &without);
        assert_eq!(
            *outcome_of(&without, attack),
            Outcome::GotThrough,
            "{tier} without {rule}, {others:?}"
        );
    }
}

#[test]
fn without_a_required_rule_nothing_runs() {
    for &(tier, rules) in REQUIRED {
        if abilities().supports(tier) && !is_inherited(rules[0]) {
            let ran = try_attacks(tier, rules);
            assert!(ran.is_err(), "{tier} without {rules:?}: {ran:#?}");
        }
    }
}

#[test]
fn no_rule_is_left_out_of_these_tables() {
    let known: Vec<Rule> = EVERYWHERE
        .iter()
        .chain(FOR_ROOT)
        .map(|row| row.1)
        .chain(REQUIRED.iter().map(|row| row.1[0]))
        .chain(ELSEWHERE.iter().copied())
        .collect();
    let missing: Vec<Rule> = Rule::all()
        .filter(|rule| match rule {
            Rule::Calls(_) => false,
            _ => !known.contains(rule),
        })
        .collect();
    assert!(missing.is_empty(), "no test leaves these out: {missing:?}");
}

/// What namespaces add: each attack gets through the same holes at the tier below.
#[test]
fn namespaces_make_up_for_other_rules() {
    if !abilities().supports(Tier::Full) {
        return;
    }
    for (without, attack) in [
        (
            &[Rule::Landlock(Landlock::Paths)][..],
            "see-that-a-hidden-file-exists",
        ),
        (&[Rule::Landlock(Landlock::Paths)], "read-hidden-file"),
        (&[Rule::Landlock(Landlock::Paths)], "list-processes"),
        (
            &[Rule::Calls(Calls::Sockets), Rule::Landlock(Landlock::Ports)],
            "connect-tcp",
        ),
        (
            &[
                Rule::Calls(Calls::Sockets),
                Rule::Calls(Calls::Datagrams),
                Rule::Landlock(Landlock::Ports),
            ],
            "send-udp",
        ),
        (
            &[
                Rule::Calls(Calls::Sockets),
                Rule::Landlock(Landlock::AbstractSockets),
            ],
            "connect-abstract",
        ),
        (
            &[
                Rule::Setup(Setup::OwnUser),
                Rule::Landlock(Landlock::SignalScope),
                Rule::Setup(Setup::SupervisorScope),
            ],
            "kill",
        ),
        (
            &[
                Rule::Setup(Setup::OwnUser),
                Rule::Calls(Calls::LimitsOfOthers),
            ],
            "limit-process",
        ),
        (
            &[
                Rule::Setup(Setup::OwnUser),
                Rule::Setup(Setup::Capabilities),
                Rule::Calls(Calls::SchedulingOfOthers),
            ],
            "pin-process",
        ),
    ] {
        let confined = attacks(Tier::Confined, without);
        assert_eq!(
            *outcome_of(&confined, attack),
            Outcome::GotThrough,
            "confined without {without:?}"
        );
        let full = attacks(Tier::Full, without);
        assert_eq!(
            *outcome_of(&full, attack),
            Outcome::Stopped,
            "full without {without:?}"
        );
    }
}

/// The process whose only argument is `argument`, with its parent.
fn find(argument: &str) -> Option<(Pid, Pid)> {
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
        let end = format!("\0{argument}\0");
        if !read("cmdline").ends_with(end.as_bytes()) {
            continue;
        }
        let status = String::from_utf8_lossy(&read("status")).into_owned();
        let number = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key))?;
            Pid::from_raw(line.trim().parse().ok()?)
        };
        if let (Some(own), Some(parent)) = (number("Pid:"), number("PPid:")) {
            return Some((own, parent));
        }
    }
    None
}

/// Folders of the control groups that a process is in.
fn groups_of(process: Pid) -> Vec<PathBuf> {
    let text = fs::read_to_string(format!("/proc/{process}/cgroup")).unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let mut fields = line.splitn(3, ':');
            let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
            path.contains("/sandbox-").then(|| {
                let folder = Path::new("/sys/fs/cgroup").join(controllers);
                folder.join(path.trim_start_matches('/'))
            })
        })
        .collect()
}

#[test]
fn a_job_dies_when_its_supervisor_is_killed() {
    let folder = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir()
        .unwrap();
    let program = folder.path().join("sleep");
    fs::copy("/bin/sleep", &program).unwrap();
    let limits = Limits {
        wall: Duration::from_mins(1),
        cpu: Duration::from_mins(1),
        memory_bytes: 64 << 20,
        tasks: 16,
        open_files: 64,
        file_bytes: 1 << 20,
        disk_bytes: 1 << 20,
        disk_files: 16,
        output_bytes: 1 << 10,
    };
    let wait_until = |what: &mut dyn FnMut() -> bool| {
        (0..600).any(|_| {
            what() || {
                std::thread::sleep(Duration::from_millis(50));
                false
            }
        })
    };
    for (n, (tier, without)) in [
        (Tier::None, &[][..]),
        (fenced(), &[]),
        (fenced(), &[Rule::Setup(Setup::ParentDeath)]),
    ]
    .into_iter()
    .enumerate()
    {
        // Longer than the test takes, and unlike that of any other process.
        let argument = format!("50.{}{n}", std::process::id());
        let mut job = Job::new(&program, folder.path(), &limits);
        job.arguments = vec![argument.clone()];
        let sandbox = at(tier).without(without);
        let left = std::thread::scope(|scope| {
            let run = scope.spawn(|| sandbox.run(&job));
            let mut found = None;
            let started = wait_until(&mut || {
                found = find(&argument).filter(|(own, _)| {
                    // Unlike the path of its program, everybody may read its name.
                    let name = fs::read_to_string(format!("/proc/{own}/comm"));
                    name.is_ok_and(|name| name.trim_end() == "sleep")
                });
                found.is_some()
            });
            assert!(started, "{tier}: the job never started");
            let (own, supervisor) = found.unwrap();
            let groups = groups_of(own);
            kill_process(supervisor, Signal::KILL).unwrap();
            assert!(run.join().unwrap().is_err(), "{tier}: the run succeeded");
            let died = wait_until(&mut || find(&argument).is_none() || !without.is_empty());
            let left = find(&argument).is_some();
            assert!(died, "{tier}: it lives on");
            let _ = kill_process(own, Signal::KILL);
            let gone = wait_until(&mut || {
                groups
                    .iter()
                    .all(|group| fs::remove_dir(group).is_ok() || !group.exists())
            });
            assert!(gone, "{tier}: {groups:?}");
            left
        });
        assert_eq!(left, !without.is_empty(), "{tier} without {without:?}");
    }
}

#[test]
fn the_attacks_end_alike_for_others() {
    others::run_again_as_others(&Again {
        filter: "attacks::",
        expected: "attacks::",
        program: &supervisor(),
        variable: SUPERVISOR,
        environment: &[],
    });
}
