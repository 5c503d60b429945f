//! `grade doctor`: what this machine can do, layer by layer, and the proof of it. Attacks of our own run
//! inside the sandbox and must fail; the observer counts programs of known concurrency; file times must
//! record reads and show faked times.

use super::{
    app::{App, this_program},
    exit_code::ExitCode,
    task::Doctor,
};
use crate::{
    compile::Toolchain,
    fault::{Fault, FaultKind},
    sandbox::{self, CanaryOutcome, Count, Fate, Isolation, Sandbox, Scratch, Stage, Stamps},
};
use judge::report::escape_line;

impl App {
    pub(super) fn doctor(&self, task: &Doctor) -> Result<ExitCode, Fault> {
        let this = this_program()?;
        let abilities = sandbox::probe(&this)?;
        let tier = abilities.choose(task.isolation)?;
        let sandbox = Sandbox::new(&this, self.cancellation.clone(), &abilities, task.isolation)?;
        let abilities = abilities.to_string();
        let (possible, layers) = abilities.split_once('\n').unwrap_or((&abilities, ""));
        let asked = match task.isolation {
            Isolation::Auto => String::new(),
            Isolation::Exactly(tier) => format!(" is possible here, tier {tier} was asked for"),
        };
        self.output
            .report(&format!("isolation: {possible}{asked}\n{layers}"))?;
        let canaries = sandbox::run_canaries(&sandbox)?;
        let mut sound = self.canaries(&canaries)?;

        sound &= self.observer(&sandbox)?;
        let course = &task.settings.course;
        let granted = sandbox::prove_grants(Stage::Run, &course.run_limits)
            .and_then(|()| sandbox::prove_grants(Stage::Build, &course.build_limits));
        match granted {
            Ok(()) => self.line("limits", true, "the course's can be given to programs")?,
            Err(fault) => {
                sound = false;
                self.line("limits", false, &fault.to_string())?;
            }
        }
        match Toolchain::find(&task.settings.course.root) {
            Ok(toolchain) => self.line("toolchain", true, toolchain.name())?,
            Err(fault) => {
                sound = false;
                self.line("toolchain", false, &fault.to_string())?;
            }
        }
        match Scratch::create(task.settings.temp_dir.as_deref()) {
            Ok(scratch) => {
                let how = match scratch.stamps() {
                    Stamps::Fine => "reads are recorded, and every fake is noticed at once",
                    Stamps::Tick => "reads are recorded, and fakes are noticed after a timer tick",
                };
                let place = scratch
                    .path()
                    .parent()
                    .unwrap_or(scratch.path())
                    .display()
                    .to_string();
                self.line("file times", true, &format!("{how}, in {place}"))?;
            }
            Err(fault) => {
                sound = false;
                self.line("file times", false, &fault.to_string())?;
            }
        }
        if !sound {
            return Err(Fault::new(
                FaultKind::Sandbox,
                "this machine does not do what it should",
            )
            .hint("see the lines with `no` above"));
        }
        self.output
            .report(&format!("ready to grade at tier {tier}\n"))?;
        Ok(ExitCode::Passed)
    }

    /// Show every canary; false if one got through that the tier promises to stop.
    fn canaries(&self, canaries: &[CanaryOutcome]) -> Result<bool, Fault> {
        let mut sound = true;
        for canary in canaries {
            sound &= !canary.is_breach();
            self.output.report(&format!(
                "  {:<30} {:<9} {}\n",
                canary.name,
                fate(canary),
                escape_line(&canary.detail)
            ))?;
        }
        Ok(sound)
    }

    /// Show which observer works here, proven by programs of known concurrency; false if it miscounts.
    /// A machine without an observer is sound: the check is inconclusive then, and no submission fails by it.
    fn observer(&self, sandbox: &Sandbox) -> Result<bool, Fault> {
        if let Err(missing) = sandbox.can_observe()? {
            let how = format!("file times only, so `multi-threaded` stays open: {missing}");
            self.line("observer", false, &how)?;
            return Ok(true);
        }
        let counts = sandbox::prove_observer(sandbox)?;
        let exact = counts.iter().all(Count::is_exact);
        let how = "seccomp-notify; what it counts of programs of known concurrency:";
        self.line("observer", exact, how)?;
        for count in &counts {
            let (of, expected) = (
                format!("{} files, threads: {}", count.files, count.threads),
                count.expected,
            );
            let seen = match &count.counted {
                Ok(rounds) if *rounds == expected => format!("{rounds} rounds"),
                Ok(rounds) => format!("{rounds} rounds, and {expected} are right"),
                Err(why) => why.clone(),
            };
            let mark = if count.is_exact() { "exact" } else { "WRONG" };
            self.output
                .report(&format!("  {of:<30} {mark:<9} {}\n", escape_line(&seen)))?;
        }
        Ok(exact)
    }

    fn line(&self, what: &str, good: bool, how: &str) -> Result<(), Fault> {
        let mark = if good { "yes" } else { "no" };
        self.output
            .report(&format!("{what:<12} {mark:<4} {}\n", escape_line(how)))
    }
}

fn fate(canary: &CanaryOutcome) -> &'static str {
    match canary.fate {
        Fate::Stopped => "stopped",
        Fate::GotThrough if canary.promised => "BREACH",
        Fate::GotThrough => "possible",
        Fate::NotApplicable => "n/a",
    }
}
