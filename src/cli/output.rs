//! Where text goes, with colour or without.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use anstream::{AutoStream, ColorChoice, adapter::strip_str};
use anstyle::{AnsiColor, Style};

use super::args::Color;
use crate::{
    fault::Fault,
    report::{escape_block, escape_line},
};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();

/// Standard output and standard error.
#[derive(Debug)]
pub(super) struct Output {
    choice: ColorChoice,
}

impl Output {
    pub(super) fn new(color: Color) -> Self {
        let choice = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self { choice }
    }

    /// Print a report to standard output.
    pub(super) fn report(&self, text: &str) -> Result<(), Fault> {
        let mut stdout = AutoStream::new(io::stdout(), self.choice).lock();
        match stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush())
        {
            // Whoever reads has seen enough.
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
        let _ = writeln!(
            stderr,
            "{ERROR}error{ERROR:#}: {}",
            escape_line(&fault.message)
        );
        if let Some(cause) = &fault.cause {
            let cause = escape_block(cause);
            let mut lines = cause.lines();
            let _ = writeln!(stderr, "  caused by: {}", lines.next().unwrap_or_default());
            for line in lines {
                let _ = writeln!(stderr, "             {line}");
            }
        }
        if let Some(hint) = &fault.hint {
            let _ = writeln!(stderr, "  hint: {}", escape_line(hint));
        }
    }
}

/// A file for a report, opened before the work begins, so that a place that cannot be written to is
/// known before anybody waits. It appears under its name only when it is complete.
#[derive(Debug)]
pub(super) struct ReportFile {
    path: PathBuf,
    file: tempfile::NamedTempFile,
}

impl ReportFile {
    pub(super) fn open(path: &Path) -> Result<Self, Fault> {
        let failed = |error: &io::Error| {
            Fault::io(
                crate::fault::FaultKind::Usage,
                "write the report",
                path,
                error,
            )
            .hint("name a file in a folder that exists and is yours to write to")
        };
        if path.is_dir() {
            return Err(failed(&io::ErrorKind::IsADirectory.into()));
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let file = tempfile::Builder::new()
            .prefix(".grade-report-")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .tempfile_in(folder)
            .map_err(|error| failed(&error))?;
        Ok(Self {
            path: path.to_path_buf(),
            file,
        })
    }

    /// Write the report, without colour.
    pub(super) fn finish(mut self, text: &str) -> Result<(), Fault> {
        let path = self.path;
        let plain = strip_str(text).to_string();
        self.file
            .write_all(plain.as_bytes())
            .and_then(|()| {
                self.file
                    .persist(&path)
                    .map_err(|error| error.error)
                    .map(drop)
            })
            .map_err(|error| {
                Fault::io(
                    crate::fault::FaultKind::Usage,
                    "write the report",
                    &path,
                    &error,
                )
                .hint("the report above is all there is; free some space and grade again")
            })
    }
}
