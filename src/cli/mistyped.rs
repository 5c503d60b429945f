//! Commands that are nearly right, and what the user probably meant.
//!
//! Explains mistakes in arguments where it knows more than the parser. Never runs anything.

use clap::{
    ArgMatches, CommandFactory as _,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::args::Cli;
use crate::fault::Fault;
use ids::ExerciseId;

/// The names of all commands, that of `help` as well, which the parser adds by itself.
pub(super) fn commands() -> Vec<String> {
    let mut program = Cli::command();
    program.build();
    let commands = program.get_subcommands();
    commands
        .map(|command| command.get_name().to_owned())
        .collect()
}

/// The fault of a command that is typed where a submission's folder may stand.
pub(super) fn late_command() -> Fault {
    Fault::usage("a command was named after arguments for grading")
        .hint("put the command first; a submission in a folder of that name is written `./NAME`")
}

/// The fault of a word that is no exercise and nearly a command, if it is one.
pub(super) fn nearly_a_command(word: &str, exercises: &[ExerciseId]) -> Option<Fault> {
    let distance = |name: &str| strsim::damerau_levenshtein(name, word);
    let commands = commands();
    let nearest = commands.iter().min_by_key(|command| distance(command))?;
    let how_far = distance(nearest);
    let is_near = how_far > 0 && how_far <= nearest.len().max(word.len()) / 3;
    let is_exercise = exercises.iter().any(|id| distance(id.as_str()) <= how_far);
    (is_near && !is_exercise).then(|| {
        let word = word.escape_debug();
        Fault::usage(format!("found neither an exercise nor a command `{word}`"))
            .hint(format!("did you mean `grade {nearest}`?"))
    })
}

/// What is wrong with arguments that the parser refuses: a command with a slip in its name, one that stands
/// where a folder was meant, and a folder too many. `exercises` lists those of the course that the readable
/// arguments name.
pub(super) fn misread(
    typed: &[String],
    error: &clap::Error,
    exercises: impl FnOnce(&ArgMatches) -> Vec<ExerciseId>,
) -> Option<Fault> {
    // A request for help is not a mistake.
    if !error.use_stderr() {
        return None;
    }
    let read = Cli::command()
        .ignore_errors(true)
        .try_get_matches_from(std::iter::once("grade").chain(typed.iter().map(String::as_str)))
        .ok()?;
    let exercise = read.get_one::<String>("exercise")?;
    let commands = commands();
    if let Some(fault) = nearly_a_command(exercise, &exercises(&read)) {
        return Some(fault);
    }
    if typed.iter().any(|word| commands.contains(word)) {
        return Some(late_command());
    }
    let Some(ContextValue::String(surplus)) = error.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    Some(
        Fault::usage(format!("failed to grade `{surplus}` as well"))
            .because("after the exercise comes one PATH at most")
            .hint(
                "a path with spaces goes into quotes; several submissions are graded with \
                 `grade batch EXERCISE DIR`",
            ),
    )
}

/// Where an option belongs that cannot be used with `--shard`.
pub(super) fn belongs(error: &clap::Error) -> Option<String> {
    if error.kind() != ErrorKind::ArgumentConflict {
        return None;
    }
    let mut named = Vec::new();
    for kind in [ContextKind::InvalidArg, ContextKind::PriorArg] {
        match error.get(kind) {
            Some(ContextValue::String(one)) => named.push(one.as_str()),
            Some(ContextValue::Strings(all)) => named.extend(all.iter().map(String::as_str)),
            _ => {}
        }
    }
    let option = |text: &&str| text.split([' ', '=']).next().unwrap_or_default().to_owned();
    let options: Vec<String> = named.iter().map(option).collect();
    if !options.iter().any(|option| option == "--shard") {
        return None;
    }
    let with = |owner: &[&str]| options.iter().find(|one| owner.contains(&one.as_str()));
    if let Some(option) = with(&["--seed", "--observe", "--names", "--roster", "--fresh"]) {
        let hint = format!("give `{option}` to `grade plan`: it holds for all shards");
        return Some(hint);
    }
    let option = with(&["--accept", "--feedback", "--formats", "--delimiter"])?;
    Some(format!(
        "give `{option}` to `grade merge`, when the shards are done"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_nearer_to_an_exercise_is_no_command() {
        let exercises = ["dota".parse().unwrap()];
        assert!(nearly_a_command("dota", &[]).is_some());
        for word in ["dota", "dot", "data", "sum-of-products", "x", ""] {
            assert_eq!(nearly_a_command(word, &exercises), None, "{word}");
        }
    }
}
