//! The commands of Slurm that this program calls.
//!
//! Hides their arguments and what they print. Never writes a script.

use std::{
    os::unix::ffi::OsStrExt as _,
    path::Path,
    process::{Command, Output, Stdio},
};

use crate::fault::Fault;

/// Refuse to submit while a job of this user runs or waits that has a script in `folder`. Where the queue cannot be
/// read, nothing is refused.
pub(super) fn refuse_twice(folder: &Path) -> Result<(), Fault> {
    let Ok(output) = slurm("squeue", |command| {
        command.args(["--noheader", "--me", "--format=%F %o"])
    }) else {
        return Ok(());
    };
    let Some(job) = job_in(&output.stdout, folder) else {
        return Ok(());
    };
    let message = format!("failed to submit: job {job} is still at work for this class");
    Err(Fault::usage(message)
        .because(format!(
            "`squeue` has it with a script in `{}`",
            folder.display()
        ))
        .hint(format!(
            "wait for it (`squeue --jobs={job}`), or cancel it with `scancel {job}`"
        )))
}

/// The first job with a script in this folder, in lines of its number and the script.
fn job_in(queue: &[u8], folder: &Path) -> Option<String> {
    let mut lines = queue.split(|&byte| byte == b'\n');
    lines.find_map(|line| {
        let space = line.iter().position(|&byte| byte == b' ')?;
        let (job, script) = line.split_at(space);
        let script = Path::new(std::ffi::OsStr::from_bytes(script.trim_ascii()));
        let is_ours = script.parent() == Some(folder);
        is_ours.then(|| String::from_utf8_lossy(job).into_owned())
    })
}

/// Give a script to Slurm, and return the number of the job.
pub(super) fn sbatch(options: &[&str], script: &Path) -> Result<String, Fault> {
    let message = || format!("failed to submit `{}` to Slurm", script.display());
    let output = slurm("sbatch", |command| {
        command.arg("--parsable").args(options).arg(script)
    });
    let output = output.map_err(|error| {
        Fault::usage(message())
            .because(format!("`sbatch` cannot be started: {error}"))
            .hint("use `--submit` where Slurm's commands are, or leave it out and submit the script yourself")
    })?;
    let text = String::from_utf8_lossy(&output.stdout);
    // Where there are several clusters, that of the job follows.
    let job = text.trim().split(';').next().unwrap_or_default();
    let is_number = !job.is_empty() && job.bytes().all(|byte| byte.is_ascii_digit());
    if output.status.success() && is_number {
        return Ok(job.to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let works = slurm("sinfo", |command| command).is_ok_and(|output| output.status.success());
    Err(Fault::usage(message()).because(said.join("; ")).hint(if works {
        "give other options to `sbatch` behind `--`, such as `-- --partition=NAME --time=1:00:00`"
    } else {
        "Slurm does not work on this machine: `sinfo` fails as well; use `--submit` where it works, or leave it out and submit the scripts there"
    }))
}

/// Run a command of Slurm.
fn slurm(
    name: &str,
    arguments: impl FnOnce(&mut Command) -> &mut Command,
) -> std::io::Result<Output> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a trusted step: the user's own command, with arguments of ours"
    )]
    let mut command = Command::new(name);
    arguments(&mut command).stdin(Stdio::null()).output()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_with_a_script_in_the_folder_is_found() {
        let queue = b"7 /other/out/slurm/shard.sh\n12 /my out/slurm/merge.sh\n13 (null)\n\n";
        let found = |folder: &str| job_in(queue, Path::new(folder));
        assert_eq!(found("/my out/slurm").as_deref(), Some("12"));
        assert_eq!(found("/other/out/slurm").as_deref(), Some("7"));
        assert_eq!(found("/my out"), None);
        assert_eq!(found("/third/slurm"), None);
    }
}
