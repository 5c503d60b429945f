//! Kinds of mistakes that have too many members to be data: which lines, which file, which part of the files.
//!
//! Each kind is tried with every parameter, and a parameter must be the same on all datasets. Never tells what a chance
//! may be; see the theory of operation of `mistakes`.

use ids::Seed;

use super::{
    expression::Expression,
    family::{
        EVERY_FILE_MANY_TIMES, Family, LAST_FILES_MISSING, ONE_FILE_KEPT, ONE_FILE_MISSING,
        ONE_FILE_TWICE, ONE_LINE_ONLY, ONE_THREAD_KEPT, ONE_THREAD_LOST, OTHER_LINES,
        REMEMBERED_ANSWER, REST_DROPPED, SAME_DIFFERENCE, SAME_ON_ALL_DATA, SOME_FILES_MISSING,
    },
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

    fn of(family: &Family, candidates: usize, says: impl Into<String>) -> Self {
        Self::new(family.id, candidates, says, family.advice)
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
    // Who has most of the total has lost a part, though what is left may be a part of another division.
    let has_most = trial.runs.iter().all(|run| run.answer > run.expected / 2);
    let (likely, unlikely) = if has_most {
        (Part::Lost, Part::Kept)
    } else {
        (Part::Kept, Part::Lost)
    };
    let kinds = [
        remembered(trial, known),
        lines(trial, right),
        one_line(trial),
        many_times(trial),
        one_file(trial),
        end_dropped(trial),
        part(trial, likely),
        part(trial, unlikely),
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
        Found::of(
            &SOME_FILES_MISSING,
            1,
            format!(
                "the total of the files that were read is right, but {unread} of {files} files were not read"
            ),
        )
    })
}

/// The answer to other data.
fn remembered(trial: &Trial<'_>, known: &[(Seed, String)]) -> Option<Found> {
    let first = trial.runs.first()?.answer;
    if !trial.all(|_| Some(first)) {
        return None;
    }
    let text = first.to_string();
    if let Some((seed, _)) = known.iter().find(|(_, answer)| *answer == text)
        && trial.is_proof(known.len())
    {
        return Some(Found::of(
            &REMEMBERED_ANSWER,
            known.len(),
            format!("the program prints the total of seed {seed}, whatever the files hold"),
        ));
    }
    let differ = trial
        .runs
        .iter()
        .any(|run| run.expected != trial.runs[0].expected);
    (differ && trial.runs.len() > 1 && first != 0).then(|| {
        Found::of(
            &SAME_ON_ALL_DATA,
            // Any number would do.
            usize::MAX,
            format!("the program prints {first} on all datasets, whatever the files hold"),
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
    Some(Found::of(
        &OTHER_LINES,
        chosen.len(),
        format!(
            "the total is the one of {}, counted from one; {} {} asked for",
            named(fits),
            named(&asked),
            if asked.len() == 1 { "is" } else { "are" }
        ),
    ))
}

/// The number on one line alone.
fn one_line(trial: &Trial<'_>) -> Option<Found> {
    let all = trial.runs.iter().flat_map(|run| run.data.files());
    let last = u32::try_from(all.map(|file| file.numbers.len()).min()?).ok()?;
    let last = last.min(MOST_LINES);
    let candidates = usize::try_from(last).ok()?;
    if !trial.is_proof(candidates) {
        return None;
    }
    let line = (1..=last).find(|&line| {
        trial.all(|run| {
            let numbers = run.data.files().iter().map(|file| file.line(line));
            numbers
                .map(|number| number.map(i128::from))
                .try_fold(0_i128, |sum, number| sum.checked_add(number?))
        })
    })?;
    Some(Found::of(
        &ONE_LINE_ONLY,
        candidates,
        format!("the numbers on line {line} were added up, and no other line of the files counts"),
    ))
}

/// All files, several times.
fn many_times(trial: &Trial<'_>) -> Option<Found> {
    let times = (2..=MOST_THREADS).find(|&times| {
        let factor = i128::try_from(times).ok();
        trial.all(|run| run.expected.checked_mul(factor?))
    })?;
    (trial.is_proof(MOST_THREADS)).then(|| {
        Found::of(
            &EVERY_FILE_MANY_TIMES,
            MOST_THREADS,
            format!("the total is {times} times the right one, so every file counts {times} times"),
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
            let which = order.of_file(number, files);
            if trial.all(|run| Some(run.expected - at(run)?)) {
                return Some(Found::of(
                    &ONE_FILE_MISSING,
                    candidates,
                    format!("the value of one file is missing: {which}"),
                ));
            }
            if trial.all(|run| Some(run.expected + at(run)?)) {
                return Some(Found::of(
                    &ONE_FILE_TWICE,
                    candidates,
                    format!("one file counts twice: {which}"),
                ));
            }
        }
    }
    None
}

/// Files at the end, not read: the rest of a division among threads, if there are few enough of them. One file alone has a
/// family of its own.
fn end_dropped(trial: &Trial<'_>) -> Option<Found> {
    // Where all files were read, what is lost is the sum of a thread.
    if trial.is_all_read() {
        return None;
    }
    let files = trial.runs.iter().map(TrialRun::files).min()?;
    let candidates = 2 * files;
    if !trial.is_proof(candidates) {
        return None;
    }
    let fits = |order, rest: usize| {
        trial.all(|run| Some(run.ordered(order)?.sum(0..run.files().checked_sub(rest)?)))
    };
    let orders = [Order::Name, Order::Listing].into_iter();
    let mut tried = orders.flat_map(|order| (2..files / 2).map(move |rest| (order, rest)));
    let (order, rest) = tried.find(|&(order, rest)| fits(order, rest))?;
    let missing = format!(
        "the last {rest} of {files} files in the order of {} are missing",
        order.name()
    );
    let threads = (rest + 1..=MOST_THREADS).find(|threads| files % threads == rest);
    Some(match threads {
        Some(threads) => Found::of(
            &REST_DROPPED,
            candidates,
            format!(
                "{missing}, as when files are divided among threads and the rest is left out, such as {files} = {threads} × \
                 {} + {rest}",
                files / threads
            ),
        ),
        None => Found::of(&LAST_FILES_MISSING, candidates, missing),
    })
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
                Part::Kept => Found::of(
                    &ONE_THREAD_KEPT,
                    candidates,
                    format!(
                        "the total is the sum of {which} of {of}: the others were overwritten, or never added"
                    ),
                ),
                Part::Lost => Found::of(
                    &ONE_THREAD_LOST,
                    candidates,
                    format!("the sum of one thread is missing: {which} of {of}"),
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
        Found::of(
            &ONE_FILE_KEPT,
            usize::MAX - 1,
            "the total is the value of a single file: the others were overwritten, or never added",
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
        Found::of(
            &SAME_DIFFERENCE,
            usize::MAX - 1,
            format!(
                "the total is too {which} by {} on every dataset, whatever the files hold",
                difference.unsigned_abs()
            ),
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

    fn of_file(self, number: usize, files: usize) -> String {
        let which = match number {
            1 => "the first".to_owned(),
            _ if number == files => "the last".to_owned(),
            _ => format!("number {number}"),
        };
        format!("{which} in the order of {}", self.name())
    }
}
