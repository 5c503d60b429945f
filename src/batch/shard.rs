//! A part of a class that is graded apart from the others, often on another machine.
//!
//! Which part a submission is in follows from its id alone, so that it stays there when others come or go. Never looks at
//! a class.

use std::{
    fmt,
    num::NonZeroU32,
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use super::{
    output_dir::{OutputDir, SHARDS},
    records::json,
};
use crate::fault::Fault;
use ids::{Digest, SubmissionId};

const FILE: &str = "shard.json";
const SCHEMA: &str = "grade-shard/1";

/// One of several parts of a class, written `K/N`: the part with number K of N, counted from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    of: NonZeroU32,
    /// Below `of`.
    index: u32,
}

/// The file that says which shard a folder has.
#[derive(Serialize, Deserialize)]
struct File {
    schema: String,
    shard: Shard,
    is_complete: bool,
}

/// What a folder says about the shard that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// It has none.
    Nothing,
    /// It has one, but the file that says which one is damaged.
    Damaged,
    /// It has this one.
    Of {
        shard: Shard,
        /// Whether each of its submissions has a record. Otherwise it is at work, or was stopped.
        is_complete: bool,
    },
}

impl Shard {
    /// The shard `index` of `of`. None if it is not below `of`.
    #[must_use]
    pub fn new(index: u32, of: NonZeroU32) -> Option<Self> {
        (index < of.get()).then_some(Self { of, index })
    }

    /// The shard of `of` that a submission is in: the first 64 bits of the SHA-256 of its id, modulo `of`.
    #[must_use]
    pub fn holding(id: &SubmissionId, of: NonZeroU32) -> Self {
        let digest = Digest::of(id.as_str().as_bytes());
        let first = digest.hex().get(..16);
        let first = first.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        let index = first.unwrap_or_default() % u64::from(of.get());
        Self {
            of,
            // It is below `of`, so it fits.
            index: u32::try_from(index).unwrap_or_default(),
        }
    }

    /// Whether a submission is in this shard.
    #[must_use]
    pub fn holds(self, id: &SubmissionId) -> bool {
        Self::holding(id, self.of) == self
    }

    /// Its number, from zero.
    #[must_use]
    pub const fn index(self) -> u32 {
        self.index
    }

    /// How many shards there are.
    #[must_use]
    pub const fn of(self) -> NonZeroU32 {
        self.of
    }

    /// The path of its folder in the output folder of the class.
    fn folder(self) -> String {
        format!("{SHARDS}/{}-of-{}", self.index, self.of)
    }

    /// Its folder in the output folder of the class.
    #[must_use]
    pub fn within(self, out: &Path) -> PathBuf {
        out.join(self.folder())
    }

    /// Say in a folder that it has this shard, and whether it is complete.
    pub(super) fn mark(self, folder: &OutputDir, is_complete: bool) -> Result<(), Fault> {
        let schema = SCHEMA.to_owned();
        let file = File {
            schema,
            shard: self,
            is_complete,
        };
        folder.write(FILE, &json(&file)?)
    }

    /// Say in a folder that it has this shard, if it does not say so yet.
    pub(super) fn mark_new(self, folder: &OutputDir) -> Result<(), Fault> {
        match Mark::of(folder)? {
            Mark::Of { shard, .. } if shard == self => Ok(()),
            _ => self.mark(folder, false),
        }
    }
}

impl Mark {
    /// What a folder says.
    pub(super) fn of(folder: &OutputDir) -> Result<Self, Fault> {
        let Some(bytes) = folder.read(FILE)? else {
            return Ok(Self::Nothing);
        };
        let file = serde_json::from_slice::<File>(&bytes).ok();
        let file = file.filter(|file| file.schema == SCHEMA);
        Ok(file.map_or(Self::Damaged, |file| Self::Of {
            shard: file.shard,
            is_complete: file.is_complete,
        }))
    }
}

/// Whether shards of the class were graded below its output folder.
#[must_use]
pub fn has_shards(dir: &Path) -> bool {
    dir.join(SHARDS).is_dir()
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

/// Why a text is no shard, to follow the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoShard {
    /// It does not look like one.
    #[error("it is not of the form `K/N`, such as `0/4` for the first of four")]
    Form,
    /// There is no shard of this number.
    #[error("the last of {0} shards is `{last}/{0}`, because the first is `0/{0}`", last = .0.get() - 1)]
    TooLarge(NonZeroU32),
}

impl FromStr for Shard {
    type Err = NoShard;

    fn from_str(text: &str) -> Result<Self, NoShard> {
        let (index, of) = text.split_once('/').ok_or(NoShard::Form)?;
        // `parse` would take a plus sign.
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(index) || !is_number(of) {
            return Err(NoShard::Form);
        }
        let of: NonZeroU32 = of.parse().map_err(|_| NoShard::Form)?;
        let index = index.parse().map_err(|_| NoShard::Form)?;
        Self::new(index, of).ok_or(NoShard::TooLarge(of))
    }
}

impl TryFrom<String> for Shard {
    type Error = NoShard;

    fn try_from(text: String) -> Result<Self, NoShard> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> SubmissionId {
        format!("student-{number}").parse().unwrap()
    }

    fn of(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    #[test]
    fn each_submission_is_in_one_shard_and_stays_there() {
        for number in 0..200 {
            let shards = (0..7).map(|index| Shard::new(index, of(7)).unwrap());
            let holding: Vec<_> = shards.filter(|shard| shard.holds(&id(number))).collect();
            assert_eq!(holding, [Shard::holding(&id(number), of(7))]);
        }
        // Shards of another machine, or of a later version, must be the same ones.
        let known = [("alice", 2), ("bob", 0), ("carol", 2)];
        let seen = known.map(|(name, _)| {
            let id: SubmissionId = name.parse().unwrap();
            (name, Shard::holding(&id, of(5)).index())
        });
        assert_eq!(seen, known);
    }

    #[test]
    fn shards_are_of_about_the_same_size() {
        let mut sizes = [0; 10];
        for number in 0..10_000 {
            sizes[Shard::holding(&id(number), of(10)).index() as usize] += 1;
        }
        assert!(
            sizes.iter().all(|size| (850..1150).contains(size)),
            "{sizes:?}"
        );
    }

    #[test]
    fn a_shard_is_written_as_it_is_read_and_anything_else_is_refused() {
        for text in ["0/1", "3/4", "999/1000"] {
            assert_eq!(text.parse::<Shard>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "1",
            "/",
            "a/b",
            "1/0",
            "-1/3",
            "+1/3",
            "1/+3",
            "1/3/5",
            " 1/3",
            "99999999999/3",
        ] {
            assert_eq!(text.parse::<Shard>(), Err(NoShard::Form), "{text:?}");
        }
        let error = "4/4".parse::<Shard>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the last of 4 shards is `3/4`, because the first is `0/4`"
        );
    }
}
