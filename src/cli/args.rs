//! The arguments as typed. Only `task` reads them, and fills in what is missing.

mod several;

use std::{ffi::OsString, num::NonZeroUsize, path::PathBuf};

use anstream::ColorChoice;
use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};

pub(super) use several::{MergeArgs, PlanArgs, SlurmArgs};

use crate::{
    batch::Shard,
    config::{Isolation, Overrides},
    course::SubmissionPattern,
    grading::ObserveRequest,
};
use gradebook::{NoPoints, Points};
use ids::Seed;
use intake::NamePattern;
use report::{Format, Separator};

/// Grade exercises in concurrent programming
///
/// `grade EXERCISE` builds the submission in exercises/EXERCISE, runs it on fresh data and says what is
/// wrong and what to try next.
#[derive(Debug, Parser)]
#[command(
    name = "grade",
    version,
    subcommand_precedence_over_arg = true,
    override_usage = "grade [OPTIONS] EXERCISE [PATH]\n       grade [OPTIONS] COMMAND",
    after_help = "Exit codes: 0 passed, 1 did not pass, 2 usage or configuration, 3 something was not \
                  graded, 4 the reference failed, 70 internal, 130 interrupted"
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) grade: GradeArgs,
    #[command(flatten)]
    pub(super) global: GlobalArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Grade again whenever a file of the submission is saved
    Watch(WatchArgs),
    /// Grade every submission in a folder; if it is stopped, the same command continues
    Batch(BatchArgs),
    /// Settle once what several machines share that grade one class: seeds, limits, and who is in it
    Plan(PlanArgs),
    /// Join the outputs of `grade batch --shard` of several machines
    Merge(MergeArgs),
    /// Write scripts by which Slurm grades a class on several machines, and perhaps submit them
    Slurm(SlurmArgs),
    /// Grade what a pull request changes, by the course of its base
    Ci(CiArgs),
    /// Make a report from the records of a batch, or from one record
    Report(ReportArgs),
    /// Write an exercise's data files, to try a program by hand
    Data(DataArgs),
    /// Show the exercises, and how far your work on each is
    List {
        /// How the list is written
        #[arg(long, value_name = "FORMAT", default_value_t, value_parser = list_formats())]
        format: Format,
    },
    /// Copy the starter of an exercise into a new folder
    New {
        /// The exercise
        #[arg(value_name = "EXERCISE")]
        exercise: String,
        /// The folder to write into; made if it is not there
        #[arg(value_name = "DIR")]
        dir: PathBuf,
    },
    /// Make an exercise: a sound one, to be changed
    NewExercise {
        /// Its name, and that of its folders
        #[arg(value_name = "ID")]
        id: String,
        /// Where its data come from
        #[arg(long, value_enum, value_name = "KIND", default_value_t = Kind::Files)]
        kind: Kind,
    },
    /// Say what a check asks, how it is measured, and what a mistake means
    Explain {
        /// A check, or a mistake that a report names [default: list all]
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
    /// Say what to look at next: one hint for what fails, and one more each time
    Hint(HintArgs),
    /// Prove that the exercises of the course are sound
    CheckExercises {
        /// The exercises [default: all]
        #[arg(value_name = "EXERCISE")]
        exercises: Vec<String>,
        /// Grade the example of each known mistake too, and see that it is recognised
        #[arg(long)]
        examples: bool,
    },
    /// Show what this machine can do, and prove it by attacks that must fail
    Doctor,
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Grade one submission.
#[derive(Debug, Args)]
pub(super) struct GradeArgs {
    /// The exercise
    #[arg(value_name = "EXERCISE")]
    pub(super) exercise: Option<String>,
    /// The submission: a folder or an archive [default: the exercise's own folder]
    #[arg(value_name = "PATH")]
    pub(super) path: Option<PathBuf>,
    /// Grade on this seed instead of fresh ones; may be given several times
    #[arg(long = "seed", value_name = "N", value_parser = parse_seed, allow_negative_numbers = true)]
    pub(super) seeds: Vec<Seed>,
    /// In which runs reads are observed: in `one`, drawn at random, in `all`, or in the one on this seed
    #[arg(long, value_name = "WHICH", default_value_t = ObserveRequest::One, value_parser = parse_observe)]
    pub(super) observe: ObserveRequest,
    /// Run it again on new data even if nothing changed since it was graded last
    #[arg(long)]
    pub(super) fresh: bool,
    /// Run it N more times on each seed, and tell how often the total was right
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) repeat: Option<u32>,
    /// Show everything that was seen, of checks that pass as well
    #[arg(long)]
    pub(super) details: bool,
    /// How the report is written [default: human]
    #[arg(long, value_name = "FORMAT", value_parser = formats())]
    pub(super) format: Option<Format>,
    /// Write the report to this file as well
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,
    /// Write reports in these formats as well, a file each
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', value_parser = formats())]
    pub(super) formats: Vec<Format>,
    /// The folder of the files that `--formats` writes [default: grade-report]
    #[arg(long, value_name = "DIR", requires = "formats")]
    pub(super) report_dir: Option<PathBuf>,
    /// Exit with 0 also if the submission does not pass
    #[arg(long)]
    pub(super) exit_zero: bool,
}

impl GradeArgs {
    /// What is typed to grade a folder, and nothing more.
    pub(super) fn plain(exercise: String, path: Option<PathBuf>) -> Self {
        Self {
            exercise: Some(exercise),
            path,
            seeds: Vec::new(),
            observe: ObserveRequest::One,
            fresh: false,
            repeat: None,
            details: false,
            format: None,
            report: None,
            formats: Vec::new(),
            report_dir: None,
            exit_zero: false,
        }
    }

    /// Whether an argument was typed that only grading has.
    pub(super) fn are_given(&self) -> bool {
        let Self {
            exercise,
            path,
            seeds,
            observe,
            fresh,
            repeat,
            details,
            format,
            report,
            formats,
            report_dir,
            exit_zero,
        } = self;
        exercise.is_some()
            || path.is_some()
            || !seeds.is_empty()
            || *observe != ObserveRequest::One
            || *fresh
            || repeat.is_some()
            || *details
            || format.is_some()
            || report.is_some()
            || !formats.is_empty()
            || report_dir.is_some()
            || *exit_zero
    }
}

#[derive(Debug, Args)]
pub(super) struct WatchArgs {
    /// The exercise
    #[arg(value_name = "EXERCISE")]
    pub(super) exercise: String,
    /// The submission's folder [default: the exercise's own folder]
    #[arg(value_name = "PATH")]
    pub(super) path: Option<PathBuf>,
    /// Grade on this seed instead of fresh ones; may be given several times
    #[arg(long = "seed", value_name = "N", value_parser = parse_seed, allow_negative_numbers = true)]
    pub(super) seeds: Vec<Seed>,
    /// In which runs reads are observed: in `one`, drawn at random, in `all`, or in the one on this seed
    #[arg(long, value_name = "WHICH", default_value_t = ObserveRequest::One, value_parser = parse_observe)]
    pub(super) observe: ObserveRequest,
}

#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that was typed"
)]
#[command(
    override_usage = "grade batch [OPTIONS] EXERCISE DIR\n       grade batch [OPTIONS] --all DIR"
)]
pub(super) struct BatchArgs {
    /// The exercise; with `--all`, the folder of submissions
    #[arg(value_name = "EXERCISE", required = true)]
    pub(super) exercise: Option<OsString>,
    /// The folder of submissions
    #[arg(value_name = "DIR", required_unless_present = "all")]
    pub(super) dir: Option<PathBuf>,
    /// Grade for all exercises of the course: a submission has a crate for each, or DIR a folder of each exercise's name
    #[arg(long)]
    pub(super) all: bool,
    /// Where records and gradebook go [default: DIR-grades, beside DIR]
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// How many are graded at a time [default: one for each core, and for 512 MiB of free memory]
    #[arg(long, value_name = "N", value_parser = parse_jobs)]
    pub(super) jobs: Option<NonZeroUsize>,
    /// Grade on this seed instead of fresh ones; may be given several times
    #[arg(long = "seed", value_name = "N", value_parser = parse_seed, allow_negative_numbers = true)]
    pub(super) seeds: Vec<Seed>,
    /// In which runs reads are observed: in `one`, drawn at random, in `all`, or in the one on this seed
    #[arg(long, value_name = "WHICH", default_value_t = ObserveRequest::One, value_parser = parse_observe)]
    pub(super) observe: ObserveRequest,
    /// Grade one part of the class: part K of N, from 0, by the plan of `grade plan`; its outputs go to OUT/shards
    #[arg(
        long,
        value_name = "K/N",
        help_heading = "Several machines",
        conflicts_with_all = [
            "all", "list", "seeds", "observe", "names", "roster", "fresh", "accept", "feedback", "formats", "delimiter"
        ]
    )]
    pub(super) shard: Option<Shard>,
    /// Grade by this plan [default with `--shard`: OUT/plan.json]
    #[arg(long, value_name = "FILE", help_heading = "Several machines")]
    #[arg(conflicts_with_all = ["all", "list", "seeds", "observe", "names", "roster", "fresh"])]
    pub(super) plan: Option<PathBuf>,
    /// Grade unchanged submissions again too; if it is stopped, the same command continues
    #[arg(long)]
    pub(super) fresh: bool,
    /// Print who is in the class and what is ignored, and grade nothing
    #[arg(long, conflicts_with_all = ["out", "jobs", "seeds", "fresh", "accept", "quiet"])]
    pub(super) list: bool,
    /// How names are read, where the system is not known: a regular expression with a group
    /// `(?<student>…)`, and perhaps `attempt` and `date`
    #[arg(long, value_name = "REGEX", value_parser = parse_names)]
    pub(super) names: Option<NamePattern>,
    /// A list of the class, which says whose each submission is: a CSV file with columns such as login, number, e-mail,
    /// name and group
    #[arg(long, value_name = "FILE")]
    pub(super) roster: Option<PathBuf>,
    /// Write what goes back to each student into this folder: a web page and a Markdown file
    #[arg(long, value_name = "DIR", conflicts_with = "list")]
    pub(super) feedback: Option<PathBuf>,
    /// What separates the cells of the gradebook: `,`, `;` or `tab` [default: ,]
    #[arg(long, value_name = "SIGN", conflicts_with = "list")]
    pub(super) delimiter: Option<Separator>,
    /// Accept the grades; later changes are reported against them
    #[arg(long)]
    pub(super) accept: bool,
    /// Print problems only
    #[arg(long)]
    pub(super) quiet: bool,
    /// What is written to standard output at the end
    #[arg(long, value_name = "FORMAT", default_value_t, value_parser = class_formats())]
    pub(super) format: Format,
    /// Write reports in these formats into the output folder as well, a file each
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', value_parser = class_formats())]
    pub(super) formats: Vec<Format>,
    /// Exit with 0 also if submissions do not pass
    #[arg(long)]
    pub(super) exit_zero: bool,
}

#[derive(Debug, Args)]
pub(super) struct CiArgs {
    /// The commit or branch that the pull request is to be merged into; its course is used
    #[arg(long, value_name = "REF")]
    pub(super) base: String,
    /// The commit of the pull request; its submissions are graded
    #[arg(long, value_name = "REF", default_value = "HEAD")]
    pub(super) head: String,
    /// Where submissions are, such as `students/{student}/{exercise}`, or `.` for the whole
    /// repository [default: as grader.toml says, or else the exercises' own folders]
    #[arg(long, value_name = "PATTERN", value_parser = parse_submissions)]
    pub(super) submissions: Option<SubmissionPattern>,
    /// The exercise, where no folder names it [default: the only one]
    #[arg(long, value_name = "ID")]
    pub(super) exercise: Option<String>,
    /// The student, where no folder names one [default: the exercise's name]
    #[arg(long, value_name = "NAME")]
    pub(super) student: Option<String>,
    /// Grade on this seed instead of fresh ones; may be given several times
    #[arg(long = "seed", value_name = "N", value_parser = parse_seed, allow_negative_numbers = true)]
    pub(super) seeds: Vec<Seed>,
    /// In which runs reads are observed: in `one`, drawn at random, in `all`, or in the one on this seed
    #[arg(long, value_name = "WHICH", default_value_t = ObserveRequest::One, value_parser = parse_observe)]
    pub(super) observe: ObserveRequest,
    /// How many are graded at a time [default: one for each core, and for 512 MiB of free memory]
    #[arg(long, value_name = "N", value_parser = parse_jobs)]
    pub(super) jobs: Option<NonZeroUsize>,
    /// Write reports in these formats, a folder for each exercise and a file for each format
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', value_parser = class_formats())]
    pub(super) formats: Vec<Format>,
    /// The folder of the reports that `--formats` writes [default: grade-report]
    #[arg(long, value_name = "DIR", requires = "formats")]
    pub(super) report_dir: Option<PathBuf>,
    /// Exit with 0 also if submissions do not pass
    #[arg(long)]
    pub(super) exit_zero: bool,
}

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// The folder that a batch wrote into, or one record
    #[arg(value_name = "DIR")]
    pub(super) path: PathBuf,
    /// How the report is written [default: human]
    #[arg(long, value_name = "FORMAT", value_parser = formats())]
    pub(super) format: Option<Format>,
    /// Write reports in these formats instead, a file each
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', value_parser = formats(), conflicts_with = "format")]
    pub(super) formats: Vec<Format>,
    /// The folder of the files that `--formats` writes [default: grade-report]
    #[arg(long, value_name = "DIR", requires = "formats")]
    pub(super) report_dir: Option<PathBuf>,
    /// A list of the class, which says whose each submission is: a CSV file with columns such as login, number, e-mail,
    /// name and group
    #[arg(long, value_name = "FILE")]
    pub(super) roster: Option<PathBuf>,
    /// Write what goes back to each student into this folder: a web page and a Markdown file
    #[arg(long, value_name = "DIR")]
    pub(super) feedback: Option<PathBuf>,
    /// What separates the cells of the gradebook: `,`, `;` or `tab` [default: ,]
    #[arg(long, value_name = "SIGN")]
    pub(super) delimiter: Option<Separator>,
    /// Put the grades into a copy of this file: a gradebook that Canvas exported
    #[arg(long, value_name = "FILE", help_heading = "Gradebooks")]
    pub(super) canvas: Option<PathBuf>,
    /// Put the grades into a copy of this file: the grading worksheet of a Moodle assignment
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "canvas",
        help_heading = "Gradebooks"
    )]
    pub(super) moodle: Option<PathBuf>,
    /// The assignment in the gradebook, by title or number [default: the one that is meant without doubt]
    #[arg(long, value_name = "NAME_OR_ID", help_heading = "Gradebooks")]
    pub(super) assignment: Option<String>,
    /// What full marks are worth in the gradebook [default: as many points as in the exercise]
    #[arg(long, value_name = "POINTS", value_parser = parse_points, allow_negative_numbers = true, help_heading = "Gradebooks")]
    pub(super) scale: Option<Points>,
    /// Where the gradebook with the grades goes; `-` is standard output [default: FILE-graded.csv]
    #[arg(long, value_name = "FILE", help_heading = "Gradebooks")]
    pub(super) merged: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct HintArgs {
    /// The exercise
    #[arg(value_name = "EXERCISE")]
    pub(super) exercise: String,
    /// The submission: a folder or an archive [default: the exercise's own folder]
    #[arg(value_name = "PATH")]
    pub(super) path: Option<PathBuf>,
    /// Show again what was shown so far, and no new hint
    #[arg(long)]
    pub(super) again: bool,
}

#[derive(Debug, Args)]
pub(super) struct DataArgs {
    /// The exercise
    #[arg(value_name = "EXERCISE")]
    pub(super) exercise: String,
    /// The folder to write into; made if it is not there
    #[arg(value_name = "DIR")]
    pub(super) dir: PathBuf,
    /// The seed that fixes the data
    #[arg(long, value_name = "N", default_value = "0", value_parser = parse_seed, allow_negative_numbers = true)]
    pub(super) seed: Seed,
}

#[derive(Debug, Args)]
pub(super) struct GlobalArgs {
    /// The course's folder [default: the nearest with a grader.toml]
    #[arg(long, value_name = "DIR", global = true, help_heading = "Everywhere")]
    course: Option<PathBuf>,
    /// Where temporary folders go [default: in memory, where that is possible]
    #[arg(long, value_name = "DIR", global = true, help_heading = "Everywhere")]
    temp_dir: Option<PathBuf>,
    /// The cache folder, for what is made once [default: ~/.cache/grade]
    #[arg(long, value_name = "DIR", global = true, help_heading = "Everywhere")]
    cache_dir: Option<PathBuf>,
    /// How well submissions are isolated: auto, full, confined, weak or none
    #[arg(
        long,
        value_name = "TIER",
        default_value_t = Isolation::Auto,
        value_parser = parse_isolation,
        global = true,
        help_heading = "Everywhere"
    )]
    pub(super) isolation: Isolation,
    /// When to use colour
    #[arg(
        long,
        value_enum,
        value_name = "WHEN",
        default_value_t = Color::Auto,
        global = true,
        help_heading = "Everywhere"
    )]
    pub(super) color: Color,
}

impl GlobalArgs {
    pub(super) fn overrides(&self) -> Overrides {
        Overrides {
            course: self.course.clone(),
            temp_dir: self.temp_dir.clone(),
            cache_dir: self.cache_dir.clone(),
        }
    }
}

/// Where the data of a new exercise come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Text files from templates, which take time to read
    Files,
    /// Files of whole numbers, and a total
    Numbers,
    /// Any files, also in folders, from a program of the course
    Program,
    /// A server, from which the program fetches pages
    Server,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// The formats of a submission's report, by name.
fn formats() -> impl TypedValueParser<Value = Format> {
    named(Format::ALL.to_vec())
}

/// The formats of a class's report, by name.
fn class_formats() -> impl TypedValueParser<Value = Format> {
    let formats = Format::ALL.into_iter();
    named(formats.filter(|format| format.is_for_class()).collect())
}

/// The formats of a list of exercises, by name.
fn list_formats() -> impl TypedValueParser<Value = Format> {
    named(vec![Format::Human, Format::Json])
}

fn named(formats: Vec<Format>) -> impl TypedValueParser<Value = Format> {
    let values = formats
        .into_iter()
        .map(|format| PossibleValue::new(format.name()).help(format.help()));
    PossibleValuesParser::new(values).try_map(|name| name.parse::<Format>())
}

fn parse_isolation(text: &str) -> Result<Isolation, String> {
    text.parse()
        .map_err(|_| "it is none of auto, full, confined, weak, none".to_owned())
}

fn parse_names(text: &str) -> Result<NamePattern, String> {
    NamePattern::new(text).map_err(|error| format!("the pattern {error}"))
}

fn parse_submissions(text: &str) -> Result<SubmissionPattern, String> {
    text.parse().map_err(|error| format!("the pattern {error}"))
}

fn parse_points(text: &str) -> Result<Points, String> {
    text.parse().map_err(|error: NoPoints| error.to_string())
}

fn parse_jobs(text: &str) -> Result<NonZeroUsize, String> {
    text.parse()
        .map_err(|_| "it is a whole number, at least 1".to_owned())
}

fn parse_observe(text: &str) -> Result<ObserveRequest, String> {
    text.parse()
}

fn parse_seed(text: &str) -> Result<Seed, String> {
    text.parse().map_err(|error| format!("it {error}"))
}
