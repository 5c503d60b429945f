//! Find submissions and admit them: check each, and make the private copy that is graded in its place.
//!
//! Hides how a hostile folder is walked. What comes out is a [`Snapshot`] made of plain files with plain
//! names, within the course's limits, that only the caller can reach; or the reasons why there is none, in
//! words for the student. Never follows a link, never opens what is not a file or a folder, never writes into
//! a submission, and never reads it twice: what was checked is what was copied.
//!
//! # Theory of operation
//!
//! One walk goes down the submission, names in byte order, one open folder for each level. Every step
//! starts from an open folder and one name in it, never from a path, so that an entry that is
//! replaced meanwhile cannot lead outside. The type of an entry is read from its descriptor, after it was
//! opened without following a link and without waiting. The walk ends at the first limit passed: its cost is bounded by
//! the limits and not by what was handed in.
//!
//! A class comes in an instructor's folder ([`find`]). A submission of a class ([`admit_source`]) may
//! have its crate some folders down, be a workspace or a checkout of the course, or be an archive. The same rules
//! apply to all of them: which crate is meant (`choice`), which names are left out or refused (`names`), and
//! the limits. So the copy and its digest do not depend on how a submission was handed in.
//!
//! A problem inside the submission is a [`Refusal`]. An [`Error`] is for a source that cannot be read at
//! all, or that another user made unreadable, for the disk that holds the copy, and for a machine that is
//! out of memory or of open files.

mod admission;
mod admit;
mod archive;
mod archive_kind;
mod cause;
mod choice;
mod class;
mod copy;
mod error;
mod file_id;
mod largest;
mod left_out;
mod limits;
mod location;
mod manifest;
mod manifest_text;
mod names;
mod open;
mod refusal;
mod refusals;
mod root;
mod snapshot;
mod source;
mod summary;
mod typed;
mod walk;
mod wanted;

#[cfg(test)]
mod tests;

pub use admission::Admission;
pub use admit::{admit_folder, admit_named, admit_source, check_named, has_crate, named_archive};
pub use archive_kind::ArchiveKind;
pub use class::{
    Account, AccountSystem, Attempt, Class, Found, Ignored, NamePattern, PatternError, Person,
    ToldApart, find,
};
pub use error::{Error, IsAFile, IsOneSubmission, Misnamed, NoName, TooManyEntries};
pub use file_id::FileId;
pub use left_out::{LeftOut, LeftOuts, Omission};
pub use limits::Limits;
pub use location::Location;
pub use manifest_text::{LARGEST_MANIFEST, MOST_DOTS, NotAManifest, manifest_text};
pub use names::{REPORTS_MARK, is_dropped};
pub use refusal::Refusal;
pub use snapshot::{Newest, Snapshot, SnapshotFile};
pub use source::Source;
pub use typed::Typed;
pub use wanted::Wanted;
