//! Notices that something in a folder was saved.
//!
//! Hides inotify, and what takes its place where it does not work: a network file system, or a system that follows no
//! more folders. Never reads a file, and never decides whether a change matters: the copy that is graded does.
//!
//! # Theory of operation
//!
//! The kernel tells of names in a folder, not of what is below it. So every folder is followed that `intake` would
//! copy. When a folder appears, goes or is replaced, all of them are looked up anew; what was saved in between is not
//! missed, because the caller grades after that in any case. The kernel does not tell that a folder above was renamed,
//! so the caller also asks now and then whether the folder is still the same one.

use std::{
    collections::{BTreeMap, hash_map::DefaultHasher},
    ffi::OsStr,
    fs,
    hash::{Hash as _, Hasher as _},
    mem::MaybeUninit,
    os::{
        fd::{AsFd as _, BorrowedFd, OwnedFd},
        unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    },
    path::{Path, PathBuf},
};

use fs_scratch::Mount;
use rustix::{
    fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags},
    io::Errno,
};
use walkdir::{DirEntry, WalkDir};

/// More folders than that are not followed one by one.
const MOST_FOLDERS: usize = 2_000;

/// More files and folders than that are not looked at. `intake` refuses a submission long before.
const MOST_ENTRIES: usize = 50_000;

/// What happened since the last look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    /// Nothing that matters.
    None,
    /// Something that an editor does in the middle of its work, such as removing a name.
    Begun,
    /// A file of the crate is complete under its name.
    Saved,
}

/// A folder that is followed.
pub(super) struct Files {
    root: PathBuf,
    /// Folders of this program, which may lie in it.
    own: Vec<PathBuf>,
    /// Which folder it is; `None` while it is missing.
    identity: Option<(u64, u64)>,
    way: Way,
}

/// How changes are noticed.
enum Way {
    /// The kernel tells; with each folder by the number of its watch.
    Told(OwnedFd, BTreeMap<i32, PathBuf>),
    /// All names, sizes and times are looked at, and this is what they were.
    Looked(u64),
}

impl Files {
    /// Follow the folder `root`, but not the folders `own` in it. The second value says why it is only looked at again
    /// and again, if that is so.
    pub(super) fn follow(root: PathBuf, own: &[PathBuf]) -> (Self, Option<&'static str>) {
        let own = own.iter().filter_map(|path| path.canonicalize().ok());
        let mut files = Self {
            root,
            own: own.collect(),
            identity: None,
            way: Way::Looked(0),
        };
        let why = files.look_up(true);
        (files, why)
    }

    /// What can be waited for, if the kernel tells of changes.
    pub(super) fn events(&self) -> Option<BorrowedFd<'_>> {
        match &self.way {
            Way::Told(fd, _) => Some(fd.as_fd()),
            Way::Looked(_) => None,
        }
    }

    /// Whether changes have to be looked for.
    pub(super) fn are_looked_at(&self) -> bool {
        matches!(self.way, Way::Looked(_))
    }

    /// Whether the folder is there.
    pub(super) fn are_there(&self) -> bool {
        identity(&self.root).is_some()
    }

    /// What happened since the last call.
    pub(super) fn change(&mut self) -> Change {
        if identity(&self.root) != self.identity {
            self.look_up(matches!(self.way, Way::Told(..)));
            return Change::Begun;
        }
        match &mut self.way {
            Way::Looked(before) => {
                let now = state(&self.root, &self.own);
                if *before == now {
                    return Change::None;
                }
                *before = now;
                Change::Saved
            }
            Way::Told(..) => self.told(),
        }
    }

    /// Read what the kernel tells.
    fn told(&mut self) -> Change {
        let Way::Told(fd, folders) = &self.way else {
            return Change::None;
        };
        let mut buffer = [MaybeUninit::uninit(); 8192];
        let mut events = Reader::new(fd, &mut buffer);
        let mut change = Change::None;
        let mut is_stale = false;
        while let Ok(event) = events.next() {
            let what = event.events();
            let is_top = folders.get(&event.wd()).is_some_and(|at| *at == self.root);
            // Events were lost, or a folder that is followed has gone.
            if what.intersects(
                ReadFlags::QUEUE_OVERFLOW
                    | ReadFlags::IGNORED
                    | ReadFlags::UNMOUNT
                    | ReadFlags::DELETE_SELF
                    | ReadFlags::MOVE_SELF,
            ) {
                is_stale = true;
                change = change.max(Change::Begun);
                continue;
            }
            let name = event.file_name().map_or(&b""[..], |name| name.to_bytes());
            let is_folder = what.contains(ReadFlags::ISDIR);
            if is_nothing(name, is_folder && is_top) {
                continue;
            }
            is_stale |= is_folder;
            let is_whole = !is_folder
                && is_source(name)
                && what.intersects(ReadFlags::CLOSE_WRITE | ReadFlags::MOVED_TO);
            change = change.max(if is_whole {
                Change::Saved
            } else {
                Change::Begun
            });
        }
        if is_stale {
            self.look_up(true);
            // What is in a new folder may not be complete.
            change = Change::Begun;
        }
        change
    }

    /// Look the folders up. Returns why the kernel does not tell of changes, if it does not.
    fn look_up(&mut self, is_told: bool) -> Option<&'static str> {
        self.identity = identity(&self.root);
        let followed = if !is_told {
            Err("")
        } else if is_remote(&self.root) {
            Err("it may be on another machine")
        } else {
            followed(&self.root, &self.own)
        };
        match followed {
            Ok((fd, folders)) => {
                self.way = Way::Told(fd, folders);
                None
            }
            Err(why) => {
                self.way = Way::Looked(state(&self.root, &self.own));
                Some(why)
            }
        }
    }
}

/// Which folder there is.
fn identity(root: &Path) -> Option<(u64, u64)> {
    let found = fs::metadata(root).ok().filter(fs::Metadata::is_dir)?;
    Some((found.dev(), found.ino()))
}

/// Whether another machine may save there without this kernel's knowledge.
fn is_remote(root: &Path) -> bool {
    Mount::of(root).is_some_and(|mount| !mount.is_of_this_machine())
}

/// Follow every folder by inotify.
fn followed(
    root: &Path,
    own: &[PathBuf],
) -> Result<(OwnedFd, BTreeMap<i32, PathBuf>), &'static str> {
    const FULL: &str = "the system follows no more folders";
    let fd = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).map_err(|_| FULL)?;
    let mut folders = BTreeMap::new();
    let wanted = WatchFlags::CLOSE_WRITE
        | WatchFlags::MOVED_TO
        | WatchFlags::MOVED_FROM
        | WatchFlags::CREATE
        | WatchFlags::DELETE
        | WatchFlags::DELETE_SELF
        | WatchFlags::MOVE_SELF
        | WatchFlags::ONLYDIR
        | WatchFlags::EXCL_UNLINK;
    for found in entries(root, own).filter(|found| found.file_type().is_dir()) {
        match inotify::add_watch(&fd, found.path(), wanted) {
            Ok(number) => drop(folders.insert(number, found.into_path())),
            Err(Errno::NOSPC | Errno::NOMEM) => return Err(FULL),
            // It is gone, or nobody may read it.
            Err(_) => {}
        }
        if folders.len() > MOST_FOLDERS {
            return Err("it has too many folders");
        }
    }
    Ok((fd, folders))
}

/// All names, sizes and times as one number.
fn state(root: &Path, own: &[PathBuf]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for found in entries(root, own) {
        found.path().hash(&mut hasher);
        if let Ok(is) = found.metadata()
            && !is.is_dir()
        {
            let state = [is.mtime(), is.mtime_nsec(), is.ctime(), is.ctime_nsec()];
            (is.len(), is.ino(), state).hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// What of a folder may be part of a submission.
fn entries<'a>(root: &Path, own: &'a [PathBuf]) -> impl Iterator<Item = DirEntry> + 'a {
    let entries = WalkDir::new(root).sort_by_file_name().into_iter();
    entries
        .filter_entry(|found| {
            let is_folder = found.file_type().is_dir();
            let is_nothing = found.depth() > 0
                && is_nothing(
                    found.file_name().as_bytes(),
                    is_folder && found.depth() == 1,
                );
            !is_nothing && !(is_folder && (is_made(found.path()) || is_own(found.path(), own)))
        })
        .flatten()
        .take(MOST_ENTRIES)
}

/// Whether something of this name is no part of a submission, or only there while an editor is at work: Vim tries
/// out `4913`.
fn is_nothing(name: &[u8], is_top_folder: bool) -> bool {
    let is_backup = name == b"4913" || name.ends_with(b".swx") || name.ends_with(b".swo");
    (is_top_folder && name == b"target") || is_backup || intake::is_dropped(name)
}

/// Whether the name is one under which a file of a crate stays. Some editors write under another name first.
fn is_source(name: &[u8]) -> bool {
    name.ends_with(b".rs") || name.ends_with(b".toml")
}

/// Whether cargo or another tool has made the folder.
fn is_made(folder: &Path) -> bool {
    folder.join(OsStr::new("CACHEDIR.TAG")).is_file()
}

fn is_own(folder: &Path, own: &[PathBuf]) -> bool {
    !own.is_empty()
        && folder
            .canonicalize()
            .is_ok_and(|folder| own.contains(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("src/main.rs"), "").unwrap();
        folder
    }

    /// Both ways to notice a change.
    fn both(root: &Path) -> [Files; 2] {
        let (told, why) = Files::follow(root.to_owned(), &[]);
        assert_eq!(why, None);
        let (mut looked, _) = Files::follow(root.to_owned(), &[]);
        looked.look_up(false);
        [told, looked]
    }

    #[track_caller]
    fn sees(change: impl Fn(&Path), expected: [Change; 2]) {
        let folder = folder();
        let mut both = both(folder.path());
        change(folder.path());
        assert_eq!(both.each_mut().map(Files::change), expected);
        assert_eq!(both.each_mut().map(Files::change), [Change::None; 2]);
    }

    #[test]
    fn a_file_that_is_written_or_renamed_to_its_name_was_saved() {
        let saved = [Change::Saved; 2];
        sees(
            |root| fs::write(root.join("src/main.rs"), "x").unwrap(),
            saved,
        );
        sees(
            |root| {
                fs::write(root.join("src/.main.rs.tmp"), "x").unwrap();
                fs::rename(root.join("src/.main.rs.tmp"), root.join("src/main.rs")).unwrap();
            },
            saved,
        );
        sees(
            |root| fs::write(root.join("src/main.rs___jb_tmp___"), "x").unwrap(),
            [Change::Begun, Change::Saved],
        );
        sees(
            |root| fs::remove_file(root.join("src/main.rs")).unwrap(),
            [Change::Begun, Change::Saved],
        );
    }

    #[test]
    fn what_editors_and_tools_leave_is_nothing() {
        sees(
            |root| {
                for name in [
                    "main.rs~",
                    ".main.rs.swp",
                    "4913",
                    ".#main.rs",
                    "Cargo.lock",
                ] {
                    fs::write(root.join("src").join(name), "x").unwrap();
                }
                fs::create_dir(root.join("target")).unwrap();
                fs::write(root.join("target/x"), "x").unwrap();
                fs::create_dir(root.join("grade-report")).unwrap();
            },
            [Change::None; 2],
        );
    }

    #[test]
    fn a_new_folder_is_followed_and_the_kernel_is_not_asked_about_it_twice() {
        let folder = folder();
        let mut both = both(folder.path());
        fs::create_dir_all(folder.path().join("src/bin")).unwrap();
        assert_eq!(
            both.each_mut().map(Files::change),
            [Change::Begun, Change::Saved]
        );
        fs::write(folder.path().join("src/bin/a.rs"), "").unwrap();
        assert_eq!(both.each_mut().map(Files::change), [Change::Saved; 2]);
        assert_eq!(both.each_mut().map(Files::change), [Change::None; 2]);
    }

    #[test]
    fn a_folder_that_goes_and_comes_back_is_followed_again() {
        let folder = folder();
        let root = folder.path().join("src");
        let mut both = both(&root);
        fs::rename(&root, folder.path().join("old")).unwrap();
        assert_eq!(both.each_mut().map(Files::change), [Change::Begun; 2]);
        assert!(!both[0].are_there());
        fs::create_dir(&root).unwrap();
        assert_eq!(both.each_mut().map(Files::change), [Change::Begun; 2]);
        fs::write(root.join("main.rs"), "x").unwrap();
        assert_eq!(both.each_mut().map(Files::change), [Change::Saved; 2]);
        assert!(!both[0].are_looked_at() && both[1].are_looked_at());
    }

    #[test]
    fn folders_of_this_program_are_not_followed() {
        let folder = folder();
        let cache = folder.path().join("cache");
        fs::create_dir(&cache).unwrap();
        let (mut files, _) = Files::follow(folder.path().to_owned(), std::slice::from_ref(&cache));
        fs::write(cache.join("x"), "x").unwrap();
        assert_eq!(files.change(), Change::None);
    }
}
