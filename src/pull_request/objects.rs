//! Read the contents of many objects through one process of git.
//!
//! Hides the protocol of `git cat-file --batch`. Never holds more than a piece of an object in memory.

use std::{
    io::{self, BufRead as _, BufReader, Read, Write as _},
    process::{Child, ChildStdin, ChildStdout, Stdio},
};

use super::git::{Git, not_started};
use crate::fault::Fault;

/// A process of git that answers with contents.
pub(super) struct Objects {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Objects {
    pub(super) fn open(git: &Git) -> Result<Self, Fault> {
        let mut child = git
            .command(&["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| not_started(&error))?;
        let missing = || Fault::internal("talk to git", "a pipe is missing");
        Ok(Self {
            questions: child.stdin.take().ok_or_else(missing)?,
            answers: BufReader::new(child.stdout.take().ok_or_else(missing)?),
            child,
        })
    }

    /// Hand the size and the contents of an object to `read`, which need not read all of it.
    pub(super) fn read<T>(
        &mut self,
        object: &str,
        read: impl FnOnce(u64, &mut dyn Read) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let size = self.ask(object).map_err(|error| {
            Fault::usage(format!(
                "failed to read object `{object}` of the repository"
            ))
            .because(error)
            .hint(
                "is the clone complete? `git fsck` checks it; a clone made with `--filter` is not",
            )
        })?;
        let mut contents = (&mut self.answers).take(size);
        let result = read(size, &mut contents)?;
        // What was not wanted, and the end of the line.
        let rest = io::copy(&mut contents, &mut io::sink())
            .and_then(|_| self.answers.read_exact(&mut [0]));
        rest.map_err(|error| Fault::internal("read an object of the repository", error))?;
        Ok(result)
    }

    /// Ask for an object; the answer is its size.
    fn ask(&mut self, object: &str) -> io::Result<u64> {
        writeln!(self.questions, "{object}")?;
        self.questions.flush()?;
        let mut line = String::new();
        // A line is a name, a type and a number.
        (&mut self.answers).take(1 << 10).read_line(&mut line)?;
        let mut words = line.split_ascii_whitespace().skip(1);
        match (words.next(), words.next().map(str::parse)) {
            (Some("blob"), Some(Ok(size))) => Ok(size),
            _ => Err(io::Error::other(match line.trim_end() {
                "" => "git ended",
                line => line,
            })),
        }
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // It waits for a question, and has nothing to lose.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
