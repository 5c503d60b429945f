//! Kinds of mistakes that have too many members to be data: which lines, which file, which part of the files.
//!
//! Each kind is tried with every parameter, and a parameter must be the same on all datasets. Never tells what a chance
//! may be; see the theory of operation of `mistakes`.

use ids::{Seed, words::count};

use super::{
    expression::Expression,
    parts::{Part, divisions},
    trial::{Order, Trial, TrialRun},
};

/// More lines than this are not all tried.
const MOST_LINES: u32 = 40;

/// More threads, or more copies, than this are not tried.
const MOST_THREADS: usize = 64;

/// A mistake that fits on all datasets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) id: String,
    pub(super) says: String,
    pub(super) advice: String,
    /// Of how many of its kind it is the one that fits.
    pub(super) candidates: usize,
    /// Whether it fits where files are taken as the folder lists them.
    pub(super) is_listed: bool,
    /// Whether a race of threads does the same now and then.
    pub(super) may_be_race: bool,
}

impl Found {
    pub(super) fn new(
        id: &str,
        candidates: usize,
        says: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            id: id.to_owned(),
            says: says.into(),
            advice: advice.into(),
            candidates,
            is_listed: false,
            may_be_race: false,
        }
    }

    fn may_be_race(self) -> Self {
        Self {
            may_be_race: true,
            ..self
        }
    }
}

/// All kinds, asked in turn.
pub(super) fn found(trial: &Trial<'_>, right: &Expression, known: &[(Seed, String)]) -> Vec<Found> {
    let kinds = [
        remembered(trial, known),
        lines(trial, right),
        many_times(trial),
        one_file(trial),
        rest_dropped(trial),
        part(trial, Part::Kept),
        part(trial, Part::Lost),
        one_file_kept(trial),
        same_difference(trial),
    ];
    kinds.into_iter().flatten().collect()
}

/// The files that were read, where others were not. It is less exact than any other kind, and asked last.
pub(super) fn of_files_read(trial: &Trial<'_>) -> Option<Found> {
    let mut left = (0, 0);
    let fits = trial.all(|run| {
        let unread = run.unread.iter().filter_map(|name| {
            let files = run.data.files();
            let place = files.binary_search_by(|file| file.name.cmp(name)).ok()?;
            Some(run.ordered(Order::Name)?.values[place])
        });
        left = (run.unread.len(), run.files());
        (!run.unread.is_empty()).then(|| run.expected - unread.sum::<i128>())
    });
    let (unread, files) = left;
    (fits && trial.is_proof(1)).then(|| {
        Found::new(
            "some-files-missing",
            1,
            format!(
                "the total of the files that were read is right, but {unread} of {files} files were not read"
            ),
            "does each file belong to exactly one thread? Print how many files each thread gets, and add up these numbers",
        )
    })
}

/// The answer to other data.
fn remembered(trial: &Trial<'_>, known: &[(Seed, String)]) -> Option<Found> {
    let first = trial.runs.first()?.answer;
    if !trial.all(|_| Some(first)) {
        return None;
    }
    let advice = "compute the total from the files in the current folder: the grader makes new files each time";
    let text = first.to_string();
    if let Some((seed, _)) = known.iter().find(|(_, answer)| *answer == text)
        && trial.is_proof(known.len())
    {
        return Some(Found::new(
            "remembered-answer",
            known.len(),
            format!("the program prints the total of seed {seed}, whatever the files hold"),
            advice,
        ));
    }
    let differ = trial
        .runs
        .iter()
        .any(|run| run.expected != trial.runs[0].expected);
    (differ && trial.runs.len() > 1 && first != 0).then(|| {
        Found::new(
            "same-on-all-data",
            // Any number would do.
            usize::MAX,
            format!("the program prints {first} on all datasets, whatever the files hold"),
            advice,
        )
    })
}

/// Other lines than those that are asked for.
fn lines(trial: &Trial<'_>, right: &Expression) -> Option<Found> {
    let asked = right.lines();
    let all = trial.runs.iter().flat_map(|run| run.data.files());
    let last = u32::try_from(all.map(|file| file.numbers.len()).min()?).ok()?;
    let tried = 1..=last.min(MOST_LINES);
    let value = |chosen: &[u32]| {
        trial.all(|run| {
            let other = |line| {
                let place = asked.iter().position(|asked| *asked == line);
                place
                    .and_then(|place| chosen.get(place).copied())
                    .unwrap_or(line)
            };
            let values = run.data.files().iter();
            values
                .map(|file| right.of_file_with(file, &other))
                .try_fold(0_i128, |sum, value| sum.checked_add(value?))
        })
    };
    let chosen: Vec<Vec<u32>> = match asked.as_slice() {
        [_] => tried.map(|line| vec![line]).collect(),
        &[first, second] => {
            let file = trial.runs.first()?.data.files().first()?;
            let swap = |line| if line == first { second } else { first };
            let is_symmetric = right.of_file(file) == right.of_file_with(file, &swap);
            let pairs = tried
                .clone()
                .flat_map(|one| tried.clone().map(move |two| vec![one, two]));
            pairs
                .filter(|pair| !is_symmetric || pair[0] <= pair[1])
                .collect()
        }
        _ => return None,
    };
    if !trial.is_proof(chosen.len()) {
        return None;
    }
    let fits = chosen
        .iter()
        .find(|chosen| **chosen != asked && value(chosen))?;
    let named = |lines: &[u32]| match lines {
        [one, two] if one == two => format!("line {one} twice"),
        [one, two] => format!("lines {one} and {two}"),
        _ => format!("line {}", lines[0]),
    };
    Some(Found::new(
        "other-lines",
        chosen.len(),
        format!(
            "the total is the one of {}, counted from one; {} {} asked for",
            named(fits),
            named(&asked),
            if asked.len() == 1 { "is" } else { "are" }
        ),
        "print the numbers that the program takes from one file, open that file in an editor, and see on which lines they are",
    ))
}

/// All files, several times.
fn many_times(trial: &Trial<'_>) -> Option<Found> {
    let times = (2..=MOST_THREADS).find(|&times| {
        let factor = i128::try_from(times).ok();
        trial.all(|run| run.expected.checked_mul(factor?))
    })?;
    (trial.is_proof(MOST_THREADS)).then(|| {
        Found::new(
            "every-file-many-times",
            MOST_THREADS,
            format!("the total is {times} times the right one, so every file counts {times} times"),
            "does each thread go through all files? Give each thread files of its own",
        )
    })
}

/// One file too few or too many, at the same place on all datasets.
fn one_file(trial: &Trial<'_>) -> Option<Found> {
    let files = trial.runs.iter().map(TrialRun::files).min()?;
    let candidates = 4 * files;
    if !trial.is_proof(candidates) {
        return None;
    }
    for order in [Order::Name, Order::Listing] {
        for place in 0..files {
            let at = |run: &TrialRun<'_>| Some(run.ordered(order)?.values[place]);
            let number = place + 1;
            let which = order.of_file(number);
            if trial.all(|run| Some(run.expected - at(run)?)) {
                return Some(Found::new(
                    "one-file-missing",
                    candidates,
                    format!("the value of one file is missing: {which}"),
                    "which index does the loop begin with, and which is the last? Print them",
                ));
            }
            if trial.all(|run| Some(run.expected + at(run)?)) {
                return Some(Found::new(
                    "one-file-twice",
                    candidates,
                    format!("one file counts twice: {which}"),
                    "do two threads get the same file? Print the first and the last index of each thread",
                ));
            }
        }
    }
    None
}

/// The rest of a division among threads.
fn rest_dropped(trial: &Trial<'_>) -> Option<Found> {
    let files = trial.runs.iter().map(TrialRun::files).min()?;
    let candidates = 2 * files;
    if !trial.is_proof(candidates) {
        return None;
    }
    let fits = |order, divisor: usize| {
        trial.all(|run| {
            let files = run.files();
            let rest = files % divisor;
            (rest > 0).then_some(run.ordered(order)?.sum(0..files - rest))
        })
    };
    for order in [Order::Name, Order::Listing] {
        for divisor in 2..files {
            if fits(order, divisor) {
                let (all, rest) = (files, files % divisor);
                return Some(Found::new(
                    "rest-dropped",
                    candidates,
                    format!(
                        "the last {} in the order of {} {} missing: the rest of a division of {all} files among threads, \
                         such as {all} = {divisor} × {} + {rest}",
                        count(rest, "file"),
                        order.name(),
                        if rest == 1 { "is" } else { "are" },
                        all / divisor
                    ),
                    "a division of whole numbers drops the rest: give the rest to a thread too, or round the size of a part up",
                ));
            }
        }
    }
    None
}

/// One part of the files, as a thread gets it: all that is kept, or all that is lost, though all files were read. The parts are the same on all
/// datasets, and which of them it is may differ.
fn part(trial: &Trial<'_>, what: Part) -> Option<Found> {
    if !trial.is_all_read() {
        return None;
    }
    let files = trial.runs.iter().map(TrialRun::files).min()?;
    let divisions = divisions(files, MOST_THREADS);
    let candidates = divisions.len() * 2;
    for order in [Order::Name, Order::Listing] {
        for division in &divisions {
            let mut places = Vec::new();
            let fits = trial.all(|run| {
                let ordered = run.ordered(order)?;
                let wanted = match what {
                    Part::Kept => run.answer,
                    Part::Lost => run.expected - run.answer,
                };
                let place = division.sums(ordered).position(|sum| sum == wanted)?;
                places.push(place);
                Some(run.answer)
            });
            let parts = division.parts(files);
            if !fits || !trial.is_proof_of(candidates, parts) {
                continue;
            }
            let same = places.windows(2).all(|pair| pair[0] == pair[1]);
            let which = match places.first() {
                Some(0) if same => "the first",
                Some(place) if same && place + 1 == parts => "the last",
                _ => "one",
            };
            let of = format!("{parts} parts of the files ({})", division.named(order));
            let found = match what {
                Part::Kept => Found::new(
                    "one-thread-kept",
                    candidates,
                    format!(
                        "the total is the sum of {which} of {of}: the others were overwritten, or never added"
                    ),
                    "add up what all threads found: let each one return its sum, and add it after `join`",
                ),
                Part::Lost => Found::new(
                    "one-thread-lost",
                    candidates,
                    format!("the sum of {which} of {of} is missing"),
                    "is each thread joined, and is what each one returns added? Print the sum of each thread",
                ),
            };
            return Some(found.may_be_race());
        }
    }
    None
}

/// The value of one file, perhaps another on each dataset.
fn one_file_kept(trial: &Trial<'_>) -> Option<Found> {
    if !trial.is_all_read() {
        return None;
    }
    let fits = trial.all(|run| {
        let values = &run.ordered(Order::Name)?.values;
        values.iter().copied().find(|value| *value == run.answer)
    });
    let most = |run: &TrialRun<'_>| {
        let mut values = run.ordered(Order::Name)?.values.clone();
        values.sort_unstable();
        values.dedup();
        #[expect(clippy::cast_precision_loss, reason = "a chance is not exact")]
        let chance = values.len() as f64 / values.last()?.unsigned_abs().max(1) as f64;
        Some(chance)
    };
    let chance: Option<f64> = trial.runs.iter().map(most).product();
    (fits && chance.is_some_and(|chance| chance < 0.01)).then(|| {
        Found::new(
            "one-file-kept",
            usize::MAX - 1,
            "the total is the value of a single file: the others were overwritten, or never added",
            "add each value to the total: `=` replaces what was there",
        )
        .may_be_race()
    })
}

/// The same amount too much or too little on all datasets.
fn same_difference(trial: &Trial<'_>) -> Option<Found> {
    let first = trial.runs.first()?;
    let difference = first.answer.checked_sub(first.expected)?;
    let fits = trial.runs.len() > 1 && trial.all(|run| run.expected.checked_add(difference));
    let which = if difference > 0 { "large" } else { "small" };
    fits.then(|| {
        Found::new(
            "same-difference",
            usize::MAX - 1,
            format!(
                "the total is too {which} by {} on every dataset, whatever the files hold",
                difference.unsigned_abs()
            ),
            "with which number does the total begin, and is anything added to it that is in no file?",
        )
    })
}

impl Order {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Name => "their names",
            Self::Listing => "`read_dir`",
        }
    }

    fn of_file(self, number: usize) -> String {
        format!("number {number} in the order of {}", self.name())
    }
}
