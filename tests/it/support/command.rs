//! Start the program in a known environment, and check how it ends.
//!
//! Never waits without end: what takes longer than [`TIME_LIMIT`] is stopped, and the test fails.

use std::{process::Output, time::Duration};

use assert_cmd::Command;

use super::{course, private_cache, program};

/// Nothing that a test starts may take longer.
pub(crate) const TIME_LIMIT: Duration = Duration::from_mins(10);

/// The program, in the course's folder, with an environment without variables of the user who runs the tests.
pub(crate) fn grade() -> Command {
    in_known_environment(Command::new(program()))
}

/// The same for a command that starts the program.
pub(crate) fn in_known_environment(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        let is_ours = ["GRADE_", "XDG_", "GITHUB_", "SLURM_"]
            .iter()
            .any(|start| name.starts_with(start));
        if is_ours
            || matches!(
                &*name,
                "TMPDIR" | "NO_COLOR" | "CLICOLOR" | "CLICOLOR_FORCE"
            )
        {
            command.env_remove(&*name);
        }
    }
    command
        .current_dir(course())
        .env("GRADE_CACHE_DIR", private_cache())
        .timeout(TIME_LIMIT);
    command
}

/// What a person would see, for the message of a failed assertion.
pub(crate) fn shown(output: &Output) -> String {
    format!(
        "{}\n--- stdout\n{}\n--- stderr\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// How a command ended and what it finished.
pub(crate) struct Finished {
    output: Output,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Run a command to its end.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> Finished {
    let output = command.output().unwrap_or_else(|error| {
        panic!("{command:?} does not start ({error}); the tests need util-linux and a POSIX shell")
    });
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Finished {
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
        output,
    }
}

impl Finished {
    /// Expect an exit code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.output.status.code(), Some(code), "{}", self.shown());
        self
    }

    /// Expect an exit code, an error with these words in it, and no report.
    #[track_caller]
    pub(crate) fn refuses(self, code: i32, words: &[&str]) -> Self {
        let finished = self.code(code).complains(words);
        assert_eq!(finished.stdout, "", "{}", finished.shown());
        finished
    }

    /// Expect these words on standard error, and a hint; and no panic of the program.
    #[track_caller]
    pub(crate) fn complains(self, words: &[&str]) -> Self {
        let plain = unwrapped(&self.stderr);
        assert!(plain.contains("error: "), "{}", self.shown());
        for word in words.iter().chain(&["hint: "]) {
            assert!(
                plain.contains(word),
                "it does not say {word:?}: {}",
                self.shown()
            );
        }
        assert!(!plain.contains("a mistake in grade"), "{}", self.shown());
        self
    }

    /// Expect these words on standard error, however they are wrapped.
    #[track_caller]
    pub(crate) fn notes(self, words: &[&str]) -> Self {
        let plain = unwrapped(&self.stderr);
        for word in words {
            assert!(
                plain.contains(word),
                "it does not note {word:?}: {}",
                self.shown()
            );
        }
        self
    }

    /// Expect these words in the report, however it is wrapped.
    #[track_caller]
    pub(crate) fn reports(self, words: &[&str]) -> Self {
        let plain = unwrapped(&self.stdout);
        for word in words {
            assert!(
                plain.contains(word),
                "it does not report {word:?}: {}",
                self.shown()
            );
        }
        self
    }

    /// The report as a record, which fits its schema.
    #[track_caller]
    pub(crate) fn record(&self) -> serde_json::Value {
        let record = serde_json::from_str(&self.stdout);
        super::record::fitting(record.unwrap_or_else(|_| panic!("{}", self.shown())))
    }

    pub(crate) fn shown(&self) -> String {
        shown(&self.output)
    }
}

/// Text with every run of white space as one space.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
