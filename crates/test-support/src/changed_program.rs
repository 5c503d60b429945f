//! A copy of a program that is changed again and again, as its author does.

use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
};

/// A copy of a crate of one file.
#[derive(Debug)]
pub struct ChangedProgram {
    /// Its folder, with the `Cargo.toml`.
    pub folder: PathBuf,
    text: String,
    changes: Cell<u32>,
}

impl ChangedProgram {
    /// A copy in `folder`, which is made.
    ///
    /// # Panics
    /// It cannot be written.
    #[must_use]
    pub fn copy(source: &Path, folder: PathBuf) -> Self {
        fs::create_dir_all(folder.join("src")).expect("a folder");
        for file in ["Cargo.toml", "src/main.rs"] {
            fs::copy(source.join(file), folder.join(file)).expect("a file to copy");
        }
        let text = fs::read_to_string(folder.join("src/main.rs")).expect("a source");
        Self {
            folder,
            text,
            changes: Cell::new(0),
        }
    }

    /// Write the program with a function that has a text it never had before, so that a compiler has something to do.
    ///
    /// # Panics
    /// It cannot be written.
    pub fn change_a_line(&self) {
        let number = self.changes.get() + 1;
        self.changes.set(number);
        let line = format!("\n#[allow(dead_code)]\nfn changed() {{ println!(\"{number}\"); }}\n");
        fs::write(self.folder.join("src/main.rs"), self.text.clone() + &line)
            .expect("a file to write");
    }
}
