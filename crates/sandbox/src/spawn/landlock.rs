//! Landlock: restricts a job to an allow-list of paths, without network and without signals to outside.
//!
//! Hides the crate `landlock` and the differences between the kernel's versions of it. Never decides which
//! paths a job may open: `rootfs` does.

use std::{
    error::Error,
    io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

use ::landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
};
use rustix::fs::{FileType, Mode, OFlags};

use crate::{
    error::Failure,
    rule::{Landlock, Right, RuleSet},
};

/// The version of Landlock from which it confines signals.
pub(crate) const SCOPES_SINCE: i32 = 6;

/// The version of Landlock from which it can put a rule in force.
const fn since(rule: Landlock) -> i32 {
    match rule {
        // Demanded of every kernel: one without Landlock must fail, not run the job unrestricted.
        Landlock::Paths => 0,
        Landlock::Ports => 4,
        Landlock::SignalScope | Landlock::AbstractSockets => SCOPES_SINCE,
    }
}

/// The right that a rule withholds. Two rights have no rule, because no job could use them: only root can
/// make block devices, and the kernel refuses moves between folders unless a rule allows them.
const fn right(rule: Right) -> AccessFs {
    match rule {
        Right::Execute => AccessFs::Execute,
        Right::ReadFiles => AccessFs::ReadFile,
        Right::ReadFolders => AccessFs::ReadDir,
        Right::WriteFiles => AccessFs::WriteFile,
        Right::Truncate => AccessFs::Truncate,
        Right::RemoveFiles => AccessFs::RemoveFile,
        Right::RemoveFolders => AccessFs::RemoveDir,
        Right::MakeFiles => AccessFs::MakeReg,
        Right::MakeFolders => AccessFs::MakeDir,
        Right::MakeLinks => AccessFs::MakeSym,
        Right::MakePipes => AccessFs::MakeFifo,
        Right::MakeSockets => AccessFs::MakeSock,
        Right::MakeDevices => AccessFs::MakeChar,
        Right::CommandDevices => AccessFs::IoctlDev,
    }
}

/// The paths that a job may open. The kernel refuses every other path.
#[derive(Debug, Default)]
pub(crate) struct AllowedPaths {
    /// Files and folders to read and to execute, with everything below.
    pub(crate) readable: Vec<PathBuf>,
    /// The system's files and folders, with the same rights. Some may be missing on this machine.
    pub(crate) system: Vec<PathBuf>,
    /// Folders with every right a job may have, with everything below.
    pub(crate) writable: Vec<PathBuf>,
    /// Whether the job may execute files in `writable`: builds need that, runs do not.
    pub(crate) executes_what_it_writes: bool,
    /// Devices to read and to write.
    pub(crate) devices: Vec<PathBuf>,
    /// Files of `/proc` to read.
    pub(crate) proc_files: Vec<PathBuf>,
}

/// Restrict this thread, and every process it will start, for good.
///
/// `version` is the version of Landlock that the probe of this machine found.
///
/// # Errors
/// The kernel enforces less than was asked for.
pub(crate) fn restrict(
    allowed: &AllowedPaths,
    version: i32,
    without: RuleSet,
) -> Result<(), Failure> {
    let abi = ABI::from(version);
    let left_out = Right::ALL.iter().filter(|&&rule| without.contains(rule));
    let handled = left_out.fold(AccessFs::from_all(abi), |all, &rule| all & !right(rule));
    let all = Landlock::ALL.iter().copied();
    let in_force: Vec<Landlock> = all
        .filter(|&rule| version >= since(rule) && !without.contains(rule))
        .collect();
    if in_force.is_empty() {
        return Ok(());
    }
    let mut ruleset = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    for &rule in &in_force {
        ruleset = match rule {
            Landlock::Paths => ruleset.handle_access(handled),
            Landlock::Ports => ruleset.handle_access(AccessNet::from_all(abi)),
            Landlock::SignalScope => ruleset.scope(Scope::Signal),
            Landlock::AbstractSockets => ruleset.scope(Scope::AbstractUnixSocket),
        }
        .map_err(failed)?;
    }
    let mut created = ruleset.create().map_err(failed)?;
    if in_force.contains(&Landlock::Paths) {
        let read = AccessFs::Execute | AccessFs::ReadFile | AccessFs::ReadDir;
        // Neither sockets nor devices: a job has no use for them.
        let kinds = AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::MakeSock;
        let mut write = AccessFs::from_all(abi) & !kinds;
        if !allowed.executes_what_it_writes {
            write &= !AccessFs::Execute;
        }
        let device = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate;
        let rules = [
            (&allowed.readable, read, false),
            (&allowed.system, read, true),
            (&allowed.writable, write, false),
            (&allowed.devices, device & AccessFs::from_all(abi), true),
            (&allowed.proc_files, AccessFs::ReadFile.into(), true),
        ];
        for (paths, access, may_be_missing) in rules {
            for path in paths {
                let Some(fd) = open(path, may_be_missing)? else {
                    continue;
                };
                let access = fitting(&fd, access & handled, abi)?;
                if access.is_empty() {
                    continue;
                }
                created = created
                    .add_rule(PathBeneath::new(fd, access))
                    .map_err(failed)?;
            }
        }
    }
    let status = created.restrict_self().map_err(failed)?;
    if status.ruleset == RulesetStatus::FullyEnforced {
        Ok(())
    } else {
        Err(io::Error::other("Landlock enforces only a part of the rules").into())
    }
}

/// Let this thread, and every process it will start, signal only processes that it will have started.
///
/// Every domain of Landlock, even one that restricts no access to files, refuses to move or link a file
/// from one folder to another unless a rule allows it. This domain has such a rule, because compilers move
/// the files they have made.
pub(crate) fn confine_signals() -> Result<(), Failure> {
    let root = open(Path::new("/"), false)?
        .ok_or_else(|| io::Error::other("there is no root of the file system"))?;
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::Refer)
        .and_then(|ruleset| ruleset.scope(Scope::Signal))
        .and_then(Ruleset::create)
        .and_then(|created| created.add_rule(PathBeneath::new(root, AccessFs::Refer)))
        .and_then(::landlock::RulesetCreated::restrict_self)
        .map_err(failed)?;
    if status.ruleset == RulesetStatus::FullyEnforced {
        Ok(())
    } else {
        Err(io::Error::other("Landlock does not confine signals").into())
    }
}

/// A descriptor that names a path without opening the file.
fn open(path: &Path, may_be_missing: bool) -> Result<Option<OwnedFd>, Failure> {
    match rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()) {
        Ok(fd) => Ok(Some(fd)),
        Err(rustix::io::Errno::NOENT) if may_be_missing => Ok(None),
        Err(error) => Err(Failure::at("open", path)(error)),
    }
}

/// The rights in `access` that the file at `fd` can have: only a folder has entries.
fn fitting(fd: &OwnedFd, access: BitFlags<AccessFs>, abi: ABI) -> io::Result<BitFlags<AccessFs>> {
    let mode = rustix::fs::fstat(fd)?.st_mode;
    Ok(if FileType::from_raw_mode(mode).is_dir() {
        access
    } else {
        access & AccessFs::from_file(abi)
    })
}

/// The system's error behind an error of the crate `landlock`. Its number shows whether the system was only
/// short of something, so it must not be lost.
fn failed(error: impl Error + Send + Sync + 'static) -> Failure {
    let mut next: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(cause) = next {
        let system = cause.downcast_ref::<io::Error>();
        if let Some(number) = system.and_then(io::Error::raw_os_error) {
            return io::Error::from_raw_os_error(number).into();
        }
        next = cause.source();
    }
    io::Error::other(error).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Step, StepError};

    /// As the crate `landlock` wraps the errors of the system.
    #[derive(Debug, thiserror::Error)]
    #[error("failed to do it")]
    struct Wrapped(#[source] Box<dyn Error + Send + Sync>);

    #[test]
    fn a_system_that_is_short_of_memory_for_a_moment_is_not_one_without_landlock() {
        for (number, unsupported) in [
            (libc::ENOMEM, false),
            (libc::EMFILE, false),
            (libc::ENOSYS, true),
        ] {
            let source = io::Error::from_raw_os_error(number);
            let failure = failed(Wrapped(Box::new(Wrapped(Box::new(source)))));
            let error = StepError::unsupported(Step::RestrictByLandlock)(failure);
            assert_eq!(error.source.raw_os_error(), Some(number));
            assert_eq!(error.unsupported, unsupported);
        }
    }

    #[test]
    fn a_machine_without_landlock_is_an_error_and_not_an_unrestricted_job() {
        let restricted = restrict(&AllowedPaths::default(), 0, RuleSet::default());
        assert!(restricted.is_err());
    }
}
