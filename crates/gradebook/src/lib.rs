//! Gradebooks of others: grades go into the file that Canvas or Moodle gave, and every other byte of it stays as it
//! was.
//!
//! `table` is a file of cells, `roster` a list of the class, `canvas` and `moodle` know what its columns mean, `people` finds whose row a grade
//! belongs to, and `merge` puts it there. Hides the quoting, the names of columns, and the number formats. Never
//! invents a grade or a row: who is not found on both sides is listed, and what was *not graded* leaves its cell as it
//! was.

#![forbid(unsafe_code)]

mod account;
mod canvas;
mod columns;
mod grade;
mod header;
mod merge;
mod moodle;
mod people;
mod points;
mod roster;
mod sheet;
mod table;

pub use account::MergeAccount;
pub use grade::{Account, Grade, System};
pub use merge::{MergeRequest, Merged, merge};
pub use points::{NoPoints, Points};
pub use roster::{Assigned, Handed, Roster, RosterError};
pub use sheet::SheetError;
pub use table::{MOST_BYTES, Table, TableError};
