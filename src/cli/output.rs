//! Where text goes, with colour or without.

use std::{
    env, fs,
    io::{self, IsTerminal as _, Write as _},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anstream::{AutoStream, ColorChoice, adapter::strip_str};

use crate::fault::{Fault, FaultKind};
use report::{
    Screen, escape_block, escape_line,
    style::{BAD, DIM, WIDTH},
};

/// How the names of reports begin that are not complete.
pub(super) const PARTIAL: &str = ".grade-report-";

/// Where a link to a report file leads. The user named it, so no submission can exchange it.
#[expect(
    clippy::disallowed_methods,
    reason = "a report is written to the file behind a link, and the link stays"
)]
fn real_path(path: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(path)
}

/// How much time has passed since 1970, for the ages in a report. Nothing where the clock is wrong.
#[expect(
    clippy::disallowed_methods,
    reason = "a person is told how old a file is; no record depends on it"
)]
pub(super) fn since_1970() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// The terminal that standard output is, for pictures and for the width of reports. `None` if it is another thing.
pub(super) fn screen() -> Option<Screen> {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(&stdout);
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    // As the C library chooses the character set.
    let names = ["LC_ALL", "LC_CTYPE", "LANG"];
    let locale = names.into_iter().find_map(variable).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    let is_utf8 = locale.contains("utf-8") || locale.contains("utf8");
    Some(Screen {
        columns: match size.map_or(0, |size| usize::from(size.ws_col)) {
            0 => WIDTH,
            columns => columns,
        },
        has_blocks: is_utf8 && variable("TERM").is_none_or(|terminal| terminal != "dumb"),
    })
}

/// How wide a report on standard output is.
pub(super) fn width() -> usize {
    Screen::width(screen())
}

/// A path as it is typed into a shell.
pub(super) fn quoted(path: &Path) -> String {
    let path = path.to_string_lossy();
    // A path with a NUL cannot have been typed.
    shlex::try_quote(&path).map_or_else(|_| "PATH".into(), Into::into)
}

/// Write a file to standard output, to the byte.
pub(super) fn print_bytes(bytes: &[u8]) -> Result<(), Fault> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        // A reader may close the pipe early; that is no fault.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => {
            other.map_err(|error| Fault::usage("failed to write to standard output").because(error))
        }
    }
}

/// Whether the kind of terminal can draw. Screen readers and editors say that theirs cannot.
pub(super) fn can_draw() -> bool {
    env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}

/// Standard output and standard error.
#[derive(Debug, Clone)]
pub(super) struct Output {
    choice: ColorChoice,
}

impl Output {
    pub(super) fn new(choice: ColorChoice) -> Self {
        Self { choice }
    }

    /// Whether the screen may be drawn anew: a terminal that can do so, and colour is wanted. A person who wants none
    /// may read by ear.
    pub(super) fn can_draw(&self) -> bool {
        let is_coloured = match self.choice {
            ColorChoice::Auto => AutoStream::choice(&io::stdout()) != ColorChoice::Never,
            choice => choice != ColorChoice::Never,
        };
        let is_terminal = io::stdout().is_terminal() && io::stderr().is_terminal();
        is_coloured && is_terminal && can_draw()
    }

    /// Print a report to standard output.
    pub(super) fn report(&self, text: &str) -> Result<(), Fault> {
        let mut stdout = AutoStream::new(io::stdout(), self.choice).lock();
        match stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush())
        {
            // A reader may close the pipe early; that is no fault.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other.map_err(|error| {
                Fault::usage("failed to write the report to standard output")
                    .because(error)
                    .hint("free some space, or send the output elsewhere")
            }),
        }
    }

    /// Standard error, with colour where it is wanted.
    pub(super) fn stderr(&self) -> AutoStream<io::StderrLock<'static>> {
        AutoStream::new(io::stderr(), self.choice).lock()
    }

    /// Print a line of diagnostics to standard error.
    pub(super) fn note(&self, text: &str) {
        let mut stderr = self.stderr();
        let _ = writeln!(stderr, "{DIM}grade: {}{DIM:#}", escape_line(text));
    }

    /// Print a fault to standard error.
    pub(super) fn fault(&self, fault: &Fault) {
        let mut stderr = self.stderr();
        let _ = writeln!(stderr, "{BAD}error{BAD:#}: {}", escape_line(&fault.message));
        if let Some(cause) = &fault.cause {
            let cause = escape_block(cause);
            let mut lines = cause.lines();
            let _ = writeln!(stderr, "  caused by: {}", lines.next().unwrap_or_default());
            for line in lines {
                let _ = writeln!(stderr, "             {line}");
            }
        }
        drop(stderr);
        if let Some(hint) = &fault.hint {
            self.hint(hint);
        }
    }

    /// Print what to do about a fault to standard error.
    pub(super) fn hint(&self, hint: &str) {
        let mut stderr = self.stderr();
        let _ = writeln!(stderr, "  hint: {}", escape_line(hint));
    }
}

/// Where a report goes, opened before the work begins, so that a path that cannot be written to is reported
/// before the work begins. A file appears under its name only when it is complete; a device or a pipe is
/// written to.
#[derive(Debug)]
pub(super) struct ReportFile {
    path: PathBuf,
    /// What it is, for a person.
    what: &'static str,
    target: Target,
}

#[derive(Debug)]
enum Target {
    /// A new file that gets this name in the end, links followed.
    File(tempfile::NamedTempFile, PathBuf),
    /// A device or a pipe that exists.
    Stream,
}

impl ReportFile {
    pub(super) fn open(path: &Path) -> Result<Self, Fault> {
        Self::open_as("the report", path)
    }

    /// The same for another thing than a report.
    pub(super) fn open_as(what: &'static str, path: &Path) -> Result<Self, Fault> {
        let failed = |error: &io::Error| {
            Fault::io(FaultKind::Usage, &format!("write {what}"), path, error)
                .hint("name a file in a folder that exists and is yours to write to")
        };
        let name = match fs::metadata(path) {
            Ok(found) if found.is_dir() => {
                return Err(failed(&io::ErrorKind::IsADirectory.into()));
            }
            Ok(found) if !found.is_file() => {
                return Ok(Self {
                    path: path.to_path_buf(),
                    what,
                    target: Target::Stream,
                });
            }
            Ok(_) => real_path(path).map_err(|error| failed(&error))?,
            // The file would replace a link that leads nowhere.
            Err(error) if path.is_symlink() => return Err(failed(&error)),
            Err(_) => path.to_path_buf(),
        };
        let folder = match name.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mode = PermissionsExt::from_mode(fs_scratch::umask::mode_for_caller(0o666));
        let file = tempfile::Builder::new()
            .prefix(PARTIAL)
            .tempfile_in(folder)
            .map_err(|error| failed(&error))?;
        file.as_file()
            .set_permissions(mode)
            .map_err(|error| failed(&error))?;
        Ok(Self {
            path: path.to_path_buf(),
            what,
            target: Target::File(file, name),
        })
    }

    /// Write the report, without colour.
    pub(super) fn finish(self, text: &str) -> Result<(), Fault> {
        let plain = strip_str(text).to_string();
        self.finish_with(|to| to.write_all(plain.as_bytes()))
    }

    /// Write the report by `write`. A fault that `write` returns inside its error is returned as it is.
    pub(super) fn finish_with(
        self,
        write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
    ) -> Result<(), Fault> {
        let mut begun = self.begin()?;
        match write(&mut begun) {
            Ok(()) => begun.end(),
            Err(error) => Err(begun.failed(error)),
        }
    }

    /// Begin to write the report.
    pub(super) fn begin(self) -> Result<BegunReport, Fault> {
        let Self { path, what, target } = self;
        let (sink, name) = match target {
            Target::File(file, name) => (Sink::File(file), Some(name)),
            Target::Stream => match fs::File::options().write(true).open(&path) {
                Ok(stream) => (Sink::Stream(stream), None),
                Err(error) => return Err(unwritten(what, &path, error)),
            },
        };
        Ok(BegunReport {
            path,
            what,
            name,
            buffer: io::BufWriter::new(sink),
        })
    }
}

/// A report that is being written.
#[derive(Debug)]
pub(super) struct BegunReport {
    path: PathBuf,
    what: &'static str,
    /// The name that the file gets in the end.
    name: Option<PathBuf>,
    buffer: io::BufWriter<Sink>,
}

#[derive(Debug)]
enum Sink {
    File(tempfile::NamedTempFile),
    Stream(fs::File),
}

impl BegunReport {
    /// All of it is written.
    pub(super) fn end(self) -> Result<(), Fault> {
        let Self {
            path,
            what,
            name,
            buffer,
        } = self;
        let sink = buffer.into_inner().map_err(io::IntoInnerError::into_error);
        let ended = sink.and_then(|sink| match (sink, name) {
            (Sink::File(file), Some(name)) => {
                file.persist(name).map(drop).map_err(|error| error.error)
            }
            _ => Ok(()),
        });
        ended.map_err(|error| unwritten(what, &path, error))
    }

    fn failed(&self, error: io::Error) -> Fault {
        unwritten(self.what, &self.path, error)
    }
}

impl io::Write for BegunReport {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.buffer.flush()
    }
}

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Stream(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Stream(stream) => stream.flush(),
        }
    }
}

/// The fault inside an error, or that of a report that cannot be written.
fn unwritten(what: &str, path: &Path, error: io::Error) -> Fault {
    match error.downcast::<Fault>() {
        Ok(fault) => fault,
        Err(error) => Fault::io(FaultKind::Usage, &format!("write {what}"), path, &error)
            .hint("free some space, or name another file, and try again"),
    }
}
