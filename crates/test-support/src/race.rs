//! What the benchmarks share: rounds in which every contender has its turn, medians and ratios.
//!
//! Machines are shared and noisy, so only contenders of the same run are compared.

#![expect(clippy::print_stdout, reason = "benchmarks print their figures")]

use std::time::{Duration, Instant};

/// A thing to time.
pub struct Contender<'a> {
    /// How it is called in the table.
    pub name: &'static str,
    /// Do it once, and return how long the part took that counts; a contender may leave out its set-up.
    pub turn: Box<dyn FnMut() -> Duration + 'a>,
}

/// How long a piece of work takes.
#[must_use]
pub fn timed(work: impl FnOnce()) -> Duration {
    #[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
    let start = Instant::now();
    work();
    start.elapsed()
}

/// Rounds to run: fewer with `--quick`, which shows that the benchmark works and nothing else.
#[must_use]
pub fn rounds(full: usize) -> usize {
    if std::env::args().any(|argument| argument == "--quick") {
        2
    } else {
        full
    }
}

/// Give every contender its turn in every round, and print medians and the ratio to the first. Returns the
/// medians, in seconds and in the order of the contenders.
///
/// # Panics
/// There is no contender.
#[expect(clippy::must_use_candidate, reason = "the table alone may be wanted")]
pub fn race(title: &str, rounds: usize, mut contenders: Vec<Contender<'_>>) -> Vec<f64> {
    let mut times = vec![Vec::with_capacity(rounds); contenders.len()];
    for contender in &mut contenders {
        (contender.turn)();
    }
    for _ in 0..rounds {
        for (contender, times) in contenders.iter_mut().zip(&mut times) {
            times.push((contender.turn)());
        }
    }
    println!("{title}: median of {rounds} rounds in turn, after one to warm up");
    let mut first = None;
    let mut medians = Vec::new();
    for (contender, times) in contenders.iter().zip(&mut times) {
        times.sort();
        let median = times[times.len() / 2].as_secs_f64();
        let base = *first.get_or_insert(median);
        medians.push(median);
        println!(
            "  {:<52} {:>9.3} ms   {:>7.3}   [{:.3} … {:.3}]",
            contender.name,
            median * 1e3,
            median / base,
            times[0].as_secs_f64() * 1e3,
            times[times.len() - 1].as_secs_f64() * 1e3,
        );
    }
    medians
}

/// Print whether a measured ratio is within its target.
pub fn target(what: &str, ratio: f64, is_met: bool) {
    let verdict = if is_met { "met" } else { "MISSED" };
    println!("  target {verdict}: {what}, measured {ratio:.2}");
}
