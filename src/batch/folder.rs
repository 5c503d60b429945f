//! The output folder: held by one batch at a time, and every file in it complete or not there.
//!
//! Hides the lock, temporary files and renames. A file appears under its name when all of it is on the
//! disk, so that `kill -9` and a full disk leave what was there before; what they leave half written is
//! removed by the next batch.
//! Never knows what is in the files.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Read as _, Seek as _, Write},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use rustix::{fs::FlockOperation, io::Errno};

use crate::{
    fault::{Fault, FaultKind},
    ids::SubmissionId,
};

/// One file a submission: the record, which is the outcome.
pub(super) const RECORDS: &str = "records";
/// One file a submission: what its runs used, which is measured and so different each time.
pub(super) const USAGE: &str = "usage";
/// One file a submission: what its record was made from.
pub(super) const KEYS: &str = "keys";
/// What this batch replaces, or the last one did.
const PREVIOUS: &str = "previous";
/// The records in there.
pub(super) const PREVIOUS_RECORDS: &str = "previous/records";
/// Their keys.
pub(super) const PREVIOUS_KEYS: &str = "previous/keys";
/// There when the batch that replaced the previous records is complete.
const PREVIOUS_COMPLETE: &str = "previous/complete";
/// What was set aside by a batch before the last, on its way out.
const OBSOLETE: &str = "obsolete";
const LOCK: &str = "batch.lock";
/// How a file is called while it is written.
const WRITING: &str = ".writing-";

/// A folder of outputs.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    /// Held until the end; none when it is only read.
    _lock: Option<File>,
    /// Whether this batch has set something aside.
    begun: Mutex<bool>,
}

impl Folder {
    /// Make the folder if need be, and hold it.
    pub(super) fn hold(root: &Path) -> Result<Self, Fault> {
        let disk = |error: io::Error| failed("create", root, &error);
        for part in [RECORDS, USAGE, KEYS] {
            fs::create_dir_all(root.join(part)).map_err(disk)?;
        }
        let lock = lock(&root.join(LOCK), root)?;
        let folder = Self {
            root: root.to_path_buf(),
            _lock: Some(lock),
            begun: Mutex::new(false),
        };
        folder.remove_obsolete()?;
        for part in ["", RECORDS, USAGE, KEYS] {
            folder.remove_half_written(part)?;
        }
        Ok(folder)
    }

    /// The folder of a batch that was made before, to read it.
    pub(super) fn read_only(root: &Path) -> Result<Self, Fault> {
        if !root.join(RECORDS).is_dir() {
            let message = format!("failed to find a batch in `{}`", root.display());
            return Err(Fault::usage(message)
                .because(format!("it has no folder `{RECORDS}`"))
                .hint("name the folder that `grade batch` wrote into, or one record"));
        }
        Ok(Self {
            root: root.to_path_buf(),
            _lock: None,
            begun: Mutex::new(false),
        })
    }

    /// The folder itself.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The contents of a file; none if it is not there.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        let path = self.root.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("read", &path, &error)),
        }
    }

    /// Write a file at once: under its name there is the old one or all of the new one.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        self.stream(name, |file| file.write_all(bytes))
    }

    /// As [`Folder::write`] for what can be made again, without waiting for the disk: after a power cut
    /// it may be damaged, and that is noticed.
    pub(super) fn note(&self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        self.put(name, |file| file.write_all(bytes), false)
    }

    /// As [`Folder::write`], for a file that need not be in memory.
    pub(super) fn stream(
        &self,
        name: &str,
        contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Fault> {
        self.put(name, contents, true)
    }

    fn put(
        &self,
        name: &str,
        contents: impl FnOnce(&mut dyn Write) -> io::Result<()>,
        is_durable: bool,
    ) -> Result<(), Fault> {
        let path = self.root.join(name);
        let folder = path.parent().unwrap_or(&self.root);
        let write = || -> io::Result<()> {
            let mut file = tempfile::Builder::new()
                .prefix(WRITING)
                .permissions(fs::Permissions::from_mode(0o644))
                .tempfile_in(folder)?;
            let mut buffer = BufWriter::new(file.as_file_mut());
            contents(&mut buffer)?;
            buffer.flush()?;
            drop(buffer);
            if is_durable {
                file.as_file().sync_data()?;
            }
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        };
        write().map_err(|error| failed("write", &path, &error))
    }

    /// Remove a file, if it is there.
    pub(super) fn remove(&self, name: &str) -> Result<(), Fault> {
        let path = self.root.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failed("remove", &path, &error))
            }
            _ => Ok(()),
        }
    }

    /// Whose files are in a part of the folder, sorted.
    pub(super) fn ids(&self, part: &str) -> Result<Vec<SubmissionId>, Fault> {
        let path = self.root.join(part);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed("read", &path, &error)),
        };
        let mut ids = Vec::new();
        for entry in entries {
            let name = entry
                .map_err(|error| failed("read", &path, &error))?
                .file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(".json"));
            ids.extend(id.and_then(|id| id.parse::<SubmissionId>().ok()));
        }
        ids.sort();
        Ok(ids)
    }

    /// Keep a record and its key beside the new ones, unless an older one of the same batch is kept.
    /// The record's own place is free afterwards, its key gone first.
    pub(super) fn set_aside(&self, id: &SubmissionId) -> Result<(), Fault> {
        let is_there = |part| self.root.join(file(part, id)).exists();
        if !is_there(RECORDS) && !is_there(KEYS) {
            return Ok(());
        }
        self.begin()?;
        for part in [PREVIOUS_RECORDS, PREVIOUS_KEYS] {
            let path = self.root.join(part);
            fs::create_dir_all(&path).map_err(|error| failed("create", &path, &error))?;
        }
        for (from, to) in [(KEYS, PREVIOUS_KEYS), (RECORDS, PREVIOUS_RECORDS)] {
            let (from, to) = (file(from, id), file(to, id));
            if self.root.join(file(PREVIOUS_RECORDS, id)).exists() {
                self.remove(&from)?;
                continue;
            }
            let path = self.root.join(&from);
            match fs::rename(&path, self.root.join(&to)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(failed("set aside", &path, &error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Once a batch, forget what an earlier, complete batch had set aside. What an incomplete one did
    /// stays: it is what the class had before.
    fn begin(&self) -> Result<(), Fault> {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        if !*begun && self.root.join(PREVIOUS_COMPLETE).exists() {
            // Renamed first, so that it goes as a whole.
            let (path, obsolete) = (self.root.join(PREVIOUS), self.root.join(OBSOLETE));
            fs::rename(&path, &obsolete).map_err(|error| failed("remove", &path, &error))?;
            self.remove_obsolete()?;
        }
        *begun = true;
        Ok(())
    }

    fn remove_obsolete(&self) -> Result<(), Fault> {
        let path = self.root.join(OBSOLETE);
        if !path.exists() {
            return Ok(());
        }
        crate::sandbox::remove_tree(&path).map_err(|error| failed("remove", &path, &error))
    }

    /// What was set aside has been replaced by something complete.
    pub(super) fn complete(&self) -> Result<(), Fault> {
        if self.root.join(PREVIOUS).is_dir() {
            self.write(PREVIOUS_COMPLETE, b"")?;
        }
        Ok(())
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

/// The name of a submission's file in a part of the folder.
pub(super) fn file(part: &str, id: &SubmissionId) -> String {
    format!("{part}/{id}.json")
}

/// Whether `inner` is `outer` or lies in it, whatever links lead there. `inner` need not exist.
pub(super) fn lies_in(inner: &Path, outer: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).ok().map(|m| (m.dev(), m.ino()));
    let Some(wanted) = identity(outer) else {
        return false;
    };
    let inner = std::path::absolute(inner).unwrap_or_else(|_| inner.to_path_buf());
    inner
        .ancestors()
        .any(|ancestor| identity(ancestor) == Some(wanted))
}

/// Hold the lock and say in it who does; or say who does hold it.
fn lock(path: &Path, root: &Path) -> Result<File, Fault> {
    let disk = |error: io::Error| failed("lock", path, &error);
    let mut file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(disk)?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => {
            let mut holder = String::new();
            let _ = file.read_to_string(&mut holder);
            let message = format!(
                "failed to write into `{}`: a batch is at work there",
                root.display()
            );
            return Err(Fault::usage(message)
                .because(format!("it is held by {}", holder.trim()))
                .hint("wait until it is done, or choose another folder with `--out DIR`"));
        }
        Err(error) => return Err(disk(error.into())),
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "a lock says since when; no record does"
    )]
    let since = humantime::format_rfc3339_seconds(std::time::SystemTime::now());
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    let words = format!("process {} on {host} since {since}\n", std::process::id());
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(words.as_bytes()))
        .map_err(disk)?;
    Ok(file)
}

fn failed(verb: &str, path: &Path, error: &io::Error) -> Fault {
    Fault::io(FaultKind::Disk, verb, path, error)
        .hint("free some space there; then the same command continues where this one stopped")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_batch_is_refused_and_told_who_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let held = Folder::hold(dir.path()).unwrap();
        let fault = Folder::hold(dir.path()).unwrap_err();
        let who = format!("process {} on ", std::process::id());
        assert!(fault.cause.unwrap().contains(&who));
        drop(held);
        Folder::hold(dir.path()).unwrap();
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_file_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::hold(dir.path()).unwrap();
        folder.write("a.json", b"old").unwrap();
        let full = |file: &mut dyn Write| {
            file.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        };
        let fault = folder.stream("a.json", full).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Disk);
        assert_eq!(folder.read("a.json").unwrap().unwrap(), b"old");
        drop(folder);
        fs::write(dir.path().join("records/.writing-x"), "half").unwrap();
        let folder = Folder::hold(dir.path()).unwrap();
        assert_eq!(fs::read_dir(dir.path().join("records")).unwrap().count(), 0);
        assert!(folder.read("b.json").unwrap().is_none());
    }

    #[test]
    fn the_oldest_record_of_a_batch_stays_set_aside_until_the_next_begins() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::hold(dir.path()).unwrap();
        let id: SubmissionId = "alice".parse().unwrap();
        let previous = file(PREVIOUS_RECORDS, &id);
        for text in ["first", "second"] {
            folder.write(&file(RECORDS, &id), text.as_bytes()).unwrap();
            folder.set_aside(&id).unwrap();
            assert!(folder.read(&file(RECORDS, &id)).unwrap().is_none() || text == "second");
            assert_eq!(folder.read(&previous).unwrap().unwrap(), b"first");
        }
        let other: SubmissionId = "bob".parse().unwrap();
        drop(folder);
        let folder = Folder::hold(dir.path()).unwrap();
        folder.write(&file(RECORDS, &other), b"bob's").unwrap();
        folder.set_aside(&other).unwrap();
        assert!(
            folder.read(&previous).unwrap().is_some(),
            "it was not complete"
        );
        folder.complete().unwrap();
        drop(folder);
        let folder = Folder::hold(dir.path()).unwrap();
        folder.set_aside(&other).unwrap();
        assert!(
            folder.read(&previous).unwrap().is_some(),
            "there was nothing to set aside"
        );
        folder.write(&file(RECORDS, &other), b"bob's").unwrap();
        folder.set_aside(&other).unwrap();
        assert!(folder.read(&previous).unwrap().is_none());
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
    }
}
