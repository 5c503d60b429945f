//! The command line: arguments, progress, and all printing.
//!
//! Standard output carries the report, standard error progress and diagnostics. Holds no rules of the
//! domain: it puts other rooms together and maps what they return to text and an exit code.

#![expect(clippy::print_stderr, reason = "all printing is here")]

mod args;
mod batch;
mod batch_progress;
mod check_exercises;
mod data;
mod doctor;
mod exit_code;
mod grade;
mod mistyped;
mod output;
mod progress;
mod report;
mod spinner;

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    process,
};

use clap::{ArgMatches, CommandFactory as _, Parser as _};

use self::{
    args::{Cli, Color, Command},
    exit_code::ExitCode,
    output::Output,
};
use crate::{
    config::{self, Isolation, Overrides, Settings},
    fault::{Fault, FaultKind},
};
use ids::ExerciseId;
use sandbox::{Cancellation, Sandbox};

/// Run the program with this process's arguments.
#[must_use]
pub fn main() -> process::ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let typed: Vec<String> = env::args_os()
                .skip(1)
                .map(|argument| argument.to_string_lossy().into_owned())
                .collect();
            let Some(fault) = mistyped::misread(&typed, &error, exercises) else {
                error.exit()
            };
            Output::new(Color::Auto).fault(&fault);
            return ExitCode::of_fault(fault.kind).into();
        }
    };
    // What this process makes can be read by the users that jobs run as.
    fs_scratch::umask::replace(0o022);
    sandbox::set_not_dumpable();
    let cancellation = match Cancellation::on_signals() {
        Ok(cancellation) => cancellation,
        Err(error) => {
            eprintln!("error: failed to listen for signals: {error}");
            return ExitCode::Internal.into();
        }
    };
    let app = App {
        output: Output::new(cli.global.color),
        isolation: cli.global.isolation,
        cancellation,
    };
    let code = catch_unwind(AssertUnwindSafe(|| app.run(cli))).unwrap_or_else(|_| {
        eprintln!("  hint: this is a mistake in grade; please report what you did");
        Ok(ExitCode::Internal)
    });
    let code = code.unwrap_or_else(|fault| {
        app.output.fault(&fault);
        ExitCode::of_fault(fault.kind)
    });
    if code == ExitCode::Interrupted
        && let Some(signal) = app.cancellation.signal()
    {
        // Die of the signal that we were sent, so that a shell loop around us ends as well.
        let _ = signal_hook::low_level::emulate_default_handler(signal);
    }
    code.into()
}

/// What every command needs.
struct App {
    output: Output,
    isolation: Isolation,
    cancellation: Cancellation,
}

impl App {
    fn run(&self, cli: Cli) -> Result<ExitCode, Fault> {
        let here = env::current_dir()
            .map_err(|error| Fault::usage("failed to find the current folder").because(error))?;
        let overrides = cli.global.overrides();
        let settings = || -> Result<Settings, Fault> {
            let settings = Settings::resolve(overrides, &here, |name| env::var_os(name))?;
            if let Some(place) = &settings.temp_dir {
                if !place.is_dir() {
                    let message =
                        format!("failed to use `{}` as temporary folder", place.display());
                    return Err(Fault::usage(message)
                        .because("there is no such folder")
                        .hint("make it, or name another with `--temp-dir DIR`, best on tmpfs"));
                }
                // Asked for once, so nobody was before us.
                let _ = tempfile::env::override_temp_dir(place);
            }
            Ok(settings)
        };
        if cli.command.is_some() && cli.grade.are_given() {
            return Err(mistyped::late_command());
        }
        match cli.command {
            None => self.grade(&settings()?, &here, &cli.grade, cli.global.course()),
            Some(Command::Batch(args)) => self.batch(&settings()?, &here, &args),
            Some(Command::Report(args)) => self.report(&here, &args),
            Some(Command::Data(args)) => data::run(&settings()?, &here, &args, &self.output),
            Some(Command::CheckExercises) => self.check_exercises(&settings()?),
            Some(Command::Doctor) => self.doctor(&settings()?),
            Some(Command::Completions { shell }) => {
                let mut text = Vec::new();
                clap_complete::generate(shell, &mut Cli::command(), "grade", &mut text);
                self.output.report(&String::from_utf8_lossy(&text))?;
                Ok(ExitCode::Passed)
            }
            Some(Command::Man) => {
                let mut text = Vec::new();
                clap_mangen::Man::new(Cli::command())
                    .render(&mut text)
                    .map_err(|error| {
                        Fault::new(FaultKind::Internal, "failed to write the manual").because(error)
                    })?;
                self.output.report(&String::from_utf8_lossy(&text))?;
                Ok(ExitCode::Passed)
            }
        }
    }

    /// A sandbox as the user wishes it, or as good as it can be had here, but never below what the
    /// course demands of other people's code.
    fn sandbox(&self, settings: &Settings, whose: Whose) -> Result<Sandbox, Fault> {
        let this = this_program()?;
        let support = sandbox::probe(&this)?;
        let tier = self.isolation.tier(&support);
        if self.isolation == Isolation::Auto {
            let policy = settings.course.isolation;
            // In CI the code is somebody else's.
            let in_ci = env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false");
            config::require(
                &support,
                tier,
                if whose == Whose::Others || in_ci {
                    policy.batch
                } else {
                    policy.interactive
                },
            )?;
        }
        Ok(Sandbox::new(&support, tier, self.cancellation.clone())?)
    }
}

/// The exercises of the course that the arguments or the environment name, as far as they can be read.
fn exercises(read: &ArgMatches) -> Vec<ExerciseId> {
    let overrides = Overrides {
        course: read.get_one("course").cloned(),
        ..Overrides::default()
    };
    let ids = || {
        let here = env::current_dir().ok()?;
        let settings = Settings::resolve(overrides, &here, |name| env::var_os(name)).ok()?;
        settings.course.exercise_ids().ok()
    };
    ids().unwrap_or_default()
}

/// Whose code is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// That of whoever started us, as far as we know.
    Own,
    /// That of others, as in a class.
    Others,
}

/// The file of this program, which is its own supervisor.
fn this_program() -> Result<PathBuf, Fault> {
    env::current_exe().map_err(|error| {
        Fault::new(FaultKind::Sandbox, "failed to find this program's own file").because(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::RESERVED_NAMES;

    #[test]
    fn arguments_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_subcommand_is_a_reserved_name() {
        for command in Cli::command().get_subcommands() {
            assert!(
                RESERVED_NAMES.contains(&command.get_name()),
                "{}",
                command.get_name()
            );
        }
    }

    #[test]
    fn help_starts_with_a_capital_and_has_no_full_stop() {
        let command = Cli::command();
        let subcommands: Vec<_> = command.get_subcommands().collect();
        assert!(!subcommands.is_empty());
        for command in subcommands.into_iter().chain([&command]) {
            for argument in command
                .get_arguments()
                .filter(|argument| !argument.is_hide_set())
            {
                let help = argument
                    .get_help()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                let id = argument.get_id();
                assert!(help.starts_with(char::is_uppercase), "{id}: {help:?}");
                assert!(!help.ends_with('.'), "{id}: {help:?}");
            }
        }
    }
}
