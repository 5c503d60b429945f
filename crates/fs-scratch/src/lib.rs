//! Folders for work that can end at any moment: temporary ones that leave nothing behind, and a cache
//! that is never half written.
//!
//! # Theory of operation
//!
//! A process cannot clean up when it is killed. So each folder made here is locked (`flock`) for as long
//! as its process lives, and the kernel releases the lock when the process ends, for whatever reason. A
//! process that makes a new folder first removes those whose lock it can get: they were abandoned. That
//! is [`LockedFolder`] and [`sweep`]; [`Scratch`] and [`Kept`] are built on them.
//!
//! Removing is a task of its own, because a hostile program can fill a folder so that
//! [`std::fs::remove_dir_all`] fails: see [`remove_tree`].
//!
//! # Example
//!
//! ```
//! use fs_scratch::Scratch;
//!
//! # fn main() -> Result<(), fs_scratch::Error> {
//! let scratch = Scratch::builder("example").create()?;
//! let work = scratch.subfolder("work")?;
//! std::fs::write(work.path().join("file"), "text").expect("the folder can be written to");
//! let path = scratch.path().to_owned();
//! drop((work, scratch));
//! assert!(!path.exists());
//! # Ok(())
//! # }
//! ```
//!
//! This crate never follows a symbolic link when it removes, and never starts a thread or a process.

#![forbid(unsafe_code)]

mod error;
mod kept;
mod locked;
pub mod mount;
mod remove;
mod scratch;
pub mod umask;

/// The example in the README, kept true.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use error::{Error, Refusal, RefusalReason};
pub use kept::{Kept, KeyLock, Staging};
pub use locked::{LockedFolder, has_no_locks, sweep};
pub use mount::{Locks, Mount};
pub use remove::remove_tree;
pub use scratch::{Builder, Scratch, Subfolder};
