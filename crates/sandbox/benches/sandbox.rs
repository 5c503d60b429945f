//! What a run in the sandbox costs over starting the same program bare.
//!
//! Interleaved, so that whatever else the machine does falls on all alike; medians, and what each tier
//! adds. `cargo bench --bench sandbox`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::{
    fmt::Write as _,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use sandbox::{self, Cancellation, Job, Limits, Sandbox, Tier};
use test_support::race;

const LIMITS: Limits = Limits {
    wall: Duration::from_secs(10),
    cpu: Duration::from_secs(10),
    memory_bytes: 1 << 30,
    tasks: 4096,
    open_files: 1024,
    file_bytes: 1 << 20,
    disk_bytes: 16 << 20,
    disk_files: 1000,
    output_bytes: 1 << 20,
};

fn main() {
    let supervisor = Path::new(env!("CARGO_BIN_EXE_sandbox-test-supervisor"));
    let abilities = sandbox::probe(supervisor).unwrap();
    let tiers: Vec<Tier> = Tier::ALL
        .into_iter()
        .filter(|&tier| abilities.supports(tier))
        .collect();
    let sandboxes: Vec<Sandbox> = tiers
        .iter()
        .map(|&tier| Sandbox::new(&abilities, tier, Cancellation::default()).unwrap())
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let scratch = folder.path().join("tmp");
    std::fs::create_dir(&scratch).unwrap();
    let program = "/bin/true";
    let job = Job::new(program, folder.path(), &LIMITS).scratch(&scratch);

    let mut bare = Vec::new();
    let mut fenced = vec![Vec::new(); sandboxes.len()];
    for _ in 0..race::rounds(100) {
        bare.push(time(|| {
            let mut command = Command::new(program);
            let command = command.stdin(Stdio::null()).stdout(Stdio::null());
            assert!(command.status().unwrap().success());
        }));
        for (sandbox, times) in sandboxes.iter().zip(&mut fenced) {
            times.push(time(|| {
                assert!(sandbox.run(&job).unwrap().termination.is_success());
            }));
        }
    }
    measure_endings(&tiers, &sandboxes, folder.path());
    report(&tiers, bare, fenced);
    measure_builds(&tiers, &sandboxes);
}

/// How long it takes from a limit until a hundred processes, each in a session of its own, are dead.
fn measure_endings(tiers: &[Tier], sandboxes: &[Sandbox], folder: &Path) {
    let limits = Limits {
        wall: Duration::from_millis(300),
        ..LIMITS
    };
    let mut job = Job::new("/bin/sh", folder, &limits)
        .readable("/bin")
        .readable("/usr/bin");
    let script = "i=0; while [ $i -lt 100 ]; do setsid sleep 20 & i=$((i+1)); done; sleep 20";
    job.arguments = vec!["-c".into(), script.into()];
    job.environment = vec![("PATH".into(), "/usr/bin:/bin".into())];
    for (tier, sandbox) in tiers.iter().zip(sandboxes) {
        let ended = || sandbox.run(&job).unwrap().usage.ending;
        let endings: Vec<Duration> = (0..11).map(|_| ended()).collect();
        let worst = *endings.iter().max().unwrap();
        println!(
            "{tier:<9} dead after {:>8.2?}, at worst {worst:>8.2?}",
            median(endings)
        );
    }
}

/// What the sandbox adds to compiling a small crate, if the toolchain is there.
fn measure_builds(tiers: &[Tier], sandboxes: &[Sandbox]) {
    let rustc = Command::new("rustc").args(["--print", "sysroot"]).output();
    let Ok(sysroot) = rustc.map(|output| String::from_utf8(output.stdout).unwrap()) else {
        return;
    };
    let sysroot = Path::new(sysroot.trim());
    let folder = tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .tempdir()
        .unwrap();
    let path = |name: &str| folder.path().join(name);
    write_crate(&path("source"));
    std::fs::create_dir(path("tmp")).unwrap();
    let at = |path: std::path::PathBuf| path.display().to_string();
    let environment = |out: &Path| {
        vec![
            ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
            ("RUSTC".into(), at(sysroot.join("bin/rustc"))),
            ("HOME".into(), at(out.to_path_buf())),
            ("CARGO_TARGET_DIR".into(), at(out.join("target"))),
            ("TMPDIR".into(), at(path("tmp"))),
        ]
    };
    let arguments = ["build", "--locked", "--offline"];
    let out = path("out");
    let fresh = || {
        let _ = fs_scratch::remove_tree(&out);
        std::fs::create_dir(&out).unwrap();
    };
    let bare = || {
        fresh();
        time(|| {
            let mut command = Command::new(sysroot.join("bin/cargo"));
            command
                .args(arguments)
                .current_dir(path("source"))
                .env_clear();
            command.envs(environment(&out)).stderr(Stdio::null());
            assert!(command.status().unwrap().success());
        })
    };
    let limits = Limits {
        wall: Duration::from_mins(2),
        cpu: Duration::from_mins(2),
        memory_bytes: 8 << 30,
        file_bytes: 1 << 30,
        disk_bytes: 1 << 30,
        ..LIMITS
    };
    let mut job = Job::new(sysroot.join("bin/cargo"), path("source"), &limits)
        .building()
        .readable(sysroot)
        .scratch(path("tmp"))
        .output(&out);
    job.arguments = arguments.map(str::to_owned).to_vec();
    job.environment = environment(&out);
    // Each beside a bare one of its own, which goes first every other time: the machine is faster in one
    // second than in the next.
    let mut ratios = vec![Vec::new(); tiers.len()];
    let mut bares = Vec::new();
    for round in 0..race::rounds(25) {
        for (sandbox, ratios) in sandboxes.iter().zip(&mut ratios) {
            let fenced = || {
                fresh();
                time(|| {
                    let built = sandbox.run(&job).unwrap();
                    assert!(built.termination.is_success(), "{built:#?}");
                })
            };
            let (bare, fenced) = if round % 2 == 0 {
                let bare = bare();
                (bare, fenced())
            } else {
                let fenced = fenced();
                (bare(), fenced)
            };
            ratios.push(fenced.as_secs_f64() / bare.as_secs_f64());
            bares.push(bare);
        }
    }
    println!("build: bare      {:>10.2?}", median(bares));
    for (tier, mut ratios) in tiers.iter().zip(ratios) {
        ratios.sort_by(f64::total_cmp);
        let at = |part: usize| ratios[(ratios.len() - 1) * part / 4];
        println!(
            "build: {tier:<9} ratio {:.3}, half of all in {:.3} to {:.3}; at most 1.03",
            at(2),
            at(1),
            at(3)
        );
    }
}

/// A crate that takes about as long to compile as a small program and the crates it uses.
fn write_crate(folder: &Path) {
    std::fs::create_dir_all(folder.join("src")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let package = "[package]\nname = \"p\"\nedition = \"2024\"\n[workspace]\n";
    write("Cargo.toml", package);
    let lock = "version = 4\n[[package]]\nname = \"p\"\nversion = \"0.0.0\"\n";
    write("Cargo.lock", lock);
    let mut source = String::from("fn main() { println!(\"{}\", f0(1)) }\n");
    for i in 0..100 {
        let next = if i == 99 {
            "x".into()
        } else {
            format!("f{}(x)", i + 1)
        };
        writeln!(source, "fn f{i}(x: u64) -> u64 {{ let v: Vec<u64> = (0..x).map(|y| y * {i}).collect(); {next} + v.len() as u64 }}").unwrap();
    }
    write("src/main.rs", &source);
}

fn report(tiers: &[Tier], bare: Vec<Duration>, fenced: Vec<Vec<Duration>>) {
    let bare = median(bare);
    println!("run: bare      {bare:>10.2?}");
    for (tier, times) in tiers.iter().zip(fenced) {
        let median = median(times);
        println!(
            "run: {tier:<9} {median:>10.2?}   adds {:>10.2?}   ratio {:.3}",
            median.saturating_sub(bare),
            median.as_secs_f64() / bare.as_secs_f64()
        );
    }
}

fn time(what: impl FnOnce()) -> Duration {
    let start = Instant::now();
    what();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
