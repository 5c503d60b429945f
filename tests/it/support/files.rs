//! Copy, list and lock files and folders.
//!
//! A program that a test writes and then starts is written by another process: while this one had it open for
//! writing, a process that another test starts at that moment would inherit the descriptor, and the kernel
//! refuses to start a program that a process may still write to.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use assert_cmd::Command;
pub(crate) use test_support::others::copy_program;

/// Write a script that can be started at once.
pub(crate) fn write_script(path: &Path, text: &str) {
    let mut write = Command::new("sh");
    write.args(["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh"]);
    write.arg(path).write_stdin(text).assert().success();
}

/// Append to a program, so that it can be started at once.
pub(crate) fn append_to_program(path: &Path, text: &str) {
    let mut append = Command::new("sh");
    append.args(["-c", "cat >> \"$1\"", "sh"]);
    append.arg(path).write_stdin(text).assert().success();
}

/// Remove a folder, whatever is in it.
pub(crate) fn remove_tree(folder: &Path) -> io::Result<()> {
    fs_scratch::remove_tree(folder)
}

/// The names in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Copy a file, or a folder and all in it but what cargo makes.
pub(crate) fn copy_tree(from: &Path, to: &Path) {
    if from.is_file() {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
        return;
    }
    fs::create_dir_all(to).unwrap();
    for name in names(from) {
        if name != "target" {
            copy_tree(&from.join(&name), &to.join(&name));
        }
    }
}

/// A folder without permissions, which are restored when this is dropped, so that it can be removed.
pub(crate) struct Locked(PathBuf);

impl Locked {
    pub(crate) fn new(folder: &Path, mode: u32) -> Self {
        fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
        Self(folder.to_path_buf())
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        let _ = fs::set_permissions(&self.0, fs::Permissions::from_mode(0o755));
    }
}
