//! Shows what this machine supports, attacks the sandbox at the best tier, and runs a program in it.
//!
//! `cargo run --example run_isolated`

use std::{
    env,
    error::Error,
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use sandbox::{Cancellation, Job, Limits, NoMonitor, Outcome, Sandbox};

const LIMITS: Limits = Limits {
    wall: Duration::from_secs(5),
    cpu: Duration::from_secs(5),
    memory_bytes: 256 << 20,
    tasks: 16,
    open_files: 64,
    file_bytes: 1 << 20,
    disk_bytes: 16 << 20,
    disk_files: 100,
    output_bytes: 1 << 20,
};

fn main() -> ExitCode {
    // First of all: the crate starts this program again, as a supervisor or as an attacker.
    if let Some(code) = sandbox::entry::<NoMonitor>() {
        return code;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut text = error.to_string();
            let mut next = error.source();
            while let Some(source) = next {
                text.push_str(": ");
                text.push_str(&source.to_string());
                next = source.source();
            }
            let _ = writeln!(io::stderr(), "error: {text}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout();
    let host = sandbox::probe(&env::current_exe()?)?;
    writeln!(out, "{host}")?;

    let sandbox = Sandbox::new(&host, host.tier, Cancellation::on_signals()?)?;
    for attack in sandbox.self_test()? {
        let outcome = match attack.outcome {
            Outcome::Stopped => "stopped",
            Outcome::NotApplicable => "not applicable",
            Outcome::GotThrough if attack.is_breach() => "BREACH",
            Outcome::GotThrough => "got through, as this tier does not stop it",
        };
        writeln!(
            out,
            "attack {:<32} {outcome}: {}",
            attack.name, attack.detail
        )?;
    }

    let folder = tempfile::tempdir()?;
    let mut job = Job::new("/bin/echo", folder.path(), &LIMITS);
    job.arguments = vec!["hello".into(), "from".into(), sandbox.tier().to_string()];
    let execution = sandbox.run(&job)?;
    writeln!(out, "\n{:?}", execution.termination)?;
    writeln!(out, "{}", execution.stdout.head.trim_end())?;
    writeln!(out, "{:?}", execution.usage)?;
    Ok(())
}
