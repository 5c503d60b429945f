//! A temporary folder that is removed afterwards with everything in it.
//!
//! # Where
//!
//! The base folder that the caller names is used or refused. Otherwise the first of these that works:
//! `TMPDIR` alone if it is set; the folder of the user's session; `/dev/shm`; the system's temporary folders.
//! The session's folder and `/dev/shm` are in memory, where a thousand files take three milliseconds. A base
//! folder *works* if a folder can be made in it and the caller's own trial in that folder succeeds.
//!
//! # Afterwards
//!
//! Dropping removes the folder, also when a panic unwinds. Where nothing can be dropped (SIGKILL, a power
//! cut), the next process that makes one under the same name removes it.
//!
//! This module never removes a folder of another user or of another name.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use rustix::fs::StatVfsMountFlags;

use crate::{
    error::{Error, Refusal, RefusalReason},
    locked::{LockedFolder, Prefix},
    remove::remove_tree,
};

/// The error of a caller's own trial of a folder.
type TrialError = Box<dyn std::error::Error + Send + Sync>;

/// How a [`Scratch`] is to be made.
#[derive(Debug, Clone)]
pub struct Builder {
    name: String,
    base: Option<PathBuf>,
    mode: u32,
    executable: bool,
}

impl Builder {
    /// Make it in this folder and nowhere else.
    #[must_use]
    pub fn base(mut self, base: impl Into<PathBuf>) -> Self {
        self.base = Some(base.into());
        self
    }

    /// Its mode, as far as the process's mask allows; 0700 if this is not called.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// Refuse file systems from which no program can be started.
    #[must_use]
    pub fn executable(mut self) -> Self {
        self.executable = true;
        self
    }

    /// Make it.
    ///
    /// # Errors
    /// No base folder can be written to; the error has the reason for each.
    pub fn create(&self) -> Result<Scratch, Error> {
        self.create_after_trial(|_| Ok(()))
            .map(|(scratch, ())| scratch)
    }

    /// Make it in the first base folder that passes the caller's trial, for callers that need a property of
    /// the file system. The trial gets the new, empty folder, and leaves it empty. Its result is returned.
    ///
    /// # Errors
    /// No base folder can be written to and passes the trial; the error has the reason for each.
    pub fn create_after_trial<T>(
        &self,
        trial: impl Fn(&Path) -> Result<T, TrialError>,
    ) -> Result<(Scratch, T), Error> {
        let bases = match &self.base {
            Some(base) => vec![base.clone()],
            None => usual_bases(),
        };
        let mut refusals = Vec::new();
        for base in bases {
            match self.create_in(&base, &trial) {
                Ok(made) => return Ok(made),
                Err(reason) => refusals.push(Refusal {
                    place: base,
                    reason,
                }),
            }
        }
        Err(Error::NoPlace { refusals })
    }

    fn create_in<T>(
        &self,
        base: &Path,
        trial: impl Fn(&Path) -> Result<T, TrialError>,
    ) -> Result<(Scratch, T), RefusalReason> {
        let base = std::path::absolute(base).map_err(RefusalReason::Io)?;
        if self.executable {
            let mount =
                rustix::fs::statvfs(&base).map_err(|error| RefusalReason::Io(error.into()))?;
            if mount.f_flag.contains(StatVfsMountFlags::NOEXEC) {
                return Err(RefusalReason::NoExec);
            }
        }
        // With the user's number, so that one user's sweep never finds the folders of another user.
        let prefix = format!("{}-{}-", self.name, rustix::process::getuid().as_raw());
        let prefix = Prefix::new(&base, &prefix);
        prefix.sweep(&base);
        let folder = prefix.make(&base, self.mode).map_err(RefusalReason::Io)?;
        // From here on, dropping removes it.
        let scratch = Scratch { folder };
        let found = trial(scratch.path()).map_err(RefusalReason::Trial)?;
        Ok((scratch, found))
    }
}

/// A private temporary folder, removed when dropped.
#[derive(Debug)]
pub struct Scratch {
    folder: LockedFolder,
}

impl Scratch {
    /// Begin to make one whose name begins with `name`. After this process has ended, the next process of the
    /// same user that uses the same name removes it.
    #[must_use]
    pub fn builder(name: &str) -> Builder {
        Builder {
            name: name.to_owned(),
            base: None,
            mode: 0o700,
            executable: false,
        }
    }

    /// The folder, absolute.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Make an empty folder inside, which may be dropped before the rest.
    ///
    /// # Errors
    /// The disk is full or the name is taken.
    pub fn subfolder(&self, name: &str) -> Result<Subfolder, Error> {
        let path = self.path().join(name);
        fs::create_dir(&path).map_err(Error::io("create", &path))?;
        Ok(Subfolder(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // The next process that makes one here removes what cannot be removed now.
        let _ = remove_tree(self.path());
    }
}

/// A folder in a [`Scratch`], removed when dropped, whatever was put into it.
#[derive(Debug)]
pub struct Subfolder(PathBuf);

impl Subfolder {
    /// The folder, absolute.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Subfolder {
    fn drop(&mut self) {
        // What cannot be removed now is removed with the scratch folder.
        let _ = remove_tree(&self.0);
    }
}

fn usual_bases() -> Vec<PathBuf> {
    if let Some(named) = env::var_os("TMPDIR").filter(|dir| !dir.is_empty()) {
        return vec![named.into()];
    }
    let session = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    session
        .into_iter()
        .chain(["/dev/shm".into(), "/tmp".into(), "/var/tmp".into()])
        .filter(|base: &PathBuf| base.is_dir())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(base: &Path) -> Scratch {
        Scratch::builder("test").base(base).create().unwrap()
    }

    #[test]
    fn it_is_gone_when_dropped_with_all_that_is_in_it() {
        let base = tempfile::tempdir().unwrap();
        let scratch = scratch(base.path());
        let subfolder = scratch.subfolder("a").unwrap();
        fs::write(subfolder.path().join("f"), "x").unwrap();
        fs::write(scratch.path().join("g"), "x").unwrap();
        drop(subfolder);
        assert!(!scratch.path().join("a").exists());
        assert!(scratch.path().starts_with(base.path()));
        drop(scratch);
        assert_eq!(fs::read_dir(base.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_a_living_one_holds_is_kept() {
        let base = tempfile::tempdir().unwrap();
        let uid = rustix::process::getuid().as_raw();
        let abandoned = base.path().join(format!("test-{uid}-gone"));
        fs::create_dir(&abandoned).unwrap();
        fs::write(abandoned.join("f"), "x").unwrap();
        let kept = [
            format!("other-{uid}-gone"),
            format!("test-{}-gone", uid + 1),
        ]
        .map(|name| base.path().join(name));
        for folder in &kept {
            fs::create_dir(folder).unwrap();
        }
        let first = scratch(base.path());
        assert!(!abandoned.exists());
        let second = scratch(base.path());
        assert!(first.path().exists() && second.path().exists());
        assert!(kept.iter().all(|folder| folder.exists()));
    }

    #[test]
    fn a_missing_base_folder_is_named() {
        let base = Path::new("/nonexistent/place");
        let Err(Error::NoPlace { refusals }) = Scratch::builder("test").base(base).create() else {
            panic!("a folder was made below one that does not exist");
        };
        assert_eq!(refusals.len(), 1);
        assert!(
            refusals[0]
                .to_string()
                .starts_with("`/nonexistent/place`: ")
        );
        assert!(matches!(&refusals[0].reason, RefusalReason::Io(error)
            if error.kind() == std::io::ErrorKind::NotFound));
    }

    #[test]
    fn a_trial_that_fails_leaves_no_folder_and_its_error_is_kept() {
        let base = tempfile::tempdir().unwrap();
        let builder = Scratch::builder("test").base(base.path());
        let made = builder.create_after_trial(|folder| {
            assert!(folder.is_dir());
            Err::<(), _>("too slow".into())
        });
        let Err(Error::NoPlace { refusals }) = made else {
            panic!("a folder was accepted that failed its trial");
        };
        assert!(refusals[0].to_string().ends_with(": too slow"));
        assert_eq!(fs::read_dir(base.path()).unwrap().count(), 0);
        let (scratch, found) = builder.create_after_trial(|_| Ok(7)).unwrap();
        assert!(scratch.path().is_dir());
        assert_eq!(found, 7);
    }
}
