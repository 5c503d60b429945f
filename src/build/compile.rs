//! Compile one accepted package with rustc itself, in the sandbox.
//!
//! Not with cargo: cargo reads the submission's configuration, asks who its relatives are and takes 1.4
//! times as long; rustc with our own command line does none of it. What cargo would tell a program about
//! itself (`CARGO_PKG_NAME` and so on) is told here.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Toolchain,
    diagnostics::{self, Said},
    layer::Layer,
    manifest::{Package, Target},
};
use crate::{
    evidence::{Diagnostic, Termination},
    fault::{Fault, text_of},
    sandbox::{Job, Sandbox},
    spec::{Limits, Profile},
};

/// What is compiled, and with what.
pub(super) struct Compilation<'a> {
    pub(super) toolchain: &'a Toolchain,
    pub(super) sandbox: &'a Sandbox,
    pub(super) layer: Option<&'a Layer>,
    pub(super) package: &'a Package,
    /// The submission's private copy. The compiler starts there, so that it speaks of `src/main.rs`.
    pub(super) source: &'a Path,
    /// An empty folder for what comes out.
    pub(super) output: &'a Path,
    pub(super) profile: Profile,
    pub(super) limits: &'a Limits,
}

/// How a compilation ended.
pub(super) enum Compiled {
    /// A program is at this path.
    Program { path: PathBuf, warnings: usize },
    /// There is none.
    Nothing {
        termination: Termination,
        /// Processor time that the compiler got.
        cpu: Duration,
        said: Said,
    },
}

impl Compilation<'_> {
    /// Compile the library, if there is one, then the program.
    pub(super) fn run(&self) -> Result<Compiled, Fault> {
        let temporary = self.output.join("tmp");
        fs::create_dir(&temporary).map_err(|error| super::disk("create", &temporary, &error))?;
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

    /// Compile one target. Its warnings if something came out.
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
        let places = [
            (self.output, "OUT"),
            (self.source, "."),
            (self.toolchain.sysroot.as_path(), "SYSROOT"),
        ];
        let said = diagnostics::parse(&execution.stderr).without_places(&places);
        let made = fs::symlink_metadata(output).is_ok_and(|file| file.is_file());
        Ok(if execution.termination.is_success() && made {
            Ok(said.diagnostics)
        } else {
            Err(Compiled::Nothing {
                termination: execution.termination,
                cpu: execution.usage.user + execution.usage.system,
                said,
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
            // What is drawn fits beside the report's bar on 80 columns.
            "--diagnostic-width=70".into(),
            format!("-Copt-level={}", profile.opt_level),
            format!("-Coverflow-checks={}", on_off(profile.overflow_checks)),
            format!("-Cdebug-assertions={}", on_off(profile.debug_assertions)),
            // Faster to compile than sixteen, for programs of this size.
            "-Ccodegen-units=1".into(),
            "-Cembed-bitcode=no".into(),
            "-Cstrip=debuginfo".into(),
            format!("-o{}", text_of(output)?),
        ]
        .into();
        if let Some((name, path)) = library {
            arguments.push(format!("--extern={name}={}", text_of(path)?));
        }
        if let Some(layer) = self.layer {
            arguments.push(format!("-Ldependency={}", text_of(layer.folder())?));
            for dependency in &self.package.dependencies {
                if let Some(krate) = layer.find(&dependency.package) {
                    let path = layer.library(krate);
                    arguments.push(format!(
                        "--extern={}={}",
                        dependency.extern_name,
                        text_of(&path)?
                    ));
                }
            }
        }
        // Behind a double dash, since a file may be called as an option is; and with a folder before it
        // where it begins with `@`, which to rustc is a file with more arguments, even there.
        let path = match target.path.strip_prefix('@') {
            Some(_) => format!("./{}", target.path),
            None => target.path.clone(),
        };
        arguments.extend(["--".into(), path]);
        let mut job = Job::new(&self.toolchain.rustc, self.source, self.limits)
            .building()
            .readable(&self.toolchain.sysroot)
            .output(self.output);
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
        let temporary = text_of(&self.output.join("tmp"))?;
        // The linker is found along PATH.
        let path = std::env::var("PATH").unwrap_or_else(|_| "/usr/local/bin:/usr/bin:/bin".into());
        let list = [
            ("PATH", path),
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
