//! A grading that watches, in a terminal of its own or behind pipes, and what it has printed so far.
//!
//! Waits for words with a generous limit, never for a time.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    os::{fd::OwnedFd, unix::process::ExitStatusExt as _},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};

use rustix::{
    fs::{Mode, OFlags},
    process::{Pid, Signal, kill_process},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Termios, Winsize, tcgetattr, tcsetwinsize},
};

use crate::support::{command::grade, course, program, workspace::Workspace};

/// Far beyond what any of this takes.
const TIME_LIMIT: Duration = Duration::from_mins(2);

/// What was printed so far.
#[derive(Default)]
struct Printed {
    text: Mutex<(Vec<u8>, bool)>,
    grows: Condvar,
}

/// A command that watches.
pub(crate) struct Watch {
    child: Child,
    printed: Arc<Printed>,
    /// How much of it was waited for already.
    seen: usize,
    terminal: Option<(File, Termios)>,
}

/// What is different from the usual command.
#[derive(Default)]
pub(crate) struct Besides<'a> {
    /// The command behind which it is started.
    pub(crate) prefix: &'a [&'a str],
    pub(crate) arguments: &'a [&'a str],
    pub(crate) variables: &'a [(&'a str, &'a str)],
}

/// Where it runs.
pub(crate) enum Place {
    /// A terminal of so many columns and rows.
    Terminal(u16, u16),
    /// Pipes, and nothing to read.
    Pipes,
}

impl Watch {
    /// Watch a folder.
    pub(crate) fn start(
        workspace: &Workspace,
        folder: &Path,
        place: &Place,
        besides: &Besides<'_>,
    ) -> Self {
        let Besides {
            prefix,
            arguments,
            variables,
        } = besides;
        let mut words: Vec<String> = prefix.iter().map(|&word| word.to_owned()).collect();
        words.push(program().display().to_string());
        #[expect(
            clippy::disallowed_methods,
            reason = "assert_cmd only waits for the end"
        )]
        let mut command = Command::new("env");
        command.arg("--default-signal=HUP,INT,TERM");
        if matches!(place, Place::Terminal(..)) {
            // Its terminal controls it, as that of a person does.
            command.args(["setsid", "--ctty"]);
        }
        let known = grade();
        for (variable, value) in known.get_envs() {
            match value {
                Some(value) => command.env(variable, value),
                None => command.env_remove(variable),
            };
        }
        command
            .args(words)
            .args(["watch", "sum-of-products"])
            .arg(folder)
            .args(["--seed", "7", "--course"])
            .arg(course())
            .args(*arguments)
            // Where the web page goes.
            .current_dir(workspace.path(""))
            .env("GRADE_TEMP_DIR", workspace.temp())
            .env("GRADE_CACHE_DIR", &workspace.cache)
            .env("TERM", "xterm-256color")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .envs(variables.iter().copied());
        let printed = Arc::new(Printed::default());
        let terminal = match place {
            Place::Terminal(columns, rows) => {
                let (ours, its) = terminal(*columns, *rows);
                let before = tcgetattr(&its).unwrap();
                let its = || Stdio::from(its.try_clone().unwrap());
                command.stdin(its()).stdout(its()).stderr(its());
                Some((ours, before))
            }
            Place::Pipes => {
                command
                    .stdin(Stdio::null())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped());
                None
            }
        };
        let mut child = command.spawn().unwrap();
        drop(command);
        if let Some((ours, _)) = &terminal {
            collect(ours.try_clone().unwrap(), &printed);
        } else {
            collect(
                File::from(OwnedFd::from(child.stdout.take().unwrap())),
                &printed,
            );
            collect(
                File::from(OwnedFd::from(child.stderr.take().unwrap())),
                &printed,
            );
        }
        Self {
            child,
            printed,
            seen: 0,
            terminal,
        }
    }

    /// Wait until these words are printed behind those that were waited for before. Returns what was printed up to
    /// them.
    #[track_caller]
    pub(crate) fn sees(&mut self, words: &str) -> String {
        let found = |text: &[u8]| {
            let text = text.get(self.seen..).unwrap_or_default();
            let mut windows = text.windows(words.len());
            windows.position(|window| window == words.as_bytes())
        };
        let text = self.printed.text.lock().unwrap();
        let (text, timeout) = self
            .printed
            .grows
            .wait_timeout_while(text, TIME_LIMIT, |(text, is_ended)| {
                found(text).is_none() && !*is_ended
            })
            .unwrap();
        let Some(at) = found(&text.0) else {
            let all = String::from_utf8_lossy(&text.0);
            panic!(
                "waited in vain for {words:?} (time limit: {}): {all}",
                timeout.timed_out()
            );
        };
        let end = self.seen + at + words.len();
        let between = String::from_utf8_lossy(&text.0[self.seen..end]).into_owned();
        self.seen = end;
        between
    }

    /// All that was printed.
    pub(crate) fn printed(&self) -> String {
        let text = self.printed.text.lock().unwrap();
        String::from_utf8_lossy(&text.0).into_owned()
    }

    /// How often these words were printed.
    pub(crate) fn count(&self, words: &str) -> usize {
        self.printed().matches(words).count()
    }

    /// Press keys.
    pub(crate) fn press(&self, keys: &str) {
        let (terminal, _) = self.terminal.as_ref().expect("a terminal");
        (&*terminal).write_all(keys.as_bytes()).unwrap();
    }

    /// Change the size of the terminal.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        let (terminal, _) = self.terminal.as_ref().expect("a terminal");
        tcsetwinsize(terminal, size(columns, rows)).unwrap();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Wait until it is suspended. Its terminal is as it was then.
    pub(crate) fn is_suspended(&self) {
        let stat = format!("/proc/{}/stat", self.child.id());
        poll("the stop", || {
            let stat = fs::read_to_string(&stat).unwrap();
            stat.contains(") T ").then_some(())
        });
        self.terminal_is_as_before();
    }

    /// Expect an end by a signal.
    #[track_caller]
    pub(crate) fn ends_by(&mut self, signal: Signal) {
        let status = self.end();
        let printed = self.printed();
        assert_eq!(status.signal(), Some(signal.as_raw()), "{status} {printed}");
    }

    /// Expect an end with an exit code.
    #[track_caller]
    pub(crate) fn ends_with(&mut self, code: i32) {
        let status = self.end();
        assert_eq!(status.code(), Some(code), "{status} {}", self.printed());
    }

    /// Wait for the end. The terminal is as it was.
    #[track_caller]
    fn end(&mut self) -> ExitStatus {
        let status = self.child.wait().unwrap();
        self.terminal_is_as_before();
        status
    }

    #[track_caller]
    fn terminal_is_as_before(&self) {
        if let Some((terminal, before)) = &self.terminal {
            let after = tcgetattr(terminal).unwrap();
            assert_eq!(
                (after.local_modes, after.input_modes, after.output_modes),
                (before.local_modes, before.input_modes, before.output_modes)
            );
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Both ends of a new terminal: ours, and that of the program.
fn terminal(columns: u16, rows: u16) -> (File, OwnedFd) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    tcsetwinsize(&ours, size(columns, rows)).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let its = rustix::fs::open(name, flags, Mode::empty()).unwrap();
    (File::from(ours), its)
}

fn size(columns: u16, rows: u16) -> Winsize {
    Winsize {
        ws_col: columns,
        ws_row: rows,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

/// Keep what is printed, until nobody prints any more.
#[expect(
    clippy::disallowed_methods,
    reason = "it ends with the process that prints"
)]
fn collect(mut from: File, printed: &Arc<Printed>) {
    let printed = Arc::clone(printed);
    thread::spawn(move || {
        let mut chunk = [0; 4096];
        loop {
            // A terminal that nobody has open any more is an error.
            let read = from.read(&mut chunk).unwrap_or(0);
            let mut text = printed.text.lock().unwrap_or_else(PoisonError::into_inner);
            text.0.extend(&chunk[..read]);
            text.1 |= read == 0;
            drop(text);
            printed.grows.notify_all();
            if read == 0 {
                return;
            }
        }
    });
}

/// Look again and again until there is a result.
#[track_caller]
pub(crate) fn poll<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    const PAUSE: Duration = Duration::from_millis(10);
    for _ in 0..TIME_LIMIT.as_millis() / PAUSE.as_millis() {
        if let Some(found) = look() {
            return found;
        }
        thread::sleep(PAUSE);
    }
    panic!("waited in vain for {what}");
}

/// Save as an editor does that writes a second file and renames it.
pub(crate) fn save_by_rename(path: &Path, text: &str) {
    let temporary = path.with_extension("rs.tmp");
    fs::write(&temporary, text).unwrap();
    fs::rename(temporary, path).unwrap();
}
