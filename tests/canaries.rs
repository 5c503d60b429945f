//! The canaries, with and without what stops them.
//!
//! Long, since the tables of rules stand beside the tests that leave each of them out.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use grade::{
    course::{Limits, Tier},
    fault::Fault,
    sandbox::{self, Abilities, CanaryOutcome, Cancellation, Fate, Isolation, Job, Sandbox},
};

use rustix::process::{Pid, Resource, Signal, kill_process};

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
    try_canaries(tier, without).unwrap()
}

fn try_canaries(tier: Tier, without: &[&str]) -> Result<Vec<CanaryOutcome>, Fault> {
    sandbox::run_canaries(&sandbox_at(tier).without(without))
}

fn sandbox_at(tier: Tier) -> Sandbox {
    let isolation = Isolation::Exactly(tier);
    Sandbox::new(
        &supervisor(),
        Cancellation::default(),
        abilities(),
        isolation,
    )
    .unwrap()
}

fn through(outcomes: &[CanaryOutcome]) -> Vec<&str> {
    outcomes
        .iter()
        .filter(|outcome| outcome.fate == Fate::GotThrough)
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
fn what_a_tier_promises_it_keeps() {
    for tier in Tier::ALL.into_iter().filter(|&tier| abilities().can(tier)) {
        let outcomes = canaries(tier, &[]);
        let breaches: Vec<_> = outcomes.iter().filter(|o| o.is_breach()).collect();
        println!(
            "{tier}: {} canaries, through: {:?}",
            outcomes.len(),
            through(&outcomes)
        );
        let untried: Vec<_> = outcomes
            .iter()
            .filter(|outcome| outcome.fate == Fate::NotApplicable)
            .map(|outcome| outcome.name.as_str())
            .collect();
        println!("{tier}: not tried: {untried:?}");
        if std::env::var_os("CI").is_some() {
            let unknown = untried.iter().find(|name| !MAY_BE_UNTRIED.contains(name));
            assert_eq!(unknown, None, "{tier}: nobody knows why this is not tried");
        }
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
        let tier = if ["signals", "cutting-files"].contains(&rule) {
            Tier::Weak
        } else {
            fenced()
        };
        let canary = match rule {
            "newer-calls" => "call-newer".to_owned(),
            "architecture" => "call-as-32-bit".to_owned(),
            rule => format!("call-{rule}"),
        };
        if tier == fenced() {
            if rule == "architecture" && *fate(&all, &canary) == Fate::NotApplicable {
                continue;
            }
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

/// A tier, a rule, the rules that make up for it, and the attack that shows whether it is there.
type Row = (Tier, &'static str, &'static [&'static str], &'static str);

const EVERYWHERE: &[Row] = &[
    (Tier::None, "environment", &[], "environment"),
    (Tier::None, "descriptors", &[], "descriptors"),
    (Tier::None, "session", &[], "session"),
    (Tier::None, "core-files", &[], "core-file"),
    (Tier::None, "limit-cpu", &[], "exceed-processor-time"),
    (Tier::None, "limit-file-size", &[], "exceed-file-size"),
    (Tier::None, "limit-open-files", &[], "exceed-open-files"),
    (Tier::None, "limit-stack", &[], "exceed-stack"),
    (
        Tier::None,
        "limit-locked-memory",
        &[],
        "exceed-locked-memory",
    ),
    (Tier::None, "limit-queues", &[], "exceed-queues"),
    (Tier::None, "limit-priority", &[], "exceed-priority"),
    (Tier::None, "limit-signals", &[], "exceed-signals"),
    (Tier::Full, "limit-tasks", &[], "exceed-tasks"),
    (Tier::Weak, "paths", &[], "read-hidden-file"),
    (
        Tier::Weak,
        "access-modes",
        &[],
        "open-hidden-file-for-neither",
    ),
    (
        Tier::Weak,
        "signals-by-files",
        &["own-user"],
        "signal-by-file",
    ),
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
    (
        Tier::Confined,
        "right-to-execute",
        &["right-to-read-files"],
        "run-hidden-file",
    ),
    (
        Tier::Confined,
        "right-to-read-files",
        &[],
        "read-hidden-file",
    ),
    (
        Tier::Confined,
        "right-to-read-folders",
        &[],
        "list-hidden-folder",
    ),
    (
        Tier::Confined,
        "right-to-write-files",
        &["right-to-truncate"],
        "write-hidden-file",
    ),
    (
        Tier::Confined,
        "right-to-truncate",
        &[],
        "truncate-hidden-file",
    ),
    (
        Tier::Confined,
        "right-to-remove-files",
        &[],
        "remove-hidden-file",
    ),
    (
        Tier::Confined,
        "right-to-remove-folders",
        &[],
        "remove-hidden-folder",
    ),
    (
        Tier::Confined,
        "right-to-make-files",
        &["right-to-write-files"],
        "write-outside",
    ),
    (
        Tier::Confined,
        "right-to-make-folders",
        &[],
        "make-folder-outside",
    ),
    (
        Tier::Confined,
        "right-to-make-links",
        &[],
        "make-link-outside",
    ),
    (
        Tier::Confined,
        "right-to-make-pipes",
        &["special-files"],
        "make-pipe-outside",
    ),
    (
        Tier::Confined,
        "right-to-make-sockets",
        &["special-files"],
        "make-socket-outside",
    ),
    (
        Tier::Confined,
        "right-to-make-devices",
        &["special-files"],
        "make-device-outside",
    ),
    (
        Tier::Confined,
        "right-to-command-devices",
        &[],
        "command-device",
    ),
    (Tier::Full, "network-namespace", &[], "share-network"),
    (Tier::Full, "ipc-namespace", &[], "share-queues"),
    (Tier::Full, "host-name-namespace", &[], "share-host-name"),
];

/// Only root's jobs have a user of their own, and capabilities to lose.
const FOR_ROOT: &[Row] = &[
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
    (
        Tier::Weak,
        "no-new-privileges",
        &[
            "own-user",
            "capabilities",
            "paths",
            "ports",
            "signal-scope",
            "abstract-sockets",
        ],
        "gain-privileges",
    ),
];

/// Rules without which nothing runs, because what comes after them rests on them.
const RESTED_ON: &[(Tier, &[&str])] = &[
    // Whoever puts up Landlock gives them up by the way, at tier `confined` already the supervisor.
    (
        Tier::Weak,
        &[
            "no-new-privileges",
            "paths",
            "ports",
            "signal-scope",
            "abstract-sockets",
        ],
    ),
    (Tier::Full, &["user-namespace"]),
    (Tier::Full, &["process-namespace"]),
    (Tier::Full, &["mount-namespace"]),
];

/// Rules with a test of their own.
const ELSEWHERE: &[&str] = &["parent-death", "control-groups"];

/// Whether this process was itself given no more than the rule leaves, so that nobody can miss it.
fn is_inherited(rule: &str) -> bool {
    let (resource, most) = match rule {
        "core-files" => (Resource::Core, 0),
        "limit-cpu" => (Resource::Cpu, 12),
        "limit-file-size" => (Resource::Fsize, 1 << 20),
        "limit-open-files" => (Resource::Nofile, 256),
        "limit-stack" => (Resource::Stack, 8 << 20),
        "limit-locked-memory" => (Resource::Memlock, 1 << 20),
        "limit-queues" => (Resource::Msgqueue, 0),
        "limit-priority" => (Resource::Rtprio, 0),
        "limit-signals" => (Resource::Sigpending, 4096),
        "limit-tasks" => (Resource::Nproc, 128),
        // A container's filter was put on without new privileges, for good.
        "no-new-privileges" => return users::in_a_container(),
        _ => return false,
    };
    rustix::process::getrlimit(resource)
        .maximum
        .is_some_and(|given| given <= most)
}

/// A rule that others make up for is tried without those: with it the attack is stopped, without it not.
#[test]
fn every_other_rule_is_missed_when_it_is_gone() {
    let for_root = if is_root() { FOR_ROOT } else { &[] };
    for &(tier, rule, others, canary) in EVERYWHERE.iter().chain(for_root) {
        if !abilities().can(tier) || is_inherited(rule) {
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

#[test]
fn without_what_others_rest_on_nothing_runs() {
    for &(tier, rules) in RESTED_ON {
        if abilities().can(tier) && !is_inherited(rules[0]) {
            let ran = try_canaries(tier, rules);
            assert!(ran.is_err(), "{tier} without {rules:?}: {ran:#?}");
        }
    }
}

/// The names of rules stand in the code where they are kept, and in the tables above.
#[test]
fn no_rule_is_left_out_of_these_tables() {
    let known: Vec<&str> = EVERYWHERE
        .iter()
        .chain(FOR_ROOT)
        .map(|row| row.1)
        .chain(RESTED_ON.iter().map(|row| row.1[0]))
        .chain(ELSEWHERE.iter().copied())
        .collect();
    let mut found = Vec::new();
    for text in [
        include_str!("../src/sandbox/fence.rs"),
        include_str!("../src/sandbox/job.rs"),
        include_str!("../src/sandbox/launch.rs"),
        include_str!("../src/sandbox/supervisor.rs"),
    ] {
        let words: String = text.split_whitespace().collect();
        for (at, _) in words.match_indices("(\"") {
            let (before, after) = (&words[..at], &words[at + 2..]);
            let Some((name, then)) = after.split_once('"') else {
                continue;
            };
            let lists = [",Resource::", ",AccessFs::", ",Scope::", ",libc::CLONE_"];
            if before.ends_with("keep")
                || before.ends_with("keeps")
                || lists.iter().any(|list| then.starts_with(list))
            {
                found.push(name.to_owned());
            }
        }
    }
    assert!(found.len() > 30, "{found:?}");
    let missing: Vec<_> = found
        .iter()
        .filter(|name| !known.contains(&name.as_str()))
        .collect();
    assert!(missing.is_empty(), "no test leaves these out: {missing:?}");
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
            path.contains("/grade-").then(|| {
                let folder = Path::new("/sys/fs/cgroup").join(controllers);
                folder.join(path.trim_start_matches('/'))
            })
        })
        .collect()
}

#[test]
fn whose_supervisor_is_killed_dies_as_well() {
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
        (fenced(), &["parent-death"]),
    ]
    .into_iter()
    .enumerate()
    {
        // Longer than the test takes, and like nobody else's.
        let argument = format!("50.{}{n}", std::process::id());
        let mut job = Job::new(&program, folder.path(), &limits);
        job.arguments = vec![argument.clone()];
        let sandbox = sandbox_at(tier).without(without);
        let left = std::thread::scope(|scope| {
            let run = scope.spawn(|| sandbox.run(&job));
            let mut found = None;
            let started = wait_until(&mut || {
                found = find(&argument).filter(|(own, _)| {
                    let exe = fs::read_link(format!("/proc/{own}/exe"));
                    exe.is_ok_and(|exe| exe.ends_with("sleep"))
                });
                found.is_some()
            });
            assert!(started, "{tier}: the job never started");
            let (own, supervisor) = found.unwrap();
            let groups = groups_of(own);
            kill_process(supervisor, Signal::KILL).unwrap();
            assert!(run.join().unwrap().is_err(), "{tier}: nobody noticed");
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

/// Root may read everything, so this is for others to see.
#[test]
#[expect(clippy::disallowed_methods, reason = "tests")]
fn the_grader_itself_cannot_be_read_by_its_own_user() {
    if rustix::process::geteuid().is_root() {
        return;
    }
    // A grader that stays: it has more to print than this pipe holds, and nobody reads.
    let (_reader, writer) = rustix::pipe::pipe().unwrap();
    rustix::pipe::fcntl_setpipe_size(&writer, 4096).unwrap();
    let mut grader = Command::new(supervisor())
        .args(["completions", "bash"])
        .stdout(writer)
        .spawn()
        .unwrap();
    let environ = format!("/proc/{}/environ", grader.id());
    let is_closed = || {
        fs::read(&environ).is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
    };
    let start = std::time::Instant::now();
    let mut closed = is_closed();
    while !closed && start.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(1));
        closed = is_closed();
    }
    assert!(grader.try_wait().unwrap().is_none(), "it did not stay");
    grader.kill().unwrap();
    grader.wait().unwrap();
    assert!(closed, "its environment can be read");
}

#[test]
fn all_of_this_holds_for_others_too() {
    users::run_again_as_others(&[]);
}
