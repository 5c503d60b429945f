//! What separates the cells of a gradebook, by its name on the command line.
//!
//! Never writes a cell.

use std::str::FromStr;

/// What separates the cells of a gradebook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Separator {
    /// What most programs read.
    #[default]
    Comma,
    /// What Excel reads where decimals have a comma.
    Semicolon,
    /// What is pasted into a spreadsheet.
    Tab,
}

impl Separator {
    /// As a byte.
    pub(crate) const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }
}

impl FromStr for Separator {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "," => Ok(Self::Comma),
            ";" => Ok(Self::Semicolon),
            "tab" | "\t" | "\\t" => Ok(Self::Tab),
            _ => Err("it is `,`, `;` or `tab`".to_owned()),
        }
    }
}
