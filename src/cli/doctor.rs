//! `grade doctor`: what this machine can do, layer by layer, and the proof of it. Attacks of our own run
//! inside the sandbox and must fail; the observer counts programs of known concurrency; file times must
//! record reads and show faked times.

use std::path::{Path, absolute};

use super::{
    app::{App, this_program},
    exit_code::ExitCode,
    task::Doctor,
};
use crate::{
    batch::{ATTACKING, OBSERVING, default_jobs},
    compile::Toolchain,
    config::Isolation,
    fault::{Fault, FaultKind},
    grading::{allowed_around, job_around, make_scratch, observing, short_around},
};
use fs_scratch::{Locks, Mount};
use observer::{Count, Stamps};
use report::escape_line;
use sandbox::{AttackOutcome, Limits, Outcome, Sandbox, Stage};

/// The room in the temporary folder, in MiB, from which on nothing is said about it.
const ENOUGH_SPACE: u64 = 512;

impl App {
    pub(super) fn doctor(&self, task: &Doctor) -> Result<ExitCode, Fault> {
        let this = this_program()?;
        let support = self.waiting("looking at the sandbox", || sandbox::probe(&this))?;
        let tier = task.isolation.tier(&support);
        let sandbox = Sandbox::new(&support, tier, self.cancellation.clone())?;
        let support = support.to_string();
        let (possible, layers) = support.split_once('\n').unwrap_or((&support, ""));
        let asked = match task.isolation {
            Isolation::Auto => String::new(),
            Isolation::Exactly(tier) => format!(" is possible here, tier {tier} was asked for"),
        };
        self.output
            .report(&format!("isolation: {possible}{asked}\n{layers}"))?;
        self.surroundings(&task.settings.course.run_limits)?;
        let attacks = self.waiting(ATTACKING, || sandbox.self_test())?;
        let mut sound = self.attacks(&attacks)?;

        sound &= self.observer(&sandbox)?;
        let course = &task.settings.course;
        let granted = sandbox::prove_grants(Stage::Run, &course.run_limits)
            .and_then(|()| sandbox::prove_grants(Stage::Build, &course.build_limits));
        match granted {
            Ok(()) => self.line("limits", true, "the course's can be given to programs")?,
            Err(error) => {
                sound = false;
                let fault = Fault::from(error);
                self.line("limits", false, &fault.to_string())?;
            }
        }
        let toolchain = self.waiting("looking for the compiler", || {
            Toolchain::find(&task.settings.course.root, &task.settings.cache_dir)
        });
        match toolchain {
            Ok(toolchain) => self.line("toolchain", true, toolchain.name())?,
            Err(fault) => {
                sound = false;
                self.line("toolchain", false, &fault.to_string())?;
            }
        }
        let scratch = self.waiting("looking for a temporary folder that records reads", || {
            make_scratch(task.settings.temp_dir.as_deref())
        });
        match scratch {
            Ok((scratch, stamps)) => {
                let how = match stamps {
                    Stamps::Fine => "reads are recorded, and every fake is noticed at once",
                    Stamps::Tick => "reads are recorded, and fakes are noticed after a timer tick",
                };
                let folder = scratch
                    .path()
                    .parent()
                    .unwrap_or(scratch.path())
                    .display()
                    .to_string();
                let place = place(Mount::of(scratch.path()).as_ref());
                self.line("file times", true, &format!("{how}, in {folder} ({place})"))?;
                self.space(scratch.path(), &folder)?;
            }
            Err(fault) => {
                sound = false;
                self.line("file times", false, &fault.to_string())?;
            }
        }
        self.cache(&task.settings.cache_dir)?;
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

    /// Show every attack; false if one got through that the tier promises to stop.
    fn attacks(&self, attacks: &[AttackOutcome]) -> Result<bool, Fault> {
        let mut sound = true;
        for attack in attacks {
            sound &= !attack.is_breach();
            self.output.report(&format!(
                "  {:<30} {:<9} {}\n",
                attack.name,
                outcome(attack),
                escape_line(&attack.detail)
            ))?;
        }
        Ok(sound)
    }

    /// Show what a container, a service, a batch system or the machine allows. What is short does not stop a grading: programs
    /// that need less are graded.
    fn surroundings(&self, limits: &Limits) -> Result<(), Fault> {
        let around = sandbox::surroundings();
        self.line("surroundings", true, &allowed_around(&around))?;
        if let Some(job) = &around.job {
            self.line("batch job", true, &job_around(job, default_jobs(limits)))?;
        }
        for short in short_around(&around, limits) {
            self.line("", false, &short)?;
        }
        Ok(())
    }

    /// Show how much room the temporary folder has, if it is little. What does not fit into it is not graded.
    fn space(&self, scratch: &Path, folder: &str) -> Result<(), Fault> {
        let Ok(space) = rustix::fs::statvfs(scratch) else {
            return Ok(());
        };
        let free = space.f_bavail.saturating_mul(space.f_frsize) >> 20;
        if free >= ENOUGH_SPACE {
            return Ok(());
        }
        let how = format!(
            "{folder} has {free} MiB of space, which submissions that are graded at the same time may fill; a \
             submission that finds it full is not graded; use `--jobs 1`, or another folder with `--temp-dir DIR`, \
             or start a container with `--shm-size 1g`"
        );
        self.line("space", false, &how)
    }

    /// Show where the cache is. It may not exist yet.
    fn cache(&self, cache: &Path) -> Result<(), Fault> {
        let path = absolute(cache).unwrap_or_else(|_| cache.to_path_buf());
        let mount = path.ancestors().find_map(Mount::of);
        let how = format!("{} ({})", path.display(), place(mount.as_ref()));
        self.line("cache", true, &how)
    }

    /// Show which observer works here, proven by programs of known concurrency; false if it miscounts.
    /// Without an observer no submission fails, but none can be graded either.
    fn observer(&self, sandbox: &Sandbox) -> Result<bool, Fault> {
        if let Err(missing) = observer::can_observe(sandbox)? {
            let how = format!("file times only, so `multi-threaded` stays open: {missing}");
            self.line("observer", false, &how)?;
            self.remedy(observing(sandbox::surroundings().place))?;
            return Ok(false);
        }
        let counts = self.waiting(OBSERVING, || observer::self_test(sandbox))?;
        let exact = counts.iter().all(Count::is_exact);
        let how = "seccomp-notify; what it counts of programs of known concurrency:";
        self.line("observer", exact, how)?;
        for count in &counts {
            let (of, expected) = (
                format!("{} files, threads: {}", count.files, count.threads),
                count.expected,
            );
            let counted = match &count.counted {
                Ok(rounds) if *rounds == expected => format!("{rounds} rounds"),
                Ok(rounds) => format!("{rounds} rounds, and {expected} are right"),
                Err(why) => why.clone(),
            };
            let mark = if count.is_exact() { "exact" } else { "WRONG" };
            self.output
                .report(&format!("  {of:<30} {mark:<9} {}\n", escape_line(&counted)))?;
        }
        if !exact {
            self.remedy(observing(sandbox::surroundings().place))?;
        }
        Ok(exact)
    }

    /// Show what to do about the lines above.
    fn remedy(&self, remedy: &str) -> Result<(), Fault> {
        self.output.report(&format!("  {remedy}\n"))
    }

    fn line(&self, what: &str, good: bool, how: &str) -> Result<(), Fault> {
        let mark = if good { "yes" } else { "no" };
        self.output
            .report(&format!("{what:<12} {mark:<4} {}\n", escape_line(how)))
    }
}

/// What a folder is on, in a few words.
fn place(mount: Option<&Mount>) -> String {
    let Some(mount) = mount else {
        return "on an unknown file system".to_owned();
    };
    let kind = &mount.kind;
    if mount.is_in_memory() {
        return "in memory".to_owned();
    }
    if mount.is_of_this_machine() {
        return format!("local, {kind}");
    }
    if !mount.is_network() {
        return format!("{kind}, a file system that grade does not know");
    }
    let locks = match mount.locks() {
        Locks::All => "machines wait for each other",
        Locks::ThisMachine { .. } => "machines do not wait for each other there",
        Locks::Unknown => "it is not known whether machines wait for each other there",
    };
    format!("network, {kind} at {}; {locks}", mount.point.display())
}

fn outcome(attack: &AttackOutcome) -> &'static str {
    match attack.outcome {
        Outcome::Stopped => "stopped",
        Outcome::GotThrough if attack.promised => "BREACH",
        Outcome::GotThrough => "possible",
        Outcome::NotApplicable => "n/a",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_local_in_memory_or_on_a_named_network() {
        let at = |kind: &str, options: &str| {
            let line = format!("1 0 0:1 / /home rw - {kind} x rw,{options}");
            place(Mount::find(&line, "1").as_ref())
        };
        assert_eq!(at("tmpfs", ""), "in memory");
        assert_eq!(at("ext4", ""), "local, ext4");
        assert_eq!(
            at("nfs4", "local_lock=none"),
            "network, nfs4 at /home; machines wait for each other"
        );
        let alone = "network, nfs at /home; machines do not wait for each other there";
        assert_eq!(at("nfs", "nolock"), alone);
        assert!(at("gpfs", "").contains("it is not known"));
        assert!(at("fuse", "").starts_with("fuse, "));
        assert_eq!(place(None), "on an unknown file system");
    }
}
