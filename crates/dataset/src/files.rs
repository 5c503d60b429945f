//! Files with contents that an exercise writes down, with places for what is drawn.
//!
//! Never knows what the files are for.

use crate::{
    Dataset,
    bounds::{MOST_BYTES, MOST_FILES, RecipeError},
    cpython::Random,
    names::{RULE, conflict, is_data_name},
    template::Template,
};

/// Files that an exercise writes down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesRecipe {
    /// The kinds of files.
    pub files: Vec<FileTemplate>,
}

/// Files of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileTemplate {
    /// The name, in which `{i}` stands for the number of the file among those of this kind.
    pub name: Template,
    /// How many there are.
    pub count: u32,
    /// How often the contents are repeated, each time drawn anew.
    pub lines: u32,
    /// The contents.
    pub contents: Template,
}

impl FilesRecipe {
    pub(super) fn validate(&self) -> Result<(), RecipeError> {
        let wrong = |at: Option<usize>, key, problem: String| Err(RecipeError { at, key, problem });
        if self.files.is_empty() {
            return wrong(None, "file", "there is no `[[recipe.files.file]]`".into());
        }
        for (at, file) in self.files.iter().enumerate() {
            let at = Some(at);
            for (key, number) in [("count", file.count), ("lines", file.lines)] {
                if !(1..=100_000).contains(&number) {
                    return wrong(
                        at,
                        key,
                        format!("`{key}` is {number}, it must be 1 to 100000"),
                    );
                }
            }
            if !file.name.is_fixed() {
                return wrong(at, "name", "a `name` has no place but `{i}`".into());
            }
            if file.count > 1 && !file.name.has_index() {
                let problem = format!(
                    "`count` is {}, but the `name` has no `{{i}}`, so all would have the same name",
                    file.count
                );
                return wrong(at, "count", problem);
            }
            let longest = file.name.name(file.count - 1);
            if !is_data_name(&longest) {
                return wrong(at, "name", format!("`{longest}` {RULE}"));
            }
        }
        let count: u64 = self.files.iter().map(|file| u64::from(file.count)).sum();
        if count > MOST_FILES {
            let problem =
                format!("there are {count} files, and more than {MOST_FILES} are too many");
            return wrong(None, "file", problem);
        }
        let bytes = |file: &FileTemplate| {
            let lines = u64::from(file.count) * u64::from(file.lines);
            lines.saturating_mul(file.contents.most_bytes())
        };
        if self.files.iter().map(bytes).fold(0, u64::saturating_add) > MOST_BYTES {
            return wrong(
                None,
                "file",
                "the files may have more than 64 MiB together".into(),
            );
        }
        let names = self.names();
        let mut sorted: Vec<&str> = names.iter().map(String::as_str).collect();
        sorted.sort_unstable();
        if let Some((one, other)) = conflict(&sorted) {
            let problem = if one == other {
                format!("two files are called `{one}`")
            } else {
                format!("`{one}` is a file, and a folder of `{other}`")
            };
            return wrong(None, "file", problem);
        }
        Ok(())
    }

    /// The names of all files, which do not depend on the seed.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let of = |file: &FileTemplate| {
            let file = file.clone();
            (0..file.count).map(move |index| file.name.name(index))
        };
        self.files.iter().flat_map(of).collect()
    }

    /// The kinds in their order, of each the files in the order of their numbers, of each file its contents so often as
    /// it has lines; all drawn from CPython's generator for the seed.
    pub(super) fn generate(&self, seed: u64) -> Dataset {
        let mut random = Random::seed(seed);
        let mut made = Vec::new();
        for file in &self.files {
            for index in 0..file.count {
                let mut contents = Vec::new();
                for _ in 0..file.lines {
                    file.contents.fill(index, &mut random, &mut contents);
                }
                made.push((file.name.name(index), contents));
            }
        }
        Dataset::of_valid(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, count: u32, lines: u32, contents: &str) -> FileTemplate {
        FileTemplate {
            name: Template::parse(name).unwrap(),
            count,
            lines,
            contents: Template::parse(contents).unwrap(),
        }
    }

    fn recipe(files: Vec<FileTemplate>) -> FilesRecipe {
        FilesRecipe { files }
    }

    #[test]
    fn files_are_made_as_they_are_written_down() {
        let recipe = recipe(vec![
            file("task-{i:02}.txt", 12, 2, "{i} {number:1..9}\n"),
            file("logs/a.txt", 1, 1, "fixed\n"),
        ]);
        assert_eq!(recipe.validate(), Ok(()));
        let dataset = recipe.generate(3);
        let names: Vec<_> = dataset.names().collect();
        assert_eq!(
            (names[0], names[1], names[12]),
            ("logs/a.txt", "task-00.txt", "task-11.txt")
        );
        let (_, contents) = dataset.files().nth(12).unwrap();
        let text = std::str::from_utf8(contents).unwrap();
        assert_eq!(text.lines().count(), 2);
        assert!(text.lines().all(|line| line.starts_with("11 ")), "{text}");
        assert_eq!(recipe.generate(3), dataset);
        assert_ne!(recipe.generate(4), dataset);
    }

    #[test]
    fn each_bound_is_held_and_named() {
        let many = || file("a{i}", 100_000, 1, "");
        let cases: Vec<(&str, &str, Option<usize>, Vec<FileTemplate>)> = vec![
            ("file", "there is no", None, vec![]),
            ("count", "`count` is 0", Some(0), vec![file("a", 0, 1, "")]),
            (
                "lines",
                "`lines` is 100001",
                Some(1),
                vec![file("b", 1, 1, ""), file("a", 1, 100_001, "")],
            ),
            (
                "name",
                "no place but",
                Some(0),
                vec![file("{word}", 1, 1, "")],
            ),
            ("count", "has no `{i}`", Some(0), vec![file("a", 2, 1, "")]),
            ("name", "is no name", Some(0), vec![file("../a", 1, 1, "")]),
            ("file", "100000 files", None, vec![many()]),
            (
                "file",
                "64 MiB",
                None,
                vec![file("a", 1, 100_000, "{letters:1000}")],
            ),
            (
                "file",
                "two files are called `a1`",
                None,
                vec![file("a{i}", 2, 1, ""), file("a1", 1, 1, "")],
            ),
            (
                "file",
                "folder of `a/b`",
                None,
                vec![file("a", 1, 1, ""), file("a/b", 1, 1, "")],
            ),
        ];
        for (key, words, at, files) in cases {
            let error = recipe(files).validate().unwrap_err();
            assert!(error.to_string().contains(words), "{error}");
            assert_eq!((error.key, error.at), (key, at), "{error}");
        }
    }
}
