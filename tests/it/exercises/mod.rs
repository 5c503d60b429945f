//! Exercises are data: new ones need folders and a text file, and no change of the program.

mod checked;
mod new_exercise;
mod schema;
mod unplanned;

use std::collections::BTreeMap;

/// The files that a section of a document shows: a paragraph that begins with the path in backticks, and the block behind it.
fn files_of(document: &str, headline: &str) -> BTreeMap<String, String> {
    let (_, section) = document
        .split_once(&format!("\n{headline}\n"))
        .unwrap_or_else(|| panic!("no section {headline:?}"));
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut files = BTreeMap::new();
    let mut parts = section.split("```");
    while let (Some(before), Some(block)) = (parts.next(), parts.next()) {
        let paragraph = before.trim().rsplit("\n\n").next().unwrap_or_default();
        let path = paragraph
            .strip_prefix('`')
            .and_then(|rest| rest.split('`').next());
        let path = path.unwrap_or_else(|| panic!("no path in {paragraph:?}"));
        let (_, text) = block.split_once('\n').unwrap_or_default();
        assert!(
            files.insert(path.to_owned(), text.to_owned()).is_none(),
            "{path} is there twice"
        );
    }
    files
}
