//! A class, compared with the same work without a grader.
//!
//! `cargo bench --bench batch -- 12 200 2000` (12 by default; `--growth` for the last part alone). For each number a class of distinct small
//! submissions is made; in the same run, on the same class and with every core busy there are measured
//! - `grade batch` into an empty folder, once with an empty cache, so that the course's crates and the
//!   reference are compiled too, and then with a warm one; and again with nothing changed;
//! - bare `rustc` calls, one for each submission, with the profile that the grader uses and the crates
//!   that it compiled before, without a run;
//! - the same and three runs of which nobody knows anything;
//! - the same and three runs under a listener that answers each open and read at once and inspects nothing:
//!   the least that a grader can cost which sees every read, if all else in it were for nothing;
//! - `cargo build --release` into a fresh target folder for each submission, and one run.
//!
//! The last four are measured before and after the batches, in a large class on the first of it: it
//! repeats its kinds of programs, so that costs for each stay what they are.
//!
//! At the end come classes in which nothing is built or run, since each manifest is refused: what a batch costs
//! however small it is, what each submission adds, the same again with nothing changed, and the grader's memory.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "a benchmark prints, starts programs, and has no way to go on without a disk"
)]

use std::{
    collections::BTreeMap,
    fs,
    num::NonZeroUsize,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};
use test_support::listener;

use serde_json::Value;

/// Half use the standard library alone, half a crate.
const TEMPLATES: [&str; 8] = [
    "correct-rayon-par-iter",
    "correct-scoped-chunks",
    "correct-glob",
    "correct-mpsc-workers",
    "correct-walkdir",
    "correct-atomic-index",
    "correct-crossbeam-scope",
    "lines-from-zero",
];

/// As many are compiled by bare rustc and fresh cargo; a whole class if it has no more.
const SAMPLE: usize = 16;

/// Runs of each submission: on the exercise's own seed, and on two others.
const RUNS: usize = 3;

/// The sizes of classes of refused manifests. The first one shows the cost of a batch without a submission.
const GROWTH: [usize; 5] = [1, 500, 2000, 4000, 8000];
const QUICK_GROWTH: [usize; 3] = [1, 500, 2000];

/// How often a class of one is graded for its cost.
const REPEATS: usize = 9;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let mut sizes: Vec<usize> = std::env::args().filter_map(|n| n.parse().ok()).collect();
    if sizes.is_empty() {
        sizes.push(12);
    }
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let dir = tempfile::tempdir().unwrap();
    let bench = Bench {
        course: Path::new(env!("CARGO_MANIFEST_DIR")),
        dir: dir.path(),
        cores,
        rustc: real_rustc(),
    };
    bench.data();
    println!("{cores} cores; every figure with all of them busy");
    if !std::env::args().any(|argument| argument == "--growth") {
        for size in sizes {
            bench.measure(size, quick);
        }
    }
    bench.growth(if quick { &QUICK_GROWTH } else { &GROWTH });
}

struct Bench<'a> {
    course: &'a Path,
    dir: &'a Path,
    cores: usize,
    rustc: PathBuf,
}

impl Bench<'_> {
    fn measure(&self, size: usize, quick: bool) {
        let class = self.class(&format!("class-{size}"), size);
        let mut sample = folders(&class);
        sample.truncate(if quick { TEMPLATES.len() } else { SAMPLE });
        let rounds = match size {
            _ if quick => 1,
            0..100 => 3,
            _ => 1,
        };
        let mut peak = 0;
        let mut batch = || {
            let _ = fs::remove_dir_all(out(&class));
            Cost::of(size, || peak = peak.max(self.batch(&class)))
        };
        // What is made once is made for this class, and there for the batches after it.
        let _ = fs::remove_dir_all(self.cache());
        let with_crates = batch();

        let (mut warm, mut rustc, mut cargo) = (Vec::new(), Vec::new(), Vec::new());
        let (mut bare, mut least) = (Vec::new(), Vec::new());
        let mut beside = || {
            for _ in 0..if quick { 1 } else { 3 } {
                rustc.push(self.per_submission(&sample, |folder| drop(self.rustc(folder))));
            }
            bare.push(self.per_submission(&sample, |folder| self.rustc_and_bare_runs(folder)));
            least.push(self.per_submission(&sample, |folder| self.rustc_and_runs(folder)));
            cargo.push(self.per_submission(&sample, |folder| self.cargo(folder)));
        };
        beside();
        for _ in 0..rounds {
            warm.push(batch());
            beside();
        }
        let unchanged = Cost::of(1, || {
            self.batch(&class);
        });
        let (warm, rustc, bare, least, cargo) = (
            Cost::median(&warm),
            Cost::median(&rustc),
            Cost::median(&bare),
            Cost::median(&least),
            Cost::median(&cargo),
        );
        let of = match sample.len() {
            all if all == size => "all of them".to_owned(),
            first => format!("the first {first} of them"),
        };
        println!("\n{size} submissions; beside it: {of}");
        println!("                              a minute    ms for each   processor ms");
        for (name, cost) in [
            ("grade batch", warm),
            ("  and the crates, once", with_crates),
            ("bare rustc", rustc),
            ("  and three bare runs", bare),
            ("  and runs, listened to", least),
            ("fresh cargo, one run", cargo),
        ] {
            println!(
                "  {name:<24} {:>11.0} {:>14.1} {:>14.1}",
                60.0 / cost.wall,
                cost.wall * 1e3,
                cost.cpu * 1e3
            );
        }
        println!("  times as fast as fresh cargo     (at least 13)    wall   processor");
        for (name, cost) in [
            ("grade batch", warm),
            ("  and the crates, once", with_crates),
            ("bare rustc and runs, listened to", least),
        ] {
            let (wall, cpu) = (cargo.wall / cost.wall, cargo.cpu / cost.cpu);
            println!("    {name:<44} {wall:>8.2}    {cpu:>8.2}");
        }
        println!("  times as long as                 (at most 1.5)    wall   processor");
        for (name, other) in [
            ("bare rustc and three bare runs", bare),
            ("bare rustc alone", rustc),
            ("bare rustc and runs, listened to", least),
        ] {
            let (wall, cpu) = (warm.wall / other.wall, warm.cpu / other.cpu);
            println!("    {name:<44} {wall:>8.2}    {cpu:>8.2}");
        }
        println!(
            "  all again, nothing changed {:>15.0} ms, {:.2} for each",
            unchanged.wall * 1e3,
            unchanged.wall * 1e3 / size as f64
        );
        println!(
            "  the grader's peak memory   {:>15.1} MB",
            peak as f64 / 1e3
        );
    }

    /// Classes in which every manifest is refused.
    fn growth(&self, sizes: &[usize]) {
        println!(
            "\nmanifests that are refused          graded                again, unchanged       peak"
        );
        println!(
            "                          ms   ms each   cpu each       ms   ms each   cpu each     MB"
        );
        let (mut fixed, mut fixed_again) = (None, None);
        for &size in sizes {
            let class = self.refused(size);
            let repeats = if size == 1 { REPEATS } else { 1 };
            let (mut first, mut again) = (Vec::new(), Vec::new());
            let mut peak = 0;
            // Once, so that all is made that is made once.
            self.batch(&class);
            for _ in 0..repeats {
                let _ = fs::remove_dir_all(out(&class));
                first.push(Cost::of(1, || peak = peak.max(self.batch(&class))));
                again.push(Cost::of(1, || peak = peak.max(self.batch(&class))));
            }
            let (first, again) = (Cost::median(&first), Cost::median(&again));
            let columns = |cost: Cost, fixed: &mut Option<Cost>| {
                let without = *fixed.get_or_insert(cost);
                // The class of one is in the fixed cost.
                let more = size.saturating_sub(1).max(1) as f64;
                format!(
                    "{:>8.0} {:>9.3} {:>10.3}",
                    cost.wall * 1e3,
                    (cost.wall - without.wall) * 1e3 / more,
                    (cost.cpu - without.cpu) * 1e3 / more
                )
            };
            println!(
                "  {size:>8}         {} {} {:>8.1}",
                columns(first, &mut fixed),
                columns(again, &mut fixed_again),
                peak as f64 / 1e3
            );
            fs::remove_dir_all(&class).unwrap();
            fs::remove_dir_all(out(&class)).unwrap();
        }
    }

    /// A class of so many submissions that have a build script, which the course does not accept.
    fn refused(&self, size: usize) -> PathBuf {
        let class = self.dir.join(format!("refused-{size}"));
        for number in 0..size {
            let folder = class.join(format!("s{number:05}"));
            fs::create_dir_all(folder.join("src")).unwrap();
            let manifest = format!("[package]\nname = \"s{number}\"\nbuild = \"build.rs\"\n");
            fs::write(folder.join("Cargo.toml"), manifest).unwrap();
            fs::write(
                folder.join("src/main.rs"),
                format!("fn main() {{}} // {number}\n"),
            )
            .unwrap();
        }
        class
    }

    /// The data for one run of each program.
    fn data(&self) {
        run(Command::new(env!("CARGO_BIN_EXE_grade"))
            .args(["data", "sum-of-products", "--seed", "1", "--course"])
            .arg(self.course)
            .arg(self.dir.join("data")));
    }

    /// A class of so many small programs, each different.
    fn class(&self, name: &str, size: usize) -> PathBuf {
        let class = self.dir.join(name);
        for (number, template) in (0..size).zip(TEMPLATES.iter().cycle()) {
            let source = self.course.join("tests/submissions").join(template);
            let folder = class.join(format!("s{number:05}"));
            fs::create_dir_all(folder.join("src")).unwrap();
            fs::copy(source.join("Cargo.toml"), folder.join("Cargo.toml")).unwrap();
            let main = fs::read_to_string(source.join("src/main.rs")).unwrap();
            let own =
                format!("\n#[allow(dead_code)]\nfn own_{number}() -> u64 {{\n    {number}\n}}\n");
            fs::write(folder.join("src/main.rs"), main + &own).unwrap();
        }
        class
    }

    fn cache(&self) -> PathBuf {
        self.dir.join("cache")
    }

    /// Grade a class; the most memory that the grader had, in kB.
    fn batch(&self, class: &Path) -> u64 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_grade"))
            .args(["batch", "sum-of-products", "--quiet", "--course"])
            .arg(self.course)
            .arg("--cache-dir")
            .arg(self.cache())
            .arg("--out")
            .arg(out(class))
            .args(["--seed", "1", "--seed", "2"])
            .arg(class)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut peak = 0;
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            let output_text = fs::read_to_string(format!("/proc/{}/status", child.id()));
            let line = output_text.ok().and_then(|text| {
                let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
                line.split_whitespace().nth(1)?.parse().ok()
            });
            peak = peak.max(line.unwrap_or(0));
            thread::sleep(Duration::from_millis(5));
        };
        // The last of the kinds fails, and what is refused.
        let is_refused = class.to_string_lossy().contains("refused");
        let expected = i32::from(is_refused || folders(class).len() >= TEMPLATES.len());
        assert_eq!(status.code(), Some(expected));
        peak
    }

    /// Do something with every submission, on all cores; what each costs.
    fn per_submission(&self, folders: &[PathBuf], work: impl Fn(&Path) + Sync) -> Cost {
        let next = AtomicUsize::new(0);
        Cost::of(folders.len(), || {
            thread::scope(|scope| {
                for _ in 0..self.cores {
                    scope.spawn(|| {
                        while let Some(folder) = folders.get(next.fetch_add(1, Ordering::Relaxed)) {
                            work(folder);
                        }
                    });
                }
            });
        })
    }

    /// Compile as the grader does, without it, and run as often.
    fn rustc_and_bare_runs(&self, folder: &Path) {
        let output = self.rustc(folder);
        for _ in 0..RUNS {
            run(Command::new(output.path().join("program")).current_dir(self.dir.join("data")));
        }
    }

    /// Compile as the grader does, without it, and run as often under a listener.
    fn rustc_and_runs(&self, folder: &Path) {
        let output = self.rustc(folder);
        for _ in 0..RUNS {
            let mut program = Command::new(output.path().join("program"));
            program.current_dir(self.dir.join("data"));
            let calls = [libc::SYS_openat, libc::SYS_read];
            listener::time(&mut program, &calls).unwrap();
        }
    }

    /// Compile as the grader does, without it. The program is in the folder.
    fn rustc(&self, folder: &Path) -> tempfile::TempDir {
        let output = tempfile::tempdir_in(self.dir).unwrap();
        let (layer, crates) = self.layer();
        let mut rustc = Command::new(&self.rustc);
        rustc
            .args([
                "--crate-name=submission",
                "--crate-type=bin",
                "--edition=2021",
            ])
            .args([
                "-Copt-level=0",
                "-Coverflow-checks=no",
                "-Cdebug-assertions=no",
            ])
            .args([
                "-Ccodegen-units=1",
                "-Cembed-bitcode=no",
                "-Cstrip=debuginfo",
            ])
            .arg(format!("-Ldependency={}", layer.display()))
            .arg("-o")
            .arg(output.path().join("program"));
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        for (name, file) in &crates {
            if manifest.contains(&format!("\n{name} =")) {
                let path = layer.join(file);
                rustc.arg(format!(
                    "--extern={}={}",
                    name.replace('-', "_"),
                    path.display()
                ));
            }
        }
        run(rustc.arg(folder.join("src/main.rs")));
        output
    }

    /// The crates that the grader compiled, by package.
    fn layer(&self) -> (PathBuf, BTreeMap<String, String>) {
        let layers = fs::read_dir(self.cache().join("layers")).unwrap();
        let layers = layers.filter_map(|entry| {
            let folder = entry.unwrap().path();
            let text = fs::read(folder.join("layer.json")).ok()?;
            let layer: Value = serde_json::from_slice(&text).unwrap();
            let crates = layer["crates"].as_object().unwrap().iter();
            let crates: BTreeMap<_, _> = crates
                .map(|(name, krate)| (name.clone(), krate["file"].as_str().unwrap().to_owned()))
                .collect();
            Some((folder, crates))
        });
        layers.max_by_key(|(_, crates)| crates.len()).unwrap()
    }

    /// What a person would do: build from nothing, and run once.
    fn cargo(&self, folder: &Path) {
        let target = tempfile::tempdir_in(self.dir).unwrap();
        run(Command::new("cargo")
            .args(["build", "--release", "--offline", "--quiet", "--target-dir"])
            .arg(target.path())
            .current_dir(folder));
        let programs = fs::read_dir(target.path().join("release")).unwrap();
        let is_program = |path: &PathBuf| {
            let executable = |meta: fs::Metadata| meta.is_file() && meta.mode() & 0o111 != 0;
            path.extension().is_none() && path.metadata().is_ok_and(executable)
        };
        let program = programs
            .map(|entry| entry.unwrap().path())
            .find(is_program)
            .unwrap();
        run(Command::new(program).current_dir(self.dir.join("data")));
    }
}

/// The submissions of a class.
fn folders(class: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(class).unwrap();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

/// Where a class is graded into.
fn out(class: &Path) -> PathBuf {
    class.with_extension("grades")
}

/// The compiler itself, as the grader calls it, and not rustup's proxy, which costs some milliseconds.
fn real_rustc() -> PathBuf {
    let mut rustc = Command::new("rustc");
    let output_text = rustc.args(["--print", "sysroot"]).output().unwrap().stdout;
    let real = Path::new(String::from_utf8(output_text).unwrap().trim()).join("bin/rustc");
    if real.is_file() { real } else { "rustc".into() }
}

/// What one submission costs, in seconds. On a machine that others use as well, processor time says
/// more: others do not use that of ours.
#[derive(Clone, Copy)]
struct Cost {
    wall: f64,
    cpu: f64,
}

impl Cost {
    fn of(submissions: usize, work: impl FnOnce()) -> Self {
        let (start, cpu) = (Instant::now(), processor_time());
        work();
        Self {
            wall: start.elapsed().as_secs_f64() / submissions as f64,
            cpu: (processor_time() - cpu) / submissions as f64,
        }
    }

    fn median(costs: &[Self]) -> Self {
        let middle = |pick: fn(&Self) -> f64| {
            let mut values: Vec<f64> = costs.iter().map(pick).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        Self {
            wall: middle(|cost| cost.wall),
            cpu: middle(|cost| cost.cpu),
        }
    }
}

/// Processor time of ourselves, of all children that have ended, and of theirs, in seconds.
fn processor_time() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat[stat.rfind(')').unwrap() + 2..].split(' ').collect();
    let ticks = |n: usize| fields[n].parse::<f64>().unwrap();
    // Linux counts a hundred ticks a second for programs.
    (11..=14).map(ticks).sum::<f64>() / 100.0
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let output_text = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{output_text}",
        output.status
    );
}
