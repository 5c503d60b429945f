//! When each slow file was read and each line was printed, in the virtual milliseconds of one run.
//!
//! Computes times from an observation. Never judges them, and never words anything for the student.

use std::collections::BTreeMap;

use crate::evidence::{RunEvidence, SlowFiles};
use evidence::{Access, BLOCKS, MAX_TIMELINE, Observation, Observed};
use ids::FilePattern;

/// The latency of a file of which the exercise says nothing, in milliseconds: one for each of its blocks.
const SHORTEST_LATENCY: u32 = BLOCKS;

/// One run on the clock of the slow disk.
pub(super) struct Clock<'a> {
    pub(super) seen: &'a Observation,
    slow: &'a SlowFiles,
    /// The reads of each file that was read, in the order of their ends.
    reads: BTreeMap<u32, Vec<Access>>,
}

/// The time of one file: from the start of its first read to the time at which all of it had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// A line of standard output and the time at which its last byte was printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    pub(super) time: u32,
}

impl<'a> Clock<'a> {
    /// The clock of a run that was observed and whose files have latencies.
    pub(super) fn of(run: &'a RunEvidence) -> Option<Self> {
        let Some(Observed::Seen(seen)) = &run.execution.observation else {
            return None;
        };
        let slow = run.slow.as_ref()?;
        let mut reads: BTreeMap<u32, Vec<Access>> = BTreeMap::new();
        for access in &seen.timeline {
            reads.entry(access.file).or_default().push(*access);
        }
        Some(Self { seen, slow, reads })
    }

    /// Whether the list of reads is complete.
    pub(super) const fn is_complete(&self) -> bool {
        self.seen.timeline.len() < MAX_TIMELINE
    }

    /// The files whose names fit, by their numbers.
    pub(super) fn files<'s>(&'s self, pattern: &'s FilePattern) -> impl Iterator<Item = u32> + 's {
        let numbered = (0..).zip(&self.slow.files);
        let fits = move |(number, (name, _)): (u32, &(String, u32))| {
            pattern.matches(name).then_some(number)
        };
        numbered.filter_map(fits)
    }

    /// The number of files.
    pub(super) fn all_files(&self) -> usize {
        self.slow.files.len()
    }

    /// The slow files, by their numbers: those that take longer than the files of which the exercise says nothing. If
    /// there are none, all files.
    pub(super) fn slow_files(&self) -> Vec<u32> {
        let numbered = || (0..).zip(&self.slow.files);
        let slow: Vec<u32> = numbered()
            .filter(|(_, (_, latency))| *latency > SHORTEST_LATENCY)
            .map(|(number, _)| number)
            .collect();
        if slow.is_empty() {
            numbered().map(|(number, _)| number).collect()
        } else {
            slow
        }
    }

    /// The name of a file.
    pub(super) fn name(&self, file: u32) -> &'a str {
        let named = self.slow.files.get(file as usize);
        named.map_or("a file", |(name, _)| name.as_str())
    }

    /// The latency of a file, in milliseconds.
    pub(super) fn latency(&self, file: u32) -> u32 {
        let named = self.slow.files.get(file as usize);
        named.map_or(0, |(_, latency)| *latency)
    }

    /// From the start of the first read of a file to the end of the last one, also if all of it had come before.
    pub(super) fn whole_span(&self, file: u32) -> Option<Span> {
        let reads = self.reads.get(&file)?;
        Some(Span {
            start: reads.iter().map(|read| read.start).min()?,
            end: reads.iter().map(|read| read.end).max()?,
        })
    }

    /// The time of a file, if it was read; see [`Span`].
    pub(super) fn span(&self, file: u32) -> Option<Span> {
        let reads = self.reads.get(&file)?;
        let start = reads.iter().map(|read| read.start).min()?;
        let mut waited = 0;
        let whole = reads.iter().find(|read| {
            waited += u64::from(read.end.saturating_sub(read.start));
            waited >= u64::from(self.latency(file))
        });
        let end = whole.or(reads.last())?.end;
        Some(Span { start, end })
    }

    /// How often a file was read as a whole, rounded.
    pub(super) fn times(&self, file: u32) -> u64 {
        let reads = self.reads.get(&file).into_iter().flatten();
        let waited: u64 = reads
            .map(|read| u64::from(read.end.saturating_sub(read.start)))
            .sum();
        let latency = u64::from(self.latency(file)).max(1);
        (waited + latency / 2) / latency
    }

    /// The most slow files that were being read at one time, and the first time at which they were. A list that is read
    /// beside them is none of them.
    pub(super) fn most_at_once(&self) -> (u32, u32) {
        self.most_of(self.slow_files())
    }

    /// Whether at some time two files were being read, slow or not.
    pub(super) fn any_two_at_once(&self) -> bool {
        self.most_of(self.reads.keys().copied()).0 > 1
    }

    fn most_of(&self, files: impl IntoIterator<Item = u32>) -> (u32, u32) {
        let (mut starts, mut ends) = (Vec::new(), Vec::new());
        for reads in files.into_iter().filter_map(|file| self.reads.get(&file)) {
            // Reads of one file that overlap or follow each other are one.
            let mut sorted: Vec<&Access> = reads.iter().collect();
            sorted.sort_by_key(|read| (read.start, read.end));
            let mut until = None;
            for read in sorted {
                match until {
                    Some(end) if read.start <= end => until = Some(read.end.max(end)),
                    _ => {
                        starts.push(read.start);
                        ends.extend(until);
                        until = Some(read.end);
                    }
                }
            }
            ends.extend(until);
        }
        starts.sort_unstable();
        ends.sort_unstable();
        let (mut ended, mut most) = (0, (0, 0));
        for (started, &time) in starts.iter().enumerate() {
            // What ends when another begins was not in flight beside it.
            while ends.get(ended).is_some_and(|&end| end <= time) {
                ended += 1;
            }
            let in_flight = u32::try_from(started + 1 - ended).unwrap_or(u32::MAX);
            if in_flight > most.0 {
                most = (in_flight, time);
            }
        }
        most
    }

    /// Whether at some time a file of the first kind and one of the second were being read.
    pub(super) fn overlap(&self, first: &FilePattern, second: &FilePattern) -> bool {
        let reads = |pattern| self.files(pattern).filter_map(|file| self.reads.get(&file));
        let mut seconds: Vec<&Access> = reads(second).flatten().collect();
        seconds.sort_by_key(|read| read.start);
        // How late a read ends that is among the first so many by their starts.
        let mut latest = 0;
        let latest_end: Vec<u32> = seconds
            .iter()
            .map(|read| {
                latest = read.end.max(latest);
                latest
            })
            .collect();
        let mut firsts = reads(first).flatten();
        firsts.any(|read| {
            let before = seconds.partition_point(|other| other.start < read.end);
            before > 0 && latest_end[before - 1] > read.start
        })
    }

    /// The lines of standard output that are not blank, with their times. `None` if a part of the output was not kept.
    pub(super) fn lines(&self, run: &'a RunEvidence) -> Option<Vec<Line<'a>>> {
        let stdout = &run.execution.stdout;
        // Bytes that are not UTF-8 are replaced, which moves all that follow.
        if stdout.omitted > 0 || !stdout.is_utf8 {
            return None;
        }
        let mut written = 0_u64;
        let lines = stdout.head.split_inclusive('\n').filter_map(|line| {
            let text = line.trim_end();
            let end = written + text.len() as u64;
            written += line.len() as u64;
            let printed = &self.seen.printed;
            let entry = printed.partition_point(|printed| printed.bytes < end);
            let time = printed
                .get(entry)
                .map_or(self.seen.time, |printed| printed.time);
            (!text.is_empty()).then_some(Line { text, time })
        });
        Some(lines.collect())
    }
}
