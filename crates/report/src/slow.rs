//! From the record of a run on a slow disk to rows: one for each file, or for each thread where there are many files.
//!
//! Times are virtual milliseconds. Hides the form in which a record keeps them. A timeline that does not have this form is
//! none. Never draws.

use std::collections::{BTreeMap, BTreeSet};

use crate::timeline::{accesses, joined};
use judge::record::{Run, Unit};

/// The most files that have a row each.
const MOST_FILES: usize = 24;

/// From one time to another.
pub(crate) type Times = (u32, u32);

/// Who waited for what, and when which line was printed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SlowRun<'a> {
    /// One for each file or thread, in the order in which they began.
    pub(crate) rows: Vec<Row>,
    /// Whether a row is a file, and not a thread.
    pub(crate) is_by_file: bool,
    /// How many files were being read, from each time at which the number changes.
    pub(crate) at_once: Vec<(u32, usize)>,
    /// The time of the whole run.
    pub(crate) end: u32,
    /// How many files were read.
    pub(crate) files: usize,
    /// By how many threads.
    pub(crate) threads: usize,
    /// The lines that were printed, by their times.
    pub(crate) printed: BTreeMap<u32, Vec<&'a str>>,
}

/// What was read of one file or by one thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// The times in which it was being read, in order and apart from each other.
    pub(crate) spans: Vec<Times>,
}

impl<'a> SlowRun<'a> {
    /// The run of a record, if its unit is the millisecond and its timeline is known.
    pub(crate) fn of(run: &'a Run) -> Option<Self> {
        let text = run.timeline.as_deref()?;
        let mut slow = Self::read(run, text)?;
        slow.end = slow.end.max(run.concurrency.map_or(0, |seen| seen.rounds));
        for printed in &run.printed {
            let lines = slow.printed.entry(printed.ms).or_default();
            lines.push(&printed.line);
            slow.end = slow.end.max(printed.ms);
        }
        Some(slow)
    }

    /// The reference's run on the same data.
    pub(crate) fn of_reference(run: &'a Run) -> Option<Self> {
        let reference = run.reference.as_ref()?;
        let mut slow = Self::read(run, &reference.timeline)?;
        slow.end = slow.end.max(reference.concurrency.rounds);
        Some(slow)
    }

    fn read(run: &Run, timeline: &str) -> Option<Self> {
        run.unit.filter(|unit| *unit == Unit::Ms)?;
        let accesses = accesses(timeline)?;
        let ids = |at: usize| -> BTreeSet<u32> { accesses.iter().map(|one| one[at]).collect() };
        let (threads, files) = (ids(0).len(), ids(1).len());
        let names = &run.files_of_timeline;
        let is_by_file = files <= MOST_FILES && !names.is_empty();
        let key = usize::from(is_by_file);
        let mut of_key: BTreeMap<u32, Vec<Times>> = BTreeMap::new();
        let mut of_file: BTreeMap<u32, Vec<Times>> = BTreeMap::new();
        for access in &accesses {
            let times = (access[2], access[3]);
            of_key.entry(access[key]).or_default().push(times);
            of_file.entry(access[1]).or_default().push(times);
        }
        let mut keyed: Vec<(u32, Vec<Times>)> = of_key
            .into_iter()
            .map(|(id, spans)| (id, joined(spans)))
            .collect();
        keyed.sort_by_key(|(id, spans)| (spans.first().map(|span| span.0), *id));
        let rows = keyed.into_iter().enumerate().map(|(at, (id, spans))| Row {
            name: match names.get(id as usize) {
                Some(name) if is_by_file => name.clone(),
                _ if is_by_file => format!("file {}", id + 1),
                _ => format!("thread {}", at + 1),
            },
            spans,
        });
        Some(Self {
            rows: rows.collect(),
            is_by_file,
            at_once: at_once(of_file.into_values().map(joined)),
            end: accesses.iter().map(|one| one[3]).max()?,
            files,
            threads,
            printed: BTreeMap::new(),
        })
    }

    /// The most files at once.
    pub(crate) fn most(&self) -> usize {
        self.at_once
            .iter()
            .map(|(_, number)| *number)
            .max()
            .unwrap_or(0)
    }

    /// The number of files at once, from one time to another.
    pub(crate) fn steps(&self) -> impl Iterator<Item = (Times, usize)> + '_ {
        let ends = self.at_once.iter().skip(1).map(|(time, _)| *time);
        let ends = ends.chain([self.end]);
        let steps = self.at_once.iter().zip(ends);
        steps.map(|(&(start, number), end)| ((start, end), number))
    }

    /// The times of a row, split where it begins or ends to be alone, with whether it is.
    pub(crate) fn split(&self, row: &Row) -> Vec<(Times, bool)> {
        let mut parts: Vec<(Times, bool)> = Vec::new();
        for &(start, end) in &row.spans {
            for ((from, to), number) in self.steps() {
                let (from, to) = (from.max(start), to.min(end));
                if from >= to {
                    continue;
                }
                let is_alone = number == 1;
                match parts.last_mut() {
                    Some(((_, last), was)) if *last == from && *was == is_alone => *last = to,
                    _ => parts.push(((from, to), is_alone)),
                }
            }
        }
        parts
    }

    /// What the picture shows, in a sentence without a full stop.
    pub(crate) fn in_words(&self) -> String {
        use ids::words::count;
        format!(
            "{} waited for by {}, at most {} at the same time, in {} ms",
            count(self.files, "file"),
            count(self.threads, "thread"),
            self.most(),
            self.end
        )
    }
}

/// How many of some lists of times hold, from each time at which the number changes.
fn at_once(all: impl Iterator<Item = Vec<Times>>) -> Vec<(u32, usize)> {
    let mut starts: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    for (start, end) in all.flatten() {
        starts.entry(start).or_default().0 += 1;
        starts.entry(end).or_default().1 += 1;
    }
    let mut number = 0;
    let mut changes: Vec<(u32, usize)> = Vec::new();
    for (time, (begun, ended)) in starts {
        number = number + begun - ended;
        if changes.last().is_none_or(|(_, last)| *last != number) {
            changes.push((time, number));
        }
    }
    if changes.first().is_some_and(|(time, _)| *time > 0) {
        changes.insert(0, (0, 0));
    }
    changes
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A run with this timeline, whose files are `a.txt` and so on, and which printed a line at each of these times.
    pub(crate) fn run(timeline: &str, printed: &[u32]) -> Run {
        let names: Vec<String> = ('a'..='z').map(|name| format!("{name}.txt")).collect();
        let printed: Vec<_> = printed
            .iter()
            .map(|ms| serde_json::json!({"ms": ms, "line": format!("line of {ms}")}))
            .collect();
        let seen = serde_json::json!({"effective": 1.5, "held_max": 2, "threads": 2,
            "participation": 2.0, "processes": 1, "rounds": 900});
        let run = serde_json::json!({
            "seed": "0", "expected": "1", "answer": "1", "right": true,
            "termination": {"kind": "exited", "code": 0},
            "files": {"expected": 2, "read": 2, "tampered": 0},
            "concurrency": seen, "unit": "ms", "timeline": timeline, "printed": printed,
            "files_of_timeline": names,
            "reference": {"concurrency": seen, "timeline": "0 0 0 900;1 1 0 300"}
        });
        serde_json::from_value(run).unwrap()
    }

    #[test]
    fn files_become_rows_with_the_times_in_which_they_are_alone() {
        let run = run("1 1 0 300;2 0 100 600;1 1 300 400", &[600, 950, 600]);
        let slow = SlowRun::of(&run).unwrap();
        let names: Vec<&str> = slow.rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["b.txt", "a.txt"]);
        assert_eq!(slow.at_once, [(0, 1), (100, 2), (400, 1), (600, 0)]);
        assert_eq!(
            slow.split(&slow.rows[0]),
            [((0, 100), true), ((100, 400), false)]
        );
        assert_eq!(
            slow.split(&slow.rows[1]),
            [((100, 400), false), ((400, 600), true)]
        );
        assert_eq!(
            (slow.end, slow.most(), slow.files, slow.threads),
            (950, 2, 2, 2)
        );
        assert_eq!(slow.printed[&600], ["line of 600", "line of 600"]);
        let reference = SlowRun::of_reference(&run).unwrap();
        assert_eq!((reference.end, reference.rows.len()), (900, 2));
        assert_eq!(
            reference.in_words(),
            "2 files waited for by 2 threads, at most 2 at the same time, in 900 ms"
        );
    }

    #[test]
    fn many_files_are_told_by_their_threads() {
        let reads =
            (0..26).map(|file| format!("{} {file} {} {}", file % 2, file * 10, file * 10 + 10));
        let reads: Vec<String> = reads.collect();
        let run = run(&reads.join(";"), &[]);
        let slow = SlowRun::of(&run).unwrap();
        let names: Vec<&str> = slow.rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["thread 1", "thread 2"]);
        assert_eq!(slow.at_once, [(0, 1), (260, 0)]);
    }

    #[test]
    fn what_is_counted_in_rounds_or_is_damaged_is_none() {
        let mut other = run("0 0 0 3", &[]);
        other.unit = None;
        assert_eq!(SlowRun::of(&other), None);
        assert_eq!(SlowRun::of_reference(&other), None);
        for damaged in ["", "0 0 0", "0 0 3 0"] {
            assert_eq!(SlowRun::of(&run(damaged, &[])), None, "{damaged}");
        }
    }
}
