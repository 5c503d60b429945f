//! The lock of the output folder: one batch at a time writes there, whichever machine it runs on.
//!
//! The kernel releases the lock (`flock`) when its process ends, also by `kill -9`. On a network file system it is the
//! server that knows of the lock, and releases it some time after the machine has died.
//!
//! Hides how locks are taken. Never takes one that other machines would not see, and never takes one from
//! another process.

use std::{
    fs::{File, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    path::Path,
};

use super::{for_caller, unusable};
use crate::fault::Fault;
use fs_scratch::{Locks, Mount, has_no_locks};

/// What to do about a folder whose file system has no good locks.
const A_LOCAL_FOLDER: &str = "name a folder on a disk of this machine with `--out DIR`, and join the folders of several \
                              machines with `grade merge`";

/// Refuse a folder, which may not exist yet, if other machines can use it and would not see its lock.
pub(super) fn reaches_all(root: &Path) -> Result<(), Fault> {
    let path = std::path::absolute(root).unwrap_or_else(|_| root.to_path_buf());
    let mount = path.ancestors().find_map(Mount::of);
    mount.map_or(Ok(()), |mount| allowed(root, &mount))
}

/// Take the lock and write the name of this process into it. If another process holds the lock, the fault
/// names that process.
pub(super) fn take(path: &Path, root: &Path) -> Result<File, Fault> {
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|error| unusable(root, &error))?;
    let host = rustix::system::uname();
    let host = host.nodename().to_string_lossy();
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // On SMB, nobody else can read a file that is locked.
            let _ = file.read_to_string(&mut holder);
            return Err(held(root, path, holder.trim(), &host));
        }
        Err(TryLockError::Error(error)) if has_no_locks(&error) => {
            let mount = Mount::of(root);
            let place = mount.map_or_else(String::new, |mount| {
                format!("`{}` is {}: ", mount.point.display(), mount.kind)
            });
            let message = format!("failed to lock `{}`", root.display());
            return Err(Fault::usage(message)
                .because(format!("{place}{error}"))
                .hint(format!("{A_LOCAL_FOLDER}; or turn on locks for that mount")));
        }
        Err(TryLockError::Error(error)) => return Err(unusable(root, &error)),
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "a lock names the time at which it was taken; no record does"
    )]
    let since = humantime::format_rfc3339_seconds(std::time::SystemTime::now());
    let owner = format!("process {} on {host} since {since}\n", std::process::id());
    // This fails where the file is another user's, which does no harm.
    let _ = file.set_permissions(for_caller(0o666));
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(owner.as_bytes()))
        .map_err(|error| unusable(root, &error))?;
    Ok(file)
}

/// Refuse a mount whose locks only this machine sees.
fn allowed(root: &Path, mount: &Mount) -> Result<(), Fault> {
    let Locks::ThisMachine { option, remedy } = mount.locks() else {
        return Ok(());
    };
    let (point, kind) = (mount.point.display(), &mount.kind);
    let why = match option {
        Some(option) => format!("`{point}` is {kind}, mounted with `{option}`"),
        None => format!("`{point}` is {kind}, which has no locks for several machines"),
    };
    let hint = match remedy {
        Some(remedy) => format!("{A_LOCAL_FOLDER}; or mount `{point}` {remedy}"),
        None => A_LOCAL_FOLDER.to_owned(),
    };
    let message = format!(
        "failed to write into `{}`: other machines would not see that a batch is at work there",
        root.display()
    );
    Err(Fault::usage(message).because(why).hint(hint))
}

/// The fault of a folder that another process has locked, with what that process wrote into the lock.
fn held(root: &Path, lock: &Path, holder: &str, this_host: &str) -> Fault {
    let message = format!(
        "failed to write into `{}`: a batch is at work there",
        root.display()
    );
    let host = holder
        .split_once(" on ")
        .and_then(|(_, rest)| rest.split_once(" since "))
        .map(|(host, _)| host);
    let holder = if holder.is_empty() {
        "another process"
    } else {
        holder
    };
    let hint = match host.filter(|host| *host != this_host) {
        Some(host) => format!(
            "wait until it is done, or choose another folder with `--out DIR`; if `{host}` has died, its file server \
             notices that after some minutes; if it never does, make sure that no batch runs on `{host}` and remove `{}`",
            lock.display()
        ),
        None => "wait until it is done, or choose another folder with `--out DIR`".to_owned(),
    };
    Fault::usage(message)
        .because(format!("it is held by {holder}"))
        .hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(id: &str) -> Mount {
        const TABLE: &str = "\
1 0 0:1 / /disk rw - ext4 /dev/vda rw
2 0 0:2 / /home rw - nfs4 files:/home rw,vers=4.2,local_lock=none
3 0 0:3 / /old rw - nfs files:/old rw,vers=3,nolock,local_lock=all
4 0 0:4 / /ssh rw - fuse.sshfs me@files:/ rw
5 0 0:5 / /new rw - newfs new rw
";
        Mount::find(TABLE, id).unwrap()
    }

    #[test]
    fn only_locks_that_other_machines_do_not_see_are_refused_with_the_mount_and_the_remedy() {
        let out = Path::new("grades");
        for id in ["1", "2", "5"] {
            allowed(out, &mount(id)).unwrap();
        }
        let fault = allowed(out, &mount("3")).unwrap_err();
        assert_eq!(fault.kind, crate::fault::FaultKind::Usage);
        assert_eq!(fault.cause.unwrap(), "`/old` is nfs, mounted with `nolock`");
        let hint = fault.hint.unwrap();
        assert!(hint.contains("`--out DIR`") && hint.contains("`grade merge`"));
        assert!(hint.ends_with("or mount `/old` with `local_lock=none` and without `nolock`"));
        let fault = allowed(out, &mount("4")).unwrap_err();
        assert!(fault.cause.unwrap().starts_with("`/ssh` is fuse.sshfs, "));
        assert!(!fault.hint.unwrap().contains("mount"));
    }

    #[test]
    fn a_folder_that_does_not_exist_yet_is_where_its_parent_is() {
        let dir = tempfile::tempdir().unwrap();
        reaches_all(&dir.path().join("not/there")).unwrap();
    }

    #[test]
    fn what_to_do_about_a_holder_depends_on_its_machine() {
        let (root, lock) = (Path::new("out"), Path::new("out/batch.lock"));
        let here = held(root, lock, "process 7 on here since now", "here");
        assert!(!here.hint.unwrap().contains("remove"));
        let there = held(root, lock, "process 7 on there since now", "here");
        assert_eq!(
            there.cause.unwrap(),
            "it is held by process 7 on there since now"
        );
        let hint = there.hint.unwrap();
        assert!(hint.contains("if `there` has died") && hint.contains("remove `out/batch.lock`"));
        let nobody = held(root, lock, "", "here");
        assert_eq!(nobody.cause.unwrap(), "it is held by another process");
        assert!(!nobody.hint.unwrap().contains("remove"));
    }
}
