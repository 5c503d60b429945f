//! Compile one accepted package with rustc itself, in the sandbox.
//!
//! Not with cargo: cargo reads the submission's configuration, resolves its workspace and takes 1.4 times as
//! long; rustc, called directly, does none of this. The variables that cargo sets for a program
//! (`CARGO_PKG_NAME` and so on) are set here.

use std::{
    ffi::OsStr,
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    diagnostics::{self, CompilerOutput},
    layer::Layer,
    manifest::model::{Package, Target},
    toolchain::Toolchain,
};
use crate::{
    course::Profile,
    fault::{Fault, path_to_str},
};
use evidence::Termination;
use judge::evidence::Diagnostic;
use sandbox::{Job, Limits, Sandbox};

/// What is compiled, and with what.
pub(super) struct Compilation<'a> {
    pub(super) toolchain: &'a Toolchain,
    pub(super) sandbox: &'a Sandbox,
    pub(super) layer: Option<&'a Layer>,
    pub(super) package: &'a Package,
    /// The submission's private copy. The compiler starts there, so that it speaks of `src/main.rs`.
    pub(super) source: &'a Path,
    /// An empty folder for the compiler's output.
    pub(super) output: &'a Path,
    /// The folder of the compiler's notes on this submission, if it may use them.
    pub(super) incremental: Option<PathBuf>,
    /// The only processor on which the compiler runs; `None` for all.
    pub(super) processor: Option<u32>,
    pub(super) profile: Profile,
    pub(super) limits: &'a Limits,
}

/// How a compilation ended.
pub(super) enum Compiled {
    /// A program is at this path.
    Program { path: PathBuf, warnings: usize },
    /// The compiler made no program.
    Nothing {
        termination: Termination,
        /// Processor time that the compiler got.
        cpu: Duration,
        compiler_output: CompilerOutput,
    },
}

impl Compilation<'_> {
    /// Compile the library, if there is one, then the program.
    pub(super) fn run(&self) -> Result<Compiled, Fault> {
        let temporary = self.output.join("tmp");
        fs::create_dir(&temporary)
            .map_err(|error| Fault::temporary("create", &temporary, &error))?;
        let mut warnings = 0;
        let mut library = None;
        if let Some(target) = &self.package.library {
            let path = self.output.join(format!("lib{}.rlib", target.crate_name()));
            match self.rustc(target, "rlib", None, &path)? {
                Ok(diagnostics) => warnings += diagnostics.len(),
                Err(nothing) => return Ok(nothing),
            }
            library = Some((target.crate_name(), path));
        }
        let path = self.output.join("program");
        match self.rustc(&self.package.binary, "bin", library.as_ref(), &path)? {
            Ok(diagnostics) => warnings += diagnostics.len(),
            Err(nothing) => return Ok(nothing),
        }
        Ok(Compiled::Program { path, warnings })
    }

    /// Compile one target. Returns its warnings if the compiler made the file.
    fn rustc(
        &self,
        target: &Target,
        kind: &str,
        library: Option<&(String, PathBuf)>,
        output: &Path,
    ) -> Result<Result<Vec<Diagnostic>, Compiled>, Fault> {
        let execution = self
            .sandbox
            .run(&self.job(target, kind, library, output)?)?;
        let folders = [
            (self.output, "OUT"),
            (self.source, "."),
            (self.toolchain.sysroot.as_path(), "SYSROOT"),
        ];
        let compiler_output = diagnostics::parse(&execution.stderr).without_places(&folders);
        let made = fs::symlink_metadata(output).is_ok_and(|file| file.is_file());
        Ok(if execution.termination.is_success() && made {
            Ok(compiler_output.diagnostics)
        } else {
            Err(Compiled::Nothing {
                termination: execution.termination,
                cpu: execution.usage.user + execution.usage.system,
                compiler_output,
            })
        })
    }

    fn job(
        &self,
        target: &Target,
        kind: &str,
        library: Option<&(String, PathBuf)>,
        output: &Path,
    ) -> Result<Job, Fault> {
        let profile = self.profile;
        let on_off = |on| if on { "yes" } else { "no" };
        let mut arguments: Vec<String> = [
            format!("--crate-name={}", target.crate_name()),
            format!("--crate-type={kind}"),
            // A library and a program, or a program and a crate it uses, may have the same name.
            format!("-Cmetadata=submission-{kind}"),
            format!("--edition={}", self.package.edition.as_str()),
            "--error-format=json".into(),
            // Source lines with marks then fit into a report of 80 columns.
            "--diagnostic-width=70".into(),
            format!("-Copt-level={}", profile.opt_level),
            format!("-Coverflow-checks={}", on_off(profile.overflow_checks)),
            format!("-Cdebug-assertions={}", on_off(profile.debug_assertions)),
            "-Cembed-bitcode=no".into(),
            "-Cstrip=debuginfo".into(),
            // So that the supervisor can tell in which functions threads wait. It costs nothing where nothing is optimised.
            "-Cforce-frame-pointers=yes".into(),
            format!("-o{}", path_to_str(output)?),
        ]
        .into();
        // As cargo gives them: those that are on, and all that the source may ask about.
        let package = self.package;
        arguments.push("--check-cfg=cfg(docsrs,test)".into());
        let declared = package.declared_features.iter();
        let declared: Vec<_> = declared.map(|name| format!("{name:?}")).collect();
        arguments.push(format!(
            "--check-cfg=cfg(feature, values({}))",
            declared.join(", ")
        ));
        let enabled = package.features.iter();
        arguments.extend(enabled.map(|name| format!("--cfg=feature={name:?}")));
        if let Some(notes) = &self.incremental {
            arguments.push(format!("-Cincremental={}", path_to_str(notes)?));
            // Fewer parts than rustc makes by itself: each costs more to look after than to compile.
            arguments.push("-Ccodegen-units=8".into());
            // Without merging equal texts, and without threads where the linker is known to have them: the reference
            // needs the other processors. A linker that knows no such option is not asked twice, since the next
            // attempt is without notes.
            arguments.push("-Clink-arg=-Wl,-O0".into());
            if self.toolchain.links_with_lld() {
                arguments.push("-Clink-arg=-Wl,--threads=1".into());
            }
        } else {
            // Faster to compile than sixteen, for programs of this size.
            arguments.push("-Ccodegen-units=1".into());
        }
        if let Some((name, path)) = library {
            arguments.push(format!("--extern={name}={}", path_to_str(path)?));
        }
        if let Some(layer) = self.layer {
            arguments.push(format!("-Ldependency={}", path_to_str(layer.folder())?));
            for dependency in &self.package.dependencies {
                if let Some(krate) = layer.find(&dependency.package) {
                    let path = layer.library(krate);
                    arguments.push(format!(
                        "--extern={}={}",
                        dependency.extern_name,
                        path_to_str(&path)?
                    ));
                }
            }
        }
        // After a double dash, because a file's name may look like an option. A name that begins with `@`
        // gets a folder in front: rustc reads `@file` as a list of arguments, even there.
        let path = match target.path.strip_prefix('@') {
            Some(_) => format!("./{}", target.path),
            None => target.path.clone(),
        };
        arguments.extend(["--".into(), path]);
        let mut job = Job::new(&self.toolchain.rustc, self.source, self.limits)
            .building()
            .on_processor(self.processor)
            .output(self.output);
        job.readable.extend(self.toolchain.libraries());
        if let Some(notes) = &self.incremental {
            job = job.output(notes);
        }
        if let Some(layer) = self.layer {
            job = job.readable(layer.folder());
        }
        job.arguments = arguments;
        job.environment = self.environment(target)?;
        Ok(job)
    }

    fn environment(&self, target: &Target) -> Result<Vec<(String, String)>, Fault> {
        let package = self.package;
        let version = &package.version;
        let temporary = path_to_str(&self.output.join("tmp"))?;
        let ours = std::env::var_os("PATH").unwrap_or_default();
        let work = self.output.parent().unwrap_or(self.output);
        let list = [
            (
                "PATH",
                search_path(&ours, &[&std::env::temp_dir(), work, self.source]),
            ),
            ("HOME", temporary.clone()),
            ("TMPDIR", temporary),
            ("CARGO_MANIFEST_DIR", ".".into()),
            ("CARGO_CRATE_NAME", target.crate_name()),
            ("CARGO_BIN_NAME", package.binary.name.clone()),
            ("CARGO_PKG_NAME", package.name.clone()),
            ("CARGO_PKG_VERSION", version.to_string()),
            ("CARGO_PKG_VERSION_MAJOR", version.major.to_string()),
            ("CARGO_PKG_VERSION_MINOR", version.minor.to_string()),
            ("CARGO_PKG_VERSION_PATCH", version.patch.to_string()),
            ("CARGO_PKG_VERSION_PRE", version.pre.to_string()),
            ("CARGO_PKG_AUTHORS", package.authors.clone()),
            ("CARGO_PKG_DESCRIPTION", package.description.clone()),
            ("CARGO_PKG_HOMEPAGE", package.homepage.clone()),
            ("CARGO_PKG_REPOSITORY", package.repository.clone()),
            ("CARGO_PKG_LICENSE", package.license.clone()),
            ("CARGO_PKG_LICENSE_FILE", package.license_file.clone()),
            ("CARGO_PKG_README", package.readme.clone()),
            ("CARGO_PKG_RUST_VERSION", package.rust_version.clone()),
        ];
        Ok(list
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect())
    }
}

/// Where programs usually are.
const USUAL_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The part of this process's search path in which a build may find the linker: absolute folders that exist,
/// that not every user can write to, and that are not below those named. No file of a submission may take the
/// place of a program of the system.
fn search_path(ours: &OsStr, below_none_of: &[&Path]) -> String {
    let excluded: Vec<PathBuf> = below_none_of
        .iter()
        .filter_map(|folder| folder.canonicalize().ok())
        .collect();
    let is_safe = |folder: &PathBuf| {
        let Ok(real) = folder.canonicalize() else {
            return false;
        };
        let closed = real
            .metadata()
            .is_ok_and(|found| found.is_dir() && found.mode() & 0o002 == 0);
        folder.is_absolute() && closed && !excluded.iter().any(|above| real.starts_with(above))
    };
    let kept = std::env::join_paths(std::env::split_paths(ours).filter(is_safe));
    kept.ok()
        .and_then(|kept| kept.into_string().ok())
        .filter(|kept| !kept.is_empty())
        .unwrap_or_else(|| USUAL_PATH.into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_build_searches_only_folders_that_no_submission_can_fill() {
        let work = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let folder = |parent: &tempfile::TempDir, name: &str, mode: u32| {
            let path = parent.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path.canonicalize().unwrap().display().to_string()
        };
        let (own, below) = (
            folder(&elsewhere, "own", 0o755),
            folder(&work, "bin", 0o755),
        );
        let writable_by_all = folder(&elsewhere, "writable_by_all", 0o777);
        let link = elsewhere.path().join("link").display().to_string();
        std::os::unix::fs::symlink(&below, &link).unwrap();
        let missing = elsewhere.path().join("missing").display().to_string();
        let search = |ours: &[&str]| search_path(OsStr::new(&ours.join(":")), &[work.path()]);

        assert_eq!(search(&[".", &own, "", "bin"]), own);
        assert_eq!(
            search(&[&below, &writable_by_all, &link, &missing, &own]),
            own
        );
        for none in [
            ".",
            "",
            "bin:../bin",
            &below,
            &writable_by_all,
            &link,
            &missing,
        ] {
            assert_eq!(search(&[none]), USUAL_PATH, "{none:?}");
        }
    }
}
