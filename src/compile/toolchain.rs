//! Find the real rustc and cargo.
//!
//! *Real*: rustup puts a proxy of the same name on the path, which looks for a `rust-toolchain.toml` in the
//! folder where it is started and would run whatever that names. The proxy is run once, in the course's
//! folder, to find the compiler that it stands for; from then on only that compiler is used.

mod remembered;

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::fault::{Fault, FaultKind};

/// A Rust toolchain on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    /// The compiler itself, absolute.
    pub(super) rustc: PathBuf,
    /// The folder that the compiler, its libraries and its linker are in.
    pub(super) sysroot: PathBuf,
    /// The cargo that belongs to it.
    pub(super) cargo: PathBuf,
    /// The compiler's version.
    pub(super) version: semver::Version,
    /// All of `rustc -vV`: equal text means that compiled crates can be shared.
    pub(super) identity: String,
    /// The target triple it compiles for.
    pub(super) host: String,
}

const INSTALL: &str = "install Rust from https://rustup.rs, or put `rustc` and `cargo` on PATH";

fn toolchain_fault(message: String) -> Fault {
    Fault::new(FaultKind::Toolchain, message).hint(INSTALL)
}

impl Toolchain {
    /// Find the toolchain that is used in `folder`, which must not be a submission's. What is found is remembered
    /// below `cache`, because the compiler takes longer to describe itself than many a submission to run.
    ///
    /// # Errors
    /// There is none, or it fails.
    pub fn find(folder: &Path, cache: &Path) -> Result<Self, Fault> {
        let named = env::var_os("RUSTC").map_or_else(|| PathBuf::from("rustc"), PathBuf::from);
        let question = remembered::Question::new(&named, folder, |name| env::var_os(name));
        if let Some(known) = question
            .as_ref()
            .and_then(|question| question.answer(cache))
        {
            return Ok(known);
        }
        let found = Self::ask(named, folder)?;
        if let Some(question) = question {
            // A cache that cannot be written costs time and nothing else.
            let _ = question.remember(cache, &found);
        }
        Ok(found)
    }

    /// Ask the compiler itself.
    fn ask(named: PathBuf, folder: &Path) -> Result<Self, Fault> {
        let sysroot = PathBuf::from(describe(&named, &["--print", "sysroot"], folder)?.trim_end());
        let program = |name: &str, otherwise: PathBuf| {
            let path = sysroot.join("bin").join(name);
            if path.is_file() { path } else { otherwise }
        };
        let rustc = program("rustc", named);
        let cargo = program("cargo", "cargo".into());
        let identity = describe(&rustc, &["-vV"], folder)?;
        Self::parse(identity, sysroot, rustc.clone(), cargo).ok_or_else(|| {
            let message = format!("failed to read the output of `{} -vV`", rustc.display());
            toolchain_fault(message)
        })
    }

    /// What a compilation needs of the toolchain besides the compiler: libraries, and the linker among
    /// them. Submissions can read all of it.
    pub(super) fn libraries(&self) -> Vec<PathBuf> {
        ["lib", "lib32", "lib64", "libexec"]
            .map(|name| self.sysroot.join(name))
            .into_iter()
            .filter(|folder| folder.is_dir())
            .collect()
    }

    /// Whether the compiler links with the LLD that it brings.
    pub(super) fn links_with_lld(&self) -> bool {
        const HOST: &str = "x86_64-unknown-linux-gnu";
        let lld = format!("lib/rustlib/{HOST}/bin/gcc-ld/ld.lld");
        self.host == HOST
            && self.version >= semver::Version::new(1, 90, 0)
            && self.sysroot.join(lld).is_file()
    }

    /// The compiler's own name for itself: its version and date.
    #[must_use]
    pub fn name(&self) -> &str {
        self.identity.lines().next().unwrap_or_default()
    }

    /// Parse the output of `rustc -vV`: lines of `key: value`.
    fn parse(identity: String, sysroot: PathBuf, rustc: PathBuf, cargo: PathBuf) -> Option<Self> {
        let value = |key: &str| identity.lines().find_map(|line| line.strip_prefix(key));
        let version = value("release: ")?.parse().ok()?;
        let host = value("host: ")?.to_owned();
        Some(Self {
            rustc,
            sysroot,
            cargo,
            version,
            identity,
            host,
        })
    }
}

/// Run the compiler with arguments that make it describe itself, and return its output.
fn describe(rustc: &Path, arguments: &[&str], folder: &Path) -> Result<String, Fault> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a trusted step: the user's own compiler"
    )]
    let output = Command::new(rustc)
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|error| {
            let verb = "start the compiler";
            Fault::io(FaultKind::Toolchain, verb, rustc, &error).hint(INSTALL)
        })?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let message = format!("failed to get the version of `{}`", rustc.display());
        return Err(toolchain_fault(message).because(stderr.trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_of_rustc_is_parsed() {
        let parse =
            |text: &str| Toolchain::parse(text.into(), "/".into(), "rustc".into(), "cargo".into());
        let text = "rustc 1.95.0 (x)\nbinary: rustc\nhost: x86_64-unknown-linux-gnu\n\
                    release: 1.95.0\nLLVM version: 22.1.2\n";
        let toolchain = parse(text).unwrap();
        assert_eq!(toolchain.host, "x86_64-unknown-linux-gnu");
        assert_eq!(toolchain.version, semver::Version::new(1, 95, 0));
        assert!(parse("what?\n").is_none());
        assert!(parse("").is_none());
    }
}
