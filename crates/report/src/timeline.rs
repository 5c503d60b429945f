//! From the timeline of a record to lanes: one for each thread, with the rounds in which it read.
//!
//! Hides the form in which a record keeps a timeline. A timeline that does not have this form, or that is longer than any
//! observation, is none. Never draws.

use std::collections::BTreeMap;

/// The most rounds, or milliseconds, that are drawn. An observation ends long before.
const MOST_ROUNDS: u32 = 200_000;

/// The first of some rounds, and the one after the last.
type Rounds = (u32, u32);

/// Who read when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Timeline {
    /// One for each thread that read, in the order in which they began.
    pub(crate) lanes: Vec<Lane>,
    /// For each round, how many threads read in it. The first round has the number 0.
    pub(crate) at_once: Vec<u32>,
    /// How many files were read.
    pub(crate) files: usize,
}

/// What one thread read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lane {
    /// How many files.
    pub(crate) files: usize,
    /// The rounds in which it read: the first, and the one after the last. In order and apart from each other.
    pub(crate) spans: Vec<Rounds>,
}

/// Rounds in which a thread read, all of them alone or all of them beside others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// The number of the lane.
    pub(crate) lane: usize,
    /// The first round.
    pub(crate) first: u32,
    /// The round after the last.
    pub(crate) after: u32,
    /// Whether no other thread read in them.
    pub(crate) is_alone: bool,
}

impl Timeline {
    /// The timeline in the form of a record. `None` where it is not one, and where nothing was read.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut threads: BTreeMap<u32, (Vec<u32>, Vec<Rounds>)> = BTreeMap::new();
        for [thread, file, first, after] in accesses(text)? {
            let (files, spans) = threads.entry(thread).or_default();
            files.push(file);
            spans.push((first, after));
        }
        let mut all: Vec<u32> = threads
            .values()
            .flat_map(|(files, _)| files.clone())
            .collect();
        all.sort_unstable();
        all.dedup();
        let lanes = threads.into_values().map(|(mut files, spans)| {
            files.sort_unstable();
            files.dedup();
            Lane {
                files: files.len(),
                spans: joined(spans),
            }
        });
        let mut lanes: Vec<_> = lanes.collect();
        lanes.sort_by_key(|lane| lane.spans.first().copied());
        let last = lanes.iter().filter_map(|lane| lane.spans.last());
        let rounds = last.map(|(_, after)| *after).max()?;
        let mut at_once = vec![0; rounds as usize];
        for (first, after) in lanes.iter().flat_map(|lane| &lane.spans) {
            for round in &mut at_once[*first as usize..*after as usize] {
                *round += 1;
            }
        }
        Some(Self {
            lanes,
            at_once,
            files: all.len(),
        })
    }

    /// The number of rounds.
    pub(crate) fn rounds(&self) -> u32 {
        u32::try_from(self.at_once.len()).unwrap_or(MOST_ROUNDS)
    }

    /// The number of rounds in which one thread read alone.
    pub(crate) fn rounds_alone(&self) -> usize {
        self.at_once.iter().filter(|at_once| **at_once == 1).count()
    }

    /// How many rounds a thread waited for each file, on average.
    pub(crate) fn waited(&self) -> f64 {
        let rounds: u32 = self.at_once.iter().sum();
        #[expect(clippy::cast_precision_loss, reason = "a mean of counts")]
        let files = self.files.max(1) as f64;
        f64::from(rounds) / files
    }

    /// The smallest and the largest number of files that one thread read.
    pub(crate) fn share(&self) -> (usize, usize) {
        let files = || self.lanes.iter().map(|lane| lane.files);
        (files().min().unwrap_or(0), files().max().unwrap_or(0))
    }

    /// What every thread read before the round `end`, split where it begins or ends to be alone.
    pub(crate) fn spans(&self, end: u32) -> Vec<Span> {
        let mut spans = Vec::new();
        for (lane, of_lane) in self.lanes.iter().enumerate() {
            for &(first, after) in &of_lane.spans {
                let mut start = first;
                while start < after.min(end) {
                    let is_alone = self.at_once[start as usize] == 1;
                    let rest = &self.at_once[start as usize..after.min(end) as usize];
                    let same = rest.iter().take_while(|n| (**n == 1) == is_alone);
                    let same = u32::try_from(same.count()).unwrap_or(1);
                    spans.push(Span {
                        lane,
                        first: start,
                        after: start + same,
                        is_alone,
                    });
                    start += same;
                }
            }
        }
        spans
    }
}

/// The accesses of a timeline in the form of a record: thread, file, first, after. `None` where it is none.
pub(crate) fn accesses(text: &str) -> Option<Vec<[u32; 4]>> {
    let access = |access: &str| {
        let mut numbers = access.split(' ').map(str::parse);
        let mut number = || numbers.next()?.ok();
        let access: [u32; 4] = [number()?, number()?, number()?, number()?];
        let is_one = access[2] < access[3] && access[3] <= MOST_ROUNDS && number().is_none();
        is_one.then_some(access)
    };
    text.split(';').map(access).collect()
}

/// Spans in order, with those joined that touch or overlap.
pub(crate) fn joined(mut spans: Vec<Rounds>) -> Vec<Rounds> {
    spans.sort_unstable();
    let mut joined: Vec<Rounds> = Vec::new();
    for (first, after) in spans {
        match joined.last_mut() {
            Some((_, end)) if first <= *end => *end = (*end).max(after),
            _ => joined.push((first, after)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_become_lanes_in_the_order_in_which_they_began() {
        let timeline = Timeline::read("7 1 1 2;3 1 0 1;3 2 1 2;3 3 4 5").unwrap();
        let lane = |files, spans: &[_]| Lane {
            files,
            spans: spans.to_vec(),
        };
        assert_eq!(
            timeline.lanes,
            [lane(3, &[(0, 2), (4, 5)]), lane(1, &[(1, 2)])]
        );
        assert_eq!(timeline.at_once, [1, 2, 0, 0, 1]);
        assert_eq!((timeline.rounds(), timeline.rounds_alone()), (5, 2));
        assert_eq!((timeline.share(), timeline.files), ((1, 3), 3));
    }

    #[test]
    fn spans_are_split_where_a_thread_is_alone_and_cut_at_the_end() {
        let timeline = Timeline::read("0 0 0 3;1 1 1 2").unwrap();
        let spans = |end| -> Vec<_> {
            let spans = timeline.spans(end).into_iter();
            spans
                .map(|span| (span.lane, span.first, span.after, span.is_alone))
                .collect()
        };
        assert_eq!(
            spans(9),
            [
                (0, 0, 1, true),
                (0, 1, 2, false),
                (0, 2, 3, true),
                (1, 1, 2, false)
            ]
        );
        assert_eq!(spans(1), [(0, 0, 1, true)]);
    }

    #[test]
    fn what_is_no_timeline_is_none() {
        for text in [
            "",
            ";",
            "0 0 0",
            "0 0 1 1",
            "0 0 2 1",
            "a 0 0 1",
            "0 0 0 1 5",
            "0 0 0 4294967295",
            "0 0 0 1;",
            "-1 0 0 1",
        ] {
            assert_eq!(Timeline::read(text), None, "{text:?}");
        }
    }
}
