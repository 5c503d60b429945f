//! Leaves folders that nobody may list or enter, with files in them.

mod sum;

fn main() {
    use std::{
        fs::{self, DirBuilder, Permissions},
        os::unix::fs::{DirBuilderExt, PermissionsExt},
    };
    let folder = std::env::var("TMPDIR").unwrap();
    // Where the mode of what is there cannot be changed, it can be made with one.
    for (name, mode) in [("dark", 0o300), ("closed", 0)] {
        DirBuilder::new().mode(mode).create(format!("{folder}/{name}")).unwrap();
    }
    fs::write(format!("{folder}/dark/file"), "x").unwrap();
    let locked = format!("{folder}/locked");
    fs::create_dir(&locked).unwrap();
    fs::write(format!("{locked}/file"), "x").unwrap();
    let _ = fs::set_permissions(&locked, Permissions::from_mode(0));
    sum::print();
}
