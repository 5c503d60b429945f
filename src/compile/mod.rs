//! A submission becomes a program, or the reasons why not.
//!
//! Two steps. The *gate* reads the manifest, without cargo, and refuses what the course does not accept: a
//! refusal is a sentence for the student. Then the *compiler* runs in the sandbox on the private copy, with a
//! command line that this room makes. Allowed crates come compiled from the layer.
//!
//! Hides rustc and cargo: no other room knows them. Never runs code of a submission outside the sandbox, and
//! never counts a broken machine as a failure of the submission. Where its source does not explain a failure,
//! three things are proven before the failure counts: the toolchain can compile a probe crate, the compiled
//! crates are undamaged, and the failure occurs again.

mod diagnostics;
mod incremental;
mod layer;
mod manifest;
mod rustc;
mod step;
mod toolchain;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustix::io::Errno;

pub use incremental::Incremental;
pub use step::{Step, Tell};
pub use toolchain::Toolchain;

use self::{
    diagnostics::{CompilerOutput, not_found},
    layer::{Layer, Layers},
    manifest::model::Package,
    rustc::{Compilation, Compiled},
};
use crate::{
    course::{AllowedCrate, Course, Exercise, Profile},
    fault::{Fault, FaultKind},
};
use evidence::Termination;
use ids::{
    Digest,
    words::{count, within_backticks},
};
use intake::Snapshot;
use judge::evidence::{BuildEvidence, Diagnostic, Refusal};
use sandbox::{self, Cancellation, Limits, Sandbox};

/// The manifest of the probe crate, which any working toolchain can compile.
const PROBE_MANIFEST: &str = "[package]\nname = \"probe\"\nedition = \"2021\"\n";

/// Its sources: a library and a program, as a submission may have.
const PROBE_SOURCES: [(&str, &str); 2] = [
    ("src/lib.rs", "pub fn two() -> u8 { 1 + 1 }\n"),
    (
        "src/main.rs",
        "fn main() { println!(\"{}\", probe::two()); }\n",
    ),
];

/// If a compiler exceeded its limit on real time, and its processor time is below the limit divided by this
/// number, the machine was too busy.
const CPU_SHARE_DIVISOR: u32 = 4;

/// Bytes that must be free for a failure to count: more than the largest program with all of the course's
/// crates takes while it is linked.
const FREE_SPACE_TO_COMPILE: u64 = 16 << 20;

/// Builds submissions of one course.
#[derive(Debug)]
pub struct Builder {
    toolchain: Toolchain,
    layers: Layers,
    allowed: BTreeMap<String, AllowedCrate>,
}

/// What a build may use.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuildOptions<'a> {
    /// The compiler's notes on the submission.
    pub incremental: Option<&'a Incremental>,
    /// The only processor on which it compiles; `None` for all.
    pub processor: Option<u32>,
}

/// The result of a build.
#[derive(Debug)]
pub struct Built {
    /// How the build ended.
    pub evidence: BuildEvidence,
    /// The program, if there is one.
    pub program: Option<PathBuf>,
    /// Whether the crates in the program are known to be sound.
    pub is_sound: bool,
    crates: Crates,
}

/// The compiled crates that went into a program.
#[derive(Debug)]
enum Crates {
    /// Those of this layer, or none.
    Layer(Option<Arc<Layer>>),
    /// The program was built by an earlier grading.
    Unknown,
}

impl Built {
    /// A program that was built before, with the warnings that the compiler gave then, and what was told of the
    /// manifest.
    pub(crate) fn again(
        program: PathBuf,
        warnings: usize,
        notes: Vec<String>,
        is_sound: bool,
    ) -> Self {
        Self {
            evidence: BuildEvidence::Built { warnings, notes },
            program: Some(program),
            is_sound,
            crates: Crates::Unknown,
        }
    }

    /// What was built now.
    fn now(evidence: BuildEvidence, program: Option<PathBuf>, layer: Option<Arc<Layer>>) -> Self {
        Self {
            evidence,
            program,
            is_sound: false,
            crates: Crates::Layer(layer),
        }
    }
}

impl Builder {
    /// A builder for a course, which keeps compiled crates below `cache`. Long steps are reported to `tell`, and
    /// stop on cancellation.
    ///
    /// # Errors
    /// There is no toolchain, or the course's lock file cannot be read or made.
    pub fn new(
        course: &Course,
        cache: &Path,
        cancellation: &Cancellation,
        tell: Tell<'_>,
    ) -> Result<Self, Fault> {
        let toolchain = Toolchain::find(&course.root, cache)?;
        let layers = Layers::new(course, &toolchain, cache, cancellation, tell)?;
        Ok(Self {
            toolchain,
            layers,
            allowed: course.crates.clone(),
        })
    }

    /// Build `snapshot` in `output`, an empty folder; with what it may use in `options`. Each step that may take long is
    /// reported to `tell`.
    ///
    /// # Errors
    /// The machine's fault: sandbox, disk, toolchain, or the course's crates.
    pub fn build(
        &self,
        exercise: &Exercise,
        snapshot: &Snapshot,
        output: &Path,
        sandbox: &Sandbox,
        options: BuildOptions<'_>,
        tell: Tell<'_>,
    ) -> Result<Built, Fault> {
        let BuildOptions {
            mut incremental,
            processor,
        } = options;
        let refused = |refusals| {
            let evidence = BuildEvidence::Refused(refusals);
            Ok(Built::now(evidence, None, None))
        };
        let package = match self.read_package(exercise, snapshot)? {
            Ok(package) => package,
            Err(refusals) => return refused(refusals),
        };
        // There may be a layer for one crate beside the full one, and both be damaged.
        let mut damaged = 0;
        let mut is_repeated = false;
        let mut failures = 0;
        loop {
            let layer = self.layers.prepare(&packages(&package), tell)?;
            let refusals = layer.as_deref().map_or_else(Vec::new, |layer| {
                features(&package, layer, self.layers.locked())
            });
            if !refusals.is_empty() {
                return refused(refusals);
            }
            let place = incremental.and_then(|place| Some((place, place.output().ok()?)));
            let folder = match &place {
                Some((_, folder)) => folder.clone(),
                None => new_folder(output.join(format!("attempt-{failures}")))?,
            };
            let stage = Stage {
                builder: self,
                sandbox,
                layer: layer.as_deref(),
                folder: &folder,
                incremental: place.as_ref().map(|(place, _)| *place),
                processor,
            };
            tell(Step::Package);
            let compiled = stage.compile(
                &package,
                snapshot.root(),
                exercise.profile,
                &exercise.build_limits,
            )?;
            let (termination, cpu, compiler_output) = match compiled {
                Compiled::Program { path, warnings } => {
                    let path = match place {
                        Some(_) => taken_from(&path, output)?,
                        None => path,
                    };
                    let notes = package.notes;
                    let evidence = BuildEvidence::Built { warnings, notes };
                    return Ok(Built::now(evidence, Some(path), layer));
                }
                Compiled::Nothing {
                    termination,
                    cpu,
                    compiler_output,
                } => (termination, cpu, compiler_output),
            };
            failures += 1;
            if damaged < 2 && self.discards_if_damaged(layer.as_deref(), tell)? {
                damaged += 1;
                continue;
            }
            if !is_explained(&compiler_output) {
                // The compiler may have stumbled over its own notes.
                if let Some(notes) = incremental.take() {
                    let _ = notes.forget();
                    continue;
                }
                prove_cpu_share(&termination, cpu)?;
                stage.prove_space()?;
                stage.prove_toolchain(exercise)?;
                // Other processes may have freed the space before it was measured.
                if ended_by_itself(&termination) && !is_repeated {
                    is_repeated = true;
                    continue;
                }
            }
            let paths = snapshot.files().iter().map(|file| file.path.as_str());
            let (allowed, locked) = (&self.allowed, self.layers.locked());
            let missing = not_found(&compiler_output.diagnostics, &paths, allowed, locked);
            let notes = package.notes.into_iter().chain(missing).collect();
            let failure = compiler_output.failure(termination, notes);
            let evidence = BuildEvidence::Failed(failure);
            return Ok(Built::now(evidence, None, layer));
        }
    }

    /// Whether the program contains damaged crates, or may contain them. Then its run proves nothing, and the next
    /// build makes the crates again if they are damaged.
    ///
    /// # Errors
    /// The damaged crates cannot be removed.
    pub fn was_damaged(&self, built: &mut Built, tell: Tell<'_>) -> Result<bool, Fault> {
        if built.is_sound {
            return Ok(false);
        }
        let was_damaged = match &built.crates {
            Crates::Unknown => true,
            Crates::Layer(layer) => self.discards_if_damaged(layer.as_deref(), tell)?,
        };
        built.is_sound = !was_damaged;
        Ok(was_damaged)
    }

    fn discards_if_damaged(&self, layer: Option<&Layer>, tell: Tell<'_>) -> Result<bool, Fault> {
        let Some(layer) = layer.filter(|layer| !layer.is_intact()) else {
            return Ok(false);
        };
        tell(Step::Damaged);
        self.layers.discard(layer)?;
        Ok(true)
    }

    /// Whether all crates that any submission may need are compiled, as far as can be told without reading them.
    #[must_use]
    pub fn has_all(&self) -> bool {
        self.layers.has_all()
    }

    /// Compile all crates that any submission may need, and compile damaged ones again.
    ///
    /// # Errors
    /// The course's crates cannot be fetched or compiled.
    pub fn prepare_all(&self, tell: Tell<'_>) -> Result<(), Fault> {
        self.layers.prepare_all(tell)
    }

    /// What a program built from `snapshot` for `exercise` depends on besides the snapshot itself.
    #[must_use]
    pub fn identity(&self, exercise: &Exercise, snapshot: &Snapshot) -> Digest {
        let profile = exercise.profile;
        let text = format!(
            "{} {} {profile:?}\n{}\n{:?}\n{}",
            env!("CARGO_PKG_VERSION"),
            // Of several programs, the exercise's is built.
            exercise.id,
            self.toolchain_identity(),
            self.layers.locked(),
            snapshot.digest(),
        );
        Digest::of(text.as_bytes())
    }

    /// The folders of this machine that every submission can read while it is built.
    #[must_use]
    pub fn shown(&self) -> Vec<PathBuf> {
        let mut shown = sandbox::system_paths(sandbox::Stage::Build);
        shown.extend(self.toolchain.libraries());
        shown
    }

    /// The text with which the compiler identifies itself.
    #[must_use]
    pub fn toolchain_identity(&self) -> &str {
        &self.toolchain.identity
    }

    fn read_package(
        &self,
        exercise: &Exercise,
        snapshot: &Snapshot,
    ) -> Result<Result<Package, Vec<Refusal>>, Fault> {
        let text = snapshot.read("Cargo.toml")?.unwrap_or_default();
        let files: Vec<&str> = snapshot
            .files()
            .iter()
            .map(|file| file.path.as_str())
            .collect();
        Ok(self.package(exercise, &text, snapshot.workspace_manifest(), &files))
    }

    fn package(
        &self,
        exercise: &Exercise,
        text: &[u8],
        workspace: Option<&[u8]>,
        files: &[&str],
    ) -> Result<Package, Vec<Refusal>> {
        manifest::read(&manifest::Input {
            text,
            workspace,
            files,
            exercise: exercise.id.as_str(),
            course: manifest::Course {
                allowed: &self.allowed,
                locked: self.layers.locked(),
                compiler: &self.toolchain.version,
                host: &self.toolchain.host,
            },
        })
    }
}

/// The check of a manifest alone, for a course that allows `allowed` at the versions `locked`. For fuzz
/// tests.
///
/// # Errors
/// The reasons why the manifest is not accepted.
#[doc(hidden)]
pub fn read_manifest(
    text: &[u8],
    workspace: Option<&[u8]>,
    files: &[&str],
    allowed: &BTreeMap<String, AllowedCrate>,
    locked: &BTreeMap<String, semver::Version>,
) -> Result<(), Vec<Refusal>> {
    manifest::read(&manifest::Input {
        text,
        workspace,
        files,
        exercise: "sum-of-products",
        course: manifest::Course {
            allowed,
            locked,
            compiler: &semver::Version::new(1, 95, 0),
            host: "x86_64-unknown-linux-gnu",
        },
    })
    .map(drop)
}

/// One attempt at compiling, in a folder of its own.
struct Stage<'a> {
    builder: &'a Builder,
    sandbox: &'a Sandbox,
    layer: Option<&'a Layer>,
    folder: &'a Path,
    incremental: Option<&'a Incremental>,
    processor: Option<u32>,
}

impl Stage<'_> {
    fn compile(
        &self,
        package: &Package,
        source: &Path,
        profile: Profile,
        limits: &Limits,
    ) -> Result<Compiled, Fault> {
        Compilation {
            toolchain: &self.builder.toolchain,
            sandbox: self.sandbox,
            layer: self.layer,
            package,
            source,
            output: self.folder,
            incremental: self.incremental.map(Incremental::notes),
            processor: self.processor,
            profile,
            limits,
        }
        .run()
    }

    /// Prove that there is space for the compiler's output. The file system reports it, because messages of
    /// compiler and linker may quote the submission.
    fn prove_space(&self) -> Result<(), Fault> {
        let left = rustix::fs::statvfs(self.folder)
            .map_err(|error| Fault::temporary("inspect", self.folder, &error.into()))?;
        if left.f_bavail.saturating_mul(left.f_frsize) >= FREE_SPACE_TO_COMPILE {
            return Ok(());
        }
        Err(Fault::temporary(
            "compile in",
            self.folder,
            &Errno::NOSPC.into(),
        ))
    }

    /// Compile the probe crate, a library and a program of a line each. If that fails as well, the machine is
    /// the cause.
    fn prove_toolchain(&self, exercise: &Exercise) -> Result<(), Fault> {
        let source = self.folder.join("probe");
        let failed = |error| Fault::temporary("write into", self.folder, &error);
        fs::create_dir_all(source.join("src")).map_err(failed)?;
        for (name, text) in PROBE_SOURCES {
            fs::write(source.join(name), text).map_err(failed)?;
        }
        let folder = new_folder(self.folder.join("probe-output"))?;
        let stage = Stage {
            folder: &folder,
            layer: None,
            incremental: None,
            ..*self
        };
        let package = self
            .builder
            .package(
                exercise,
                PROBE_MANIFEST.as_bytes(),
                None,
                &PROBE_SOURCES.map(|(name, _)| name),
            )
            .map_err(|_| Fault::new(FaultKind::Internal, "failed to read a manifest of our own"))?;
        match stage.compile(&package, &source, exercise.profile, &exercise.build_limits)? {
            Compiled::Program { .. } => Ok(()),
            Compiled::Nothing {
                compiler_output, ..
            } => {
                let why = compiler_output
                    .diagnostics
                    .first()
                    .map_or(compiler_output.other_output.as_str(), |first| {
                        first.rendered.as_str()
                    });
                Err(Fault::new(
                    FaultKind::Toolchain,
                    "failed to compile even a program of one line",
                )
                .because(why.trim())
                .hint("is a linker installed? on Debian and Ubuntu: `apt install gcc`"))
            }
        }
    }
}

fn new_folder(path: PathBuf) -> Result<PathBuf, Fault> {
    fs::create_dir(&path).map_err(|error| Fault::temporary("create", &path, &error))?;
    Ok(path)
}

/// A program that lies where the next build of the same path puts its own, copied into `folder`.
fn taken_from(program: &Path, folder: &Path) -> Result<PathBuf, Fault> {
    let path = folder.join("program");
    fs::copy(program, &path).map_err(|error| Fault::temporary("write", &path, &error))?;
    Ok(path)
}

/// The packages that a submission names.
fn packages(package: &Package) -> BTreeSet<String> {
    package
        .dependencies
        .iter()
        .map(|dependency| dependency.package.clone())
        .collect()
}

/// Features that a submission asks for and the course does not have: one refusal for each dependency.
fn features(
    package: &Package,
    layer: &Layer,
    locked: &BTreeMap<String, semver::Version>,
) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for dependency in &package.dependencies {
        let Some(krate) = layer.find(&dependency.package) else {
            continue;
        };
        let has = |feature: &&String| krate.features.contains(*feature);
        let lacking: Vec<_> = dependency
            .features
            .iter()
            .filter(|name| !has(name))
            .collect();
        let Some(first) = lacking.first() else {
            continue;
        };
        let name = &dependency.package;
        let mut written = dependency.written.clone();
        // `[features]` may ask for it in the place of the dependency's line.
        let is_in_line = lacking.iter().all(|name| written.features.contains(name));
        written.features.retain(|name| has(&name));
        let all: Vec<_> = krate.features.iter().map(String::as_str).collect();
        let remedy = match locked.get(name) {
            Some(version) if is_in_line => format!(
                "write `{}`; the course has the features {}",
                within_backticks(&written.line(&version.to_string())),
                all.join(", ")
            ),
            _ => format!("leave the feature out; the course has: {}", all.join(", ")),
        };
        let more = match lacking.len() - 1 {
            0 => String::new(),
            more => format!(" (and {})", count(more, "other")),
        };
        refusals.push(Refusal {
            place: format!("Cargo.toml:{}", dependency.line),
            problem: format!(
                "`{name}` is asked for with the feature `{}`{more}, which the course does not have",
                within_backticks(first)
            ),
            remedy,
        });
    }
    refusals
}

/// Whether the submission's own source explains why nothing was compiled.
fn is_explained(compiler_output: &CompilerOutput) -> bool {
    let placed = |diagnostic: &Diagnostic| diagnostic.is_error && diagnostic.place.is_some();
    compiler_output.diagnostics.iter().any(placed)
}

/// Whether the compiler ended without reaching a limit. A limit would end it again.
fn ended_by_itself(termination: &Termination) -> bool {
    matches!(
        termination,
        Termination::Exited { .. } | Termination::Signaled { .. }
    )
}

/// Prove that a compiler that exceeded its limit on real time was running: no source makes it wait, so if it
/// waited, the machine was busy.
fn prove_cpu_share(termination: &Termination, cpu: Duration) -> Result<(), Fault> {
    let &Termination::WallLimit { limit_ms } = termination else {
        return Ok(());
    };
    if cpu >= Duration::from_millis(limit_ms) / CPU_SHARE_DIVISOR {
        return Ok(());
    }
    Err(Fault::new(
        FaultKind::Toolchain,
        format!(
            "failed to compile within {limit_ms} ms, of which the compiler got {} ms on a processor",
            cpu.as_millis()
        ),
    )
    .because("the machine is busy with something else")
    .hint("grade again when it is not, or raise `limits.build.wall` in grader.toml"))
}
