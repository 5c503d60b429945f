//! The Mersenne Twister MT19937, 32 bits wide, seeded by an array.
//!
//! After M. Matsumoto and T. Nishimura, *Mersenne Twister: a 623-dimensionally equidistributed uniform pseudo-random
//! number generator* (1998), with the seeding of their revision of 26 January 2002. It is no source of secrets: whoever
//! sees 624 numbers knows the following ones.

/// Numbers in the state.
const N: usize = 624;
/// The distance of the two numbers that are combined.
const M: usize = 397;
/// The last row of the matrix of the recurrence.
const MATRIX: u32 = 0x9908_b0df;
const UPPER: u32 = 0x8000_0000;
const LOWER: u32 = 0x7fff_ffff;

/// A generator.
pub(super) struct Mt19937 {
    state: [u32; N],
    /// How many numbers of the state were given out.
    used: usize,
}

impl Mt19937 {
    /// Seed by one number.
    fn from_number(seed: u32) -> Self {
        let mut state = [seed; N];
        let mut last = seed;
        for (number, place) in (1_u32..).zip(&mut state[1..]) {
            last = 1_812_433_253_u32
                .wrapping_mul(last ^ (last >> 30))
                .wrapping_add(number);
            *place = last;
        }
        Self { state, used: N }
    }

    /// Seed by an array of at least one number.
    pub(super) fn from_array(key: &[u32]) -> Self {
        let mut generator = Self::from_number(19_650_218);
        let state = &mut generator.state;
        let mut at = 1;
        let mixed = |state: &[u32; N], at: usize, factor: u32| {
            let last = state[at - 1];
            state[at] ^ (last ^ (last >> 30)).wrapping_mul(factor)
        };
        let step = |state: &mut [u32; N], at: usize| {
            if at + 1 < N {
                return at + 1;
            }
            state[0] = state[N - 1];
            1
        };
        let keys = (0_u32..).zip(key).cycle();
        for (number, word) in keys.take(N.max(key.len())) {
            let new = mixed(state, at, 1_664_525);
            state[at] = new.wrapping_add(*word).wrapping_add(number);
            at = step(state, at);
        }
        for _ in 1..N {
            let new = mixed(state, at, 1_566_083_941);
            #[expect(clippy::cast_possible_truncation, reason = "a place in the state")]
            let number = at as u32;
            state[at] = new.wrapping_sub(number);
            at = step(state, at);
        }
        state[0] = UPPER;
        generator
    }

    /// The next number.
    pub(super) fn next_u32(&mut self) -> u32 {
        if self.used == N {
            self.renew();
        }
        let mut number = self.state[self.used];
        self.used += 1;
        number ^= number >> 11;
        number ^= (number << 7) & 0x9d2c_5680;
        number ^= (number << 15) & 0xefc6_0000;
        number ^ (number >> 18)
    }

    /// Compute the next numbers of the state.
    fn renew(&mut self) {
        for at in 0..N {
            let both = (self.state[at] & UPPER) | (self.state[(at + 1) % N] & LOWER);
            let odd = if both & 1 == 1 { MATRIX } else { 0 };
            self.state[at] = self.state[(at + M) % N] ^ (both >> 1) ^ odd;
        }
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers that the authors publish for this array (`mt19937ar.out`), and the last of a thousand.
    #[test]
    fn the_authors_numbers_come_out() {
        let mut generator = Mt19937::from_array(&[0x123, 0x234, 0x345, 0x456]);
        let first = [(); 5].map(|()| generator.next_u32());
        assert_eq!(
            first,
            [
                1_067_595_299,
                955_945_823,
                477_289_528,
                4_107_218_783,
                4_228_976_476
            ]
        );
        let last = (5..1000).map(|_| generator.next_u32()).last();
        assert_eq!(last, Some(3_460_025_646));
    }

    /// As the C++ standard asks of `std::mt19937`: the ten thousandth number of the seed 5489.
    #[test]
    fn the_standards_number_comes_out() {
        let mut generator = Mt19937::from_number(5489);
        let number = (0..10_000).map(|_| generator.next_u32()).last();
        assert_eq!(number, Some(4_123_659_995));
    }
}
