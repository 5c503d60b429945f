//! The course's allowed crates, compiled once: the layer below every submission.
//!
//! Made by cargo from the course's own manifest and lock file, in a step that knows nothing of any submission
//! and therefore needs no sandbox; the only step of a grading that may use the network, and only if cargo's
//! own cache does not have the crates. Kept in the cache folder under a name that changes with everything
//! that went into it.
//!
//! A submission needs one crate or several. One is compiled alone, so that a beginner who uses rayon
//! waits two seconds and not for tokio; for several there is the full layer with all crates in it.

mod cargo;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use fs_scratch::{Kept, KeyLock};
use serde::{Deserialize, Serialize};

use super::{
    step::{Step, Tell},
    toolchain::Toolchain,
};
use crate::{course::Course, fault::Fault};
use ids::Digest;
use sandbox::Cancellation;

/// The format of layers. Increment it when layers of an earlier version must not be used any more.
const FORMAT: &str = "layer/1";

/// How often a layer's lock is tried while another process holds it. A wait in the kernel would not end on
/// cancellation.
const TRY_AGAIN: Duration = Duration::from_millis(20);

/// The folder's description, written when all else is complete.
const DESCRIPTION: &str = "layer.json";

/// Compiled crates in a folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Layer {
    /// The folder; known from where the description was found.
    #[serde(skip)]
    folder: PathBuf,
    /// Name of the folder: what went into it.
    pub(super) key: String,
    /// The crates that submissions may name, by package.
    crates: BTreeMap<String, Extern>,
    /// Every file, with what it must be.
    files: Vec<LayerFile>,
    /// The files when they were found intact.
    #[serde(skip)]
    intact: Arc<Mutex<Option<Vec<FileState>>>>,
}

/// A file as it was: its inode, size and last change of status, with the nanoseconds. Its contents do not change
/// without it.
type FileState = (u64, u64, i64, i64);

/// One crate that a submission may name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Extern {
    /// The file name of its library.
    file: String,
    /// Its cargo features that are on.
    pub(super) features: BTreeSet<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct LayerFile {
    name: String,
    bytes: u64,
    digest: Digest,
}

impl Layer {
    /// A crate by its package name.
    pub(super) fn find(&self, package: &str) -> Option<&Extern> {
        self.crates.get(package)
    }

    /// The library file of a crate.
    pub(super) fn library(&self, krate: &Extern) -> PathBuf {
        self.folder.join(&krate.file)
    }

    /// Where the compiler finds what the crates themselves need.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The layer in `folder`, if it is one of that key and no file is missing or of another size.
    fn open(folder: &Path, key: &str) -> Option<Self> {
        let text = fs::read(folder.join(DESCRIPTION)).ok()?;
        let mut layer: Self = serde_json::from_slice(&text).ok()?;
        layer.folder = folder.to_path_buf();
        (layer.key == key && layer.is_complete()).then_some(layer)
    }

    /// Whether no file is missing or of another size.
    fn is_complete(&self) -> bool {
        self.files.iter().all(|file| {
            fs::symlink_metadata(self.folder.join(&file.name))
                .is_ok_and(|found| found.is_file() && found.len() == file.bytes)
        })
    }

    /// Whether every file still has the contents it was made with. Reads all of them, unless nothing happened to
    /// them since this layer was found intact.
    pub(super) fn is_intact(&self) -> bool {
        let states: Option<Vec<_>> = self
            .files
            .iter()
            .map(|file| state_of(&self.folder.join(&file.name)))
            .collect();
        let mut intact = self.intact.lock().unwrap_or_else(PoisonError::into_inner);
        if states.is_some() && *intact == states {
            return true;
        }
        let is_intact = self.files.iter().all(|file| {
            digest_of_file(&self.folder.join(&file.name)).is_ok_and(|digest| digest == file.digest)
        });
        *intact = states.filter(|_| is_intact);
        is_intact
    }
}

/// The state of a file; `None` if there is none.
fn state_of(path: &Path) -> Option<FileState> {
    let found = fs::symlink_metadata(path).ok()?;
    Some((found.ino(), found.len(), found.ctime(), found.ctime_nsec()))
}

/// The digest of a file's contents.
pub(super) fn digest_of_file(path: &Path) -> io::Result<Digest> {
    Digest::of_all(fs::File::open(path)?)
}

/// Where layers are kept and how they are made.
#[derive(Debug)]
pub(super) struct Layers {
    kept: Kept,
    recipe: cargo::Recipe,
    /// The keys of the layers that threads of this process make now.
    at_work: Mutex<BTreeSet<String>>,
    cancellation: Cancellation,
    /// The layer that was opened last, and the file with its description. A class is built with one layer, whose
    /// description is long.
    last: Mutex<Option<(FileState, Arc<Layer>)>>,
}

impl Layers {
    /// For a course, with a compiler, below the cache folder.
    ///
    /// # Errors
    /// The course's lock file cannot be read or made.
    pub(super) fn new(
        course: &Course,
        toolchain: &Toolchain,
        cache: &Path,
        cancellation: &Cancellation,
        tell: Tell<'_>,
    ) -> Result<Self, Fault> {
        Ok(Self {
            kept: Kept::new(cache.join("layers")),
            recipe: cargo::Recipe::new(course, toolchain, cancellation, tell)?,
            at_work: Mutex::default(),
            cancellation: cancellation.clone(),
            last: Mutex::default(),
        })
    }

    /// The exact version of every allowed crate.
    pub(super) fn locked(&self) -> &BTreeMap<String, semver::Version> {
        self.recipe.locked()
    }

    /// The layer for a submission that names these packages; made first if there is none. A step that
    /// may take long is reported to `tell`.
    ///
    /// # Errors
    /// The crates cannot be fetched or compiled, or the cache folder cannot be written.
    pub(super) fn prepare(
        &self,
        packages: &BTreeSet<String>,
        tell: Tell<'_>,
    ) -> Result<Option<Arc<Layer>>, Fault> {
        if packages.is_empty() {
            return Ok(None);
        }
        let all: BTreeSet<String> = self.locked().keys().cloned().collect();
        if let Some(full) = self.open(&all) {
            return Ok(Some(full));
        }
        let wanted = if packages.len() == 1 { packages } else { &all };
        match self.open(wanted) {
            Some(layer) => Ok(Some(layer)),
            None => self.make(wanted, tell).map(|layer| Some(Arc::new(layer))),
        }
    }

    /// Whether there is a layer that serves every submission. Its contents are not verified.
    pub(super) fn has_all(&self) -> bool {
        let all: BTreeSet<String> = self.locked().keys().cloned().collect();
        all.is_empty() || self.open(&all).is_some()
    }

    /// Make the layer that serves every submission, and verify it: when many submissions are compiled at
    /// once, it must not be replaced while they use it.
    ///
    /// # Errors
    /// As [`Layers::prepare`].
    pub(super) fn prepare_all(&self, tell: Tell<'_>) -> Result<(), Fault> {
        let all: BTreeSet<String> = self.locked().keys().cloned().collect();
        if all.is_empty() {
            return Ok(());
        }
        if let Some(layer) = self.open(&all) {
            if layer.is_intact() {
                return Ok(());
            }
            tell(Step::Damaged);
            self.discard(&layer)?;
        }
        self.make(&all, tell).map(drop)
    }

    /// Mark a damaged layer as incomplete, so that it is made again.
    ///
    /// # Errors
    /// It cannot be removed.
    pub(super) fn discard(&self, layer: &Layer) -> Result<(), Fault> {
        let _lock = self.kept.lock(&layer.key).map_err(Fault::in_cache)?;
        // Another grading may have noticed the damage as well and made the layer again.
        let damaged = Layer::open(&layer.folder, &layer.key).is_some_and(|now| !now.is_intact());
        if !damaged {
            return Ok(());
        }
        match fs::remove_file(layer.folder.join(DESCRIPTION)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other.map_err(|error| Fault::cache("remove", &layer.folder, &error)),
        }
    }

    fn open(&self, packages: &BTreeSet<String>) -> Option<Arc<Layer>> {
        let key = self.key(packages);
        let folder = self.kept.entry(&key);
        let file = state_of(&folder.join(DESCRIPTION))?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, layer)) = &*last
            && *of == file
            && layer.key == key
        {
            return layer.is_complete().then(|| Arc::clone(layer));
        }
        let layer = Arc::new(Layer::open(&folder, &key)?);
        *last = Some((file, Arc::clone(&layer)));
        Some(layer)
    }

    /// A name that differs whenever the compiled crates would differ.
    fn key(&self, packages: &BTreeSet<String>) -> String {
        let mut text = format!("{FORMAT}\n{}", self.recipe.identity());
        for package in packages {
            text.push_str(package);
            text.push('\n');
        }
        Digest::of(text.as_bytes()).hex()[..24].to_owned()
    }

    fn make(&self, packages: &BTreeSet<String>, tell: Tell<'_>) -> Result<Layer, Fault> {
        let key = self.key(packages);
        let lock = self.wait_for(&key, tell)?;
        let _at_work = AtWork::begin(&self.at_work, &key);
        let folder = lock.entry();
        // Another grading may have made it while this one waited.
        if let Some(layer) = Layer::open(&folder, &key) {
            return Ok(layer);
        }
        let work = lock.stage().map_err(Fault::in_cache)?;
        let compiled = self.recipe.compile(work.path(), packages, tell)?;
        let layer = collect(&work.path().join("layer"), &key, compiled)?;
        let folder = lock.put(&layer.folder).map_err(Fault::in_cache)?;
        Ok(Layer { folder, ..layer })
    }

    /// The lock on a layer, as soon as nobody else makes it. Only a wait for another process is reported: a
    /// thread of this one reports its own steps.
    fn wait_for(&self, key: &str, tell: Tell<'_>) -> Result<KeyLock<'_>, Fault> {
        let mut is_reported = false;
        let mut is_first = true;
        loop {
            if let Some(lock) = self.kept.try_lock(key).map_err(Fault::in_cache)? {
                return Ok(lock);
            }
            // The first time, a thread of this process may have the lock and not have said so.
            if !is_first && !is_reported && !locked(&self.at_work).contains(key) {
                tell(Step::Waiting);
                is_reported = true;
            }
            is_first = false;
            self.cancellation.check()?;
            thread::sleep(TRY_AGAIN);
        }
    }
}

/// A layer that a thread of this process makes, until it is dropped.
struct AtWork<'a> {
    all: &'a Mutex<BTreeSet<String>>,
    key: &'a str,
}

impl<'a> AtWork<'a> {
    fn begin(all: &'a Mutex<BTreeSet<String>>, key: &'a str) -> Self {
        locked(all).insert(key.to_owned());
        Self { all, key }
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        locked(self.all).remove(self.key);
    }
}

/// The keys, whatever became of another thread that held them.
fn locked(keys: &Mutex<BTreeSet<String>>) -> MutexGuard<'_, BTreeSet<String>> {
    keys.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Move the compiled libraries into one folder and describe them.
fn collect(folder: &Path, key: &str, compiled: cargo::Compiled) -> Result<Layer, Fault> {
    fs::create_dir(folder).map_err(|error| Fault::cache("create", folder, &error))?;
    let mut files = Vec::new();
    for library in &compiled.libraries {
        let name = library
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let target = folder.join(&name);
        fs::rename(library, &target).map_err(|error| Fault::cache("move", library, &error))?;
        let digest =
            digest_of_file(&target).map_err(|error| Fault::cache("read", &target, &error))?;
        let bytes = fs::metadata(&target)
            .map_err(|error| Fault::cache("read", &target, &error))?
            .len();
        files.push(LayerFile {
            name,
            bytes,
            digest,
        });
    }
    let crates = compiled
        .crates
        .into_iter()
        .map(|(package, (file, features))| (package, Extern { file, features }))
        .collect();
    let layer = Layer {
        folder: folder.to_path_buf(),
        key: key.to_owned(),
        crates,
        files,
        intact: Arc::default(),
    };
    let description = serde_json::to_vec_pretty(&layer)
        .map_err(|error| Fault::internal("describe a layer", error))?;
    let path = folder.join(DESCRIPTION);
    fs::write(&path, description).map_err(|error| Fault::cache("write", &path, &error))?;
    Ok(layer)
}
