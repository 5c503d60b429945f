//! The part of a record that says what one run did: its answer, its end, and who read which file when.
//!
//! Never holds a check's answer.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Attempts, Concurrency, Files, Termination, Usage};
use crate::{
    check,
    evidence::RunEvidence,
    questions::{Answer, Questions},
};
use evidence::{Access, BLOCKS, Observation, Observed, TimeUnit};
use ids::{CheckId, Seed};

/// The longest answer kept, in characters.
const LONGEST_ANSWER: usize = 200;
/// The most printed lines that are kept.
const MOST_PRINTED: usize = 200;
/// The longest printed line that is kept, in characters.
const LONGEST_LINE: usize = 100;
/// The most files whose names are kept.
const MOST_NAMES: usize = 300;

/// One execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct Run {
    /// Which dataset.
    pub seed: Seed,
    /// Whether its reads were observed. Where they were not, its end, its answer and the times of the files are
    /// the evidence.
    #[serde(default = "yes")]
    pub observed: bool,
    /// The reference's answer: a line, or lines joined by line feeds; of lines, at most 200 characters.
    pub expected: String,
    /// The answer: the last line printed, or all lines that count, joined by line feeds, if the exercise asks for lines.
    /// At most 200 characters of it; null if there was none.
    pub answer: Option<String>,
    /// Whether the answer is right; absent where the exercise asks for a total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<bool>,
    /// How it ended.
    pub termination: Termination,
    /// What it used. Measured, so different each time: a batch, whose outputs are the same each time,
    /// keeps it beside the records and not in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// What the data files tell.
    pub files: Files,
    /// How concurrent its reads were; absent where that was not observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<Concurrency>,
    /// What the program tried by which reads are faked or hidden; absent where it tried nothing, or was not
    /// observed. What the sandbox itself refuses is not among it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<Attempts>,
    /// The unit of virtual time, in `concurrency.rounds`, `timeline` and `printed`. Absent: the round, which is what it
    /// costs to read a whole file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// Who read which file when, in virtual time, of one observed run: accesses set apart by `;`,
    /// each of four numbers: thread, file (in byte order of the names), first round, round after the
    /// last. If the unit is `ms`, the last two are the times at which the access began and ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<String>,
    /// When which line was printed, beside a timeline in milliseconds. At most 200 lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub printed: Vec<PrintedLine>,
    /// The names of the files of a timeline in milliseconds, by their numbers. Empty if there are more than 300.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files_of_timeline: Vec<String>,
    /// What the reference did on the same data, beside a timeline. Measured: a batch keeps it once for the whole
    /// class, and not in the records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<ReferenceRun>,
}

/// A unit of virtual time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// A millisecond of the slow disk.
    Ms,
}

/// A line of standard output, and when it was printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct PrintedLine {
    /// The virtual time, in milliseconds.
    pub ms: u32,
    /// At most 100 characters of the line. Text of the submission: escape it.
    pub line: String,
}

/// What the reference did on the data of a run, to compare the run with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct ReferenceRun {
    /// How concurrent its reads were.
    pub concurrency: Concurrency,
    /// Who read which file when, in the form of a run's timeline.
    pub timeline: String,
}

/// Records of earlier versions do not say it, and all of their runs were observed.
#[expect(clippy::missing_const_for_fn, reason = "serde calls it")]
fn yes() -> bool {
    true
}

impl Run {
    /// What is published of a run.
    #[must_use]
    pub fn new(run: &RunEvidence, questions: &Questions) -> Self {
        let execution = &run.execution;
        let ms = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let (expected, answer) = answers(run, questions.answer);
        let has_total = questions.checks.contains(&CheckId::Total);
        Self {
            seed: run.seed,
            observed: execution.observation.is_some(),
            expected,
            answer,
            right: (!has_total).then(|| check::is_answer_right(questions, run)),
            termination: execution.termination.into(),
            usage: Some(Usage {
                wall_ms: ms(execution.usage.wall),
                cpu_ms: ms(execution.usage.user + execution.usage.system),
                peak_memory_bytes: execution.usage.peak_memory_bytes,
                memory_by: execution.usage.memory_by.as_str().to_owned(),
                voluntary_switches: execution.usage.voluntary_switches,
                involuntary_switches: execution.usage.involuntary_switches,
                most_tasks: execution.usage.most_tasks,
            }),
            files: Files {
                expected: run.files.expected,
                read: run.files.read,
                tampered: run.files.tampered.len(),
            },
            concurrency: execution.concurrency().map(Concurrency::from),
            attempts: Attempts::of(run),
            unit: seen(run).and_then(unit),
            timeline: None,
            printed: Vec::new(),
            files_of_timeline: Vec::new(),
            reference: None,
        }
    }

    /// Add the timeline of the run that this was made of, with what belongs to it.
    pub fn take_timeline(&mut self, run: &RunEvidence) {
        self.timeline = timeline(run);
        if self.unit.is_none() {
            return;
        }
        let lines = check::printed(run).into_iter().take(MOST_PRINTED);
        let printed = lines.map(|(ms, line)| PrintedLine {
            ms,
            line: line.chars().take(LONGEST_LINE).collect(),
        });
        self.printed = printed.collect();
        let slow = run.slow.iter().flat_map(|slow| &slow.files);
        let names = slow.map(|(name, _)| name.clone());
        self.files_of_timeline = names.collect();
        if self.files_of_timeline.len() > MOST_NAMES {
            self.files_of_timeline.clear();
        }
    }
}

/// The reference's answer and the program's.
fn answers(run: &RunEvidence, kind: Answer) -> (String, Option<String>) {
    let short = |text: &str| -> String { text.chars().take(LONGEST_ANSWER).collect() };
    let stdout = &run.execution.stdout;
    match kind {
        Answer::LastLine => (run.expected.clone(), stdout.last_line().map(short)),
        Answer::Lines | Answer::LinesInAnyOrder => {
            let answer = check::lines(&stdout.head).join("\n");
            let answer = Some(short(&answer)).filter(|answer| !answer.is_empty());
            (short(&run.expected), answer)
        }
    }
}

/// What was seen of a run, if it was observed.
fn seen(run: &RunEvidence) -> Option<&Observation> {
    match &run.execution.observation {
        Some(Observed::Seen(seen)) => Some(seen),
        _ => None,
    }
}

const fn unit(seen: &Observation) -> Option<Unit> {
    match seen.unit {
        TimeUnit::QuarterRound => None,
        TimeUnit::Millisecond => Some(Unit::Ms),
    }
}

impl ReferenceRun {
    /// That of a run of the reference, if it was observed.
    #[must_use]
    pub fn of(run: &RunEvidence) -> Option<Self> {
        Some(Self {
            concurrency: run.execution.concurrency()?.into(),
            timeline: timeline(run)?,
        })
    }
}

/// Who read which file when, if the run was observed.
fn timeline(run: &RunEvidence) -> Option<String> {
    let seen = seen(run)?;
    let times = |access: &Access| match seen.unit {
        TimeUnit::QuarterRound => (access.start / BLOCKS, access.end.div_ceil(BLOCKS)),
        TimeUnit::Millisecond => (access.start, access.end),
    };
    let accesses = seen.timeline.iter().map(|access| {
        let (first, after) = times(access);
        format!("{} {} {first} {after}", access.thread, access.file)
    });
    Some(accesses.collect::<Vec<_>>().join(";"))
}
