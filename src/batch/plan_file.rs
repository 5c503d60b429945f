//! The plan of a class that several machines grade: a file with everything that is drawn, measured or found once.
//!
//! All shards follow one plan: the same seeds, the same time limit, the same tier, and the same class. So a shard need not
//! look through the class, and its records are those that one machine would have written. A machine whose course,
//! toolchain or program differs would give other records, and is refused.
//!
//! Hides the file. Never grades. The file has the seeds, so it is kept from submissions as the output folder is.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    key::Inputs,
    members::{Member, Members},
    output_dir, plain_file,
    plan::{Plan, Wishes},
    records::json,
    roster::Roster,
    shard::Shard,
};
use crate::{
    config::Settings,
    course::Exercise,
    fault::{Fault, FaultKind},
    grading,
};
use ids::{ExerciseId, SubmissionId};
use intake::{Location, NamePattern, Source};
use sandbox::Tier;

const SCHEMA: &str = "grade-plan/1";

/// What all shards of a class share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanFile {
    schema: String,
    pub(super) plan: Plan,
    pub(super) roster: Roster,
    /// What each submission is, and where in the class's folder.
    sources: BTreeMap<SubmissionId, PlannedSource>,
    entries: Entries,
}

/// What was in the class's folder, to see who came after that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entries {
    /// The folder, below that of the class.
    below: Name,
    /// The names in it that are not those of the sources, and not hidden.
    others: BTreeSet<Name>,
}

/// What somebody handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PlannedSource {
    /// Its kind, by a name of `intake`.
    kind: String,
    /// Its path in the class's folder.
    path: Name,
}

/// A path, of which the bytes are kept if they are not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
enum Name {
    Text(String),
    Bytes(Vec<u8>),
}

impl From<&Path> for Name {
    fn from(path: &Path) -> Self {
        match path.to_str() {
            Some(text) => Self::Text(text.to_owned()),
            None => Self::Bytes(path.as_os_str().as_bytes().to_vec()),
        }
    }
}

impl From<&Name> for PathBuf {
    fn from(name: &Name) -> Self {
        match name {
            Name::Text(text) => text.into(),
            Name::Bytes(bytes) => OsString::from_vec(bytes.clone()).into(),
        }
    }
}

/// Where the plan is that is meant by `path`: the file itself, or in a folder of outputs.
#[must_use]
pub fn plan_path(path: &Path) -> PathBuf {
    let is_file = path.extension() == Some(OsStr::new("json")) && !path.is_dir();
    if is_file {
        path.to_path_buf()
    } else {
        path.join(output_dir::PLAN)
    }
}

impl PlanFile {
    /// The plan in a file.
    ///
    /// # Errors
    /// There is none, or it is damaged.
    pub fn read(path: &Path) -> Result<Self, Fault> {
        Self::find(path)?.ok_or_else(|| {
            Fault::usage(format!("failed to find the plan `{}`", path.display()))
                .hint("make it with `grade plan EXERCISE DIR`, or name it with `--plan FILE`")
        })
    }

    /// The plan in a file; none if there is no such file.
    ///
    /// # Errors
    /// It cannot be read, or is damaged.
    pub fn find(path: &Path) -> Result<Option<Self>, Fault> {
        let bytes = match plain_file::read_named(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Fault::unreadable(path, error)),
        };
        let damaged = |why: String| {
            Fault::unreadable(path, why).hint(
                "remove it, and make a new one with `grade plan EXERCISE DIR`; this draws new seeds, so that everybody is graded again",
            )
        };
        let file: Self =
            serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if !file.is_sound() {
            return Err(damaged(format!(
                "it is not a `{SCHEMA}` with seeds and a class"
            )));
        }
        Ok(Some(file))
    }

    /// Whether its parts fit together.
    fn is_sound(&self) -> bool {
        let Self {
            schema,
            plan,
            roster,
            sources,
            entries: _,
        } = self;
        let made_from = plan.made_from();
        let mut decided = plan.inputs().into_iter();
        schema == SCHEMA
            && plan.is_sound()
            && decided.all(|(name, value)| made_from.get(&name) == Some(&value))
            && roster.is_sound()
            && roster.ids.iter().all(|id| sources.contains_key(id))
    }

    /// Refuse it for another exercise than its own.
    pub(super) fn check_is_of(&self, exercise: &ExerciseId, path: &Path) -> Result<(), Fault> {
        if self.exercise() == exercise {
            return Ok(());
        }
        let message = format!(
            "failed to use the plan `{}` for `{exercise}`: it is of `{}`",
            path.display(),
            self.exercise()
        );
        Err(Fault::usage(message)
            .hint(format!("make a plan of `{exercise}` with `grade plan {exercise} DIR --out PLAN`, in another place")))
    }

    /// The plan of these `members`, as far as it is known before this machine has proven itself. What was `kept` of an
    /// earlier plan stays.
    pub(super) fn draw(
        kept: Option<Plan>,
        wishes: &Wishes<'_>,
        members: &Members,
        roster: Roster,
    ) -> Result<Self, Fault> {
        Ok(Self {
            schema: SCHEMA.to_owned(),
            plan: Plan::settle(kept, wishes)?,
            roster,
            sources: sources(members),
            entries: entries(members),
        })
    }

    /// Whether it is of this exercise and this class as they are now.
    ///
    /// # Errors
    /// There is no class, or the exercise cannot be read.
    pub fn is_of(
        &self,
        settings: &Settings,
        exercise: &Exercise,
        class: &Path,
    ) -> Result<bool, Fault> {
        let digest = grading::exercise_digest(settings, exercise)?;
        if self.exercise() != &exercise.id || self.plan.wall_limit(&digest).is_none() {
            return Ok(false);
        }
        let members = Members::find(exercise, settings, class, self.names()?.as_ref(), &[])?;
        Ok(sources(&members) == self.sources && entries(&members) == self.entries)
    }

    /// The names in the folder of the class that the plan does not know, in byte order, to be shown: who handed in after
    /// the class was planned is graded by nobody. Empty where the folder cannot be read. Nothing in it is opened.
    #[must_use]
    pub fn unknown(&self, class: &Path) -> Vec<String> {
        let below = PathBuf::from(&self.entries.below);
        let Ok(listed) = fs::read_dir(class.join(&below)) else {
            return Vec::new();
        };
        let planned: BTreeSet<OsString> = self
            .sources
            .values()
            .filter_map(|source| first_name(&PathBuf::from(&source.path), &below))
            .collect();
        let mut names: Vec<OsString> = listed
            .flatten()
            .map(|entry| entry.file_name())
            .filter(|name| !is_hidden(name) && !planned.contains(name))
            .filter(|name| !self.entries.others.contains(&Name::from(Path::new(name))))
            .collect();
        names.sort();
        let shown = names.iter().map(|name| name.to_string_lossy().into_owned());
        shown.collect()
    }

    /// How the names of the class are read, if the user said so.
    ///
    /// # Errors
    /// The plan is of another version of this program.
    pub fn names(&self) -> Result<Option<NamePattern>, Fault> {
        let names = self.plan.names().map(NamePattern::new).transpose();
        names.map_err(|error| {
            Fault::usage("failed to read how names are read in the plan")
                .because(error)
                .hint("make the plan again with `grade plan`")
        })
    }

    /// Write it. Under its name is the old plan or the whole new one.
    pub(super) fn write(&self, path: &Path) -> Result<(), Fault> {
        output_dir::write_file(path, &json(self)?)
    }

    /// The exercise.
    #[must_use]
    pub fn exercise(&self) -> &ExerciseId {
        &self.plan.exercise
    }

    /// How many submissions there are.
    #[must_use]
    pub fn size(&self) -> usize {
        self.roster.ids.len()
    }

    /// Whether a list of the class says who handed in.
    #[must_use]
    pub fn has_list(&self) -> bool {
        self.roster.has_list()
    }

    /// How well submissions are isolated, on every machine.
    ///
    /// # Errors
    /// The plan is of another version of this program.
    pub fn tier(&self) -> Result<Tier, Fault> {
        let tier = self.plan.made_from().get("isolation");
        tier.and_then(|tier| tier.parse().ok()).ok_or_else(|| {
            Fault::usage("failed to find the tier in the plan")
                .hint("make the plan again with `grade plan`")
        })
    }

    /// Refuse a folder in which submissions of the class are: outputs would be taken for submissions.
    pub(super) fn check_is_no_class(&self, out: &Path) -> Result<(), Fault> {
        let there = |source: &PlannedSource| {
            let path = PathBuf::from(&source.path);
            !path.as_os_str().is_empty() && out.join(path).symlink_metadata().is_ok()
        };
        let Some((id, _)) = self.sources.iter().find(|(_, source)| there(source)) else {
            return Ok(());
        };
        let message = format!("failed to write into `{}`", out.display());
        Err(output_dir::unsuitable(message).because(format!("the submission of `{id}` is in it")))
    }

    /// The class that a machine grades which has this shard, or the whole class.
    pub(super) fn part(
        &self,
        class: &Path,
        shard: Option<Shard>,
    ) -> Result<(Roster, Vec<Member>), Fault> {
        let roster = self
            .roster
            .part(|id| shard.is_none_or(|shard| shard.holds(id)));
        let members = roster.ids.iter().map(|id| self.member(class, id));
        let members = members.collect::<Result<_, Fault>>()?;
        Ok((roster, members))
    }

    fn member(&self, class: &Path, id: &SubmissionId) -> Result<Member, Fault> {
        let source = self.sources.get(id).and_then(|source| {
            let location = Location::new(class, PathBuf::from(&source.path));
            Source::of_kind(&source.kind, location)
        });
        let source = source.ok_or_else(|| {
            Fault::usage(format!("failed to find `{id}` in the plan"))
                .because("what was handed in is of a kind that this program does not know")
                .hint("make the plan again with `grade plan`")
        })?;
        let path = source.path();
        match fs::symlink_metadata(&path) {
            Ok(_) => {}
            // Whoever made it unreadable has a record that says so.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            Err(error) => {
                let message = format!("failed to find `{}`, which the plan names", path.display());
                return Err(Fault::usage(message).because(error).hint(
                    "name the folder of the class that the plan was made for, or make the plan again with `grade plan`",
                ));
            }
        }
        let id = id.clone();
        Ok(Member { id, source })
    }

    /// Refuse a machine on which records are made from something else than the plan says.
    pub(super) fn check(&self, here: &Inputs) -> Result<(), Fault> {
        let planned = self.plan.made_from();
        let differs = |fixed: &&Fixed| planned.get(fixed.name) != here.get(fixed.name);
        let Some(Fixed { name, what, remedy }) = FIXED.iter().find(differs) else {
            return Ok(());
        };
        let value = |inputs: &Inputs| inputs.get(*name).cloned().unwrap_or_default();
        let kind = match *name {
            "observer" => FaultKind::Sandbox,
            _ => FaultKind::Usage,
        };
        Err(Fault::new(
            kind,
            format!("failed to grade by the plan: {what} differs here"),
        )
        .because(format!(
            "the plan has {}, and this machine {}",
            value(planned),
            value(here)
        ))
        .hint(*remedy))
    }
}

/// What each of them handed in.
fn sources(members: &Members) -> BTreeMap<SubmissionId, PlannedSource> {
    let sources = members.each().map(|member| {
        let source = PlannedSource {
            kind: member.source.kind().to_owned(),
            path: member.source.location().below().into(),
        };
        (member.id, source)
    });
    sources.collect()
}

/// What was in the class's folder.
fn entries(members: &Members) -> Entries {
    let found = &members.class;
    let submitted: BTreeSet<OsString> = members
        .each()
        .filter_map(|member| first_name(member.source.location().below(), &found.below))
        .collect();
    let others = found.names.iter();
    let others = others.filter(|name| !is_hidden(name) && !submitted.contains(*name));
    Entries {
        below: found.below.as_path().into(),
        others: others.map(|name| Name::from(Path::new(name))).collect(),
    }
}

/// The name of the entry of the folder `below` in which a path is.
fn first_name(path: &Path, below: &Path) -> Option<OsString> {
    let rest = path.strip_prefix(below).ok()?;
    rest.iter().next().map(OsStr::to_owned)
}

/// What systems and editors leave; no submission has such a name.
fn is_hidden(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b".")
}

/// Something that a record is made from and that a plan fixes.
struct Fixed {
    /// Its name among the inputs.
    name: &'static str,
    what: &'static str,
    /// What to do if it differs on a machine.
    remedy: &'static str,
}

const FIXED: [Fixed; 6] = [
    Fixed {
        name: "exercise",
        what: "the exercise",
        remedy: "give every machine the same course; if the exercise was changed on purpose, make the plan again with `grade plan`",
    },
    Fixed {
        name: "crates",
        what: "the course's `grader.lock`",
        remedy: "give every machine the same course; if the crates were changed on purpose, make the plan again with `grade plan`",
    },
    Fixed {
        name: "toolchain",
        what: "the compiler",
        remedy: "give every machine the same version of Rust, such as by a `rust-toolchain.toml` in the course, or make the plan again where the right one is",
    },
    Fixed {
        name: "grader",
        what: "the program `grade` itself",
        remedy: "give every machine the same file of this program, such as on a shared file system or in an image, or make the plan again with this one",
    },
    Fixed {
        name: "isolation",
        what: "how submissions are isolated",
        remedy: "leave out `--isolation`, so that the tier of the plan holds, or make the plan again with `--isolation TIER`, for a tier that every machine has",
    },
    Fixed {
        name: "observer",
        what: "how reads are observed",
        remedy: "see `grade doctor` on this machine",
    },
];
