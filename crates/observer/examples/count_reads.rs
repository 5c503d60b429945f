//! Count how many reads a program has in flight. The observed program is this one, started again by itself: its
//! threads take the next of 24 files until none is left.
//!
//! `cargo run --example count_reads -- 8` prints `8 threads: 24 files, 8.00 reads in flight on average`.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example shows its result"
)]

use std::{
    env,
    error::Error,
    fs, io,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use evidence::Observed;
use observer::ObserverOptions;
use sandbox::{Cancellation, Job, Limits, Sandbox};

fn main() -> ExitCode {
    // The crate starts this program again as a supervisor, so this comes before anything else.
    if let Some(code) = observer::entry() {
        return code;
    }
    let arguments: Vec<String> = env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["read", threads] => read_files(threads),
        [threads] => count_reads(threads),
        _ => Err("usage: count_reads THREADS".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Run this program in a sandbox, and observe its reads.
fn count_reads(threads: &str) -> Result<(), Box<dyn Error>> {
    let host = sandbox::probe(&env::current_exe()?)?;
    let sandbox = Sandbox::new(&host, host.tier, Cancellation::default())?;
    if let Err(reason) = observer::can_observe(&sandbox)? {
        return Err(reason.into());
    }

    // The observed program may run as another user, who must be able to read the files and the program.
    let folder = tempfile::tempdir()?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
    let program = folder.path().join("program");
    fs::copy(env::current_exe()?, &program)?;
    let data = folder.path().join("data");
    fs::create_dir(&data)?;
    for number in 0..24 {
        fs::write(data.join(number.to_string()), "some text\n")?;
    }

    let limits = Limits {
        wall: Duration::from_secs(10),
        cpu: Duration::from_secs(10),
        memory_bytes: 512 << 20,
        tasks: 200,
        open_files: 256,
        file_bytes: 1 << 20,
        disk_bytes: 1 << 20,
        disk_files: 10,
        output_bytes: 1 << 16,
    };
    let mut job = Job::new(program, &data, &limits);
    job.arguments = vec!["read".into(), threads.into()];
    let execution = observer::observe(&sandbox, &job, &data, ObserverOptions::default())?;
    if !execution.termination.is_success() {
        return Err(format!("{:?}: {}", execution.termination, execution.stderr.head).into());
    }
    let Some(Observed::Seen(seen)) = &execution.observation else {
        return Err("the run was not observed".into());
    };
    println!(
        "{} threads: {} files, {:.2} reads in flight on average",
        seen.concurrency.threads, seen.files_read, seen.concurrency.effective,
    );
    Ok(())
}

/// The observed program: read every file of the working directory in so many threads.
fn read_files(threads: &str) -> Result<(), Box<dyn Error>> {
    let threads: usize = threads.parse()?;
    let files = fs::read_dir(".")?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<PathBuf>>>()?;
    let next = AtomicUsize::new(0);
    let read_some = || -> io::Result<()> {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            fs::read(file)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let readers: Vec<_> = (0..threads).map(|_| scope.spawn(read_some)).collect();
        for reader in readers {
            reader.join().map_err(|_| "a thread panicked")??;
        }
        Ok(())
    })
}
