//! The victim process: it sleeps, has a secret, and represents the processes of other users.
//!
//! Hides how a change of it is recognised from outside.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// The process. Ended when dropped.
#[derive(Debug)]
pub(crate) struct Victim {
    child: Child,
    before: String,
}

impl Victim {
    /// Start one that has `secret` in its environment and `argument` among its arguments.
    pub(crate) fn start(secret: &str, argument: &str) -> Self {
        #[expect(clippy::disallowed_methods, reason = "it is there to be attacked")]
        let child = Command::new("sleep")
            .arg0(argument)
            .arg("600")
            .env_clear()
            .env("SECRET", secret)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a process that sleeps");
        let mut victim = Self {
            child,
            before: String::new(),
        };
        // `spawn` comes back when the program has started, which may be before it sleeps.
        while victim.state() != Some('S') {
            std::thread::sleep(Duration::from_millis(1));
        }
        victim.before = victim.state_of_settings();
        victim
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it is not as it was.
    pub(crate) fn is_harmed(&self) -> bool {
        self.state() != Some('S') || self.state_of_settings() != self.before
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{name}", self.pid())).unwrap_or_default()
    }

    fn state(&self) -> Option<char> {
        let stat = self.read("stat");
        stat[stat.rfind(')')? + 1..].trim_start().chars().next()
    }

    /// All that others can set of it: limits, priorities, processors.
    fn state_of_settings(&self) -> String {
        let stat = self.read("stat");
        let mut fields = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace();
        // Counted from the third field of all: 18 and 19 are priority and nice, 41 the policy.
        let (nice, policy) = (fields.nth(19 - 3), fields.nth(41 - 20));
        let status = self.read("status");
        let processors = status
            .lines()
            .find(|line| line.starts_with("Cpus_allowed:"));
        format!(
            "{nice:?} {policy:?} {processors:?} {} {} {}",
            self.read("oom_score_adj"),
            self.disk_priority(),
            self.read("limits"),
        )
    }

    #[expect(unsafe_code, reason = "no crate at hand wraps this call")]
    fn disk_priority(&self) -> i64 {
        const OF_A_PROCESS: libc::c_int = 1;
        // SAFETY: the call takes and returns numbers only.
        unsafe { libc::syscall(libc::SYS_ioprio_get, OF_A_PROCESS, self.pid()) }
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
