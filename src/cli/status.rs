//! Shows on standard error what is done while a person waits.
//!
//! A terminal has one line, which appears after half a second, is drawn again while things go on, and is removed
//! at the end. Elsewhere, and on a terminal that cannot draw (`TERM=dumb`, as screen readers and editors set it),
//! there are plain lines, only for what lasts. What the lines say is the [`Account`]'s.
//!
//! # Theory of operation
//!
//! Events change the account, and a thread looks at it: every tenth of a second, and for the first time after
//! half a second. So what is fast costs one thread that does nothing. The thread ends when the status is dropped.
//! Whoever prints a line holds the account meanwhile, so that lines come in the order of their events.

use std::{
    io::IsTerminal as _,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

use super::{
    output::{Output, can_draw},
    phases::SHORT,
};
use report::escape_line;

/// How often the line is drawn.
const TICK: Duration = Duration::from_millis(100);

/// A terminal with fewer columns has no bar: the counts are worth more.
const WIDE: usize = 72;

/// What is to be said, as a function of the time since the command began.
pub(super) trait Account: Send + 'static {
    /// The line for a terminal.
    fn line(&self, now: Duration) -> Line;
    /// The lines that are to be printed now where there is no terminal.
    fn due(&mut self, now: Duration) -> Vec<String>;
    /// Nothing is done any more.
    fn end(&mut self, now: Duration);
}

/// The line on a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// Something is done.
    Text(String),
    /// So many are done, of so many.
    Bar(usize, usize, String),
}

/// Where the status goes.
#[derive(Debug, Clone)]
enum Place {
    Nowhere,
    Lines,
    Terminal(ProgressBar),
}

/// A status that is shown until it is dropped.
pub(super) struct Status<A: Account> {
    shared: Arc<Shared<A>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared<A> {
    account: Mutex<Held<A>>,
    is_ended: Condvar,
    began: Instant,
    place: Place,
    output: Output,
}

struct Held<A> {
    account: A,
    is_ended: bool,
}

impl<A: Account> Status<A> {
    /// Show an account from now on, unless it is not wanted.
    pub(super) fn new(output: &Output, is_wanted: bool, account: A) -> Self {
        let can_draw = std::io::stderr().is_terminal() && can_draw();
        let place = match (is_wanted, can_draw) {
            (false, _) => Place::Nowhere,
            (true, false) => Place::Lines,
            (true, true) => Place::Terminal(ProgressBar::hidden()),
        };
        Self::at(place, output, account)
    }

    /// Show an account as lines that stay, also on a terminal.
    pub(super) fn in_lines(output: &Output, account: A) -> Self {
        Self::at(Place::Lines, output, account)
    }

    fn at(place: Place, output: &Output, account: A) -> Self {
        let is_wanted = !matches!(place, Place::Nowhere);
        let shared = Arc::new(Shared {
            account: Mutex::new(Held {
                account,
                is_ended: false,
            }),
            is_ended: Condvar::new(),
            began: now(),
            place,
            output: output.clone(),
        });
        let thread = is_wanted.then(|| {
            let shared = Arc::clone(&shared);
            let thread = thread::Builder::new().name("progress".to_owned());
            // Without a thread, nothing is shown, and the work is done.
            thread.spawn(move || shared.show()).ok()
        });
        Self {
            shared,
            thread: thread.flatten(),
        }
    }

    /// Change the account.
    pub(super) fn change(&self, change: impl FnOnce(&mut A, Duration)) {
        let now = self.shared.now();
        change(&mut self.shared.hold().account, now);
    }

    /// Change the account, and print what that returns, as lines that stay.
    pub(super) fn print(&self, change: impl FnOnce(&mut A, Duration) -> Option<Print>) {
        let now = self.shared.now();
        let mut held = self.shared.hold();
        let Some(print) = change(&mut held.account, now) else {
            return;
        };
        match &self.shared.place {
            Place::Nowhere => {}
            Place::Lines => print(&self.shared.output),
            Place::Terminal(bar) => bar.suspend(|| print(&self.shared.output)),
        }
    }

    /// Whether there is a line that is drawn again.
    pub(super) fn is_drawn(&self) -> bool {
        matches!(self.shared.place, Place::Terminal(_))
    }
}

/// Prints lines that stay.
pub(super) type Print = Box<dyn FnOnce(&Output)>;

impl<A: Account> Shared<A> {
    fn now(&self) -> Duration {
        now().duration_since(self.began)
    }

    fn hold(&self) -> MutexGuard<'_, Held<A>> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the thread does.
    fn show(&self) {
        let mut held = self.hold();
        let mut pause = SHORT;
        while !held.is_ended {
            held = self
                .is_ended
                .wait_timeout_while(held, pause, |held| !held.is_ended)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            if !held.is_ended {
                self.look(&mut held.account);
            }
            pause = TICK;
        }
    }

    fn look(&self, account: &mut A) {
        let now = self.now();
        match &self.place {
            Place::Nowhere => {}
            Place::Lines => {
                for line in account.due(now) {
                    self.output.note(&line);
                }
            }
            Place::Terminal(bar) => draw(bar, account.line(now)),
        }
    }
}

/// Draw a line, and show it if it is the first.
fn draw(bar: &ProgressBar, line: Line) {
    let (template, text) = match line {
        Line::Text(text) => ("{spinner} {wide_msg}", text),
        Line::Bar(done, of, text) => {
            bar.set_length(of as u64);
            bar.set_position(done as u64);
            if terminal_width() < WIDE {
                ("{pos}/{len}  {wide_msg}", text)
            } else {
                ("{bar:16} {pos}/{len}  {wide_msg}", text)
            }
        }
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(escape_line(&text));
    if bar.is_hidden() {
        bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
    }
    bar.tick();
}

/// The columns of the terminal; 80 if it does not tell.
pub(super) fn terminal_width() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stderr());
    match size.map_or(0, |size| usize::from(size.ws_col)) {
        0 => report::style::WIDTH,
        columns => columns,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a person is told how long something takes; no record depends on it"
)]
pub(super) fn now() -> Instant {
    Instant::now()
}

impl<A: Account> Drop for Status<A> {
    fn drop(&mut self) {
        {
            let now = self.shared.now();
            let mut held = self.shared.hold();
            held.is_ended = true;
            held.account.end(now);
            if matches!(self.shared.place, Place::Lines) {
                self.shared.look(&mut held.account);
            }
        }
        self.shared.is_ended.notify_all();
        if let Some(thread) = self.thread.take() {
            // Its panic was printed, and costs no grade.
            let _ = thread.join();
        }
        if let Place::Terminal(bar) = &self.shared.place {
            bar.finish_and_clear();
        }
    }
}
