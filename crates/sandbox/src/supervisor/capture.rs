//! Keeps the head and the tail of a stream of any length in a bounded space.

use std::collections::VecDeque;

use evidence::Captured;

/// Bytes kept from each end of a stream: enough for a screenful of long lines, and little enough to store.
const KEPT: usize = 64 << 10;

/// The head and the tail of one stream so far.
#[derive(Debug, Default)]
pub(crate) struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    total: u64,
}

impl Capture {
    /// Add bytes that were read.
    pub(crate) fn push(&mut self, mut bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let room = KEPT - self.head.len();
        let (head, rest) = bytes.split_at(room.min(bytes.len()));
        self.head.extend_from_slice(head);
        bytes = rest;
        if bytes.len() >= KEPT {
            self.tail.clear();
            bytes = &bytes[bytes.len() - KEPT..];
        }
        let surplus = (self.tail.len() + bytes.len()).saturating_sub(KEPT);
        self.tail.drain(..surplus);
        self.tail.extend(bytes);
    }

    /// How many bytes came, kept or not.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// What was kept, as text.
    pub(crate) fn finish(self) -> Captured {
        let mut head = self.head;
        let mut tail: Vec<u8> = self.tail.into();
        let mut omitted = self.total - (head.len() + tail.len()) as u64;
        if omitted == 0 {
            head.append(&mut tail);
        } else {
            // A character that our own cut divides is not invalid text of the program.
            if let Err(error) = std::str::from_utf8(&head)
                && error.error_len().is_none()
            {
                omitted += (head.len() - error.valid_up_to()) as u64;
                head.truncate(error.valid_up_to());
            }
            let continuation = tail
                .iter()
                .take(3)
                .take_while(|&&b| b & 0xC0 == 0x80)
                .count();
            omitted += continuation as u64;
            tail.drain(..continuation);
        }
        let is_utf8 = std::str::from_utf8(&head).is_ok() && std::str::from_utf8(&tail).is_ok();
        Captured {
            head: String::from_utf8_lossy(&head).into_owned(),
            tail: String::from_utf8_lossy(&tail).into_owned(),
            omitted,
            is_utf8,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn captured(chunks: &[&[u8]]) -> Captured {
        let mut capture = Capture::default();
        for chunk in chunks {
            capture.push(chunk);
        }
        capture.finish()
    }

    #[test]
    fn what_is_short_is_kept_whole() {
        assert_eq!(
            captured(&[b"12\n", b"34\n"]),
            Captured::complete("12\n34\n")
        );
        let both = vec![b'x'; 2 * KEPT];
        let kept = captured(&[&both]);
        assert_eq!(
            (kept.omitted, kept.head.len(), kept.tail.len()),
            (0, 2 * KEPT, 0)
        );
    }

    #[test]
    fn what_is_long_keeps_both_ends() {
        let kept = captured(&[b"start", &vec![b'x'; 10 * KEPT], b"end\n"]);
        assert!(kept.head.starts_with("startx") && kept.tail.ends_with("xend\n"));
        let kept_bytes = (kept.head.len() + kept.tail.len()) as u64;
        assert_eq!(kept.omitted + kept_bytes, 10 * KEPT as u64 + 9);
    }

    #[test]
    fn a_cut_through_a_character_is_not_invalid_text() {
        // Three bytes each, so that neither cut falls between two characters by chance.
        let long = "€".repeat(KEPT);
        for shift in ["", "x", "xy"] {
            let kept = captured(&[shift.as_bytes(), long.as_bytes()]);
            assert!(kept.is_utf8 && kept.omitted > 0);
        }
        assert!(!captured(&[b"\xff\n"]).is_utf8);
        assert!(!captured(&[b"12\xe2\x82"]).is_utf8);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn however_it_is_cut_up_the_same_is_kept(
            bytes in proptest::collection::vec(any::<u8>(), 0..4 * KEPT),
            cuts in proptest::collection::vec(1usize..KEPT, 1..20),
        ) {
            let mut capture = Capture::default();
            let mut rest = &bytes[..];
            for cut in cuts {
                let (now, later) = rest.split_at(cut.min(rest.len()));
                capture.push(now);
                rest = later;
            }
            capture.push(rest);
            prop_assert_eq!(capture.total(), bytes.len() as u64);
            prop_assert_eq!(capture.finish(), captured(&[&bytes]));
        }
    }
}
