//! How a program divides the files among threads: pieces one after the other, or every so-manieth file.
//!
//! Computes the sum of each part. Never judges.

use super::trial::{Order, Ordered};

/// What became of one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// It is all that was kept.
    Kept,
    /// It is what was lost.
    Lost,
}

/// A division of the files into parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Division {
    /// So many pieces, each as large as the division rounded up.
    PiecesUp(usize),
    /// So many pieces, each as large as the division rounded down; the last has the rest too.
    PiecesDown(usize),
    /// Pieces of so many files.
    Size(usize),
    /// Every so-manieth file.
    Every(usize),
}

/// All divisions of so many files that are tried.
pub(super) fn divisions(files: usize, most_threads: usize) -> Vec<Division> {
    let threads = 2..=most_threads.min(files);
    let pieces_up = threads.clone().map(Division::PiecesUp);
    let pieces_down = threads
        .clone()
        .filter(|parts| !files.is_multiple_of(*parts));
    let pieces_down = pieces_down.map(Division::PiecesDown);
    let every = threads.clone().map(Division::Every);
    let is_new = |size: &usize| threads.clone().all(|parts| files.div_ceil(parts) != *size);
    let sizes = (2..files).filter(is_new).map(Division::Size);
    pieces_up
        .chain(pieces_down)
        .chain(every)
        .chain(sizes)
        .collect()
}

impl Division {
    /// How many parts there are.
    pub(super) fn parts(self, files: usize) -> usize {
        match self {
            Self::PiecesUp(parts) => files.div_ceil(files.div_ceil(parts).max(1)),
            Self::PiecesDown(parts) | Self::Every(parts) => parts,
            Self::Size(size) => files.div_ceil(size),
        }
    }

    /// The sum of each part.
    pub(super) fn sums(self, ordered: &Ordered) -> Box<dyn Iterator<Item = i128> + '_> {
        let values = &ordered.values;
        let files = values.len();
        let parts = self.parts(files);
        let pieces = move |size: usize, last_has_rest: bool| {
            (0..parts).map(move |part| {
                let start = (part * size).min(files);
                let end = if last_has_rest && part + 1 == parts {
                    files
                } else {
                    (start + size).min(files)
                };
                ordered.sum(start..end)
            })
        };
        match self {
            Self::PiecesUp(threads) => Box::new(pieces(files.div_ceil(threads), false)),
            Self::PiecesDown(threads) => Box::new(pieces(files / threads, true)),
            Self::Size(size) => Box::new(pieces(size, false)),
            Self::Every(step) => Box::new(
                (0..step).map(move |part| values.iter().skip(part).step_by(step).sum::<i128>()),
            ),
        }
    }

    /// The division in words.
    pub(super) fn named(self, order: Order) -> String {
        let order = order.name();
        match self {
            Self::Every(step) => format!("one file in every {step}, in the order of {order}"),
            Self::Size(size) => format!("{size} files each in the order of {order}"),
            Self::PiecesUp(_) | Self::PiecesDown(_) => {
                format!("pieces in the order of {order}")
            }
        }
    }
}
