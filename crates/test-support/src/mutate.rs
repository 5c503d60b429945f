//! Mutations of real examples, for tests of code that reads untrusted bytes.
//!
//! Mutations start from real examples, so that they get past the first line of a parser. The random numbers
//! are made here, so that a run can be repeated from its seed.
//!
//! `GRADE_FUZZ_SECONDS` says for how long altogether (default 5), `GRADE_FUZZ_SEED` repeats a run; the
//! seed of a run that failed is in its message.
//!
//! For tests only: it panics where a test should fail.

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

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

/// Random numbers that are the same again for the same seed.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// The next number.
    pub fn roll(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is above 0.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end as u64).unwrap_or(0)
    }

    /// One of these.
    pub fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    /// `bytes` with a few random changes.
    pub fn mutate(&mut self, bytes: &[u8]) -> Vec<u8> {
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
}

/// Call `once` with ever new seeds until the time is over. `share` tests share the time.
///
/// # Panics
/// `once` panicked, or there was time for a few calls only. The message has the seed.
#[expect(clippy::disallowed_methods, reason = "a bounded time is asked for")]
pub fn fuzz(what: &str, share: u32, mut once: impl FnMut(&mut Dice)) {
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

/// Whether a terminal obeys the character. A list of its own, which tests the one in use.
#[must_use]
pub fn acts(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
