//! `grade watch EXERCISE [PATH]`: a verdict at every save.
//!
//! # Theory of operation
//!
//! One session stays open: sandbox, data and reference are proven once. A thread grades; this one waits for the first of
//! a saved file, a key, news of the other thread, and a signal. A save while it is graded stops that work, and the next
//! grading begins when the files have been quiet for a moment. After a time of quiet, a file that is complete under its
//! name is graded at once, because the person waits.
//!
//! Never grades by itself and never reads a submission.

mod browser;
mod files;
mod screen;
mod terminal;
mod worker;

use std::{
    mem,
    os::fd::{AsFd as _, OwnedFd},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};
use signal_hook::consts::{SIGCONT, SIGTSTP, SIGWINCH};

use self::{
    files::{Change, Files},
    screen::{Detail, Doing, Screen, Shown},
    terminal::{Key, Terminal},
    worker::{News, Order, Teller},
};
use super::{
    app::App,
    exit_code::ExitCode,
    grade::named,
    hint::Hints,
    output::quoted,
    report_folder::ReportFolder,
    status::now,
    task::{Reports, Watch},
};
use crate::{
    course::Exercise,
    fault::{Fault, FaultKind},
    grading::{self, ObserveRequest, Origin, RunPlan, Session, Single},
};
use ids::Seed;
use report::{Context, Entry};
use sandbox::Cancellation;

/// For so long nothing may be saved before what was begun counts as complete.
const QUIET: Duration = Duration::from_millis(50);

/// The longest sleep: a signal may have reached another thread.
const TICK: Duration = Duration::from_millis(200);

/// How often a folder is looked at where the system does not tell of changes.
const LOOK: Duration = Duration::from_millis(500);

impl App {
    pub(super) fn watch(&self, task: Watch) -> Result<ExitCode, Fault> {
        let Watch {
            settings,
            isolation,
            exercise,
            folder,
            seeds,
            observe,
            plan,
            page,
            has_browser,
            replay,
        } = task;
        let submission = named(&folder)?;
        if !matches!(submission.origin, Origin::Named(_)) {
            let message = format!("failed to watch `{}`", folder.display());
            return Err(Fault::usage(message)
                .because("it is not a folder")
                .hint("unpack it, and name the folder with the Cargo.toml"));
        }
        let screen = Screen::new(&self.output);
        let doing = Doing::new(&self.output, screen.is_drawn());
        // From here on no save is missed.
        let own = [
            settings.cache_dir.clone(),
            settings.temp_dir.clone().unwrap_or_default(),
            page.folder.clone(),
        ];
        let (files, why_looked_at) = Files::follow(folder.clone(), &own);
        // `all` ends with this command, and `work` at each save.
        let all = self.cancellation.child();
        let work = Self {
            output: self.output.clone(),
            cancellation: all.child(),
        };
        doing.begin();
        let sandbox = work.sandbox(isolation)?;
        let session = Session::open(&settings, exercise.clone(), &plan, sandbox, &doing)?;
        doing.end();
        let flags =
            Flags::listen().map_err(|error| Fault::internal("listen for signals", error))?;
        let terminal = Terminal::open();
        screen.note(&format!("watching {}", quoted(&folder)));
        if terminal.is_none() {
            screen.note(
                "standard input is no terminal, so there are no keys; Ctrl-C or a signal ends this",
            );
        }
        let remark = why_looked_at.map(|why| {
            format!("the folder is looked at twice a second, because {why}: a verdict comes later")
        });
        let bell = worker::bell().map_err(|error| Fault::internal("make a bell", error))?;
        let rung = bell
            .try_clone()
            .map_err(|error| Fault::internal("share a bell", error))?;
        let single = Single {
            submission: &submission,
            seeds: &seeds,
            observe,
            fresh: true,
            repeat: 0,
            is_remembered: true,
            own: &[],
            replay: &|plan| replay.command(plan),
        };
        thread::scope(|scope| {
            let (orders, ordered) = mpsc::channel();
            let (news, heard) = mpsc::channel();
            let teller = Teller::new(news, bell);
            scope.spawn(move || worker::work(session, &single, &ordered, &teller));
            let mut watching = Watching {
                app: self,
                work: &work.cancellation,
                exercise: &exercise,
                cache: &settings.cache_dir,
                folder,
                seeds: &seeds,
                observe,
                page: &page,
                has_browser,
                screen,
                doing: &doing,
                files,
                terminal,
                flags,
                orders,
                heard,
                bell: rung,
                remark,
                state: State::default(),
            };
            watching.write_footer(&plan);
            let code = watching.run();
            // The other thread ends when there are no more orders.
            all.stop();
            code
        })
    }
}

/// What signals have asked for.
struct Flags {
    suspended: Arc<AtomicBool>,
    resumed: Arc<AtomicBool>,
    resized: Arc<AtomicBool>,
}

impl Flags {
    fn listen() -> std::io::Result<Self> {
        let flags = Self {
            suspended: Arc::default(),
            resumed: Arc::default(),
            resized: Arc::default(),
        };
        for (signal, flag) in [
            (SIGTSTP, &flags.suspended),
            (SIGCONT, &flags.resumed),
            (SIGWINCH, &flags.resized),
        ] {
            signal_hook::flag::register(signal, Arc::clone(flag))?;
        }
        Ok(flags)
    }
}

/// What is done and what is to be done.
#[derive(Default)]
struct State {
    /// Whether the other thread has an order.
    is_working: bool,
    /// When the next grading begins.
    due: Option<Instant>,
    /// The data on which it is to be, if they are to change.
    new_data: Option<RunPlan>,
    /// When something was saved last.
    saved: Option<Instant>,
    /// Whether the folder is missing, and that was said.
    is_gone: bool,
    /// When the folder is looked at again.
    look: Option<Instant>,
    shown: Option<Shown>,
    is_all: bool,
    code: Option<ExitCode>,
}

struct Watching<'a> {
    app: &'a App,
    /// Stops what the other thread does.
    work: &'a Cancellation,
    exercise: &'a Exercise,
    cache: &'a Path,
    folder: PathBuf,
    seeds: &'a [Seed],
    observe: ObserveRequest,
    page: &'a Reports,
    has_browser: bool,
    screen: Screen<'a>,
    doing: &'a Doing<'a>,
    files: Files,
    terminal: Option<Terminal>,
    flags: Flags,
    orders: Sender<Order>,
    heard: Receiver<News>,
    bell: OwnedFd,
    /// What is said of the folder below each verdict.
    remark: Option<String>,
    state: State,
}

/// What woke the loop.
struct Woken {
    has_keys: bool,
}

impl Watching<'_> {
    /// Grade at once, and then at each save, until the user ends it.
    fn run(&mut self) -> Result<ExitCode, Fault> {
        self.state.due = Some(now());
        loop {
            let woken = self.wait()?;
            if self.app.cancellation.signal().is_some() {
                return Ok(ExitCode::Interrupted);
            }
            self.follow_signals()?;
            if woken.has_keys {
                let Some(keys) = self.terminal.as_ref().and_then(Terminal::keys) else {
                    return Ok(ExitCode::Interrupted);
                };
                for key in keys {
                    if key == Key::Quit {
                        return Ok(self.state.code.unwrap_or(ExitCode::NotGraded));
                    }
                    self.press(key)?;
                }
            }
            self.look_at_files();
            while let Ok(news) = self.heard.try_recv() {
                self.hear(news)?;
            }
            self.begin_if_due();
        }
    }

    /// Wait for the first of what there is to do.
    fn wait(&self) -> Result<Woken, Fault> {
        let until = |moment: Instant| moment.saturating_duration_since(now());
        let mut pause = self
            .state
            .due
            .filter(|_| !self.state.is_working)
            .map_or(TICK, |due| until(due).min(TICK));
        if let Some(look) = self.state.look.filter(|_| self.files.are_looked_at()) {
            pause = pause.min(until(look));
        }
        let pause = Timespec {
            tv_sec: 0,
            tv_nsec: pause.subsec_nanos().into(),
        };
        let input = self.terminal.as_ref().and_then(Terminal::input);
        let mut wanted = vec![PollFd::new(&self.bell, PollFlags::IN)];
        wanted.extend(
            self.files
                .events()
                .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)),
        );
        let keys_at = wanted.len();
        wanted.extend(input.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
        match poll(&mut wanted, Some(&pause)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(Fault::internal("wait for a save", error)),
        }
        let has_keys = wanted
            .get(keys_at)
            .is_some_and(|fd| !fd.revents().is_empty());
        drop(wanted);
        // It only wakes; the news are read in any case.
        let _ = rustix::io::read(self.bell.as_fd(), &mut [0; 8]);
        Ok(Woken { has_keys })
    }

    fn follow_signals(&mut self) -> Result<(), Fault> {
        let is_set = |flag: &AtomicBool| flag.swap(false, Ordering::Relaxed);
        if is_set(&self.flags.suspended) {
            if let Some(terminal) = &mut self.terminal {
                terminal.leave();
            }
            // Returns when the process goes on.
            let _ = signal_hook::low_level::emulate_default_handler(SIGTSTP);
        }
        let is_resumed = is_set(&self.flags.resumed);
        if let Some(terminal) = self.terminal.as_mut().filter(|_| is_resumed) {
            terminal.enter();
        }
        let is_resized = is_set(&self.flags.resized);
        if (is_resumed || is_resized) && self.screen.is_drawn() {
            self.show()?;
        }
        Ok(())
    }

    fn press(&mut self, key: Key) -> Result<(), Fault> {
        match key {
            Key::Again => return self.grade_on_new_data(),
            Key::Quit | Key::Other => return Ok(()),
            Key::Hint | Key::All | Key::Page => {}
        }
        let Some(shown) = &self.state.shown else {
            self.screen.note("there is no verdict yet");
            return Ok(());
        };
        match key {
            Key::Hint if !shown.record.faults.is_empty() => {
                self.screen
                    .note("nothing was graded, so there is no hint yet");
                Ok(())
            }
            Key::Hint => self.screen.add(&self.hints().text(&shown.record, false)),
            Key::Page => {
                self.open_page(&Entry::of(shown.record.clone()), &shown.context());
                Ok(())
            }
            _ => {
                self.state.is_all = !(self.state.is_all && self.screen.is_drawn());
                self.show()
            }
        }
    }

    /// The hints for the work in the folder. They go on where `grade hint` has stopped.
    fn hints(&self) -> Hints<'_> {
        Hints {
            cache: self.cache,
            folder: &self.folder,
            ladders: &self.exercise.ladders,
            next: "h",
        }
    }

    fn grade_on_new_data(&mut self) -> Result<(), Fault> {
        let seeds = grading::seeds(&self.exercise.seeds, self.seeds, &[])?;
        let observe = grading::observe(self.observe, &self.exercise.seeds, &seeds, None)?;
        let plan = RunPlan { seeds, observe };
        self.write_footer(&plan);
        self.state.new_data = Some(plan);
        self.stop_work();
        self.state.due = Some(now());
        Ok(())
    }

    fn open_page(&self, entry: &Entry, context: &Context) {
        let written =
            ReportFolder::open(self.page).and_then(|folder| folder.write_one(entry, context));
        if let Err(fault) = written {
            self.app.output.fault(&fault);
            return;
        }
        let names = self.page.formats.iter().map(|format| format.file_name());
        for name in names {
            let file = self.page.folder.join(name);
            if self.has_browser && browser::open(&file) {
                self.screen.note(&format!("opened {}", file.display()));
            } else {
                self.screen
                    .note(&format!("the page is file://{}", file.display()));
            }
        }
    }

    /// What is said below each verdict.
    fn write_footer(&mut self, plan: &RunPlan) {
        let seeds: Vec<String> = plan.seeds.iter().map(ToString::to_string).collect();
        let noun = if seeds.len() == 1 { "seed" } else { "seeds" };
        let how = if self.seeds.is_empty() {
            ", drawn once for all saves"
        } else {
            ""
        };
        let mut footer = vec![format!(
            "{}, on the {noun} {}{how}",
            quoted(&self.folder),
            seeds.join(", ")
        )];
        footer.extend(self.remark.clone());
        if self.terminal.is_some() {
            let again = if self.seeds.is_empty() {
                "r new seeds"
            } else {
                "r again"
            };
            footer.push(format!("q quit, h hint, a all, {again}, o page"));
        }
        self.screen.set_footer(footer);
    }

    fn look_at_files(&mut self) {
        if self.files.are_looked_at() {
            let now = now();
            if self.state.look.is_some_and(|look| now < look) {
                return;
            }
            self.state.look = Some(now + LOOK);
        }
        let change = self.files.change();
        if change == Change::None {
            return;
        }
        let now = now();
        let was_quiet = self.state.saved.is_none_or(|saved| now >= saved + QUIET);
        if change == Change::Saved {
            self.state.saved = Some(now);
        }
        let at_once = change == Change::Saved && was_quiet && !self.state.is_working;
        self.state.due = Some(if at_once { now } else { now + QUIET });
        self.stop_work();
    }

    fn stop_work(&mut self) {
        if self.state.is_working {
            self.work.stop();
        }
    }

    fn begin_if_due(&mut self) {
        let is_due = self.state.due.is_some_and(|due| due <= now());
        if !is_due || self.state.is_working {
            return;
        }
        if !self.files.are_there() {
            if !mem::replace(&mut self.state.is_gone, true) {
                let folder = quoted(&self.folder);
                self.screen
                    .note(&format!("{folder} is gone; waiting until it is back"));
            }
            // When it is back, that is a change.
            self.state.due = None;
            return;
        }
        self.state.due = None;
        self.state.is_gone = false;
        self.state.is_working = true;
        self.work.resume();
        self.doing.begin();
        let order = match self.state.new_data.take() {
            Some(plan) => Order::GradeOn(plan),
            None => Order::Grade,
        };
        // The other thread lives as long as it can be sent orders.
        let _ = self.orders.send(order);
    }

    fn hear(&mut self, news: News) -> Result<(), Fault> {
        match news {
            News::Record(told) => {
                self.doing.end();
                let (record, before) = *told;
                let before = self.state.shown.take().map(|shown| shown.record).or(before);
                let since = before.and_then(|before| report::since(&before, &record));
                self.state.code = Some(ExitCode::of_record(&record));
                self.state.is_all = false;
                self.state.shown = Some(Shown { record, since });
                return self.show();
            }
            News::Graded => {}
            News::Unchanged => {
                self.doing.end();
                self.screen.note("saved, nothing changed");
            }
            News::Failed(fault) if fault.kind == FaultKind::Interrupted => self.doing.end(),
            News::Failed(fault) => {
                self.doing.end();
                self.state.code = Some(ExitCode::of_fault(fault.kind));
                self.screen.fault(&fault)?;
            }
        }
        self.state.is_working = false;
        Ok(())
    }

    fn show(&self) -> Result<(), Fault> {
        let detail = if self.state.is_all {
            Detail::All
        } else {
            Detail::Brief
        };
        match &self.state.shown {
            Some(shown) => self.screen.show(shown, detail),
            None => Ok(()),
        }
    }
}
