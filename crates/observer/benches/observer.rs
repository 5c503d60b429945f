//! What observing costs: the same programs on a thousand files, bare, observed, and under a listener that
//! answers each call at once and looks at nothing: once only the opens, one call for each file, and once
//! opens and reads, which is the least that observing can cost. Turn by turn.
//!
//! `GRADE_ROUNDS` (default 21) turns; prints medians. Names of programs as arguments choose among them.
//! Bare and observed runs go through the supervisor, so that what is compared is observing alone.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot be set up fails"
)]

#[path = "../tests/it/workshop.rs"]
mod workshop;

use sandbox::Tier;
use std::{env, process::Command, time::Duration};
use test_support::listener;

/// The most that one program may cost: a factor of its bare run, or real time.
enum Bound {
    Factor(f64),
    Time(Duration),
}

const PROGRAMS: &[(&str, &str, Bound)] = &[
    ("rayon-default", "1", Bound::Factor(2.5)),
    ("atomic", "64", Bound::Time(Duration::from_millis(60))),
    ("atomic-bytes", "8", Bound::Time(Duration::from_secs(1))),
    ("serial-bytes", "1", Bound::Time(Duration::from_secs(1))),
    ("sleeping-monitor", "8", Bound::Time(Duration::from_secs(1))),
    ("serial", "1", Bound::Time(Duration::from_millis(250))),
    (
        "thread-per-file",
        "1",
        Bound::Time(Duration::from_millis(400)),
    ),
    (
        "spinning-threads",
        "1",
        Bound::Time(Duration::from_secs(10)),
    ),
];

#[expect(clippy::print_stdout, reason = "a benchmark prints")]
fn main() {
    let turns: usize = env::var("GRADE_ROUNDS").map_or(21, |n| n.parse().unwrap_or(21));
    let chosen: Vec<String> = env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .collect();
    let program = workshop::programs();
    let place = workshop::Place::new(1000);
    for (mode, threads, bound) in PROGRAMS {
        if !chosen.is_empty() && !chosen.iter().any(|name| name == mode) {
            continue;
        }
        let observed = workshop::job(program, &[mode, threads], &place);
        let mut times: [Vec<Duration>; 4] = Default::default();
        let turns = if *mode == "spinning-threads" {
            1
        } else {
            turns
        };
        for _ in 0..turns {
            let [bare_times, observed_times, opens_times, least_times] = &mut times;
            let bare = workshop::sandbox(Tier::None).run(&observed.job);
            bare_times.push(bare.expect("a bare run").usage.wall);
            let execution = workshop::run(&observed);
            // Asserts that it was observed.
            let _ = workshop::seen(&execution);
            observed_times.push(execution.usage.wall);
            let calls = [libc::SYS_openat, libc::SYS_read];
            for (times, calls) in [(opens_times, &calls[..1]), (least_times, &calls)] {
                let mut alone = Command::new(program);
                alone.args([mode, threads]).current_dir(place.data());
                let time = listener::time(&mut alone, calls);
                times.push(time.expect("a program under a listener"));
            }
        }
        let [bare, observed, opens, least] = times.map(|mut times| {
            times.sort_unstable();
            times[times.len() / 2].as_secs_f64() * 1e3
        });
        let factor = observed / bare;
        let (held, text) = match bound {
            Bound::Factor(most) => (factor <= *most, format!("at most x {most}")),
            Bound::Time(most) => (
                observed <= most.as_secs_f64() * 1e3,
                format!("at most {} ms", most.as_millis()),
            ),
        };
        let verdict = if held { "ok" } else { "TOO MUCH" };
        println!(
            "{mode:18} {threads:>3}: bare {bare:6.1} ms; listener to opens {opens:6.1} ms, x {:5.2}, and reads {least:6.1} ms, x {:5.2}; observed {observed:6.1} ms, x {factor:5.2}, x {:5.2} of the least; {text}: {verdict}",
            opens / bare,
            least / bare,
            observed / least,
        );
    }
}
