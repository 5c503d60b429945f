//! What a job sees of the file system: which paths, and in the full tier a root file system with only those.
//!
//! # Theory of operation
//!
//! The new root is a small file system in memory. Every allowed tree is cloned from the caller's mounts and
//! moved to the same path below the new root, so that a path means the same inside and outside. Then the new
//! root replaces the old one, which is unmounted. A writable folder whose contents are not kept is a file
//! system in memory of its own, whose size is the job's disk limit.
//!
//! Nothing is mounted read-only, because a read-only mount records no access times, and callers may want those.
//! Landlock decides which paths the job may write to, as it does in the other tiers.

use std::{
    ffi::CString,
    fs, io,
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{CWD, FileType, Mode, OFlags},
    mount::{MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags},
};

use super::landlock::AllowedPaths;
use crate::{
    error::Failure,
    job::{Job, Stage},
};

/// Where programs find their libraries, on the distributions we know.
const FOR_RUNS: &[&str] = &[
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/etc/ld.so.cache",
    "/nix/store",
    "/gnu/store",
];

/// What compilers and linkers need in addition.
const FOR_BUILDS: &[&str] = &[
    "/bin",
    "/usr/local/bin",
    "/usr/local/include",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/usr/local/libexec",
    "/etc/alternatives",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
];

/// The folders of `/usr` that no compiler needs. People keep files of their own there, as images of containers
/// do in `/usr/src`.
const NOT_FOR_BUILDS: &[&str] = &["games", "home", "local", "share", "src"];

/// The devices that every job may use.
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"];

/// Files of `/proc` that compilers read. An allocator that cannot read how the kernel overcommits memory
/// returns its memory and asks for it again all the time, which takes 5 % of a build.
const PROC_FILES_FOR_BUILDS: &[&str] = &["/proc/sys/vm/overcommit_memory"];

fn paths(list: &[&str]) -> Vec<PathBuf> {
    list.iter().map(PathBuf::from).collect()
}

/// The files and folders of the system that every job of a stage may read, with everything below them. What is
/// to be hidden from jobs must not be there.
#[must_use]
pub fn system_paths(stage: Stage) -> Vec<PathBuf> {
    let mut system = paths(FOR_RUNS);
    if stage == Stage::Build {
        system.extend(paths(FOR_BUILDS));
        // The folders of toolchains have many names. Links are left out, since they may lead anywhere.
        let usr = std::fs::read_dir("/usr").into_iter().flatten().flatten();
        let needed = usr.filter(|entry| {
            let name = entry.file_name();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            is_folder && NOT_FOR_BUILDS.iter().all(|other| name != *other)
        });
        let needed: Vec<PathBuf> = needed.map(|entry| entry.path()).collect();
        system.extend(
            needed
                .into_iter()
                .filter(|path| !FOR_RUNS.iter().any(|run| path == Path::new(run))),
        );
    }
    system
}

/// The paths that `job` may open.
pub(crate) fn allowed_paths(job: &Job) -> AllowedPaths {
    let mut readable = job.readable.clone();
    readable.push(job.program.clone());
    readable.push(job.folder.clone());
    AllowedPaths {
        readable,
        system: system_paths(job.stage),
        writable: job.writable.iter().map(|w| w.path.clone()).collect(),
        executes_what_it_writes: job.stage == Stage::Build,
        devices: paths(DEVICES),
        proc_files: match job.stage {
            Stage::Build => paths(PROC_FILES_FOR_BUILDS),
            Stage::Run => Vec::new(),
        },
    }
}

/// Replace the root file system of this process by one with only what `job` may see. Returns the root of the
/// job's own file system in memory, if a writable folder of the job is not kept.
///
/// Runs as the first process of a new mount namespace, with all rights there.
pub(crate) fn pivot_into(
    job: &Job,
    allowed: &AllowedPaths,
    user: Option<u32>,
) -> Result<Option<OwnedFd>, Failure> {
    // So no mount made here appears outside of this namespace.
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    rustix::mount::mount_change("/", private).map_err(Failure::of("make mounts private"))?;

    let trees = clone_trees(job, allowed)?;
    // The new root is mounted over the job's folder, because that exists. What is in the folder has been
    // cloned.
    let base = &job.folder;
    let options = CString::new("mode=0755,size=4m,nr_inodes=10000")?;
    memory_file_system(base, &options, MountFlags::empty()).map_err(Failure::of("mount a root"))?;
    for (path, tree) in &trees {
        let target = under(base, path);
        attach(tree, &target).map_err(Failure::at("show", path))?;
    }
    mount_proc(&under(base, Path::new("/proc")))?;
    let mut disk = None;
    for folder in job.writable.iter().filter(|folder| !folder.kept) {
        let target = under(base, &folder.path);
        fs::create_dir_all(&target).map_err(Failure::at("make", &folder.path))?;
        let owner = user.unwrap_or_else(|| rustix::process::getuid().as_raw());
        let (bytes, files) = (job.limits.disk_bytes, job.limits.disk_files);
        // The root of the file system counts as a file of its own.
        let options = format!(
            "mode=0700,uid={owner},size={bytes},nr_inodes={}",
            files.saturating_add(1)
        );
        // Landlock has no right for mapping a file, by which a loader could execute one. So the mount forbids
        // it.
        let execution = if allowed.executes_what_it_writes {
            MountFlags::empty()
        } else {
            MountFlags::NOEXEC
        };
        memory_file_system(&target, &CString::new(options)?, execution)
            .map_err(Failure::at("mount memory at", &folder.path))?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        disk = Some(rustix::fs::open(&target, flags, Mode::empty())?);
    }
    rustix::process::chdir(base).map_err(Failure::of("enter the new root"))?;
    // The old root is mounted over the new one, and then unmounted.
    rustix::process::pivot_root(".", ".").map_err(Failure::of("change the root"))?;
    rustix::mount::unmount(".", UnmountFlags::DETACH)
        .map_err(Failure::of("unmount the old root"))?;
    rustix::process::chdir("/").map_err(Failure::of("enter the new root"))?;
    Ok(disk)
}

/// Mount a `/proc` that shows the processes of this namespace only. Programs find their own path by it, as
/// rustc does to find its libraries. Landlock allows no file in it. If the job may read other files of
/// `/proc`, which this file system does not have, it is mounted in a subfolder beside them.
fn mount_proc(proc: &Path) -> Result<(), Failure> {
    /// The subfolder, to which links of the usual names lead.
    const APART: &str = "processes";
    let mut processes = proc.to_path_buf();
    if proc.exists() {
        processes.push(APART);
        for name in ["self", "thread-self"] {
            std::os::unix::fs::symlink(format!("{APART}/{name}"), proc.join(name))?;
        }
    }
    fs::create_dir_all(&processes)?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    rustix::mount::mount("proc", &processes, "proc", flags, c"subset=pid")
        .map_err(Failure::of("mount proc"))
}

/// Clone the mounts at every path of `allowed`, each once. A folder comes before what is in it.
fn clone_trees(job: &Job, allowed: &AllowedPaths) -> Result<Vec<(PathBuf, OwnedFd)>, Failure> {
    let kept = job.writable.iter().filter(|folder| folder.kept);
    let must: Vec<&PathBuf> = allowed
        .readable
        .iter()
        .chain(kept.map(|folder| &folder.path))
        .collect();
    let may = allowed
        .system
        .iter()
        .chain(&allowed.devices)
        .chain(&allowed.proc_files);
    let mut paths: Vec<(&PathBuf, bool)> = must
        .into_iter()
        .map(|path| (path, false))
        .chain(may.map(|path| (path, true)))
        .collect();
    paths.sort_by_key(|(path, _)| path.components().count());
    let mut trees: Vec<(PathBuf, OwnedFd)> = Vec::new();
    for (path, may_be_missing) in paths {
        // Skip what is in a file system in memory, and what a folder above has brought along.
        let own = job
            .writable
            .iter()
            .any(|folder| !folder.kept && path.starts_with(&folder.path));
        if own || trees.iter().any(|(above, _)| path.starts_with(above)) {
            continue;
        }
        let flags = OpenTreeFlags::OPEN_TREE_CLONE
            | OpenTreeFlags::OPEN_TREE_CLOEXEC
            | OpenTreeFlags::AT_RECURSIVE;
        match rustix::mount::open_tree(CWD, path, flags) {
            Ok(tree) => trees.push((path.clone(), tree)),
            Err(rustix::io::Errno::NOENT) if may_be_missing => {}
            // Compilers work without these files, only more slowly.
            Err(_) if allowed.proc_files.contains(path) => {}
            Err(error) => return Err(Failure::at("clone the mount of", path)(error)),
        }
    }
    Ok(trees)
}

fn under(base: &Path, path: &Path) -> PathBuf {
    base.join(path.strip_prefix("/").unwrap_or(path))
}

fn memory_file_system(
    target: &Path,
    options: &std::ffi::CStr,
    execution: MountFlags,
) -> rustix::io::Result<()> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV | execution;
    rustix::mount::mount("tmpfs", target, "tmpfs", flags, options)
}

/// Mount a cloned tree at `target`, after making the file or folder that it will cover.
fn attach(tree: &OwnedFd, target: &Path) -> io::Result<()> {
    let mode = rustix::fs::fstat(tree)?.st_mode;
    if FileType::from_raw_mode(mode) == FileType::Directory {
        fs::create_dir_all(target)?;
    } else {
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(target, "")?;
    }
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    rustix::mount::move_mount(tree.as_fd(), "", CWD, target, flags)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_see_toolchains_and_not_what_people_keep_beside_them() {
        let shown = system_paths(Stage::Build);
        let sees = |path: &str| shown.iter().any(|above| Path::new(path).starts_with(above));
        for needed in [
            "/usr/bin/cc",
            "/usr/lib/gcc",
            "/usr/local/lib/x",
            "/lib64/x",
        ] {
            assert!(sees(needed), "{needed}");
        }
        for own in [
            "/usr/src/app",
            "/usr/share/x",
            "/usr/local/src/x",
            "/usr",
            "/home/x",
            "/",
        ] {
            assert!(!sees(own), "{own}");
        }
        let runs = system_paths(Stage::Run);
        assert!(runs.iter().all(|path| shown.contains(path)));
        assert!(!runs.contains(&"/usr/bin".into()));
    }
}
