//! Files that the observer's server gives out: what each client gets, and how long that takes in virtual time, must be
//! exact at every tier and under load. Whatever else a program tries to reach, it does not reach.
//!
//! `GRADE_REPEATS` (default 1) and `GRADE_BUSY` (default 0) as for `exact`.

use std::{fmt::Write as _, fs, io::ErrorKind, net::TcpListener, path::Path, time::Duration};

use evidence::{Execution, ObservationLimit};
use observer::{ReadObserver, ReadObserverConfig, Served, ServerAnswer, SlowData, SlowFile};
use sandbox::{Sandbox, Tier};

use test_support::busy::{Busy, setting};

use crate::workshop::{self, ObservedJob, Place};

/// What is served, with the latencies, in milliseconds.
const FILES: [(u32, ServerAnswer); 12] = [
    (100, ServerAnswer::Whole),
    (1000, ServerAnswer::Whole),
    (300, ServerAnswer::NotFound),
    (200, ServerAnswer::Whole),
    (800, ServerAnswer::Unavailable),
    (500, ServerAnswer::Redirect),
    (700, ServerAnswer::Whole),
    (400, ServerAnswer::Truncated),
    (600, ServerAnswer::Whole),
    (900, ServerAnswer::Whole),
    (4000, ServerAnswer::Whole),
    (120, ServerAnswer::Whole),
];

/// The index of the file that is redirected.
const REDIRECTED: usize = 5;

/// The latency of the list of addresses, which every client reads first.
const LIST: u32 = 4;

fn name(file: usize) -> String {
    format!("file-{file:02}.bin")
}

/// The sum of the bytes of a file, which differs for each file.
fn digest(file: usize) -> usize {
    1000 + file
}

/// The line that a client prints about a file.
fn line(file: usize) -> String {
    let (name, digest) = (name(file), digest(file));
    match FILES[file].1 {
        ServerAnswer::Whole => format!("/{name} 200 {digest}"),
        ServerAnswer::Redirect => format!("/moved/{name} 200 {digest}"),
        // The words of the status.
        ServerAnswer::NotFound => format!("/{name} 404 {}", sum("404 Not Found")),
        ServerAnswer::Unavailable => format!("/{name} 503 {}", sum("503 Service Unavailable")),
        ServerAnswer::Truncated => format!("/{name} UnexpectedEof"),
    }
}

fn sum(text: &str) -> u32 {
    text.bytes().map(u32::from).sum()
}

/// A job whose program gets `files` from the server, and the folders that it needs.
struct ServedJob {
    job: ObservedJob,
    _place: Place,
    _contents: tempfile::TempDir,
}

fn served(
    mode: &str,
    number: u32,
    files: &[(u32, ServerAnswer)],
    content: impl Fn(usize) -> Vec<u8>,
) -> ServedJob {
    let place = Place::new(0);
    let contents = tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .tempdir()
        .unwrap();
    let mut list = String::new();
    let mut slow = SlowData::default();
    for (i, &(latency_ms, answer)) in files.iter().enumerate() {
        writeln!(list, "http://127.0.0.1:8000/{}", name(i)).unwrap();
        let path = contents.path().join(i.to_string());
        fs::write(&path, content(i)).unwrap();
        slow.files.push(SlowFile {
            name: name(i),
            latency_ms,
            served: Some(Served {
                contents: path,
                answer,
            }),
        });
    }
    fs::write(place.data().join("urls.txt"), list).unwrap();
    slow.files.push(SlowFile {
        name: "urls.txt".to_owned(),
        latency_ms: LIST,
        served: None,
    });
    // In a folder that the program's user can reach.
    let program = place.data().with_file_name("program");
    fs::copy(workshop::programs(), &program).unwrap();
    let mut job = workshop::job(&program, &[mode, &number.to_string()], &place);
    job.job = job.job.scratch(place.elsewhere()).connecting();
    job.options.slow = Some(slow);
    ServedJob {
        job,
        _place: place,
        _contents: contents,
    }
}

fn usual(mode: &str, number: u32) -> ServedJob {
    served(mode, number, &FILES, |file| {
        let mut content = vec![1; 999];
        content.push(u8::try_from(file + 1).unwrap());
        content
    })
}

/// The lines that the program printed, without the last one, which all of them print.
fn lines(execution: &Execution) -> Vec<&str> {
    let mut lines: Vec<_> = execution.stdout.head.lines().collect();
    assert_eq!(lines.pop(), Some("0"), "{execution:?}");
    lines
}

/// Every tier that holds here.
fn tiers() -> impl Iterator<Item = Tier> {
    Tier::ALL
        .into_iter()
        .filter(|&tier| workshop::support().supports(tier))
}

/// A client, and what is seen of it.
#[derive(Clone, Copy)]
struct Case {
    mode: &'static str,
    number: u32,
    /// The virtual time.
    time: u32,
    /// The most requests at once.
    held_max: u32,
    connections: u32,
}

const fn case(mode: &'static str, number: u32, time: u32, held_max: u32, connections: u32) -> Case {
    Case {
        mode,
        number,
        time: time + LIST,
        held_max,
        connections,
    }
}

const CASES: [Case; 8] = [
    // The redirected file costs its latency twice; after the one that is cut off, the client makes a new connection.
    case("http-serial", 1, 9620 + 500, 1, 2),
    case("http-at-once", 12, 4000, 12, 13),
    // Files 0 to 2, 3 to 5, 6 to 8, and 9 to 11, each on one connection, but for the one that is cut off.
    case("http-at-once", 4, 900 + 4000 + 120, 4, 5),
    case("http-as-completed", 1, 4000, 12, 12),
    case("http-ureq", 1, 9620 + 500, 1, 2),
    case("http-ureq", 12, 4000, 12, 12),
    // These follow no address to which they are sent.
    case("http-tokio", 1, 4000, 12, 12),
    case("http-tokio", 4, 4000, 12, 12),
];

/// The files in the order in which they are there if all are requested at once. The redirected one is there when its
/// latency has passed twice, at the same time as file 1.
fn by_completion() -> [usize; 12] {
    [0, 11, 3, 2, 7, 8, 6, 4, 9, 1, REDIRECTED, 10]
}

fn check(sandbox: &Sandbox, case: Case) {
    let served = usual(case.mode, case.number);
    let execution = workshop::observe(sandbox, &served.job);
    let seen = workshop::seen(&execution);
    let what = format!("{} {} at {}", case.mode, case.number, sandbox.tier());
    let follows = case.mode != "http-tokio";
    let printed = lines(&execution).into_iter();
    let mut printed: Vec<_> = printed.filter(|line| !line.contains(" 302 ")).collect();
    let in_order: Vec<String> = (0..FILES.len()).map(line).collect();
    let mut expected: Vec<&str> = in_order.iter().map(String::as_str).collect();
    if !follows {
        expected.remove(REDIRECTED);
    }
    if case.mode == "http-as-completed" {
        expected = by_completion().map(|file| &*in_order[file]).into();
        // Two files are there at the same time.
        for lines in [&mut expected, &mut printed] {
            lines[9..11].sort_unstable();
        }
    }
    assert_eq!(printed, expected, "{what}");
    let found = (seen.time, seen.concurrency.held_max, seen.connections);
    let expected = (case.time, case.held_max, case.connections);
    assert_eq!((found, seen.capped), (expected, None), "{what}");
    let (read, not_read) = if follows { (13, 0) } else { (12, 500) };
    assert_eq!(
        (seen.files_read, seen.blocks_read),
        (read, 4 * read),
        "{what}"
    );
    let sum: u32 = FILES.iter().map(|(latency, _)| latency).sum();
    let effective = f64::from(sum + LIST - not_read) / f64::from(case.time);
    let difference = seen.concurrency.effective - effective;
    assert!(difference.abs() < 1e-9, "{what}: {seen:?}");
    assert_eq!(seen.attempts, evidence::Attempts::default(), "{what}");
}

#[test]
fn what_is_served_takes_exactly_its_latency() {
    let _busy = Busy::start(setting("GRADE_BUSY", 0));
    for _ in 0..setting("GRADE_REPEATS", 1) {
        for tier in tiers() {
            let sandbox = workshop::sandbox(tier);
            for case in CASES {
                check(&sandbox, case);
            }
        }
    }
}

#[test]
fn six_busy_processes_change_no_count() {
    let _busy = Busy::start(6);
    let best = workshop::sandbox(tiers().max().unwrap());
    for case in CASES {
        check(&best, case);
    }
}

#[test]
fn the_timeline_has_each_request_from_its_arrival_to_its_answer() {
    let served = usual("http-at-once", 12);
    let execution = workshop::run(&served.job);
    let seen = workshop::seen(&execution);
    let mut times: Vec<_> = seen
        .timeline
        .iter()
        .map(|a| (a.file, a.start, a.end))
        .collect();
    times.sort_unstable();
    let mut expected: Vec<_> = (0..)
        .zip(FILES)
        .map(|(file, (latency, _))| (file, LIST, LIST + latency))
        .collect();
    expected.push((5, LIST + 500, LIST + 1000));
    expected.push((12, 0, LIST));
    expected.sort_unstable();
    assert_eq!(times, expected);
}

/// A listener of this test, to which nobody may connect.
fn listener() -> (TcpListener, u32) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port.into())
}

fn nobody_came(listener: &TcpListener) -> bool {
    matches!(listener.accept(), Err(error) if error.kind() == ErrorKind::WouldBlock)
}

#[test]
fn nothing_but_the_server_is_reached_at_any_tier_that_isolates() {
    for tier in tiers().filter(|&tier| tier > Tier::None) {
        let (listener, port) = listener();
        let served = usual("http-reaches", port);
        let execution = workshop::observe(&workshop::sandbox(tier), &served.job);
        let [refused, unreachable, denied] = [libc::ECONNREFUSED, libc::ENETUNREACH, libc::EPERM];
        let expected = [
            "server: reached".to_owned(),
            format!("other port: {refused}"),
            format!("other host: {unreachable}"),
            format!("with a limit: {refused}"),
            format!("ipv6: {denied}"),
            format!("udp: {denied}"),
            format!("listen: {denied}"),
            format!("many paths: {denied}"),
            format!("while sending: {denied}"),
        ];
        assert_eq!(lines(&execution), expected, "{tier}");
        assert!(nobody_came(&listener), "{tier}");
    }
}

#[test]
fn a_socket_of_the_server_cannot_be_connected_anew() {
    for tier in tiers() {
        let (listener, port) = listener();
        let served = usual("http-again", port);
        let execution = workshop::observe(&workshop::sandbox(tier), &served.job);
        let refused = libc::ECONNREFUSED;
        let expected = [
            format!("taken apart: {}", libc::EAFNOSUPPORT),
            format!("anew: {refused}"),
            format!("again: {}", libc::EISCONN),
            format!("by a copy: {refused}"),
            format!("after its end: {refused}"),
            "first: reached".to_owned(),
            format!("a copy from before: {refused}"),
            "for the server: reached".to_owned(),
            "one of two: true".to_owned(),
        ];
        assert_eq!(lines(&execution), expected, "{tier}");
        assert!(nobody_came(&listener), "{tier}");
    }
}

#[test]
fn the_attacks_of_the_self_test_fail_beside_the_real_server() {
    for tier in tiers() {
        let served = usual("http-serial", 1);
        let options = served.job.options.clone();
        let sandbox = workshop::sandbox(tier);
        let outcomes = sandbox
            .self_test_connecting::<ReadObserver>(|folder: &Path| {
                fs::write(folder.join("urls.txt"), "").unwrap();
                ReadObserverConfig::new(folder, options)
            })
            .unwrap();
        let breaches: Vec<_> = outcomes.iter().filter(|o| o.is_breach()).collect();
        assert!(breaches.is_empty(), "{tier}: {breaches:#?}");
    }
}

#[test]
fn a_socket_keeps_its_flags_and_its_limits_on_time() {
    for tier in tiers() {
        let served = usual("http-nonblocking", 1);
        let execution = workshop::observe(&workshop::sandbox(tier), &served.job);
        let yes = ["does not block", "limit", "closes", "is inherited"];
        let mut expected: Vec<String> = yes.map(|what| format!("{what}: true")).into();
        expected.push(line(0));
        assert_eq!(lines(&execution), expected, "{tier}");
    }
}

#[test]
fn clients_that_ask_badly_do_no_harm_to_those_that_ask_well() {
    for (mode, number, first) in [
        ("http-half", 1, &[][..]),
        ("http-huge", 1, &["sent: false", "status: 431"]),
        ("http-many", 1000, &["connected: 256"]),
    ] {
        let served = usual(mode, number);
        let execution = workshop::run(&served.job);
        let mut expected: Vec<String> = first.iter().map(ToString::to_string).collect();
        expected.push(line(0));
        assert_eq!(lines(&execution), expected, "{mode}");
        let seen = workshop::seen(&execution);
        assert_eq!((seen.time, seen.capped), (LIST + 100, None), "{mode}");
    }
}

#[test]
fn a_request_that_nobody_waits_for_any_more_is_cut_off() {
    let served = usual("http-gives-up", 1);
    let execution = workshop::run(&served.job);
    assert_eq!(lines(&execution), [line(1)]);
    let seen = workshop::seen(&execution);
    // The clock would come to its end before that of the other.
    assert_eq!((seen.cut_off, seen.files_read), (1, 2));
    assert_eq!((seen.time, seen.connections), (LIST + 1000, 2));
}

#[test]
fn a_large_file_comes_as_fast_as_the_client_reads_it() {
    let large = |_| {
        let mut content = vec![b'a'; 3 << 20];
        content.push(b'z');
        content
    };
    let files = [(40, ServerAnswer::Whole)];
    for tier in tiers() {
        let served = served("http-slow-reader", 1, &files, large);
        let execution = workshop::observe(&workshop::sandbox(tier), &served.job);
        assert_eq!(lines(&execution), ["true true"], "{tier}");
        // It reads the list twice.
        assert_eq!(workshop::seen(&execution).time, 40 + 2 * LIST, "{tier}");
    }
}

#[test]
fn a_program_that_is_not_observed_any_more_is_served_at_once() {
    let mut served = usual("http-at-once", 12);
    served.job.options.hold_limit = Duration::ZERO;
    let execution = workshop::run(&served.job);
    let seen = workshop::seen(&execution);
    assert!(
        matches!(seen.capped, Some(ObservationLimit::HeldTooLong { .. })),
        "{:?}",
        seen.capped
    );
    let expected: Vec<_> = (0..FILES.len()).map(line).collect();
    assert_eq!(lines(&execution), expected);
    // The list of addresses was held, and no request was.
    assert_eq!((seen.held_at_cap, seen.concurrency.held_max), (1, 1));
}

#[test]
fn a_program_that_is_never_observed_is_served_at_once() {
    for tier in tiers() {
        let served = usual("http-serial", 1);
        let sandbox = workshop::sandbox(tier);
        let ObservedJob { job, options } = &served.job;
        let execution = observer::run_unobserved(&sandbox, job, options.clone()).unwrap();
        let expected: Vec<_> = (0..FILES.len()).map(line).collect();
        assert_eq!(lines(&execution), expected, "{tier}");
        assert_eq!(execution.observation, None);
    }
}

/// Each line with the virtual time at which it was printed. What comes after the last move of the clock has the time of
/// the end.
fn timed_lines(execution: &Execution) -> Vec<(String, u32)> {
    let seen = workshop::seen(execution);
    let mut bytes = 0;
    let timed = lines(execution).into_iter().map(|line| {
        bytes += line.len() as u64 + 1;
        let printed = seen.printed.iter().find(|printed| printed.bytes >= bytes);
        (line.to_owned(), printed.map_or(seen.time, |p| p.time))
    });
    timed.collect()
}

/// The calls that wait at a socket.
const CALLS: [&str; 4] = ["recvfrom", "recvmsg", "read", "readv"];

#[test]
fn a_socket_with_a_limit_waits_so_long_in_virtual_time() {
    let _busy = Busy::start(setting("GRADE_BUSY", 0));
    for _ in 0..setting("GRADE_REPEATS", 1) {
        for tier in tiers() {
            check_limits(&workshop::sandbox(tier));
        }
    }
}

#[test]
fn six_busy_processes_change_no_limit_of_a_socket() {
    let _busy = Busy::start(6);
    check_limits(&workshop::sandbox(tiers().max().unwrap()));
}

fn check_limits(sandbox: &Sandbox) {
    for (limit, each, got) in [(100, 100, "WouldBlock"), (5000, 1000, "true")] {
        let served = usual("http-limit", limit);
        let execution = workshop::observe(sandbox, &served.job);
        // The list is read before each request.
        let mut expected: Vec<_> = (1..)
            .zip(CALLS)
            .map(|(i, call)| (format!("{call}: {got}"), i * (LIST + each)))
            .collect();
        let at_once = 2 * (LIST + each) + LIST;
        expected.insert(2, ("read nothing: true".to_owned(), at_once));
        assert_eq!(
            timed_lines(&execution),
            expected,
            "{limit} at {}",
            sandbox.tier()
        );
        let seen = workshop::seen(&execution);
        let cut_off = if got == "true" { 0 } else { 4 };
        assert_eq!((seen.cut_off, seen.capped), (cut_off, None), "{limit}");
    }
    for limit in [12, 40, 400] {
        let served = usual("http-limit-again", limit);
        let execution = workshop::observe(sandbox, &served.job);
        let expected = [("got: true".to_owned(), LIST + 1000)];
        assert_eq!(timed_lines(&execution), expected, "{limit}");
    }
}
