//! Who read which file when, in the Trace Event Format, which Perfetto and Chrome's `about:tracing` show.
//!
//! A run is a process, a thread of the program is a thread, and a read is a slice on the virtual clock. A round, which is
//! what it costs to read a whole file, is shown as a millisecond. Where files have latencies, a millisecond is one of the
//! virtual clock, slices have the names of files, and each line that was printed is an instant. Slices of one thread must
//! not overlap, so a thread that reads several files at once has a second line, and more if it needs them.

use std::fmt;

use serde_json::{Value, json};

use crate::escape::escape_line;
use judge::record::{Record, Run, Unit};

/// The microseconds that stand for a round.
const ROUND: u64 = 1000;
/// Thread numbers between the lines of one thread and of the next.
const LINES: u64 = 1000;

/// One access of a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Access {
    thread: u64,
    file: u64,
    start: u64,
    end: u64,
}

/// A timeline that is none.
#[derive(Debug)]
pub(crate) struct BadTimeline;

impl fmt::Display for BadTimeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the timeline of the record is damaged")
    }
}

impl std::error::Error for BadTimeline {}

/// The report of one submission.
pub(crate) fn trace(record: &Record) -> Result<Value, BadTimeline> {
    let mut events = Vec::new();
    for (number, run) in (1..).zip(&record.runs) {
        if let Some(timeline) = &run.timeline {
            add_run(&mut events, number, run, &read(timeline)?);
        }
    }
    let note = if events.is_empty() {
        "no run of this record has a timeline: nothing was run, or no reads were observed"
    } else if record.runs.iter().any(|run| run.unit == Some(Unit::Ms)) {
        "a millisecond is one of the slow disk's virtual clock"
    } else {
        "a millisecond is a round of the virtual clock: what it costs to read a whole file"
    };
    Ok(json!({
        "traceEvents": events,
        "displayTimeUnit": "ms",
        "otherData": {
            "exercise": record.exercise.as_str(),
            "submission": record.submission.id.as_str(),
            "note": note,
        },
    }))
}

fn add_run(events: &mut Vec<Value>, number: usize, run: &Run, accesses: &[Access]) {
    let name = format!("run on seed {}", run.seed);
    events.push(json!({
        "name": "process_name", "ph": "M", "pid": number, "tid": 0, "args": {"name": name},
    }));
    let mut named = Vec::new();
    for (access, line) in lines(accesses) {
        let Access {
            thread,
            file,
            start,
            end,
        } = access;
        let tid = thread.saturating_mul(LINES).saturating_add(line);
        if !named.contains(&tid) {
            named.push(tid);
            let name = match line {
                0 => format!("thread {thread}"),
                line => format!("thread {thread}, also reading ({line})"),
            };
            events.push(json!({
                "name": "thread_name", "ph": "M", "pid": number, "tid": tid, "args": {"name": name},
            }));
        }
        let files = &run.files_of_timeline;
        let name = usize::try_from(file).ok().and_then(|file| files.get(file));
        let name = name.map_or_else(|| format!("file {file}"), |name| escape_line(name));
        let args = match run.unit {
            None => json!({"file": file, "first round": start, "round after the last": end}),
            Some(Unit::Ms) => json!({"file": file, "from ms": start, "to ms": end}),
        };
        events.push(json!({
            "name": name,
            "cat": "read",
            "ph": "X",
            "pid": number,
            "tid": tid,
            "ts": start.saturating_mul(ROUND),
            "dur": end.saturating_sub(start).saturating_mul(ROUND),
            "args": args,
        }));
    }
    for printed in &run.printed {
        events.push(json!({
            "name": escape_line(&printed.line),
            "cat": "printed",
            "ph": "i",
            "s": "p",
            "pid": number,
            "tid": 0,
            "ts": u64::from(printed.ms).saturating_mul(ROUND),
        }));
    }
}

/// Each access with its line among those of its thread: the first one that is free.
fn lines(accesses: &[Access]) -> Vec<(Access, u64)> {
    let mut sorted = accesses.to_vec();
    sorted.sort_by_key(|access| (access.thread, access.start, access.end, access.file));
    let mut free_from: Vec<u64> = Vec::new();
    let mut last = None;
    let placed = sorted.into_iter().map(|access| {
        if last.replace(access.thread) != Some(access.thread) {
            free_from.clear();
        }
        let free = free_from.iter().position(|from| *from <= access.start);
        let line = free.unwrap_or(free_from.len());
        match free_from.get_mut(line) {
            Some(from) => *from = access.end,
            None => free_from.push(access.end),
        }
        (access, line as u64)
    });
    placed.collect()
}

/// `thread file start end;…`
fn read(timeline: &str) -> Result<Vec<Access>, BadTimeline> {
    let accesses = timeline.split(';').filter(|access| !access.is_empty());
    let accesses = accesses.map(|access| {
        let numbers: Result<Vec<u64>, _> = access.split(' ').map(str::parse).collect();
        match numbers.as_deref() {
            Ok(&[thread, file, start, end]) => Ok(Access {
                thread,
                file,
                start,
                end,
            }),
            _ => Err(BadTimeline),
        }
    });
    accesses.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_in_a_thread_has_lines_of_its_own() {
        let accesses = read("1 0 0 2;1 1 1 3;2 2 0 1;1 3 2 3;1 4 3 4").unwrap();
        let placed: Vec<_> = lines(&accesses)
            .iter()
            .map(|(access, line)| (access.thread, access.file, *line))
            .collect();
        assert_eq!(
            placed,
            [(1, 0, 0), (1, 1, 1), (1, 3, 0), (1, 4, 0), (2, 2, 0)]
        );
    }

    #[test]
    fn a_slow_run_has_names_and_lines() {
        let run = crate::slow::tests::run("1 1 0 300;2 0 0 900", &[300]);
        let mut events = Vec::new();
        add_run(
            &mut events,
            1,
            &run,
            &read(run.timeline.as_deref().unwrap()).unwrap(),
        );
        let named = |name: &str| events.iter().find(|event| event["name"] == name).unwrap();
        let (read, line) = (named("b.txt"), named("line of 300"));
        assert_eq!((&read["ts"], &read["dur"]), (&json!(0), &json!(300_000)));
        assert_eq!(read["args"], json!({"file": 1, "from ms": 0, "to ms": 300}));
        assert_eq!((&line["ph"], &line["ts"]), (&json!("i"), &json!(300_000)));
    }

    #[test]
    fn a_damaged_timeline_is_found() {
        assert!(read("").unwrap().is_empty());
        for damaged in ["1 2 3", "1 2 3 x", "1 2 3 4 5", "1 2 3 4,"] {
            assert!(read(damaged).is_err(), "{damaged}");
        }
    }
}
