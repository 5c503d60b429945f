//! What a job sees of the file system: which paths, and for the full tier a root that holds only those.
//!
//! # Theory of operation
//!
//! The root is a small file system in memory. Every allowed tree is cloned from the mounts of the caller
//! and moved to the same path below it, so that paths mean the same inside and outside; then it becomes
//! the root and the old one is let go. Folders that nobody needs afterwards are file systems in memory
//! of their own, whose size is the job's disk limit.
//!
//! Nothing is mounted read-only: a read-only mount records no access times, and those are evidence. What
//! may be written is Landlock's to say, inside as without.

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
use crate::job::{Job, Stage};

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

/// What compilers and linkers need besides.
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

/// What is in `/usr` and no compiler needs: people keep their own things there, as images do in `/usr/src`.
const NOT_FOR_BUILDS: &[&str] = &["games", "home", "local", "share", "src"];

const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"];

/// Files of `/proc` that compilers read. An allocator that cannot read how the kernel overcommits memory
/// returns its memory and asks for it again all the time, which takes 5 % of a build.
const PROC_FILES_FOR_BUILDS: &[&str] = &["/proc/sys/vm/overcommit_memory"];

fn paths(list: &[&str]) -> Vec<PathBuf> {
    list.iter().map(PathBuf::from).collect()
}

/// What every job of a stage sees of the system, with all below: nothing that is to be hidden may be there.
#[must_use]
pub fn system_paths(stage: Stage) -> Vec<PathBuf> {
    let mut system = paths(FOR_RUNS);
    if stage == Stage::Build {
        system.extend(paths(FOR_BUILDS));
        // Toolchains lie in folders of many names. Links may lead anywhere.
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

/// Make this process's root hold only what `job` may see. Returns the file system whose room is the
/// job's, if there is one: a folder that is not kept.
///
/// Runs as the first process of a mount namespace of its own, with all rights there.
pub(crate) fn pivot_into(
    job: &Job,
    allowed: &AllowedPaths,
    user: Option<u32>,
) -> io::Result<Option<OwnedFd>> {
    // What happens in here stays in here.
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    rustix::mount::mount_change("/", private).map_err(failed("make mounts private"))?;

    let trees = clone_trees(job, allowed)?;
    // The new root covers a folder that is certainly there; what was in it has been cloned.
    let base = &job.folder;
    let options = CString::new("mode=0755,size=4m,nr_inodes=10000")?;
    memory_file_system(base, &options, MountFlags::empty()).map_err(failed("mount a root"))?;
    for (path, tree) in &trees {
        let target = under(base, path);
        attach(tree, &target).map_err(failed_at("show", path))?;
    }
    mount_proc(&under(base, Path::new("/proc")))?;
    let mut disk = None;
    for place in job.writable.iter().filter(|place| !place.kept) {
        let target = under(base, &place.path);
        fs::create_dir_all(&target).map_err(failed_at("make", &place.path))?;
        let owner = user.unwrap_or_else(|| rustix::process::getuid().as_raw());
        let (bytes, files) = (job.limits.disk_bytes, job.limits.disk_files);
        // One more for its root.
        let options = format!(
            "mode=0700,uid={owner},size={bytes},nr_inodes={}",
            files.saturating_add(1)
        );
        // Landlock knows of no right to map, by which a loader starts programs.
        let execution = if allowed.executes_what_it_writes {
            MountFlags::empty()
        } else {
            MountFlags::NOEXEC
        };
        memory_file_system(&target, &CString::new(options)?, execution)
            .map_err(failed_at("mount memory at", &place.path))?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        disk = Some(rustix::fs::open(&target, flags, Mode::empty())?);
    }
    rustix::process::chdir(base).map_err(failed("enter the new root"))?;
    // The old root is put onto the new one, and taken off again.
    rustix::process::pivot_root(".", ".").map_err(failed("change the root"))?;
    rustix::mount::unmount(".", UnmountFlags::DETACH).map_err(failed("let go the old root"))?;
    rustix::process::chdir("/").map_err(failed("enter the new root"))?;
    Ok(disk)
}

/// Mount what programs find themselves by: rustc its libraries, for one. It shows processes of this namespace
/// only, and Landlock opens nothing in it. Where something of the kernel is shown besides, the processes
/// stand in a folder of their own, as in their file system there is no place for it.
fn mount_proc(proc: &Path) -> io::Result<()> {
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
        .map_err(failed("mount proc"))
}

/// Clone the mounts at every path of `allowed`, outer ones first, each once.
fn clone_trees(job: &Job, allowed: &AllowedPaths) -> io::Result<Vec<(PathBuf, OwnedFd)>> {
    let kept = job.writable.iter().filter(|place| place.kept);
    let must: Vec<&PathBuf> = allowed
        .readable
        .iter()
        .chain(kept.map(|place| &place.path))
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
        // In memory of its own, or already there with what is above it.
        let own = job
            .writable
            .iter()
            .any(|place| !place.kept && path.starts_with(&place.path));
        if own || trees.iter().any(|(above, _)| path.starts_with(above)) {
            continue;
        }
        let flags = OpenTreeFlags::OPEN_TREE_CLONE
            | OpenTreeFlags::OPEN_TREE_CLOEXEC
            | OpenTreeFlags::AT_RECURSIVE;
        match rustix::mount::open_tree(CWD, path, flags) {
            Ok(tree) => trees.push((path.clone(), tree)),
            Err(rustix::io::Errno::NOENT) if may_be_missing => {}
            // Without it things are slower, and that is all.
            Err(_) if allowed.proc_files.contains(path) => {}
            Err(error) => return Err(failed_at("clone the mount of", path)(error)),
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

/// Put a cloned tree at `target`, making what it is to cover.
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

fn failed(verb: &str) -> impl Fn(rustix::io::Errno) -> io::Error {
    move |error| {
        let error = io::Error::from(error);
        io::Error::new(error.kind(), format!("failed to {verb}: {error}"))
    }
}

fn failed_at<E: Into<io::Error>>(verb: &str, path: &Path) -> impl Fn(E) -> io::Error {
    move |error| {
        let error = error.into();
        let path = path.display();
        io::Error::new(error.kind(), format!("failed to {verb} `{path}`: {error}"))
    }
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
