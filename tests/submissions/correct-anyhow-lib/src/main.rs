//! Correct: a thin main over a library crate beside it, with anyhow for the errors.

use anyhow::Result;
use correct_anyhow_lib::{data_files, total};

fn main() -> Result<()> {
    let files = data_files(".")?;
    println!("{}", total(&files)?);
    Ok(())
}
