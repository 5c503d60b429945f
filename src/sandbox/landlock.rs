//! What a job may open, by Landlock: an allow-list of paths, no network, no signals outwards.

use std::{
    io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

use ::landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
};
use rustix::fs::{FileType, Mode, OFlags};

/// The version of Landlock from which it confines signals.
pub(super) const SCOPES_SINCE: i32 = 6;

/// Each right to files with the name of the rule that withholds it, less those that no job could use if it
/// had them: block devices are for root to make, and moves between folders are refused unless allowed.
const RIGHTS: &[(&str, AccessFs)] = &[
    ("right-to-execute", AccessFs::Execute),
    ("right-to-read-files", AccessFs::ReadFile),
    ("right-to-read-folders", AccessFs::ReadDir),
    ("right-to-write-files", AccessFs::WriteFile),
    ("right-to-truncate", AccessFs::Truncate),
    ("right-to-remove-files", AccessFs::RemoveFile),
    ("right-to-remove-folders", AccessFs::RemoveDir),
    ("right-to-make-files", AccessFs::MakeReg),
    ("right-to-make-folders", AccessFs::MakeDir),
    ("right-to-make-links", AccessFs::MakeSym),
    ("right-to-make-pipes", AccessFs::MakeFifo),
    ("right-to-make-sockets", AccessFs::MakeSock),
    ("right-to-make-devices", AccessFs::MakeChar),
    ("right-to-command-devices", AccessFs::IoctlDev),
];

/// The paths a job may open. What is not in here does not open.
#[derive(Debug, Default)]
pub(super) struct View {
    /// To read and to execute, and what is below.
    pub(super) readable: Vec<PathBuf>,
    /// The same, of the system: what is not there is not missed.
    pub(super) system: Vec<PathBuf>,
    /// To do everything with, and what is below.
    pub(super) writable: Vec<PathBuf>,
    /// Whether what is written may be executed: compilers and linkers do, runs have no reason to.
    pub(super) executes_what_it_writes: bool,
    /// Devices, to read and to write.
    pub(super) devices: Vec<PathBuf>,
    /// What the kernel tells of itself, to read.
    pub(super) told: Vec<PathBuf>,
}

/// Fence in this thread and all it will start. Fails if anything of it does not hold.
///
/// `version` is what was found when the machine was probed: if it is gone, that is an error.
pub(super) fn fence_in(view: &View, version: i32, without: &[String]) -> io::Result<()> {
    let keep = |rule: &str| !without.iter().any(|name| name == rule);
    let abi = ABI::from(version);
    let handled = RIGHTS
        .iter()
        .filter(|(rule, _)| !keep(rule))
        .fold(AccessFs::from_all(abi), |all, &(_, right)| all & !right);
    let mut ruleset = Ruleset::default().set_compatibility(CompatLevel::HardRequirement);
    let mut any = false;
    if keep("paths") {
        ruleset = ruleset.handle_access(handled).map_err(io::Error::other)?;
        any = true;
    }
    if version >= 4 && keep("ports") {
        ruleset = ruleset
            .handle_access(AccessNet::from_all(abi))
            .map_err(io::Error::other)?;
        any = true;
    }
    if version >= SCOPES_SINCE {
        for (rule, scope) in [
            ("signal-scope", Scope::Signal),
            ("abstract-sockets", Scope::AbstractUnixSocket),
        ] {
            if keep(rule) {
                ruleset = ruleset.scope(scope).map_err(io::Error::other)?;
                any = true;
            }
        }
    }
    if !any {
        return Ok(());
    }
    let mut created = ruleset.create().map_err(io::Error::other)?;
    if keep("paths") {
        let read = AccessFs::Execute | AccessFs::ReadFile | AccessFs::ReadDir;
        // Neither sockets nor devices: a job has no use for them.
        let kinds = AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::MakeSock;
        let mut write = AccessFs::from_all(abi) & !kinds;
        if !view.executes_what_it_writes {
            write &= !AccessFs::Execute;
        }
        let device = AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate;
        let rules = [
            (&view.readable, read, false),
            (&view.system, read, true),
            (&view.writable, write, false),
            (&view.devices, device & AccessFs::from_all(abi), true),
            (&view.told, AccessFs::ReadFile.into(), true),
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
                    .map_err(io::Error::other)?;
            }
        }
    }
    let status = created.restrict_self().map_err(io::Error::other)?;
    if status.ruleset == RulesetStatus::FullyEnforced {
        Ok(())
    } else {
        Err(io::Error::other(
            "Landlock enforces only a part of the rules",
        ))
    }
}

/// Confine only this thread's signals, and those of all it will start, to what it will have started.
///
/// Every domain of Landlock refuses to move or link a file from one folder to another unless it says
/// otherwise, even one that handles no access to files. So this one says otherwise: a compiler moves what
/// it has made.
pub(super) fn confine_signals() -> io::Result<()> {
    let root = open(Path::new("/"), false)?
        .ok_or_else(|| io::Error::other("there is no root of the file system"))?;
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::Refer)
        .and_then(|ruleset| ruleset.scope(Scope::Signal))
        .and_then(Ruleset::create)
        .and_then(|created| created.add_rule(PathBeneath::new(root, AccessFs::Refer)))
        .and_then(::landlock::RulesetCreated::restrict_self)
        .map_err(io::Error::other)?;
    if status.ruleset == RulesetStatus::FullyEnforced {
        Ok(())
    } else {
        Err(io::Error::other("Landlock does not confine signals"))
    }
}

/// Name a path without opening what is there.
fn open(path: &Path, may_be_missing: bool) -> io::Result<Option<OwnedFd>> {
    match rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()) {
        Ok(fd) => Ok(Some(fd)),
        Err(rustix::io::Errno::NOENT) if may_be_missing => Ok(None),
        Err(error) => {
            let error = io::Error::from(error);
            Err(io::Error::new(
                error.kind(),
                format!("failed to open `{}`: {error}", path.display()),
            ))
        }
    }
}

/// The part of the rights that makes sense for what is there: a file has no entries.
fn fitting(fd: &OwnedFd, access: BitFlags<AccessFs>, abi: ABI) -> io::Result<BitFlags<AccessFs>> {
    let mode = rustix::fs::fstat(fd)?.st_mode;
    Ok(if FileType::from_raw_mode(mode).is_dir() {
        access
    } else {
        access & AccessFs::from_file(abi)
    })
}
