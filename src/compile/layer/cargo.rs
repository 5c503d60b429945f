//! How cargo compiles the course's crates: the manifest, the lock file, the commands, and what cargo reports
//! about the compiled crates.
//!
//! Runs in the user's environment, with the user's cargo configuration (a mirror, a proxy), without the
//! variables that would change the compiled code.

mod progress;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use serde::Deserialize;

use self::progress::{Compiling, Fetching, Follower};
use crate::{
    compile::{
        step::{Step, Tell},
        toolchain::Toolchain,
    },
    course::Course,
    fault::{Fault, FaultKind},
};
use sandbox::Cancellation;

/// The package that depends on every allowed crate.
const PACKAGE: &str = "course-crates";

/// Everything that decides the compiled crates.
#[derive(Debug)]
pub(super) struct Recipe {
    toolchain: Toolchain,
    manifest: String,
    lock_path: PathBuf,
    lock: String,
    locked: BTreeMap<String, semver::Version>,
    cancellation: Cancellation,
}

/// The compiled crates.
pub(super) struct Compiled {
    /// Every library file that the compiler may need, absolute.
    pub(super) libraries: Vec<PathBuf>,
    /// For each allowed package asked for: the name of its library file and its features.
    pub(super) crates: BTreeMap<String, (String, BTreeSet<String>)>,
}

impl Recipe {
    pub(super) fn new(
        course: &Course,
        toolchain: &Toolchain,
        cancellation: &Cancellation,
        tell: Tell<'_>,
    ) -> Result<Self, Fault> {
        let manifest = manifest(course);
        let lock_path = course.lock_file();
        let lock = if lock_path.exists() {
            fs::read_to_string(&lock_path).map_err(|error| Fault::unreadable(&lock_path, error))?
        } else {
            tell(Step::Locking);
            lock_anew(toolchain, &manifest, &lock_path, cancellation)?
        };
        let locked = locked(course, &lock, &lock_path)?;
        Ok(Self {
            toolchain: toolchain.clone(),
            manifest,
            lock_path,
            lock,
            locked,
            cancellation: cancellation.clone(),
        })
    }

    pub(super) fn locked(&self) -> &BTreeMap<String, semver::Version> {
        &self.locked
    }

    /// A text that differs whenever the compiled crates may differ.
    pub(super) fn identity(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.toolchain.identity, self.manifest, self.lock
        )
    }

    /// Compile these packages in the empty folder `work`.
    pub(super) fn compile(
        &self,
        work: &Path,
        packages: &BTreeSet<String>,
        tell: Tell<'_>,
    ) -> Result<Compiled, Fault> {
        write_package(work, &self.manifest)?;
        write(&work.join("Cargo.lock"), &self.lock)?;
        let features = packages
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(",");
        let compile = [
            "build",
            "--release",
            "--quiet",
            // Errors of the compiler as text on standard error, for a person.
            "--message-format=json-render-diagnostics",
            "--features",
            &features,
        ];
        let describe = ["metadata", "--format-version=1", "--features", &features];
        let ignore = &mut |_: &str| {};
        let mut described = self.cargo(work, &describe, Network::Off, ignore)?;
        if !described.status.success() {
            // Most likely cargo's own cache does not have them yet.
            let mut fetching = Fetching::default();
            tell(fetching.step());
            let count = &mut |line: &str| {
                if fetching.read(line) {
                    tell(fetching.step());
                }
            };
            let fetched = self.cargo(work, &["fetch"], Network::On, count)?;
            if !fetched.status.success() {
                return Err(self.explain("fetch", &fetched));
            }
            described = self.cargo(work, &describe, Network::Off, ignore)?;
        }
        if !described.status.success() {
            return Err(self.explain("describe", &described));
        }
        let resolved: Metadata = serde_json::from_slice(&described.stdout).map_err(|error| {
            Fault::new(FaultKind::Crates, "failed to understand `cargo metadata`").because(error)
        })?;
        let mut compiling = Compiling::new(&resolved);
        tell(compiling.step());
        let count = &mut |line: &str| {
            if compiling.read(line) {
                tell(compiling.step());
            }
        };
        let built = self.cargo(work, &compile, Network::Off, count)?;
        if !built.status.success() {
            return Err(self.explain("compile", &built));
        }
        let libraries = libraries(&built.stdout);
        let mut crates = BTreeMap::new();
        for package in packages {
            let found = resolved.direct(package, &libraries).ok_or_else(|| {
                Fault::new(
                    FaultKind::Crates,
                    format!("found no compiled library of `{package}`"),
                )
            })?;
            crates.insert(package.clone(), found);
        }
        let libraries = libraries.into_iter().map(|(_, path)| path).collect();
        Ok(Compiled { libraries, crates })
    }

    /// Run cargo, and pass on each line that it writes while it is at work.
    fn cargo(
        &self,
        work: &Path,
        arguments: &[&str],
        network: Network,
        line: &mut dyn FnMut(&str),
    ) -> Result<Output, Fault> {
        let mut command = trusted_cargo(&self.toolchain, work);
        command
            .arg(arguments[0])
            .arg("--locked")
            .args(&arguments[1..]);
        command.arg(if arguments[0] == "metadata" {
            "--filter-platform"
        } else {
            "--target"
        });
        command.arg(&self.toolchain.host);
        match network {
            Network::Off => command.arg("--offline"),
            // Only the progress tells how many crates are missing.
            Network::On => command
                .env("CARGO_TERM_PROGRESS_WHEN", "always")
                .env("CARGO_TERM_PROGRESS_WIDTH", "80"),
        };
        run(&mut command, &self.toolchain, &self.cancellation, line)
    }

    fn explain(&self, verb: &str, output: &Output) -> Fault {
        let cause = progress::without(&String::from_utf8_lossy(&output.stderr));
        let cause = cause.trim();
        let fault = crates_fault(verb, cause);
        if cause.contains("--locked") {
            let lock = self.lock_path.display();
            return fault.hint(format!(
                "`{lock}` does not fit grader.toml: remove it, grade again, and keep what is written"
            ));
        }
        let hint = if verb == "fetch" {
            "the first grading needs the network for this once; connect and grade again"
        } else {
            "is a linker installed? on Debian and Ubuntu: `apt install gcc`"
        };
        fault.hint(hint)
    }
}

fn crates_fault(verb: &str, cause: &str) -> Fault {
    let message = format!("failed to {verb} the course's crates");
    Fault::new(FaultKind::Crates, message).because(cause)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Network {
    On,
    Off,
}

/// A package with every allowed crate as an optional dependency, so that any set of them can be built
/// with one manifest and one lock file.
fn manifest(course: &Course) -> String {
    let mut text = format!(
        "[package]\nname = \"{PACKAGE}\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n\
         [lib]\npath = \"lib.rs\"\n\n[workspace]\n\n[profile.release]\nopt-level = 3\n\n[dependencies]\n"
    );
    for (name, allowed) in &course.crates {
        let features: Vec<_> = allowed.features.iter().map(|f| format!("{f:?}")).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{name} = {{ version = \"{}\", default-features = {}, features = [{}], optional = true }}",
            allowed.requirement,
            allowed.default_features,
            features.join(", ")
        );
    }
    text
}

fn write_package(folder: &Path, manifest: &str) -> Result<(), Fault> {
    write(&folder.join("Cargo.toml"), manifest)?;
    write(&folder.join("lib.rs"), "")
}

fn write(path: &Path, text: &str) -> Result<(), Fault> {
    fs::write(path, text).map_err(|error| Fault::cache("write", path, &error))
}

/// A cargo that compiles for this machine with its standard settings, whatever the user's are.
fn trusted_cargo(toolchain: &Toolchain, folder: &Path) -> Command {
    #[expect(
        clippy::disallowed_methods,
        reason = "a trusted step: no submission is in reach"
    )]
    let mut command = Command::new(&toolchain.cargo);
    for variable in [
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_BUILD_RUSTC_WRAPPER",
        "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTC_WRAPPER",
        "RUSTFLAGS",
    ] {
        command.env_remove(variable);
    }
    command
        .current_dir(folder)
        .env("RUSTC", &toolchain.rustc)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_TERM_PROGRESS_WHEN", "never");
    command
}

/// Run cargo to its end. On cancellation, end cargo and all processes that it started.
fn run(
    command: &mut Command,
    toolchain: &Toolchain,
    cancellation: &Cancellation,
    line: &mut dyn FnMut(&str),
) -> Result<Output, Fault> {
    let failed = |verb: &str, error: &io::Error| {
        Fault::io(FaultKind::Toolchain, verb, &toolchain.cargo, error)
            .hint("install Rust from https://rustup.rs, or put `cargo` on PATH")
    };
    // Files, because a pipe fills up while this process waits for cargo.
    let open = || {
        tempfile::tempfile().map_err(|error| {
            let temporary = tempfile::env::temp_dir();
            Fault::temporary("write into", &temporary, &error)
        })
    };
    let (mut stdout, mut stderr) = (open()?, open()?);
    let clone = |file: &fs::File| file.try_clone().map_err(|error| failed("start", &error));
    let mut child = command
        .stdin(Stdio::null())
        .stdout(clone(&stdout)?)
        .stderr(clone(&stderr)?)
        // Ctrl-C at the terminal must reach this process only: if it ended cargo, that would look like a
        // failure.
        .process_group(0)
        .spawn()
        .map_err(|error| failed("start", &error))?;
    let mut pause = Duration::from_millis(1);
    let mut read_so_far = [Follower::default(), Follower::default()];
    let status = loop {
        let ended = child.try_wait();
        for (follower, file) in read_so_far.iter_mut().zip([&stdout, &stderr]) {
            // What cannot be read is not shown. It fails below, if it is needed.
            let _ = follower.read(file, line);
        }
        match ended {
            Ok(Some(status)) => break status,
            Ok(None) => {}
            Err(error) => return Err(failed("wait for", &error)),
        }
        if let Err(stopped) = cancellation.check() {
            end(&mut child);
            return Err(stopped.into());
        }
        std::thread::sleep(pause);
        pause = (2 * pause).min(Duration::from_millis(20));
    };
    cancellation.check()?;
    let read = |file: &mut fs::File| -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        file.rewind()?;
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    Ok(Output {
        status,
        stdout: read(&mut stdout).map_err(|error| failed("read the output of", &error))?,
        stderr: read(&mut stderr).map_err(|error| failed("read the output of", &error))?,
    })
}

/// End cargo and the compilers in its group.
fn end(child: &mut Child) {
    let group = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if let Some(group) = group {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.wait();
}

/// Resolve the course's crates for the first time and keep the answer beside `grader.toml`.
fn lock_anew(
    toolchain: &Toolchain,
    manifest: &str,
    lock_path: &Path,
    cancellation: &Cancellation,
) -> Result<String, Fault> {
    let work = tempfile::tempdir()
        .map_err(|error| Fault::cache("create", Path::new("a temporary folder"), &error))?;
    write_package(work.path(), manifest)?;
    let mut command = trusted_cargo(toolchain, work.path());
    let output = run(
        command.arg("generate-lockfile"),
        toolchain,
        cancellation,
        &mut |_| {},
    )?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(crates_fault("lock", stderr.trim())
            .hint("this needs the network once; or put the course's `grader.lock` back"));
    }
    let lock = fs::read_to_string(work.path().join("Cargo.lock"))
        .map_err(|error| Fault::cache("read", work.path(), &error))?;
    keep(lock_path, &lock).map_err(|error| {
        Fault::io(FaultKind::Usage, "write", lock_path, &error)
            .hint("the course needs a lock file; make its folder writable once")
    })?;
    Ok(lock)
}

/// Write a file atomically.
fn keep(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".grader-lock-")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

#[derive(Deserialize)]
struct LockFile {
    #[serde(default)]
    package: Vec<LockedPackage>,
}

#[derive(Deserialize)]
struct LockedPackage {
    name: String,
    version: semver::Version,
    #[serde(default)]
    dependencies: Vec<String>,
}

/// The version of each allowed crate in the lock file.
fn locked(
    course: &Course,
    lock: &str,
    path: &Path,
) -> Result<BTreeMap<String, semver::Version>, Fault> {
    let broken = |why: String| {
        Fault::unreadable(path, why).hint("remove it, grade again, and keep what is written")
    };
    let file: LockFile = toml::from_str(lock).map_err(|error| broken(error.to_string()))?;
    let root = file
        .package
        .iter()
        .find(|package| package.name == PACKAGE)
        .ok_or_else(|| broken(format!("it has no package `{PACKAGE}`")))?;
    let mut locked = BTreeMap::new();
    for (name, allowed) in &course.crates {
        // "name", or "name version" where the lock file holds several versions of it.
        let version = root.dependencies.iter().find_map(|dependency| {
            let mut parts = dependency.split(' ');
            if parts.next() != Some(name) {
                return None;
            }
            let exact = parts.next();
            file.package
                .iter()
                .find(|p| p.name == *name && exact.is_none_or(|v| p.version.to_string() == v))
                .map(|package| package.version.clone())
        });
        let version = version.ok_or_else(|| broken(format!("it does not lock `{name}`")))?;
        let requirement = &allowed.requirement;
        // Checked here, because cargo runs only when there is something to compile.
        if !requirement.matches(&version) {
            return Err(broken(format!(
                "it locks `{name}` at {version}, but grader.toml asks for `{requirement}`"
            )));
        }
        locked.insert(name.clone(), version);
    }
    Ok(locked)
}

#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    package_id: String,
    #[serde(default)]
    filenames: Vec<PathBuf>,
    #[serde(default)]
    target: MessageTarget,
}

#[derive(Default, Deserialize)]
struct MessageTarget {
    #[serde(default)]
    kind: Vec<String>,
}

impl Message {
    fn is_build_script(&self) -> bool {
        self.target.kind.iter().any(|kind| kind == "custom-build")
    }
}

/// The libraries that cargo reports, each with the id of its package.
///
/// Cargo's messages are reliable here: no code of a student takes part.
fn libraries(messages: &[u8]) -> Vec<(String, PathBuf)> {
    let mut libraries = Vec::new();
    for line in messages.split(|&b| b == b'\n') {
        let Ok(message) = serde_json::from_slice::<Message>(line) else {
            continue;
        };
        if message.reason != "compiler-artifact" {
            continue;
        }
        for file in message.filenames {
            let is_library = file
                .extension()
                .is_some_and(|extension| extension == "rlib" || extension == "so");
            if is_library {
                libraries.push((message.package_id.clone(), file));
            }
        }
    }
    libraries
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<MetadataPackage>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct MetadataPackage {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Resolve {
    root: String,
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    dependencies: Vec<String>,
    features: BTreeSet<String>,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    /// None for one of the library itself.
    kind: Option<String>,
}

impl Metadata {
    /// The names of the packages that are compiled for the course's package, by id.
    fn compiled(&self) -> BTreeMap<&str, &str> {
        let mut compiled = BTreeMap::new();
        let mut next = vec![self.resolve.root.as_str()];
        while let Some(id) = next.pop() {
            let nodes = self.resolve.nodes.iter().filter(|node| node.id == id);
            for dependency in nodes.flat_map(|node| &node.deps) {
                let mut kinds = dependency.dep_kinds.iter();
                let id = dependency.pkg.as_str();
                if kinds.all(|kind| kind.kind.as_deref() == Some("dev"))
                    || compiled.contains_key(id)
                {
                    continue;
                }
                let package = self.packages.iter().find(|package| package.id == id);
                compiled.insert(id, package.map_or("", |package| package.name.as_str()));
                next.push(id);
            }
        }
        compiled
    }

    /// The library file and the features of a package on which the course's package depends directly.
    fn direct(
        &self,
        package: &str,
        libraries: &[(String, PathBuf)],
    ) -> Option<(String, BTreeSet<String>)> {
        let root = self
            .resolve
            .nodes
            .iter()
            .find(|node| node.id == self.resolve.root)?;
        let is_it = |id: &&String| {
            self.packages
                .iter()
                .any(|p| p.id == **id && p.name == package)
        };
        let id = root.dependencies.iter().find(is_it)?;
        let (_, file) = libraries.iter().find(|(library_of, _)| library_of == id)?;
        let node = self.resolve.nodes.iter().find(|node| node.id == *id)?;
        Some((
            file.file_name()?.to_string_lossy().into_owned(),
            node.features.clone(),
        ))
    }
}
