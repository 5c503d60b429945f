//! What the compiler keeps of one submission between two gradings of the same folder, so that a small change compiles
//! quickly.
//!
//! # Theory of operation
//!
//! The compiler uses its notes only if it is started in the same folder again, and if its output has the same path. So
//! the private copy of a submission that a person names lies at a place that depends on nothing but the path that was
//! named, and notes and output lie beside it. A lock keeps a second grading of the same folder away; that one compiles
//! without notes.
//!
//! Only the sandboxed compiler writes notes, while it compiles the submission of this path, and it is allowed no other
//! notes. So notes that a hostile submission has spoiled harm that submission alone. Between two gradings they are
//! sealed by a digest: notes that are damaged, or hold anything but plain files, are thrown away. They are also thrown
//! away when the compiler fails and the source does not explain it, and a class never uses any.
//!
//! Hides the folder. Never fails: without notes everything compiles as well, and more slowly.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use sha2::{Digest as _, Sha256};
use walkdir::WalkDir;

use fs_scratch::{Locks, Mount, remove_tree};
use ids::{Digest, feed};

const FOLDER: &str = "incremental";
const SOURCE: &str = "source";
const NOTES: &str = "notes";
const OUTPUT: &str = "output";
const SEAL: &str = "seal";
const LOCK: &str = "lock";

/// How many submissions have notes. Those of one take some megabytes.
const MOST: usize = 20;

/// Notes with more files, or more bytes, are thrown away.
const MOST_FILES: usize = 10_000;
const MOST_BYTES: u64 = 256 << 20;

/// The place of one submission, claimed until it is dropped.
#[derive(Debug)]
pub struct Incremental {
    root: PathBuf,
    _lock: fs::File,
}

impl Incremental {
    /// Claim the place of the submission at `path`, which is absolute. `None` if another grading has it, if one on another
    /// machine could have it unseen, or if the cache cannot be written.
    pub(crate) fn claim(cache: &Path, path: &Path) -> Option<Self> {
        let all = cache.join(FOLDER);
        let name = Digest::of(path.as_os_str().as_encoded_bytes());
        let root = all.join(&name.hex()[..24]);
        fs::create_dir_all(&all).ok()?;
        if !are_seen_by_all(Mount::of(&all).as_ref()) {
            return None;
        }
        fs::create_dir_all(&root).ok()?;
        let lock = fs::File::create(root.join(LOCK)).ok()?;
        lock.try_lock().ok()?;
        let place = Self { root, _lock: lock };
        make_empty(&place.source()).ok()?;
        remove_oldest(&all);
        Some(place)
    }

    /// The empty folder for the private copy.
    pub(crate) fn source(&self) -> PathBuf {
        self.root.join(SOURCE)
    }

    /// The folder of the notes, which the compiler may write to.
    pub(super) fn notes(&self) -> PathBuf {
        self.root.join(NOTES)
    }

    /// The empty folder for the compiler's output. What is to last longer than a build is copied from it.
    pub(super) fn output(&self) -> io::Result<PathBuf> {
        let output = self.root.join(OUTPUT);
        make_empty(&output)?;
        Ok(output)
    }

    /// Open the notes for the compiler: as they were sealed, or empty. False if there can be none.
    pub(crate) fn open(&self) -> bool {
        let seal = fs::read_to_string(self.root.join(SEAL)).unwrap_or_default();
        let is_sealed = digest_of(&self.notes()).is_some_and(|digest| digest.to_string() == seal);
        let opened = if is_sealed {
            // While they are in use, nothing is known of them.
            fs::remove_file(self.root.join(SEAL))
        } else {
            self.forget()
        };
        opened.is_ok()
    }

    /// Throw the notes away.
    pub(super) fn forget(&self) -> io::Result<()> {
        make_empty(&self.notes())
    }

    /// Keep the notes as they are now for the next grading. Notes that cannot be sealed are thrown away then.
    pub(crate) fn seal(&self) {
        if let Some(digest) = digest_of(&self.notes()) {
            let _ = fs::write(self.root.join(SEAL), digest.to_string());
        }
    }
}

impl Drop for Incremental {
    fn drop(&mut self) {
        // What cannot be removed now is removed before the next grading.
        for folder in [SOURCE, OUTPUT] {
            let _ = remove_tree(&self.root.join(folder));
        }
    }
}

/// Whether everyone who can use a cache there sees its locks. Two gradings in one place would compile each
/// other's files.
fn are_seen_by_all(mount: Option<&Mount>) -> bool {
    !mount.is_some_and(|mount| matches!(mount.locks(), Locks::ThisMachine { .. }))
}

fn make_empty(folder: &Path) -> io::Result<()> {
    match remove_tree(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::create_dir(folder)
}

/// The digest of every path and file in a folder; `None` if there is anything but folders and plain files, or too
/// much of it.
fn digest_of(folder: &Path) -> Option<Digest> {
    let mut hasher = Sha256::new();
    let mut bytes: u64 = 0;
    let entries = WalkDir::new(folder).sort_by_file_name().into_iter();
    for (number, entry) in entries.enumerate() {
        let entry = entry.ok()?;
        let kind = entry.file_type();
        let path = entry.path().strip_prefix(folder).ok()?;
        hasher.update(path.as_os_str().as_encoded_bytes());
        hasher.update([0, u8::from(kind.is_dir())]);
        if number >= MOST_FILES || !(kind.is_dir() || kind.is_file()) {
            return None;
        }
        if kind.is_file() {
            bytes = bytes.checked_add(entry.metadata().ok()?.len())?;
            if bytes > MOST_BYTES {
                return None;
            }
            feed(&mut hasher, fs::File::open(entry.path()).ok()?).ok()?;
        }
    }
    Some(Digest::finish(hasher))
}

/// Remove the places that were used longest ago, so that [`MOST`] are left.
fn remove_oldest(all: &Path) {
    let Ok(folder) = fs::read_dir(all) else {
        return;
    };
    let mut places: Vec<(SystemTime, PathBuf)> = folder
        .flatten()
        .filter_map(|found| {
            let used = fs::metadata(found.path().join(LOCK))
                .ok()?
                .modified()
                .ok()?;
            Some((used, found.path()))
        })
        .collect();
    places.sort();
    let surplus = places.len().saturating_sub(MOST);
    for (_, place) in &places[..surplus] {
        // For writing: NFS gives no lock of this kind on a file that is open for reading only.
        let lock = fs::File::options().write(true).open(place.join(LOCK));
        let is_free = lock.is_ok_and(|lock| lock.try_lock().is_ok());
        if is_free {
            let _ = remove_tree(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let folder = fs::read_dir(folder).unwrap();
        let names = folder.map(|found| found.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    #[test]
    fn there_are_no_notes_where_another_machine_does_not_see_the_lock() {
        let mount = |options: &str| {
            let line = format!("1 0 0:1 / /home rw - nfs files:/home rw,{options}");
            Mount::find(&line, "1").unwrap()
        };
        assert!(!are_seen_by_all(Some(&mount("vers=3,nolock"))));
        assert!(are_seen_by_all(Some(&mount("vers=4.2,local_lock=none"))));
        assert!(are_seen_by_all(None));
    }

    #[test]
    fn sealed_notes_stay_and_others_go() {
        let cache = tempfile::tempdir().unwrap();
        let claim = || {
            let place = Incremental::claim(cache.path(), Path::new("/a")).unwrap();
            assert!(place.open());
            place
        };
        let place = claim();
        fs::write(place.notes().join("x"), "1").unwrap();
        fs::write(place.source().join("main.rs"), "").unwrap();
        fs::write(place.output().unwrap().join("program"), "").unwrap();
        let output = place.output().unwrap();
        assert!(names(&output).is_empty());
        place.seal();
        drop(place);
        assert!(!output.exists());
        let place = claim();
        assert_eq!(names(&place.notes()), ["x"]);
        assert!(names(&place.source()).is_empty());
        assert_eq!(place.output().unwrap(), output);
        // This grading was killed before it sealed them.
        drop(place);
        assert!(names(&claim().notes()).is_empty());
        let damages: [fn(&Path); 3] = [
            |notes| fs::write(notes.join("x"), "2").unwrap(),
            |notes| fs::write(notes.join("y"), "").unwrap(),
            |notes| fs::remove_file(notes.join("x")).unwrap(),
        ];
        for damage in damages {
            let place = claim();
            fs::write(place.notes().join("x"), "1").unwrap();
            place.seal();
            damage(&place.notes());
            drop(place);
            assert!(names(&claim().notes()).is_empty());
        }
    }

    #[test]
    fn notes_with_a_link_are_thrown_away() {
        let cache = tempfile::tempdir().unwrap();
        let claim = || {
            let place = Incremental::claim(cache.path(), Path::new("/a")).unwrap();
            assert!(place.open());
            place
        };
        let place = claim();
        symlink("/etc/passwd", place.notes().join("x")).unwrap();
        place.seal();
        drop(place);
        assert!(names(&claim().notes()).is_empty());
    }

    #[test]
    fn a_place_is_claimed_once_and_each_path_has_its_own() {
        let cache = tempfile::tempdir().unwrap();
        let one = Incremental::claim(cache.path(), Path::new("/a")).unwrap();
        assert!(Incremental::claim(cache.path(), Path::new("/a")).is_none());
        let other = Incremental::claim(cache.path(), Path::new("/b")).unwrap();
        assert_ne!(one.source(), other.source());
        drop(one);
        assert!(Incremental::claim(cache.path(), Path::new("/a")).is_some());
    }

    #[test]
    fn only_the_places_used_last_are_kept() {
        let cache = tempfile::tempdir().unwrap();
        for n in 0..MOST + 5 {
            let path = PathBuf::from(format!("/{n}"));
            Incremental::claim(cache.path(), &path).unwrap();
        }
        let left = names(&cache.path().join(FOLDER)).len();
        assert!((MOST..=MOST + 1).contains(&left), "{left}");
    }
}
