//! The output folder: one batch at a time holds its lock, and every file in it is complete or absent.
//!
//! Hides temporary files and renames. A file appears under its name when all of it is on the
//! disk, so that `kill -9` and a full disk leave the old file as it was. The next batch removes files that
//! were left half written.
//! Never knows what is in the files.

mod lock;
mod remote;

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use self::remote::{if_there_are_any, is_in_use, read_again_if_stale};
use super::plain_file;
use crate::fault::{Fault, FaultKind};
use fs_scratch::Mount;
use ids::SubmissionId;

/// One file a submission: the record, which is the outcome.
pub(super) const RECORDS: &str = "records";
/// One file a submission: what its runs used, which is measured and so different each time.
pub(super) const USAGE: &str = "usage";
/// One file a submission: what its record was made from.
pub(super) const KEYS: &str = "keys";
/// The accepted records and keys of submissions that were graded again since.
const PREVIOUS: &str = "previous";
/// The accepted records.
pub(super) const PREVIOUS_RECORDS: &str = "previous/records";
/// Their keys.
pub(super) const PREVIOUS_KEYS: &str = "previous/keys";
/// The plan, if several machines grade the class.
pub(super) const PLAN: &str = "plan.json";
/// The folders of all shards, if several machines grade the class.
pub(super) const SHARDS: &str = "shards";
/// What `previous` is called while it is removed.
const OBSOLETE: &str = "obsolete";
const LOCK: &str = "batch.lock";
/// How the name of a file begins while it is written.
const WRITING: &str = ".writing-";
/// How NFS calls a file that was removed while a process had it open, until that process closes it.
const REMOVED: &str = ".nfs";

/// A folder of outputs.
#[derive(Debug)]
pub(super) struct OutputDir {
    root: PathBuf,
    /// The lock, held until the value is dropped; `None` where the folder is only read.
    _lock: Option<File>,
    /// Whether a full disk is told only when a file is on it, as by file servers: a write before that succeeds.
    tells_late: bool,
}

/// What is in a part of the folder.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// The submissions that have a file there, sorted.
    pub(super) ids: Vec<SubmissionId>,
    /// The names of all other files, sorted.
    pub(super) others: Vec<String>,
}

impl OutputDir {
    /// Make the folder if it does not exist, and take its lock. A folder that cannot be used is the user's
    /// mistake, unless the disk is full.
    pub(super) fn lock(root: &Path) -> Result<Self, Fault> {
        lock::reaches_all(root)?;
        for part in [RECORDS, USAGE, KEYS] {
            let unusable = |error: io::Error| unusable(root, &error);
            make_folder(&root.join(part)).map_err(unusable)?;
        }
        let lock = lock::take(&root.join(LOCK), root)?;
        let folder = Self {
            root: root.to_path_buf(),
            _lock: Some(lock),
            tells_late: !Mount::of(root).is_some_and(|mount| mount.is_of_this_machine()),
        };
        folder.remove_obsolete()?;
        for part in ["", RECORDS, USAGE, KEYS] {
            folder.remove_half_written(part)?;
        }
        Ok(folder)
    }

    /// The same, for a folder that must not be among the submissions in `class`.
    pub(super) fn lock_outside(root: &Path, class: &Path) -> Result<Self, Fault> {
        if lies_in(root, class) {
            let message = format!(
                "failed to write into `{}`: it is among the submissions",
                root.display()
            );
            return Err(unsuitable(message));
        }
        Self::lock(root)
    }

    /// The folder of a batch that was made before, to read it.
    pub(super) fn read_only(root: &Path) -> Result<Self, Fault> {
        if root.join(RECORDS).is_dir() {
            return Ok(Self::unlocked(root));
        }
        let fault = Fault::usage(format!("failed to find a batch in `{}`", root.display()));
        if root.join(SHARDS).is_dir() {
            let shown = root.to_string_lossy();
            let shown = shlex::try_quote(&shown).unwrap_or_default();
            return Err(fault
                .because("it has shards that are not merged")
                .hint(format!(
                    "merge them with `grade merge {shown} --out {shown}`, or name one of the folders in `{SHARDS}`"
                )));
        }
        Err(fault
            .because(format!("it has no folder `{RECORDS}`"))
            .hint("name the folder that `grade batch` wrote into, or one record"))
    }

    /// A folder to read in, whatever is in it.
    pub(super) fn unlocked(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
            _lock: None,
            tells_late: false,
        }
    }

    /// The folder itself.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The contents of a file; `None` if there is no such file. What is no plain file, as a pipe or a link, counts as an
    /// empty one, which is damaged whatever it should be.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let path = self.root.join(name);
        match read_again_if_stale(|| plain_file::read(&path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(Some(Vec::new())),
            Err(error) => Err(failed("read", &path, &error)),
        }
    }

    /// Write a file atomically: under its name is the old file or the whole new one.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        put(&self.root.join(name), bytes, true)
    }

    /// As [`OutputDir::write`], without waiting for a disk of this machine: for files that can be made again. After a
    /// power cut the file may be damaged, which is noticed when it is read.
    pub(super) fn write_unsynced(&self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        put(&self.root.join(name), bytes, self.tells_late)
    }

    /// Begin a file whose contents are not in memory as a whole. It is kept as [`OutputDir::write`] keeps one.
    pub(super) fn begin(&self, name: &str) -> Result<NewFile, Fault> {
        NewFile::begin(&self.root.join(name))
    }

    /// Remove a file, if it exists.
    pub(super) fn remove(&self, name: &str) -> Result<(), Fault> {
        let path = self.root.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failed("remove", &path, &error))
            }
            _ => Ok(()),
        }
    }

    /// The submissions that have a file in a part of the folder, and all other files there.
    pub(super) fn list(&self, part: &str) -> Result<Listing, Fault> {
        let path = self.root.join(part);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Listing::default()),
            Err(error) => return Err(failed("read", &path, &error)),
        };
        let mut listing = Listing::default();
        for entry in entries {
            let entry = entry.map_err(|error| failed("read", &path, &error))?;
            let name = entry.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(".json"));
            // A pipe or a device is never opened.
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            match id.and_then(|id| id.parse::<SubmissionId>().ok()) {
                Some(id) if is_file => listing.ids.push(id),
                _ if is_passing(&name.to_string_lossy()) => {}
                _ => listing.others.push(name.to_string_lossy().into_owned()),
            }
        }
        listing.ids.sort();
        listing.others.sort();
        Ok(listing)
    }

    /// Whether there is a file of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.root.join(name).exists()
    }

    /// Rename a file or folder, if it exists.
    pub(super) fn rename(&self, from: &str, to: &str) -> Result<(), Fault> {
        let (from, to) = (self.root.join(from), self.root.join(to));
        match fs::rename(&from, &to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failed("set aside", &from, &error))
            }
            _ => Ok(()),
        }
    }

    /// Make an empty file.
    pub(super) fn touch(&self, name: &str) -> Result<(), Fault> {
        let path = self.root.join(name);
        File::create(&path)
            .and_then(|file| if_there_are_any(file.set_permissions(for_caller(0o666))))
            .map_err(|error| failed("write", &path, &error))
    }

    /// Make the folders for accepted records that are replaced.
    pub(super) fn prepare_previous(&self) -> Result<(), Fault> {
        for part in [PREVIOUS_RECORDS, PREVIOUS_KEYS] {
            let path = self.root.join(part);
            make_folder(&path).map_err(|error| failed("create", &path, &error))?;
        }
        Ok(())
    }

    /// Remove all accepted records that were set aside.
    pub(super) fn remove_previous(&self) -> Result<(), Fault> {
        self.remove_obsolete()?;
        // Renamed first, so that either all of them exist or none.
        self.rename(PREVIOUS, OBSOLETE)?;
        self.remove_obsolete()
    }

    fn remove_obsolete(&self) -> Result<(), Fault> {
        let path = self.root.join(OBSOLETE);
        if !path.exists() {
            return Ok(());
        }
        match fs_scratch::remove_tree(&path) {
            // On NFS, as long as a process has a file of it open. The next batch removes it.
            Err(error) if is_in_use(&error) => Ok(()),
            removed => removed.map_err(|error| failed("remove", &path, &error)),
        }
    }

    fn remove_half_written(&self, part: &str) -> Result<(), Fault> {
        let path = self.root.join(part);
        let entries = fs::read_dir(&path).map_err(|error| failed("read", &path, &error))?;
        for entry in entries.flatten() {
            if entry.file_name().to_string_lossy().starts_with(WRITING) {
                let path = entry.path();
                fs::remove_file(&path).map_err(|error| failed("remove", &path, &error))?;
            }
        }
        Ok(())
    }
}

/// Write a file atomically, wherever it is. The folders above it are made if they do not exist; a link is replaced.
///
/// # Errors
/// The folder cannot be made, or the file not be written.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    if let Some(folder) = path.parent() {
        make_folder(folder).map_err(|error| unusable(folder, &error))?;
    }
    put(path, bytes, true)
}

fn put(path: &Path, bytes: &[u8], is_durable: bool) -> Result<(), Fault> {
    let mut file = NewFile::begin(path)?;
    let written = file.write_all(bytes);
    written.map_err(|error| failed("write", path, &error))?;
    file.end(is_durable)
}

/// A file that is being written. Under its name is the old file, until it is kept.
#[derive(Debug)]
pub(super) struct NewFile {
    path: PathBuf,
    buffer: BufWriter<NamedTempFile>,
}

impl NewFile {
    fn begin(path: &Path) -> Result<Self, Fault> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let begin = || -> io::Result<NamedTempFile> {
            let file = tempfile::Builder::new()
                .prefix(WRITING)
                .tempfile_in(folder)?;
            if_there_are_any(file.as_file().set_permissions(for_caller(0o666)))?;
            Ok(file)
        };
        let file = begin().map_err(|error| failed("write", path, &error))?;
        Ok(Self {
            path: path.to_path_buf(),
            buffer: BufWriter::new(file),
        })
    }

    /// Give it its name when all of it is on the disk.
    pub(super) fn keep(self) -> Result<(), Fault> {
        self.end(true)
    }

    fn end(self, is_durable: bool) -> Result<(), Fault> {
        let Self { path, buffer } = self;
        let end = || -> io::Result<()> {
            let file = buffer
                .into_inner()
                .map_err(io::IntoInnerError::into_error)?;
            if is_durable {
                file.as_file().sync_data()?;
            }
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        };
        end().map_err(|error| failed("write", &path, &error))
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.buffer.flush()
    }
}

/// The permissions of a new file or folder, under the umask of the calling process.
fn for_caller(most: u32) -> fs::Permissions {
    fs::Permissions::from_mode(fs_scratch::umask::mode_for_caller(most))
}

/// Whether a file is there only for a short time, and is nobody's.
fn is_passing(name: &str) -> bool {
    let removed = name.strip_prefix(REMOVED);
    let is_number =
        |rest: &str| rest.len() >= 8 && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.starts_with(WRITING) || removed.is_some_and(is_number)
}

/// Make a folder, and those above it, unless they exist.
fn make_folder(path: &Path) -> io::Result<()> {
    match (fs::create_dir(path), path.parent()) {
        (Ok(()), _) => if_there_are_any(fs::set_permissions(path, for_caller(0o777))),
        (Err(error), Some(above)) if error.kind() == io::ErrorKind::NotFound && !above.is_dir() => {
            make_folder(above)?;
            make_folder(path)
        }
        (Err(error), _) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        (Err(error), _) => Err(error),
    }
}

/// The name of a submission's file in a part of the folder.
pub(super) fn file(part: &str, id: &SubmissionId) -> String {
    format!("{part}/{id}.json")
}

/// Whether `dir` is the output folder of a batch.
#[must_use]
pub fn is_of_batch(dir: &Path) -> bool {
    dir.join(LOCK).is_file() && dir.join(RECORDS).is_dir()
}

/// Whether `dir` is the output folder of a class of which shards are graded, and that has no outputs of its own yet.
pub(super) fn is_of_shards(dir: &Path) -> bool {
    dir.join(SHARDS).is_dir() && dir.join(PLAN).is_file()
}

/// Whether `inner` is `outer` or lies in it, through links and `..` too. Where `inner` does not exist, its
/// nearest ancestor that exists decides.
#[expect(
    clippy::disallowed_methods,
    reason = "only the position of a folder is determined; its files are opened separately"
)]
#[must_use]
pub fn lies_in(inner: &Path, outer: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).ok().map(|m| (m.dev(), m.ino()));
    let Some(wanted) = identity(outer) else {
        return false;
    };
    let inner = std::path::absolute(inner).unwrap_or_else(|_| inner.to_path_buf());
    let existing = inner
        .ancestors()
        .find_map(|ancestor| fs::canonicalize(ancestor).ok());
    let Some(existing) = existing else {
        return false;
    };
    existing
        .ancestors()
        .any(|above| identity(above) == Some(wanted))
}

/// The fault of an output folder that is in use for something else.
pub(super) fn unsuitable(message: String) -> Fault {
    Fault::usage(message).hint("choose another folder with `--out DIR`")
}

/// The fault of a folder that the user named and that cannot be an output folder.
fn unusable(root: &Path, error: &io::Error) -> Fault {
    if is_full(error) {
        return failed("write into", root, error);
    }
    Fault::io(FaultKind::Usage, "write into", root, error)
        .hint("name a folder that is yours to write to, or a new one, with `--out DIR`")
}

pub(super) fn failed(verb: &str, path: &Path, error: &io::Error) -> Fault {
    let what = if is_full(error) {
        "free some space there"
    } else if is_in_use(error) {
        "wait until no process has a file open there"
    } else {
        "make this possible"
    };
    Fault::io(FaultKind::Disk, verb, path, error).hint(format!(
        "{what}; then the same command continues where this one stopped"
    ))
}

/// Whether the disk is full, which is not the user's mistake.
fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge
            | io::ErrorKind::OutOfMemory
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_batch_is_refused_with_the_process_that_holds_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let held = OutputDir::lock(dir.path()).unwrap();
        let fault = OutputDir::lock(dir.path()).unwrap_err();
        let process = format!("process {} on ", std::process::id());
        assert!(fault.cause.unwrap().contains(&process));
        drop(held);
        OutputDir::lock(dir.path()).unwrap();
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_file_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let folder = OutputDir::lock(dir.path()).unwrap();
        folder.write("a.json", b"old").unwrap();
        let mut half = folder.begin("a.json").unwrap();
        half.write_all(b"half").unwrap();
        half.flush().unwrap();
        drop(half);
        assert_eq!(folder.read("a.json").unwrap().unwrap(), b"old");
        drop(folder);
        fs::write(dir.path().join("records/.writing-x"), "half").unwrap();
        let folder = OutputDir::lock(dir.path()).unwrap();
        assert_eq!(fs::read_dir(dir.path().join("records")).unwrap().count(), 0);
        assert!(folder.read("b.json").unwrap().is_none());
    }

    #[test]
    fn only_files_of_submissions_are_theirs() {
        use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
        let dir = tempfile::tempdir().unwrap();
        let folder = OutputDir::lock(dir.path()).unwrap();
        let records = dir.path().join(RECORDS);
        for name in [
            &b"b.json"[..],
            b"a.json",
            b".hidden",
            b"x.txt",
            b"\xff.json",
            b".nfs000000000003a1c200000001",
            b".nfs-of-mine",
        ] {
            fs::write(records.join(OsStr::from_bytes(name)), "").unwrap();
        }
        fs::create_dir(records.join("c.json")).unwrap();
        let listing = folder.list(RECORDS).unwrap();
        let ids: Vec<_> = listing.ids.iter().map(SubmissionId::as_str).collect();
        assert_eq!(ids, ["a", "b"]);
        assert_eq!(
            listing.others,
            [
                ".hidden",
                ".nfs-of-mine",
                "c.json",
                "x.txt",
                "\u{fffd}.json"
            ]
        );
        assert!(folder.list("nowhere").unwrap().ids.is_empty());
    }

    #[test]
    fn a_path_that_cannot_be_used_is_the_users_mistake_and_a_full_disk_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        for path in [file.as_path(), Path::new("/proc/nothing-here")] {
            let fault = OutputDir::lock(path).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Usage, "{fault}");
            assert!(fault.hint.unwrap().contains("`--out DIR`"));
        }
        let fault = unusable(&file, &io::ErrorKind::StorageFull.into());
        assert_eq!(fault.kind, FaultKind::Disk);
        assert!(fault.hint.unwrap().contains("free some space"));
        assert_eq!(fs::read(&file).unwrap(), b"");
    }

    #[test]
    fn a_folder_inside_is_known_through_links() {
        let dir = tempfile::tempdir().unwrap();
        let (class, link) = (dir.path().join("class"), dir.path().join("link"));
        fs::create_dir(&class).unwrap();
        std::os::unix::fs::symlink(&class, &link).unwrap();
        assert!(lies_in(&link.join("not/there"), &class));
        assert!(lies_in(&class, &link));
        assert!(!lies_in(&dir.path().join("class-grades"), &class));
        // `..` leaves the folder again.
        assert!(!lies_in(&class.join("../grades/new"), &class));
        assert!(lies_in(&dir.path().join("link/../class/new"), &class));
        assert!(lies_in(&class.join("not/there/../new"), &class));
    }
}
