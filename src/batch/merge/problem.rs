//! What is not as it should be when shards are merged, in words.
//!
//! Gathers what is found of single submissions into one sentence for each shard, so that a class of any size has a short
//! account. Never decides what is merged.

use std::{collections::BTreeMap, fmt};

use super::folders::{LeftOut, ShardFolder, ShardFolders, WHAT_TO_NAME};
use crate::batch::shard::Shard;
use ids::{SubmissionId, words::count};

/// So many shards or submissions are named in a sentence.
const MOST_NAMED: usize = 20;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    words: String,
    hint: String,
}

impl Problem {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// What something is about: so many submissions, of which the first are named.
#[derive(Debug, Default)]
struct About {
    number: usize,
    named: Vec<SubmissionId>,
}

impl About {
    fn add(&mut self, id: &SubmissionId) {
        self.number += 1;
        if self.named.len() < MOST_NAMED {
            self.named.push(id.clone());
        }
    }

    fn join(&mut self, other: &Self) {
        self.number += other.number;
        let free = MOST_NAMED.saturating_sub(self.named.len());
        self.named.extend(other.named.iter().take(free).cloned());
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named: Vec<String> = self.named.iter().map(|id| format!("`{id}`")).collect();
        match self.number {
            1 => f.write_str(&named.concat()),
            many => write!(
                f,
                "{} ({})",
                count(many, "submission"),
                listed(&named, many)
            ),
        }
    }
}

/// The first of `all` things, and how many more there are.
fn listed(named: &[String], all: usize) -> String {
    let text = named.join(", ");
    match all.saturating_sub(named.len()) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

/// Submissions, gathered under what they have in common.
#[derive(Debug)]
struct Gathered<K>(BTreeMap<K, About>);

impl<K> Default for Gathered<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord> Gathered<K> {
    fn add(&mut self, key: K, id: &SubmissionId) {
        self.0.entry(key).or_default().add(id);
    }
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    /// By the folder.
    damaged: Gathered<String>,
    /// By the folder.
    unfinished: Gathered<String>,
    /// By the folder, its shard, and what is not as planned.
    other_plan: Gathered<(String, Shard, Vec<String>)>,
    /// By the folder whose record counts, and the other one.
    double: Gathered<(String, String)>,
    /// By the shard of the most frequent division.
    missing: Gathered<Shard>,
}

impl Problems {
    /// A submission has a record, but the shard is not complete.
    pub(super) fn unfinished(&mut self, id: &SubmissionId, one: &ShardFolder) {
        self.unfinished.add(one.name(), id);
    }

    pub(super) fn damaged(&mut self, id: &SubmissionId, one: &ShardFolder) {
        self.damaged.add(one.name(), id);
    }

    /// A record is not made from what the plan says under these names.
    pub(super) fn other_plan(&mut self, id: &SubmissionId, one: &ShardFolder, lacking: &[&str]) {
        let mut lacking: Vec<String> = lacking.iter().map(|&name| name.to_owned()).collect();
        lacking.sort_by_key(|name| CALLED.iter().position(|(known, _)| known == name));
        self.other_plan.add((one.name(), one.shard, lacking), id);
    }

    /// Two shards have different records of a submission.
    pub(super) fn double(&mut self, id: &SubmissionId, first: &ShardFolder, second: &ShardFolder) {
        self.double.add((first.name(), second.name()), id);
    }

    /// Nobody has a record of a submission.
    pub(super) fn missing(&mut self, id: &SubmissionId, shards: &ShardFolders) {
        self.missing
            .add(Shard::holding(id, shards.main_division()), id);
    }

    /// All of them, the worst last.
    pub(super) fn into_all(self, shards: &ShardFolders) -> Vec<Problem> {
        let mut all = Vec::new();
        for (path, why) in shards.left_out() {
            let path = path.display();
            all.push(match why {
                LeftOut::NoShard(why) => Problem {
                    words: format!("found no shard in `{path}`: {why}"),
                    hint: WHAT_TO_NAME.to_owned(),
                },
                LeftOut::DamagedMark => Problem {
                    words: format!("left out `{path}`: its `shard.json` is damaged"),
                    hint: "grade this shard again: what it has is used, and the file is made anew"
                        .to_owned(),
                },
            });
        }
        for ((first, second), about) in self.double.0 {
            all.push(Problem {
                words: format!(
                    "`{first}` and `{second}` have different records of {about}; a record of `{first}` counts if its submission was graded"
                ),
                hint: "a submission that changed between the two was graded twice; grade the shard again that is out of date, or name one of the two folders only".to_owned(),
            });
        }
        for ((folder, shard, lacking), about) in self.other_plan.0 {
            all.push(other_plan(&folder, shard, &lacking, &about));
        }
        for (folder, about) in self.damaged.0 {
            all.push(Problem {
                words: format!("`{folder}` has damaged records: left out {about}"),
                hint: "grade this shard again: a damaged record is made anew".to_owned(),
            });
        }
        for (folder, about) in self.unfinished.0 {
            all.push(Problem {
                words: format!(
                    "`{folder}` is at work, or was stopped: the record of {about} may change"
                ),
                hint:
                    "merge again when it is done; if it was stopped, the same command continues it"
                        .to_owned(),
            });
        }
        all.extend(missing(self.missing, shards));
        all
    }
}

/// What the inputs of a record are called in a sentence; what explains most comes first.
const CALLED: [(&str, &str); 9] = [
    ("seeds", "the list of seeds"),
    ("observed", "which runs are observed"),
    (GENERATION, "the number of the regrading"),
    ("exercise", "the exercise"),
    ("crates", "the course's `grader.lock`"),
    ("toolchain", "the compiler"),
    ("grader", "the program `grade` itself"),
    ("isolation", "how submissions are isolated"),
    ("observer", "how reads are observed"),
];

/// The input that every `grade plan --fresh` changes.
const GENERATION: &str = "generation";

fn called(name: &str) -> &str {
    let known = CALLED.iter().find(|(known, _)| *known == name);
    known.map_or(name, |(_, words)| words)
}

/// A shard has records that are not made from what the plan says.
fn other_plan(folder: &str, shard: Shard, lacking: &[String], about: &About) -> Problem {
    let again = format!("grade it again by the plan, with `--shard {shard}`");
    if matches!(lacking, [only] if only == GENERATION) {
        return Problem {
            words: format!(
                "`{folder}` was graded before the class was planned with `--fresh`: left out {about}"
            ),
            hint: again,
        };
    }
    let differing: Vec<&str> = lacking.iter().map(|name| called(name)).collect();
    let differing = match &differing[..] {
        [all @ .., first, last] => [all, &[&*format!("{first} and {last}")]]
            .concat()
            .join(", "),
        few => few.concat(),
    };
    // Only a plan has seeds that are drawn; all else is of the course or the machine.
    let is_of_plan = lacking
        .iter()
        .any(|name| ["seeds", "observed"].contains(&name.as_str()));
    Problem {
        words: format!("`{folder}` follows another plan; different: {differing}; left out {about}"),
        hint: if is_of_plan {
            format!("{again}, or name the plan that it follows with `--plan FILE`")
        } else {
            again
        },
    }
}

/// The folders that divide the class otherwise than most of them do.
fn divisions(shards: &ShardFolders) -> Option<Problem> {
    let main = shards.main_division();
    let others: Vec<String> = shards
        .each()
        .filter(|one| one.shard.of() != main)
        .map(|one| format!("`{}`", one.name()))
        .collect();
    let rest = shards.len() - others.len();
    let named: Vec<String> = others.iter().take(MOST_NAMED).cloned().collect();
    (!others.is_empty()).then(|| Problem {
        words: format!(
            "{} {} of another division than the other {}, into {main}",
            listed(&named, others.len()),
            if others.len() == 1 { "is" } else { "are" },
            match rest {
                1 => "folder".to_owned(),
                many => count(many, "folder"),
            },
        ),
        hint: format!("grade all shards of one division, with `--shard K/{main}`"),
    })
}

fn missing(missing: Gathered<Shard>, shards: &ShardFolders) -> Vec<Problem> {
    let mut all = Vec::new();
    if !missing.0.is_empty() {
        all.extend(divisions(shards));
    }
    let mut absent = Vec::new();
    let mut without = About::default();
    for (shard, about) in missing.0 {
        let mut folders = shards.having(shard).peekable();
        if folders.peek().is_none() {
            without.join(&about);
            absent.push(shard);
            continue;
        }
        let folders: Vec<_> = folders.collect();
        let names: Vec<_> = folders
            .iter()
            .map(|one| format!("`{}`", one.name()))
            .collect();
        let names = names.join(" and ");
        all.push(if folders.iter().any(|one| !one.is_complete) {
            Problem {
                words: format!(
                    "shard {shard} in {names} is at work, or was stopped: it has no record of {about}"
                ),
                hint: format!(
                    "merge again when it is done; if it was stopped, `--shard {shard}` continues it"
                ),
            }
        } else {
            Problem {
                words: format!("shard {shard} in {names} has no record of {about}"),
                hint: format!("grade it again with `--shard {shard}`: what it has stays"),
            }
        });
    }
    if let [first, ..] = absent[..] {
        let named = absent.iter().take(MOST_NAMED).map(ToString::to_string);
        let named: Vec<String> = named.collect();
        let (shards, are) = match absent.len() {
            1 => ("shard", "is"),
            _ => ("shards", "are"),
        };
        all.push(Problem {
            words: format!(
                "{shards} {} {are} missing, with {without}",
                listed(&named, absent.len()),
            ),
            hint: format!("grade what is missing, such as with `--shard {first}`, and merge again"),
        });
    }
    all
}
