//! The arguments of what several machines do that grade one class.

use std::{num::NonZeroU32, path::PathBuf};

use clap::Args;

use super::{class_formats, parse_names, parse_observe, parse_seed};
use crate::grading::ObserveRequest;
use ids::Seed;
use intake::NamePattern;
use report::{Format, Separator};

#[derive(Debug, Args)]
pub(in crate::cli) struct PlanArgs {
    /// The exercise
    #[arg(value_name = "EXERCISE")]
    pub(in crate::cli) exercise: String,
    /// The folder of submissions
    #[arg(value_name = "DIR")]
    pub(in crate::cli) dir: PathBuf,
    /// Where the plan goes: a file that ends in .json, or the folder of the outputs [default: DIR-grades/plan.json]
    #[arg(long, value_name = "PLAN")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// Grade on this seed instead of fresh ones; may be given several times
    #[arg(long = "seed", value_name = "N", value_parser = parse_seed, allow_negative_numbers = true)]
    pub(in crate::cli) seeds: Vec<Seed>,
    /// In which runs reads are observed: in `one`, drawn at random, in `all`, or in the one on this seed
    #[arg(long, value_name = "WHICH", default_value_t = ObserveRequest::One, value_parser = parse_observe)]
    pub(in crate::cli) observe: ObserveRequest,
    /// How names are read, where the system is not known: a regular expression with a group
    /// `(?<student>…)`, and perhaps `attempt` and `date`
    #[arg(long, value_name = "REGEX", value_parser = parse_names)]
    pub(in crate::cli) names: Option<NamePattern>,
    /// A list of the class, which says whose each submission is: a CSV file with columns such as login, number, e-mail,
    /// name and group
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) roster: Option<PathBuf>,
    /// Let unchanged submissions be graded again too
    #[arg(long)]
    pub(in crate::cli) fresh: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct MergeArgs {
    /// The folder of a shard, or a folder that has several: `grade merge OUT --out OUT` merges all that are in OUT/shards
    #[arg(value_name = "SHARD", required = true)]
    pub(in crate::cli) shards: Vec<PathBuf>,
    /// Where the outputs of the whole class go
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: PathBuf,
    /// The plan that the shards follow [default: OUT/plan.json]
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) plan: Option<PathBuf>,
    /// Accept the grades; later changes are reported against them
    #[arg(long)]
    pub(in crate::cli) accept: bool,
    /// Write what goes back to each student into this folder: a web page and a Markdown file
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) feedback: Option<PathBuf>,
    /// What separates the cells of the gradebook: `,`, `;` or `tab` [default: ,]
    #[arg(long, value_name = "SIGN")]
    pub(in crate::cli) delimiter: Option<Separator>,
    /// What is written to standard output at the end
    #[arg(long, value_name = "FORMAT", default_value_t, value_parser = class_formats())]
    pub(in crate::cli) format: Format,
    /// Write reports in these formats into the output folder as well, a file each
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', value_parser = class_formats())]
    pub(in crate::cli) formats: Vec<Format>,
    /// Exit with 0 also if submissions do not pass
    #[arg(long)]
    pub(in crate::cli) exit_zero: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SlurmArgs {
    /// The exercise
    #[arg(value_name = "EXERCISE")]
    pub(in crate::cli) exercise: String,
    /// The folder of submissions
    #[arg(value_name = "DIR")]
    pub(in crate::cli) dir: PathBuf,
    /// Where records and gradebook go; the scripts are in OUT/slurm [default: DIR-grades, beside DIR]
    #[arg(long, value_name = "OUT")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// How many parts the class is graded in, each by a task of a job array
    #[arg(long, value_name = "N")]
    pub(in crate::cli) shards: NonZeroU32,
    /// Submit the scripts
    #[arg(long)]
    pub(in crate::cli) submit: bool,
    /// A folder on the nodes' own disks, for what is compiled [default: `$SLURM_TMPDIR`, `$TMPDIR` or /tmp of the job]
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) scratch: Option<PathBuf>,
    /// Options of sbatch for the jobs, such as `--partition=NAME --time=1:00:00 --cpus-per-task=4`
    #[arg(last = true, value_name = "SBATCH ARGS")]
    pub(in crate::cli) options: Vec<String>,
}
