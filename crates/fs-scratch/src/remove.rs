//! Remove a folder and all in it, whatever a hostile program made of it.
//!
//! `std::fs::remove_dir_all` gives up on chains of folders deeper than the limit on open files, and on
//! folders without permissions. Here every folder found is first moved up to the top, so that nothing
//! is ever more than one level deep, and is made readable and writable before it is entered.
//!
//! A file that a process has open cannot be removed on NFS: the client gives it a name like `.nfs0001`, and the folder
//! stays until it is closed. That is an error here, and the folder is removed by the next sweep.
//!
//! The caller makes sure that no process changes the tree meanwhile. Never follows a link.

use std::{ffi::CStr, io, path::Path};

use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{AtFlags, Dir, Mode, OFlags},
    io::Errno,
};

/// Remove `folder` and everything in it.
///
/// # Errors
/// It is not a folder, is on a read-only file system, or holds something that is not ours.
pub fn remove_tree(folder: &Path) -> io::Result<()> {
    let here = rustix::fs::CWD;
    let top = open(here, folder)?;
    let mut moved_up = 0_u64;
    let mut pending: Vec<String> = empty(&top, &top, &mut moved_up)?;
    while let Some(name) = pending.pop() {
        let inner = open(&top, Path::new(&name))?;
        pending.extend(empty(&inner, &top, &mut moved_up)?);
        drop(inner);
        rustix::fs::unlinkat(&top, name, AtFlags::REMOVEDIR)?;
    }
    rustix::fs::unlinkat(here, folder, AtFlags::REMOVEDIR)?;
    Ok(())
}

/// Open a folder, after this process has the permission to list, enter and change it.
fn open(parent: impl AsFd, path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let parent = parent.as_fd();
    let fd = match rustix::fs::openat(parent, path, flags, Mode::empty()) {
        Err(Errno::ACCESS) => {
            rustix::fs::chmodat(parent, path, Mode::RWXU, AtFlags::empty())?;
            rustix::fs::openat(parent, path, flags, Mode::empty())?
        }
        other => other?,
    };
    permit(rustix::fs::fchmod(&fd, Mode::RWXU))?;
    Ok(fd)
}

/// Empty one folder: files are removed, folders moved up to `top` under new names, which are returned.
fn empty(folder: &OwnedFd, top: &OwnedFd, moved_up: &mut u64) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let name = entry?.file_name().to_owned();
        if !matches!(name.to_bytes(), b"." | b"..") {
            names.push(name);
        }
    }
    let mut moved = Vec::new();
    for name in names {
        match rustix::fs::unlinkat(folder, &name, AtFlags::empty()) {
            Ok(()) => continue,
            // Linux and POSIX have different errors for a folder.
            Err(Errno::ISDIR | Errno::PERM) => {}
            Err(error) => return Err(error.into()),
        }
        // Moving a folder changes its `..`, which needs write permission on the folder.
        permit(rustix::fs::chmodat(
            folder,
            &name,
            Mode::RWXU,
            AtFlags::empty(),
        ))?;
        let new_name = loop {
            *moved_up += 1;
            let candidate = format!("moved-up-{moved_up}");
            match move_to_new(folder, &name, top, &candidate) {
                Ok(()) => break candidate,
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
        };
        moved.push(new_name);
    }
    Ok(moved)
}

/// Whether permissions were changed, or cannot be, as on a file system that has none. What follows fails if they
/// were needed.
fn permit(changed: rustix::io::Result<()>) -> rustix::io::Result<()> {
    match changed {
        Err(Errno::PERM | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(()),
        other => other,
    }
}

/// Rename a folder, unless the new name is taken.
fn move_to_new(
    folder: &OwnedFd,
    name: &CStr,
    top: &OwnedFd,
    candidate: &str,
) -> rustix::io::Result<()> {
    let flags = rustix::fs::RenameFlags::NOREPLACE;
    match rustix::fs::renameat_with(folder, name, top, candidate, flags) {
        // NFS and many FUSE file systems know no flags. Nobody else changes the tree meanwhile.
        Err(Errno::INVAL | Errno::NOSYS) => plain_move_to_new(folder, name, top, candidate),
        other => other,
    }
}

fn plain_move_to_new(
    folder: &OwnedFd,
    name: &CStr,
    top: &OwnedFd,
    candidate: &str,
) -> rustix::io::Result<()> {
    match rustix::fs::statat(top, candidate, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(_) => Err(Errno::EXIST),
        Err(Errno::NOENT) => rustix::fs::renameat(folder, name, top, candidate),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    #[test]
    fn an_ordinary_tree_is_removed_and_its_links_are_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let outside = dir.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("kept"), "x").unwrap();
        let tree = dir.path().join("tree");
        fs::create_dir_all(tree.join("a/b/c")).unwrap();
        fs::create_dir_all(tree.join("moved-up-1/x")).unwrap();
        fs::write(tree.join("a/b/file"), "x").unwrap();
        std::os::unix::fs::symlink(&outside, tree.join("link")).unwrap();
        remove_tree(&tree).unwrap();
        assert!(!tree.exists());
        assert!(outside.join("kept").exists());
    }

    #[test]
    fn without_flags_of_rename_a_name_that_is_taken_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a", "taken"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let top = open(rustix::fs::CWD, dir.path()).unwrap();
        let to = |candidate| plain_move_to_new(&top, c"a", &top, candidate);
        assert_eq!(to("taken"), Err(Errno::EXIST));
        assert!(dir.path().join("a").is_dir());
        to("free").unwrap();
        assert!(dir.path().join("free").is_dir() && !dir.path().join("a").exists());
    }

    #[test]
    fn a_file_system_without_permissions_keeps_nothing() {
        for errno in [Errno::PERM, Errno::NOSYS, Errno::OPNOTSUPP] {
            assert_eq!(permit(Err(errno)), Ok(()));
        }
        assert_eq!(permit(Err(Errno::ROFS)), Err(Errno::ROFS));
    }

    #[test]
    fn folders_without_permissions_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().join("tree");
        fs::create_dir_all(tree.join("a/b")).unwrap();
        fs::write(tree.join("a/b/file"), "x").unwrap();
        for path in ["a/b", "a", ""] {
            fs::set_permissions(tree.join(path), fs::Permissions::from_mode(0o000)).unwrap();
        }
        remove_tree(&tree).unwrap();
        assert!(!tree.exists());
    }

    #[test]
    fn a_chain_deeper_than_the_limit_on_open_files_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().join("tree");
        fs::create_dir(&tree).unwrap();
        let mut fd = open(rustix::fs::CWD, &tree).unwrap();
        for _ in 0..3000 {
            rustix::fs::mkdirat(&fd, "d", Mode::RWXU).unwrap();
            fd = open(&fd, Path::new("d")).unwrap();
        }
        remove_tree(&tree).unwrap();
        assert!(!tree.exists());
    }

    #[test]
    fn what_is_no_folder_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(remove_tree(&dir.path().join("missing")).is_err());
        let link = dir.path().join("link");
        let outside = dir.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("kept"), "x").unwrap();
        std::os::unix::fs::symlink(&outside, &link).unwrap();
        assert!(remove_tree(&link).is_err());
        assert!(outside.join("kept").exists());
    }
}
