//! CPython's `random.Random`, bit for bit, as far as the course uses it.
//!
//! The generator proper is `mt19937`. What CPython puts on top of it is here, after the sources of CPython 3.11: `Modules/_randommodule.c` (seeding, `getrandbits`) and
//! `Lib/random.py` (`_randbelow_with_getrandbits`, `randrange`, `sample`). Python 3.9 to 3.13 agree.

use crate::mt19937::Mt19937;

/// `string.ascii_letters`.
const LETTERS: &[u8; 52] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// A generator in the state that `random.seed(n)` leaves.
pub(super) struct Random(Mt19937);

impl Random {
    /// `random.seed(n)` for a whole number: the generator is seeded by the array of the number's
    /// 32-bit words, least significant first, without leading zero words but at least one word.
    pub(super) fn seed(n: u64) -> Self {
        let words = [low_word(n), low_word(n >> 32)];
        let used = if words[1] == 0 { 1 } else { 2 };
        Self(Mt19937::from_array(&words[..used]))
    }

    /// `random.getrandbits(k)` for 1 to 128 bits: whole words from the lowest up, the last one cut
    /// from above.
    fn getrandbits(&mut self, k: u32) -> u128 {
        debug_assert!((1..=128).contains(&k));
        if k <= 32 {
            return u128::from(self.0.next_u32() >> (32 - k));
        }
        let mut bits = 0;
        let mut have = 0;
        while have < k {
            let missing = k - have;
            let mut word = self.0.next_u32();
            if missing < 32 {
                word >>= 32 - missing;
            }
            bits |= u128::from(word) << have;
            have += 32;
        }
        bits
    }

    /// `random._randbelow(n)` for `n` above 0: draw as many bits as `n` has until they are below it.
    fn randbelow(&mut self, n: u128) -> u128 {
        let k = u128::BITS - n.leading_zeros();
        loop {
            let drawn = self.getrandbits(k);
            if drawn < n {
                return drawn;
            }
        }
    }

    /// `random.randint(low, high)`, both ends included; `low <= high`.
    pub(super) fn randint(&mut self, low: i64, high: i64) -> i64 {
        let width = i128::from(high) - i128::from(low) + 1;
        let offset = self.randbelow(width.unsigned_abs());
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_possible_wrap,
            reason = "low + offset lies between low and high, which are i64"
        )]
        let number = (i128::from(low) + offset as i128) as i64;
        number
    }

    /// `''.join(random.sample(string.ascii_letters, k))` for `k` of 0 to 52.
    pub(super) fn sample_letters(&mut self, k: usize) -> String {
        let mut letters = String::with_capacity(k);
        if LETTERS.len() <= set_size(k) {
            // Draw from a pool in which the chosen one is replaced by the last.
            let mut pool = *LETTERS;
            for remaining in (LETTERS.len() - k + 1..=LETTERS.len()).rev() {
                let chosen = self.index_below(remaining);
                letters.push(char::from(pool[chosen]));
                pool[chosen] = pool[remaining - 1];
            }
        } else {
            // Draw again what was drawn before.
            let mut chosen_before = [false; LETTERS.len()];
            for _ in 0..k {
                let mut chosen = self.index_below(LETTERS.len());
                while chosen_before[chosen] {
                    chosen = self.index_below(LETTERS.len());
                }
                chosen_before[chosen] = true;
                letters.push(char::from(LETTERS[chosen]));
            }
        }
        letters
    }

    /// So many small letters, each drawn from all 26 as `randint(0, 25)`.
    pub(super) fn small_letters(&mut self, count: u32, out: &mut Vec<u8>) {
        out.extend((0..count).map(|_| LETTERS[self.index_below(26)]));
    }

    /// A place in a list of `n` things, as `randrange(n)`; `n` is above 0.
    pub(super) fn index_below(&mut self, n: usize) -> usize {
        self.randbelow(n as u128) as usize
    }
}

/// The size of `sample`'s set of `k` things, in its own reckoning: 21, and for `k` above 5 also
/// `4 ** ceil(log(3 * k, 4))`. Populations up to this size are sampled from a pool.
fn set_size(k: usize) -> usize {
    if k <= 5 {
        return 21;
    }
    let mut power = 1;
    while power < 3 * k {
        power *= 4;
    }
    21 + power
}

fn low_word(n: u64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the lower half is what is asked for"
    )]
    let word = n as u32;
    word
}
