//! The command line: arguments, progress, and all printing.
//!
//! Standard output carries the report, standard error progress and diagnostics. Holds no rules of the
//! domain: it puts other rooms together and maps what they return to text and an exit code.

mod app;
mod args;
mod batch;
mod batch_all;
mod batch_progress;
mod check_exercises;
mod ci;
mod clean_folder;
mod data;
mod doctor;
mod exit_code;
mod explain;
mod feedback;
mod grade;
mod gradebook;
mod hint;
mod list;
mod merge;
mod mistyped;
mod new;
mod new_exercise;
mod output;
mod own_reports;
mod phases;
mod plan;
mod progress;
mod report;
mod report_folder;
mod slurm;
mod status;
mod step_summary;
mod task;
mod watch;

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    process,
};

use anstream::ColorChoice;
use clap::{ArgMatches, CommandFactory as _, Parser as _};

use self::{app::App, args::Cli, exit_code::ExitCode, output::Output, task::Task};
use crate::{
    config::{Overrides, Settings},
    fault::{Fault, FaultKind},
};
use ids::ExerciseId;
use sandbox::Cancellation;

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
                if let Some(hint) = mistyped::belongs(&error) {
                    // Where standard error is closed, there is nobody to tell.
                    let _ = error.print();
                    Output::new(ColorChoice::Auto).hint(&hint);
                    return ExitCode::of_fault(FaultKind::Usage).into();
                }
                error.exit()
            };
            Output::new(ColorChoice::Auto).fault(&fault);
            return ExitCode::of_fault(fault.kind).into();
        }
    };
    // What this process makes can be read by the users that jobs run as.
    fs_scratch::umask::replace(0o022);
    sandbox::set_not_dumpable();
    let output = Output::new(cli.global.color.into());
    let cancellation = match Cancellation::on_signals() {
        Ok(cancellation) => cancellation,
        Err(error) => {
            output.fault(&Fault::internal("listen for signals", error));
            return ExitCode::Internal.into();
        }
    };
    let app = App {
        output,
        cancellation,
    };
    let code = catch_unwind(AssertUnwindSafe(|| run(&app, cli))).unwrap_or_else(|_| {
        app.output
            .hint("this is a mistake in grade; please report what you did");
        Ok(ExitCode::Internal)
    });
    let code = code.unwrap_or_else(|fault| {
        app.output.fault(&fault);
        ExitCode::of_fault(fault.kind)
    });
    if code == ExitCode::Interrupted
        && let Some(signal) = app.cancellation.signal()
    {
        // The first process of a container cannot end by a signal of its own; the shell's way to say it is left.
        if process::id() == 1 {
            return u8::try_from(128 + signal).map_or(code.into(), process::ExitCode::from);
        }
        // End by the signal that this process received, so that a shell loop that runs this program ends as
        // well.
        let _ = signal_hook::low_level::emulate_default_handler(signal);
    }
    code.into()
}

fn run(app: &App, cli: Cli) -> Result<ExitCode, Fault> {
    let here = env::current_dir()
        .map_err(|error| Fault::usage("failed to find the current folder").because(error))?;
    let task = Task::settle(cli, &here, &|name| env::var_os(name))?;
    if let Some(folder) = task.temp_dir() {
        // It fails only if it was called before, and this is the only call.
        let _ = tempfile::env::override_temp_dir(folder);
    }
    match task {
        Task::Grade(task) => app.grade(&task),
        Task::Watch(task) => app.watch(*task),
        Task::Batch(task) => app.batch(*task),
        Task::BatchAll(task) => app.batch_all(&task),
        Task::Plan(task) => app.plan(&task),
        Task::Merge(task) => app.merge(&task),
        Task::Slurm(task) => app.slurm(&task),
        Task::Ci(task) => app.ci(&task),
        Task::Report(task) => app.report(&task),
        Task::Data(task) => app.data(&task),
        Task::CheckExercises(task) => app.check_exercises(&task),
        Task::List(task) => app.exercises(&task),
        Task::New(task) => new::run(&task, &app.output),
        Task::NewExercise(task) => new_exercise::run(&task, &app.output),
        Task::Explain(task) => app.explain(&task),
        Task::Hint(task) => app.hint(&task),
        Task::Doctor(task) => app.doctor(&task),
        Task::Completions(shell) => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "grade", &mut text);
            app.output.report(&String::from_utf8_lossy(&text))?;
            Ok(ExitCode::Passed)
        }
        Task::Man => {
            let mut text = Vec::new();
            clap_mangen::Man::new(Cli::command())
                .render(&mut text)
                .map_err(|error| Fault::internal("write the manual", error))?;
            app.output.report(&String::from_utf8_lossy(&text))?;
            Ok(ExitCode::Passed)
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::RESERVED_NAMES;

    #[test]
    fn arguments_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_reserved_names_are_those_of_the_subcommands() {
        let mut commands = mistyped::commands();
        commands.sort();
        assert_eq!(commands, RESERVED_NAMES);
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
