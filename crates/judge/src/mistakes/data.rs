//! The data of one run as numbers: what is in the files, and in which order a program finds them.
//!
//! Never reads a file: whoever made the files fills it in.

/// The files of one dataset, as numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DataFiles {
    files: Vec<DataFile>,
    listing: Option<Vec<usize>>,
}

/// One data file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFile {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub size: u64,
    /// The number on each line, up to the first line that is none.
    pub numbers: Vec<i64>,
}

impl DataFile {
    /// The number on a line, counted from one.
    #[must_use]
    pub fn line(&self, line: u32) -> Option<i64> {
        let index = usize::try_from(line.checked_sub(1)?).ok()?;
        self.numbers.get(index).copied()
    }
}

impl DataFiles {
    /// The files by name and contents, in byte order of their names.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let number = |line: &[u8]| std::str::from_utf8(line).ok()?.trim().parse().ok();
        let files = files.into_iter().map(|(name, contents)| DataFile {
            name: name.to_owned(),
            size: contents.len() as u64,
            numbers: contents
                .split(|&byte| byte == b'\n')
                .map_while(number)
                .collect(),
        });
        Self {
            files: files.collect(),
            listing: None,
        }
    }

    /// The same, where a program that lists the folder finds these names in this order. What is no permutation of the
    /// files is not used.
    #[must_use]
    pub fn listed(mut self, names: &[String]) -> Self {
        let place = |name: &String| self.files.binary_search_by(|file| file.name.cmp(name)).ok();
        let listing: Option<Vec<usize>> = names.iter().map(place).collect();
        self.listing = listing.filter(|listing| {
            let mut sorted = listing.clone();
            sorted.sort_unstable();
            sorted.iter().copied().eq(0..self.files.len())
        });
        self
    }

    /// The files in byte order of their names.
    #[must_use]
    pub fn files(&self) -> &[DataFile] {
        &self.files
    }

    /// Their places, in the order in which a program lists them; `None` where it is not known.
    #[must_use]
    pub fn listing(&self) -> Option<&[usize]> {
        self.listing.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_that_is_none_is_not_used() {
        let text = b"1\n2\n".as_slice();
        let data = DataFiles::new([("a", text), ("b", text)]);
        let listed = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            data.clone().listed(&names).listing().map(<[usize]>::to_vec)
        };
        assert_eq!(listed(&["b", "a"]), Some(vec![1, 0]));
        assert_eq!(listed(&["b", "b"]), None);
        assert_eq!(listed(&["b"]), None);
        assert_eq!(listed(&["a", "b", "c"]), None);
        assert_eq!(data.files()[0].line(2), Some(2));
        assert_eq!(data.files()[0].line(0), None);
        assert_eq!(data.files()[0].numbers.len(), 2);
    }
}
