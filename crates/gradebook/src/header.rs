//! The names of columns, whatever case and punctuation they are written in.
//!
//! Never guesses: two columns with one name are an error, if that name is asked for.

use crate::table::Table;

/// Two columns have the name that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("its columns {first} and {second} have the same name, `{name}`")]
pub(crate) struct SameName {
    name: String,
    first: usize,
    second: usize,
}

/// The first line of a file.
#[derive(Debug)]
pub(crate) struct Header {
    /// The row, as the table counts.
    pub(crate) row: usize,
    /// The names, as they are written.
    pub(crate) names: Vec<String>,
    plain: Vec<String>,
}

impl Header {
    /// The first row with anything in it.
    pub(crate) fn of(table: &Table) -> Self {
        let row = table.rows().next().unwrap_or(0);
        let names = (0..table.width(row)).map(|column| table.cell(row, column).trim().to_owned());
        let names = names.collect::<Vec<_>>();
        let plain = names.iter().map(|name| plain(name)).collect();
        Self { row, names, plain }
    }

    /// The column that has one of these plain names; of several, the first in the order of `names`.
    pub(crate) fn find(&self, names: &[&str]) -> Result<Option<usize>, SameName> {
        for name in names {
            let mut columns = (0..self.plain.len()).filter(|column| self.plain[*column] == *name);
            if let Some(first) = columns.next() {
                return match columns.next() {
                    None => Ok(Some(first)),
                    Some(second) => Err(SameName {
                        name: self.names[first].clone(),
                        first: first + 1,
                        second: second + 1,
                    }),
                };
            }
        }
        Ok(None)
    }

    /// Whether any column has this plain name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.plain.iter().any(|plain| plain == name)
    }

    /// Whether a column has this plain name.
    pub(crate) fn is(&self, column: usize, name: &str) -> bool {
        self.plain.get(column).is_some_and(|plain| plain == name)
    }
}

/// A name in small letters and digits alone: `E-mail Address` is `emailaddress`.
pub(crate) fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}
