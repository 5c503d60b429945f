//! What is to be done, settled: the arguments as typed, with settings and defaults filled in.
//!
//! A task has every value that its command needs, so no command looks up a default.

mod all;
mod course;
mod replay;
mod several;
mod slurm;
mod student;
mod watch;

use std::{
    ffi::OsString,
    fs,
    num::NonZeroUsize,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

pub(super) use self::{
    all::BatchAll,
    course::{CheckExercises, NewExercise},
    replay::Replay,
    several::{BatchShare, Merge, Plan},
    slurm::Slurm,
    student::{Explain, Hint, List, New},
    watch::Watch,
};
use super::{
    args::{BatchArgs, CiArgs, Cli, Command, DataArgs, GlobalArgs, GradeArgs, ReportArgs},
    mistyped::{late_command, nearly_a_command},
};
use crate::{
    batch,
    config::{Author, Isolation, IsolationDemand, Overrides, Settings},
    course::{Course, Exercise, SubmissionPattern},
    fault::Fault,
    grading::{self, ObserveRequest, RunPlan},
};
use ids::{ExerciseId, Seed};
use report::{Format, Separator};

/// Where reports in several formats go, if nobody says so.
const REPORTS: &str = "grade-report";

/// What is to be done.
pub(super) enum Task {
    Grade(Box<Grade>),
    Watch(Box<Watch>),
    Batch(Box<Batch>),
    BatchAll(Box<BatchAll>),
    Plan(Box<Plan>),
    Merge(Box<Merge>),
    Slurm(Box<Slurm>),
    Ci(Box<Ci>),
    Report(Report),
    Data(Box<Data>),
    List(List),
    New(Box<New>),
    Explain(Explain),
    Hint(Box<Hint>),
    CheckExercises(CheckExercises),
    NewExercise(Box<NewExercise>),
    Doctor(Doctor),
    Completions(clap_complete::Shell),
    Man,
}

/// Grade one submission.
pub(super) struct Grade {
    pub(super) settings: Settings,
    pub(super) isolation: IsolationDemand,
    pub(super) exercise: Exercise,
    /// The submission's folder, or its archive.
    pub(super) folder: PathBuf,
    /// The seeds that were typed.
    pub(super) seeds: Vec<Seed>,
    /// Which runs are to be observed.
    pub(super) observe: ObserveRequest,
    /// All seeds, the fresh ones drawn, and which runs are observed.
    pub(super) plan: RunPlan,
    /// Whether it runs even if nothing changed.
    pub(super) fresh: bool,
    /// How often it runs again on each dataset.
    pub(super) repeat: u32,
    /// Whether the report shows everything.
    pub(super) is_detailed: bool,
    /// The crate in the current folder, if it is another one than the submission and no submission was named.
    pub(super) elsewhere: Option<PathBuf>,
    pub(super) format: Format,
    /// The file that gets the report as well, if one does.
    pub(super) report: Option<PathBuf>,
    /// The reports that are written besides, if any are.
    pub(super) reports: Option<Reports>,
    /// The file of the job's summary, if the report belongs there as well.
    pub(super) step_summary: Option<PathBuf>,
    /// The root of the repository, as whoever reads the report knows it.
    pub(super) root: PathBuf,
    /// Whether a submission that does not pass is no failure of this program.
    pub(super) exit_zero: bool,
    /// The command that does the same again, from the same folder, but for seeds and observed runs.
    pub(super) replay: Replay,
}

/// Grade a class.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that was typed"
)]
pub(super) struct Batch {
    pub(super) settings: Settings,
    pub(super) isolation: IsolationDemand,
    pub(super) exercise: Exercise,
    /// The folder of submissions.
    pub(super) class: PathBuf,
    /// The exercises of which each submission may have crates; empty if the class is of this one alone.
    pub(super) among: Vec<ExerciseId>,
    /// Where records and gradebook go.
    pub(super) out: PathBuf,
    /// The same folder as a person knows it.
    pub(super) shown_out: PathBuf,
    pub(super) jobs: NonZeroUsize,
    /// The seeds that were typed; none means those of the output folder, or fresh ones.
    pub(super) seeds: Vec<Seed>,
    /// Which runs are to be observed.
    pub(super) observe: ObserveRequest,
    /// The plan that is followed, and the part of the class, if there are.
    pub(super) share: Option<BatchShare>,
    /// Whether the class is listed and not graded.
    pub(super) list: bool,
    /// How names are read.
    pub(super) names: Option<intake::NamePattern>,
    /// The list of the class, if there is one.
    pub(super) roster: Option<PathBuf>,
    /// The folder of what goes back to students, if it is wanted.
    pub(super) feedback: Option<PathBuf>,
    /// What separates the cells of the gradebook.
    pub(super) separator: Separator,
    pub(super) fresh: bool,
    pub(super) accept: bool,
    pub(super) quiet: bool,
    pub(super) format: Format,
    /// The reports that are written into the output folder besides.
    pub(super) formats: Vec<Format>,
    /// The file of the job's summary, if the report belongs there as well.
    pub(super) step_summary: Option<PathBuf>,
    /// Whether submissions that do not pass are no failure of this program.
    pub(super) exit_zero: bool,
}

/// Grade what a pull request changes. The course is that of the base, so its settings are read when it was found.
pub(super) struct Ci {
    /// What was typed, or is in the environment, for the settings; paths are absolute.
    pub(super) overrides: Overrides,
    pub(super) isolation: Isolation,
    /// A folder of the repository.
    pub(super) here: PathBuf,
    pub(super) base: String,
    pub(super) head: String,
    pub(super) submissions: Option<SubmissionPattern>,
    pub(super) exercise: Option<String>,
    pub(super) student: Option<String>,
    pub(super) seeds: Vec<Seed>,
    pub(super) observe: ObserveRequest,
    pub(super) jobs: Option<NonZeroUsize>,
    /// The reports that are written, if any are.
    pub(super) reports: Option<Reports>,
    /// Whether annotations are printed: the log is one of GitHub Actions.
    pub(super) is_github: bool,
    /// The file of the job's summary, if there is one.
    pub(super) step_summary: Option<PathBuf>,
    pub(super) exit_zero: bool,
}

/// Make a report of a batch or of one record.
pub(super) struct Report {
    pub(super) path: PathBuf,
    /// The report; none where only another file was asked for.
    pub(super) form: Option<ReportForm>,
    /// The list of the class, if there is one.
    pub(super) roster: Option<PathBuf>,
    /// The gradebook that gets the grades, if one does.
    pub(super) gradebook: Option<Gradebook>,
    /// The folder of what goes back to students, if it is wanted.
    pub(super) feedback: Option<PathBuf>,
    /// What separates the cells of the gradebook.
    pub(super) separator: Separator,
}

/// Put grades into a gradebook of another system.
pub(super) struct Gradebook {
    pub(super) system: gradebook::System,
    /// The file as it was downloaded.
    pub(super) file: PathBuf,
    pub(super) assignment: Option<String>,
    pub(super) scale: Option<gradebook::Points>,
    /// Where the merged file goes; none is standard output.
    pub(super) to: Option<PathBuf>,
}

/// What becomes of a report.
pub(super) enum ReportForm {
    /// It is printed, and perhaps it belongs into the file of a job's summary as well.
    Printed(Format, Option<PathBuf>),
    /// Files are written.
    Files(Reports),
}

/// Reports in several formats, a file each.
pub(super) struct Reports {
    pub(super) formats: Vec<Format>,
    /// The folder of the files. It may be missing.
    pub(super) folder: PathBuf,
    /// The same folder as a person knows it.
    pub(super) shown: PathBuf,
}

/// Write an exercise's data files.
pub(super) struct Data {
    pub(super) exercise: Exercise,
    /// The folder to write into.
    pub(super) dir: PathBuf,
    /// The same folder as typed.
    pub(super) shown_dir: PathBuf,
    pub(super) seed: Seed,
    /// For data that a program of the course makes.
    pub(super) settings: Settings,
    pub(super) isolation: IsolationDemand,
}

/// Report what this machine can do.
pub(super) struct Doctor {
    pub(super) settings: Settings,
    pub(super) isolation: Isolation,
}

impl Task {
    /// What was typed, settled. `here` is the folder in which relative paths start; `env` looks up a variable.
    pub(super) fn settle(
        cli: Cli,
        here: &Path,
        env: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Fault> {
        let typed = Typed {
            global: cli.global,
            here,
            env,
        };
        let Some(command) = cli.command else {
            return Ok(Self::Grade(Box::new(typed.grade(cli.grade)?)));
        };
        if cli.grade.are_given() {
            return Err(late_command());
        }
        Ok(match command {
            Command::Watch(args) => Self::Watch(Box::new(typed.watch(args)?)),
            Command::Batch(mut args) => match args.exercise.take() {
                Some(dir) if args.all => Self::BatchAll(Box::new(typed.batch_all(&dir, args)?)),
                exercise => Self::Batch(Box::new(typed.batch(exercise, args)?)),
            },
            Command::Plan(args) => Self::Plan(Box::new(typed.plan(args)?)),
            Command::Merge(args) => Self::Merge(Box::new(typed.merge(args))),
            Command::Slurm(args) => Self::Slurm(Box::new(typed.slurm(args)?)),
            Command::Ci(args) => Self::Ci(Box::new(typed.ci(args))),
            Command::Report(args) => Self::Report(typed.report(args)?),
            Command::Data(args) => Self::Data(Box::new(typed.data(args)?)),
            Command::List { format } => Self::List(typed.list(format)?),
            Command::New { exercise, dir } => Self::New(Box::new(typed.starter(&exercise, dir)?)),
            Command::Explain { name } => Self::Explain(typed.explain(name)),
            Command::Hint(args) => Self::Hint(Box::new(typed.hint(args)?)),
            Command::CheckExercises {
                exercises,
                examples,
            } => Self::CheckExercises(typed.check_exercises(exercises, examples)?),
            Command::NewExercise { id, kind } => {
                Self::NewExercise(Box::new(typed.new_exercise(id, kind)?))
            }
            Command::Doctor => Self::Doctor(Doctor {
                settings: typed.settings()?,
                isolation: typed.global.isolation,
            }),
            Command::Completions { shell } => Self::Completions(shell),
            Command::Man => Self::Man,
        })
    }

    /// Where temporary folders go, if the user named a folder.
    pub(super) fn temp_dir(&self) -> Option<&Path> {
        match self {
            Self::Grade(task) => task.settings.temp_dir.as_deref(),
            Self::Hint(task) => task.grade.settings.temp_dir.as_deref(),
            Self::Watch(task) => task.settings.temp_dir.as_deref(),
            Self::Batch(task) => task.settings.temp_dir.as_deref(),
            Self::BatchAll(task) => task.settings.temp_dir.as_deref(),
            Self::Plan(task) => task.settings.temp_dir.as_deref(),
            Self::Slurm(task) => task.settings.temp_dir.as_deref(),
            Self::Ci(task) => task.overrides.temp_dir.as_deref(),
            Self::Data(task) => task.settings.temp_dir.as_deref(),
            Self::CheckExercises(task) => task.settings.temp_dir.as_deref(),
            Self::Doctor(task) => task.settings.temp_dir.as_deref(),
            Self::Report(_)
            | Self::Merge(_)
            | Self::List(_)
            | Self::New(_)
            | Self::NewExercise(_)
            | Self::Explain(_)
            | Self::Completions(_)
            | Self::Man => None,
        }
    }
}

/// The arguments and the environment that every command may use.
struct Typed<'a> {
    global: GlobalArgs,
    here: &'a Path,
    env: &'a dyn Fn(&str) -> Option<OsString>,
}

impl Typed<'_> {
    fn settings(&self) -> Result<Settings, Fault> {
        let settings = Settings::resolve(self.global.overrides(), self.here, self.env)?;
        if let Some(folder) = &settings.temp_dir
            && !folder.is_dir()
        {
            let message = format!("failed to use `{}` as temporary folder", folder.display());
            return Err(Fault::usage(message)
                .because("there is no such folder")
                .hint("make it, or name another with `--temp-dir DIR`, best on tmpfs"));
        }
        Ok(settings)
    }

    fn isolation(&self, settings: &Settings, author: Author) -> IsolationDemand {
        let policy = settings.course.isolation;
        IsolationDemand::resolve(self.global.isolation, policy, author, self.env)
    }

    fn grade(&self, args: GradeArgs) -> Result<Grade, Fault> {
        let settings = self.settings()?;
        let Some(name) = args.exercise else {
            return Err(no_exercise(&settings.course)?);
        };
        let exercise = match settings.course.exercise(&name) {
            Ok(exercise) => exercise,
            Err(error) => {
                let exercises = settings.course.exercise_ids()?;
                return Err(nearly_a_command(&name, &exercises).unwrap_or_else(|| error.into()));
            }
        };
        let seeds = grading::seeds(&exercise.seeds, &args.seeds, &[])?;
        let observe = grading::observe(args.observe, &exercise.seeds, &seeds, None)?;
        let plan = RunPlan { seeds, observe };
        let replay = Replay {
            exercise: name,
            path: args.path.clone(),
            course: self.global.overrides().course,
        };
        let elsewhere = match args.path {
            Some(_) => None,
            None => crate_at(self.here, &settings.course, &exercise.starter),
        };
        let path = args.path.map(|path| self.here.join(path));
        let folder = path.unwrap_or_else(|| exercise.starter.clone());
        let format = args.format.unwrap_or_default();
        Ok(Grade {
            isolation: self.isolation(&settings, Author::Own),
            settings,
            exercise,
            folder,
            seeds: args.seeds,
            observe: args.observe,
            plan,
            fresh: args.fresh,
            repeat: args.repeat.unwrap_or(0),
            is_detailed: args.details,
            elsewhere,
            format,
            report: args.report,
            reports: self.reports(args.formats, args.report_dir),
            step_summary: self.step_summary(format),
            root: match self.variable("GITHUB_WORKSPACE") {
                Some(root) => self.here.join(root),
                None => self.here.to_path_buf(),
            },
            exit_zero: args.exit_zero,
            replay,
        })
    }

    fn batch(&self, exercise: Option<OsString>, args: BatchArgs) -> Result<Batch, Fault> {
        let settings = self.settings()?;
        let exercise = exercise.unwrap_or_default();
        let exercise = settings.course.exercise(&exercise.to_string_lossy())?;
        let shown_class = args.dir.unwrap_or_default();
        let class = self.here.join(&shown_class);
        let shown_out = args.out.unwrap_or_else(|| batch::default_out(&class));
        let shown = (&exercise.id, &*shown_class);
        let share = self.share(shown, args.plan, args.shard, &shown_out);
        Ok(Batch {
            share,
            isolation: self.isolation(&settings, Author::Others),
            jobs: args
                .jobs
                .unwrap_or_else(|| batch::default_jobs(&exercise.run_limits)),
            settings,
            exercise,
            class,
            among: Vec::new(),
            out: self.here.join(&shown_out),
            shown_out,
            seeds: args.seeds,
            observe: args.observe,
            list: args.list,
            names: args.names,
            roster: args.roster.map(|file| self.here.join(file)),
            feedback: args.feedback.map(|folder| self.here.join(folder)),
            separator: args.delimiter.unwrap_or_default(),
            fresh: args.fresh,
            accept: args.accept,
            quiet: args.quiet,
            format: args.format,
            formats: args.formats,
            step_summary: self.step_summary(args.format),
            exit_zero: args.exit_zero,
        })
    }

    fn ci(&self, args: CiArgs) -> Ci {
        let named = |typed: Option<PathBuf>, variable: &str| {
            let path = typed.or_else(|| self.variable(variable).map(PathBuf::from));
            path.map(|path| self.here.join(path))
        };
        let typed = self.global.overrides();
        Ci {
            overrides: Overrides {
                course: named(typed.course, "GRADE_COURSE"),
                temp_dir: named(typed.temp_dir, "GRADE_TEMP_DIR"),
                cache_dir: named(typed.cache_dir, "GRADE_CACHE_DIR"),
            },
            isolation: self.global.isolation,
            here: self.here.to_path_buf(),
            base: args.base,
            head: args.head,
            submissions: args.submissions,
            exercise: args.exercise,
            student: args.student,
            seeds: args.seeds,
            observe: args.observe,
            jobs: args.jobs,
            reports: self.reports(args.formats, args.report_dir),
            is_github: self.variable("GITHUB_ACTIONS").is_some(),
            step_summary: self.step_summary(Format::Github),
            exit_zero: args.exit_zero,
        }
    }

    fn report(&self, mut args: ReportArgs) -> Result<Report, Fault> {
        let gradebook = self.gradebook(&mut args)?;
        let reports = self.reports(args.formats, args.report_dir);
        let form = match (reports, args.format) {
            (Some(reports), _) => Some(ReportForm::Files(reports)),
            (None, Some(format)) => Some(self.printed(format)),
            (None, None) if gradebook.is_some() || args.feedback.is_some() => None,
            (None, None) => Some(self.printed(Format::default())),
        };
        let prints = matches!(form, Some(ReportForm::Printed(..)));
        if prints && gradebook.as_ref().is_some_and(|book| book.to.is_none()) {
            return Err(Fault::usage(
                "failed to print a report and a gradebook to standard output",
            )
            .hint("write the gradebook to a file with `--merged FILE`"));
        }
        Ok(Report {
            path: self.here.join(args.path),
            form,
            roster: args.roster.map(|file| self.here.join(file)),
            gradebook,
            feedback: args.feedback.map(|folder| self.here.join(folder)),
            separator: args.delimiter.unwrap_or_default(),
        })
    }

    fn printed(&self, format: Format) -> ReportForm {
        ReportForm::Printed(format, self.step_summary(format))
    }

    fn gradebook(&self, args: &mut ReportArgs) -> Result<Option<Gradebook>, Fault> {
        let (system, file) = match (args.canvas.take(), args.moodle.take()) {
            (Some(file), _) => (gradebook::System::Canvas, file),
            (None, Some(file)) => (gradebook::System::Moodle, file),
            (None, None) => {
                let flags = [
                    ("--scale", args.scale.is_some()),
                    ("--merged", args.merged.is_some()),
                    ("--assignment", args.assignment.is_some()),
                ];
                let Some((flag, _)) = flags.iter().find(|(_, is_given)| *is_given) else {
                    return Ok(None);
                };
                let message = format!("failed to use `{flag}` without a gradebook");
                return Err(
                    Fault::usage(message).hint("name one with `--canvas FILE` or `--moodle FILE`")
                );
            }
        };
        if system == gradebook::System::Moodle && args.assignment.is_some() {
            return Err(
                Fault::usage("failed to use `--assignment` with `--moodle`")
                    .because("a grading worksheet of Moodle is of one assignment")
                    .hint("leave out `--assignment`, and name the worksheet of the assignment that is meant"),
            );
        }
        let file = self.here.join(file);
        let to = match args.merged.take() {
            Some(to) if to.as_os_str() == "-" => None,
            Some(to) => Some(self.here.join(to)),
            None => {
                let mut name = file.file_stem().unwrap_or_default().to_owned();
                name.push("-graded.csv");
                Some(file.with_file_name(name))
            }
        };
        Ok(Some(Gradebook {
            system,
            file,
            assignment: args.assignment.take(),
            scale: args.scale,
            to,
        }))
    }

    /// A variable that is set and not empty.
    fn variable(&self, name: &str) -> Option<OsString> {
        (self.env)(name).filter(|value| !value.is_empty())
    }

    /// GitHub Actions has a file for the summary of a job, beside the annotations in the log.
    fn step_summary(&self, format: Format) -> Option<PathBuf> {
        let path = self.variable("GITHUB_STEP_SUMMARY");
        path.filter(|_| format == Format::Github)
            .map(|path| self.here.join(path))
    }

    fn reports(&self, formats: Vec<Format>, folder: Option<PathBuf>) -> Option<Reports> {
        let shown = folder.unwrap_or_else(|| REPORTS.into());
        (!formats.is_empty()).then(|| Reports {
            formats,
            folder: self.here.join(&shown),
            shown,
        })
    }

    fn data(&self, args: DataArgs) -> Result<Data, Fault> {
        let settings = self.settings()?;
        Ok(Data {
            exercise: settings.course.exercise(&args.exercise)?,
            dir: self.here.join(&args.dir),
            shown_dir: args.dir,
            seed: args.seed,
            isolation: self.isolation(&settings, Author::Own),
            settings,
        })
    }
}

/// The crate in the folder `here` or around it, if it is neither the course itself nor `graded`: somebody who types no path
/// there may mean this one.
fn crate_at(here: &Path, course: &Course, graded: &Path) -> Option<PathBuf> {
    let mut folders = here.ancestors();
    let found = folders.find(|folder| folder.join("Cargo.toml").is_file())?;
    let identity = |path: &Path| {
        let found = fs::metadata(path).ok()?;
        Some((found.dev(), found.ino()))
    };
    let here = identity(found)?;
    let is_known = [&course.root, graded].map(identity).contains(&Some(here));
    (found.join("src").is_dir() && !is_known).then(|| found.to_path_buf())
}

/// The fault of a grading without an exercise.
fn no_exercise(course: &Course) -> Result<Fault, Fault> {
    let ids = course.exercise_ids()?;
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    Ok(Fault::usage("no exercise was named").hint(format!(
        "try `grade EXERCISE` with one of: {}; or `grade --help`",
        ids.join(", ")
    )))
}
