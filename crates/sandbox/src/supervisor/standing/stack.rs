//! The return addresses on a stack, found by its frame pointers. Pure.
//!
//! # Theory of operation
//!
//! A function with a frame pointer begins by pushing the frame pointer of its caller, beside the address to which it
//! returns. So such pairs form a chain from the innermost function outwards. Rust's standard library has frame
//! pointers, and so has unoptimised code. The C library has none, and a thread sleeps in the C library: the chain begins
//! at an unknown place near the top. It is the first place from which a chain leads outwards.
//!
//! A pair of a function that has returned may still be there, and be taken for the beginning. Then functions are missing
//! or wrong. What is found explains, and decides nothing.

/// The longest chain that is followed.
const MOST_FRAMES: usize = 256;

/// A chain has this many pairs at least, or else it is chance.
const FEWEST_FRAMES: usize = 2;

/// The addresses to which the functions on a stack return, innermost first. `words` is what lies on the stack from the
/// address `top` on, and `is_code` says whether an address is one of the program's code.
pub(super) fn returns(words: &[u64], top: u64, is_code: impl Fn(u64) -> bool) -> Vec<u64> {
    let at = |address: u64| -> Option<usize> {
        let offset = usize::try_from(address.checked_sub(top)?).ok()?;
        (offset % 8 == 0).then_some(offset / 8)
    };
    let mut best = Vec::new();
    for start in 0..words.len() {
        let mut found = Vec::new();
        let mut index = start;
        while let [frame, ret, ..] = words[index..] {
            if !is_code(ret) || found.len() == MOST_FRAMES {
                break;
            }
            found.push(ret);
            match at(frame) {
                // Outwards only, so that a ring ends.
                Some(next) if next > index && next < words.len() => index = next,
                _ => break,
            }
        }
        if found.len() >= FEWEST_FRAMES {
            best = found;
            break;
        }
    }
    // A function of the C library that made the call returns to the program at once.
    match words.first() {
        Some(&first) if is_code(first) && best.first() != Some(&first) => {
            best.insert(0, first);
            best
        }
        _ => best,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOP: u64 = 0x7f00;

    /// Code is what ends in 0xc.
    fn found(words: &[u64]) -> Vec<u64> {
        returns(words, TOP, |address| address & 0xf == 0xc)
    }

    #[test]
    fn a_chain_is_followed_outwards() {
        // At 1 the pair of the innermost function, at 4 that of its caller, at 6 the last.
        let words = [0, TOP + 32, 0x1c, 9, TOP + 48, 0x2c, 0, 0x3c, 0];
        assert_eq!(found(&words), [0x1c, 0x2c, 0x3c]);
        // The C library returns to the program at once.
        let words = [0x9c, TOP + 24, 0x1c, 0, 0x2c];
        assert_eq!(found(&words), [0x9c, 0x1c, 0x2c]);
    }

    #[test]
    fn what_is_no_chain_is_not_followed() {
        assert_eq!(found(&[]), [0; 0]);
        assert_eq!(found(&[1, 0x1c, 2, 0x2c]), [0; 0]);
        // A ring, and a pair that leads inwards.
        assert_eq!(found(&[TOP, 0x1c]), [0; 0]);
        assert_eq!(found(&[0, TOP + 24, 0x1c, TOP + 8, 0x2c]), [0x1c, 0x2c]);
        // A frame that is not at a word.
        assert_eq!(found(&[TOP + 20, 0x1c, 0, 0, 0x2c]), [0; 0]);
    }

    proptest! {
        #[test]
        fn any_stack_ends(words in proptest::collection::vec(prop_oneof![any::<u64>(), TOP..TOP + 400], 0..50)) {
            prop_assert!(found(&words).len() <= MOST_FRAMES + 1);
        }
    }
}
