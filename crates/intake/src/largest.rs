//! What takes the most room in a submission that is too large.
//!
//! Hides how a file's folder is chosen: the one at the top of the crate. Never touches the disk.

use std::collections::BTreeMap;

use bytesize::ByteSize;
use ids::words::count;

/// What takes the most room among the files that were copied before a limit was passed.
#[derive(Debug, Default)]
pub(crate) struct Largest {
    /// A file or folder at the top with the most bytes, and how many.
    bytes: Option<(String, u64)>,
    /// A folder at the top with the most files, and how many.
    files: Option<(String, usize)>,
}

impl Largest {
    /// `files` are their paths and sizes.
    pub(crate) fn of<'f>(files: impl IntoIterator<Item = (&'f str, u64)>) -> Self {
        let mut tops: BTreeMap<&str, (u64, usize)> = BTreeMap::new();
        for (path, size) in files {
            let top = path.split('/').next().unwrap_or_default();
            let sums = tops.entry(top).or_default();
            *sums = (sums.0 + size, sums.1 + 1);
        }
        let bytes = tops.iter().max_by_key(|(_, sums)| sums.0);
        let most = tops.iter().max_by_key(|(_, sums)| sums.1);
        Self {
            bytes: bytes.map(|(top, sums)| ((*top).to_owned(), sums.0)),
            files: most.map(|(top, sums)| ((*top).to_owned(), sums.1)),
        }
    }

    /// To end a clause about bytes.
    pub(crate) fn by_bytes(&self) -> String {
        self.bytes
            .as_ref()
            .map_or_else(String::new, |(top, bytes)| {
                format!(
                    "; of what was read until then, `{top}` is the largest, with {}",
                    ByteSize(*bytes)
                )
            })
    }

    /// To end a clause about the number of files.
    pub(crate) fn by_files(&self) -> String {
        self.files
            .as_ref()
            .map_or_else(String::new, |(top, files)| {
                let files = count(*files, "file");
                format!("; of what was read until then, `{top}` has the most, {files}")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_largest_is_named_by_its_place_at_the_top() {
        let files = [("a/b/c", 7), ("a/d", 5), ("e", 10), ("f", 1)];
        let largest = Largest::of(files);
        assert!(largest.by_bytes().contains("`a` is the largest, with 12 B"));
        assert!(largest.by_files().contains("`a` has the most, 2 files"));
        assert_eq!(Largest::default().by_bytes(), "");
    }
}
