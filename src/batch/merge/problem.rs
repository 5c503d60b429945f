//! What is not as it should be when shards are merged, in words.
//!
//! Gathers what is found of single submissions into one sentence for each shard, so that a class of any size has a short
//! account. Never decides what is merged.

use std::{collections::BTreeMap, fmt};

use super::folders::{LeftOut, ShardFolder, ShardFolders, WHAT_TO_NAME};
use crate::batch::shard::Shard;
use ids::{SubmissionId, words::count};

/// So many missing shards are named.
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

/// How many submissions something is about, and the first of them.
#[derive(Debug)]
struct About {
    number: usize,
    first: SubmissionId,
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            1 => write!(f, "`{}`", self.first),
            many => write!(f, "{}, such as `{}`", count(many, "submission"), self.first),
        }
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
        let about = self.0.entry(key).or_insert_with(|| About {
            number: 0,
            first: id.clone(),
        });
        about.number += 1;
    }
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    /// By the folder.
    damaged: Gathered<String>,
    /// By the folder.
    unfinished: Gathered<String>,
    /// By the folder, and what is not as planned.
    other_plan: Gathered<(String, String)>,
    /// By the folder whose record counts, and the other one.
    double: Gathered<(String, String)>,
    /// By the shard; none where it is not known which one it is.
    missing: Gathered<Option<Shard>>,
}

impl Problems {
    /// A submission has a record, but the shard is not complete.
    pub(super) fn unfinished(&mut self, id: &SubmissionId, one: &ShardFolder) {
        self.unfinished.add(one.name(), id);
    }

    pub(super) fn damaged(&mut self, id: &SubmissionId, one: &ShardFolder) {
        self.damaged.add(one.name(), id);
    }

    /// A record is not made from what the plan says under the name `what`.
    pub(super) fn other_plan(&mut self, id: &SubmissionId, one: &ShardFolder, what: &str) {
        self.other_plan.add((one.name(), what.to_owned()), id);
    }

    /// Two shards have different records of a submission.
    pub(super) fn double(&mut self, id: &SubmissionId, first: &ShardFolder, second: &ShardFolder) {
        self.double.add((first.name(), second.name()), id);
    }

    /// Nobody has a record of a submission.
    pub(super) fn missing(&mut self, id: &SubmissionId, shards: &ShardFolders) {
        let mut divisions = shards.divisions().iter();
        let shard = match (divisions.next(), divisions.next()) {
            (Some(&of), None) => Some(Shard::holding(id, of)),
            _ => None,
        };
        self.missing.add(shard, id);
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
        for ((folder, what), about) in self.other_plan.0 {
            all.push(Problem {
                words: format!("`{folder}` follows another plan, in which {} differs: left out {about}", called(&what)),
                hint: "grade this shard again by the plan, or name the plan that it follows with `--plan FILE`".to_owned(),
            });
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

/// What the inputs of a record are called in a sentence.
fn called(what: &str) -> &str {
    match what {
        "seeds" => "the list of seeds",
        "observed" => "which runs are observed",
        "generation" => "the number of the regrading",
        "exercise" => "the exercise",
        "crates" => "the course's `grader.lock`",
        "toolchain" => "the compiler",
        "grader" => "the program `grade` itself",
        "isolation" => "how submissions are isolated",
        "observer" => "how reads are observed",
        other => other,
    }
}

fn missing(missing: Gathered<Option<Shard>>, shards: &ShardFolders) -> Vec<Problem> {
    let mut all = Vec::new();
    let mut absent = Vec::new();
    let mut without = 0;
    for (shard, about) in missing.0 {
        let Some(shard) = shard else {
            let divisions = shards.divisions().iter().map(ToString::to_string);
            all.push(Problem {
                words: format!(
                    "no shard has a record of {about}; the shards are of divisions into {}",
                    divisions.collect::<Vec<_>>().join(" and ")
                ),
                hint: "name all shards of one division".to_owned(),
            });
            continue;
        };
        let mut folders = shards.having(shard).peekable();
        if folders.peek().is_none() {
            without += about.number;
            absent.push(shard);
            continue;
        }
        let names: Vec<_> = folders.map(|one| format!("`{}`", one.name())).collect();
        all.push(Problem {
            words: format!(
                "shard {shard} in {} has no record of {about}",
                names.join(" and ")
            ),
            hint: format!("grade it again with `--shard {shard}`: it continues where it stopped"),
        });
    }
    if let [first, ..] = absent[..] {
        let named: Vec<String> = absent
            .iter()
            .take(MOST_NAMED)
            .map(ToString::to_string)
            .collect();
        let more = match absent.len().saturating_sub(MOST_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let (shards, are) = match absent.len() {
            1 => ("shard", "is"),
            _ => ("shards", "are"),
        };
        all.push(Problem {
            words: format!(
                "{shards} {}{more} {are} missing, with {}",
                named.join(", "),
                count(without, "submission")
            ),
            hint: format!("grade what is missing, such as with `--shard {first}`, and merge again"),
        });
    }
    all
}
