//! `grade doctor`: what can this machine do? Said layer by layer, and proven: attacks of our own run inside
//! the sandbox and must fail, a program is compiled and run, reads are recorded and fakes are noticed.

use super::{App, exit_code::ExitCode, this_program};
use crate::{
    build::Toolchain,
    config::Settings,
    fault::{Fault, FaultKind},
    report::escape_line,
    sandbox::{self, CanaryOutcome, Fate, Sandbox, Scratch, Stamps},
};

impl App {
    pub(super) fn doctor(&self, settings: &Settings) -> Result<ExitCode, Fault> {
        let this = this_program()?;
        let abilities = sandbox::probe(&this)?;
        let tier = abilities.choose(self.isolation)?;
        let sandbox = Sandbox::new(this, self.cancellation.clone(), &abilities, self.isolation)?;
        self.output.report(&format!("isolation: {abilities}"))?;
        let canaries = sandbox::run_canaries(&sandbox)?;
        let mut sound = self.canaries(&canaries)?;

        match Toolchain::find(&settings.course.root) {
            Ok(toolchain) => self.line("toolchain", true, toolchain.name())?,
            Err(fault) => {
                sound = false;
                self.line("toolchain", false, &fault.to_string())?;
            }
        }
        match Scratch::create(settings.temp_dir.as_deref()) {
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
